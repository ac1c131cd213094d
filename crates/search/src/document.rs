//! What is put into an index and what comes out of it.

use densach_domain::id::{RevisionId, WorkId};
use densach_text::normalize;

/// Text behind this many bytes of a body is not searched: a lesson never gets there, a book
/// taken in by mistake does.
const MAX_BODY: usize = 2 * 1024 * 1024;

/// One released work as search sees it. Plain text throughout: no markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub work: WorkId,
    pub revision: RevisionId,
    /// `lesson`, `video`, `document`, `course`, `reading-list`.
    pub kind: String,
    pub title: String,
    pub summary: String,
    pub body: String,
    /// Slugs, for filters.
    pub topics: Vec<String>,
    /// Names as readers know them, for searching.
    pub topic_names: Vec<String>,
    pub level: String,
    pub audience: Vec<String>,
    pub language: String,
    pub licence: String,
    /// Milliseconds since 1970; a blank query lists by it.
    pub released_at_ms: i64,
}

/// What both engines call the record of a work: 32 hexadecimal digits.
pub(crate) fn record_name(work: WorkId) -> String {
    work.uuid().simple().to_string()
}

/// The texts of a document in their stored form, cut to what is searched.
pub(crate) struct Texts {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) topic_names: Vec<String>,
    pub(crate) body: String,
}

impl Texts {
    pub(crate) fn of(document: &Document) -> Self {
        let end = document.body.floor_char_boundary(MAX_BODY);
        Self {
            title: normalize(&document.title).into_owned(),
            summary: normalize(&document.summary).into_owned(),
            topic_names: document.topic_names.iter().map(|name| normalize(name).into_owned()).collect(),
            body: normalize(document.body.get(..end).unwrap_or_default()).into_owned(),
        }
    }
}

/// A page of hits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// How many there are on all pages together. Meilisearch estimates it.
    pub total_count: u64,
}

/// One work that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub work: WorkId,
    pub revision: RevisionId,
    /// Comparable within one page only; zero when nothing was asked for.
    pub score: f32,
    /// The whole title.
    pub title: Vec<Fragment>,
    /// About thirty words of the summary or the body; empty when there are none.
    pub snippet: Vec<Fragment>,
}

/// A stretch of stored text, with its marks as the author wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    pub text: String,
    /// Whether it is what was asked for, to be set off.
    pub is_match: bool,
}

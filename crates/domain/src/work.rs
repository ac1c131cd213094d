//! What people learn from. A *work* is the lasting thing; a *revision* is one edition of it. A published revision
//! never changes, so it may be cached for ever; the public sees the revision that was last *released*.

use serde::{Deserialize, Serialize};

use crate::asset::AssetRole;
use crate::clock::{Day, Timestamp};
use crate::id::{AssetId, RevisionId, TopicId, WorkId};
use crate::named::named;
use crate::problem::{Code, Problem, Problems};

/// What a work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkKind {
    /// Bài học: text first, always readable without video.
    Lesson,
    Video,
    /// Tài liệu: a file to read or print, such as a PDF.
    Document,
    /// Khóa học: works in an order.
    Course,
    /// Danh mục đọc: works and physical books.
    ReadingList,
}

named! {
    WorkKind {
        Lesson = "lesson",
        Video = "video",
        Document = "document",
        Course = "course",
        ReadingList = "reading-list",
    }
}

impl WorkKind {
    /// Whether it is made of other works.
    pub const fn has_items(self) -> bool {
        match self {
            Self::Course | Self::ReadingList => true,
            Self::Lesson | Self::Video | Self::Document => false,
        }
    }

    /// The media type that its main file must have; `None` when it needs no file.
    pub const fn main_media(self) -> Option<&'static str> {
        match self {
            Self::Video => Some("video/mp4"),
            Self::Document => Some("application/pdf"),
            Self::Lesson | Self::Course | Self::ReadingList => None,
        }
    }
}

/// How much a reader should know beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    Basic,
    Intermediate,
    Advanced,
}

named! {
    Level {
        Basic = "basic",
        Intermediate = "intermediate",
        Advanced = "advanced",
    }
}

/// For whom a work is meant (nhóm đối tượng).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    Everyone,
    OlderAdult,
    YoungPerson,
    Farmer,
    Worker,
    Official,
    Parent,
}

named! {
    Audience {
        Everyone = "everyone",
        OlderAdult = "older-adult",
        YoungPerson = "young-person",
        Farmer = "farmer",
        Worker = "worker",
        Official = "official",
        Parent = "parent",
    }
}

/// Licences under which a work may be given out (SPDX names).
pub const LICENCES: [&str; 6] = [
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "LicenseRef-all-rights-reserved",
];

/// Where a revision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionState {
    /// Being written; seen by its editors and by named testers only.
    Draft,
    /// Frozen. It is seen by the public while the work's release points to it.
    Published,
}

named! {
    RevisionState {
        Draft = "draft",
        Published = "published",
    }
}

/// A book on a shelf: what a library card says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    pub title: String,
    pub author: Option<String>,
    pub publisher: Option<String>,
    pub year: Option<i32>,
    /// Ký hiệu xếp giá: where it stands in the local library.
    pub shelf_mark: Option<String>,
}

/// One line of a course or a reading list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub target: ItemTarget,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemTarget {
    Work(WorkId),
    Book(Book),
}

/// A file and its part in a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetUse {
    pub asset: AssetId,
    /// [`AssetRole::name`].
    pub role: String,
    /// BCP 47, for captions and translations.
    pub language: Option<String>,
}

/// Everything a revision says: what an editor saves and, once published, what never changes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub title: String,
    pub summary: String,
    /// Markdown; HTML in it is shown as text.
    pub body: String,
    /// BCP 47.
    pub language: String,
    /// SPDX.
    pub licence: String,
    /// [`Level::name`].
    pub level: String,
    /// [`Audience::name`].
    pub audience: Vec<String>,
    pub topics: Vec<TopicId>,
    pub authors: Vec<String>,
    /// Public texts on which the facts rest.
    pub sources: Vec<String>,
    pub recheck_by: Option<String>,
    /// Length of the main video or audio.
    pub duration_seconds: Option<u32>,
    pub assets: Vec<AssetUse>,
    pub items: Vec<Item>,
}

pub const LONGEST_TITLE: usize = 200;
pub const LONGEST_SUMMARY: usize = 600;
/// About 40,000 words: a text bundle must stay small enough for a poor line.
pub const LONGEST_BODY: usize = 200_000;
pub const MOST_ITEMS: usize = 200;
pub const MOST_ASSETS: usize = 30;
pub const MOST_NAMES: usize = 20;

impl Content {
    /// What must hold for a draft to be saved. Drafts may be incomplete; what is there must be well formed.
    pub fn check_draft(&self, kind: WorkKind) -> Problems {
        let mut problems = Problems::default();
        problems.text("title", &self.title, LONGEST_TITLE);
        problems.length("summary", &self.summary, LONGEST_SUMMARY);
        problems.length("body", &self.body, LONGEST_BODY);
        problems.check(self.language.is_empty() || self.language.len() > 35, Code::Malformed, "language");
        if !LICENCES.contains(&self.licence.as_str()) {
            problems.add(Problem::new(Code::UnknownValue, "licence").detail(LICENCES.join(", ")));
        }
        if Level::parse(&self.level).is_none() {
            problems.add(
                Problem::new(Code::UnknownValue, "level").detail(Level::ALL.map(Level::name).join(", ")),
            );
        }
        for (index, name) in self.audience.iter().enumerate() {
            if Audience::parse(name).is_none() {
                let known = Audience::ALL.map(Audience::name).join(", ");
                problems.add(Problem::new(Code::UnknownValue, format!("audience.{index}")).detail(known));
            }
        }
        if let Some(date) = &self.recheck_by {
            problems.check(date.parse::<Day>().is_err(), Code::Malformed, "recheckBy");
        }
        for (field, names) in [("authors", &self.authors), ("sources", &self.sources)] {
            problems.check(names.len() > MOST_NAMES, Code::TooManyItems, field);
            for (index, name) in names.iter().enumerate() {
                problems.text(&format!("{field}.{index}"), name, 300);
            }
        }
        problems.check(self.topics.len() > 6, Code::TooManyItems, "topics");
        problems.check(self.assets.len() > MOST_ASSETS, Code::TooManyItems, "assets");
        problems.check(self.items.len() > MOST_ITEMS, Code::TooManyItems, "items");
        problems.check(!kind.has_items() && !self.items.is_empty(), Code::NotAllowed, "items");
        self.check_assets(&mut problems);
        self.check_items(kind, &mut problems);
        problems
    }

    fn check_assets(&self, problems: &mut Problems) {
        for (index, asset) in self.assets.iter().enumerate() {
            match AssetRole::parse(&asset.role) {
                Some(AssetRole::Captions) => {
                    problems.check(
                        asset.language.is_none(),
                        Code::Required,
                        &format!("assets.{index}.language"),
                    );
                }
                Some(AssetRole::Main | AssetRole::Cover | AssetRole::Attachment) => {}
                None => {
                    let known = AssetRole::ALL.map(AssetRole::name).join(", ");
                    let field = format!("assets.{index}.role");
                    problems.add(Problem::new(Code::UnknownValue, field).detail(known));
                }
            }
        }
        for role in [AssetRole::Main, AssetRole::Cover] {
            let count = self.assets.iter().filter(|asset| asset.role == role.name()).count();
            problems.check(count > 1, Code::Duplicate, "assets");
        }
    }

    fn check_items(&self, kind: WorkKind, problems: &mut Problems) {
        for (index, item) in self.items.iter().enumerate() {
            match &item.target {
                ItemTarget::Book(book) => {
                    let field = format!("items.{index}.book");
                    problems.check(kind == WorkKind::Course, Code::NotAllowed, &field);
                    problems.text(&format!("{field}.title"), &book.title, 300);
                }
                ItemTarget::Work(_) => {}
            }
        }
    }

    /// What must also hold before a draft can be published.
    pub fn check_publishable(&self, kind: WorkKind) -> Problems {
        let mut problems = self.check_draft(kind);
        problems.check(self.summary.trim().is_empty(), Code::Required, "summary");
        problems.check(self.audience.is_empty(), Code::Required, "audience");
        problems.check(self.topics.is_empty(), Code::Required, "topics");
        problems.check(self.authors.is_empty(), Code::Required, "authors");
        match kind {
            WorkKind::Lesson => {
                problems.check(self.body.trim().is_empty(), Code::Required, "body");
            }
            WorkKind::Video | WorkKind::Document => {
                problems.check(self.asset(AssetRole::Main).is_none(), Code::Required, "assets.main");
                let untimed =
                    kind == WorkKind::Video && self.duration_seconds.is_none_or(|seconds| seconds == 0);
                problems.check(untimed, Code::Required, "durationSeconds");
            }
            WorkKind::Course | WorkKind::ReadingList => {
                problems.check(self.items.is_empty(), Code::Required, "items");
            }
        }
        problems
    }

    /// The first file that plays this part.
    pub fn asset(&self, role: AssetRole) -> Option<AssetId> {
        self.assets.iter().find(|asset| asset.role == role.name()).map(|asset| asset.asset)
    }

    /// How many Vietnamese words (syllables) there are to read.
    pub fn word_count(&self) -> u32 {
        u32::try_from(densach_text::words(&self.body)).unwrap_or(u32::MAX)
    }

    /// The works that it is made of, in order.
    pub fn works(&self) -> impl Iterator<Item = WorkId> {
        self.items.iter().filter_map(|item| match &item.target {
            ItemTarget::Work(work) => Some(*work),
            ItemTarget::Book(_) => None,
        })
    }
}

/// A work with the revision that the public sees, if any.
#[derive(Debug, Clone)]
pub struct Work {
    pub id: WorkId,
    pub kind: WorkKind,
    /// Stable and readable: part of public addresses.
    pub slug: String,
    pub released: Option<RevisionId>,
    pub released_at: Option<Timestamp>,
}

/// One edition.
#[derive(Debug, Clone)]
pub struct Revision {
    pub id: RevisionId,
    pub work: WorkId,
    pub kind: WorkKind,
    pub slug: String,
    /// Counts from 1 within its work.
    pub number: u32,
    pub state: RevisionState,
    /// Grows with every save of a draft: a save names the version it was made from.
    pub version: u32,
    pub content: Content,
    pub created_at: Timestamp,
    pub published_at: Option<Timestamp>,
}

/// The readable part of an address: lower-case words and digits joined by `-`.
pub fn check_slug(slug: &str) -> Option<Problem> {
    let well_formed = !slug.is_empty()
        && slug.len() <= 120
        && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    (!well_formed).then(|| Problem::new(Code::Malformed, "slug").detail("hoc-suot-doi"))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn content() -> Content {
        Content {
            title: "Học suốt đời là gì?".into(),
            summary: "Vì sao ai cũng nên học, và học thế nào.".into(),
            body: "Học là việc cả đời.".into(),
            language: "vi".into(),
            licence: "CC-BY-4.0".into(),
            level: "basic".into(),
            audience: vec!["everyone".into()],
            topics: vec![TopicId::from_uuid(Uuid::from_u128(1))],
            authors: vec!["Nhóm biên soạn Đèn Sách".into()],
            sources: vec![],
            recheck_by: None,
            duration_seconds: None,
            assets: vec![],
            items: vec![],
        }
    }

    fn fields(problems: Problems) -> Vec<String> {
        problems.into_vec().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_whole_lesson_can_be_published() {
        assert!(content().check_publishable(WorkKind::Lesson).is_empty());
        assert_eq!(content().word_count(), 5);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let bad = Content {
            title: " ".into(),
            licence: "mine".into(),
            level: "hard".into(),
            audience: vec!["martians".into()],
            recheck_by: Some("soon".into()),
            ..content()
        };
        assert_eq!(
            fields(bad.check_draft(WorkKind::Lesson)),
            ["title", "licence", "level", "audience.0", "recheckBy"]
        );
    }

    #[test]
    fn each_kind_needs_what_it_is_made_of() {
        assert_eq!(fields(content().check_publishable(WorkKind::Video)), ["assets.main", "durationSeconds"]);
        assert_eq!(fields(content().check_publishable(WorkKind::Course)), ["items"]);
        let book = Item {
            target: ItemTarget::Book(Book {
                title: "Truyện Kiều".into(),
                author: Some("Nguyễn Du".into()),
                publisher: None,
                year: None,
                shelf_mark: Some("895.9221".into()),
            }),
            note: None,
        };
        let listed = Content { items: vec![book], ..content() };
        assert!(listed.check_publishable(WorkKind::ReadingList).is_empty());
        assert_eq!(fields(listed.check_publishable(WorkKind::Course)), ["items.0.book"]);
        assert_eq!(fields(listed.check_publishable(WorkKind::Lesson)), ["items"]);
    }

    #[test]
    fn slugs() {
        for slug in ["hoc-suot-doi", "5s", "a"] {
            assert!(check_slug(slug).is_none(), "{slug}");
        }
        for slug in ["", "-a", "a-", "Học", "a b", "a/b", &"x".repeat(121)] {
            assert!(check_slug(slug).is_some(), "{slug}");
        }
    }
}

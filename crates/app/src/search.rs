//! Finding works. The index only proposes: what is shown is read from the store, so nothing that was taken back, or
//! that is not for this actor, can slip through an index that lags behind.

use std::sync::Arc;

use densach_domain::id::WorkId;
use densach_domain::work::{Audience, Level, WorkKind};
use densach_domain::{Code, Problem, Problems};
use densach_search::{Document, Query};
pub use densach_search::{Fragment, Hit};
use densach_store::TopicRow;

use crate::work::{self, WorkView};
use crate::{Context, Result, topic};

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
pub struct SearchInput {
    pub text: String,
    pub kind: Option<WorkKind>,
    pub topic: Option<String>,
    pub level: Option<Level>,
    pub audience: Option<Audience>,
    pub limit: usize,
    pub offset: usize,
}

/// A work that was found, with what matched.
#[derive(Debug, Clone)]
pub struct FoundWork {
    pub view: WorkView,
    pub hit: Hit,
}

#[derive(Debug, Clone)]
pub struct FoundWorks {
    pub items: Vec<FoundWork>,
    pub total_count: u64,
    pub has_next: bool,
}

/// How deep a list of hits may be paged.
const DEEPEST: usize = 1000;

pub async fn find(cx: &Context, input: &SearchInput) -> Result<FoundWorks> {
    let mut problems = Problems::default();
    if input.offset > DEEPEST {
        problems.add(Problem::new(Code::OutOfRange, "after").detail(DEEPEST));
    }
    if let Some(slug) = &input.topic {
        problems.check(topic::by_slug(cx, slug).await?.is_none(), Code::NotFound, "topic");
    }
    problems.into_result(())?;
    let query = Query {
        text: input.text.clone(),
        kinds: input.kind.iter().map(|kind| kind.name().to_owned()).collect(),
        topics: input.topic.iter().cloned().collect(),
        level: input.level.map(|level| level.name().to_owned()),
        audience: input.audience.map(|audience| audience.name().to_owned()),
        language: None,
        limit: input.limit.clamp(1, 50),
        offset: input.offset,
    };
    let found = cx.search.find(&query).await?;
    let ids: Vec<WorkId> = found.hits.iter().map(|hit| hit.work).collect();
    let mut views = work::many(cx, &ids).await?;
    let seen = input.offset + found.hits.len();
    let items =
        found.hits.into_iter().filter_map(|hit| Some(FoundWork { view: views.remove(&hit.work)?, hit }));
    Ok(FoundWorks {
        items: items.collect(),
        total_count: found.total_count,
        has_next: (seen as u64) < found.total_count && seen < DEEPEST,
    })
}

/// A released work as the index holds it.
pub(crate) fn document(view: &WorkView, topics: &Arc<Vec<TopicRow>>) -> Document {
    let revision = &view.edition.revision;
    let content = &revision.content;
    let topics: Vec<&TopicRow> = topics.iter().filter(|topic| content.topics.contains(&topic.id)).collect();
    Document {
        work: revision.work,
        revision: revision.id,
        kind: revision.kind.name().to_owned(),
        title: content.title.clone(),
        summary: content.summary.clone(),
        body: plain_text(&content.body),
        topics: topics.iter().map(|topic| topic.slug.clone()).collect(),
        topic_names: topics.iter().map(|topic| topic.name.clone()).collect(),
        level: content.level.clone(),
        audience: content.audience.clone(),
        language: content.language.clone(),
        licence: content.licence.clone(),
        released_at_ms: view.released_at.map_or(0, densach_domain::Timestamp::ms),
    }
}

/// Markdown without its marks: what a reader reads.
fn plain_text(markdown: &str) -> String {
    use pulldown_cmark::{Event, Options, Parser};
    let mut text = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(_) => text.push('\n'),
            _ => {}
        }
    }
    text
}

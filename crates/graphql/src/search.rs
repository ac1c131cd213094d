//! Finding works.

use async_graphql::{Context, Object, SimpleObject};
use densach_app::search::{self, Fragment, SearchInput};

use crate::error::Result;
use crate::input::app;
use crate::page::{cursor, page};
use crate::work::{Audience, Level, Work, WorkKind};

/// A piece of text; what matched is marked, with its own marks intact whatever was typed.
#[derive(SimpleObject)]
pub(crate) struct SearchFragment {
    pub text: String,
    pub is_match: bool,
}

/// A work that was found.
#[derive(SimpleObject)]
pub(crate) struct SearchHit {
    pub cursor: String,
    pub work: Work,
    pub title: Vec<SearchFragment>,
    /// The passage that fits best.
    pub snippet: Vec<SearchFragment>,
}

#[derive(SimpleObject)]
pub(crate) struct SearchResult {
    pub hits: Vec<SearchHit>,
    pub total_count: u64,
    pub has_next_page: bool,
}

fn fragments(fragments: Vec<Fragment>) -> Vec<SearchFragment> {
    let fragment = |Fragment { text, is_match }| SearchFragment { text, is_match };
    fragments.into_iter().map(fragment).collect()
}

#[derive(Default)]
pub(crate) struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Finds released works, with or without marks: `hoc suot doi` finds "học suốt đời". At most 50 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 50")]
    #[expect(clippy::too_many_arguments, reason = "arguments of a public field")]
    async fn search(
        &self,
        ctx: &Context<'_>,
        text: String,
        kind: Option<WorkKind>,
        topic: Option<String>,
        level: Option<Level>,
        audience: Option<Audience>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<SearchResult> {
        let page = page::<usize>(first, after.as_deref(), 50)?;
        let input = SearchInput {
            text,
            kind: kind.map(Into::into),
            topic,
            level: level.map(Into::into),
            audience: audience.map(Into::into),
            limit: page.limit as usize,
            offset: page.after.unwrap_or(0),
        };
        let found = search::find(app(ctx), &input).await?;
        let (views, hits): (Vec<_>, Vec<_>) =
            found.items.into_iter().map(|item| (item.view, item.hit)).unzip();
        let hit = |(index, (work, hit)): (usize, (Work, search::Hit))| SearchHit {
            cursor: cursor(&(input.offset + index + 1)),
            work,
            title: fragments(hit.title),
            snippet: fragments(hit.snippet),
        };
        Ok(SearchResult {
            hits: Work::list(views).into_iter().zip(hits).enumerate().map(hit).collect(),
            total_count: found.total_count,
            has_next_page: found.has_next,
        })
    }
}

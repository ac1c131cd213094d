//! Topics.

use async_graphql::{Context, ID, Object};
use densach_app::topic::TopicRow;

use crate::error::Result;
use crate::input::app;

/// What a work is about.
pub(crate) struct Topic(pub TopicRow);

#[Object]
impl Topic {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Stable and readable; used by filters and lesson files.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn name_en(&self) -> &str {
        &self.0.name_en
    }
}

#[derive(Default)]
pub(crate) struct TopicQuery;

#[Object]
impl TopicQuery {
    /// All topics in their order.
    async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
        let topics = densach_app::topic::list(app(ctx)).await?;
        Ok(topics.iter().cloned().map(Topic).collect())
    }
}

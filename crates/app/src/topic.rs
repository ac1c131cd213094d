//! Topics.

use std::sync::Arc;

use densach_domain::id::TopicId;
pub use densach_store::TopicRow;

use crate::{Context, Result};

/// All topics in their order; they may be some seconds old.
pub async fn list(cx: &Context) -> Result<Arc<Vec<TopicRow>>> {
    if let Some(topics) = cx.caches.topics.get(&()) {
        return Ok(topics);
    }
    let topics = Arc::new(cx.store.topics().await?);
    cx.caches.topics.insert((), topics.clone());
    Ok(topics)
}

/// The topic behind a slug.
pub async fn by_slug(cx: &Context, slug: &str) -> Result<Option<TopicId>> {
    Ok(list(cx).await?.iter().find(|topic| topic.slug == slug).map(|topic| topic.id))
}

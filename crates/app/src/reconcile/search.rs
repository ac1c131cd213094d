//! The search index holds what is released, and nothing else.

use std::collections::HashMap;

use densach_domain::id::{RevisionId, WorkId};
use densach_search::{Document, SearchError};

use crate::{Context, Result, search, topic, work};

/// How many works are read and written at a time.
const BATCH: u32 = 200;

/// What a reconciliation changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mended {
    pub written_count: usize,
    pub removed_count: usize,
}

/// Brings one work in line.
pub async fn one(cx: &Context, id: WorkId) -> Result<()> {
    let documents = documents(cx, &[id]).await?;
    if documents.is_empty() {
        Ok(cx.search.remove(&[id]).await?)
    } else {
        Ok(cx.search.upsert(documents).await?)
    }
}

/// Compares the index with the store and mends what differs; an index that is in line is not written to, and one that
/// cannot be read is built anew.
pub async fn all(cx: &Context) -> Result<Mended> {
    let mut indexed: HashMap<WorkId, RevisionId> = match cx.search.contents().await {
        Ok(contents) => contents.into_iter().collect(),
        Err(SearchError::Broken { .. }) => {
            let written_count = rebuild(cx).await?;
            return Ok(Mended { written_count, removed_count: 0 });
        }
        Err(error) => return Err(error.into()),
    };
    let mut mended = Mended::default();
    let mut after = None;
    loop {
        let rows = cx.store.works_released_after(after, BATCH).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.work);
        let stale: Vec<WorkId> = rows
            .iter()
            .filter(|row| indexed.remove(&row.work) != Some(row.revision))
            .map(|row| row.work)
            .collect();
        let documents = documents(cx, &stale).await?;
        if !documents.is_empty() {
            mended.written_count += documents.len();
            cx.search.upsert(documents).await?;
        }
    }
    let gone: Vec<WorkId> = indexed.into_keys().collect();
    if !gone.is_empty() {
        mended.removed_count = gone.len();
        cx.search.remove(&gone).await?;
    }
    Ok(mended)
}

/// Builds the index anew beside the one that is read, and swaps.
pub async fn rebuild(cx: &Context) -> Result<usize> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let rows = cx.store.works_released_after(after, BATCH).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.work);
        let ids: Vec<WorkId> = rows.iter().map(|row| row.work).collect();
        all.extend(documents(cx, &ids).await?);
    }
    let count = all.len();
    cx.search.rebuild(all).await?;
    Ok(count)
}

async fn documents(cx: &Context, ids: &[WorkId]) -> Result<Vec<Document>> {
    let topics = topic::list(cx).await?;
    let views = work::many_now(cx, ids).await?;
    Ok(ids.iter().filter_map(|id| views.get(id)).map(|view| search::document(view, &topics)).collect())
}

//! The adapter to a Meilisearch server.
//!
//! The server finds and ranks; snippets are ours, so that both engines show the same. Ranking is
//! coarser than that of the embedded engine: see [`find`].

mod call;
mod find;
mod record;
mod setup;

use async_trait::async_trait;
use densach_domain::id::{RevisionId, WorkId};
use meilisearch_sdk::client::{Client, SwapIndexes};
use meilisearch_sdk::documents::DocumentsQuery;
use tokio::sync::{Mutex, OnceCell};

use self::call::{finish, within};
use self::record::{Record, Stored};
use self::setup::{ID, discard, prepare};
use crate::SearchIndex;
use crate::document::{Document, Found, record_name};
use crate::error::SearchError;
use crate::query::Query;

/// The most documents sent at once, and about how many bytes of text.
const BATCH: usize = 100;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How many ids are asked for at once.
const PAGE: usize = 1000;

pub(crate) struct MeiliIndex {
    client: Client,
    name: String,
    /// Whether the index is there with our settings: asked once, at the first use.
    prepared: OnceCell<()>,
    /// Held while changing, so that a rebuild of this process loses none of its changes. A change
    /// of another process during a rebuild is lost until it is reconciled.
    changing: Mutex<()>,
}

impl MeiliIndex {
    pub(crate) fn new(host: String, name: String, api_key: Option<&str>) -> Result<Self, SearchError> {
        let client = Client::new(host, api_key).map_err(call::fault)?;
        Ok(Self { client, name, prepared: OnceCell::new(), changing: Mutex::new(()) })
    }

    async fn ready(&self) -> Result<(), SearchError> {
        self.prepared.get_or_try_init(|| prepare(&self.client, &self.name)).await?;
        Ok(())
    }

    async fn fill(&self, name: &str, documents: &[Document]) -> Result<(), SearchError> {
        let index = self.client.index(name);
        for batch in batches(documents) {
            let records: Vec<Record> = batch.iter().map(Record::of).collect();
            let task = within(index.add_documents(&records, Some(ID))).await?;
            finish(&self.client, task).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl SearchIndex for MeiliIndex {
    async fn upsert(&self, documents: Vec<Document>) -> Result<(), SearchError> {
        if documents.is_empty() {
            return Ok(());
        }
        let _changing = self.changing.lock().await;
        self.ready().await?;
        self.fill(&self.name, &documents).await
    }

    async fn remove(&self, works: &[WorkId]) -> Result<(), SearchError> {
        if works.is_empty() {
            return Ok(());
        }
        let _changing = self.changing.lock().await;
        self.ready().await?;
        let index = self.client.index(&self.name);
        let names: Vec<String> = works.iter().copied().map(record_name).collect();
        let task = within(index.delete_documents(&names)).await?;
        finish(&self.client, task).await
    }

    async fn find(&self, query: &Query) -> Result<Found, SearchError> {
        query.check()?;
        self.ready().await?;
        find::find(&self.client, &self.name, query).await
    }

    async fn contents(&self) -> Result<Vec<(WorkId, RevisionId)>, SearchError> {
        self.ready().await?;
        let index = self.client.index(&self.name);
        let mut contents = Vec::new();
        loop {
            let mut page = DocumentsQuery::new(&index);
            page.with_offset(contents.len()).with_limit(PAGE).with_fields([ID, "revision"]);
            let answer = within(page.execute::<Stored>()).await?;
            for stored in &answer.results {
                contents.push(stored.ids()?);
            }
            if answer.results.len() < PAGE {
                return Ok(contents);
            }
        }
    }

    async fn rebuild(&self, documents: Vec<Document>) -> Result<(), SearchError> {
        let _changing = self.changing.lock().await;
        // Not `ready`: a rebuild must also help when the index was deleted behind our back.
        prepare(&self.client, &self.name).await?;
        let spare = format!("{}-next", self.name);
        discard(&self.client, &spare).await?;
        prepare(&self.client, &spare).await?;
        self.fill(&spare, &documents).await?;
        let swap = SwapIndexes { indexes: (self.name.clone(), spare.clone()), rename: None };
        let task = within(self.client.swap_indexes([&swap])).await?;
        finish(&self.client, task).await?;
        discard(&self.client, &spare).await
    }

    async fn check(&self) -> Result<(), SearchError> {
        let health = within(self.client.health()).await?;
        if health.status != "available" {
            return Err(SearchError::unavailable(format!("Meilisearch says it is {}", health.status)));
        }
        self.ready().await?;
        within(self.client.get_raw_index(&self.name)).await?;
        Ok(())
    }
}

/// Cuts a list so that no request grows too large; one large document goes alone.
fn batches(documents: &[Document]) -> Vec<&[Document]> {
    let mut batches = Vec::new();
    let mut rest = documents;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |document: &&Document| {
            bytes += document.body.len();
            bytes <= BATCH_BYTES
        };
        let count = rest.iter().take(BATCH).take_while(fits).count().max(1);
        let (batch, others) = rest.split_at(count);
        batches.push(batch);
        rest = others;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn document(bytes: usize) -> Document {
        Document {
            work: WorkId::from_uuid(Uuid::nil()),
            revision: RevisionId::from_uuid(Uuid::nil()),
            kind: String::new(),
            title: String::new(),
            summary: String::new(),
            body: "a".repeat(bytes),
            topics: Vec::new(),
            topic_names: Vec::new(),
            level: String::new(),
            audience: Vec::new(),
            language: String::new(),
            licence: String::new(),
            released_at_ms: 0,
        }
    }

    #[test]
    fn batches_are_bounded_in_number_and_in_bytes() {
        let sizes = |list: Vec<Document>| batches(&list).iter().map(|batch| batch.len()).collect::<Vec<_>>();
        assert_eq!(sizes(Vec::new()), [0_usize; 0]);
        assert_eq!(sizes((0..150).map(|_| document(1)).collect()), [100, 50]);
        let (large, small) = (BATCH_BYTES + 1, BATCH_BYTES / 2);
        assert_eq!(sizes([small, small, large, small].map(document).into()), [2, 1, 1]);
    }
}

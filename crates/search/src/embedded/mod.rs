//! The engine inside the process: an index in a folder, or in memory.

mod fault;
mod generation;
mod home;
mod plan;
mod read;
mod schema;
mod state;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use densach_domain::id::{RevisionId, WorkId};
use tantivy::{IndexWriter, TantivyError};
use tokio::sync::Mutex;
use tokio::task::{JoinError, spawn_blocking};

use self::fault::fault;
use self::generation::Generation;
use self::schema::Fields;
use self::state::Shared;
use crate::SearchIndex;
use crate::document::{Document, Found};
use crate::error::SearchError;
use crate::query::Query;

pub(crate) struct EmbeddedIndex {
    shared: Arc<Shared>,
    /// Made at the first change. A writer that failed is dropped with what it had not committed.
    writer: Arc<Mutex<Option<IndexWriter>>>,
}

impl EmbeddedIndex {
    pub(crate) fn in_memory() -> Result<Self, SearchError> {
        Ok(Self::over(Shared::in_memory()?))
    }

    pub(crate) async fn open(folder: PathBuf) -> Result<Self, SearchError> {
        Ok(Self::over(blocking(move || Shared::in_folder(folder)).await?))
    }

    fn over(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), writer: Arc::new(Mutex::new(None)) }
    }

    async fn read<T, F>(&self, look: F) -> Result<T, SearchError>
    where
        F: FnOnce(&Generation) -> Result<T, TantivyError> + Send + 'static,
        T: Send + 'static,
    {
        let generation = self.shared.readable()?;
        blocking(move || look(&generation).map_err(fault)).await
    }

    /// One change at a time, each with a commit of its own.
    async fn write<F>(&self, change: F) -> Result<(), SearchError>
    where
        F: FnOnce(&IndexWriter, &Fields) -> Result<(), TantivyError> + Send + 'static,
    {
        let mut slot = Arc::clone(&self.writer).lock_owned().await;
        let generation = self.shared.readable()?;
        blocking(move || {
            let committed = || -> Result<IndexWriter, TantivyError> {
                let mut writer = match slot.take() {
                    Some(writer) => writer,
                    None => generation.writer()?,
                };
                change(&writer, &generation.fields)?;
                writer.commit()?;
                generation.refresh()?;
                Ok(writer)
            };
            *slot = Some(committed().map_err(fault)?);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl SearchIndex for EmbeddedIndex {
    async fn upsert(&self, documents: Vec<Document>) -> Result<(), SearchError> {
        if documents.is_empty() {
            return Ok(());
        }
        self.write(move |writer, fields| {
            for document in &documents {
                writer.delete_term(fields.named(document.work));
                writer.add_document(fields.record(document))?;
            }
            Ok(())
        })
        .await
    }

    async fn remove(&self, works: &[WorkId]) -> Result<(), SearchError> {
        if works.is_empty() {
            return Ok(());
        }
        let works = works.to_vec();
        self.write(move |writer, fields| {
            for work in works {
                writer.delete_term(fields.named(work));
            }
            Ok(())
        })
        .await
    }

    async fn find(&self, query: &Query) -> Result<Found, SearchError> {
        query.check()?;
        let query = query.clone();
        self.read(move |generation| read::find(generation, &query)).await
    }

    async fn contents(&self) -> Result<Vec<(WorkId, RevisionId)>, SearchError> {
        self.read(read::contents).await
    }

    async fn rebuild(&self, documents: Vec<Document>) -> Result<(), SearchError> {
        let mut slot = Arc::clone(&self.writer).lock_owned().await;
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            // The old writer must not merge in a folder that is being removed.
            drop(slot.take());
            shared.rebuild(&documents)
        })
        .await
    }

    async fn check(&self) -> Result<(), SearchError> {
        // While this is held no rebuild runs; when it is not to be had, one may.
        let still = Arc::clone(&self.writer).try_lock_owned().ok();
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let outcome = shared.check(still.is_some());
            drop(still);
            outcome
        })
        .await
    }
}

async fn blocking<T, F>(work: F) -> Result<T, SearchError>
where
    F: FnOnce() -> Result<T, SearchError> + Send + 'static,
    T: Send + 'static,
{
    spawn_blocking(work).await.map_err(interrupted)?
}

fn interrupted(stopped: JoinError) -> SearchError {
    SearchError::internal("a search task did not end").caused_by(stopped)
}

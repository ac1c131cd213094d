//! Full-text search over what is released, made for Vietnamese as people type it.
//!
//! Every word of a text has two keys: the *exact* one, where all spellings of one syllable meet
//! (`hòa`, `hoà`, decomposed or not), and the *folded* one, where all marks are gone. A folded key
//! finds; an exact key ranks. So `hoc suot doi` finds "Học suốt đời", and `đường` puts "đường"
//! above "dương".
//!
//! Two engines keep the same contract, [`SearchIndex`]: an embedded one, which needs a folder and
//! nothing else, and an adapter to a Meilisearch server. An index holds copies only: whatever
//! happens to it, [`SearchIndex::rebuild`] makes it anew from the store.

mod config;
mod document;
mod embedded;
mod error;
mod keys;
mod meili;
mod query;
mod snippet;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use densach_domain::id::{RevisionId, WorkId};

use crate::config::Engine;
use crate::embedded::EmbeddedIndex;
use crate::meili::MeiliIndex;

pub use crate::config::SearchConfig;
pub use crate::document::{Document, Found, Fragment, Hit};
pub use crate::error::{Cause, SearchError};
pub use crate::query::{MAX_LIMIT, MAX_OFFSET, Query};

/// What an engine promises. Both engines pass the same tests.
///
/// Calls may run at the same time. Writers wait for each other; readers wait for nobody and see
/// either all of an earlier change or none of it. A future that is dropped half-way may still
/// have its effect.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Replaces each document with the same work id; durable and visible to [`find`](Self::find)
    /// when it returns. The last of several documents with one id counts.
    async fn upsert(&self, documents: Vec<Document>) -> Result<(), SearchError>;

    /// Takes works out; an id that is not there is no error. Durable and visible when it returns.
    async fn remove(&self, works: &[WorkId]) -> Result<(), SearchError>;

    /// The best hits for a query; a blank text lists what passes the filters, newest first. The
    /// same query gives the same order until the index changes, so that pages do not overlap.
    ///
    /// Any text is answered: only a `limit`, `offset` or number of filter values out of bounds is
    /// [`SearchError::Refused`].
    async fn find(&self, query: &Query) -> Result<Found, SearchError>;

    /// All ids with their revision, in no order: what a reconciler compares with the store.
    async fn contents(&self) -> Result<Vec<(WorkId, RevisionId)>, SearchError>;

    /// Fills an empty generation with these documents, then makes it the one that is read: a
    /// reindex without downtime. Also the way out of [`SearchError::Broken`]. Until it returns,
    /// and when it fails, the former generation answers.
    async fn rebuild(&self, documents: Vec<Document>) -> Result<(), SearchError>;

    /// Whether searching works: [`SearchError::Broken`] asks for a
    /// [`rebuild`](Self::rebuild), [`SearchError::Unavailable`] for patience. Cheap.
    async fn check(&self) -> Result<(), SearchError>;
}

/// Opens the engine that `config` names.
///
/// A damaged embedded index opens, so that it can be rebuilt; every other call then reports
/// [`SearchError::Broken`]. A Meilisearch server need not answer yet: it is first spoken to when
/// the index is used.
pub async fn open(config: &SearchConfig) -> Result<Arc<dyn SearchIndex>, SearchError> {
    let index: Arc<dyn SearchIndex> = match config.engine()? {
        Engine::Memory => Arc::new(EmbeddedIndex::in_memory()?),
        Engine::Folder(folder) => Arc::new(EmbeddedIndex::open(folder).await?),
        Engine::Meili { host, index } => Arc::new(MeiliIndex::new(host, index, config.api_key.as_deref())?),
    };
    Ok(index)
}

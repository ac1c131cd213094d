//! One index from its making to its replacement.

use std::collections::BTreeMap;
use std::path::Path;

use densach_domain::id::WorkId;
use tantivy::error::DataCorruption;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError};

use super::schema::{Fields, layout};
use crate::document::Document;

/// The least the engine accepts; a batch of lessons fits.
const HEAP: usize = 15_000_000;
/// Blocks of stored text kept unpacked, some 16 kB each.
const CACHED_BLOCKS: usize = 32;

pub(super) struct Generation {
    /// Names its folder.
    pub(super) number: u64,
    pub(super) fields: Fields,
    index: Index,
    reader: IndexReader,
}

impl Generation {
    /// Without a folder, holding `documents`.
    pub(super) fn in_memory(documents: &[Document]) -> Result<Self, TantivyError> {
        let (schema, fields) = layout();
        let generation = Self::over(0, Index::create_in_ram(schema), fields)?;
        generation.fill(documents)?;
        Ok(generation)
    }

    /// In an empty folder, holding `documents`.
    pub(super) fn create(number: u64, folder: &Path, documents: &[Document]) -> Result<Self, TantivyError> {
        let (schema, fields) = layout();
        let generation = Self::over(number, Index::create_in_dir(folder, schema)?, fields)?;
        generation.fill(documents)?;
        Ok(generation)
    }

    /// Reads every file once, so that damage shows now and not at some later question.
    pub(super) fn open(number: u64, folder: &Path) -> Result<Self, TantivyError> {
        let (schema, fields) = layout();
        let index = Index::open_in_dir(folder)?;
        if index.schema() != schema {
            return Err(TantivyError::SchemaError("the fields are those of another version".to_owned()));
        }
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            let what = format!("damaged files: {damaged:?}");
            return Err(TantivyError::DataCorruption(DataCorruption::comment_only(what)));
        }
        Self::over(number, index, fields)
    }

    fn over(number: u64, index: Index, fields: Fields) -> Result<Self, TantivyError> {
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS)
            .try_into()?;
        Ok(Self { number, fields, index, reader })
    }

    fn fill(&self, documents: &[Document]) -> Result<(), TantivyError> {
        if documents.is_empty() {
            return Ok(());
        }
        let last: BTreeMap<WorkId, &Document> = documents.iter().map(|each| (each.work, each)).collect();
        let mut writer = self.writer()?;
        for document in last.into_values() {
            writer.add_document(self.fields.record(document))?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        self.refresh()
    }

    /// Only one at a time; a second one is [`TantivyError::LockFailure`].
    pub(super) fn writer(&self) -> Result<IndexWriter, TantivyError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(HEAP)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        self.index.writer_with_options(options)
    }

    /// Lets readers see what was committed.
    pub(super) fn refresh(&self) -> Result<(), TantivyError> {
        self.reader.reload()
    }

    /// A view that does not change while it is held.
    pub(super) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }
}

//! Which generation is read, and how another takes its place.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tantivy::collector::Count;
use tantivy::query::AllQuery;
use tracing::{info, warn};

use super::fault::{fault, unreadable};
use super::generation::Generation;
use super::home::Home;
use crate::document::Document;
use crate::error::SearchError;

pub(super) struct Shared {
    /// `None` for an index in memory.
    home: Option<Home>,
    state: RwLock<State>,
}

enum State {
    Readable(Arc<Generation>),
    /// Why it does not open; a rebuild replaces it.
    Broken(String),
}

impl Shared {
    pub(super) fn in_memory() -> Result<Self, SearchError> {
        let empty = Generation::in_memory(&[]).map_err(fault)?;
        Ok(Self { home: None, state: RwLock::new(State::Readable(Arc::new(empty))) })
    }

    pub(super) fn in_folder(path: PathBuf) -> Result<Self, SearchError> {
        let home = Home::open(path)?;
        // The engine meets some kinds of damage with a panic.
        let state = match catch_unwind(AssertUnwindSafe(|| first_look(&home))) {
            Ok(Ok(generation)) => State::Readable(Arc::new(generation)),
            Ok(Err(SearchError::Broken { what, source })) => match source {
                Some(cause) => broken(format!("{what}: {cause}")),
                None => broken(what),
            },
            Ok(Err(error)) => return Err(error),
            Err(_) => broken("the engine panicked over a file".to_owned()),
        };
        Ok(Self { home: Some(home), state: RwLock::new(state) })
    }

    pub(super) fn readable(&self) -> Result<Arc<Generation>, SearchError> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Readable(generation) => Ok(Arc::clone(generation)),
            State::Broken(why) => Err(SearchError::broken(why.as_str())),
        }
    }

    /// Whether the index answers, and, when nobody can be rebuilding it, is the one in the folder.
    pub(super) fn check(&self, is_still: bool) -> Result<(), SearchError> {
        let generation = self.readable()?;
        if let Some(home) = &self.home
            && is_still
            && home.current()? != Some(generation.number)
        {
            return Err(SearchError::broken("the index folder was changed from outside"));
        }
        generation.searcher().search(&AllQuery, &Count).map_err(fault)?;
        Ok(())
    }

    pub(super) fn rebuild(&self, documents: &[Document]) -> Result<(), SearchError> {
        let Some(home) = &self.home else {
            self.replace(Generation::in_memory(documents).map_err(fault)?);
            return Ok(());
        };
        let (number, fresh) = build(home, documents)?;
        self.replace(fresh);
        home.sweep(number);
        info!(number, documents = documents.len(), "the search index was rebuilt");
        Ok(())
    }

    /// Readers of the former generation finish with it.
    fn replace(&self, fresh: Generation) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Readable(Arc::new(fresh));
    }
}

fn broken(why: String) -> State {
    warn!(%why, "the search index does not open and waits for a rebuild");
    State::Broken(why)
}

/// What the folder holds; in a new folder, an empty generation.
fn first_look(home: &Home) -> Result<Generation, SearchError> {
    let (number, generation) = match home.current()? {
        Some(number) => (number, Generation::open(number, &home.generation(number)).map_err(unreadable)?),
        None => build(home, &[])?,
    };
    home.sweep(number);
    Ok(generation)
}

/// A complete new generation, already named as the current one.
fn build(home: &Home, documents: &[Document]) -> Result<(u64, Generation), SearchError> {
    let (number, path) = home.make_generation()?;
    let fresh = Generation::create(number, &path, documents).map_err(|error| {
        home.discard(number);
        fault(error)
    })?;
    home.name_current(number)?;
    Ok((number, fresh))
}

//! What can go wrong, sorted by what a caller can do about it.

use std::error::Error;

/// What lies under a [`SearchError`].
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a search call failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The engine does not answer, or its folder is busy or full: later may work.
    #[error("search is out of reach: {what}")]
    Unavailable { what: String, source: Option<Cause> },
    /// The index cannot be read: only a rebuild helps.
    #[error("the search index is broken: {what}")]
    Broken { what: String, source: Option<Cause> },
    /// What was asked for, or the configuration, is not acceptable: trying again is useless.
    #[error("search refused: {what}")]
    Refused { what: String, source: Option<Cause> },
    /// A fault of this program or of the engine.
    #[error("search failed: {what}")]
    Internal { what: String, source: Option<Cause> },
}

impl SearchError {
    pub(crate) fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into(), source: None }
    }

    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), source: None }
    }

    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), source: None }
    }

    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into(), source: None }
    }

    pub(crate) fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        match &mut self {
            Self::Unavailable { source, .. }
            | Self::Broken { source, .. }
            | Self::Refused { source, .. }
            | Self::Internal { source, .. } => *source = Some(cause.into()),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_kept() {
        let error = SearchError::unavailable("no answer").caused_by("cable cut");
        assert_eq!(error.to_string(), "search is out of reach: no answer");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("cable cut"));
    }
}

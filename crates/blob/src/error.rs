//! What can go wrong with bytes, by what the caller can do about it.

use std::error::Error;
use std::io::{self, ErrorKind};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// The error beneath, kept for the log. It may hold addresses and keys of objects, so it is never shown to a client.
pub type Source = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No such object, or an upload in parts that was completed, aborted or swept away.
    #[error("there is no such blob")]
    NotFound(#[source] Source),
    /// Asking again would be refused again: wrong keys, parts out of order, or a configuration that makes no sense.
    #[error("refused: {what}")]
    Refused {
        what: String,
        #[source]
        source: Option<Source>,
    },
    /// No room is left for more bytes.
    #[error("the object store is full")]
    Full(#[source] Source),
    /// The store does not answer now, or broke off; it may work later.
    #[error("the object store is unavailable")]
    Unavailable(#[source] Source),
    /// None of these: a defect, here or in the store.
    #[error("the object store failed")]
    Internal(#[source] Source),
}

impl BlobError {
    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), source: None }
    }
}

impl<E> From<SdkError<E>> for BlobError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    /// By the code where the store sent one, by the status where it could not (the answer to HEAD has no body).
    fn from(error: SdkError<E>) -> Self {
        let no_answer = matches!(error, SdkError::TimeoutError(_) | SdkError::DispatchFailure(_));
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let no_space = error.message().is_some_and(|message| message.contains("No space left"));
        let source: Source = Box::new(error);
        match (code.as_str(), status) {
            _ if no_answer => Self::Unavailable(source),
            _ if no_space => Self::Full(source),
            ("NoSuchKey" | "NoSuchUpload" | "NotFound", _) => Self::NotFound(source),
            // A missing bucket is the operator's affair, not the absence of one thing.
            ("NoSuchBucket" | "RequestTimeout" | "SlowDown", _) => Self::Unavailable(source),
            ("InsufficientStorage" | "XMinioStorageFull", _) | (_, Some(507)) => Self::Full(source),
            (_, Some(404)) => Self::NotFound(source),
            (_, Some(408 | 429 | 500..=599)) => Self::Unavailable(source),
            (code, Some(status @ 400..=499)) => {
                Self::Refused { what: format!("{status} {code}"), source: Some(source) }
            }
            _ => Self::Internal(source),
        }
    }
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        if is_full(error.kind()) { Self::Full(error.into()) } else { Self::Internal(error.into()) }
    }
}

/// Whether a disk said that it, or somebody's share of it, is used up.
pub(crate) fn is_full(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

//! Errors of the engine under our names.

use std::io::{Error, ErrorKind};

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

use crate::error::SearchError;

/// Sorts an error of an open index.
pub(super) fn fault(error: TantivyError) -> SearchError {
    let sorted = match &error {
        TantivyError::DataCorruption(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::SchemaError(_)
        | TantivyError::DeserializeError(_)
        | TantivyError::OpenReadError(
            OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_),
        )
        | TantivyError::OpenDirectoryError(
            OpenDirectoryError::DoesNotExist(_) | OpenDirectoryError::NotADirectory(_),
        ) => SearchError::broken("a file of the index is missing, damaged or foreign"),
        TantivyError::LockFailure(..) => SearchError::unavailable("the index is locked"),
        other => match io_kind(other) {
            Some(ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::NotFound) => {
                SearchError::broken("a file of the index is cut short or gone")
            }
            Some(_) => SearchError::unavailable("the folder of the index does not read or write"),
            None => SearchError::internal("the index engine gave up"),
        },
    };
    sorted.caused_by(error)
}

/// Sorts an error met while an index is being opened: whatever is not a matter of rights or locks
/// is damage.
pub(super) fn unreadable(error: TantivyError) -> SearchError {
    let out_of_reach = matches!(error, TantivyError::LockFailure(..))
        || io_kind(&error) == Some(ErrorKind::PermissionDenied);
    if out_of_reach { fault(error) } else { SearchError::broken("the index does not open").caused_by(error) }
}

/// Sorts an error of a folder.
pub(super) fn folder(what: &str, error: Error) -> SearchError {
    SearchError::unavailable(what).caused_by(error)
}

fn io_kind(error: &TantivyError) -> Option<ErrorKind> {
    match error {
        TantivyError::IoError(source)
        | TantivyError::LockFailure(LockError::IoError(source), _)
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: source, .. })
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: source, .. })
        | TantivyError::OpenDirectoryError(
            OpenDirectoryError::IoError { io_error: source, .. }
            | OpenDirectoryError::FailedToCreateTempDir(source),
        ) => Some(source.kind()),
        _ => None,
    }
}

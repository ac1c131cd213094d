//! What can go wrong with a database, by kind.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// The source is kept for the log and never shown to a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is too busy, or the wait for a connection ran out. Trying again may help.
    #[error("the database is unavailable")]
    Unavailable(#[source] DbErr),
    /// A row with this key is there already: somebody else was faster.
    #[error("a row with this key is there already")]
    Duplicate(#[source] DbErr),
    /// The disk is full; reads go on.
    #[error("the disk is full")]
    Full(#[source] DbErr),
    /// The database has migrations that this program does not know.
    #[error("the database is newer than this program: it knows {0}; install a newer densach")]
    Newer(String),
    /// A stored value cannot be read back.
    #[error("a stored value is broken: {0}")]
    Broken(String),
    /// Everything else is our mistake.
    #[error("the database refused a statement")]
    Internal(#[source] DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
            return Self::Duplicate(error);
        }
        let text = error.to_string();
        if text.contains("database or disk is full")
            || text.contains("disk I/O error")
            || text.contains("No space left on device")
        {
            return Self::Full(error);
        }
        let busy = text.contains("database is locked") || text.contains("the database system is");
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error),
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))
                if busy || is_io(cause) =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Internal(error),
        }
    }
}

fn is_io(cause: &sea_orm::sqlx::Error) -> bool {
    use sea_orm::sqlx::Error;
    matches!(
        cause,
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::Tls(_) | Error::WorkerCrashed
    )
}

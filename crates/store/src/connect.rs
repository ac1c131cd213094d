//! Opening a database, and the two handles on it.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use densach_migrations::Migrator;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

use crate::{Result, StoreError};

/// How to reach a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    pub most_connections: u32,
    pub acquire_timeout: Duration,
}

/// Called once for every SQL statement; a test counts with it.
pub type OnStatement = Arc<dyn Fn(&str) + Send + Sync>;

/// Reads, on a connection pool or inside a transaction.
#[derive(Debug, Clone)]
pub struct Reads<C> {
    pub(crate) db: C,
}

/// A database with its reads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    reads: Reads<DatabaseConnection>,
    /// SQLite has one writer: its connection is a pool of one, so that writers queue in the program, in order,
    /// instead of meeting "database is locked". On PostgreSQL it is the same pool as the reads'.
    writer: DatabaseConnection,
}

impl Deref for Store {
    type Target = Reads<DatabaseConnection>;

    fn deref(&self) -> &Self::Target {
        &self.reads
    }
}

/// A transaction: reads, writes, and an end. Dropped without [`Tx::commit`], it changes nothing.
#[derive(Debug)]
pub struct Tx {
    inner: Reads<DatabaseTransaction>,
}

impl Deref for Tx {
    type Target = Reads<DatabaseTransaction>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

/// Reads inside a transaction.
pub type TxReads = Reads<DatabaseTransaction>;

/// The database as it was when one first looked, however long one looks at it.
#[derive(Debug)]
pub struct Snapshot {
    inner: TxReads,
}

impl Deref for Snapshot {
    type Target = TxReads;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl<C: ConnectionTrait> Reads<C> {
    pub(crate) fn is_postgres(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Postgres
    }
}

impl Tx {
    /// Makes the writes durable: on SQLite the log is synced (`synchronous = FULL`), on PostgreSQL
    /// `synchronous_commit` is left on, so an acknowledged write survives `kill -9` and a power cut.
    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.db.commit().await?)
    }

    /// Ends without a change, at once and not when the handle happens to be dropped.
    pub async fn roll_back(self) -> Result<()> {
        Ok(self.inner.db.rollback().await?)
    }
}

impl Store {
    pub async fn open(options: &Options) -> Result<Self> {
        Self::open_counted(options, None).await
    }

    /// Like [`Store::open`], with a callback for every statement.
    pub async fn open_counted(options: &Options, on_statement: Option<OnStatement>) -> Result<Self> {
        let (reads, writer) = if let Some(path) = options.url.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|error| {
                    StoreError::Unavailable(DbErr::Custom(format!("{}: {error}", folder.display())))
                })?;
            }
            // The writer opens first: it makes the file and turns the write-ahead log on.
            let writer = connect(options, 1, true, on_statement.clone()).await?;
            (connect(options, options.most_connections, false, on_statement).await?, writer)
        } else {
            let pool = connect(options, options.most_connections, true, on_statement).await?;
            (pool.clone(), pool)
        };
        Ok(Self { reads: Reads { db: reads }, writer })
    }

    /// How many transactions may write side by side: one on SQLite, two on PostgreSQL, where one reads while the other commits.
    pub fn writer_count(&self) -> usize {
        if self.is_postgres() { 2 } else { 1 }
    }

    /// Starts a transaction. On SQLite it takes the write lock at once, so that what it reads is still true when it
    /// writes; other processes on the same file wait.
    pub async fn begin(&self) -> Result<Tx> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx { inner: Reads { db: self.writer.begin_with_options(options).await? } })
    }

    /// The database held still for reading from the first look on. Nobody waits for it.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let options = TransactionOptions {
            isolation_level: self.is_postgres().then_some(IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        Ok(Snapshot { inner: Reads { db: self.reads.db.begin_with_options(options).await? } })
    }

    /// Brings the schema up to date. Refuses a database that has steps unknown to this program.
    pub async fn migrate(&self) -> Result<u32> {
        self.refuse_newer().await?;
        let pending = Migrator::get_pending_migrations(&self.writer).await?.len();
        Migrator::up(&self.writer, None).await?;
        Ok(u32::try_from(pending).unwrap_or(u32::MAX))
    }

    /// How many steps are missing, or [`StoreError::Newer`].
    pub async fn pending_migrations(&self) -> Result<u32> {
        self.refuse_newer().await?;
        Ok(u32::try_from(Migrator::get_pending_migrations(&self.writer).await?.len()).unwrap_or(u32::MAX))
    }

    async fn refuse_newer(&self) -> Result<()> {
        Migrator::install(&self.writer).await?;
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let applied = Migrator::get_migration_models(&self.writer).await?;
        match applied.into_iter().find(|row| !known.contains(&row.version)) {
            Some(row) => Err(StoreError::Newer(row.version)),
            None => Ok(()),
        }
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<()> {
        self.reads.db.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Lets connections finish and closes them; on SQLite the log is folded into the file.
    pub async fn close(self) -> Result<()> {
        self.reads.db.close().await?;
        self.writer.close().await?;
        Ok(())
    }
}

async fn connect(
    options: &Options,
    most_connections: u32,
    writes: bool,
    on_statement: Option<OnStatement>,
) -> Result<DatabaseConnection> {
    let sqlite = options.url.starts_with("sqlite:");
    let url = match (sqlite, writes) {
        (true, true) => format!("{}?mode=rwc", options.url),
        (true, false) => format!("{}?mode=rw", options.url),
        (false, _) => options.url.clone(),
    };
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(most_connections)
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(256)
        })
        // A commit that failed, as on a full disk, may leave a connection inside a transaction that it believes to be
        // elsewhere; what it would acknowledge next could be lost. Such a connection is not used again.
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        })
        .map_sqlx_postgres_opts(|postgres| postgres.statement_cache_capacity(256));
    let mut db = Database::connect(connect).await?;
    if let Some(callback) = on_statement {
        db.set_metric_callback(move |info| callback(&info.statement.sql));
    }
    Ok(db)
}

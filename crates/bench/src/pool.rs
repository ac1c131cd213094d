//! Connections of this program's own: to fill databases by SQL, and for what our side is measured against.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions as _, PgPool, Postgres, Sqlite, SqlitePool};

use crate::Outcome;

/// As many as our side has by default.
pub const CONNECTIONS: u32 = 8;

pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// With the settings of the store.
    pub async fn connect(url: &str, connections: u32) -> Outcome<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(256)
                .disable_statement_logging();
            let pool = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
            return Ok(Self::Sqlite(pool.connect_with(options).await?));
        }
        let options: PgConnectOptions = url.parse()?;
        let options = options.statement_cache_capacity(256).disable_statement_logging();
        let pool = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
        Ok(Self::Postgres(pool.connect_with(options).await?))
    }

    /// One connection that does not wait for the disk. What it wrote is durable once [`Pool::settle`] has returned.
    pub async fn to_fill(url: &str) -> Outcome<Self> {
        let pool = Self::connect(url, 1).await?;
        let settings = if pool.is_postgres() {
            "SET synchronous_commit = off; SET work_mem = '512MB'"
        } else {
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000"
        };
        pool.run(settings).await?;
        Ok(pool)
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Statements without values, put together from names and numbers of this program; answers how many rows changed.
    pub async fn run(&self, sql: impl Into<String>) -> Outcome<u64> {
        let sql = AssertSqlSafe(sql.into());
        Ok(match self {
            Self::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await?.rows_affected(),
            Self::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await?.rows_affected(),
        })
    }

    pub async fn number(&self, sql: impl Into<String>) -> Outcome<i64> {
        let sql = AssertSqlSafe(sql.into());
        Ok(match self {
            Self::Sqlite(pool) => sqlx::query_scalar::<Sqlite, i64>(sql).fetch_one(pool).await?,
            Self::Postgres(pool) => sqlx::query_scalar::<Postgres, i64>(sql).fetch_one(pool).await?,
        })
    }

    /// The columns of a table, in their order.
    pub async fn columns(&self, table: &str) -> Outcome<Vec<String>> {
        let sql = if self.is_postgres() {
            format!(
                "SELECT CAST(column_name AS text) FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
            )
        } else {
            format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")
        };
        let sql = AssertSqlSafe(sql);
        let columns = match self {
            Self::Sqlite(pool) => sqlx::query_scalar::<Sqlite, String>(sql).fetch_all(pool).await?,
            Self::Postgres(pool) => sqlx::query_scalar::<Postgres, String>(sql).fetch_all(pool).await?,
        };
        if columns.is_empty() { Err(format!("there is no table {table}").into()) } else { Ok(columns) }
    }

    /// What a database that has stood for a while has behind it: statistics on PostgreSQL, whose throw-away cluster has
    /// no autovacuum, and the log folded into the files.
    pub async fn settle(self) -> Outcome {
        match &self {
            Self::Postgres(_) => {
                self.run("VACUUM (ANALYZE)").await?;
                self.run("CHECKPOINT").await?;
            }
            Self::Sqlite(_) => {
                self.run("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)").await?;
            }
        }
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite(pool) => pool.close().await,
        }
        Ok(())
    }
}

//! Throw-away databases for tests and figures: a file in a temporary folder, or a private clone of a migrated template
//! in a PostgreSQL cluster that lives as long as the process. Nothing outside the temporary folder is touched, no port
//! is opened, and nothing is left behind, not even after `kill -9`.
//!
//! What cannot be made panics and says what to do about it, because only tests and figures ask.

mod cluster;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use densach_migrations::Migrator;
use sea_orm::FromQueryResult;
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;

use self::cluster::Lease;
use crate::{Options, Result, Store};

/// A migrated, empty database that nobody else uses. It goes with this handle.
#[derive(Debug)]
pub struct TestDatabase {
    // Dropped in this order: the connections, then what they lead to.
    store: Store,
    options: Options,
    backing: Backing,
}

#[derive(Debug)]
enum Backing {
    Sqlite { _folder: TempDir },
    Postgres { _lease: Lease },
}

impl TestDatabase {
    /// A SQLite file in a temporary folder.
    pub async fn sqlite() -> Self {
        let (options, backing) = sqlite_file();
        let store = open(&options).await;
        store.migrate().await.unwrap_or_else(|error| panic!("{} cannot be migrated: {error:?}", options.url));
        Self { store, options, backing }
    }

    /// A database of the process's own PostgreSQL cluster, which the first call starts.
    pub async fn postgres() -> Self {
        let (options, backing) = postgres_database(cluster::TEMPLATE, false).await;
        let store = open(&options).await;
        Self { store, options, backing }
    }

    /// A database of a second cluster, which waits for the disk as an installation does: for figures about writes.
    pub async fn postgres_durable() -> Self {
        let (options, backing) = postgres_database(cluster::TEMPLATE, true).await;
        let store = open(&options).await;
        Self { store, options, backing }
    }

    /// Another database of the same kind whose schema stops after so many steps, as an older program left it.
    pub async fn older(&self, steps: u32) -> Self {
        let (options, backing) = match self.backing {
            Backing::Sqlite { .. } => sqlite_file(),
            Backing::Postgres { .. } => postgres_database(cluster::EMPTY, false).await,
        };
        let store = open(&options).await;
        let migrated = Migrator::up(&store.db, Some(steps)).await;
        migrated.unwrap_or_else(|error| panic!("{} cannot be migrated: {error:?}", options.url));
        Self { store, options, backing }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn url(&self) -> &str {
        &self.options.url
    }

    /// To open further stores on the same database, as other processes would.
    pub fn options(&self) -> Options {
        self.options.clone()
    }

    /// `sqlite` or `postgres`.
    pub fn name(&self) -> &'static str {
        match self.backing {
            Backing::Sqlite { .. } => "sqlite",
            Backing::Postgres { .. } => "postgres",
        }
    }

    /// Another store on the same database, with a list of what it asks. The beginnings and ends of transactions are
    /// not in the list.
    pub async fn count_statements(&self) -> (Store, Statements) {
        let statements = Statements::default();
        let seen = statements.clone();
        let note = Arc::new(move |sql: &str| seen.list_mut().push(sql.to_owned()));
        let store = Store::open_counted(&self.options, Some(note)).await;
        let store = store.unwrap_or_else(|error| panic!("{} cannot be opened: {error:?}", self.url()));
        (store, statements)
    }

    /// The schema as SQL, sorted by table: what the dumped schema files of `migrations/` hold. The migrator's own table
    /// is left out, because it is not ours.
    pub async fn dump_schema(&self) -> String {
        let dumped = match self.backing {
            Backing::Sqlite { .. } => self.dump_sqlite().await,
            Backing::Postgres { .. } => self.dump_postgres().await,
        };
        dumped.unwrap_or_else(|error| panic!("the schema of {} cannot be read: {error:?}", self.url()))
    }

    /// SQLite keeps the text of each statement; a table stands before its indexes.
    async fn dump_sqlite(&self) -> Result<String> {
        let sql = "SELECT tbl_name AS owner, sql AS line FROM sqlite_master WHERE sql IS NOT NULL \
                   AND tbl_name <> 'seaql_migrations' ORDER BY tbl_name, type = 'index', name";
        let lines: Vec<SchemaLine> = self.store.all(sql, vec![]).await?;
        let mut dump = String::new();
        for (number, line) in lines.iter().enumerate() {
            if number > 0 && lines[number - 1].owner != line.owner {
                dump.push('\n');
            }
            dump.push_str(line.line.trim());
            dump.push_str(";\n");
        }
        Ok(dump)
    }

    /// From the catalogue, because what `pg_dump` writes differs from version to version.
    async fn dump_postgres(&self) -> Result<String> {
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for sql in [POSTGRES_COLUMNS, POSTGRES_CONSTRAINTS] {
            let lines: Vec<SchemaLine> = self.store.all(sql, vec![]).await?;
            for line in lines {
                tables.entry(line.owner).or_default().push(line.line);
            }
        }
        let indexes: Vec<SchemaLine> = self.store.all(POSTGRES_INDEXES, vec![]).await?;
        let tables = tables.iter().map(|(table, lines)| {
            let mut text = format!("CREATE TABLE {table} (\n    {}\n);\n", lines.join(",\n    "));
            for index in indexes.iter().filter(|index| index.owner == *table) {
                text.push_str(&index.line.replace(" ON public.", " ON "));
                text.push_str(";\n");
            }
            text
        });
        Ok(tables.collect::<Vec<_>>().join("\n"))
    }
}

/// One line of a dumped schema and the table that it belongs to.
#[derive(FromQueryResult)]
struct SchemaLine {
    owner: String,
    line: String,
}

const POSTGRES_COLUMNS: &str = "\
    SELECT c.relname::text AS owner, quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) \
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END \
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS line \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
    WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname <> 'seaql_migrations' \
    AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum";

/// Not the constraints that say NOT NULL: newer versions list them here too.
const POSTGRES_CONSTRAINTS: &str = "\
    SELECT c.relname::text AS owner, pg_get_constraintdef(k.oid) AS line \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND c.relname <> 'seaql_migrations' AND k.contype IN ('p', 'u', 'f', 'c') \
    ORDER BY c.relname, CASE k.contype WHEN 'p' THEN 1 WHEN 'u' THEN 2 WHEN 'c' THEN 3 ELSE 4 END, 2";

/// Not the indexes that stand behind a constraint.
const POSTGRES_INDEXES: &str = "\
    SELECT i.tablename::text AS owner, i.indexdef AS line FROM pg_indexes i \
    WHERE i.schemaname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_constraint k \
    JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.conname = i.indexname AND n.nspname = i.schemaname) \
    ORDER BY i.tablename, i.indexname";

/// The statements that a store has sent so far. Clones look at the same list.
#[derive(Debug, Clone, Default)]
pub struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    pub fn count(&self) -> usize {
        self.list_mut().len()
    }

    /// The text of each, oldest first.
    pub fn list(&self) -> Vec<String> {
        self.list_mut().clone()
    }

    /// Starts over.
    pub fn clear(&self) {
        self.list_mut().clear();
    }

    fn list_mut(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sqlite_file() -> (Options, Backing) {
    let folder = tempfile::Builder::new().prefix("densach-sqlite-").tempdir();
    let folder = folder.unwrap_or_else(|error| panic!("no temporary folder for SQLite: {error}"));
    let options = options(format!("sqlite:{}", folder.path().join("densach.db").display()));
    (options, Backing::Sqlite { _folder: folder })
}

async fn postgres_database(template: &str, is_durable: bool) -> (Options, Backing) {
    let lease = cluster::lease(template, is_durable).await.unwrap_or_else(|message| panic!("{message}"));
    (options(lease.url()), Backing::Postgres { _lease: lease })
}

fn options(url: String) -> Options {
    Options { url, most_connections: 8, acquire_timeout: Duration::from_secs(30) }
}

async fn open(options: &Options) -> Store {
    let store = Store::open(options).await;
    store.unwrap_or_else(|error| panic!("{} cannot be opened: {error:?}", options.url))
}

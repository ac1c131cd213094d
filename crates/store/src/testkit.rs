//! Throw-away databases for tests and figures: a file in a temporary folder, or a private clone of a migrated template
//! in a PostgreSQL cluster that lives as long as the process. Nothing outside the temporary folder is touched, no port
//! is opened, and nothing is left behind, not even after `kill -9`.
//!
//! What cannot be made panics and says what to do about it, because only tests and figures ask.

mod cluster;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use self::cluster::Lease;
use crate::{Options, Store};

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
        let folder = tempfile::Builder::new().prefix("densach-sqlite-").tempdir();
        let folder = folder.unwrap_or_else(|error| panic!("no temporary folder for SQLite: {error}"));
        let options = options(format!("sqlite:{}", folder.path().join("densach.db").display()));
        let store = open(&options).await;
        store.migrate().await.unwrap_or_else(|error| panic!("{} cannot be migrated: {error:?}", options.url));
        Self { store, options, backing: Backing::Sqlite { _folder: folder } }
    }

    /// A database of the process's own PostgreSQL cluster, which the first call starts.
    pub async fn postgres() -> Self {
        let lease = cluster::lease().await.unwrap_or_else(|message| panic!("{message}"));
        let options = options(lease.url());
        let store = open(&options).await;
        Self { store, options, backing: Backing::Postgres { _lease: lease } }
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
}

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

fn options(url: String) -> Options {
    Options { url, most_connections: 8, acquire_timeout: Duration::from_secs(30) }
}

async fn open(options: &Options) -> Store {
    let store = Store::open(options).await;
    store.unwrap_or_else(|error| panic!("{} cannot be opened: {error:?}", options.url))
}

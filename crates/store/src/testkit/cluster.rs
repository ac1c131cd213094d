//! A PostgreSQL cluster for the process: made with `initdb` on first use, gone with the process. Figures about writes
//! have one of their own that waits for the disk.

use std::fmt::Debug;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, mem, thread};

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::Store;

/// A migrated database.
pub(super) const TEMPLATE: &str = "template_densach";
/// PostgreSQL's own, without any tables.
pub(super) const EMPTY: &str = "template0";

const MISSING: &str = "PostgreSQL is needed for these tests: install PostgreSQL 15 or newer, so that `initdb` and \
                       `postgres` are on the PATH or in /usr/lib/postgresql/VERSION/bin";

/// Nobody outside may connect.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "port=5432",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=16MB",
    "max_connections=200",
    "autovacuum=off",
    "log_min_messages=log",
];

/// Nothing in a test need outlive the process, so nothing waits for a disk.
const CARELESS: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
/// An acknowledged write survives a power cut, as in an installation. No checkpoint falls into one side of a comparison.
const DURABLE: [&str; 3] = ["shared_buffers=128MB", "max_wal_size=8GB", "checkpoint_timeout=1h"];

/// Statics are not dropped, and nothing runs after `kill -9`; but a pipe is closed by the kernel whichever way its
/// holder ends. So the server is the child of a shell that reads from this process, and that cleans up when it reads
/// the end. The signal is repeated because one that comes before the server has its handlers is lost.
const WATCHDOG: &str = r#"
folder=$1
shift
trap : HUP INT TERM
"$@" </dev/null &
server=$!
exec 2>/dev/null
read -r line
while kill -INT "$server"; do sleep 0.1; done
rm -rf "$folder"
"#;

/// A database of the cluster; when this is dropped, the next one to come sweeps it away.
#[derive(Debug)]
pub(super) struct Lease {
    cluster: &'static Cluster,
    database: String,
}

impl Lease {
    pub(super) fn url(&self) -> String {
        self.cluster.url(&self.database)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.cluster.left().push(mem::take(&mut self.database));
    }
}

/// Clones a template. Why the cluster could not be started is remembered: every test says so, and none tries again.
pub(super) async fn lease(template: &str, is_durable: bool) -> Result<Lease, String> {
    static CLUSTERS: [OnceCell<Result<Cluster, String>>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
    let cluster = CLUSTERS[usize::from(is_durable)].get_or_init(|| Cluster::start(is_durable)).await;
    let cluster = cluster.as_ref().map_err(Clone::clone)?;
    let database = format!("t_{}", Uuid::now_v7().simple());
    let left = mem::take(&mut *cluster.left());
    let mut statements: Vec<String> =
        left.iter().map(|name| format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).collect();
    statements.push(format!("CREATE DATABASE {database} TEMPLATE {template}"));
    cluster.run(&statements).await?;
    Ok(Lease { cluster, database })
}

#[derive(Debug)]
struct Cluster {
    folder: PathBuf,
    /// Held for its standard input, which stays open as long as this.
    _watchdog: Child,
    /// Databases that nobody uses any more.
    left: Mutex<Vec<String>>,
}

impl Cluster {
    async fn start(is_durable: bool) -> Result<Self, String> {
        let cluster = spawn_blocking(move || Self::launch(is_durable)).await.map_err(trouble)??;
        cluster.run(&[format!("CREATE DATABASE {TEMPLATE}")]).await?;
        let store = Store::open(&super::options(cluster.url(TEMPLATE))).await.map_err(trouble)?;
        store.migrate().await.map_err(trouble)?;
        store.close().await.map_err(trouble)?;
        Ok(cluster)
    }

    fn launch(is_durable: bool) -> Result<Self, String> {
        let binaries = binaries().ok_or(MISSING)?;
        let folder = tempfile::Builder::new().prefix("densach-postgres-").tempdir().map_err(trouble)?;
        // Whoever reaches the socket is trusted, so nobody else may.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).map_err(trouble)?;
        let servant = Servant::find(folder.path())?;
        if let Some(Servant { uid, gid }) = servant {
            chown(folder.path(), Some(uid), Some(gid)).map_err(trouble)?;
        }
        let data = folder.path().join("data");
        let made = command(&binaries.join("initdb"), servant)
            .arg("-D")
            .arg(&data)
            .args([
                "--locale=C",
                "--encoding=UTF8",
                "-A",
                "trust",
                "-U",
                "densach",
                "--no-sync",
                "--no-instructions",
            ])
            .output()
            .map_err(trouble)?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let further = if is_durable { &DURABLE } else { &CARELESS };
        let mut watchdog = command(Path::new("sh"), servant)
            .args(["-c", WATCHDOG, "densach-watchdog"])
            .arg(folder.path())
            .arg(binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.path().display()))
            .args(SETTINGS.iter().chain(further).flat_map(|setting| ["-c", *setting]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal goes to a whole process group; this one hears of it through the pipe.
            .process_group(0)
            .spawn()
            .map_err(trouble)?;
        // From here on the watchdog removes it.
        let folder = folder.keep();
        wait_until_ready(&mut watchdog)?;
        Ok(Self { folder, _watchdog: watchdog, left: Mutex::default() })
    }

    fn url(&self, database: &str) -> String {
        // The port names the socket's file, and must not come from PGPORT.
        format!("postgres://densach@localhost:5432/{database}?host={}", self.folder.display())
    }

    /// Runs statements that PostgreSQL takes outside of a transaction only.
    async fn run(&self, statements: &[String]) -> Result<(), String> {
        let mut options = ConnectOptions::new(self.url("postgres"));
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.map_err(trouble)?;
        for sql in statements {
            db.execute_unprepared(sql).await.map_err(trouble)?;
        }
        db.close().await.map_err(trouble)
    }

    fn left(&self) -> MutexGuard<'_, Vec<String>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what the server says until it says that it is ready.
fn wait_until_ready(watchdog: &mut Child) -> Result<(), String> {
    let mut said = String::new();
    if let Some(pipe) = watchdog.stderr.take() {
        let mut pipe = BufReader::new(pipe);
        // A pipe that breaks is as good as one that ends.
        while pipe.read_line(&mut said).unwrap_or(0) > 0 {
            if said.contains("ready to accept connections") {
                // Somebody has to go on reading, or the server waits when the pipe is full.
                thread::spawn(move || io::copy(&mut pipe, &mut io::sink()));
                return Ok(());
            }
        }
    }
    // Closes the watchdog's standard input first, so that it cleans up and ends.
    watchdog.wait().map_err(trouble)?;
    Err(format!("PostgreSQL did not start: {said}"))
}

/// Whom the server runs as when the tests run as root, whom PostgreSQL refuses.
#[derive(Debug, Clone, Copy)]
struct Servant {
    uid: u32,
    gid: u32,
}

impl Servant {
    /// `made`: something that this process just made, so that its owner tells whether this is root.
    fn find(made: &Path) -> Result<Option<Self>, String> {
        if fs::metadata(made).map_err(trouble)?.uid() != 0 {
            return Ok(None);
        }
        let found = ["postgres", "nobody"].into_iter().find_map(Self::named);
        let missing =
            "PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`";
        found.map(Some).ok_or_else(|| missing.to_owned())
    }

    fn named(name: &str) -> Option<Self> {
        let id = |kind: &str| -> Option<u32> {
            let said = Command::new("id").args([kind, name]).output().ok()?;
            String::from_utf8(said.stdout).ok()?.trim().parse().ok()
        };
        Some(Self { uid: id("-u")?, gid: id("-g")? })
    }
}

/// In a folder that anybody may enter, and without root's groups: setting the user clears them.
fn command(program: &Path, servant: Option<Servant>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C");
    if let Some(Servant { uid, gid }) = servant {
        command.uid(uid).gid(gid);
    }
    command
}

/// The folder of `initdb` and `postgres`: one of the PATH, or where Debian keeps the highest version.
fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable();
    env::split_paths(&path)
        .chain(versions.into_iter().rev().map(|(_, folder)| folder))
        .find(|folder| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file()))
}

fn trouble(error: impl Debug) -> String {
    format!("the throw-away PostgreSQL failed: {error:?}")
}

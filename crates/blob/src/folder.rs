//! The files of the embedded store, under the names that `s3s-fs` gives them, and the care that it does not take.
//!
//! An object is the file `<root>/<bucket>/<key>`. Its ETag and media type lie in the root in two JSON files, its
//! *records*. Parts lie in the root too, until they are put together.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Folder {
    /// Absolute, and without links on the way.
    root: PathBuf,
    copy_count: AtomicU64,
}

impl Folder {
    /// A folder that exists.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let root = path.canonicalize()?;
        Ok(Self { root, copy_count: AtomicU64::new(0) })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The id of an upload in parts; none when there is no such upload, or no longer.
    pub(crate) fn upload(&self, id: &str) -> Option<Uuid> {
        let id = Uuid::try_parse(id).ok()?;
        let path = self.root.join(format!(".upload-{id}.json"));
        path.exists().then_some(id)
    }

    /// The size of a part that has arrived whole.
    pub(crate) async fn part_bytes(&self, upload: Uuid, number: usize) -> io::Result<u64> {
        let path = self.root.join(format!(".upload_id-{upload}.part-{number}"));
        Ok(tokio::fs::metadata(&path).await?.len())
    }

    /// Returns when an object, its records and the names of all of them are on disk for good.
    pub(crate) async fn sync(&self, bucket: &str, key: &str) -> io::Result<()> {
        let root = self.root.clone();
        let object = self.object(bucket, key);
        let records = self.records(bucket, key);
        blocking(move || {
            File::open(&object)?.sync_all()?;
            for record in &records {
                if let Some(file) = unless_missing(File::open(record))? {
                    file.sync_all()?;
                }
            }
            // Names are bytes of folders: the object's own, which may be new, and each one above it up to the root.
            for folder in object.ancestors().skip(1).filter(|_| cfg!(unix)) {
                File::open(folder)?.sync_all()?;
                if folder == root {
                    break;
                }
            }
            Ok(())
        })
        .await
    }

    /// Removes the records of an object.
    pub(crate) async fn forget(&self, bucket: &str, key: &str) -> io::Result<()> {
        for record in self.records(bucket, key) {
            unless_missing(tokio::fs::remove_file(&record).await)?;
        }
        Ok(())
    }

    /// Gives the bytes of `from` a second name in the same bucket, at once and in place of what had that name.
    pub(crate) async fn link(&self, bucket: &str, from: &str, to: &str) -> io::Result<()> {
        let from = self.object(bucket, from);
        let to = self.object(bucket, to);
        // A name that `s3s-fs` sweeps out when it starts, should we crash before the rename.
        let count = self.copy_count.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(format!(".tmp.copy-{count}.internal.part"));
        blocking(move || {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            // Two names may share bytes: an object is replaced by a rename and never written into.
            let placed = fs::hard_link(&from, &temporary)
                .or_else(|_| fs::copy(&from, &temporary).map(drop))
                .and_then(|()| fs::rename(&temporary, &to));
            // Left over after a failure, and when both names have the same bytes already: then a rename does nothing.
            let _ = fs::remove_file(&temporary);
            placed
        })
        .await
    }

    fn object(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(bucket).join(key)
    }

    fn records(&self, bucket: &str, key: &str) -> [PathBuf; 2] {
        let name = |kind: &str| {
            let bucket = URL_SAFE_NO_PAD.encode(bucket);
            let key = URL_SAFE_NO_PAD.encode(key);
            self.root.join(format!(".bucket-{bucket}.object-{key}.{kind}.json"))
        };
        [name("metadata"), name("internal")]
    }
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs file work that would hold up other tasks.
async fn blocking<W>(work: W) -> io::Result<()>
where
    W: FnOnce() -> io::Result<()> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

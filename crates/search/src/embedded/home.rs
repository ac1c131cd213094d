//! The folder of an index: numbered generations, and a file that names the one to read.
//!
//! `CURRENT` is replaced in one step once a generation is complete and on disk. A crash therefore
//! leaves the old or the new generation, and a numbered folder that `CURRENT` does not name is rubbish.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tracing::warn;

use super::fault::folder;
use super::schema::FORMAT;
use crate::error::SearchError;

const CURRENT: &str = "CURRENT";
const NEXT: &str = "CURRENT.new";
const LOCK: &str = "LOCK";

pub(super) struct Home {
    path: PathBuf,
    /// Held as long as the index is open; the system frees it with the process.
    _lock: File,
}

impl Home {
    /// Makes the folder when there is none. Refuses a folder of other things, since generations
    /// are swept; reports [`SearchError::Unavailable`] when another process has it open.
    pub(super) fn open(path: PathBuf) -> Result<Self, SearchError> {
        fs::create_dir_all(&path).map_err(|error| folder("the index folder cannot be made", error))?;
        let known = path.join(LOCK).exists() || path.join(CURRENT).exists();
        if !known && holds_other_things(&path)? {
            return Err(SearchError::refused(format!("{} is not empty and no search index", path.display())));
        }
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK))
            .map_err(|error| folder("the index folder is not writable", error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(SearchError::unavailable("another process has the index folder open"))
            }
            Err(TryLockError::Error(error)) => Err(folder("the index folder cannot be locked", error)),
        }
    }

    /// The number of the generation to read; `None` before there is one.
    pub(super) fn current(&self) -> Result<Option<u64>, SearchError> {
        let text = match fs::read_to_string(self.path.join(CURRENT)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(folder("the index folder is not readable", error)),
        };
        let (format, number) = text.trim().split_once(' ').unwrap_or_default();
        match (format.parse::<u32>(), number.parse::<u64>()) {
            (Ok(FORMAT), Ok(number)) => Ok(Some(number)),
            (Ok(_), Ok(_)) => Err(SearchError::broken("the index was made by another version")),
            (Err(_), _) | (_, Err(_)) => Err(SearchError::broken("CURRENT does not name a generation")),
        }
    }

    pub(super) fn name_current(&self, number: u64) -> Result<(), SearchError> {
        let written = || -> std::io::Result<()> {
            let mut file = File::create(self.path.join(NEXT))?;
            writeln!(file, "{FORMAT} {number}")?;
            file.sync_all()?;
            fs::rename(self.path.join(NEXT), self.path.join(CURRENT))?;
            sync(&self.path)
        };
        written().map_err(|error| folder("CURRENT cannot be written", error))
    }

    pub(super) fn generation(&self, number: u64) -> PathBuf {
        self.path.join(number.to_string())
    }

    /// An empty folder under a number that was not used before.
    pub(super) fn make_generation(&self) -> Result<(u64, PathBuf), SearchError> {
        let named = self.current().ok().flatten();
        let number = self.numbers()?.into_iter().chain(named).max().unwrap_or_default() + 1;
        let path = self.generation(number);
        fs::create_dir(&path).map_err(|error| folder("a generation cannot be made", error))?;
        Ok((number, path))
    }

    /// Removes every generation but one. What stays behind is removed the next time.
    pub(super) fn sweep(&self, keep: u64) {
        let numbers = self.numbers().unwrap_or_default();
        numbers.into_iter().filter(|number| *number != keep).for_each(|number| self.discard(number));
    }

    pub(super) fn discard(&self, number: u64) {
        if let Err(error) = fs::remove_dir_all(self.generation(number)) {
            warn!(number, %error, "a generation of the search index stays behind");
        }
    }

    fn numbers(&self) -> Result<Vec<u64>, SearchError> {
        let names = names(&self.path)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

fn names(path: &Path) -> Result<Vec<String>, SearchError> {
    let entries = fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let entries = entries.map_err(|error| folder("the index folder is not readable", error))?;
    Ok(entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// A fresh volume may hold a `lost+found`.
fn holds_other_things(path: &Path) -> Result<bool, SearchError> {
    Ok(names(path)?.iter().any(|name| name != "lost+found" && !name.starts_with('.')))
}

/// Makes the names in a folder durable, where the system lets a folder be opened.
fn sync(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_generation_is_named_and_others_are_swept() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let home = Home::open(folder.path().join("index"))?;
        assert_eq!(home.current()?, None);
        let (first, path) = home.make_generation()?;
        home.name_current(first)?;
        assert_eq!(home.current()?, Some(first));
        let (second, _) = home.make_generation()?;
        assert!(second > first);
        home.sweep(first);
        assert!(path.exists() && !home.generation(second).exists());
        Ok(())
    }

    #[test]
    fn a_current_of_another_version_or_of_nothing_is_broken() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let home = Home::open(folder.path().join("index"))?;
        for text in [String::new(), "7".to_owned(), "x y".to_owned(), format!("{} 1", FORMAT + 1)] {
            fs::write(folder.path().join("index").join(CURRENT), &text)?;
            assert!(matches!(home.current(), Err(SearchError::Broken { .. })), "{text}");
        }
        Ok(())
    }
}

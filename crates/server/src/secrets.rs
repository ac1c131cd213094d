//! The keys of an installation: a file that only its owner may read, made on the first start of a trial.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::TryRngCore;
use rand::rand_core::OsError;
use rand::rngs::OsRng;
use toml::{Table, Value};

use crate::config::syntax;

const KEY_BYTES: usize = 32;
const NAMES: [&str; 4] = ["master_key", "token_key", "blob_access_key", "blob_secret_key"];
/// The bits that let a file's group, or anybody, at it.
const OTHERS: u32 = 0o077;

/// `Debug` shows none of them.
#[derive(Clone)]
pub struct Secrets {
    /// Protects what is kept encrypted; whoever loses it loses that.
    pub master_key: [u8; KEY_BYTES],
    /// Proves that a token is ours; a new one signs everybody out.
    pub token_key: [u8; KEY_BYTES],
    /// The name of the embedded store's key, printable ASCII without `/`.
    pub blob_access_key: String,
    /// Signs the embedded store's addresses; a new one voids those that phones hold.
    pub blob_secret_key: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(
        "the secrets file {path} is missing: copy it from the machine that has it, or make one, as \
         deploy/default.toml explains under secrets.file"
    )]
    Missing { path: PathBuf },
    #[error("other users may read the secrets file {path} (its mode is {mode:03o}): run chmod 600 {path}")]
    TooOpen { path: PathBuf, mode: u32 },
    #[error("the secrets file {path} cannot be read")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Never with a value from the file.
    #[error("the secrets file {path} is wrong: {what}")]
    Malformed { path: PathBuf, what: String },
    #[error("the secrets file {path} cannot be made")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the operating system gives no random bytes")]
    Random(#[source] OsError),
}

impl Secrets {
    /// Reads the file at `path`; if there is none and `may_create`, makes it with new keys first.
    ///
    /// # Errors
    ///
    /// [`SecretsError`]; a file that group or others may read is refused, because by then they may have.
    pub fn load_or_create(path: &Path, may_create: bool) -> Result<Self, SecretsError> {
        match Self::load(path) {
            Err(SecretsError::Missing { .. }) if may_create => {
                create(path)?;
                // Not what was just written: of two processes that start at once, one made the file.
                Self::load(path)
            }
            other => other,
        }
    }

    fn load(path: &Path) -> Result<Self, SecretsError> {
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::NotFound => SecretsError::Missing { path: path.to_owned() },
            _ => SecretsError::Read { path: path.to_owned(), source },
        };
        // The mode is that of the opened file, so that it cannot be another's by the time it is read.
        let mut file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(SecretsError::TooOpen { path: path.to_owned(), mode });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        parse(&text).map_err(|what| SecretsError::Malformed { path: path.to_owned(), what })
    }
}

/// By hand and not by serde, whose messages quote the value that does not fit.
fn parse(text: &str) -> Result<Secrets, String> {
    let table = text.parse::<Table>().map_err(|error| syntax(text, &error))?;
    let mut problems = Vec::new();
    for name in table.keys().filter(|name| !NAMES.contains(&name.as_str())) {
        problems.push(format!("{name} is none of {}", NAMES.join(", ")));
    }
    let [master_name, token_name, access_name, secret_name] = NAMES;
    let master_key = noted(key(&table, master_name), &mut problems);
    let token_key = noted(key(&table, token_name), &mut problems);
    let blob_access_key = noted(word(&table, access_name), &mut problems);
    let blob_secret_key = noted(word(&table, secret_name), &mut problems);
    match (master_key, token_key, blob_access_key, blob_secret_key) {
        (Some(master_key), Some(token_key), Some(blob_access_key), Some(blob_secret_key))
            if problems.is_empty() =>
        {
            Ok(Secrets { master_key, token_key, blob_access_key, blob_secret_key })
        }
        _ => Err(problems.join("; ")),
    }
}

fn noted<T>(read: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}

/// 32 bytes, as base64 or as 64 hexadecimal digits; their lengths tell them apart.
fn key(table: &Table, name: &str) -> Result<[u8; KEY_BYTES], String> {
    let text = table.get(name).and_then(Value::as_str).unwrap_or_default();
    let bytes = if text.len() == 2 * KEY_BYTES { unhex(text) } else { STANDARD.decode(text).ok() };
    let key: Option<[u8; KEY_BYTES]> = bytes.and_then(|bytes| bytes.try_into().ok());
    key.ok_or_else(|| format!("{name} must be {KEY_BYTES} bytes in base64 or hexadecimal"))
}

fn word(table: &Table, name: &str) -> Result<String, String> {
    let text = table.get(name).and_then(Value::as_str).unwrap_or_default();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
        Ok(text.to_owned())
    } else {
        Err(format!("{name} must be letters and digits in quotes"))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|letter| letter.to_digit(16)).collect::<Option<_>>()?;
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], SecretsError> {
    let mut bytes = [0_u8; BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(SecretsError::Random)?;
    Ok(bytes)
}

fn new_file() -> Result<String, SecretsError> {
    Ok(format!(
        "# The keys of this installation, made on its first start. Keep a copy apart from those of the\n\
         # database: without master_key, what is encrypted there is lost; with it, anyone can read that.\n\
         master_key = \"{}\"\n\
         token_key = \"{}\"\n\
         blob_access_key = \"{}\"\n\
         blob_secret_key = \"{}\"\n",
        STANDARD.encode(random::<KEY_BYTES>()?),
        STANDARD.encode(random::<KEY_BYTES>()?),
        hex(&random::<10>()?),
        hex(&random::<KEY_BYTES>()?),
    ))
}

/// Makes the whole file or none: it is written under another name, and gets its own when it is on the disk.
fn create(path: &Path) -> Result<(), SecretsError> {
    let text = new_file()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".secrets.{}.new", hex(&random::<8>()?)));
    let made = fs::create_dir_all(folder)
        .and_then(|()| write(&temporary, &text))
        .and_then(|()| publish(&temporary, path))
        .and_then(|()| File::open(folder)?.sync_all());
    // After a rename it is gone already, and a file that cannot be removed is not what went wrong.
    let _ = fs::remove_file(&temporary);
    made.map_err(|source| SecretsError::Write { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A second name instead of a rename, because a rename would replace the keys that another process made
/// meanwhile, and may have used. Where the file system knows no second names, a rename has to do.
fn publish(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(_) => fs::rename(temporary, path),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    type Outcome = Result<(), Box<dyn Error>>;

    #[test]
    fn a_missing_file_is_made_once_and_only_if_allowed() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run/more/secrets.toml");
        let refused = Secrets::load_or_create(&path, false);
        assert!(matches!(refused, Err(SecretsError::Missing { .. })), "{refused:?}");
        assert!(!path.exists());

        let first = Secrets::load_or_create(&path, true)?;
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        let files = fs::read_dir(folder.path().join("run/more"))?.count();
        assert_eq!(files, 1, "the temporary file is still there");

        let again = Secrets::load_or_create(&path, true)?;
        assert_eq!((first.master_key, first.token_key), (again.master_key, again.token_key));
        assert_eq!(first.blob_access_key, again.blob_access_key);
        assert_eq!(first.blob_secret_key, again.blob_secret_key);
        assert_ne!(first.master_key, first.token_key);
        Ok(())
    }

    #[test]
    fn what_another_process_made_is_kept() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("secrets.toml");
        let first = Secrets::load_or_create(&path, true)?;
        create(&path)?;
        assert_eq!(first.master_key, Secrets::load(&path)?.master_key);
        Ok(())
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("secrets.toml");
        Secrets::load_or_create(&path, true)?;
        for mode in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            let said = Secrets::load_or_create(&path, true).map_err(|error| error.to_string());
            assert!(matches!(&said, Err(text) if text.contains("chmod 600 /")), "{mode:o}: {said:?}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400))?;
        Secrets::load(&path)?;
        Ok(())
    }

    #[test]
    fn hexadecimal_is_read_too() -> Result<(), String> {
        let base64 = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let text = format!(
            "master_key = '{}'\ntoken_key = '{base64}'\nblob_access_key = 'name'\nblob_secret_key = 'word'",
            "01".repeat(KEY_BYTES)
        );
        let secrets = parse(&text)?;
        assert_eq!(secrets.master_key, [1; KEY_BYTES]);
        assert_eq!(secrets.token_key, [1; KEY_BYTES]);
        assert_eq!(secrets.blob_secret_key, "word");
        Ok(())
    }

    #[test]
    fn all_that_is_wrong_is_told_but_no_value() {
        let text = "master_key = 'aHVzaA=='\ntoken_keys = 'hush'\n\
                    blob_access_key = 'hu/sh'\nblob_secret_key = 12345";
        let said = parse(text).map_or_else(|what| what, |_| String::new());
        for wanted in
            ["master_key must", "token_key must", "token_keys is", "blob_access_key must", "blob_secret_key"]
        {
            assert!(said.contains(wanted), "{wanted} is not in: {said}");
        }
        for hidden in ["aHVzaA", "hush", "hu/sh", "12345"] {
            assert!(!said.contains(hidden), "{said}");
        }
        let unfinished = parse("master_key = 'hush").map_or_else(|what| what, |_| String::new());
        assert!(unfinished.contains("line 1") && !unfinished.contains("hush"), "{unfinished}");
    }

    #[test]
    fn nothing_is_shown() -> Outcome {
        let folder = tempfile::tempdir()?;
        let secrets = Secrets::load_or_create(&folder.path().join("secrets.toml"), true)?;
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
        Ok(())
    }
}

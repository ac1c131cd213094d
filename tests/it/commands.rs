//! The command line, as an operator uses it: the real binary, in a folder of its own.

use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use densach_tests::{library_folder, repository};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const COMMANDS: [&str; 10] =
    ["demo", "serve", "work", "migrate", "doctor", "schema", "reindex", "config", "library", "units"];

/// The binary beside this test's own: `target/debug/densach`. Cargo builds it for its own package's tests only, so
/// `make test` builds it first.
pub(crate) fn binary() -> Outcome<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).ok_or("the test has no target folder")?;
    let binary = folder.join("densach");
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(format!("{} is missing; build it first: cargo build --bin densach", binary.display()).into())
    }
}

/// The binary in a folder, with nothing of this process's environment.
pub(crate) fn densach(folder: &Path) -> Outcome<Command> {
    let mut command = Command::new(binary()?);
    command.current_dir(folder).env_clear();
    Ok(command)
}

/// What a command answered.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Outcome<Said> {
    let ran = densach(folder)?.args(arguments).envs(settings.iter().copied()).output()?;
    Ok(Said {
        code: ran.status.code(),
        out: String::from_utf8(ran.stdout)?,
        err: String::from_utf8(ran.stderr)?,
    })
}

/// Runs what must work; answers its output.
fn done(folder: &Path, arguments: &[&str]) -> Outcome<String> {
    let said = run(folder, arguments, &[])?;
    if said.code == Some(0) {
        Ok(said.out)
    } else {
        Err(format!("{arguments:?}: {}{}", said.out, said.err).into())
    }
}

#[test]
fn help_names_every_command() -> Outcome {
    let folder = tempfile::tempdir()?;
    let help = done(folder.path(), &["--help"])?;
    for command in COMMANDS {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))),
            "{command}: {help}"
        );
        assert!(done(folder.path(), &[command, "--help"])?.contains("Usage:"), "{command}");
    }
    let nothing = run(folder.path(), &[], &[])?;
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("Usage:"), "{}", nothing.err);
    assert!(fs::read_dir(folder.path())?.next().is_none(), "asking for help left something behind");
    Ok(())
}

#[test]
fn a_wrong_configuration_is_told_whole() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = "[server]\nlisen = '127.0.0.1:1'\nmost_body_bytes = 0\n[worker]\nenabled = 'yes'\n";
    fs::write(folder.path().join("wrong.toml"), file)?;
    let settings = [("DENSACH_DATABASE__URL", "mysql://user:hush@host/name")];
    let said = run(folder.path(), &["--config", "wrong.toml", "config", "check"], &settings)?;
    assert_eq!(said.code, Some(1));
    for wanted in [
        "4 problems",
        "server.lisen (in wrong.toml): there is no such setting; did you mean server.listen?",
        "server.most_body_bytes (in wrong.toml)",
        "worker.enabled (in wrong.toml)",
        "database.url (from DENSACH_DATABASE__URL)",
    ] {
        assert!(said.err.contains(wanted), "{wanted:?} is not said: {}", said.err);
    }
    assert!(!said.err.contains("hush") && said.out.is_empty(), "{}{}", said.out, said.err);

    // Nothing starts with it either.
    let served = run(folder.path(), &["--config", "wrong.toml", "serve"], &settings)?;
    assert_eq!((served.code, served.err), (said.code, said.err));
    Ok(())
}

#[test]
fn a_right_configuration_is_shown_without_its_secrets() -> Outcome {
    let folder = tempfile::tempdir()?;
    let settings = [("DENSACH_DATABASE__URL", "postgres://user:hush@host/name")];
    let said = run(folder.path(), &["config", "check"], &settings)?;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("postgres://user:…@host/name") && !said.out.contains("hush"), "{}", said.out);
    assert!(fs::read_dir(folder.path())?.next().is_none(), "a check left something behind");
    Ok(())
}

#[test]
fn the_defaults_are_printed_and_can_be_read_back() -> Outcome {
    let folder = tempfile::tempdir()?;
    let printed = done(folder.path(), &["config", "default"])?;
    assert_eq!(printed.trim_end(), fs::read_to_string(repository().join("deploy/default.toml"))?.trim_end());
    fs::write(folder.path().join("default.toml"), printed)?;
    done(folder.path(), &["--config", "default.toml", "config", "check"])?;
    Ok(())
}

#[test]
fn the_schema_is_printed() -> Outcome {
    let folder = tempfile::tempdir()?;
    let printed = done(folder.path(), &["schema"])?;
    assert_eq!(printed.trim_end(), fs::read_to_string(repository().join("schema.graphql"))?.trim_end());
    Ok(())
}

#[test]
fn a_machine_is_set_up_command_by_command_and_again() -> Outcome {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let library = library_folder().display().to_string();

    let first = done(folder, &["migrate"])?;
    assert!(first.contains("step(s) applied") && !first.starts_with("0 "), "{first}");
    let again = done(folder, &["migrate"])?;
    assert!(again.starts_with("0 step(s) applied"), "{again}");

    let first = done(folder, &["units", "load"])?;
    assert!(first.contains("unit(s) added, 0 known already."), "{first}");
    let again = done(folder, &["units", "load"])?;
    assert!(again.starts_with("0 unit(s) added, ") && !again.contains(" 0 known"), "{again}");

    let first = done(folder, &["library", "import", &library])?;
    let summary = first.lines().last().ok_or("no summary")?;
    let (count, rest) = summary.split_once(' ').ok_or("no count")?;
    assert_eq!(rest, "created, 0 updated, 0 unchanged, 0 refused");
    assert_eq!(first.lines().filter(|line| line.starts_with("created ")).count(), count.parse::<usize>()?);
    let again = done(folder, &["library", "import", &library])?;
    assert_eq!(again.trim_end(), format!("0 created, 0 updated, {count} unchanged, 0 refused"));

    assert_eq!(done(folder, &["reindex"])?.trim_end(), format!("{count} work(s) indexed anew."));
    let doctor = done(folder, &["doctor"])?;
    assert!(doctor.lines().all(|line| line.starts_with("ok ")), "{doctor}");
    for part in ["config", "secrets", "database", "hours", "jobs", "storage", "search"] {
        assert!(doctor.lines().any(|line| line.split_whitespace().nth(1) == Some(part)), "{part}: {doctor}");
    }
    Ok(())
}

#[test]
fn a_library_with_a_mistake_is_refused_by_file_and_field() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::create_dir_all(folder.path().join("my/lessons"))?;
    fs::write(folder.path().join("my/lessons/bai-hong.md"), "+++\ntitle = \"\"\n+++\n")?;
    let said = run(folder.path(), &["library", "import", "my"], &[])?;
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("bai-hong.md") && said.out.contains("1 refused"), "{}", said.out);
    let nowhere = run(folder.path(), &["library", "import", "nowhere"], &[])?;
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.err.contains("nowhere"), "{}", nowhere.err);
    Ok(())
}

#[test]
fn doctor_names_every_part_that_is_sick_and_what_to_do() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("no-folder"), "a file")?;
    let settings =
        [("DENSACH_BLOB__URL", "file:no-folder"), ("DENSACH_SEARCH__URL", "http://127.0.0.1:9/?index=x")];
    let said = run(folder.path(), &["doctor"], &settings)?;
    assert_eq!(said.code, Some(1));
    let sick = |part: &str, advice: &str| {
        let line = said.out.lines().find(|line| line.split_whitespace().nth(1) == Some(part));
        assert!(
            line.is_some_and(|line| line.starts_with("BAD ") && line.contains(advice)),
            "{part}: {}",
            said.out
        );
    };
    sick("database", "densach migrate");
    sick("storage", "blob.url");
    sick("search", "does not answer");
    assert!(said.out.lines().any(|line| line.starts_with("ok    secrets")), "{}", said.out);
    assert!(said.err.contains("3 part(s) need attention"), "{}", said.err);
    Ok(())
}

#[test]
fn a_worker_does_not_take_the_index_of_the_process_that_serves() -> Outcome {
    let folder = tempfile::tempdir()?;
    let said = run(folder.path(), &["work"], &[])?;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("search.url is embedded"), "{}", said.err);
    assert!(fs::read_dir(folder.path())?.next().is_none(), "a refused worker left something behind");
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let said = run(folder.path(), &["serve"], &[("DENSACH_SERVER__LISTEN", address.as_str())])?;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains(&address) && said.err.contains("server.listen"), "{}", said.err);
    Ok(())
}

#[test]
fn production_does_not_start_without_its_secrets() -> Outcome {
    let folder = tempfile::tempdir()?;
    let settings = [("DENSACH_DATABASE__URL", "postgres://user:hush@127.0.0.1:9/name")];
    let said = run(folder.path(), &["reindex"], &settings)?;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("secrets.toml") && !said.err.contains("hush"), "{}", said.err);
    Ok(())
}

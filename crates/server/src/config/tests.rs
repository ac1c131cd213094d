//! Tests of the configuration as its users meet it.

use std::collections::BTreeSet;
use std::fs;

use super::reader::Reader;
use super::rules::{MOST, OIDC};
use std::error::Error;
use toml::Value;

use super::*;

type Outcome = Result<(), Box<dyn Error>>;

fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let failed = |error: std::io::Error| ConfigError::one("the test's file", error.to_string());
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join("densach.toml");
    fs::write(&path, file).map_err(failed)?;
    Config::load(Some(&path), env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

/// What is said of each setting, in order of the settings.
fn problems(file: &str, env: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = match load(file, env) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.into_iter().map(|problem| (problem.key, problem.what)).collect(),
    };
    found.sort();
    found
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(key, what)| ((*key).to_owned(), (*what).to_owned())).collect()
}

#[test]
fn the_defaults_hold() -> Outcome {
    let config = Config::load(None, [])?;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.blob_public_url(), Some("http://127.0.0.1:8080"));
    assert_eq!(config.server.client_address_header(), None);
    assert!(config.may_create_secrets() && config.sign_in.oidc.is_empty());
    Ok(())
}

#[test]
fn every_number_has_a_limit() -> Outcome {
    let reader = Reader::new()?;
    let limited: BTreeSet<String> = MOST.iter().map(|(path, _)| (*path).to_owned()).collect();
    let is_number = |path: &String| {
        let (section, key) = path.split_once('.').unwrap_or_default();
        reader.default_of(section, key).is_some_and(Value::is_integer)
    };
    let numbers: BTreeSet<String> = reader.paths().into_iter().filter(is_number).collect();
    assert_eq!(limited, numbers);
    Ok(())
}

#[test]
fn every_key_has_a_comment() {
    let mut above = "";
    for line in DEFAULT.lines() {
        let is_key = line.split_once(" = ").is_some() && !line.starts_with('#');
        assert!(!is_key || above.starts_with('#'), "{line}");
        above = line;
    }
}

#[test]
fn the_environment_wins_over_the_file() -> Outcome {
    let file = "[server]\npublic_url = 'http://sach.example'\nshutdown_seconds = 3\n[worker]\npoll_ms = 50";
    let env = [
        ("DENSACH_SERVER__PUBLIC_URL", "https://Sach.example:443/"),
        ("DENSACH_SERVER__CLIENT_ADDRESS_HEADER", "X-Real-IP"),
        ("DENSACH_DATABASE__CONNECTIONS", "3"),
        ("DENSACH_WORKER__ENABLED", "false"),
        // A number for a setting that is text stays text.
        ("DENSACH_BLOB__ACCESS_KEY", "1234"),
        ("DENSACH_SERVICE_HOST", "made by Kubernetes"),
        ("PATH", "/bin"),
    ];
    let config = load(file, &env)?;
    assert_eq!(config.server.public_url, "https://sach.example");
    assert_eq!(config.server.client_address_header(), Some(HeaderName::from_static("x-real-ip")));
    assert_eq!((config.server.shutdown_seconds, config.worker.poll_ms), (3, 50));
    assert_eq!((config.database.connections, config.worker.enabled), (3, false));
    assert_eq!(config.blob.access_key, "1234");
    Ok(())
}

#[test]
fn an_unknown_name_is_told_with_a_guess() {
    let file = "[server]\nlisen = 'x'\n[databse]\nurl = 'x'\n[blob]\nnothing_like_it = 1";
    let env = [("DENSACH_GRAPHQL__DEPHT", "3"), ("DENSACH_LOG_FORMAT", "json")];
    let wanted = [
        ("DENSACH_LOG_FORMAT", "there is no such setting; did you mean DENSACH_LOG__FORMAT?"),
        ("blob.nothing_like_it", "there is no such setting"),
        ("databse.url", "there is no such setting; did you mean database.url?"),
        ("graphql.depht", "there is no such setting; did you mean DENSACH_GRAPHQL__DEPTH?"),
        ("server.lisen", "there is no such setting; did you mean server.listen?"),
    ];
    assert_eq!(problems(file, &env), pairs(&wanted));
}

#[test]
fn all_problems_are_told_at_once_and_where_they_are() {
    let file = "log = 1\n[server]\nlisten = 'localhost'\nmost_body_bytes = '1 MiB'\n[worker]\npoll_ms = 0";
    let env = [("DENSACH_DATABASE__URL", "mysql://u:hush@h/n"), ("DENSACH_DATABASE__CONNECTIONS", "many")];
    let said = load(file, &env).map_or_else(|error| error.to_string(), |_| String::new());
    for wanted in [
        "has 6 problems",
        "log (in /",
        "must be a section: write [log]",
        "server.listen (in /",
        "must be an IP address and a port",
        "server.most_body_bytes",
        "must be a whole number, not a text",
        "worker.poll_ms",
        "must be from 1 to 60000",
        "database.url (from DENSACH_DATABASE__URL): must be sqlite:PATH",
        "database.connections (from DENSACH_DATABASE__CONNECTIONS): must be a whole number, not a text",
        "densach config check",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in: {said}");
    }
    assert!(!said.contains("hush") && !said.contains("many"), "{said}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let check = |name: &str, value: &str| {
        let found = problems("", &[(name, value)]);
        assert_eq!(found.len(), 1, "{name}={value}: {found:?}");
    };
    check("DENSACH_SERVER__PUBLIC_URL", "sach.example");
    check("DENSACH_SERVER__PUBLIC_URL", "https://sach.example/under");
    check("DENSACH_SERVER__CLIENT_ADDRESS_HEADER", "two words");
    check("DENSACH_SERVER__SHUTDOWN_SECONDS", "-1");
    check("DENSACH_DATABASE__URL", "sqlite::memory:");
    check("DENSACH_DATABASE__URL", "run/densach.sqlite");
    check("DENSACH_BLOB__URL", "s3:bucket");
    check("DENSACH_BLOB__READ_URL_SECONDS", "604801");
    check("DENSACH_SEARCH__URL", "http://name:hush@search:7700");
    check("DENSACH_SEARCH__URL", "embedded:");
    check("DENSACH_SECRETS__FILE", "");
    check("DENSACH_SIGN_IN__CODE_PROVIDER", "pigeon");
    check("DENSACH_SIGN_IN__CODE_PROVIDER", "webhook");
    check("DENSACH_LOG__FILTER", "densach=loud");
    check("DENSACH_WORKER__ENABLED", "yes");
    assert_eq!(problems("", &[("DENSACH_BLOB__URL", "s3:https://s3.example/books")]).len(), 2);
    assert_eq!(problems("[server\n", &[]).len(), 1);
}

#[test]
fn providers_are_read_and_judged() -> Outcome {
    let good = "[[sign_in.oidc]]\nname = 'vneid'\nissuer = 'https://login.example.vn'\n\
                client_id = 'densach'\nclient_secret = 'hush'\n";
    let config = load(good, &[])?;
    assert_eq!(config.sign_in.oidc.len(), 1);
    assert!(config.sign_in.oidc.iter().all(|provider| provider.scopes.is_empty()));
    assert_eq!(problems(&good.repeat(2), &[]), pairs(&[(OIDC, "has two tables with the same name")]));

    let bad = "[[sign_in.oidc]]\nname = 'VNeID'\nisuer = 'x'\n\
               client_id = 'a'\nclient_secret = 'b'\nscopes = 'c'";
    let wanted = [
        ("sign_in.oidc[0].issuer", "is missing: it must be http(s)://HOST/PATH"),
        ("sign_in.oidc[0].isuer", "there is no such setting; did you mean issuer?"),
        ("sign_in.oidc[0].name", "must be lower-case letters, digits and -, as in vneid"),
        ("sign_in.oidc[0].scopes", "must be a list of texts, as in [\"profile\", \"phone\"]"),
    ];
    assert_eq!(problems(bad, &[]), pairs(&wanted));
    Ok(())
}

#[test]
fn secrets_are_not_shown() -> Outcome {
    let file = "[[sign_in.oidc]]\nname = 'vneid'\nissuer = 'https://login.example.vn'\n\
                client_id = 'densach'\nclient_secret = 'hush'";
    let env = [
        ("DENSACH_DATABASE__URL", "postgres://densach:hush@db:5433/densach?sslpassword=hush"),
        ("DENSACH_BLOB__SECRET_KEY", "hush"),
        ("DENSACH_SEARCH__API_KEY", "hush"),
        ("DENSACH_SIGN_IN__WEBHOOK_TOKEN", "hush"),
    ];
    let config = load(file, &env)?;
    let shown = config.describe();
    assert!(!shown.contains("hush") && !format!("{config:?}").contains("hush"), "{shown}");
    assert!(shown.contains("url = \"postgres://densach:…@db:5433/densach?…\""), "{shown}");
    assert!(shown.contains("secret_key = \"…\""), "{shown}");
    assert_eq!(config.blob.secret_key.expose(), "hush");
    assert!(!config.may_create_secrets());
    Ok(())
}

#[test]
fn a_description_can_be_read_back() -> Outcome {
    let config = Config::load(None, [])?;
    assert_eq!(load(&config.describe(), &[])?.describe(), config.describe());
    Ok(())
}

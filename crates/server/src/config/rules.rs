//! What a setting may be.

use std::net::SocketAddr;

use http::HeaderName;
use tracing_subscriber::EnvFilter;
use url::Url;

/// A setting that is text, and when it makes sense.
pub(super) struct TextRule {
    pub(super) path: &'static str,
    pub(super) wanted: &'static str,
    pub(super) holds: fn(&str) -> bool,
}

pub(super) const TEXTS: &[TextRule] = &[
    TextRule {
        path: "server.listen",
        wanted: "an IP address and a port, as in 0.0.0.0:8080",
        holds: |text| text.parse::<SocketAddr>().is_ok(),
    },
    TextRule { path: "server.public_url", wanted: "http(s)://HOST[:PORT] without a path", holds: is_origin },
    TextRule {
        path: "server.client_address_header",
        wanted: "the name of a header, as in X-Real-IP, or empty",
        holds: |text| text.is_empty() || text.parse::<HeaderName>().is_ok(),
    },
    TextRule {
        path: "database.url",
        wanted: "sqlite:PATH (a file) or postgres://USER:PASSWORD@HOST/NAME",
        holds: is_database,
    },
    TextRule { path: "blob.url", wanted: "file:FOLDER or s3:https://HOST/BUCKET", holds: is_blob },
    TextRule {
        path: "blob.public_url",
        wanted: "http(s)://HOST[:PORT] without a path, or empty",
        holds: |text| text.is_empty() || is_origin(text),
    },
    TextRule {
        path: "search.url",
        wanted: "embedded:FOLDER or http(s)://HOST:PORT/?index=NAME, with the key in search.api_key",
        holds: is_search,
    },
    TextRule { path: "secrets.file", wanted: "the path of a file", holds: is_something },
    TextRule {
        path: "sign_in.code_provider",
        wanted: "console or webhook",
        holds: |text| matches!(text, "console" | "webhook"),
    },
    TextRule {
        path: "sign_in.webhook_url",
        wanted: "http(s)://HOST/PATH, with the token in sign_in.webhook_token, or empty",
        holds: |text| text.is_empty() || web_address(text).is_some(),
    },
    TextRule {
        path: "log.filter",
        wanted: "levels such as info,densach_app=debug",
        holds: |text| EnvFilter::try_new(text).is_ok(),
    },
    TextRule { path: "log.format", wanted: "text or json", holds: |text| matches!(text, "text" | "json") },
];

/// What every `[[sign_in.oidc]]` table must hold; `path` is the key within the table.
pub(super) const OIDC_TEXTS: &[TextRule] = &[
    TextRule { path: "name", wanted: "lower-case letters, digits and -, as in vneid", holds: is_label },
    TextRule { path: "issuer", wanted: "http(s)://HOST/PATH", holds: |text| web_address(text).is_some() },
    TextRule { path: "client_id", wanted: "a text that is not empty", holds: is_something },
    TextRule { path: "client_secret", wanted: "a text that is not empty", holds: is_something },
];
pub(super) const OIDC: &str = "sign_in.oidc";
pub(super) const OIDC_SCOPES: &str = "scopes";

/// The largest value of each setting that is a number; the least is always 1. S3 refuses addresses that are
/// signed for more than seven days; the others stop a slip of the hand, and fit the types above.
pub(super) const MOST: &[(&str, i64)] = &[
    ("server.request_timeout_seconds", 3_600),
    ("server.most_body_bytes", 1 << 30),
    ("server.shutdown_seconds", 3_600),
    ("database.connections", 1_000),
    ("database.acquire_timeout_seconds", 300),
    ("blob.read_url_seconds", 7 * 86_400),
    ("blob.part_url_seconds", 7 * 86_400),
    ("sign_in.code_seconds", 3_600),
    ("sign_in.most_attempts", 100),
    ("sign_in.codes_per_phone_per_hour", 1_000_000),
    ("sign_in.codes_per_address_per_hour", 1_000_000),
    ("sign_in.access_seconds", 86_400),
    ("sign_in.refresh_days", 3_650),
    ("sign_in.forgive_seconds", 3_600),
    ("graphql.depth", 100),
    ("graphql.complexity", 10_000_000),
    ("graphql.nodes", 1_000_000),
    ("worker.poll_ms", 60_000),
    ("worker.lease_seconds", 86_400),
];

pub(super) fn is_something(text: &str) -> bool {
    !text.trim().is_empty()
}

pub(super) fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

/// An address on the web without a user's name and password: addresses are printed, secrets have settings of
/// their own.
pub(super) fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let anonymous = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && anonymous).then_some(url)
}

pub(super) fn is_origin(text: &str) -> bool {
    web_address(text)
        .is_some_and(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
}

/// A SQLite database in memory is refused: each connection would have its own.
pub(super) fn is_database(text: &str) -> bool {
    match text.strip_prefix("sqlite:") {
        Some(path) => {
            let path = path.trim_start_matches("//");
            !path.is_empty() && path != ":memory:" && !path.contains('?')
        }
        None => Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql")),
    }
}

pub(super) fn is_blob(text: &str) -> bool {
    match text.split_once(':') {
        Some(("file", path)) => !path.is_empty(),
        Some(("s3", address)) => web_address(address).is_some(),
        _ => false,
    }
}

pub(super) fn is_search(text: &str) -> bool {
    match text.strip_prefix("embedded:") {
        Some(path) => !path.is_empty(),
        None => web_address(text).is_some(),
    }
}

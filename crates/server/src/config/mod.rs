//! What the operator says: the defaults, then a file, then the environment.
//!
//! `deploy/default.toml` is compiled in and is the list of all settings: a name that is not there is refused,
//! with a guess at what was meant. Everything that is wrong is told at once, so that nobody corrects one line
//! a start. No message repeats a value, because it may be a secret that was put in the wrong place.

mod problem;
mod reader;
mod rules;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use http::HeaderName;
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

pub use problem::{ConfigError, Origin, Problem};
use reader::Reader;
pub(crate) use reader::syntax;

/// Every setting with its default and its explanation, as TOML.
pub const DEFAULT: &str = include_str!("../../../../deploy/default.toml");

const PREFIX: &str = "DENSACH_";
const HIDDEN: &str = "…";

/// Something that must not be printed: `Debug` hides it, `Serialize` writes "…", and there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Nothing was said: most secrets are only needed with some other setting.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.is_empty() { "" } else { HIDDEN }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// What is in force. What each setting means stands in `deploy/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub database: DatabaseConfig,
    pub blob: BlobConfig,
    pub search: SearchConfig,
    pub secrets: SecretsConfig,
    pub sign_in: SignInConfig,
    pub graphql: GraphqlConfig,
    pub worker: WorkerConfig,
    pub log: LogConfig,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// `http(s)://HOST[:PORT]`, without a `/` at the end.
    pub public_url: String,
    pub request_timeout_seconds: u32,
    pub most_body_bytes: usize,
    /// Empty, or the name of a header; read it with [`ServerConfig::client_address_header`].
    pub client_address_header: String,
    pub shutdown_seconds: u32,
}

impl ServerConfig {
    /// The header in which a trusted proxy states the client's address; `None`: the peer's address is the
    /// client's.
    pub fn client_address_header(&self) -> Option<HeaderName> {
        self.client_address_header.parse().ok()
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://…`, which may hold a password.
    #[serde(serialize_with = "without_password")]
    pub url: Secret,
    pub connections: u32,
    pub acquire_timeout_seconds: u32,
}

impl DatabaseConfig {
    pub fn is_sqlite(&self) -> bool {
        self.url.expose().starts_with("sqlite:")
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BlobConfig {
    /// `file:PATH` or `s3:https://HOST/BUCKET`.
    pub url: String,
    /// Empty with `file:`, where the one in the secrets file is used. A name, not a secret.
    pub access_key: String,
    /// Empty with `file:`, as above.
    pub secret_key: Secret,
    pub region: String,
    /// Empty, or an origin; read it with [`Config::blob_public_url`].
    pub public_url: String,
    pub read_url_seconds: u32,
    pub part_url_seconds: u32,
}

impl BlobConfig {
    /// Whether the store is a folder that this process serves itself.
    pub fn is_embedded(&self) -> bool {
        self.url.starts_with("file:")
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// `embedded:PATH` or `http(s)://…`.
    pub url: String,
    pub api_key: Secret,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    pub file: PathBuf,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    pub code_provider: CodeProvider,
    /// Not empty with [`CodeProvider::Webhook`].
    pub webhook_url: String,
    pub webhook_token: Secret,
    pub code_seconds: u32,
    pub most_attempts: u32,
    pub codes_per_phone_per_hour: u32,
    pub codes_per_address_per_hour: u32,
    pub access_seconds: u32,
    pub refresh_days: u32,
    pub forgive_seconds: u32,
    /// No two with the same name.
    #[serde(default)]
    pub oidc: Vec<OidcConfig>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeProvider {
    Console,
    Webhook,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Lower-case ASCII letters, digits and `-`.
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// Besides `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlConfig {
    pub depth: usize,
    pub complexity: usize,
    /// The most list entries of one query.
    pub nodes: usize,
    pub introspection: bool,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    pub enabled: bool,
    pub poll_ms: u32,
    pub lease_seconds: u32,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Directives of `tracing-subscriber`'s `EnvFilter`.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Reads the defaults, then the file at `path`, then those of the variables in `env` that are ours
    /// (`DENSACH_SECTION__KEY`); a later one wins.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all that is wrong, except that a file which cannot be read at all is told alone:
    /// without it nothing else can be judged.
    pub fn load(
        path: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new()?;
        if let Some(path) = path {
            reader.file(path)?;
        }
        reader.environment(env);
        reader.finish()
    }

    /// All of it as TOML, with "…" in place of secrets.
    pub fn describe(&self) -> String {
        toml::to_string(self)
            .unwrap_or_else(|error| format!("# this configuration cannot be shown: {error}\n"))
    }

    /// Where phones reach blobs, or `None` where only the store itself knows (S3 without `blob.public_url`).
    pub fn blob_public_url(&self) -> Option<&str> {
        match (self.blob.public_url.as_str(), self.blob.is_embedded()) {
            ("", true) => Some(&self.server.public_url),
            ("", false) => None,
            (said, _) => Some(said),
        }
    }

    /// Whether a missing secrets file is made: for trying things out, but never in production, where a second
    /// machine with keys of its own would be worse than one that does not start.
    pub fn may_create_secrets(&self) -> bool {
        self.database.is_sqlite()
    }
}

impl Config {
    /// Brings addresses into one form, so that a path can be put after them.
    fn tidy(mut self) -> Self {
        for address in [&mut self.server.public_url, &mut self.blob.public_url] {
            if let Ok(url) = Url::parse(address) {
                *address = url.origin().ascii_serialization();
            }
        }
        self
    }
}

/// The address of a database for people to see: a password, in either of the two places for it, becomes "…".
fn without_password<S: Serializer>(address: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    let text = address.expose();
    if text.starts_with("sqlite:") {
        return serializer.serialize_str(text);
    }
    let Ok(mut url) = Url::parse(text) else {
        return serializer.serialize_str(HIDDEN);
    };
    let has_password =
        url.password().is_some() || url.query_pairs().any(|(name, _)| name.contains("password"));
    if !has_password {
        return serializer.serialize_str(text);
    }
    // What follows the question mark goes as a whole: it is rare, and one escape less to get wrong.
    let more = if url.query().is_some() { format!("?{HIDDEN}") } else { String::new() };
    url.set_query(None);
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{}://{}:{HIDDEN}@{host}{port}{}{more}", url.scheme(), url.username(), url.path());
    serializer.serialize_str(&shown)
}

#[cfg(test)]
mod tests;

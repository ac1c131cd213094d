//! What the operator says: the defaults, then a file, then the environment.
//!
//! `deploy/default.toml` is compiled in and is the list of all settings: a name that is not there is refused,
//! with a guess at what was meant. Everything that is wrong is told at once, so that nobody corrects one line
//! a start. No message repeats a value, because it may be a secret that was put in the wrong place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use http::HeaderName;
use serde::{Deserialize, Serialize, Serializer};
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;
use url::Url;

/// Every setting with its default and its explanation, as TOML.
pub const DEFAULT: &str = include_str!("../../../deploy/default.toml");

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

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

/// One thing that is wrong, without the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `section.key`, or the name of a file or a variable.
    pub key: String,
    pub origin: Origin,
    pub what: String,
}

/// Where a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(String),
    Variable(String),
}

impl ConfigError {
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn one(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { problems: vec![Problem { key: key.into(), origin: Origin::Default, what: what.into() }] }
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.problems.len() == 1 { "" } else { "s" };
        writeln!(f, "the configuration has {} problem{plural}:", self.problems.len())?;
        for problem in &self.problems {
            writeln!(f, "  - {problem}")?;
        }
        f.write_str(
            "Correct them and try `densach config check`, which starts nothing. \
             deploy/default.toml explains every setting.",
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.key, self.origin, self.what)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::File(name) => write!(f, " (in {name})"),
            Self::Variable(name) => write!(f, " (from {name})"),
        }
    }
}

impl Origin {
    /// How a setting is written there.
    fn spell(&self, path: &str) -> String {
        match self {
            Self::Variable(_) => variable(path),
            Self::Default | Self::File(_) => path.to_owned(),
        }
    }
}

fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

/// A setting that is text, and when it makes sense.
struct TextRule {
    path: &'static str,
    wanted: &'static str,
    holds: fn(&str) -> bool,
}

const TEXTS: &[TextRule] = &[
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
        wanted: "levels such as info,densach_store=debug",
        holds: |text| EnvFilter::try_new(text).is_ok(),
    },
    TextRule { path: "log.format", wanted: "text or json", holds: |text| matches!(text, "text" | "json") },
];

/// What every `[[sign_in.oidc]]` table must hold; `path` is the key within the table.
const OIDC_TEXTS: &[TextRule] = &[
    TextRule { path: "name", wanted: "lower-case letters, digits and -, as in vneid", holds: is_label },
    TextRule { path: "issuer", wanted: "http(s)://HOST/PATH", holds: |text| web_address(text).is_some() },
    TextRule { path: "client_id", wanted: "a text that is not empty", holds: is_something },
    TextRule { path: "client_secret", wanted: "a text that is not empty", holds: is_something },
];
const OIDC: &str = "sign_in.oidc";
const OIDC_SCOPES: &str = "scopes";

/// The largest value of each setting that is a number; the least is always 1. S3 refuses addresses that are
/// signed for more than seven days; the others stop a slip of the hand, and fit the types above.
const MOST: &[(&str, i64)] = &[
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

/// A configuration on its way in. A value that is wrong is noted and its default stands in, so that the rest
/// can still be judged.
struct Reader {
    /// The defaults, which are also the list of what there is: section, key, value.
    known: Table,
    values: Table,
    origins: BTreeMap<String, Origin>,
    problems: Vec<Problem>,
}

impl Reader {
    fn new() -> Result<Self, ConfigError> {
        let mut known = DEFAULT
            .parse::<Table>()
            .map_err(|error| ConfigError::one("deploy/default.toml", syntax(DEFAULT, &error)))?;
        // It cannot stand in default.toml: after `oidc = []`, a `[[sign_in.oidc]]` beneath would be an error.
        if let Some(Value::Table(sign_in)) = known.get_mut("sign_in") {
            sign_in.insert("oidc".to_owned(), Value::Array(Vec::new()));
        }
        Ok(Self { values: known.clone(), known, origins: BTreeMap::new(), problems: Vec::new() })
    }

    fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::one(&name, format!("cannot be read: {error}")))?;
        let given = text.parse::<Table>().map_err(|error| ConfigError::one(&name, syntax(&text, &error)))?;
        let origin = Origin::File(name);
        for (section, body) in given {
            let known = self.known.contains_key(&section);
            match body {
                Value::Table(body) if known || !body.is_empty() => {
                    for (key, value) in body {
                        self.set(&section, &key, value, &origin);
                    }
                }
                _ if known => {
                    let what = format!("must be a section: write [{section}], and its settings beneath");
                    self.complain(&section, &origin, what);
                }
                _ => self.unknown(&section, self.paths(), &origin),
            }
        }
        Ok(())
    }

    /// Names without two underscores in a row are not ours: Kubernetes makes some that begin like ours
    /// (`DENSACH_SERVICE_HOST`) for a service of that name. But a setting with one underscore too few is told.
    fn environment(&mut self, env: impl IntoIterator<Item = (String, String)>) {
        let sorted: BTreeMap<String, String> = env.into_iter().collect();
        for (name, text) in sorted {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let rest = rest.to_ascii_lowercase();
            let origin = Origin::Variable(name.clone());
            if let Some((section, key)) = rest.split_once("__") {
                let value = self.read(section, key, text);
                self.set(section, key, value, &origin);
                continue;
            }
            let meant = self.paths().into_iter().find(|path| path.replace('.', "_") == rest);
            if let Some(path) = meant {
                let what = format!("there is no such setting; did you mean {}?", variable(&path));
                self.complain(&name, &Origin::Default, what);
            }
        }
    }

    /// A variable as the kind of value that its setting wants, or as text if it is none.
    fn read(&self, section: &str, key: &str, text: String) -> Value {
        match self.default_of(section, key) {
            None | Some(Value::String(_)) => Value::String(text),
            Some(_) => text.trim().parse::<Value>().unwrap_or(Value::String(text)),
        }
    }

    fn default_of(&self, section: &str, key: &str) -> Option<&Value> {
        self.known.get(section)?.get(key)
    }

    fn set(&mut self, section: &str, key: &str, value: Value, origin: &Origin) {
        let path = format!("{section}.{key}");
        let Some(default) = self.default_of(section, key) else {
            return self.unknown(&path, self.paths(), origin);
        };
        if !default.same_type(&value) {
            let what = format!("must be {}, not {}", kind(default), kind(&value));
            return self.complain(&path, origin, what);
        }
        if let Value::Array(providers) = &value
            && !self.oidc_holds(providers, origin)
        {
            return;
        }
        if let Some(Value::Table(values)) = self.values.get_mut(section) {
            values.insert(key.to_owned(), value);
        }
        self.origins.insert(path, origin.clone());
    }

    fn oidc_holds(&mut self, providers: &[Value], origin: &Origin) -> bool {
        let before = self.problems.len();
        for (index, provider) in providers.iter().enumerate() {
            let path = format!("{OIDC}[{index}]");
            match provider {
                Value::Table(provider) => self.oidc_provider(&path, provider, origin),
                other => self.complain(&path, origin, format!("must be a table, not {}", kind(other))),
            }
        }
        self.problems.len() == before
    }

    fn oidc_provider(&mut self, path: &str, provider: &Table, origin: &Origin) {
        // Tables in a list have no variables of their own, so names are spelt as in a file.
        let names: Vec<&str> = OIDC_TEXTS.iter().map(|rule| rule.path).chain([OIDC_SCOPES]).collect();
        for key in provider.keys().filter(|key| !names.contains(&key.as_str())) {
            let near = nearest(key, names.iter().map(|name| (*name).to_owned()));
            self.complain(&format!("{path}.{key}"), origin, no_such_setting(near));
        }
        for rule in OIDC_TEXTS {
            let what = match provider.get(rule.path) {
                Some(Value::String(text)) if (rule.holds)(text) => continue,
                Some(_) => format!("must be {}", rule.wanted),
                None => format!("is missing: it must be {}", rule.wanted),
            };
            self.complain(&format!("{path}.{}", rule.path), origin, what);
        }
        let is_list_of_texts =
            |scopes: &Value| scopes.as_array().is_some_and(|list| list.iter().all(Value::is_str));
        if let Some(scopes) = provider.get(OIDC_SCOPES)
            && !is_list_of_texts(scopes)
        {
            let what = "must be a list of texts, as in [\"profile\", \"phone\"]".to_owned();
            self.complain(&format!("{path}.{OIDC_SCOPES}"), origin, what);
        }
    }

    fn finish(mut self) -> Result<Config, ConfigError> {
        for &(path, most) in MOST {
            let holds = |value: &Value| value.as_integer().is_some_and(|number| (1..=most).contains(&number));
            self.judge(path, &format!("from 1 to {most}"), holds);
        }
        for rule in TEXTS {
            self.judge(rule.path, rule.wanted, |value| value.as_str().is_some_and(rule.holds));
        }
        let config: Config = self
            .values
            .clone()
            .try_into()
            .map_err(|error| ConfigError::one("configuration", error.message()))?;
        self.judge_together(&config);
        if self.problems.is_empty() {
            Ok(config.tidy())
        } else {
            Err(ConfigError { problems: self.problems })
        }
    }

    fn judge(&mut self, path: &str, wanted: &str, holds: impl Fn(&Value) -> bool) {
        let Some((section, key)) = path.split_once('.') else {
            return;
        };
        let found = self.values.get(section).and_then(|values| values.get(key));
        if found.is_some_and(holds) {
            return;
        }
        let origin = self.origins.get(path).cloned().unwrap_or(Origin::Default);
        self.complain(path, &origin, format!("must be {wanted}"));
        let default = self.default_of(section, key).cloned();
        if let (Some(Value::Table(values)), Some(default)) = (self.values.get_mut(section), default) {
            values.insert(key.to_owned(), default);
        }
    }

    /// What depends on more than one setting.
    fn judge_together(&mut self, config: &Config) {
        let remote = config.blob.url.starts_with("s3:");
        self.need(
            "blob.access_key",
            remote && config.blob.access_key.is_empty(),
            "is needed when blob.url is s3:…",
        );
        self.need(
            "blob.secret_key",
            remote && config.blob.secret_key.is_empty(),
            "is needed when blob.url is s3:…",
        );
        let webhook = config.sign_in.code_provider == CodeProvider::Webhook;
        let reason = "is needed when sign_in.code_provider is webhook";
        self.need("sign_in.webhook_url", webhook && config.sign_in.webhook_url.is_empty(), reason);
        let names: BTreeSet<&str> =
            config.sign_in.oidc.iter().map(|provider| provider.name.as_str()).collect();
        self.need(OIDC, names.len() < config.sign_in.oidc.len(), "has two tables with the same name");
    }

    /// Says so if it is wrong, unless something else is wrong with the same setting, of which this would be
    /// an echo.
    fn need(&mut self, path: &str, wrong: bool, what: &str) {
        if wrong && self.problems.iter().all(|problem| problem.key != path) {
            let origin = self.origins.get(path).cloned().unwrap_or(Origin::Default);
            self.complain(path, &origin, what.to_owned());
        }
    }

    fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for (section, body) in &self.known {
            for key in body.as_table().into_iter().flat_map(Table::keys) {
                paths.push(format!("{section}.{key}"));
            }
        }
        paths
    }

    fn unknown(&mut self, path: &str, known: Vec<String>, origin: &Origin) {
        let near = nearest(path, known.into_iter()).map(|near| origin.spell(&near));
        self.complain(path, origin, no_such_setting(near));
    }

    fn complain(&mut self, key: &str, origin: &Origin, what: String) {
        self.problems.push(Problem { key: key.to_owned(), origin: origin.clone(), what });
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

fn no_such_setting(near: Option<String>) -> String {
    match near {
        Some(near) => format!("there is no such setting; did you mean {near}?"),
        None => "there is no such setting".to_owned(),
    }
}

/// What was probably meant: at most two letters away.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let (_, near) = known.map(|known| (distance(name, &known), known)).filter(|(far, _)| *far <= 2).min()?;
    Some(near)
}

/// How many letters must be put in, taken out or changed to get from one to the other (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, to) in right.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

/// Where a text is not TOML, and why. The error's own `Display` quotes the line, which may hold a secret.
pub(crate) fn syntax(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    format!("line {line} is not TOML: {}", error.message().replace('\n', ", "))
}

fn is_something(text: &str) -> bool {
    !text.trim().is_empty()
}

fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

/// An address on the web without a user's name and password: addresses are printed, secrets have settings of
/// their own.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let anonymous = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && anonymous).then_some(url)
}

fn is_origin(text: &str) -> bool {
    web_address(text)
        .is_some_and(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
}

/// A SQLite database in memory is refused: each connection would have its own.
fn is_database(text: &str) -> bool {
    match text.strip_prefix("sqlite:") {
        Some(path) => {
            let path = path.trim_start_matches("//");
            !path.is_empty() && path != ":memory:" && !path.contains('?')
        }
        None => Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql")),
    }
}

fn is_blob(text: &str) -> bool {
    match text.split_once(':') {
        Some(("file", path)) => !path.is_empty(),
        Some(("s3", address)) => web_address(address).is_some(),
        _ => false,
    }
}

fn is_search(text: &str) -> bool {
    match text.strip_prefix("embedded:") {
        Some(path) => !path.is_empty(),
        None => web_address(text).is_some(),
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
mod tests {
    use std::error::Error;

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
        let file =
            "[server]\npublic_url = 'http://sach.example'\nshutdown_seconds = 3\n[worker]\npoll_ms = 50";
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
        let file =
            "log = 1\n[server]\nlisten = 'localhost'\nmost_body_bytes = '1 MiB'\n[worker]\npoll_ms = 0";
        let env =
            [("DENSACH_DATABASE__URL", "mysql://u:hush@h/n"), ("DENSACH_DATABASE__CONNECTIONS", "many")];
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

    #[test]
    fn distances() {
        assert_eq!(distance("listen", "listen"), 0);
        assert_eq!(distance("lisen", "listen"), 1);
        assert_eq!(distance("lsiten", "listen"), 2);
        assert_eq!(distance("", "ab"), 2);
    }
}

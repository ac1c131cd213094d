//! Reading: defaults, then a file, then the environment; every setting remembers where it came from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::problem::{ConfigError, Origin, Problem};
use super::rules::*;
use super::{CodeProvider, Config, DEFAULT, PREFIX};

/// A configuration on its way in. A value that is wrong is noted and its default stands in, so that the rest
/// can still be judged.
pub(super) struct Reader {
    /// The defaults, which are also the list of what there is: section, key, value.
    known: Table,
    values: Table,
    origins: BTreeMap<String, Origin>,
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new() -> Result<Self, ConfigError> {
        let mut known = DEFAULT
            .parse::<Table>()
            .map_err(|error| ConfigError::one("deploy/default.toml", syntax(DEFAULT, &error)))?;
        // It cannot stand in default.toml: after `oidc = []`, a `[[sign_in.oidc]]` beneath would be an error.
        if let Some(Value::Table(sign_in)) = known.get_mut("sign_in") {
            sign_in.insert("oidc".to_owned(), Value::Array(Vec::new()));
        }
        Ok(Self { values: known.clone(), known, origins: BTreeMap::new(), problems: Vec::new() })
    }

    pub(super) fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
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
    pub(super) fn environment(&mut self, env: impl IntoIterator<Item = (String, String)>) {
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

    pub(super) fn default_of(&self, section: &str, key: &str) -> Option<&Value> {
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

    pub(super) fn finish(mut self) -> Result<Config, ConfigError> {
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

    pub(super) fn paths(&self) -> Vec<String> {
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

pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

fn no_such_setting(near: Option<String>) -> String {
    match near {
        Some(near) => format!("there is no such setting; did you mean {near}?"),
        None => "there is no such setting".to_owned(),
    }
}

/// What was probably meant: at most two letters away.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let (_, near) =
        known.map(|known| (strsim::levenshtein(name, &known), known)).filter(|(far, _)| *far <= 2).min()?;
    Some(near)
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

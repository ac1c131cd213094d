//! Which engine, and where.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::error::SearchError;

const DEFAULT_INDEX: &str = "densach";

/// Where the index lives.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchConfig {
    /// `embedded:PATH` (a folder of its own), `embedded:memory` (gone with the process, for tests),
    /// or `http(s)://host:port/?index=NAME` of a Meilisearch server.
    pub url: String,
    /// The key of a Meilisearch server: it needs `documents.*`, `indexes.*`, `settings.*`,
    /// `tasks.get` and `search`.
    pub api_key: Option<String>,
}

/// Leaves the key out, so that a configuration can be logged.
impl fmt::Debug for SearchConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let api_key = self.api_key.as_ref().map(|_| "…");
        f.debug_struct("SearchConfig").field("url", &self.url).field("api_key", &api_key).finish()
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Memory,
    Folder(PathBuf),
    Meili { host: String, index: String },
}

impl SearchConfig {
    /// An index in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self { url: "embedded:memory".to_owned(), api_key: None }
    }

    pub(crate) fn engine(&self) -> Result<Engine, SearchError> {
        match self.url.strip_prefix("embedded:") {
            Some("") => {
                Err(SearchError::refused("embedded: needs a folder, as in embedded:/var/lib/densach/search"))
            }
            Some("memory") => Ok(Engine::Memory),
            Some(folder) => Ok(Engine::Folder(PathBuf::from(folder))),
            None => self.meili(),
        }
    }

    fn meili(&self) -> Result<Engine, SearchError> {
        let mut url = Url::parse(&self.url)
            .map_err(|error| SearchError::refused("the search address is not a URL").caused_by(error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SearchError::refused("the search address begins with embedded:, http: or https:"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SearchError::refused("the search key is given as a key, not inside the address"));
        }
        if !self.api_key.as_deref().unwrap_or_default().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SearchError::refused("the search key holds a space or a letter that is not ASCII"));
        }
        let named = url.query_pairs().find(|(name, _)| name == "index").map(|(_, value)| value.into_owned());
        let index = named.unwrap_or_else(|| DEFAULT_INDEX.to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if index.is_empty() || index.len() > 100 || !index.bytes().all(plain) {
            return Err(SearchError::refused("an index name is letters, digits, - and _, at most 100"));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Engine::Meili { host: url.as_str().trim_end_matches('/').to_owned(), index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(url: &str) -> Option<Engine> {
        SearchConfig { url: url.to_owned(), api_key: None }.engine().ok()
    }

    fn meili(host: &str, index: &str) -> Option<Engine> {
        Some(Engine::Meili { host: host.to_owned(), index: index.to_owned() })
    }

    #[test]
    fn addresses() {
        assert_eq!(engine("embedded:memory"), Some(Engine::Memory));
        assert_eq!(engine("embedded:/srv/search"), Some(Engine::Folder(PathBuf::from("/srv/search"))));
        assert_eq!(engine("http://meili:7700/?index=works"), meili("http://meili:7700", "works"));
        assert_eq!(engine("https://example.vn/tim"), meili("https://example.vn/tim", "densach"));
        for bad in [
            "",
            "embedded:",
            "memory",
            "ftp://a/",
            "http://u:p@a/",
            "http://a/?index=",
            "http://a/?index=a/b",
        ] {
            assert_eq!(engine(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_key_is_not_shown() {
        let config = SearchConfig { url: "http://a/".to_owned(), api_key: Some("secret".to_owned()) };
        assert!(!format!("{config:?}").contains("secret"));
        let config = SearchConfig { api_key: Some("two words".to_owned()), ..config };
        assert!(config.engine().is_err());
    }
}

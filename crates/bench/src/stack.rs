//! The real wiring on throw-away parts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use densach_app::App;
use densach_server::config::Config;
use densach_server::secrets::Secrets;
use densach_server::wiring::{self, Overrides};

use crate::Outcome;

/// Called with every SQL statement.
pub type OnStatement = Arc<dyn Fn(&str) + Send + Sync>;

pub struct Stack {
    pub config: Config,
    pub secrets: Secrets,
    pub app: App,
}

/// Where the keys of a stack in `folder` are.
pub fn secrets_file(folder: &Path) -> PathBuf {
    folder.join("secrets.toml")
}

/// The settings of a server whose files are in `folder`; the others have their defaults.
pub fn environment(folder: &Path, database: &str, port: u16) -> Vec<(String, String)> {
    let path = |name: &str| folder.join(name).display().to_string();
    let settings = [
        ("SERVER__LISTEN", format!("127.0.0.1:{port}")),
        ("SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}")),
        ("DATABASE__URL", database.to_owned()),
        ("BLOB__URL", format!("file:{}", path("blobs"))),
        ("SEARCH__URL", format!("embedded:{}", path("search"))),
        ("SECRETS__FILE", secrets_file(folder).display().to_string()),
        ("LOG__FILTER", "warn".to_owned()),
    ];
    settings.into_iter().map(|(name, value)| (format!("DENSACH_{name}"), value)).collect()
}

/// Opens everything in this process, without a listener and without a worker.
pub async fn open(folder: &Path, database: &str, on_statement: Option<OnStatement>) -> Outcome<Stack> {
    let config = Config::load(None, environment(folder, database, 8080))?;
    let secrets = Secrets::load_or_create(&config.secrets.file, true)?;
    let app = wiring::app(&config, &secrets, Overrides { clock: None, on_statement }).await?;
    Ok(Stack { config, secrets, app })
}

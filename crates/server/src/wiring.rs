//! The one place where the parts meet: three URLs choose the whole stack.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use densach_app::code::{CodeProvider as Deliver, ConsoleProvider, WebhookProvider};
use densach_app::{App, Entropy, OidcProvider, Parts, Settings, Vault};
use densach_blob::{BlobConfig, Blobs};
use densach_domain::credit::{CreditPolicy, Policies};
use densach_domain::{Clock, Timestamp};
use densach_graphql::{Executor, Limits};
use densach_search::SearchConfig;
use densach_store::{OnStatement, Options, Store};

use crate::config::{CodeProvider, Config};
use crate::secrets::Secrets;

/// The credit policy in force. When a newer one comes this one stays, for what it judged.
const CREDIT_POLICY: &str = include_str!("../../../data/policies/credit-2.toml");

/// What went wrong while the parts were put together, with the part that it went wrong in.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    #[error("the database ({url}) cannot be opened: {source}")]
    Store { url: String, source: densach_store::StoreError },
    #[error("object storage (blob.url = {url}) cannot be opened: {source}")]
    Blob { url: String, source: densach_blob::BlobError },
    #[error("search (search.url = {url}) cannot be opened: {source}")]
    Search { url: String, source: densach_search::SearchError },
    #[error("a shipped data file is broken: {0}")]
    Data(String),
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// The clock on the wall.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Randomness of the operating system, stretched by a generator that cannot be predicted.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
    }
}

/// What a test puts in place of the ambient parts.
#[derive(Default)]
pub struct Overrides {
    pub clock: Option<Arc<dyn Clock>>,
    /// Called with every SQL statement.
    pub on_statement: Option<OnStatement>,
}

/// Opens the database alone.
pub async fn store(config: &Config, overrides: &Overrides) -> Result<Store, WiringError> {
    let options = Options {
        url: config.database.url.expose().to_owned(),
        most_connections: config.database.connections,
        acquire_timeout: Duration::from_secs(u64::from(config.database.acquire_timeout_seconds)),
    };
    Store::open_counted(&options, overrides.on_statement.clone())
        .await
        .map_err(|source| WiringError::Store { url: shown(config), source })
}

/// The database without its password.
fn shown(config: &Config) -> String {
    let url = config.database.url.expose();
    url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, place)| format!("postgres://…@{place}"))
}

/// Object storage alone.
pub async fn blobs(config: &Config, secrets: &Secrets) -> Result<Blobs, WiringError> {
    let blob = &config.blob;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let secret = if blob.is_embedded() { &secrets.blob_secret_key } else { blob.secret_key.expose() };
    let access = if blob.is_embedded() { &secrets.blob_access_key } else { &blob.access_key };
    let options = BlobConfig {
        url: blob.url.clone(),
        access_key: some(access),
        secret_key: some(secret).map(densach_blob::Secret::new),
        region: some(&blob.region),
        public_url: config.blob_public_url().map(str::to_owned),
    };
    Blobs::open(&options).await.map_err(|source| WiringError::Blob { url: blob.url.clone(), source })
}

/// Everything together.
pub async fn app(config: &Config, secrets: &Secrets, overrides: Overrides) -> Result<App, WiringError> {
    let store = store(config, &overrides).await?;
    let blobs = blobs(config, secrets).await?;
    let api_key = (!config.search.api_key.is_empty()).then(|| config.search.api_key.expose().to_owned());
    let search = densach_search::open(&SearchConfig { url: config.search.url.clone(), api_key })
        .await
        .map_err(|source| WiringError::Search { url: config.search.url.clone(), source })?;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    Ok(App::new(Parts {
        store,
        blobs,
        search,
        code_provider: code_provider(config, &http),
        clock: overrides.clock.unwrap_or_else(|| Arc::new(SystemClock)),
        entropy: Arc::new(SystemEntropy),
        vault: Vault::new(&secrets.master_key),
        token_key: secrets.token_key,
        settings: settings(config),
        policies: policies()?,
        criteria: densach_app::criteria::shipped().map_err(|error| WiringError::Data(error.to_string()))?,
        http,
    }))
}

/// The credit policies that ship.
pub fn policies() -> Result<Policies, WiringError> {
    let current = CreditPolicy::parse(CREDIT_POLICY).map_err(|error| WiringError::Data(error.to_string()))?;
    Ok(Policies::new(current, Vec::new()))
}

/// The schema with the limits of the configuration.
pub fn executor(config: &Config) -> Executor {
    let limits = &config.graphql;
    Executor::new(&Limits {
        depth: limits.depth,
        complexity: limits.complexity,
        nodes: limits.nodes,
        introspection: limits.introspection,
    })
}

fn code_provider(config: &Config, http: &reqwest::Client) -> Arc<dyn Deliver> {
    let sign_in = &config.sign_in;
    match sign_in.code_provider {
        CodeProvider::Console => Arc::new(ConsoleProvider),
        CodeProvider::Webhook => Arc::new(WebhookProvider::new(
            http.clone(),
            sign_in.webhook_url.clone(),
            sign_in.webhook_token.expose().to_owned(),
        )),
    }
}

fn settings(config: &Config) -> Settings {
    let sign_in = &config.sign_in;
    let provider = |oidc: &crate::config::OidcConfig| OidcProvider {
        name: oidc.name.clone(),
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: (!oidc.client_secret.is_empty()).then(|| oidc.client_secret.expose().to_owned()),
        scopes: oidc.scopes.clone(),
    };
    Settings {
        code_seconds: i64::from(sign_in.code_seconds),
        most_attempts: sign_in.most_attempts,
        codes_per_phone_per_hour: i64::from(sign_in.codes_per_phone_per_hour),
        codes_per_address_per_hour: i64::from(sign_in.codes_per_address_per_hour),
        access_seconds: i64::from(sign_in.access_seconds),
        refresh_days: i64::from(sign_in.refresh_days),
        forgive_seconds: i64::from(sign_in.forgive_seconds),
        part_url_seconds: u64::from(config.blob.part_url_seconds),
        read_url_seconds: u64::from(config.blob.read_url_seconds),
        public_url: config.server.public_url.clone(),
        oidc: sign_in.oidc.iter().map(provider).collect(),
    }
}

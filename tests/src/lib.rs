//! The test vocabulary: a whole server on the real wiring, people to be, and a gateway that receives their codes.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop at once")]

mod gateway;
pub mod idp;
mod person;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use densach_app::{App, jobs};
use densach_domain::{Clock, Timestamp};
use densach_server::config::Config;
use densach_server::lifecycle::Lifecycle;
use densach_server::secrets::Secrets;
use densach_server::wiring::{self, Overrides, SystemClock};
use densach_store::testkit::TestDatabase;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use gateway::Gateway;
pub use person::Person;

/// A clock that stands still until it is told to go on. It starts at the real time, because presigned addresses are
/// judged by object storage under its own clock.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// RFC 3339, `seconds` from now.
    pub fn at(&self, seconds: i64) -> String {
        self.now().plus_seconds(seconds).to_string()
    }
}

/// A server on loopback, on the real wiring: HTTP, database, object storage, search, a code gateway. Its worker is off:
/// jobs run when a test says [`TestApp::drain`], and [`TestApp::finish`] fails when some are left over.
pub struct TestApp {
    pub base_url: String,
    /// Follows no redirects and keeps no cookies.
    pub http: reqwest::Client,
    pub app: App,
    pub clock: Arc<TestClock>,
    pub gateway: Gateway,
    pub folder: tempfile::TempDir,
    statements: Arc<Mutex<Vec<String>>>,
    lifecycle: Lifecycle,
    _database: TestDatabase,
}

/// How a [`TestApp`] differs from the default.
#[derive(Default)]
pub struct Builder {
    environment: Vec<(String, String)>,
    oidc: Vec<String>,
}

impl Builder {
    /// A setting by its environment variable, such as `DENSACH_GRAPHQL__DEPTH`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Offers an identity broker; each call one more.
    #[must_use]
    pub fn oidc(mut self, name: &str, issuer: &str, client_id: &str, client_secret: &str) -> Self {
        self.oidc.push(format!(
            "{{ name = {name:?}, issuer = {issuer:?}, client_id = {client_id:?}, client_secret = {client_secret:?} }}"
        ));
        self
    }

    pub async fn sqlite(self) -> TestApp {
        self.start(TestDatabase::sqlite().await).await
    }

    pub async fn postgres(self) -> TestApp {
        self.start(TestDatabase::postgres().await).await
    }

    async fn start(self, database: TestDatabase) -> TestApp {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut environment = vec![
            ("DENSACH_SERVER__PUBLIC_URL".to_owned(), base_url.clone()),
            ("DENSACH_DATABASE__URL".to_owned(), database.url().to_owned()),
            ("DENSACH_BLOB__URL".to_owned(), format!("file:{}", path("blobs"))),
            ("DENSACH_SEARCH__URL".to_owned(), format!("embedded:{}", path("search"))),
            ("DENSACH_SECRETS__FILE".to_owned(), path("secrets.toml")),
            ("DENSACH_SIGN_IN__CODE_PROVIDER".to_owned(), "webhook".to_owned()),
            ("DENSACH_SIGN_IN__WEBHOOK_URL".to_owned(), gateway.url()),
            ("DENSACH_SIGN_IN__WEBHOOK_TOKEN".to_owned(), Gateway::TOKEN.to_owned()),
            ("DENSACH_WORKER__ENABLED".to_owned(), "false".to_owned()),
        ];
        environment.extend(self.environment);
        environment.push(("DENSACH_SIGN_IN__OIDC".to_owned(), format!("[{}]", self.oidc.join(", "))));
        let config = Config::load(None, environment).unwrap_or_else(|error| panic!("{error}"));
        let secrets = Secrets::load_or_create(&config.secrets.file, true).unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(SystemClock.now().ms())));
        let statements = Arc::new(Mutex::new(Vec::new()));
        let note = statements.clone();
        let overrides = Overrides {
            clock: Some(clock.clone()),
            on_statement: Some(Arc::new(move |sql: &str| note.lock().unwrap().push(sql.to_owned()))),
        };
        let app = wiring::app(&config, &secrets, overrides).await.unwrap_or_else(|error| panic!("{error}"));
        let lifecycle = Lifecycle::new(Duration::from_secs(5));
        densach_server::serve::start(&config, &app, listener, &lifecycle);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        TestApp { base_url, http, app, clock, gateway, folder, statements, lifecycle, _database: database }
    }
}

impl TestApp {
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub async fn sqlite() -> Self {
        Self::builder().sqlite().await
    }

    pub async fn postgres() -> Self {
        Self::builder().postgres().await
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Runs a document and answers the whole response body; `token` is an access token or empty.
    pub async fn graphql(&self, token: &str, query: &str, variables: Value) -> Value {
        let mut request = self.http.post(format!("{}/graphql", self.base_url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let body = json!({ "query": query, "variables": variables });
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// Runs a shipped document by its name; the answer must have no errors. Answers `data`.
    pub async fn document(&self, token: &str, name: &str, variables: Value) -> Value {
        let document = densach_graphql::DOCUMENTS.iter().find(|document| document.name == name);
        let text = document.unwrap_or_else(|| panic!("no document {name}")).text;
        let answer = self.graphql(token, text, variables).await;
        assert!(answer.get("errors").is_none(), "{name}: {answer:#}");
        answer["data"].clone()
    }

    /// Loads the units and the demo's branches and people.
    pub async fn seed_demo(&self) {
        let cx = self.app.operator();
        densach_app::unit::load(&cx, densach_app::unit::UNITS_2025_07_01).await.unwrap();
        densach_app::demo::seed(&cx).await.unwrap();
    }

    /// Loads the starter library.
    pub async fn import_library(&self) -> densach_app::library::Report {
        let report = densach_app::library::import(&self.app.operator(), &library_folder()).await.unwrap();
        self.drain().await;
        report
    }

    /// Runs all jobs that are due.
    pub async fn drain(&self) -> u32 {
        jobs::drain(&self.app.operator()).await.unwrap()
    }

    /// Signs in by phone and code, as a new device.
    pub async fn sign_in(&self, phone: &str) -> Person {
        Person::sign_in(self, phone, &uuid::Uuid::now_v7().to_string()).await
    }

    /// The SQL statements since the last call.
    pub fn take_statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().unwrap())
    }

    /// Ends the server; fails when a job was left over or hours do not add up.
    pub async fn finish(self) {
        let (waiting, dead) = self.app.store.job_counts().await.unwrap();
        assert_eq!((waiting, dead), (0, 0), "jobs are left over");
        let checked =
            densach_app::reconcile::ledger::check(&self.app.store, &self.app.policies).await.unwrap();
        assert_eq!(checked.difference_count(), 0, "hours do not add up: {checked:?}");
        self.lifecycle.stop();
        assert!(matches!(self.lifecycle.finish().await, densach_server::lifecycle::Ending::Finished));
    }
}

/// The starter library of the repository.
pub fn library_folder() -> std::path::PathBuf {
    repository().join("library")
}

/// The root of the repository.
pub fn repository() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Each test runs on the embedded stack and on the one with PostgreSQL.
#[macro_export]
macro_rules! on_both_stacks {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn run($app: $crate::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run($crate::TestApp::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run($crate::TestApp::postgres().await).await;
            }
        }
    )*};
}

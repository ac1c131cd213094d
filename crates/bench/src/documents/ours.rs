//! Our side: the real server in a process of its own, and what its documents ask the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use densach_app::{Context, Language, account};
use densach_domain::id::SessionId;
use densach_graphql::{Asked, ClientAddress, Document, Text};
use densach_server::config::Config;
use densach_server::lifecycle::{Ending, Lifecycle};
use densach_server::secrets::Secrets;
use densach_server::wiring::{self, Overrides};
use densach_server::{serve as server, telemetry};
use serde_json::Value;
use tokio::net::TcpListener;

use super::seed;
use crate::stack::{self, OnStatement};
use crate::{Failure, Outcome};

/// What `densach serve` does, with the settings of the environment, on a database that is up to date.
pub async fn serve() -> Outcome {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = Config::load(None, environment)?;
    telemetry::init(&config.log)?;
    let secrets = Secrets::load_or_create(&config.secrets.file, false)?;
    let listener = TcpListener::bind(config.server.listen).await?;
    let app = wiring::app(&config, &secrets, Overrides::default()).await?;
    let lifecycle = Lifecycle::new(Duration::from_secs(5));
    server::start(&config, &app, listener, &lifecycle);
    lifecycle.wait_for_signal().await?;
    match lifecycle.finish().await {
        Ending::Finished => Ok(()),
        Ending::Abandoned { tasks } => Err(format!("{tasks} task(s) did not end").into()),
    }
}

/// How many SQL statements a request takes, who is asking included.
pub struct Counts {
    /// The first of a process.
    pub cold: usize,
    /// When what never changes is in memory.
    pub warm: usize,
}

/// Counts the statements of a document in this process, on a server of its own beside the one that is measured.
pub async fn statements(
    database: &str,
    session: SessionId,
    document: &'static Document,
    variables: &Value,
) -> Outcome<Counts> {
    let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
    let seen = Arc::new(AtomicUsize::new(0));
    let note = seen.clone();
    let on_statement: OnStatement = Arc::new(move |_: &str| {
        note.fetch_add(1, Ordering::SeqCst);
    });
    let stack = stack::open(folder.path(), database, Some(on_statement)).await?;
    let token = seed::token(session, &stack.secrets)?;
    let executor = wiring::executor(&stack.config);
    let request = async || -> Outcome<usize> {
        seen.store(0, Ordering::SeqCst);
        let actor = account::authenticate(&stack.app, &token).await?;
        let cx = Context {
            app: stack.app.clone(),
            actor,
            language: Language::default(),
            request_id: String::new(),
        };
        let asked = Asked {
            text: Text::Shipped(document),
            operation_name: None,
            variables: variables.clone(),
            canonical: false,
        };
        let answer = executor.execute(cx, ClientAddress::default(), asked).await;
        if answer.has_errors {
            let said = String::from_utf8_lossy(&answer.json);
            return Err(Failure::from(format!("{}: {said}", document.name)));
        }
        Ok(seen.load(Ordering::SeqCst))
    };
    Ok(Counts { cold: request().await?, warm: request().await? })
}

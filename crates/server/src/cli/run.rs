//! The commands that run until they are stopped.

use std::path::Path;

use densach_app::{App, Error, demo, library, unit};
use tokio::net::TcpListener;

use super::{Failure, Outcome, print};
use crate::config::Config;
use crate::lifecycle::Lifecycle;
use crate::secrets::Secrets;
use crate::{serve, wiring};

/// Opens everything. A database that lags behind is brought up to date only where it is ours alone.
pub(super) async fn open(config: &Config) -> Result<App, Failure> {
    let secrets = Secrets::load_or_create(&config.secrets.file, config.may_create_secrets())?;
    let app = wiring::app(config, &secrets, wiring::Overrides::default()).await?;
    if config.database.is_sqlite() {
        app.store.migrate().await?;
    } else {
        let pending = app.store.pending_migrations().await?;
        if pending > 0 {
            return Err(
                format!("the database lags {pending} step(s) behind: run densach migrate first").into()
            );
        }
    }
    Ok(app)
}

async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    let listen = config.server.listen;
    TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen} (server.listen): {error}").into())
}

pub(super) async fn serve(config: &Config, lifecycle: &Lifecycle) -> Outcome {
    let listener = listen(config).await?;
    let app = open(config).await?;
    serve::start(config, &app, listener, lifecycle);
    tracing::info!(url = config.server.public_url, "serving");
    Ok(lifecycle.wait_for_signal().await?)
}

pub(super) async fn work(config: &Config, lifecycle: &Lifecycle) -> Outcome {
    if config.search.url.starts_with("embedded:") {
        return Err("search.url is embedded: its index belongs to the process that serves, which also runs the jobs. \
                    Set worker.enabled there, or point search.url to a Meilisearch server."
            .into());
    }
    let app = open(config).await?;
    serve::work(config, &app, lifecycle);
    tracing::info!("working");
    Ok(lifecycle.wait_for_signal().await?)
}

pub(super) async fn demo(config: &Config, folder: &Path, lifecycle: &Lifecycle) -> Outcome {
    let listener = listen(config).await?;
    let app = open(config).await?;
    let cx = app.operator();
    let units = unit::load(&cx, unit::UNITS_2025_07_01).await?;
    let report = match library::import(&cx, folder).await {
        Err(Error::Invalid(problems)) => {
            return Err(format!("no lessons: {}", super::words(&problems)).into());
        }
        report => report?,
    };
    demo::seed(&cx).await?;
    serve::start(config, &app, listener, lifecycle);
    let url = &config.server.public_url;
    let mut text = format!(
        "\nĐèn Sách is ready: {url}\n\n  units     {} new, {} known\n  library   {}\n\n  \
         Read            {url}/\n  Try the API     {url}/graphiql\n  Health          {url}/health/ready\n\n  \
         Try by curl:\n    curl -s {url}/graphql -H 'content-type: application/json' \\\n      \
         -d '{{\"query\":\"{{ search(text: \\\"hoc suot doi\\\") {{ hits {{ work {{ title }} }} }} }}\"}}'\n\n  \
         Demo sign-ins (the one-time code is printed here):\n",
        units.added_count,
        units.known_count,
        super::admin::summary(&report),
    );
    for person in demo::PEOPLE {
        text.push_str(&format!("    {}   {:<22} {}\n", person.phone, person.name, person.part));
    }
    text.push_str("\n  Stop with Ctrl-C. A second start keeps the data.\n");
    print(&text)?;
    super::admin::print_refused(&report)?;
    Ok(lifecycle.wait_for_signal().await?)
}

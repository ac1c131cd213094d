//! Running: the listener, the worker, the reconcilers, and an orderly end.

use std::time::Duration;

use densach_app::jobs::WorkerOptions;
use densach_app::{App, jobs, reconcile};
use tokio::net::TcpListener;

use crate::config::Config;
use crate::http::{self, Http};
use crate::lifecycle::Lifecycle;
use crate::{telemetry, wiring};

/// How often what must be true eventually is looked at.
const RECONCILE_EVERY: Duration = Duration::from_secs(300);

/// Starts answering on `listener`, and working unless another process does. Returns at once; the tasks run until
/// `lifecycle` stops.
pub fn start(config: &Config, app: &App, listener: TcpListener, lifecycle: &Lifecycle) {
    let metrics = telemetry::metrics_handle();
    lifecycle.tasks().spawn(telemetry::metrics_upkeep(metrics.clone(), lifecycle.token()));
    let state = Http::new(config, app.clone(), wiring::executor(config), metrics);
    let router = http::router(state).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let stop = lifecycle.token();
    lifecycle.tasks().spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(error = &error as &dyn std::error::Error, "the listener stopped");
        }
    });
    if config.worker.enabled {
        work(config, app, lifecycle);
    }
}

/// Starts the worker and the reconcilers.
pub fn work(config: &Config, app: &App, lifecycle: &Lifecycle) {
    let options = WorkerOptions {
        poll: Duration::from_millis(u64::from(config.worker.poll_ms)),
        lease: Duration::from_secs(u64::from(config.worker.lease_seconds)),
    };
    let (worker, stop) = (app.clone(), lifecycle.token());
    lifecycle.tasks().spawn(async move { jobs::run(&worker, options, &stop).await });
    let (reconciler, stop) = (app.clone(), lifecycle.token());
    lifecycle.tasks().spawn(async move { reconcile::run(&reconciler, RECONCILE_EVERY, &stop).await });
}

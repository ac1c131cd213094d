//! What a balancer and a monitor ask.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Http;

/// A part that has not answered by then is taken as not answering: a balancer does not wait longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether requests should be sent here. Reads go on without storage or search, so only the database decides; the
/// others are named.
pub(super) async fn ready(State(http): State<Http>) -> (StatusCode, Json<Value>) {
    let app = &http.0.app;
    let (store, blob, search) = tokio::join!(
        timeout(PATIENCE, app.store.check()),
        timeout(PATIENCE, app.blobs.check()),
        timeout(PATIENCE, app.search.check()),
    );
    let (store, blob, search) =
        (matches!(store, Ok(Ok(()))), matches!(blob, Ok(Ok(()))), matches!(search, Ok(Ok(()))));
    let word = |ok: bool| if ok { "ok" } else { "unavailable" };
    let status = if store { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts = json!({
        "database": word(store),
        "storage": word(blob),
        "search": word(search),
    });
    (status, Json(parts))
}

/// Figures in the text format of Prometheus.
pub(super) async fn metrics(State(http): State<Http>) -> String {
    if let Ok((waiting, dead)) = http.0.app.store.job_counts().await {
        metrics::gauge!("densach_jobs_waiting").set(waiting as f64);
        metrics::gauge!("densach_jobs_dead").set(dead as f64);
    }
    http.0.metrics.render()
}

//! What a balancer and a monitor ask.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Http;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether requests should be sent here. Reads go on without storage or search, so only the database decides; the
/// others are named.
pub(super) async fn ready(State(http): State<Http>) -> (StatusCode, Json<Value>) {
    let app = &http.0.app;
    let (store, blob, search) = tokio::join!(app.store.check(), app.blobs.check(), app.search.check());
    let word = |ok: bool| if ok { "ok" } else { "unavailable" };
    let status = if store.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts = json!({
        "database": word(store.is_ok()),
        "storage": word(blob.is_ok()),
        "search": word(search.is_ok()),
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

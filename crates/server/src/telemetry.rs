//! What the process says of itself: a log on standard error, and figures for Prometheus.

use std::error::Error;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Upper bounds of the buckets of every histogram whose name ends in `_seconds`: from a cached answer to a
/// request that is about to be cut off. Buckets can be added up over processes, which the default (quantiles)
/// cannot.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.filter makes no sense")]
    Filter(#[source] Box<dyn Error + Send + Sync>),
    #[error("this process already has a log")]
    Installed(#[source] Box<dyn Error + Send + Sync>),
}

/// Starts the log of this process. Once: the binary does it, and tests, where many servers share a process,
/// do not.
///
/// # Errors
///
/// [`TelemetryError`], also the second time.
pub fn init(log: &LogConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| TelemetryError::Filter(error.into()))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(log.format == LogFormat::Text && io::stderr().is_terminal());
    let installed = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
    installed.map_err(TelemetryError::Installed)
}

/// The figures of this process, to be rendered for Prometheus. The first call installs the recorder behind
/// the macros of `metrics`, which has one a process; later calls, as of a test's second server, get the same.
pub fn metrics_handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let buckets =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
    // Only an empty list of buckets is refused.
    let recorder = buckets.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
    let handle = recorder.handle();
    if let Err(error) = metrics::set_global_recorder(recorder) {
        tracing::warn!(%error, "figures go to another recorder; /metrics will be empty");
    }
    handle
}

/// Folds what histograms have collected, without which they grow while nobody asks for the figures. Ends with
/// `stop`.
pub async fn metrics_upkeep(handle: PrometheusHandle, stop: CancellationToken) {
    let mut every = tokio::time::interval(UPKEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => handle.run_upkeep(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_has_the_same_figures() {
        let first = metrics_handle();
        metrics::counter!("telemetry_test_count").increment(1);
        metrics::histogram!("telemetry_test_seconds").record(0.002);
        let shown = metrics_handle().render();
        assert!(shown.contains("telemetry_test_count 1"), "{shown}");
        assert!(shown.contains("telemetry_test_seconds_bucket{le=\"0.0025\"} 1"), "{shown}");
        assert!(first.render().contains("telemetry_test_count 1"));
    }
}

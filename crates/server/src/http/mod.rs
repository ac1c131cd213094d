//! The routes.

mod auth;
mod graphql;
mod health;
mod site;
mod xapi;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, get_service, post};
use densach_app::App;
use densach_graphql::Executor;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::config::Config;

/// What the routes share.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    app: App,
    executor: Executor,
    metrics: PrometheusHandle,
    most_body_bytes: usize,
    timeout: Duration,
    /// The header in which a trusted proxy says where a request came from.
    address_header: Option<HeaderName>,
    /// Whether cookies may only travel over TLS.
    secure_cookies: bool,
}

impl Http {
    pub fn new(config: &Config, app: App, executor: Executor, metrics: PrometheusHandle) -> Self {
        Self(Arc::new(Inner {
            app,
            executor,
            metrics,
            most_body_bytes: config.server.most_body_bytes,
            timeout: Duration::from_secs(u64::from(config.server.request_timeout_seconds)),
            address_header: config.server.client_address_header(),
            secure_cookies: config.server.public_url.starts_with("https:"),
        }))
    }
}

impl Http {
    /// What a cookie says about TLS.
    fn secure(&self) -> &'static str {
        if self.0.secure_cookies { "; Secure" } else { "" }
    }
}

/// An 8 MiB part, with room for nothing else.
const MOST_PART_BYTES: usize = 8 * 1024 * 1024;

/// All routes.
pub fn router(state: Http) -> Router {
    let api = Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/documents.json", get(graphql::documents))
        .route("/xapi/statements", get(xapi::get).put(xapi::put).post(xapi::post))
        .route("/xapi/about", get(xapi::about))
        .fallback(site::page)
        .layer(CompressionLayer::new().gzip(true));
    let router = Router::new()
        .merge(api)
        .route("/auth/oidc/{provider}/start", get(auth::start))
        .route("/auth/oidc/{provider}/callback", get(auth::callback))
        .route("/auth/refresh", post(auth::refresh))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(storage(&state))
        .layer(middleware::from_fn_with_state(state.clone(), measure))
        .layer(CatchPanicLayer::new())
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "same-origin"));
    router.with_state(state)
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The embedded object storage on our own listener, under the address that presigned URLs name. What it serves was
/// uploaded by somebody, so a browser must not run any of it.
fn storage(state: &Http) -> Router<Http> {
    let Some(service) = state.0.app.blobs.embedded_service() else { return Router::new() };
    let route = format!("/{}/{{*key}}", state.0.app.blobs.bucket());
    Router::new()
        .route(&route, get_service(service.clone()).put_service(service))
        .layer(RequestBodyLimitLayer::new(MOST_PART_BYTES))
        .layer(header_layer(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'",
        ))
        .layer(header_layer(HeaderName::from_static("cross-origin-resource-policy"), "same-site"))
}

/// Counts requests and times them, by route.
async fn measure(State(_): State<Http>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("site", MatchedPath::as_str).to_owned();
    #[expect(clippy::disallowed_methods, reason = "how long something took is no rule of the domain")]
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("densach_http_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("densach_http_request_seconds", "route" => route)
        .record(started.elapsed().as_secs_f64());
    response
}

//! The pages of `web/`, built ahead and embedded.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Site;

/// Own scripts and styles only; media may come from object storage on another host.
const PAGE_POLICY: &str = "default-src 'self'; media-src 'self' http: https:; img-src 'self' data: http: https:; \
                           object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
/// The query editor of GraphiQL writes its colours into the page and runs its language service from a blob.
const EDITOR_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
                             img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
                             frame-ancestors 'none'";

/// A file of the site; `/` and `/graphiql` are its pages.
pub(super) async fn page(uri: Uri) -> Response {
    let path = match uri.path().trim_matches('/') {
        "" => "index.html",
        "graphiql" => "graphiql.html",
        path => path,
    };
    let Some(file) = Site::get(path) else {
        let text = if path == "index.html" { "web/dist was not built: run make web\n" } else { "404\n" };
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let mime =
        HeaderValue::from_str(file.metadata.mimetype()).unwrap_or(HeaderValue::from_static("text/plain"));
    let policy = if path == "graphiql.html" { EDITOR_POLICY } else { PAGE_POLICY };
    // Built files carry their hash in their names; pages do not.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, file.data).into_response()
}

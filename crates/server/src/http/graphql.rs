//! `/graphql`: POST for everything, GET for shipped documents by their hash, so that caches can keep public reads.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use densach_app::{Context, Error, Language, text};
use densach_domain::actor::Actor;
use densach_graphql::{Answer, Asked, ClientAddress, DOCUMENTS, Document, Text};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Http;

/// How long a shared cache may keep a public read; a release is seen by everybody after at most this long.
const PUBLIC: &str = "public, max-age=60, stale-while-revalidate=600";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Get {
    document_id: Option<String>,
    variables: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    document_id: Option<String>,
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: serde_json::Value,
}

/// The shipped documents: `[{"name", "hash", "public"}]`.
pub(super) async fn documents() -> Json<serde_json::Value> {
    let row = |document: &Document| json!({ "name": document.name, "hash": document.hash, "public": document.public });
    Json(DOCUMENTS.iter().map(row).collect())
}

pub(super) async fn get(
    State(http): State<Http>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Query(get): Query<Get>,
) -> Response {
    let call = Call::new(&http, &headers, peer);
    let document =
        get.document_id.as_deref().and_then(Document::by_hash).filter(|document| document.is_query());
    let Some(document) = document else {
        return call.refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", "GET: documentId (/documents.json)");
    };
    let variables = match get.variables.as_deref().map(serde_json::from_str).transpose() {
        Ok(variables) => variables.unwrap_or_default(),
        Err(error) => {
            return call.refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &format!("variables: {error}"));
        }
    };
    let anonymous = !headers.contains_key(header::AUTHORIZATION);
    let asked = Asked { text: Text::Shipped(document), operation_name: None, variables, canonical: true };
    let answer = match call.run(&http, &headers, asked).await {
        Ok(answer) => answer,
        Err(response) => return response,
    };
    let keep = anonymous && document.public && !answer.has_errors;
    cached(answer, keep, &headers)
}

pub(super) async fn post(
    State(http): State<Http>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Response {
    let call = Call::new(&http, &headers, peer);
    let Ok(body) = axum::body::to_bytes(body, http.0.most_body_bytes).await else {
        let most = format!("{} bytes", http.0.most_body_bytes);
        return call.refuse(StatusCode::PAYLOAD_TOO_LARGE, "LIMIT", &most);
    };
    let asked = match read(&body) {
        Ok(asked) => asked,
        Err(what) => return call.refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &what),
    };
    match call.run(&http, &headers, asked).await {
        Ok(answer) => (json_headers(), answer.json).into_response(),
        Err(response) => response,
    }
}

fn read(body: &Bytes) -> Result<Asked, String> {
    let post: Post = serde_json::from_slice(body).map_err(|error| format!("JSON: {error}"))?;
    let text = match (post.document_id, post.query) {
        (Some(hash), _) => Text::Shipped(Document::by_hash(&hash).ok_or("documentId (/documents.json)")?),
        (None, Some(query)) if !query.trim().is_empty() => Text::Sent(query),
        (None, _) => return Err("query | documentId".into()),
    };
    Ok(Asked { text, operation_name: post.operation_name, variables: post.variables, canonical: false })
}

fn json_headers() -> [(header::HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// An answer to a GET, with what a cache needs to know.
fn cached(answer: Answer, keep: bool, headers: &HeaderMap) -> Response {
    if !keep {
        return (json_headers(), answer.json).into_response();
    }
    let digest = Sha256::digest(&answer.json);
    let etag = format!("\"{}\"", digest[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag))
    });
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { answer.json.into_response() };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(PUBLIC));
    out.insert(header::VARY, HeaderValue::from_static("Accept-Language, Authorization"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, etag);
    }
    response
}

/// One request before its document runs.
struct Call {
    language: Language,
    request_id: String,
    address: ClientAddress,
}

impl Call {
    fn new(http: &Http, headers: &HeaderMap, peer: SocketAddr) -> Self {
        let said = http.0.address_header.as_ref().and_then(|name| headers.get(name)?.to_str().ok());
        // The last address in the list is the one that our own proxy saw.
        let address = said
            .and_then(|list| list.rsplit(',').next())
            .map_or_else(|| peer.ip().to_string(), |a| a.trim().to_owned());
        Self {
            language: language(headers),
            request_id: Uuid::now_v7().simple().to_string(),
            address: ClientAddress(address),
        }
    }

    async fn run(&self, http: &Http, headers: &HeaderMap, asked: Asked) -> Result<Answer, Response> {
        let actor = self.actor(http, headers).await.map_err(|error| self.error(&error))?;
        let cx = Context {
            app: http.0.app.clone(),
            actor,
            language: self.language,
            request_id: self.request_id.clone(),
        };
        let run = http.0.executor.execute(cx, self.address.clone(), asked);
        tokio::time::timeout(http.0.timeout, run)
            .await
            .map_err(|_| self.refuse(StatusCode::GATEWAY_TIMEOUT, "LIMIT", "time"))
    }

    async fn actor(&self, http: &Http, headers: &HeaderMap) -> Result<Actor, Error> {
        super::auth::actor(http, headers).await
    }

    fn error(&self, error: &Error) -> Response {
        if error.is_ours() {
            tracing::error!(
                request_id = self.request_id,
                error = error as &dyn std::error::Error,
                "a request failed before its document ran"
            );
        }
        let status = if error.is_ours() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNAUTHORIZED };
        self.answer(status, error.code(), None)
    }

    fn refuse(&self, status: StatusCode, code: &str, detail: &str) -> Response {
        self.answer(status, code, Some(detail))
    }

    fn answer(&self, status: StatusCode, code: &str, detail: Option<&str>) -> Response {
        let message = text(code, self.language, detail);
        let extensions = json!({ "code": code, "requestId": self.request_id });
        let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
        (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

/// Vietnamese, unless English is asked for first.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let asked =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if asked.trim_start().to_ascii_lowercase().starts_with("en") {
        Language::English
    } else {
        Language::Vietnamese
    }
}

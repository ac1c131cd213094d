//! `/xapi`: learning records of other programs, by the Statement Resource and the About Resource of xAPI 1.0.3. Who may do
//! what, and what a statement is worth, is decided in `app`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use densach_app::xapi::{self, Asked, Taken};
use densach_app::{Context, Error, text};
use densach_domain::actor::Actor;
use densach_domain::xapi::{STATEMENT_VERSION, VERSION, uuid};
use densach_domain::{Code, Problem};
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::{Http, graphql::language};

const VERSION_HEADER: &str = "x-experience-api-version";
const CONSISTENT_HEADER: &str = "x-experience-api-consistent-through";

/// Where the list goes on; a client adds the name of the host.
const STATEMENTS: &str = "/xapi/statements";

/// Which versions are spoken, said to anybody and whatever version they speak.
pub(super) async fn about() -> Response {
    ([(VERSION_HEADER, VERSION)], Json(json!({ "version": [VERSION, STATEMENT_VERSION] }))).into_response()
}

pub(super) async fn get(State(http): State<Http>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let call = Call::new(&http, &headers);
    let given = call.within_time(give(&call, query)).await;
    call.respond(given)
}

pub(super) async fn put(
    State(http): State<Http>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let call = Call::new(&http, &headers);
    let put = call.within_time(store_one(&call, query, body)).await;
    call.respond(put)
}

pub(super) async fn post(
    State(http): State<Http>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let call = Call::new(&http, &headers);
    let posted = call.within_time(store_all(&call, query, body)).await;
    call.respond(posted)
}

async fn give(call: &Call<'_>, query: Option<String>) -> Answer {
    let cx = call.context().await?;
    let statements = match xapi::read(&cx, parameters(query))? {
        Asked::One { id, is_voided } => xapi::one(&cx, id, is_voided).await?,
        Asked::Many(query) => {
            let given = xapi::many(&cx, &query).await?;
            let more = given.more.map(|more| {
                let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(more).finish();
                format!("{STATEMENTS}?{query}")
            });
            json!({ "statements": given.statements, "more": more.unwrap_or_default() })
        }
    };
    Ok(Json(statements).into_response())
}

async fn store_one(call: &Call<'_>, query: Option<String>, body: Body) -> Answer {
    let cx = call.context().await?;
    let parameters = parameters(query);
    let id = match parameters.as_slice() {
        [(name, id)] if name == "statementId" => uuid(id),
        _ => None,
    };
    let id = id.ok_or_else(|| bad("PUT: statementId=018f3c2e-8b1a-7c3d-9e4f-5a6b7c8d9e0f"))?;
    let mut statement = call.json(body).await?;
    if let Some(object) = statement.as_object_mut() {
        // A statement without an id gets the one of the request; one with another is refused.
        let said = object.entry("id").or_insert_with(|| json!(id));
        if said.as_str().and_then(uuid).is_some_and(|said| said != id) {
            return Err(Error::Invalid(vec![Problem::new(Code::Mismatch, "id").detail(id)]).into());
        }
    }
    match xapi::take(&cx, vec![statement], false).await? {
        Taken::Stored(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Taken::Conflict(problems) => Err(Refused::Conflict(problems)),
    }
}

async fn store_all(call: &Call<'_>, query: Option<String>, body: Body) -> Answer {
    let cx = call.context().await?;
    if let Some((name, _)) = parameters(query).first() {
        return Err(bad(match name.as_str() {
            "method" => "GET, PUT; not ?method=",
            _ => "POST: no parameters",
        }));
    }
    let (statements, is_list) = match call.json(body).await? {
        Value::Array(list) => (list, true),
        one => (vec![one], false),
    };
    match xapi::take(&cx, statements, is_list).await? {
        Taken::Stored(ids) => Ok(Json(ids).into_response()),
        Taken::Conflict(problems) => Err(Refused::Conflict(problems)),
    }
}

fn parameters(query: Option<String>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Why a request is not answered with what was asked for.
enum Refused {
    App(Error),
    /// The request itself is not right, or too large: a status and what to do.
    Request(StatusCode, &'static str, String),
    /// These ids stand for other statements.
    Conflict(Vec<Problem>),
}

type Answer = Result<Response, Refused>;

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::App(error)
    }
}

fn bad(what: impl Into<String>) -> Refused {
    Refused::Request(StatusCode::BAD_REQUEST, "BAD_REQUEST", what.into())
}

/// One request.
struct Call<'a> {
    http: &'a Http,
    headers: &'a HeaderMap,
    request_id: String,
}

impl<'a> Call<'a> {
    fn new(http: &'a Http, headers: &'a HeaderMap) -> Self {
        Self { http, headers, request_id: Uuid::now_v7().simple().to_string() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Who asks, and that they speak a version that is understood.
    async fn context(&self) -> Result<Context, Refused> {
        let version = self.header(VERSION_HEADER).unwrap_or_default();
        if version != "1.0" && !version.starts_with("1.0.") {
            return Err(bad(format!("X-Experience-API-Version: {VERSION}")));
        }
        Ok(Context {
            app: self.http.0.app.clone(),
            actor: self.actor().await?,
            language: language(self.headers),
            request_id: self.request_id.clone(),
        })
    }

    async fn actor(&self) -> Result<Actor, Error> {
        match super::auth::actor(self.http, self.headers).await? {
            Actor::Member(member) => Ok(Actor::Member(member)),
            Actor::Anonymous | Actor::Operator => Err(Error::Unauthenticated),
        }
    }

    async fn json(&self, body: Body) -> Result<Value, Refused> {
        let media_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "application/json" => {}
            "multipart/mixed" => {
                return Err(bad(
                    "Content-Type: application/json; attachments by fileUrl, not multipart/mixed",
                ));
            }
            _ => return Err(bad("Content-Type: application/json")),
        }
        let most = self.http.0.most_body_bytes;
        let Ok(body) = axum::body::to_bytes(body, most).await else {
            return Err(Refused::Request(StatusCode::PAYLOAD_TOO_LARGE, "LIMIT", format!("{most} bytes")));
        };
        serde_json::from_slice(&body).map_err(|error| bad(format!("JSON: {error}")))
    }

    async fn within_time(&self, answer: impl Future<Output = Answer>) -> Answer {
        tokio::time::timeout(self.http.0.timeout, answer).await.unwrap_or_else(|_| {
            Err(Refused::Request(StatusCode::GATEWAY_TIMEOUT, "LIMIT", "time".to_owned()))
        })
    }

    /// The answer with the headers that every answer bears.
    fn respond(&self, answer: Answer) -> Response {
        let mut response = answer.unwrap_or_else(|refused| self.refuse(&refused));
        let headers = response.headers_mut();
        headers.insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // What was still being written when this was asked has ended by the time that a request may take.
        let patience_ms = i64::try_from(self.http.0.timeout.as_millis()).unwrap_or(i64::MAX);
        let through = self.http.0.app.clock.now().plus_ms(-patience_ms).to_string();
        if let Ok(through) = HeaderValue::from_str(&through) {
            headers.insert(CONSISTENT_HEADER, through);
        }
        response
    }

    fn refuse(&self, refused: &Refused) -> Response {
        let none: &[Problem] = &[];
        let (status, code, detail, problems) = match refused {
            Refused::Request(status, code, detail) => (*status, *code, Some(detail.as_str()), none),
            Refused::Conflict(problems) => {
                (StatusCode::CONFLICT, Code::RequestReused.name(), None, problems.as_slice())
            }
            Refused::App(Error::Invalid(problems)) => {
                (StatusCode::BAD_REQUEST, "INVALID", None, problems.as_slice())
            }
            Refused::App(error) => (self.status(error), error.code(), None, none),
        };
        let language = language(self.headers);
        let told: Vec<Value> = problems
            .iter()
            .map(|problem| {
                let message = text(problem.code.name(), language, problem.detail.as_deref());
                json!({ "field": problem.field, "code": problem.code.name(), "message": message })
            })
            .collect();
        let mut extensions = json!({ "code": code, "requestId": self.request_id });
        if !told.is_empty() {
            extensions["problems"] = Value::Array(told);
        }
        let message = text(code, language, detail);
        let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn status(&self, error: &Error) -> StatusCode {
        if error.is_ours() {
            tracing::error!(
                request_id = self.request_id,
                error = error as &dyn std::error::Error,
                "a request for statements failed"
            );
        }
        match error {
            Error::Unauthenticated => StatusCode::UNAUTHORIZED,
            Error::Forbidden => StatusCode::FORBIDDEN,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Invalid(_) => StatusCode::BAD_REQUEST,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

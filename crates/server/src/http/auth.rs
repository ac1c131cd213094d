//! Signing in through an identity broker, as a browser does it. The refresh token goes into a cookie that scripts
//! cannot read.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use densach_app::{Context, Error, account, oidc, text};
use densach_domain::account::DeviceInput;
use densach_domain::actor::Actor;
use serde::Deserialize;
use serde_json::json;

use super::{Http, graphql::language};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    device_id: String,
    #[serde(default)]
    device_name: String,
    return_to: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Callback {
    state: Option<String>,
    code: Option<String>,
}

fn context(http: &Http, headers: &HeaderMap) -> Context {
    Context {
        app: http.0.app.clone(),
        actor: Actor::Anonymous,
        language: language(headers),
        request_id: String::new(),
    }
}

pub(super) async fn start(
    State(http): State<Http>,
    Path(provider): Path<String>,
    Query(start): Query<Start>,
    headers: HeaderMap,
) -> Response {
    let cx = context(&http, &headers);
    let device = DeviceInput { client_id: start.device_id, name: start.device_name };
    let return_to = start.return_to.unwrap_or_else(|| "/".into());
    match oidc::start(&cx, &provider, &device, &return_to).await {
        Ok(address) => {
            // The answer must come back to the browser that asked, or somebody could be signed in as somebody else by
            // a link.
            let state = state_of(&address).unwrap_or_default();
            let cookie =
                format!("{STATE_COOKIE}={state}; HttpOnly; SameSite=Lax; Path=/auth/oidc; Max-Age=600");
            (StatusCode::FOUND, [(header::SET_COOKIE, cookie), (header::LOCATION, address)]).into_response()
        }
        Err(error) => refusal(&cx, &error),
    }
}

pub(super) async fn callback(
    State(http): State<Http>,
    Path(provider): Path<String>,
    Query(callback): Query<Callback>,
    headers: HeaderMap,
) -> Response {
    let cx = context(&http, &headers);
    let (Some(state), Some(code)) = (callback.state, callback.code) else {
        return refusal(&cx, &Error::Unauthenticated);
    };
    if cookie(&headers, STATE_COOKIE) != Some(state.as_str()) {
        return refusal(&cx, &Error::Unauthenticated);
    }
    match oidc::finish(&cx, &provider, &state, &code).await {
        Ok((tokens, return_to)) => {
            let cookie = refresh_cookie(&http, &cx, &tokens.refresh_token);
            ([(header::SET_COOKIE, cookie)], Redirect::to(&return_to)).into_response()
        }
        Err(error) => refusal(&cx, &error),
    }
}

/// Trades the refresh cookie of a browser for an access token and a new cookie. The cookie is `SameSite=Lax`, so no other
/// site can make a browser send it here by POST.
pub(super) async fn refresh(State(http): State<Http>, headers: HeaderMap) -> Response {
    let cx = context(&http, &headers);
    let Some(token) = cookie(&headers, REFRESH_COOKIE) else { return refusal(&cx, &Error::Unauthenticated) };
    match account::refresh(&cx, token).await {
        Ok(tokens) => {
            let cookie = refresh_cookie(&http, &cx, &tokens.refresh_token);
            let body = json!({
                "accessToken": tokens.access_token,
                "accessExpiresInSeconds": tokens.access_expires_in_seconds,
            });
            ([(header::SET_COOKIE, cookie.as_str()), (header::CACHE_CONTROL, "no-store")], Json(body))
                .into_response()
        }
        Err(error) => refusal(&cx, &error),
    }
}

fn refresh_cookie(http: &Http, cx: &Context, token: &str) -> String {
    let seconds = cx.settings.refresh_days * 86_400;
    format!("{REFRESH_COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{}", http.secure())
}

/// Who sends a request, by its access token; nobody without one.
pub(super) async fn actor(http: &Http, headers: &HeaderMap) -> Result<Actor, Error> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(Actor::Anonymous) };
    let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
    account::authenticate(&http.0.app, token.ok_or(Error::Unauthenticated)?).await
}

const REFRESH_COOKIE: &str = "densach_refresh";
const STATE_COOKIE: &str = "densach_oidc_state";

fn state_of(address: &str) -> Option<String> {
    let address = url::Url::parse(address).ok()?;
    address.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        pairs.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn refusal(cx: &Context, error: &Error) -> Response {
    if error.is_ours() {
        tracing::error!(error = error as &dyn std::error::Error, "signing in through a broker failed");
    }
    let status = match error {
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Unauthenticated | Error::Forbidden => StatusCode::UNAUTHORIZED,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, text(error.code(), cx.language, None)).into_response()
}

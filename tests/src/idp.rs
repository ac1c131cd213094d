//! An identity provider that speaks OpenID Connect for real, over a socket: it checks the client, the redirect address
//! and the PKCE verifier, gives a code once, and signs with a key of its own (ES256). It can also misbehave.
//!
//! Its tokens run from 2020 to 2100, and those that are meant to be expired ended in 2020, so it needs no clock.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::rand_core::{OsRng, RngCore as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::{Url, form_urlencoded};

pub const CLIENT_ID: &str = "densach-test";
/// With characters that a client must encode before it sends them as Basic.
pub const CLIENT_SECRET: &str = "known to: all+tests";
const ISSUED_AT: i64 = 1_577_836_800;
const ENDS_AT: i64 = 4_102_444_800;

/// What can be wrong with an id token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    Nonce,
    Audience,
    Issuer,
    Signature,
    Unsigned,
    Expired,
}

impl Mischief {
    pub const ALL: [Self; 6] =
        [Self::Nonce, Self::Audience, Self::Issuer, Self::Signature, Self::Unsigned, Self::Expired];
}

pub struct TestIdp {
    issuer: String,
    provider: Shared,
    server: JoinHandle<io::Result<()>>,
}

struct Provider {
    issuer: String,
    key: SigningKey,
    key_id: String,
    subject: String,
    mischief: Option<Mischief>,
    /// What each code stands for: who, and what was asked for when it was given.
    grants: HashMap<String, (String, Fields)>,
}

type Fields = HashMap<String, String>;
type Shared = Arc<Mutex<Provider>>;

impl TestIdp {
    pub async fn start() -> Self {
        let bound = TcpListener::bind("127.0.0.1:0").await.and_then(|bound| Ok((bound.local_addr()?, bound)));
        let (address, listener) = bound.unwrap_or_else(|error| panic!("no port for a provider: {error}"));
        let issuer = format!("http://{address}");
        let provider: Shared = Arc::new(Mutex::new(Provider {
            issuer: issuer.clone(),
            key: SigningKey::random(&mut OsRng),
            key_id: random(),
            subject: "somebody".into(),
            mischief: None,
            grants: HashMap::new(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(Arc::clone(&provider));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, provider, server }
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who will be signed in from now on.
    pub fn set_subject(&self, subject: &str) {
        lock(&self.provider).subject = subject.into();
    }

    /// What will be wrong with id tokens from now on.
    pub fn set_mischief(&self, mischief: Option<Mischief>) {
        lock(&self.provider).mischief = mischief;
    }

    /// From now on another key signs, under another id, and the old one is no longer published.
    pub fn change_key(&self) {
        let mut provider = lock(&self.provider);
        provider.key = SigningKey::random(&mut OsRng);
        provider.key_id = random();
    }

    /// Stops listening, and waits until the socket is closed: its address answers no more.
    pub async fn stop(mut self) {
        self.server.abort();
        _ = (&mut self.server).await;
    }
}

fn lock(provider: &Shared) -> MutexGuard<'_, Provider> {
    provider.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Provider {
    fn id_token(&self, subject: &str, nonce: &str) -> String {
        let is = |mischief| self.mischief == Some(mischief);
        let issuer = if is(Mischief::Issuer) { "https://elsewhere.example" } else { self.issuer.as_str() };
        let audience = if is(Mischief::Audience) { "somebody-else" } else { CLIENT_ID };
        let nonce = if is(Mischief::Nonce) { "another" } else { nonce };
        let ends_at = if is(Mischief::Expired) { ISSUED_AT + 300 } else { ENDS_AT };
        let algorithm = if is(Mischief::Unsigned) { "none" } else { "ES256" };
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": self.key_id });
        let claims = json!({ "iss": issuer, "sub": subject, "aud": audience, "nonce": nonce, "iat": ISSUED_AT, "exp": ends_at });
        let text = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let key = if is(Mischief::Signature) { SigningKey::random(&mut OsRng) } else { self.key.clone() };
        let signature: Signature = key.sign(text.as_bytes());
        let signature = if is(Mischief::Unsigned) { String::new() } else { base64url(signature.to_bytes()) };
        format!("{text}.{signature}")
    }
}

async fn configuration(State(provider): State<Shared>) -> Json<Value> {
    let issuer = lock(&provider).issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn jwks(State(provider): State<Shared>) -> Json<Value> {
    let provider = lock(&provider);
    let point = provider.key.verifying_key().to_encoded_point(false);
    // One byte that says that both coordinates follow, and the coordinates.
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let (kid, x, y) = (&provider.key_id, base64url(x), base64url(y));
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y }] }),
    )
}

/// Nobody is asked: whoever was set as the subject agrees at once.
async fn authorize(State(provider): State<Shared>, Query(asked): Query<Fields>) -> Response {
    let is_right = field(&asked, "response_type") == "code"
        && field(&asked, "code_challenge_method") == "S256"
        && field(&asked, "client_id") == CLIENT_ID
        && field(&asked, "scope").split(' ').any(|scope| scope == "openid");
    let back = Url::parse(field(&asked, "redirect_uri")).ok().filter(|_| is_right);
    let Some(mut back) = back else { return refuse(StatusCode::BAD_REQUEST, "invalid_request") };
    let code = random();
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", field(&asked, "state"));
    let mut provider = lock(&provider);
    let subject = provider.subject.clone();
    provider.grants.insert(code, (subject, asked));
    (StatusCode::FOUND, [(header::LOCATION, String::from(back))]).into_response()
}

async fn token(State(provider): State<Shared>, headers: HeaderMap, Form(asked): Form<Fields>) -> Response {
    if !is_our_client(&headers, &asked) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let mut provider = lock(&provider);
    // Whatever comes of it, a code is used up.
    let grant = provider.grants.remove(field(&asked, "code")).filter(|(_, granted)| {
        field(&asked, "grant_type") == "authorization_code"
            && field(&asked, "redirect_uri") == field(granted, "redirect_uri")
            && base64url(Sha256::digest(field(&asked, "code_verifier"))) == field(granted, "code_challenge")
    });
    let Some((subject, granted)) = grant else { return refuse(StatusCode::BAD_REQUEST, "invalid_grant") };
    let id_token = provider.id_token(&subject, field(&granted, "nonce"));
    Json(json!({ "access_token": random(), "token_type": "Bearer", "id_token": id_token })).into_response()
}

/// In the header, where both parts are form-encoded first (RFC 6749, 2.3.1), or in the body.
fn is_our_client(headers: &HeaderMap, asked: &Fields) -> bool {
    let encode = |part: &str| form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET)));
    let posted = field(asked, "client_id") == CLIENT_ID && field(asked, "client_secret") == CLIENT_SECRET;
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    posted || said == Some(format!("Basic {basic}").as_str())
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

fn random() -> String {
    let mut bytes = [0; 24];
    OsRng.fill_bytes(&mut bytes);
    base64url(bytes)
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

//! What is said to a broker, and how its answers are judged.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken,
    CoreIdTokenVerifier, CoreProviderMetadata, CoreRequestTokenError,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpClientError, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _,
};

use crate::{Context, Error, OidcProvider, Part, Result};

/// How long one request to a broker may take, and how much it may answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 1024 * 1024;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type HttpError = HttpClientError<reqwest::Error>;

/// Where the browser is sent. `verifier`: of PKCE; the broker is shown only its hash.
pub(super) async fn address(
    cx: &Context,
    provider: &OidcProvider,
    state: &str,
    nonce: &str,
    verifier: &str,
) -> Result<String> {
    let metadata = discover(cx, provider).await?;
    let (state, nonce) = (CsrfToken::new(state.to_owned()), Nonce::new(nonce.to_owned()));
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    let (url, _, _) = client(cx, provider, &metadata)?
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
        .add_scopes(provider.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .url();
    Ok(url.into())
}

/// Who the broker says it is.
pub(super) async fn subject(
    cx: &Context,
    provider: &OidcProvider,
    code: &str,
    nonce: &str,
    verifier: &str,
) -> Result<String> {
    let metadata = discover(cx, provider).await?;
    let client = client(cx, provider, &metadata)?;
    let token = exchange(cx, provider, &client, code, verifier).await?;
    let nonce = Nonce::new(nonce.to_owned());
    let mut subject = judge(cx, &metadata, client.client_id(), &token, &nonce);
    let unknown_key = SignatureVerificationError::NoMatchingKey;
    if subject == Err(ClaimsVerificationError::SignatureVerification(unknown_key)) {
        // The broker may have changed its keys since they were fetched.
        cx.caches.oidc.invalidate(&provider.name);
        let metadata = discover(cx, provider).await?;
        subject = judge(cx, &metadata, client.client_id(), &token, &nonce);
    }
    subject.map_err(|error| {
        tracing::warn!(provider = %provider.name, %error, "an id token was refused");
        Error::Unauthenticated
    })
}

/// What the broker says about itself, with its keys.
async fn discover(cx: &Context, provider: &OidcProvider) -> Result<Arc<CoreProviderMetadata>> {
    if let Some(metadata) = cx.caches.oidc.get(&provider.name) {
        return Ok(metadata);
    }
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(Error::internal)?;
    let http = Http(cx.http.clone());
    let metadata = Arc::new(CoreProviderMetadata::discover_async(issuer, &http).await.map_err(outside)?);
    cx.caches.oidc.insert(provider.name.clone(), Arc::clone(&metadata));
    Ok(metadata)
}

fn client(cx: &Context, provider: &OidcProvider, metadata: &CoreProviderMetadata) -> Result<Client> {
    let redirect = format!("{}/auth/oidc/{}/callback", cx.settings.public_url, provider.name);
    let redirect = RedirectUrl::new(redirect).map_err(Error::internal)?;
    let id = ClientId::new(provider.client_id.clone());
    let secret = provider.client_secret.clone().map(ClientSecret::new);
    // Basic is the default of the standard, but some brokers take the secret in the body only.
    let posts = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
        methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
    });
    let auth = if posts { AuthType::RequestBody } else { AuthType::BasicAuth };
    let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
    Ok(client.set_redirect_uri(redirect).set_auth_type(auth))
}

async fn exchange(
    cx: &Context,
    provider: &OidcProvider,
    client: &Client,
    code: &str,
    verifier: &str,
) -> Result<CoreIdToken> {
    let http = Http(cx.http.clone());
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(outside)?;
    let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    let answer = request.request_async(&http).await.map_err(|error| not_exchanged(provider, error))?;
    answer.id_token().cloned().ok_or_else(|| outside("the broker gave no id token"))
}

/// A code that the broker does not take is a stranger's try; everything else is the broker's failure, or a client id
/// or secret that it does not know. An answer that cannot be read may hold tokens, so nothing of it is kept.
fn not_exchanged(provider: &OidcProvider, error: CoreRequestTokenError<HttpError>) -> Error {
    match error {
        RequestTokenError::ServerResponse(answer)
            if *answer.error() == CoreErrorResponseType::InvalidGrant =>
        {
            tracing::warn!(provider = %provider.name, "the broker refused a code");
            Error::Unauthenticated
        }
        RequestTokenError::ServerResponse(answer) => outside(answer.error().to_string()),
        RequestTokenError::Request(error) => outside(error),
        RequestTokenError::Parse(..) => outside("the broker's answer for a code cannot be read"),
        RequestTokenError::Other(what) => outside(what),
    }
}

/// Checks signature, issuer, audience, nonce and expiry, the last by our own clock.
fn judge(
    cx: &Context,
    metadata: &CoreProviderMetadata,
    id: &ClientId,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> std::result::Result<String, ClaimsVerificationError> {
    let now = DateTime::from_timestamp_millis(cx.now().ms())
        .ok_or_else(|| ClaimsVerificationError::Other("the clock is out of range".into()))?;
    let (issuer, keys) = (metadata.issuer().clone(), metadata.jwks().clone());
    // As for a public client: what counts is a key that the broker published, never the secret that both know.
    let verifier = CoreIdTokenVerifier::new_public_client(id.clone(), issuer, keys)
        .set_allowed_algs(metadata.id_token_signing_alg_values_supported().clone())
        .set_time_fn(move || now);
    Ok(token.claims(&verifier, nonce)?.subject().as_str().to_owned())
}

fn outside(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::Unavailable { part: Part::Outside, source: source.into() }
}

/// Our own client in the shape that `openidconnect` asks for. A type and not a closure, so that the futures of the use
/// cases stay `Send` for every lifetime.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Http {
    async fn send(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let mut request = reqwest::Request::try_from(request).map_err(Box::new)?;
        *request.timeout_mut() = Some(TIMEOUT);
        let mut received = self.0.execute(request).await.map_err(Box::new)?;
        let mut body = Vec::new();
        while let Some(chunk) = received.chunk().await.map_err(Box::new)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(HttpClientError::Other("the broker's answer is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = received.status();
        *answer.headers_mut() = std::mem::take(received.headers_mut());
        Ok(answer)
    }
}

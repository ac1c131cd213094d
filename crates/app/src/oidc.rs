//! Signing in through an identity broker, such as one of VNeID's, by OpenID Connect with PKCE (RFC 7636, S256).
//!
//! What an answer will be checked against waits in the database, sealed, so that any node can take the answer. No
//! transaction is open while a broker is asked: it may be slow, and SQLite has one writer.

mod broker;

use densach_domain::account::DeviceInput;
use densach_domain::{Code, Problem, Problems};
use densach_store::IdentityRow;
use serde::{Deserialize, Serialize};

use crate::account::{Tokens, base64, open_session};
use crate::{Context, Error, OidcProvider, Result};

/// How long somebody may take at the broker.
const ATTEMPT_SECONDS: i64 = 600;
const ATTEMPT: &str = "oidc attempt";

/// What is remembered while somebody is at the broker.
#[derive(Serialize, Deserialize)]
struct Attempt {
    provider: String,
    nonce: String,
    verifier: String,
    device_client_id: String,
    device_name: String,
    return_to: String,
}

/// Begins to sign in; answers the address at the broker to send the browser to. `return_to`: the path on this site
/// that [`finish`] will give back.
pub async fn start(cx: &Context, provider: &str, device: &DeviceInput, return_to: &str) -> Result<String> {
    let provider = known(cx, provider)?;
    check(device, return_to)?;
    let state = random(cx);
    let attempt = Attempt {
        provider: provider.name.clone(),
        nonce: random(cx),
        verifier: random(cx),
        device_client_id: device.client_id.clone(),
        device_name: device.name.clone(),
        return_to: return_to.to_owned(),
    };
    let address = broker::address(cx, provider, &state, &attempt.nonce, &attempt.verifier).await?;
    let text = serde_json::to_vec(&attempt).map_err(Error::internal)?;
    let sealed = cx.vault.seal(&*cx.entropy, ATTEMPT, &text)?;
    let now = cx.now();
    let expires_at = now.plus_seconds(ATTEMPT_SECONDS);
    let tx = cx.store.begin().await?;
    tx.oidc_attempt_add(&state_hash(cx, &state), &provider.name, sealed, now, expires_at).await?;
    tx.commit().await?;
    Ok(address)
}

/// Takes the broker's answer: opens a session for whoever the broker says it is, and tells where to go on. An answer
/// works once, whatever comes of it.
pub async fn finish(cx: &Context, provider: &str, state: &str, code: &str) -> Result<(Tokens, String)> {
    let provider = known(cx, provider)?;
    let attempt = take(cx, provider, state).await?;
    let subject = broker::subject(cx, provider, code, &attempt.nonce, &attempt.verifier).await?;
    let identity = IdentityRow {
        key_hash: cx.vault.hash("oidc", format!("{}\n{subject}", provider.issuer).as_bytes()),
        kind: provider.name.clone(),
        sealed: cx.vault.seal(&*cx.entropy, "oidc subject", subject.as_bytes())?,
    };
    let device = DeviceInput { client_id: attempt.device_client_id, name: attempt.device_name };
    let tx = cx.store.begin().await?;
    let tokens = open_session(cx, &tx, identity, &device).await?;
    tx.commit().await?;
    Ok((tokens, attempt.return_to))
}

fn known<'a>(cx: &'a Context, name: &str) -> Result<&'a OidcProvider> {
    cx.settings.oidc.iter().find(|provider| provider.name == name).ok_or(Error::NotFound)
}

fn check(device: &DeviceInput, return_to: &str) -> Result<()> {
    let mut problems = Problems::default();
    device.check("device", &mut problems);
    if !is_here(return_to) {
        problems.add(Problem::new(Code::Malformed, "returnTo").detail("/"));
    }
    problems.into_result(()).map_err(Error::from)
}

/// Whether it is a path on this site, so that nobody is led elsewhere under our name. Browsers read `\` as `/` and
/// skip tabs and line ends, so only what may stand in an address unencoded is let through.
fn is_here(return_to: &str) -> bool {
    let elsewhere = ["//", "/\\"].iter().any(|start| return_to.starts_with(start));
    return_to.starts_with('/') && !elsewhere && return_to.bytes().all(|byte| byte.is_ascii_graphic())
}

/// 256 bits as 43 characters, which is also the shortest verifier that PKCE allows.
fn random(cx: &Context) -> String {
    let mut bytes = [0; 32];
    cx.entropy.fill(&mut bytes);
    base64(&bytes)
}

fn state_hash(cx: &Context, state: &str) -> [u8; 32] {
    cx.vault.hash("oidc state", state.as_bytes())
}

/// An answer that was brought to another provider than the one that was asked is used up too.
async fn take(cx: &Context, provider: &OidcProvider, state: &str) -> Result<Attempt> {
    let expired = || Error::problem(Code::Expired, "state");
    let tx = cx.store.begin().await?;
    let sealed = tx.oidc_attempt_take(&state_hash(cx, state), cx.now()).await?;
    tx.commit().await?;
    let text = cx.vault.open(ATTEMPT, &sealed.ok_or_else(expired)?)?;
    let attempt: Attempt = serde_json::from_slice(&text).map_err(Error::internal)?;
    if attempt.provider == provider.name { Ok(attempt) } else { Err(expired()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_on_this_site_is_returned_to() {
        for path in ["/", "/hoc", "/hoc?trang=2#cuoi", "/b%C3%A0i//1"] {
            assert!(is_here(path), "{path}");
        }
        let hosts = ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example"];
        for elsewhere in hosts.into_iter().chain(["", "hoc", "/bài", "/hoc\r\nx: y"]) {
            assert!(!is_here(elsewhere), "{elsewhere:?}");
        }
    }
}

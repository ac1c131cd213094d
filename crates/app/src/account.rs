//! Signing in by phone number and one-time code, staying signed in, and signing out.

use std::sync::Arc;

use densach_domain::account::{Challenge, DeviceInput, Refresh, Session};
use densach_domain::actor::{Actor, Member};
use densach_domain::id::{AccountId, ChallengeId, DeviceId, SessionId};
use densach_domain::phone::Phone;
use densach_domain::{Code, Problem, Problems, policy};
use densach_store::{ChallengeRow, IdentityRow, JobKind, Tx};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::idempotent::begin;
use crate::token::Claims;
use crate::{Context, Error, Request, Result};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A code is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeSent {
    pub challenge: ChallengeId,
    pub expires_in_seconds: i64,
}

/// What a device keeps: the refresh token out of reach of scripts, the access token in memory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tokens {
    pub session: SessionId,
    pub access_token: String,
    pub access_expires_in_seconds: i64,
    pub refresh_token: String,
}

/// Sends a one-time code to a phone. `address`: where the request came from, for the rate limit.
pub async fn request_code(cx: &Context, request: &Request, phone: &str, address: &str) -> Result<CodeSent> {
    let phone =
        Phone::parse(phone).map_err(|code| vec![Problem::new(code, "phone").detail("0912 345 678")])?;
    let phone_hash = cx.vault.hash("phone", phone.as_str().as_bytes());
    count_tries(cx, "phone", &hex(&phone_hash[..8]), cx.settings.codes_per_phone_per_hour, request).await?;
    count_tries(cx, "address", address, cx.settings.codes_per_address_per_hour, request).await?;
    let code = new_code(cx);
    let now = cx.now();
    let mut write = begin!(cx, actor_of_hash(&phone_hash), request);
    let challenge = Challenge {
        id: cx.new_id(),
        phone_hash,
        code_hash: [0; 32],
        created_at: now,
        expires_at: now.plus_seconds(cx.settings.code_seconds),
        attempts: 0,
        used_at: None,
    };
    let challenge = Challenge { code_hash: code_hash(cx, challenge.id, &code), ..challenge };
    let id = challenge.id;
    let phone_sealed = cx.vault.seal(&*cx.entropy, "phone", phone.as_str().as_bytes())?;
    write.tx.challenge_add(&ChallengeRow { challenge, phone_sealed }).await?;
    let message = serde_json::to_vec(&(phone.as_str(), &code)).map_err(Error::internal)?;
    let sealed = base64(&cx.vault.seal(&*cx.entropy, "code delivery", &message)?);
    write.enqueue(cx, &JobKind::CodeDeliver { sealed }).await?;
    write.finish(cx, CodeSent { challenge: id, expires_in_seconds: cx.settings.code_seconds }).await
}

/// Counts in a transaction of its own, so that a refused try counts too.
async fn count_tries(cx: &Context, kind: &str, subject: &str, most: i64, request: &Request) -> Result<()> {
    let now = cx.now();
    let tx = cx.store.begin().await?;
    let count = tx.rate_count(&format!("{}:{kind}:{subject}", request.operation), HOUR_MS, now).await?;
    tx.commit().await?;
    if count > most {
        let retry_after_seconds = (HOUR_MS - now.ms().rem_euclid(HOUR_MS)).div_euclid(1000) + 1;
        return Err(Error::TooMany { retry_after_seconds });
    }
    Ok(())
}

/// Opens a session with a code. Tokens of a repeated request are the same, so a lost answer costs nothing.
pub async fn confirm_code(
    cx: &Context,
    request: &Request,
    challenge: ChallengeId,
    code: &str,
    device: &DeviceInput,
) -> Result<Tokens> {
    let mut problems = Problems::default();
    device.check("device", &mut problems);
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    problems.check(code.len() != 6, Code::Malformed, "code");
    problems.into_result(())?;
    let sealed: Sealed = confirm_sealed(cx, request, challenge, &code, device).await?;
    sealed.open(cx)
}

async fn confirm_sealed(
    cx: &Context,
    request: &Request,
    challenge: ChallengeId,
    code: &str,
    device: &DeviceInput,
) -> Result<Sealed> {
    let expired = || Error::problem(Code::Expired, "code");
    let now = cx.now();
    let write = begin!(cx, challenge.uuid(), request);
    let row = write.tx.challenge_lock(challenge).await?.ok_or_else(expired)?;
    let known = &row.challenge;
    if known.used_at.is_some() || now >= known.expires_at || known.attempts >= cx.settings.most_attempts {
        return Err(expired());
    }
    if !bool::from(known.code_hash.ct_eq(&code_hash(cx, challenge, code))) {
        write.tx.challenge_attempt(challenge).await?;
        let left = cx.settings.most_attempts.saturating_sub(known.attempts + 1);
        write.tx.commit().await?;
        return Err(vec![Problem::new(Code::WrongCode, "code").detail(left)].into());
    }
    write.tx.challenge_use(challenge, now).await?;
    let identity = IdentityRow { key_hash: known.phone_hash, kind: "phone".into(), sealed: row.phone_sealed };
    let tokens = open_session(cx, &write.tx, identity, device).await?;
    let sealed = Sealed::new(cx, &tokens)?;
    write.finish(cx, sealed).await
}

/// Finds or makes the account behind an identity, and signs the device in.
pub(crate) async fn open_session(
    cx: &Context,
    tx: &Tx,
    identity: IdentityRow,
    device: &DeviceInput,
) -> Result<Tokens> {
    let now = cx.now();
    let account = match tx.account_by_identity(&identity.key_hash).await? {
        Some(account) => account,
        None => {
            let account: AccountId = cx.new_id();
            tx.account_add(account, identity, now).await?;
            account
        }
    };
    let name = device.name.trim();
    let device: DeviceId = tx.device_ensure(cx.new_id(), account, &device.client_id, name, now).await?;
    let id: SessionId = cx.new_id();
    let (refresh_token, refresh_hash) = new_refresh(cx, id);
    tx.session_add(&Session {
        id,
        account,
        device,
        refresh_hash,
        previous_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: now.plus_ms(cx.settings.refresh_days * DAY_MS),
        ended_at: None,
    })
    .await?;
    tokens(cx, id, refresh_token)
}

/// Trades a refresh token for new tokens. A token that was used before is forgiven for a short while, because the
/// answer may have been lost on the line; after that it means that somebody holds a copy, and the session ends.
pub async fn refresh(cx: &Context, refresh_token: &str) -> Result<Tokens> {
    let (id, hash) = read_refresh(cx, refresh_token)?;
    let now = cx.now();
    let tx = cx.store.begin().await?;
    let session = tx.session_lock(id).await?.ok_or(Error::Unauthenticated)?;
    match session.judge(&hash, now, cx.settings.forgive_seconds * 1000) {
        Refresh::Current | Refresh::LostAnswer => {
            // The next token is worked out from the one that was shown, so a phone that asks twice, because an answer
            // was late or lost, is told the same twice, and whichever answer it keeps is right.
            let (refresh_token, next) = next_refresh(cx, id, refresh_token);
            if next != session.refresh_hash {
                let expires_at = now.plus_ms(cx.settings.refresh_days * DAY_MS);
                tx.session_rotate(id, &next, &hash, now, expires_at).await?;
            }
            tx.commit().await?;
            tokens(cx, id, refresh_token)
        }
        Refresh::Reused => {
            tx.session_end(id, now).await?;
            tx.commit().await?;
            cx.caches.members.invalidate(&id);
            tracing::warn!(session = %id, "a refresh token was used again: the session is ended");
            Err(Error::Unauthenticated)
        }
        Refresh::Ended => Err(Error::Unauthenticated),
    }
}

/// Ends this session, or all sessions of the account. Answers how many ended.
pub async fn sign_out(cx: &Context, everywhere: bool) -> Result<u64> {
    let member = policy::signed_in(&cx.actor)?;
    let now = cx.now();
    let tx = cx.store.begin().await?;
    let count = if everywhere {
        tx.session_end_all(member.account, now).await?
    } else {
        tx.session_end(member.session, now).await?;
        1
    };
    tx.commit().await?;
    if everywhere {
        cx.caches.members.invalidate_all();
    }
    cx.caches.members.invalidate(&member.session);
    Ok(count)
}

/// Who stands behind an access token.
pub async fn authenticate(app: &crate::App, access_token: &str) -> Result<Actor> {
    let now = app.clock.now();
    let claims = Claims::verify(access_token, &app.token_key, now)?;
    if let Some(member) = app.caches.members.get(&claims.sid) {
        return Ok(Actor::Member(Box::new(Member::clone(&member))));
    }
    let member = app.store.session_member(claims.sid, now).await?.ok_or(Error::Unauthenticated)?;
    app.caches.members.insert(claims.sid, Arc::new(member.clone()));
    Ok(Actor::Member(Box::new(member)))
}

fn tokens(cx: &Context, session: SessionId, refresh_token: String) -> Result<Tokens> {
    let exp = cx.now().plus_seconds(cx.settings.access_seconds).ms() / 1000;
    let access_token = Claims { sid: session, exp }.sign(&cx.token_key)?;
    Ok(Tokens { session, access_token, access_expires_in_seconds: cx.settings.access_seconds, refresh_token })
}

/// Tokens as a receipt keeps them: sealed, because a receipt is a row in the database.
#[derive(Serialize, Deserialize)]
struct Sealed(String);

impl Sealed {
    fn new(cx: &Context, tokens: &Tokens) -> Result<Self> {
        let text = serde_json::to_vec(tokens).map_err(Error::internal)?;
        Ok(Self(base64(&cx.vault.seal(&*cx.entropy, "tokens", &text)?)))
    }

    fn open(&self, cx: &Context) -> Result<Tokens> {
        let sealed = unbase64(&self.0).ok_or_else(|| Error::internal("a receipt is broken"))?;
        serde_json::from_slice(&cx.vault.open("tokens", &sealed)?).map_err(Error::internal)
    }
}

/// Six digits, every code as likely as any other.
fn new_code(cx: &Context) -> String {
    loop {
        let mut bytes = [0; 4];
        cx.entropy.fill(&mut bytes);
        let number = u32::from_be_bytes(bytes);
        // The largest multiple of a million below 2^32: numbers above it would make small codes likelier.
        if number < 4_294_000_000 {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

fn code_hash(cx: &Context, challenge: ChallengeId, code: &str) -> [u8; 32] {
    cx.vault.hash("code", format!("{challenge}:{code}").as_bytes())
}

/// `session.secret`: the session finds the row, the secret proves the right.
fn new_refresh(cx: &Context, session: SessionId) -> (String, [u8; 32]) {
    let mut secret = [0; 32];
    cx.entropy.fill(&mut secret);
    let token = format!("{session}.{}", base64(&secret));
    let hash = cx.vault.hash("refresh", token.as_bytes());
    (token, hash)
}

fn next_refresh(cx: &Context, session: SessionId, shown: &str) -> (String, [u8; 32]) {
    let secret = cx.vault.hash("next refresh", shown.as_bytes());
    let token = format!("{session}.{}", base64(&secret));
    let hash = cx.vault.hash("refresh", token.as_bytes());
    (token, hash)
}

fn read_refresh(cx: &Context, token: &str) -> Result<(SessionId, [u8; 32])> {
    let (session, _) = token.split_once('.').ok_or(Error::Unauthenticated)?;
    let session = session.parse().map_err(|_| Error::Unauthenticated)?;
    Ok((session, cx.vault.hash("refresh", token.as_bytes())))
}

/// Somebody without an account yet is, for receipts, the hash of their phone number.
fn actor_of_hash(hash: &[u8; 32]) -> uuid::Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Uuid::from_bytes(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

//! Signing in and out.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use densach_app::account::{self, Tokens};
use densach_domain::account::DeviceInput as DeviceFacts;

use crate::error::{Result, UserError, settle};
use crate::execute::ClientAddress;
use crate::input::{Reader, app, request};

/// The device that signs in.
#[derive(InputObject)]
pub(crate) struct DeviceInput {
    /// Made by the device once and kept; evidence is numbered per device.
    pub client_id: String,
    /// What its owner calls it.
    #[graphql(default)]
    pub name: String,
}

#[derive(InputObject)]
pub(crate) struct RequestSignInCodeInput {
    pub client_mutation_id: String,
    /// A Vietnamese mobile number, written in any usual way.
    pub phone: String,
}

#[derive(SimpleObject)]
pub(crate) struct RequestSignInCodePayload {
    /// Names this request when the code is confirmed.
    pub challenge_id: Option<ID>,
    pub expires_in_seconds: Option<i64>,
    pub user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct ConfirmSignInCodeInput {
    pub client_mutation_id: String,
    pub challenge_id: ID,
    /// Six digits.
    pub code: String,
    pub device: DeviceInput,
}

#[derive(InputObject)]
pub(crate) struct RefreshSessionInput {
    pub refresh_token: String,
}

#[derive(InputObject)]
pub(crate) struct SignOutInput {
    /// All devices of this account, not only this one.
    #[graphql(default)]
    pub everywhere: bool,
}

/// What a device keeps.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// Goes into `Authorization: Bearer …`; short-lived.
    pub access_token: String,
    pub access_expires_in_seconds: i64,
    /// Trades for new tokens, once. Keep it where scripts cannot read it.
    pub refresh_token: String,
}

impl From<Tokens> for Session {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            access_expires_in_seconds: tokens.access_expires_in_seconds,
            refresh_token: tokens.refresh_token,
        }
    }
}

#[derive(SimpleObject)]
pub(crate) struct SessionPayload {
    pub session: Option<Session>,
    pub user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct SignOutPayload {
    /// How many devices were signed out.
    pub ended_count: u64,
    pub user_errors: Vec<UserError>,
}

/// How one may sign in beside the phone.
#[derive(SimpleObject)]
pub(crate) struct SignInProvider {
    pub name: String,
    /// Open this in the browser.
    pub start_path: String,
}

#[derive(Default)]
pub(crate) struct AccountQuery;

#[Object]
impl AccountQuery {
    /// Identity brokers that this installation offers beside the phone.
    async fn sign_in_providers(&self, ctx: &Context<'_>) -> Vec<SignInProvider> {
        let provider = |provider: &densach_app::OidcProvider| SignInProvider {
            name: provider.name.clone(),
            start_path: format!("/auth/oidc/{}/start", provider.name),
        };
        app(ctx).settings.oidc.iter().map(provider).collect()
    }
}

#[derive(Default)]
pub(crate) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Sends a one-time code to a phone.
    async fn request_sign_in_code(
        &self,
        ctx: &Context<'_>,
        input: RequestSignInCodeInput,
    ) -> Result<RequestSignInCodePayload> {
        let cx = app(ctx);
        let request = request("requestSignInCode", &input.client_mutation_id, &input);
        let address = ctx.data_opt::<ClientAddress>().map_or("", |address| address.0.as_str());
        let (sent, user_errors) =
            settle(cx, account::request_code(cx, &request, &input.phone, address).await)?;
        Ok(RequestSignInCodePayload {
            challenge_id: sent.as_ref().map(|sent| sent.challenge.to_string().into()),
            expires_in_seconds: sent.as_ref().map(|sent| sent.expires_in_seconds),
            user_errors,
        })
    }

    /// Signs a device in with a code. Sent again under the same id, it gives the same tokens.
    async fn confirm_sign_in_code(
        &self,
        ctx: &Context<'_>,
        input: ConfirmSignInCodeInput,
    ) -> Result<SessionPayload> {
        let cx = app(ctx);
        let request = request("confirmSignInCode", &input.client_mutation_id, &input);
        let confirm = async {
            let mut reader = Reader::default();
            let challenge = reader.id("challengeId", &input.challenge_id);
            let challenge = reader.finish(challenge)?;
            let device =
                DeviceFacts { client_id: input.device.client_id.clone(), name: input.device.name.clone() };
            account::confirm_code(cx, &request, challenge, &input.code, &device).await
        };
        let (tokens, user_errors) = settle(cx, confirm.await)?;
        Ok(SessionPayload { session: tokens.map(Into::into), user_errors })
    }

    /// Trades a refresh token for new tokens. The token itself is what makes this safe to send again: the one before
    /// is forgiven for a short while, in case the answer was lost.
    async fn refresh_session(&self, ctx: &Context<'_>, input: RefreshSessionInput) -> Result<SessionPayload> {
        let cx = app(ctx);
        let (tokens, user_errors) = settle(cx, account::refresh(cx, &input.refresh_token).await)?;
        Ok(SessionPayload { session: tokens.map(Into::into), user_errors })
    }

    /// Signs this device out, or all devices of the account. Doing it again changes nothing.
    async fn sign_out(&self, ctx: &Context<'_>, input: SignOutInput) -> Result<SignOutPayload> {
        let cx = app(ctx);
        let (count, user_errors) = settle(cx, account::sign_out(cx, input.everywhere).await)?;
        Ok(SignOutPayload { ended_count: count.unwrap_or(0), user_errors })
    }
}

//! Printed citizen cards, for whoever has no phone.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use densach_app::card;

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app, request};

/// A printed citizen card (thẻ học tập). Whoever scans it can put study down to its holder, and sees nothing of theirs.
pub(crate) struct Card(pub card::Card);

#[Object]
impl Card {
    /// Counts up: the card with the highest number is the good one.
    async fn serial(&self) -> u32 {
        self.0.serial
    }

    /// RFC 3339.
    async fn issued_at(&self) -> String {
        self.0.issued_at.to_string()
    }

    /// What the QR code says, to be sent as `card` beside evidence. A phone that keeps it lets its holder in.
    async fn token(&self) -> &str {
        &self.0.token
    }

    /// The card as an SVG picture, to be printed and folded to the size of a bank card.
    #[graphql(complexity = 20)]
    async fn svg(&self) -> Result<String> {
        Ok(self.0.svg()?)
    }
}

#[derive(InputObject)]
pub(crate) struct IssueCardInput {
    pub client_mutation_id: String,
    pub citizen_id: ID,
}

#[derive(SimpleObject)]
pub(crate) struct IssueCardPayload {
    pub card: Option<Card>,
    pub user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct RevokeCardInput {
    pub client_mutation_id: String,
    pub citizen_id: ID,
}

#[derive(SimpleObject)]
pub(crate) struct RevokeCardPayload {
    /// Whether there was a card that was good until now.
    pub was_good: Option<bool>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct CardMutation;

#[Object]
impl CardMutation {
    /// Makes a new card for oneself, for somebody of the household, or for a member of a unit that one answers for. The
    /// card before it is good no more.
    async fn issue_card(&self, ctx: &Context<'_>, input: IssueCardInput) -> Result<IssueCardPayload> {
        let cx = app(ctx);
        let request = request("issueCard", &input.client_mutation_id, &input);
        let issue = async {
            let mut reader = Reader::default();
            let citizen = reader.id("citizenId", &input.citizen_id);
            let citizen = reader.finish(citizen)?;
            card::issue(cx, &request, citizen).await
        };
        let (card, user_errors) = settle(cx, issue.await)?;
        Ok(IssueCardPayload { card: card.map(Card), user_errors })
    }

    /// Makes a card worthless, as when it was lost. The study that it was shown for stays.
    async fn revoke_card(&self, ctx: &Context<'_>, input: RevokeCardInput) -> Result<RevokeCardPayload> {
        let cx = app(ctx);
        let request = request("revokeCard", &input.client_mutation_id, &input);
        let revoke = async {
            let mut reader = Reader::default();
            let citizen = reader.id("citizenId", &input.citizen_id);
            let citizen = reader.finish(citizen)?;
            card::revoke(cx, &request, citizen).await
        };
        let (was_good, user_errors) = settle(cx, revoke.await)?;
        Ok(RevokeCardPayload { was_good, user_errors })
    }
}

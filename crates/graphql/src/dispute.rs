//! Asking to have hours looked at again, and answering.

use std::collections::HashMap;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use densach_app::dispute::{self, DisputeCounts, DisputeRow};
use densach_app::office::Overseen;
use densach_domain::Timestamp;
use densach_domain::dispute as domain;
use densach_domain::id::{CitizenId, DisputeId, UnitId};
use densach_domain::page::PageRequest;
use uuid::Uuid;

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app, request};
use crate::page::{Key, connection, page};
use crate::why::evidence_id;

/// Where a dispute stands.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::DisputeState")]
pub(crate) enum DisputeState {
    Open,
    /// Found right: what the rules had cut off is credited as attested.
    Upheld,
    /// Looked at, and left as it was.
    Declined,
    /// Taken back by who asked.
    Withdrawn,
}

/// What an officer decides.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::Answer")]
pub(crate) enum DisputeAnswer {
    /// What the rules had cut off is credited as attested, as far as nothing else holds it by now.
    Uphold,
    /// It stays as it was; say why.
    Decline,
}

/// A line of the ledger that somebody asks to have looked at again.
pub(crate) struct Dispute(pub domain::Dispute);

#[Object]
impl Dispute {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The line that it is about.
    async fn evidence_id(&self) -> ID {
        self.0.evidence.to_string().into()
    }

    async fn state(&self) -> DisputeState {
        self.0.state.into()
    }

    /// What the citizen says; empty when they only tapped.
    async fn message(&self) -> &str {
        &self.0.message
    }

    async fn opened_at(&self) -> String {
        self.0.opened_at.to_string()
    }

    /// When it is to be answered at the latest.
    async fn due_at(&self) -> String {
        self.0.due_at.to_string()
    }

    /// Whether it still waits after that.
    async fn is_overdue(&self, ctx: &Context<'_>) -> bool {
        self.0.is_overdue(app(ctx).now())
    }

    /// When it was answered or taken back.
    async fn answered_at(&self) -> Option<String> {
        self.0.answered_at.map(|at| at.to_string())
    }

    /// The officer's words.
    async fn answer(&self) -> Option<&str> {
        Some(self.0.answer.as_str()).filter(|words| !words.is_empty())
    }
}

/// A dispute as an officer sees it.
pub(crate) struct OfficeDispute(DisputeRow);

#[Object]
impl OfficeDispute {
    async fn dispute(&self) -> Dispute {
        Dispute(self.0.dispute.clone())
    }

    async fn citizen_id(&self) -> ID {
        self.0.dispute.evidence.citizen.to_string().into()
    }

    async fn full_name(&self) -> &str {
        &self.0.full_name
    }
}

/// How many disputes wait for the officers of a unit.
#[derive(SimpleObject)]
pub(crate) struct DisputeCount {
    pub open: i64,
    /// Those of them that should have been answered by now.
    pub overdue: i64,
}

impl From<DisputeCounts> for DisputeCount {
    fn from(counts: DisputeCounts) -> Self {
        Self { open: counts.open_count, overdue: counts.overdue_count }
    }
}

impl Key for (Timestamp, DisputeId) {
    fn write(&self) -> Vec<u8> {
        [self.1.uuid().as_bytes().as_slice(), &self.0.ms().to_be_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (id, at) = bytes.split_first_chunk::<16>()?;
        let at = Timestamp::from_ms(i64::from_be_bytes(at.try_into().ok()?));
        Some((at, DisputeId::from_uuid(Uuid::from_bytes(*id))))
    }
}

pub(crate) type Disputes = Connection<String, Dispute, EmptyFields, EmptyFields>;
pub(crate) type OfficeDisputes = Connection<String, OfficeDispute, EmptyFields, EmptyFields>;

const MOST_DISPUTES: i32 = 100;

/// What was asked about the lines of somebody for whom the signed-in person acts.
pub(crate) async fn of_citizen(
    ctx: &Context<'_>,
    citizen: CitizenId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Disputes> {
    let page: PageRequest<(Timestamp, DisputeId)> = page(first, after, MOST_DISPUTES)?;
    let found = dispute::of_citizen(app(ctx), citizen, &page).await?;
    let key = |dispute: &domain::Dispute| (dispute.opened_at, dispute.id);
    Ok(connection(found, page.after.is_some(), EmptyFields, key, Dispute))
}

/// What officers of a unit answer.
pub(crate) async fn of_office(
    ctx: &Context<'_>,
    unit: Overseen,
    state: Option<DisputeState>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<OfficeDisputes> {
    let page: PageRequest<(Timestamp, DisputeId)> = page(first, after, MOST_DISPUTES)?;
    let found = dispute::of_office(app(ctx), unit, state.map(Into::into), &page).await?;
    let key = |row: &DisputeRow| (row.dispute.due_at, row.dispute.id);
    Ok(connection(found, page.after.is_some(), EmptyFields, key, OfficeDispute))
}

/// How many wait, for units that an officer looks at together.
pub(crate) async fn counts(
    ctx: &Context<'_>,
    units: &[Overseen],
) -> densach_app::Result<HashMap<UnitId, DisputeCounts>> {
    dispute::counts(app(ctx), units).await
}

#[derive(InputObject)]
pub(crate) struct DisputeEvidenceInput {
    pub client_mutation_id: String,
    /// The line, `evd_…`.
    pub evidence_id: ID,
    /// What seems wrong; may be left out.
    #[graphql(default)]
    pub message: String,
}

#[derive(InputObject)]
pub(crate) struct WithdrawDisputeInput {
    pub client_mutation_id: String,
    pub dispute_id: ID,
}

#[derive(InputObject)]
pub(crate) struct AnswerDisputeInput {
    pub client_mutation_id: String,
    pub dispute_id: ID,
    pub answer: DisputeAnswer,
    /// What the citizen reads. Needed to decline.
    #[graphql(default)]
    pub words: String,
}

#[derive(SimpleObject)]
pub(crate) struct DisputePayload {
    pub dispute: Option<Dispute>,
    pub user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct AnswerDisputePayload {
    pub dispute: Option<Dispute>,
    /// By how much the citizen's total changed.
    pub changed_seconds: Option<i64>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct DisputeMutation;

#[Object]
impl DisputeMutation {
    /// Asks to have one line of one's own, or of somebody of the household, looked at again. One tap is enough.
    async fn dispute_evidence(
        &self,
        ctx: &Context<'_>,
        input: DisputeEvidenceInput,
    ) -> Result<DisputePayload> {
        let cx = app(ctx);
        let request = request("disputeEvidence", &input.client_mutation_id, &input);
        let open = async {
            let mut reader = Reader::default();
            let evidence = evidence_id(&mut reader, "evidenceId", &input.evidence_id);
            let evidence = reader.finish(evidence)?;
            dispute::open(cx, &request, evidence, &input.message).await
        };
        let (dispute, user_errors) = settle(cx, open.await)?;
        Ok(DisputePayload { dispute: dispute.map(Dispute), user_errors })
    }

    /// Takes an open dispute back.
    async fn withdraw_dispute(
        &self,
        ctx: &Context<'_>,
        input: WithdrawDisputeInput,
    ) -> Result<DisputePayload> {
        let cx = app(ctx);
        let request = request("withdrawDispute", &input.client_mutation_id, &input);
        let withdraw = async {
            let mut reader = Reader::default();
            let id = reader.id("disputeId", &input.dispute_id);
            let id = reader.finish(id)?;
            dispute::withdraw(cx, &request, id).await
        };
        let (dispute, user_errors) = settle(cx, withdraw.await)?;
        Ok(DisputePayload { dispute: dispute.map(Dispute), user_errors })
    }

    /// Answers a dispute of somebody whom one oversees; nobody answers in their own case. What is upheld is credited in
    /// the same moment.
    async fn answer_dispute(
        &self,
        ctx: &Context<'_>,
        input: AnswerDisputeInput,
    ) -> Result<AnswerDisputePayload> {
        let cx = app(ctx);
        let request = request("answerDispute", &input.client_mutation_id, &input);
        let answer = async {
            let mut reader = Reader::default();
            let id = reader.id("disputeId", &input.dispute_id);
            let id = reader.finish(id)?;
            dispute::answer(cx, &request, id, input.answer.into(), &input.words).await
        };
        let (answered, user_errors) = settle(cx, answer.await)?;
        let (dispute, changed_seconds) = answered.unzip();
        Ok(AnswerDisputePayload { dispute: dispute.map(Dispute), changed_seconds, user_errors })
    }
}

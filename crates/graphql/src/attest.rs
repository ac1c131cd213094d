//! What people vouch for, and what is taken back.

use async_graphql::{Context, Enum, ID, InputObject, InputType as _, Object, SimpleObject};
use densach_app::attest::{self, Attendee, Confirmed, Meeting};
use densach_app::ledger::{Outcome, Subject, Unread};
use densach_domain::evidence::{Reason, Run, Verdict};
use densach_domain::{Code, Problem, Timestamp};

use crate::error::{Result, UserError, settle, user_error};
use crate::evidence::{ClockInput, Receipt, whole};
use crate::input::{Reader, app, request};
use crate::why::evidence_id;

/// What people came together for.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "attest::MeetingKind")]
pub(crate) enum MeetingKind {
    /// A class at a community learning centre (lớp học).
    Class,
    /// A talk, a reading day, a contest (buổi sinh hoạt).
    Event,
}

/// Somebody on the roster, by id or by card.
#[derive(InputObject)]
pub(crate) struct AttendeeInput {
    /// Counts up on the organiser's device, together with all else that it sends.
    pub sequence: i64,
    pub citizen_id: Option<ID>,
    /// Instead of an id: the text of the person's printed card, which also proves that they were there.
    pub card: Option<String>,
    /// RFC 3339, for somebody who came late.
    pub arrived_at: Option<String>,
    /// RFC 3339, for somebody who left early.
    pub left_at: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct AttestMeetingInput {
    pub clock: Option<ClockInput>,
    pub kind: MeetingKind,
    /// What it is called, as the attendees will read it.
    pub title: String,
    /// RFC 3339, by the organiser's wall clock.
    pub started_at: String,
    /// RFC 3339, by the organiser's wall clock.
    pub ended_at: String,
    /// Which run of the monotonic clock, and its readings; much better than the wall clock.
    pub boot_id: Option<String>,
    pub started_elapsed_ms: Option<f64>,
    pub ended_elapsed_ms: Option<f64>,
    /// At most 500.
    pub attendees: Vec<AttendeeInput>,
}

#[derive(SimpleObject)]
pub(crate) struct AttestMeetingPayload {
    #[graphql(flatten)]
    pub receipt: Receipt,
    pub user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct ConfirmEvidenceInput {
    pub client_mutation_id: String,
    /// At most 100 claimed books or programmes.
    pub evidence_ids: Vec<ID>,
    /// Why one believes it; kept beside the line.
    #[graphql(default)]
    pub note: String,
}

/// What became of one claim.
#[derive(SimpleObject)]
pub(crate) struct ConfirmedEvidence {
    pub evidence_id: ID,
    /// So much was claimed and is attested now.
    pub confirmed_seconds: i64,
    /// By how much the citizen's total changed: a confirmation adds nothing.
    pub changed_seconds: i64,
    /// Why it was not confirmed, if it was not.
    pub refusal: Option<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct ConfirmEvidencePayload {
    /// One for each id, in the order in which they were named.
    pub results: Vec<ConfirmedEvidence>,
    pub user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct WithdrawEvidenceInput {
    pub client_mutation_id: String,
    pub evidence_id: ID,
    /// Why; kept beside the line.
    #[graphql(default)]
    pub note: String,
}

#[derive(SimpleObject)]
pub(crate) struct WithdrawEvidencePayload {
    /// By how much the citizen's total changed: zero or less.
    pub changed_seconds: Option<i64>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct AttestMutation;

#[Object]
impl AttestMutation {
    /// Organisers and officers: takes in a class or an event with its attendees. One wrong attendee never sinks the
    /// rest. The numbers of the attendees are the ids that the client made, so this mutation needs no other.
    async fn attest_meeting(
        &self,
        ctx: &Context<'_>,
        input: AttestMeetingInput,
    ) -> Result<AttestMeetingPayload> {
        let cx = app(ctx);
        let take_in = async {
            let named = &input.attendees;
            let read: Vec<_> = named.iter().map(read_attendee).collect();
            let attendees = read.iter().filter_map(|read| read.as_ref().ok().cloned()).collect();
            let unread = named.iter().zip(&read).filter_map(|(named, read)| match read {
                Ok(_) => None,
                Err((_, reason)) => Some(unread(named, *reason)),
            });
            let meeting = read_meeting(&input, attendees, unread.collect())?;
            let mut received = attest::meeting(cx, meeting).await?;
            // Each attendee gets a verdict in the order of the roster, whether it was judged early or late.
            let mut judged = received.outcomes.into_iter();
            let outcomes = named.iter().zip(read).filter_map(|(named, read)| match read {
                Ok(_) => judged.next(),
                Err((field, reason)) => Some(refused(named.sequence, field, reason)),
            });
            received.outcomes = outcomes.collect();
            Ok(received)
        };
        let (received, user_errors) = settle(cx, take_in.await)?;
        Ok(AttestMeetingPayload { receipt: received.map(Into::into).unwrap_or_default(), user_errors })
    }

    /// Librarians and branches: confirms books and programmes that citizens claimed. What was claimed becomes
    /// attested, and no total changes.
    async fn confirm_evidence(
        &self,
        ctx: &Context<'_>,
        input: ConfirmEvidenceInput,
    ) -> Result<ConfirmEvidencePayload> {
        let cx = app(ctx);
        let request = request("confirmEvidence", &input.client_mutation_id, &input);
        let confirm = async {
            let mut reader = Reader::default();
            let mut ids = Vec::with_capacity(input.evidence_ids.len());
            for (index, id) in input.evidence_ids.iter().enumerate() {
                ids.extend(evidence_id(&mut reader, &format!("evidenceIds.{index}"), id));
            }
            let ids = reader.finish(Some(ids))?;
            attest::confirm(cx, &request, &ids, &input.note).await
        };
        let (confirmed, user_errors) = settle(cx, confirm.await)?;
        let result = |(index, confirmed): (usize, Confirmed)| ConfirmedEvidence {
            evidence_id: confirmed.id.to_string().into(),
            confirmed_seconds: confirmed.confirmed_seconds,
            changed_seconds: confirmed.changed_seconds,
            refusal: confirmed
                .refusal
                .map(|code| user_error(cx, &Problem::new(code, format!("evidenceIds.{index}")))),
        };
        let results = confirmed.into_iter().flatten().enumerate().map(result).collect();
        Ok(ConfirmEvidencePayload { results, user_errors })
    }

    /// Takes a line of study back: one of one's own or of the household, or one that one attested by mistake. The line
    /// stays, with the line that took it back; what was taken back before changes nothing.
    async fn withdraw_evidence(
        &self,
        ctx: &Context<'_>,
        input: WithdrawEvidenceInput,
    ) -> Result<WithdrawEvidencePayload> {
        let cx = app(ctx);
        let request = request("withdrawEvidence", &input.client_mutation_id, &input);
        let withdraw = async {
            let mut reader = Reader::default();
            let id = evidence_id(&mut reader, "evidenceId", &input.evidence_id);
            let id = reader.finish(id)?;
            attest::withdraw(cx, &request, id, &input.note).await
        };
        let (changed_seconds, user_errors) = settle(cx, withdraw.await)?;
        Ok(WithdrawEvidencePayload { changed_seconds, user_errors })
    }
}

fn read_meeting(
    input: &AttestMeetingInput,
    attendees: Vec<Attendee>,
    unread: Vec<Unread>,
) -> densach_app::Result<Meeting> {
    let mut reader = Reader::default();
    let clock = match &input.clock {
        Some(clock) => clock.read(&mut reader),
        None => Some((None, Vec::new())),
    };
    let started_at = reader.instant("startedAt", &input.started_at);
    let ended_at = reader.instant("endedAt", &input.ended_at);
    let run = match (&input.boot_id, input.started_elapsed_ms, input.ended_elapsed_ms) {
        (None, None, None) => None,
        (Some(boot), Some(started_ms), Some(ended_ms)) => {
            Some(Run { boot: boot.clone(), started_ms: whole(started_ms), ended_ms: whole(ended_ms) })
        }
        _ => {
            reader.0.add(
                Problem::new(Code::Malformed, "bootId").detail("bootId, startedElapsedMs, endedElapsedMs"),
            );
            None
        }
    };
    let ((sent, echoes), (started_at, ended_at)) = reader.finish(clock.zip(started_at.zip(ended_at)))?;
    let (kind, title) = (input.kind.into(), input.title.clone());
    Ok(Meeting { sent, echoes, kind, title, started_at, ended_at, run, attendees, unread })
}

/// The verdict of an attendee who could not be read.
fn refused(sequence: i64, field: &'static str, reason: Reason) -> Outcome {
    Outcome {
        sequence,
        id: None,
        verdict: Verdict::Rejected(reason),
        credited_seconds: 0,
        clipped: Vec::new(),
        field: Some(field),
    }
}

/// What could not be read is kept as it came.
fn unread(input: &AttendeeInput, reason: Reason) -> Unread {
    Unread { sequence: input.sequence, reason, raw: input.to_value().to_string() }
}

/// An attendee as the use case takes them, or which field cannot be read, and why.
fn read_attendee(input: &AttendeeInput) -> std::result::Result<Attendee, (&'static str, Reason)> {
    let instant = |field, text: &Option<String>| match text {
        Some(text) => Timestamp::parse(text).map(Some).ok_or((field, Reason::Malformed)),
        None => Ok(None),
    };
    let subject = match (&input.citizen_id, &input.card) {
        (Some(id), None) => Subject::Citizen(id.parse().map_err(|_| ("citizenId", Reason::UnknownCitizen))?),
        (None, Some(card)) => Subject::Card(card.clone()),
        (Some(_), Some(_)) => return Err(("card", Reason::Malformed)),
        (None, None) => return Err(("citizenId", Reason::Malformed)),
    };
    Ok(Attendee {
        sequence: input.sequence,
        subject,
        arrived_at: instant("arrivedAt", &input.arrived_at)?,
        left_at: instant("leftAt", &input.left_at)?,
    })
}

//! Asking to have hours looked at again, and answering by the day that was promised. What is found right becomes a line of
//! its own in the ledger, in the same transaction as the answer; the line that was disputed stays as it is.

use std::collections::HashMap;

use densach_domain::actor::{Member, Role};
use densach_domain::credit::Deed;
use densach_domain::dispute::{self as rules, Answer, Dispute, DisputeState};
use densach_domain::evidence::{EvidenceId, Standing};
use densach_domain::id::{AccountId, CitizenId, DisputeId, UnitId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::{Code, Timestamp, policy};
pub use densach_store::{DisputeCounts, DisputeRow};
use densach_store::{LineRow, StoreError};

use crate::idempotent::begin;
use crate::ledger::{self, Correction};
use crate::office::Overseen;
use crate::{Context, Error, Request, Result};

/// Opens a dispute about a line of one's own or of somebody of the household. One tap is enough: `message` may be empty.
pub async fn open(cx: &Context, request: &Request, evidence: EvidenceId, message: &str) -> Result<Dispute> {
    let member = policy::acts_for(&cx.actor, evidence.citizen)?;
    rules::check_message(message)?;
    let line = cx.store.ledger_line(evidence).await?.ok_or(Error::NotFound)?;
    if line.target.is_some() {
        // What is to be looked at again is the line that was corrected, with all that was said about it since.
        return Err(Error::problem(Code::NotAllowed, "evidenceId"));
    }
    let dispute = Dispute {
        id: cx.new_id(),
        evidence,
        unit: cx.store.unit_of_citizen(evidence.citizen, cx.now()).await?,
        message: message.trim().to_owned(),
        state: DisputeState::Open,
        opened_by: member.account,
        opened_at: cx.now(),
        due_at: rules::due_at(cx.now(), cx.policy().dispute.answer_days),
        answered_at: None,
        answer: String::new(),
        answered_by: None,
    };
    let id = add(cx, request, &dispute).await?;
    by_id(cx, id).await
}

async fn add(cx: &Context, request: &Request, dispute: &Dispute) -> Result<DisputeId> {
    let write = begin!(cx, dispute.opened_by.uuid(), request);
    match write.tx.dispute_add(dispute).await {
        Err(StoreError::Duplicate(_)) => return Err(Error::problem(Code::Duplicate, "evidenceId")),
        added => added?,
    }
    write.finish(cx, dispute.id).await
}

/// As it stands now. Who asks was decided before.
async fn by_id(cx: &Context, id: DisputeId) -> Result<Dispute> {
    cx.store.dispute(id).await?.ok_or(Error::NotFound)
}

/// Takes an open dispute back.
pub async fn withdraw(cx: &Context, request: &Request, id: DisputeId) -> Result<Dispute> {
    policy::signed_in(&cx.actor)?;
    let dispute = by_id(cx, id).await?;
    let member = policy::acts_for(&cx.actor, dispute.evidence.citizen)?;
    close(cx, request, member, dispute, None, "").await?;
    by_id(cx, id).await
}

/// Answers a dispute of somebody whom this officer oversees; says, too, by how many seconds the citizen's total changed.
pub async fn answer(
    cx: &Context,
    request: &Request,
    id: DisputeId,
    answer: Answer,
    words: &str,
) -> Result<(Dispute, i64)> {
    let member = policy::signed_in(&cx.actor)?;
    // Who is nobody's officer is answered before anything is looked up.
    if !member.holds(Role::Officer, cx.now()) {
        return Err(Error::NotFound);
    }
    let dispute = by_id(cx, id).await?;
    let citizen = dispute.evidence.citizen;
    policy::oversees(&cx.actor, &cx.store.units_answering_for(citizen, cx.now()).await?, cx.now())?;
    // What was answered is settled for everybody; an answer that is sent again is repeated, though its officer is a party
    // to the line by now.
    if dispute.state == DisputeState::Open {
        dispute.answerable_by(member, &entered_by(cx, dispute.evidence).await?)?;
    }
    answer.check_words(words)?;
    let changed_seconds = close(cx, request, member, dispute, Some(answer), words).await?;
    Ok((by_id(cx, id).await?, changed_seconds))
}

/// The accounts behind a line and behind all that was said about it later.
async fn entered_by(cx: &Context, evidence: EvidenceId) -> Result<Vec<AccountId>> {
    let line = cx.store.ledger_line(evidence).await?;
    let corrections = cx.store.ledger_corrections(evidence.citizen, &[evidence.number]).await?;
    Ok(line.iter().chain(&corrections).filter_map(|line: &LineRow| line.account).collect())
}

/// Ends a dispute: by an answer, or taken back. What is upheld is credited in the same transaction.
async fn close(
    cx: &Context,
    request: &Request,
    member: &Member,
    dispute: Dispute,
    answer: Option<Answer>,
    words: &str,
) -> Result<i64> {
    let write = begin!(cx, member.account.uuid(), request);
    let evidence = dispute.evidence;
    let state = answer.map_or(DisputeState::Withdrawn, Answer::state);
    let closed = dispute.close(state, words, member.account, cx.now()).map_err(|problem| vec![problem])?;
    // Somebody else may have been faster since it was read.
    if !write.tx.dispute_close(&closed).await? {
        return Err(vec![rules::settled()].into());
    }
    let changed_seconds = match answer {
        Some(Answer::Uphold) => {
            let note = &closed.answer;
            let correction = Correction {
                target: evidence,
                deed: Deed::Uphold,
                standing: Standing::Officer,
                account: member.account,
                device: Some(member.device),
                note,
            };
            uphold(cx, &write.tx, &correction).await?
        }
        Some(Answer::Decline) | None => 0,
    };
    write.finish(cx, changed_seconds).await
}

/// Where the rules had cut nothing off there is nothing to credit, and the answer's words are all that is given.
async fn uphold(cx: &Context, tx: &densach_store::Tx, correction: &Correction<'_>) -> Result<i64> {
    let line = tx.ledger_line(correction.target).await?.ok_or(Error::NotFound)?;
    if line.judged.clipped.is_empty() { Ok(0) } else { ledger::correct(cx, tx, correction).await }
}

/// What was asked about the lines of a citizen, newest first.
pub async fn of_citizen(
    cx: &Context,
    citizen: CitizenId,
    page: &PageRequest<(Timestamp, DisputeId)>,
) -> Result<Page<Dispute>> {
    policy::acts_for(&cx.actor, citizen)?;
    Ok(cx.store.disputes_of(citizen, page).await?)
}

/// What officers of a unit answer: disputes of those who belong to it or to a unit below it now, the most urgent first;
/// all of them, or those in one state.
pub async fn of_office(
    cx: &Context,
    unit: Overseen,
    state: Option<DisputeState>,
    page: &PageRequest<(Timestamp, DisputeId)>,
) -> Result<Page<DisputeRow>> {
    Ok(cx.store.disputes_under(unit.unit(), state, cx.now(), page).await?)
}

/// How many disputes wait for the officers of each unit. A unit for which none waits is left out.
pub async fn counts(cx: &Context, units: &[Overseen]) -> Result<HashMap<UnitId, DisputeCounts>> {
    let units: Vec<UnitId> = units.iter().map(|unit| unit.unit()).collect();
    Ok(cx.store.dispute_counts(&units, cx.now()).await?.into_iter().collect())
}

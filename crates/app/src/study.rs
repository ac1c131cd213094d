//! Study time: evidence comes in, credit is worked out in the same transaction, and sums are read.

use std::collections::HashMap;

use densach_domain::credit::{self, Held, Studied};
use densach_domain::evidence::{Evidence, MOST_ITEMS, Reason, Source, Trust, Verdict};
use densach_domain::id::{CitizenId, DeviceId, RevisionId, WorkId};
use densach_domain::{Code, Day, Problem, Problems, Timestamp, policy};
use densach_store::{CreditRow, EvidenceRow, PositionRow, Tx};
pub use densach_store::{DayRow, ProgressRow};
use serde::{Deserialize, Serialize};

use crate::idempotent::begin;
use crate::{Context, Request, Result, work};

/// What became of one item, in the order of the batch.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub sequence: i64,
    pub verdict: Verdict,
    pub credited_seconds: i64,
    /// Which field is wrong, for an item that is not well formed.
    pub field: Option<&'static str>,
}

/// What the device learns: every item's fate, and whether anything that it sent is missing here.
#[derive(Debug, Clone)]
pub struct Received {
    pub outcomes: Vec<Outcome>,
    pub highest_sequence: i64,
    pub missing_count: i64,
}

/// Takes a batch of evidence. Each item stands for itself: one bad item never sinks the rest, and an item that was
/// sent before is a duplicate that changes nothing, so a device may send again whenever it is unsure.
pub async fn send(cx: &Context, citizen: CitizenId, items: &[Evidence]) -> Result<Received> {
    let member = policy::acts_for(&cx.actor, citizen)?;
    if items.len() > MOST_ITEMS {
        return Err(vec![Problem::new(Code::TooManyItems, "items").detail(MOST_ITEMS)].into());
    }
    let works = studied(cx, items).await?;
    let tx = cx.store.begin().await?;
    tx.citizen_lock(citizen).await?;
    let mut ledger = Ledger::open(&tx, member.device, citizen, items).await?;
    let mut outcomes = Vec::with_capacity(items.len());
    for item in items {
        outcomes.push(ledger.take(cx, &tx, item, &works).await?);
    }
    let (highest_sequence, missing_count) = tx.evidence_gaps(member.device).await?;
    tx.commit().await?;
    Ok(Received { outcomes, highest_sequence, missing_count })
}

type Works = HashMap<WorkId, (RevisionId, Studied)>;

/// What was studied: the edition that was released last, even when the work was taken back since, so that hours that a
/// phone brings late are not lost.
async fn studied(cx: &Context, items: &[Evidence]) -> Result<Works> {
    let mut ids: Vec<WorkId> = items.iter().map(|item| item.work).collect();
    ids.sort_unstable();
    ids.dedup();
    let released = cx.store.revisions_released_last(&ids).await?;
    let editions = work::published(cx, released.iter().map(|(_, revision)| *revision)).await?;
    let facts = |(work, revision): (WorkId, RevisionId)| {
        let content = &editions.get(&revision)?.revision.content;
        let studied =
            Studied { word_count: content.word_count(), duration_seconds: content.duration_seconds };
        Some((work, (revision, studied)))
    };
    Ok(released.into_iter().filter_map(facts).collect())
}

/// What the citizen holds while a batch is taken in.
struct Ledger {
    device: DeviceId,
    citizen: CitizenId,
    digests: HashMap<i64, Vec<u8>>,
    held: Held,
    reading: Vec<(WorkId, Day, i64)>,
}

impl Ledger {
    async fn open(tx: &Tx, device: DeviceId, citizen: CitizenId, items: &[Evidence]) -> Result<Self> {
        let sequences: Vec<i64> = items.iter().map(|item| item.sequence).collect();
        let digests = tx.evidence_digests(device, &sequences).await?.into_iter().collect();
        let mut ledger = Self { device, citizen, digests, held: Held::default(), reading: Vec::new() };
        let spans: Vec<_> = items.iter().filter_map(credit::whole_seconds).collect();
        let start = spans.iter().map(|span| span.start()).min();
        let end = spans.iter().map(|span| span.end()).max();
        let Some(span) =
            start.zip(end).and_then(|(start, end)| densach_domain::interval::Interval::new(start, end))
        else {
            return Ok(ledger);
        };
        let from = Timestamp::from_ms(span.start().saturating_mul(1000)).learning_day();
        let to = Timestamp::from_ms(span.end().saturating_mul(1000)).learning_day();
        ledger.held.intervals = tx.credit_touching(citizen, span).await?;
        ledger.held.days =
            tx.study_days(citizen, from, to).await?.iter().map(|row| (row.day, row.seconds)).collect();
        ledger.reading = tx.credit_of_reading(citizen, from, to).await?;
        Ok(ledger)
    }

    fn row(
        &self,
        cx: &Context,
        item: &Evidence,
        revision: Option<RevisionId>,
        reason: Option<Reason>,
    ) -> EvidenceRow {
        EvidenceRow {
            id: cx.new_id(),
            device: self.device,
            citizen: self.citizen,
            revision,
            trust: Trust::Measured,
            evidence: item.clone(),
            reason,
            policy: cx.policy.version.clone(),
            received_at: cx.now(),
        }
    }

    async fn take(&mut self, cx: &Context, tx: &Tx, item: &Evidence, works: &Works) -> Result<Outcome> {
        let outcome = |verdict, credited_seconds, field| Outcome {
            sequence: item.sequence,
            verdict,
            credited_seconds,
            field,
        };
        if let Err((field, _)) = item.check() {
            return Ok(outcome(Verdict::Rejected(Reason::Malformed), 0, Some(field)));
        }
        let digest = item.digest(self.citizen).to_vec();
        match self.digests.get(&item.sequence) {
            Some(known) if *known == digest => return Ok(outcome(Verdict::Duplicate, 0, None)),
            Some(_) => return Ok(outcome(Verdict::Rejected(Reason::SequenceReused), 0, Some("sequence"))),
            None => {}
        }
        let Some((revision, studied)) = works.get(&item.work) else {
            // Kept all the same: the number has arrived, and what it says can be judged again.
            let row = self.row(cx, item, None, Some(Reason::UnknownWork));
            tx.evidence_add(&row, &[]).await?;
            self.digests.insert(item.sequence, digest);
            return Ok(outcome(Verdict::Rejected(Reason::UnknownWork), 0, Some("workId")));
        };
        self.held.reading_of_work =
            self.reading.iter().filter(|row| row.0 == item.work).map(|row| (row.1, row.2)).collect();
        let credit = credit::credit(item, *studied, &self.held, cx.now(), &cx.policy);
        let row = self.row(cx, item, Some(*revision), credit.reason);
        let parts: Vec<_> =
            credit.parts.iter().map(|(day, stretch)| CreditRow { day: *day, stretch: *stretch }).collect();
        tx.evidence_add(&row, &parts).await?;
        self.digests.insert(item.sequence, digest);
        for (day, stretch) in &credit.parts {
            self.held.intervals.push(*stretch);
            self.held.days.push((*day, stretch.seconds()));
            if item.source == Source::Reading {
                self.reading.push((item.work, *day, stretch.seconds()));
            }
        }
        let verdict = credit.reason.map_or(Verdict::Accepted, Verdict::Clipped);
        Ok(outcome(verdict, credit.seconds(), None))
    }
}

/// More than two years at once nobody looks at.
const MOST_DAYS: i32 = 800;

fn check_days(from: Day, to: Day) -> Result<()> {
    let count = to.number().saturating_sub(from.number());
    if (0..MOST_DAYS).contains(&count) {
        Ok(())
    } else {
        Err(vec![Problem::new(Code::OutOfRange, "to").detail(format!("1–{MOST_DAYS}"))].into())
    }
}

/// What a citizen was credited, by learning day, source and trust class.
pub async fn days(cx: &Context, citizen: CitizenId, from: Day, to: Day) -> Result<Vec<DayRow>> {
    policy::acts_for(&cx.actor, citizen)?;
    check_days(from, to)?;
    Ok(cx.store.study_days(citizen, from, to).await?)
}

/// What a citizen was credited, by work, most first.
pub async fn works(cx: &Context, citizen: CitizenId, from: Day, to: Day) -> Result<Vec<(WorkId, i64)>> {
    policy::acts_for(&cx.actor, citizen)?;
    check_days(from, to)?;
    Ok(cx.store.study_seconds_by_work(citizen, from, to).await?)
}

/// Where somebody is in a work, as a device says.
#[derive(Debug, Clone, Copy)]
pub struct PositionInput {
    pub work: WorkId,
    /// Parts per million of the whole.
    pub locator_ppm: i64,
    pub media_ms: Option<i64>,
    pub recorded_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Noted;

/// Adds a position to the log. The answer holds the latest and the furthest, also when another device was faster.
pub async fn position(
    cx: &Context,
    request: &Request,
    citizen: CitizenId,
    input: &PositionInput,
) -> Result<Option<ProgressRow>> {
    let member = policy::acts_for(&cx.actor, citizen)?;
    let mut problems = Problems::default();
    problems.check(!(0..=1_000_000).contains(&input.locator_ppm), Code::OutOfRange, "locator");
    problems.check(input.media_ms.is_some_and(|ms| ms < 0), Code::OutOfRange, "mediaMs");
    problems.into_result(())?;
    work::readable(cx, input.work).await?;
    note(cx, request, member.device, citizen, input).await?;
    let rows = cx.store.progress(citizen, &[input.work]).await?;
    Ok(rows.into_iter().next())
}

async fn note(
    cx: &Context,
    request: &Request,
    device: DeviceId,
    citizen: CitizenId,
    input: &PositionInput,
) -> Result<Noted> {
    let member = policy::signed_in(&cx.actor)?;
    let write = begin!(cx, member.account.uuid(), request);
    let position = PositionRow {
        work: input.work,
        locator_ppm: input.locator_ppm,
        media_ms: input.media_ms,
        // A clock that runs ahead must not hold the latest place for ever.
        recorded_at: input.recorded_at.min(cx.now()),
    };
    write.tx.position_add(cx.new_uuid(), citizen, device, &position, cx.now()).await?;
    write.finish(cx, Noted).await
}

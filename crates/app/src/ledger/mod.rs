//! The ledger of study time: evidence comes in by batches, each item is judged in the order in which it arrived, and
//! the sums change in the same transaction. Many batches that arrive at once share one commit.

mod anchor;
mod correct;
mod enter;
mod held;
mod post;
mod queue;

use std::collections::HashMap;

use densach_domain::actor::Member;
use densach_domain::device_clock::{Contact, Echo, Sent};
use densach_domain::evidence::{
    Evidence, EvidenceId, HIGHEST_SEQUENCE, LONGEST_BOOT, MOST_ITEMS, Reason, Source, Standing, Verdict,
};
use densach_domain::id::{CitizenId, RevisionId, WorkId};
use densach_domain::work::Content;
use densach_domain::{Code, Problem, Problems, Timestamp, policy};

pub(crate) use correct::{Correction, correct, template};
pub(crate) use enter::{days, works};
pub(crate) use held::Held;
pub(crate) use post::Studied;
pub(crate) use queue::Queue;

use crate::{Context, Result, attest, card, work};
use post::{Item, Post};

/// Whom an item is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Citizen(CitizenId),
    /// Whoever holds this card.
    Card(String),
}

#[derive(Debug, Clone)]
pub struct BatchItem {
    pub subject: Subject,
    pub evidence: Evidence,
    /// Whether another program says so; what it says is a claim.
    pub imported: bool,
}

/// An item that could not even be read. Its number has arrived, and what it said is kept.
#[derive(Debug, Clone)]
pub struct Unread {
    pub sequence: i64,
    pub reason: Reason,
    /// As it came.
    pub raw: String,
}

/// An anchor that this server signed, and the reading of its clock at which the phone received it.
#[derive(Debug, Clone)]
pub struct Echoed {
    pub anchor: String,
    pub boot: String,
    pub elapsed_ms: i64,
}

/// What a device sends at once.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Its clocks at the moment of sending.
    pub sent: Option<Sent>,
    pub echoes: Vec<Echoed>,
    pub items: Vec<BatchItem>,
    pub unread: Vec<Unread>,
}

/// What became of one item, in the order of the batch.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub sequence: i64,
    /// Its line in the ledger; absent when it was refused.
    pub id: Option<EvidenceId>,
    pub verdict: Verdict,
    pub credited_seconds: i64,
    /// Seconds by the rule that took them.
    pub clipped: Vec<(Reason, i64)>,
    /// Which field is wrong, for an item that is not well formed.
    pub field: Option<&'static str>,
}

/// What the device learns: every item's fate, whether anything that it sent is missing here, and what time it is.
#[derive(Debug, Clone)]
pub struct Received {
    pub outcomes: Vec<Outcome>,
    pub highest_sequence: i64,
    pub missing_count: i64,
    /// The numbers that never came, lowest first; the first few ranges.
    pub missing: Vec<(i64, i64)>,
    /// A signed moment, to be handed back with the next batch.
    pub anchor: String,
}

/// Runs of a clock that one batch hands anchors back for.
const MOST_ECHOES: usize = 50;

/// How many ranges of missing numbers are told at once.
const MOST_RANGES: usize = 20;

/// Whether the sender may name this person at all. Somebody else's id is answered as one that does not exist.
pub fn may_send(cx: &Context, citizen: CitizenId) -> Result<()> {
    policy::acts_for(&cx.actor, citizen)?;
    Ok(())
}

/// Takes a batch of evidence; an empty one asks for an anchor. Each item stands for itself: one bad item never sinks the rest, and an item that was
/// sent before is a duplicate that changes nothing, so a device may send again whenever it is unsure.
pub async fn send(cx: &Context, batch: Batch) -> Result<Received> {
    let member = policy::signed_in(&cx.actor)?;
    if batch.items.len() + batch.unread.len() > MOST_ITEMS {
        return Err(vec![Problem::new(Code::TooManyItems, "items").detail(MOST_ITEMS)].into());
    }
    check_clocks(&batch)?;
    let echoes = batch.echoes.iter().filter_map(|echoed| {
        let issued_at = anchor::read(&cx.vault, member.device, &echoed.anchor)?;
        Some(Echo { issued_at, boot: echoed.boot.clone(), elapsed_ms: echoed.elapsed_ms })
    });
    let contact = Contact { received_at: cx.now(), sent: batch.sent.clone(), echoes: echoes.collect() };
    let post = Post {
        device: member.device,
        account: member.account,
        contact,
        items: read_items(cx, member, &batch.items).await?,
        unread: batch.unread,
    };
    let posted = queue::post(cx, post).await?;
    let missing = if posted.missing_count > 0 {
        cx.store.ledger_missing(member.device, MOST_RANGES).await?
    } else {
        Vec::new()
    };
    Ok(Received {
        outcomes: posted.outcomes,
        highest_sequence: posted.highest_sequence,
        missing_count: posted.missing_count,
        missing,
        anchor: anchor::sign(&cx.vault, member.device, cx.now()),
    })
}

fn check_clocks(batch: &Batch) -> Result<()> {
    let mut problems = Problems::default();
    let mut clock = |field: &str, boot: &str, elapsed_ms: i64| {
        let fits = (1..=LONGEST_BOOT).contains(&boot.len());
        problems.check(!fits, Code::OutOfRange, &format!("{field}bootId"));
        let fits = (0..=HIGHEST_SEQUENCE).contains(&elapsed_ms);
        problems.check(!fits, Code::OutOfRange, &format!("{field}elapsedMs"));
    };
    if let Some(sent) = &batch.sent {
        clock("clock.", &sent.boot, sent.elapsed_ms);
    }
    for (index, echo) in batch.echoes.iter().enumerate().take(MOST_ECHOES) {
        clock(&format!("clock.echoes.{index}."), &echo.boot, echo.elapsed_ms);
    }
    problems.check(batch.echoes.len() > MOST_ECHOES, Code::TooManyItems, "clock.echoes");
    problems.into_result(())?;
    Ok(())
}

/// The name under which what other programs say is kept: a device of the account that has no clock of its own.
const IMPORT_DEVICE: &str = "xapi";
/// Other programs tell of any time, so their device was always there.
const ALWAYS: Timestamp = Timestamp::from_ms(0);

/// Takes what another program says, each item under the number that it has there. Numbers that are missing mean nothing.
pub(crate) async fn send_imported(cx: &Context, items: Vec<BatchItem>) -> Result<Vec<Outcome>> {
    let member = policy::signed_in(&cx.actor)?;
    let tx = cx.store.begin().await?;
    let device = tx.device_ensure(cx.new_id(), member.account, IMPORT_DEVICE, "xAPI", ALWAYS).await?;
    tx.commit().await?;
    // Each by itself, so that one with a stamp of the future moves no other.
    let posts = read_items(cx, member, &items).await?.into_iter().map(|item| {
        let contact = Contact { received_at: cx.now(), sent: None, echoes: Vec::new() };
        queue::post(
            cx,
            Post { device, account: member.account, contact, items: vec![item], unread: Vec::new() },
        )
    });
    let posted = futures::future::try_join_all(posts).await?;
    Ok(posted.into_iter().flat_map(|posted| posted.outcomes).collect())
}

async fn read_items(cx: &Context, member: &Member, items: &[BatchItem]) -> Result<Vec<Item>> {
    let works = studied(cx, items.iter().filter_map(|item| item.evidence.work)).await?;
    let mut subjects: HashMap<(Subject, bool), std::result::Result<(CitizenId, Standing), Reason>> =
        HashMap::new();
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let meets = matches!(item.evidence.source, Source::Class | Source::Event);
        let key = (item.subject.clone(), meets);
        let subject = match subjects.get(&key) {
            Some(known) => *known,
            None => {
                let found = subject(cx, member, &item.subject, meets).await?;
                subjects.insert(key, found);
                found
            }
        };
        let import = |(citizen, standing)| (citizen, if item.imported { Standing::Import } else { standing });
        let subject = match (subject, item.evidence.work) {
            (Ok(_), Some(work)) if !works.contains_key(&work) => Err(Reason::UnknownWork),
            (subject, _) => subject.map(import),
        };
        let studied = item.evidence.work.and_then(|work| works.get(&work).copied());
        read.push(Item { subject, studied, evidence: item.evidence.clone() });
    }
    Ok(read)
}

/// In whose name, and by what right.
async fn subject(
    cx: &Context,
    member: &Member,
    subject: &Subject,
    is_meeting: bool,
) -> Result<std::result::Result<(CitizenId, Standing), Reason>> {
    let (citizen, by_card) = match subject {
        Subject::Citizen(citizen) => (*citizen, false),
        Subject::Card(token) => match card::subject_of_card(cx, token).await? {
            Some(citizen) => (citizen, true),
            None => return Ok(Err(Reason::UnknownCitizen)),
        },
    };
    let is_own = member.acts_for(citizen);
    if is_meeting {
        // What is attested is attested by somebody else.
        let standing = if is_own { None } else { attest::attests(cx, citizen, by_card).await? };
        let reason = if is_own || by_card { Reason::NotOrganiser } else { Reason::UnknownCitizen };
        return Ok(standing.map(|standing| (citizen, standing)).ok_or(reason));
    }
    Ok(match (is_own, by_card) {
        (true, _) if member.own_citizen() == Some(citizen) => Ok((citizen, Standing::Own)),
        (true, _) => Ok((citizen, Standing::Household)),
        (false, true) => Ok((citizen, Standing::Assisted)),
        (false, false) => Err(Reason::UnknownCitizen),
    })
}

/// How long the media of a work is; a text has none to play, and of other works it may be unknown.
fn duration_ms(content: &Content) -> Option<i64> {
    match content.duration_seconds {
        Some(seconds) => Some(i64::from(seconds) * 1000),
        None => (content.word_count() > 0).then_some(0),
    }
}

/// What was studied: the edition that was released last, even when the work was taken back since, so that hours that a
/// phone brings late are not lost.
async fn studied(cx: &Context, works: impl Iterator<Item = WorkId>) -> Result<HashMap<WorkId, Studied>> {
    let mut known = HashMap::new();
    let mut missing = Vec::new();
    for work in works {
        if known.contains_key(&work) || missing.contains(&work) {
            continue;
        }
        match cx.caches.studied.get(&work) {
            Some(studied) => drop(known.insert(work, studied)),
            None => missing.push(work),
        }
    }
    if missing.is_empty() {
        return Ok(known);
    }
    let released: Vec<(WorkId, RevisionId)> = cx.store.revisions_released_last(&missing).await?;
    let editions = work::published(cx, released.iter().map(|(_, revision)| *revision)).await?;
    for (work, revision) in released {
        let Some(edition) = editions.get(&revision) else { continue };
        let content = &edition.revision.content;
        let studied = Studied {
            revision,
            word_count: i64::from(content.word_count()),
            duration_ms: duration_ms(content),
        };
        cx.caches.studied.insert(work, studied);
        known.insert(work, studied);
    }
    Ok(known)
}

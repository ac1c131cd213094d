//! A group of batches is judged in one transaction: what is held is read once, each item is judged in memory in the
//! order in which it arrived, and what comes out is written at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use densach_domain::credit::{Deed, Facts, StudyLine, days_near, study};
use densach_domain::device_clock::{Contact, DeviceClock, Placed, wall_shift_ms};
use densach_domain::evidence::{Evidence, EvidenceId, HIGHEST_SEQUENCE, Reason, Standing, Trust, Verdict};
use densach_domain::id::{AccountId, CitizenId, DeviceId, RevisionId};
use densach_domain::{Code, Timestamp};
use densach_store::{DeviceRow, Judged, Known, LineRow, RefusalRow, Said, Tx, Writes};

use super::enter::{Entered, enter};
use super::held::{Everybody, Held, Need};
use super::{Outcome, Unread};
use crate::{App, Error, Result};

/// What must be known of a work that was studied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Studied {
    pub revision: RevisionId,
    pub word_count: i64,
    pub duration_ms: Option<i64>,
}

/// An item with everything that does not depend on what is held.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub subject: std::result::Result<(CitizenId, Standing), Reason>,
    pub studied: Option<Studied>,
    pub evidence: Evidence,
}

/// One batch of one device.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub device: DeviceId,
    pub account: AccountId,
    pub contact: Contact,
    pub items: Vec<Item>,
    pub unread: Vec<Unread>,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Posted {
    pub outcomes: Vec<Outcome>,
    pub highest_sequence: i64,
    pub missing_count: i64,
}

fn outcome(item: &Item, verdict: Verdict) -> Outcome {
    Outcome {
        sequence: item.evidence.sequence,
        id: None,
        verdict,
        credited_seconds: 0,
        clipped: Vec::new(),
        field: None,
    }
}

/// A device while a group is judged.
struct Device {
    clock: DeviceClock,
    highest_sequence: i64,
    received_count: i64,
    known: HashMap<i64, Known>,
    refusals: Vec<(RefusalRow, Timestamp)>,
}

/// An item that will become a line.
struct Fresh<'a> {
    post: &'a Post,
    index: usize,
    citizen: CitizenId,
    standing: Standing,
    placed: Placed,
}

/// Judges and writes a group; answers what became of each batch, and what those concerned hold once it is committed.
pub(super) async fn post_all(app: &App, tx: &Tx, posts: &[Post]) -> Result<(Vec<Posted>, Everybody)> {
    let ids: BTreeSet<DeviceId> = posts.iter().map(|post| post.device).collect();
    let ids: Vec<DeviceId> = ids.into_iter().collect();
    let items = posts.iter().flat_map(|post| &post.items);
    let citizens: BTreeSet<CitizenId> = items.filter_map(|item| Some(item.subject.ok()?.0)).collect();
    tx.ledger_lock(&citizens.into_iter().collect::<Vec<_>>(), &ids).await?;
    let mut devices = open_devices(tx, posts, ids).await?;
    let mut outcomes: Vec<Vec<Option<Outcome>>> =
        posts.iter().map(|post| vec![None; post.items.len()]).collect();
    let mut fresh: Vec<(usize, Fresh<'_>)> = Vec::new();
    for (number, post) in posts.iter().enumerate() {
        let device = devices.get_mut(&post.device).ok_or(Error::Unauthenticated)?;
        sort_out(app, post, device, number, &mut outcomes[number], &mut fresh);
    }

    let mut needs: BTreeMap<CitizenId, Need> = BTreeMap::new();
    for (_, item) in &fresh {
        let work = item.post.items[item.index].evidence.work;
        needs.entry(item.citizen).or_default().add(days_near(&item.placed), work);
    }
    let mut everybody = Everybody::open(app, tx, &needs).await?;
    let mut entered = Entered::default();
    for (number, item) in &fresh {
        let held = everybody.0.get_mut(&item.citizen);
        let held = held.ok_or_else(|| Error::internal("a citizen without a book"))?;
        outcomes[*number][item.index] = Some(judge(app, item, held, &mut entered));
    }

    name_repeats(posts, &mut outcomes);
    let mut writes = tx.writes();
    write_devices(&mut writes, &devices)?;
    enter(app, &mut writes, &entered, &everybody)?;
    tx.write(writes).await?;
    let posted = posts
        .iter()
        .zip(outcomes)
        .map(|(post, outcomes)| {
            let device = devices.get(&post.device);
            let (highest, count) =
                device.map_or((0, 0), |device| (device.highest_sequence, device.received_count));
            Posted {
                outcomes: outcomes.into_iter().flatten().collect(),
                highest_sequence: highest,
                missing_count: (highest - count).max(0),
            }
        })
        .collect();
    Ok((posted, everybody))
}

/// An item that stands twice in one group is told the line that it became.
fn name_repeats(posts: &[Post], outcomes: &mut [Vec<Option<Outcome>>]) {
    let mut lines: HashMap<(DeviceId, i64), EvidenceId> = HashMap::new();
    for (post, outcomes) in posts.iter().zip(outcomes.iter()) {
        let made = outcomes.iter().flatten().filter_map(|outcome| Some((outcome.sequence, outcome.id?)));
        lines.extend(made.map(|(sequence, id)| ((post.device, sequence), id)));
    }
    for (post, outcomes) in posts.iter().zip(outcomes) {
        for outcome in outcomes.iter_mut().flatten().filter(|outcome| outcome.verdict == Verdict::Duplicate) {
            outcome.id = outcome.id.or_else(|| lines.get(&(post.device, outcome.sequence)).copied());
        }
    }
}

async fn open_devices(tx: &Tx, posts: &[Post], ids: Vec<DeviceId>) -> Result<BTreeMap<DeviceId, Device>> {
    let mut rows = tx.ledger_devices(&ids).await?;
    let mut devices = BTreeMap::new();
    for id in ids {
        let row = rows.remove(&id).ok_or(Error::Unauthenticated)?;
        let of_device = || posts.iter().filter(|post| post.device == id);
        let items = of_device().flat_map(|post| &post.items).map(|item| item.evidence.sequence);
        let unread = of_device().flat_map(|post| &post.unread).map(|unread| unread.sequence);
        // A device that counts on sends nothing that is known; only what it sends again is looked up.
        let mut old: Vec<i64> =
            items.chain(unread).filter(|sequence| (1..=row.highest_sequence).contains(sequence)).collect();
        old.sort_unstable();
        old.dedup();
        let known =
            tx.ledger_known(id, &old).await?.into_iter().map(|known| (known.sequence, known)).collect();
        let latest = (row.latest_end_ms > i64::MIN).then_some((row.highest_sequence, row.latest_end_ms));
        let clock = DeviceClock { registered_at: row.registered_at, boots: row.boots, latest };
        let device = Device {
            clock,
            highest_sequence: row.highest_sequence,
            received_count: row.received_count,
            known,
            refusals: Vec::new(),
        };
        devices.insert(id, device);
    }
    Ok(devices)
}

/// Answers what needs no judging, and places the rest in true time.
fn sort_out<'a>(
    app: &App,
    post: &'a Post,
    device: &mut Device,
    number: usize,
    outcomes: &mut [Option<Outcome>],
    fresh: &mut Vec<(usize, Fresh<'a>)>,
) {
    let clock_policy = &app.policy().clock;
    device.clock.meet(&post.contact, clock_policy);
    for unread in &post.unread {
        note_unread(unread, post.contact.received_at, device);
    }
    let opens_ms = device.clock.opens_ms(clock_policy);
    let items = || post.items.iter().map(|item| &item.evidence);
    let shift_ms = wall_shift_ms(&post.contact, opens_ms, items);
    let mut order: Vec<usize> = (0..post.items.len()).collect();
    order.sort_by_key(|index| post.items[*index].evidence.sequence);
    for index in order {
        let item = &post.items[index];
        match admit(post, item, device) {
            Ok((citizen, standing)) => {
                let placed = device.clock.place(&item.evidence, &post.contact, shift_ms, clock_policy);
                fresh.push((number, Fresh { post, index, citizen, standing, placed }));
            }
            Err(refused) => outcomes[index] = Some(refused),
        }
    }
}

/// The number of what could not be read has arrived all the same.
fn note_unread(unread: &Unread, received_at: Timestamp, device: &mut Device) {
    let Unread { sequence, reason, raw } = unread;
    if !(1..=HIGHEST_SEQUENCE).contains(sequence) || device.known.contains_key(sequence) {
        return;
    }
    device.received_count += 1;
    device.highest_sequence = device.highest_sequence.max(*sequence);
    device.known.insert(*sequence, Known { sequence: *sequence, id: None, citizen: None, evidence: None });
    let row =
        RefusalRow { sequence: *sequence, evidence: None, raw: raw.clone(), citizen: None, reason: *reason };
    device.refusals.push((row, received_at));
}

/// Whether an item becomes a line; a number that arrives is never forgotten.
fn admit(
    post: &Post,
    item: &Item,
    device: &mut Device,
) -> std::result::Result<(CitizenId, Standing), Outcome> {
    let evidence = &item.evidence;
    let malformed =
        |field| Outcome { field: Some(field), ..outcome(item, Verdict::Rejected(Reason::Malformed)) };
    let checked = evidence.check();
    if let Err(("sequence", Code::OutOfRange)) = checked {
        return Err(malformed("sequence"));
    }
    let citizen = item.subject.ok().map(|(citizen, _)| citizen);
    if let Some(known) = device.known.get(&evidence.sequence) {
        let is_same = known.evidence.as_ref() == Some(evidence)
            && (known.citizen == citizen || citizen.is_none() || known.citizen.is_none());
        let verdict = if is_same { Verdict::Duplicate } else { Verdict::Rejected(Reason::SequenceReused) };
        let field = (!is_same).then_some("sequence");
        return Err(Outcome { id: known.id, field, ..outcome(item, verdict) });
    }
    device.received_count += 1;
    device.highest_sequence = device.highest_sequence.max(evidence.sequence);
    let known = Known { sequence: evidence.sequence, id: None, citizen, evidence: Some(evidence.clone()) };
    device.known.insert(evidence.sequence, known);
    let (reason, field) = match (checked, item.subject) {
        (Ok(()), Ok(subject)) => return Ok(subject),
        (Err((field, _)), _) => (Reason::Malformed, field),
        (Ok(()), Err(Reason::UnknownWork)) => (Reason::UnknownWork, "workId"),
        (Ok(()), Err(reason)) => (reason, "citizenId"),
    };
    let row = RefusalRow {
        sequence: evidence.sequence,
        evidence: Some(evidence.clone()),
        raw: String::new(),
        citizen,
        reason,
    };
    device.refusals.push((row, post.contact.received_at));
    Err(Outcome { field: Some(field), ..outcome(item, Verdict::Rejected(reason)) })
}

fn judge(app: &App, item: &Fresh<'_>, held: &mut Held, entered: &mut Entered) -> Outcome {
    let (head, book) = (&mut held.head, &mut held.book);
    let (post, policy) = (item.post, app.policy());
    let Item { studied, evidence, .. } = &post.items[item.index];
    head.last_number += 1;
    let started = Timestamp::from_ms(item.placed.start_ms);
    let facts = Facts {
        word_count: studied.map_or(0, |studied| studied.word_count),
        duration_ms: studied.and_then(|studied| studied.duration_ms),
        reader: policy.reader(head.birth_year, started.learning_day()),
    };
    let trust = if item.standing == Standing::Import { Trust::Claimed } else { evidence.source.trust() };
    let line = StudyLine {
        number: head.last_number,
        device: post.device,
        evidence,
        trust,
        placed: item.placed,
        facts,
        policy,
    };
    let (judgement, entries) = study(&line, book);
    let id = EvidenceId { citizen: item.citizen, number: line.number };
    entries.iter().for_each(|entry| held.count(entry));
    let credited_seconds = judgement.credited_seconds();
    let clipped = judgement.clipped_seconds();
    let verdict = judgement.main_reason().map_or(Verdict::Accepted, Verdict::Clipped);
    let received_at = post.contact.received_at;
    entered.entries.extend(entries.into_iter().map(|entry| (item.citizen, entry, received_at)));
    entered.lines.push(LineRow {
        id,
        deed: Deed::Study,
        target: None,
        device: Some(post.device),
        sequence: Some(evidence.sequence),
        account: Some(post.account),
        standing: item.standing,
        said: Said { evidence: Some(evidence.clone()), note: String::new() },
        judged: Judged {
            placed: Some(item.placed),
            facts: Some(facts),
            revision: studied.map(|studied| studied.revision),
            clipped: judgement.clipped,
            lost_seconds: judgement.lost.map_or(0, |(_, seconds)| seconds),
            credited_seconds,
            uncertainty_s: judgement.uncertainty_s,
        },
        policy: policy.version.clone(),
        received_at,
    });
    Outcome { sequence: evidence.sequence, id: Some(id), verdict, credited_seconds, clipped, field: None }
}

fn write_devices(writes: &mut Writes, devices: &BTreeMap<DeviceId, Device>) -> Result<()> {
    let refusals = devices.iter().flat_map(|(id, device)| {
        device.refusals.iter().map(|(refusal, received_at)| (*id, refusal.clone(), *received_at))
    });
    writes.ledger_refusals(&refusals.collect::<Vec<_>>())?;
    let row = |(id, device): (&DeviceId, &Device)| {
        let row = DeviceRow {
            registered_at: device.clock.registered_at,
            highest_sequence: device.highest_sequence,
            received_count: device.received_count,
            latest_end_ms: device.clock.latest.map_or(i64::MIN, |(_, end_ms)| end_ms),
            boots: device.clock.boots.clone(),
        };
        (*id, row)
    };
    Ok(writes.ledger_devices(&devices.iter().map(row).collect::<Vec<_>>())?)
}

//! The sums are what the lines say. Every line is judged again under the policy that judged it, in the order in which
//! it was judged; entries, sums of days and works, and sums of units must come out the same to the second.

use std::collections::HashMap;

use densach_domain::Day;
use densach_domain::credit::{Book, Deed, Entry, Policies, StudyLine, confirm, reverse, study, uphold};
use densach_domain::evidence::{Standing, Trust};
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::total::{Posting, Presence, UnitMonths, changes, presence};
use densach_store::{DayRow, LineRow, Store, TxReads};

use crate::ledger::{days, template, works};
use crate::{Error, Result};

/// How many citizens are read at a time.
const BATCH: usize = 100;
/// How many units are read at a time.
const UNITS: usize = 500;

/// What was compared, and what differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub citizen_count: u64,
    pub line_count: u64,
    /// Citizens whose entries or sums are not what their lines say.
    pub citizens_differing: Vec<CitizenId>,
    /// Units with sums, or with numbers of members, that are not those of their people.
    pub units_differing: Vec<UnitId>,
}

impl Report {
    pub fn difference_count(&self) -> usize {
        self.citizens_differing.len() + self.units_differing.len()
    }
}

/// Compares; changes nothing, and raises the alarm when anything differs: the metric `densach_ledger_differences`, and a
/// line in the log for each. It looks at one moment of the database, so that what arrives meanwhile is no difference.
pub async fn check(store: &Store, policies: &Policies) -> Result<Report> {
    let snapshot = store.snapshot().await?;
    let mut report = Report::default();
    let expected = walk(policies, &snapshot, &mut report).await?;
    let differing = units(&snapshot, expected).await?;
    report.units_differing = people_differing(&snapshot, differing).await?;
    metrics::gauge!("densach_ledger_differences").set(report.difference_count() as f64);
    for citizen in &report.citizens_differing {
        tracing::error!(%citizen, "the sums of a citizen are not what the ledger's lines say");
    }
    for unit in &report.units_differing {
        tracing::error!(%unit, "the sums of a unit are not those of its people");
    }
    Ok(report)
}

/// Compares, and makes anew what differs; answers what differed. Lines are never touched.
pub async fn recompute(store: &Store, policies: &Policies) -> Result<Report> {
    let report = check(store, policies).await?;
    for citizen in &report.citizens_differing {
        mend(store, policies, *citizen).await?;
    }
    if report.difference_count() > 0 {
        let tx = store.begin().await?;
        tx.unit_months_clear().await?;
        let expected = walk(policies, &tx, &mut Report::default()).await?;
        let mut writes = tx.writes();
        writes.unit_months(&expected);
        tx.write(writes).await?;
        let people = people(&tx).await?;
        tx.unit_people_clear().await?;
        tx.unit_people_add(&people).await?;
        tx.commit().await?;
    }
    Ok(report)
}

/// Judges everybody again; answers what the sums of units must be.
async fn walk(policies: &Policies, reads: &TxReads, report: &mut Report) -> Result<UnitMonths> {
    let mut expected = UnitMonths::new();
    let mut after = None;
    loop {
        let citizens = reads.ledger_citizens(after, BATCH).await?;
        let Some(last) = citizens.last() else { break };
        after = Some(*last);
        let mut places: HashMap<CitizenId, Vec<_>> = HashMap::new();
        for (citizen, place) in reads.citizen_places(&citizens).await? {
            places.entry(citizen).or_default().push(place);
        }
        for citizen in citizens {
            let (replayed, line_count, is_same) = compare(policies, reads, citizen).await?;
            report.citizen_count += 1;
            report.line_count += line_count;
            if !is_same {
                report.citizens_differing.push(citizen);
            }
            let Some(places) = places.get(&citizen) else { continue };
            for (key, sums) in changes(places, &[], &replayed.postings) {
                expected.entry(key).or_default().add(&sums);
            }
        }
    }
    expected.retain(|_, sums| !sums.is_zero());
    Ok(expected)
}

/// What the lines of one citizen come to.
struct Replayed {
    entries: Vec<(CitizenId, Entry)>,
    postings: Vec<Posting>,
}

async fn compare(policies: &Policies, reads: &TxReads, citizen: CitizenId) -> Result<(Replayed, u64, bool)> {
    let lines = reads.ledger_history(citizen).await?;
    let stored = reads.ledger_entries(citizen).await?;
    let replayed = replay(policies, citizen, &lines, &stored)?;
    let sums = works(&replayed.entries).into_iter().map(|(_, work, seconds)| (work, seconds));
    let is_same = same(&replayed, stored, reads.study_days(citizen, Day::FIRST, Day::LAST).await?)
        && sums.eq(reads.study_works(citizen).await?);
    Ok((replayed, lines.len() as u64, is_same))
}

/// Makes what stands for a citizen from their lines again.
async fn mend(store: &Store, policies: &Policies, citizen: CitizenId) -> Result<()> {
    let tx = store.begin().await?;
    tx.ledger_lock(&[citizen], &[]).await?;
    let lines = tx.ledger_history(citizen).await?;
    let replayed = replay(policies, citizen, &lines, &tx.ledger_entries(citizen).await?)?;
    tx.study_clear(citizen).await?;
    let is_opening =
        |number: i64| lines.iter().any(|line| line.id.number == number && line.deed == Deed::Opening);
    let made: Vec<_> =
        replayed.entries.iter().filter(|(_, entry)| !is_opening(entry.number)).copied().collect();
    let mut writes = tx.writes();
    writes.ledger_entries(&made);
    writes.study_days(&days(&replayed.entries));
    writes.study_works(&works(&replayed.entries));
    tx.write(writes).await?;
    Ok(tx.commit().await?)
}

fn same(replayed: &Replayed, stored: Vec<Entry>, stored_days: Vec<DayRow>) -> bool {
    let key = |entry: &Entry| (entry.number, entry.holding.stretch, entry.is_reversal);
    let mut stored = stored;
    stored.sort_unstable_by_key(key);
    let mut made: Vec<Entry> = replayed.entries.iter().map(|(_, entry)| *entry).collect();
    made.sort_unstable_by_key(key);
    let by_name = |row: &DayRow| (row.day, row.source, row.trust);
    let mut expected: Vec<DayRow> = days(&replayed.entries).into_iter().map(|(_, row)| row).collect();
    expected.sort_unstable_by_key(by_name);
    let mut stored_days = stored_days;
    stored_days.sort_unstable_by_key(by_name);
    made == stored && expected == stored_days
}

/// Judges all lines of a citizen again, each under its own policy.
fn replay(policies: &Policies, citizen: CitizenId, lines: &[LineRow], stored: &[Entry]) -> Result<Replayed> {
    let mut book = Book::default();
    let mut replayed = Replayed { entries: Vec::new(), postings: Vec::new() };
    for line in lines {
        let number = line.id.number;
        let policy = policies.of(&line.policy);
        let target = || line.target.ok_or_else(|| Error::internal("a correction of nothing"));
        let entries = match line.deed {
            Deed::Study => {
                let missing = || Error::internal(format!("{} cannot be judged again", line.id));
                let evidence = line.said.evidence.as_ref().ok_or_else(missing)?;
                let study_line = StudyLine {
                    number,
                    device: line.device.ok_or_else(missing)?,
                    evidence,
                    trust: trust(line, evidence.source.trust()),
                    placed: line.judged.placed.ok_or_else(missing)?,
                    facts: line.judged.facts.ok_or_else(missing)?,
                    policy: policy.ok_or_else(missing)?,
                };
                study(&study_line, &mut book).1
            }
            Deed::Confirm => confirm(number, target()?, &mut book),
            Deed::Reverse => reverse(number, target()?, &mut book),
            Deed::Uphold => {
                let target = target()?;
                let about = lines.iter().find(|line| line.id.number == target);
                let about = about.ok_or_else(|| Error::internal("a correction of nothing"))?;
                uphold(number, &template(about)?, &about.judged.clipped, &mut book)
            }
            Deed::Opening => {
                let own: Vec<Entry> = stored.iter().filter(|entry| entry.number == number).copied().collect();
                own.iter().for_each(|entry| book.post(entry));
                own
            }
        };
        for entry in entries {
            replayed.postings.push(Posting::new(
                &entry,
                line.received_at,
                policy.unwrap_or(policies.current()),
            ));
            replayed.entries.push((citizen, entry));
        }
    }
    Ok(replayed)
}

/// What another program says is a claim, whatever it is about.
fn trust(line: &LineRow, of_source: Trust) -> Trust {
    if line.standing == Standing::Import { Trust::Claimed } else { of_source }
}

/// Units whose sums are not those of their people.
async fn units(reads: &TxReads, mut expected: UnitMonths) -> Result<Vec<UnitId>> {
    let mut differing = Vec::new();
    let mut after = None;
    loop {
        let stored = reads.unit_months_after(after, UNITS).await?;
        let Some(((last, _), _)) = stored.last_key_value() else { break };
        after = Some(*last);
        for ((unit, month), sums) in stored {
            let expected = expected.remove(&(unit, month)).unwrap_or_default();
            if expected != sums {
                differing.push(unit);
            }
        }
    }
    differing.extend(expected.into_keys().map(|(unit, _)| unit));
    Ok(differing)
}

/// Who comes to units and leaves them, by everybody's memberships.
async fn people(reads: &TxReads) -> Result<Presence> {
    let mut all = Presence::new();
    let mut after = None;
    loop {
        let citizens = reads.members_after(after, UNITS).await?;
        let Some(last) = citizens.last() else { break };
        after = Some(*last);
        let mut places: HashMap<CitizenId, Vec<_>> = HashMap::new();
        for (citizen, place) in reads.citizen_places(&citizens).await? {
            places.entry(citizen).or_default().push(place);
        }
        for (step, change) in places.values().flat_map(|places| presence(places)) {
            *all.entry(step).or_default() += change;
        }
    }
    all.retain(|_, change| *change != 0);
    Ok(all)
}

/// Those, and units whose numbers of members are not those of the memberships.
async fn people_differing(reads: &TxReads, mut differing: Vec<UnitId>) -> Result<Vec<UnitId>> {
    let (expected, stored) = (people(reads).await?, reads.unit_people().await?);
    let off = expected.iter().filter(|(step, change)| stored.get(step) != Some(change));
    let gone = stored.iter().filter(|(step, _)| !expected.contains_key(step));
    differing.extend(off.chain(gone).map(|((unit, _), _)| *unit));
    differing.sort_unstable();
    differing.dedup();
    Ok(differing)
}

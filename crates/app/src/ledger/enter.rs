//! Lines and entries go into the books together with everything that is a sum of them.

use std::collections::BTreeMap;

use densach_domain::Timestamp;
use densach_domain::credit::Entry;
use densach_domain::id::{CitizenId, WorkId};
use densach_domain::total::{Posting, UnitMonths, changes};
use densach_store::{DayRow, LineRow, Writes};

use super::held::Everybody;
use crate::{App, Result};

/// What is to be entered, in the order in which it was judged.
#[derive(Debug, Default)]
pub(crate) struct Entered {
    pub lines: Vec<LineRow>,
    pub entries: Vec<(CitizenId, Entry, Timestamp)>,
}

/// Puts lines, entries and sums where they are to be written. `everybody` holds what those concerned hold after it.
pub(super) fn enter(app: &App, writes: &mut Writes, entered: &Entered, everybody: &Everybody) -> Result<()> {
    writes.ledger_lines(&entered.lines)?;
    let entries: Vec<(CitizenId, Entry)> =
        entered.entries.iter().map(|(citizen, entry, _)| (*citizen, *entry)).collect();
    writes.ledger_entries(&entries);
    writes.study_days(&days(&entries));
    writes.study_works(&works(&entries));
    // Last, because everybody of a province writes to the province's row.
    writes.unit_months(&unit_changes(app, &entered.entries, everybody));
    Ok(())
}

/// What entries add up to, by citizen, day, source and trust class.
pub(crate) fn days(entries: &[(CitizenId, Entry)]) -> Vec<(CitizenId, DayRow)> {
    let mut sums = BTreeMap::new();
    for (citizen, entry) in entries {
        let held = &entry.holding;
        *sums.entry((*citizen, held.day, held.source, held.trust)).or_insert(0) += entry.seconds();
    }
    let row = |((citizen, day, source, trust), seconds)| (citizen, DayRow { day, source, trust, seconds });
    sums.into_iter().map(row).filter(|(_, row)| row.seconds != 0).collect()
}

/// What entries add up to, by citizen and work.
pub(crate) fn works(entries: &[(CitizenId, Entry)]) -> Vec<(CitizenId, WorkId, i64)> {
    let mut sums = BTreeMap::new();
    for (citizen, entry) in entries {
        if let Some(work) = entry.holding.work {
            *sums.entry((*citizen, work)).or_insert(0) += entry.seconds();
        }
    }
    sums.into_iter()
        .map(|((citizen, work), seconds)| (citizen, work, seconds))
        .filter(|(_, _, seconds)| *seconds != 0)
        .collect()
}

fn unit_changes(app: &App, entries: &[(CitizenId, Entry, Timestamp)], everybody: &Everybody) -> UnitMonths {
    let mut postings: BTreeMap<CitizenId, Vec<Posting>> = BTreeMap::new();
    for (citizen, entry, received_at) in entries {
        postings.entry(*citizen).or_default().push(Posting::new(entry, *received_at, app.policy()));
    }
    let mut sums = UnitMonths::new();
    for (citizen, postings) in postings {
        let Some(held) = everybody.0.get(&citizen).filter(|held| !held.places.is_empty()) else { continue };
        // What was held before is what is held now, less what was posted.
        let mut before = held.sums(postings.iter().map(|posting| posting.day));
        before.extend(postings.iter().map(|posting| (posting.day, posting.trust, -posting.seconds)));
        for (key, change) in changes(&held.places, &before, &postings) {
            sums.entry(key).or_default().add(&change);
        }
    }
    sums.retain(|_, change| !change.is_zero());
    sums
}

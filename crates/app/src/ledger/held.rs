//! What citizens hold while a group of batches is judged. It is read from the store, or remembered from the last time
//! that this process wrote for the same person: the number of the last line tells whether anything was written since.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use densach_domain::Day;
use densach_domain::credit::{Book, Entry};
use densach_domain::evidence::Trust;
use densach_domain::id::{CitizenId, WorkId};
use densach_domain::total::Place;
use densach_store::{HeadRow, Tx};

use crate::{App, Error, Result};

/// What must be known of a citizen to judge what arrived.
#[derive(Debug, Default)]
pub(super) struct Need {
    /// The first and the last learning day.
    pub days: Option<(Day, Day)>,
    pub works: BTreeSet<WorkId>,
}

impl Need {
    pub fn add(&mut self, days: Option<(Day, Day)>, work: Option<WorkId>) {
        self.works.extend(work);
        let Some((from, to)) = days else { return };
        self.days = Some(self.days.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
    }

    /// Whole months, because the sums of units are by month.
    fn months(&self) -> Option<(Day, Day)> {
        let (from, to) = self.days?;
        Some((from.month().first_day(), to.month().next().first_day().plus_days(-1)))
    }
}

/// What one citizen holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub head: HeadRow,
    pub book: Book,
    pub places: Vec<Place>,
    /// What is credited, by day and trust class.
    sums: BTreeMap<(Day, Trust), i64>,
    /// The days that the book knows, and the works of which it knows all that was ever credited.
    days: Option<(Day, Day)>,
    works: BTreeSet<WorkId>,
    place_version: i64,
}

impl Held {
    fn covers(&self, head: &HeadRow, place_version: i64, need: &Need) -> bool {
        let days = match (need.months(), self.days) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((from, to)), Some((first, last))) => first <= from && to <= last,
        };
        days && self.head.last_number == head.last_number
            && self.place_version == place_version
            && need.works.is_subset(&self.works)
    }

    /// To be called for each entry that the book has taken in.
    pub fn count(&mut self, entry: &Entry) {
        *self.sums.entry((entry.holding.day, entry.holding.trust)).or_default() += entry.seconds();
    }

    /// What is credited in the months of these days, by day and trust class.
    pub fn sums(&self, days: impl Iterator<Item = Day> + Clone) -> Vec<(Day, Trust, i64)> {
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Vec::new() };
        let (first, end) = (first.month().first_day(), last.month().next().first_day());
        let of_months = self.sums.range((first, Trust::ALL[0])..(end, Trust::ALL[0]));
        of_months.map(|((day, trust), seconds)| (*day, *trust, *seconds)).collect()
    }

    /// How much room it takes in memory.
    pub fn weight(&self) -> u32 {
        u32::try_from(self.book.holdings().count() + 4).unwrap_or(u32::MAX)
    }
}

/// Everybody of a group.
#[derive(Debug, Default)]
pub(super) struct Everybody(pub HashMap<CitizenId, Held>);

impl Everybody {
    /// Opens the books of those in `needs`, which this transaction has locked.
    pub async fn open(app: &App, tx: &Tx, needs: &BTreeMap<CitizenId, Need>) -> Result<Self> {
        let citizens: Vec<CitizenId> = needs.keys().copied().collect();
        let (heads, place_version) = tx.ledger_heads(&citizens).await?;
        let mut all = HashMap::with_capacity(citizens.len());
        let mut missing: Vec<CitizenId> = Vec::new();
        for citizen in &citizens {
            let head = heads.get(citizen).ok_or_else(|| Error::internal("a citizen without a book"))?;
            // Taken out, and put back after the commit: if there is none, it is read again.
            let held = app.caches.held.remove(citizen).map(Arc::unwrap_or_clone);
            match held.filter(|held| held.covers(head, place_version, &needs[citizen])) {
                Some(held) => drop(all.insert(*citizen, held)),
                None => missing.push(*citizen),
            }
        }
        let ranges = missing.iter().filter_map(|citizen| needs[citizen].months());
        let days = ranges.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)));
        let works: BTreeSet<WorkId> =
            missing.iter().flat_map(|citizen| &needs[citizen].works).copied().collect();
        let works: Vec<WorkId> = works.into_iter().collect();
        let mut entries = match days {
            Some((from, to)) => tx.ledger_entries_near(&missing, from, to).await?,
            None => HashMap::new(),
        };
        let mut seconds = tx.ledger_work_seconds(&missing, &works).await?;
        let mut places: HashMap<CitizenId, Vec<Place>> = HashMap::new();
        for (citizen, place) in tx.citizen_places(&missing).await? {
            places.entry(citizen).or_default().push(place);
        }
        for citizen in missing {
            let entries = entries.remove(&citizen).unwrap_or_default();
            let seconds = seconds.remove(&citizen).unwrap_or_default();
            let mut held = Held {
                sums: BTreeMap::new(),
                head: heads[&citizen],
                book: Book::default(),
                places: places.remove(&citizen).unwrap_or_default(),
                days,
                works: works.iter().copied().collect(),
                place_version,
            };
            entries.iter().for_each(|entry| held.count(entry));
            held.book = Book::open(entries, seconds);
            all.insert(citizen, held);
        }
        Ok(Self(all))
    }

    /// To be called after the commit.
    pub fn remember(self, app: &App) {
        for (citizen, held) in self.0 {
            app.caches.held.insert(citizen, Arc::new(held));
        }
    }
}

//! The book of one citizen: which seconds are held, by what. It is only ever added to; what is taken back is taken back
//! by a line that says so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::judge::{day_range, days_of};
use crate::clock::Day;
use crate::evidence::{Source, Trust};
use crate::id::{DeviceId, WorkId};
use crate::interval::{self, Interval};

/// A stretch of credited seconds within one learning day. No two of one citizen share a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The line of the ledger that it is about.
    pub number: i64,
    pub device: DeviceId,
    pub day: Day,
    pub stretch: Interval,
    pub source: Source,
    pub trust: Trust,
    pub work: Option<WorkId>,
    /// What of the content was covered: milliseconds of media, or parts per million of a text.
    pub content: Option<(i64, i64)>,
    /// In true time it may lie so many seconds earlier or later.
    pub uncertainty_s: i64,
}

/// What one line adds to the book or takes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The line that made it: the one that it is about, or a later one that confirms or corrects it.
    pub number: i64,
    /// Whether the holding is taken back instead of added.
    pub is_reversal: bool,
    pub holding: Holding,
}

impl Entry {
    pub fn add(holding: Holding) -> Self {
        Self { number: holding.number, is_reversal: false, holding }
    }

    pub fn reverse(number: i64, holding: Holding) -> Self {
        Self { number, is_reversal: true, holding }
    }

    /// Positive when added, negative when taken back.
    pub fn seconds(&self) -> i64 {
        let seconds = self.holding.stretch.seconds();
        if self.is_reversal { -seconds } else { seconds }
    }
}

/// From so many seconds of uncertainty on, a holding may share seconds with stretches of far days.
pub const FAR_UNCERTAINTY_S: i64 = 7200;

/// Two clocks that met the server once each are not further apart than so many seconds.
const NEAR_S: i64 = 64;

/// What of a stretch may be held already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// Where it may be, if that is known well enough to stay clear of it.
    pub near: Vec<Interval>,
    /// How many more seconds there may be at most, anywhere in the stretch.
    pub far_seconds: i64,
}

impl Shared {
    /// `held` and `span` may lie `slack_s` further apart or nearer than it seems, and whole seconds one more.
    fn add(&mut self, span: Interval, held: Interval, slack_s: i64) {
        let slack_s = if slack_s > 0 { slack_s.saturating_add(1) } else { 0 };
        let from = held.start().saturating_sub(slack_s).max(span.start());
        let to = held.end().saturating_add(slack_s).min(span.end());
        let Some(wide) = Interval::new(from, to) else { return };
        let most = wide.seconds().min(held.seconds());
        // To stay clear costs the slack on either side; to count costs less, and it is not known any more which of the
        // seconds are left, so that later lines stay clear of all.
        if slack_s <= NEAR_S || wide.seconds() <= most + most / 4 {
            self.near.push(wide);
        } else {
            self.far_seconds = self.far_seconds.saturating_add(most);
        }
    }
}

/// What a citizen holds: everything, or what lies around the lines at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    days: BTreeMap<Day, Vec<Holding>>,
    /// The days that hold something of [`FAR_UNCERTAINTY_S`] or more.
    far: BTreeSet<Day>,
    /// All seconds ever credited, by work.
    works: HashMap<WorkId, i64>,
}

impl Book {
    /// `entries` in the order in which they were made. `works`: all seconds ever credited to the works at hand, those
    /// of `entries` included.
    pub fn open(entries: impl IntoIterator<Item = Entry>, works: HashMap<WorkId, i64>) -> Self {
        let mut book = Self { works, ..Self::default() };
        for entry in entries {
            book.hold(&entry);
        }
        book
    }

    pub fn holdings(&self) -> impl Iterator<Item = &Holding> {
        self.days.values().flatten()
    }

    /// What still stands of one line, in the order of time.
    pub fn of(&self, number: i64) -> Vec<Holding> {
        let mut all: Vec<Holding> = self.holdings().filter(|held| held.number == number).copied().collect();
        all.sort_unstable_by_key(|held| held.stretch);
        all
    }

    pub fn post(&mut self, entry: &Entry) {
        self.hold(entry);
        if let Some(work) = entry.holding.work {
            *self.works.entry(work).or_default() += entry.seconds();
        }
    }

    fn hold(&mut self, entry: &Entry) {
        let holding = &entry.holding;
        let day = self.days.entry(holding.day).or_default();
        if entry.is_reversal {
            let same = |held: &Holding| {
                (held.number, held.stretch, held.trust) == (holding.number, holding.stretch, holding.trust)
            };
            if let Some(index) = day.iter().position(same) {
                day.remove(index);
            }
        } else {
            if holding.uncertainty_s >= FAR_UNCERTAINTY_S {
                self.far.insert(holding.day);
            }
            day.push(*holding);
        }
    }

    fn on(&self, day: Day) -> impl Iterator<Item = &Holding> {
        self.days.get(&day).into_iter().flatten()
    }

    pub fn work_seconds(&self, work: WorkId) -> i64 {
        self.works.get(&work).copied().unwrap_or(0)
    }

    pub fn day_seconds(&self, day: Day) -> i64 {
        self.on(day).map(|held| held.stretch.seconds()).sum()
    }

    pub fn claimed_on(&self, day: Day) -> i64 {
        let claimed = self.on(day).filter(|held| held.trust == Trust::Claimed);
        claimed.map(|held| held.stretch.seconds()).sum()
    }

    /// Seconds of one work from one source on a day.
    pub fn work_on(&self, work: Option<WorkId>, source: Source, day: Day) -> i64 {
        let same = self.on(day).filter(|held| held.work == work && held.source == source);
        same.map(|held| held.stretch.seconds()).sum()
    }

    /// The parts of `stretches` that nothing holds.
    pub fn free(&self, stretches: &[Interval]) -> Vec<Interval> {
        let mut free = Vec::new();
        for stretch in stretches {
            let held: Vec<Interval> =
                days_of(*stretch).flat_map(|day| self.on(day)).map(|held| held.stretch).collect();
            free.extend(interval::subtract(*stretch, &held));
        }
        free
    }

    /// What of `span` may already be held besides what one device itself saw, when it may lie `uncertainty_s` earlier
    /// or later and so may they. A device sees one thing at a time; what somebody said on it is by no clock of its own.
    pub fn shared(&self, device: DeviceId, source: Source, span: Interval, uncertainty_s: i64) -> Shared {
        let reach = uncertainty_s.saturating_add(FAR_UNCERTAINTY_S + 1);
        let near = Interval::new(span.start().saturating_sub(reach), span.end().saturating_add(reach));
        let Some((first, last)) = near.map(day_range) else { return Shared::default() };
        let far = self.far.iter().filter(|day| !(first..=last).contains(*day)).flat_map(|day| self.on(*day));
        let is_own = |held: &Holding| held.device == device && held.source.has_work() && source.has_work();
        let others = self
            .days
            .range(first..=last)
            .flat_map(|(_, held)| held)
            .chain(far.filter(|held| held.uncertainty_s >= FAR_UNCERTAINTY_S))
            .filter(|held| !is_own(held));
        let mut shared = Shared::default();
        for held in others {
            let slack_s = uncertainty_s.saturating_add(held.uncertainty_s);
            shared.add(span, held.stretch, slack_s);
        }
        shared
    }

    /// The stretches of a work's content that were covered on a day and meet `range`, one for each line.
    pub fn covered(
        &self,
        work: Option<WorkId>,
        source: Source,
        day: Day,
        range: (i64, i64),
    ) -> Vec<(i64, i64)> {
        let same = |held: &&Holding| {
            held.work == work && (held.source == source || (held.source.is_playing() && source.is_playing()))
        };
        let meets = |(_, (from, to)): &(i64, (i64, i64))| *from < range.1 && range.0 < *to;
        let lines = self.on(day).filter(same).filter_map(|held| Some((held.number, held.content?)));
        let mut lines: Vec<(i64, (i64, i64))> = lines.filter(meets).collect();
        lines.sort_unstable();
        lines.dedup_by_key(|(number, _)| *number);
        lines.into_iter().map(|(_, content)| content).collect()
    }
}

//! Sums of study time by unit and month, kept as entries are made. A learning day belongs to the units in which the
//! person stood when it ended, and to all units above those by the edges of that moment, each of which counts it once.

use std::collections::BTreeMap;

use crate::clock::{Day, Month, Timestamp};
use crate::credit::{CreditPolicy, Entry};
use crate::evidence::Trust;
use crate::id::UnitId;

/// A citizen belongs to a unit, or to one below it, on the learning days from `first` to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub unit: UnitId,
    pub first: Day,
    pub last: Day,
}

/// By how much the number of people of a unit, those of units below it included, changes on a learning day.
pub type Presence = BTreeMap<(UnitId, Day), i64>;

/// The days on which somebody with these places comes to units and leaves them. However many ways lead to a unit, one
/// person is one.
pub fn presence(places: &[Place]) -> Presence {
    let mut sorted = places.to_vec();
    sorted.sort_unstable_by_key(|place| (place.unit, place.first, place.last));
    let mut steps = Presence::new();
    let mut open: Option<Place> = None;
    for place in sorted {
        open = match open {
            Some(stay)
                if stay.unit == place.unit
                    && place.first.number() <= stay.last.number().saturating_add(1) =>
            {
                Some(Place { last: stay.last.max(place.last), ..stay })
            }
            before => {
                before.into_iter().for_each(|stay| stay_in(stay, &mut steps));
                Some(place)
            }
        };
    }
    open.into_iter().for_each(|stay| stay_in(stay, &mut steps));
    steps
}

fn stay_in(stay: Place, steps: &mut Presence) {
    *steps.entry((stay.unit, stay.first)).or_default() += 1;
    if stay.last < Day::LAST {
        *steps.entry((stay.unit, stay.last.plus_days(1))).or_default() -= 1;
    }
}

/// Sums of one trust class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Credited on the learning days of the month, whenever that came to light.
    pub seconds: i64,
    /// The part of `seconds` that arrived after the month's figures had closed.
    pub late: i64,
    /// What arrived in this month for earlier months that were closed: adjustments of prior periods.
    pub prior: i64,
    /// How many people `seconds` come from.
    pub active: i64,
}

/// Sums of one unit in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MonthSums {
    by_trust: [Sums; Trust::ALL.len()],
    /// How many people have any seconds at all.
    pub active: i64,
}

impl MonthSums {
    /// `by_trust` in the order of [`Trust::ALL`].
    pub fn new(by_trust: [Sums; Trust::ALL.len()], active: i64) -> Self {
        Self { by_trust, active }
    }

    pub fn of(&self, trust: Trust) -> &Sums {
        &self.by_trust[trust as usize]
    }

    pub fn of_mut(&mut self, trust: Trust) -> &mut Sums {
        &mut self.by_trust[trust as usize]
    }

    pub fn add(&mut self, other: &Self) {
        for (sums, more) in self.by_trust.iter_mut().zip(&other.by_trust) {
            sums.seconds += more.seconds;
            sums.late += more.late;
            sums.prior += more.prior;
            sums.active += more.active;
        }
        self.active += other.active;
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// Sums by unit and month; sorted, so that two writers never wait for each other.
pub type UnitMonths = BTreeMap<(UnitId, Month), MonthSums>;

/// Seconds that were credited to somebody, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub day: Day,
    pub trust: Trust,
    /// Negative when taken back.
    pub seconds: i64,
    /// The month in which it arrived, when the figures of the day's month had closed by then.
    pub posted_late_in: Option<Month>,
}

impl Posting {
    pub fn new(entry: &Entry, received_at: Timestamp, policy: &CreditPolicy) -> Self {
        let held = &entry.holding;
        let is_closed = policy.is_closed(held.day, received_at);
        Self {
            day: held.day,
            trust: held.trust,
            seconds: entry.seconds(),
            posted_late_in: is_closed.then(|| received_at.learning_day().month()),
        }
    }
}

/// By how much the sums of units change when `postings` are made for somebody with these `places` who held `before`:
/// seconds by day and trust class, of at least the months that the postings touch.
pub fn changes(places: &[Place], before: &[(Day, Trust, i64)], postings: &[Posting]) -> UnitMonths {
    let mut units: Vec<UnitId> = places.iter().map(|place| place.unit).collect();
    units.sort_unstable();
    units.dedup();
    let mut changes = UnitMonths::new();
    for unit in units {
        let here = |day: Day| {
            places.iter().any(|place| place.unit == unit && place.first <= day && day <= place.last)
        };
        let mut touched = BTreeMap::<Month, MonthSums>::new();
        for posting in postings.iter().filter(|posting| here(posting.day)) {
            let month = posting.day.month();
            let sums = touched.entry(month).or_default().of_mut(posting.trust);
            sums.seconds += posting.seconds;
            if let Some(posted) = posting.posted_late_in {
                sums.late += posting.seconds;
                touched.entry(posted).or_default().of_mut(posting.trust).prior += posting.seconds;
            }
        }
        for (month, sums) in &mut touched {
            let held = |trust: Trust| -> i64 {
                let days =
                    before.iter().filter(|(day, of, _)| *of == trust && day.month() == *month && here(*day));
                days.map(|(_, _, seconds)| seconds).sum()
            };
            let (mut all_before, mut all_after) = (0, 0);
            for trust in Trust::ALL {
                let had = held(trust);
                let has = had + sums.of(trust).seconds;
                sums.of_mut(trust).active = i64::from(has > 0) - i64::from(had > 0);
                all_before += had;
                all_after += has;
            }
            sums.active = i64::from(all_after > 0) - i64::from(all_before > 0);
        }
        let touched = touched.into_iter().filter(|(_, sums)| !sums.is_zero());
        changes.extend(touched.map(|(month, sums)| ((unit, month), sums)));
    }
    changes
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn policy() -> CreditPolicy {
        CreditPolicy::parse(include_str!("../../../data/policies/credit-2.toml")).unwrap()
    }

    fn unit(number: u128) -> UnitId {
        UnitId::from_uuid(Uuid::from_u128(number))
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn always(number: u128) -> Place {
        Place { unit: unit(number), first: day("2000-01-01"), last: day("2100-01-01") }
    }

    fn posting(on: &str, seconds: i64) -> Posting {
        let received_at = Timestamp::parse("2026-11-23T08:00:00+07:00").unwrap();
        let is_closed = policy().is_closed(day(on), received_at);
        let posted_late_in = is_closed.then(|| received_at.learning_day().month());
        Posting { day: day(on), trust: Trust::Measured, seconds, posted_late_in }
    }

    fn sums(changes: &UnitMonths, number: u128, month: &str) -> (i64, i64, i64, i64) {
        let sums = changes.get(&(unit(number), month.parse().unwrap())).copied().unwrap_or_default();
        let of = sums.of(Trust::Measured);
        (of.seconds, of.late, of.prior, of.active)
    }

    #[test]
    fn what_comes_late_is_an_adjustment_of_a_prior_period() {
        let late = posting("2026-10-20", 600);
        let changes = changes(&[always(1)], &[], &[late]);
        assert_eq!(sums(&changes, 1, "2026-10"), (600, 600, 0, 1));
        assert_eq!(sums(&changes, 1, "2026-11"), (0, 0, 600, 0));
    }

    #[test]
    fn a_person_of_two_branches_counts_once_above_them() {
        let on_time = posting("2026-11-20", 60);
        let places = [always(1), always(2), always(9), always(9)];
        let first = changes(&places, &[], &[on_time]);
        assert_eq!(sums(&first, 9, "2026-11"), (60, 0, 0, 1));
        let again = changes(&places, &[(day("2026-11-02"), Trust::Measured, 5)], &[on_time]);
        assert_eq!(sums(&again, 9, "2026-11"), (60, 0, 0, 0));
        let back = posting("2026-11-02", -5);
        let gone = changes(&places, &[(day("2026-11-02"), Trust::Measured, 5)], &[back]);
        assert_eq!(sums(&gone, 1, "2026-11"), (-5, 0, 0, -1));
    }

    #[test]
    fn a_person_is_present_once_however_many_ways_lead_there() {
        let open = Place { first: day("2026-03-01"), last: Day::LAST, ..always(1) };
        let earlier = Place { first: day("2026-01-01"), last: day("2026-02-28"), ..always(1) };
        let within = Place { first: day("2026-04-01"), last: day("2026-04-30"), ..always(1) };
        let alone = Place { first: day("2026-04-01"), last: day("2026-04-30"), ..always(2) };
        let steps = presence(&[open, alone, within, earlier]);
        let expected = [
            ((unit(1), day("2026-01-01")), 1),
            ((unit(2), day("2026-04-01")), 1),
            ((unit(2), day("2026-05-01")), -1),
        ];
        assert_eq!(steps, Presence::from(expected));
    }

    #[test]
    fn a_day_belongs_where_the_person_stood() {
        let left = Place { last: day("2026-11-09"), ..always(1) };
        let joined = Place { first: day("2026-11-10"), ..always(2) };
        let posted = ["2026-11-09", "2026-11-10"].map(|on| posting(on, 60));
        let changes = changes(&[left, joined], &[], &posted);
        assert_eq!(sums(&changes, 1, "2026-11").0, 60);
        assert_eq!(sums(&changes, 2, "2026-11").0, 60);
    }
}

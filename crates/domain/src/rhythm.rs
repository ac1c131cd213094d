//! The rhythm of learning: weeks before days. A week with a few learning days is a week of learning, and the week that is
//! still running never breaks a row of them. Everything is worked out from what is credited now, so evidence that
//! arrives late mends what looked broken.

use std::collections::BTreeMap;

use crate::clock::Day;
use crate::credit::RhythmPolicy;

const DAYS_OF_A_WEEK: i32 = 7;
/// 1970-01-01, from which days are counted, was a Thursday: three days after a Monday.
const MONDAY_BEFORE: i32 = 3;

/// Monday to Sunday in Viet Nam (ISO 8601), by learning days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// A Monday.
    pub first_day: Day,
    pub learning_days: i64,
    /// All of the week's credit, that of days too short to be learning days too.
    pub seconds: i64,
    pub is_week_of_learning: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rhythm {
    /// Newest last; the last one is still running.
    pub weeks: Vec<Week>,
    /// Weeks of learning in a row up to last week, and this week too when it is one already.
    pub current_weeks: i64,
    pub longest_weeks: i64,
    pub learning_days_in_all: i64,
}

/// Weeks since the one in which 1970-01-01 lies.
fn week_of(day: Day) -> i32 {
    (day.number() + MONDAY_BEFORE).div_euclid(DAYS_OF_A_WEEK)
}

fn monday_of(week: i32) -> Day {
    Day::from_number(week * DAYS_OF_A_WEEK - MONDAY_BEFORE)
}

/// `days`: all that a citizen was ever credited, in any order; several values of one day are added up. `today`: the
/// learning day that runs; what lies after it has not happened yet. `week_count`: how many weeks to show.
pub fn rhythm(
    days: impl IntoIterator<Item = (Day, i64)>,
    today: Day,
    week_count: i32,
    policy: &RhythmPolicy,
) -> Rhythm {
    let weeks = by_week(days, today, policy);
    let this_week = week_of(today);
    let is_of_learning = |week: i32| weeks.get(&week).is_some_and(|week| week.is_week_of_learning);
    let in_a_row = (1_i32..).take_while(|back| is_of_learning(this_week - back)).count();
    let shown = (0..week_count.max(1)).rev().map(|back| {
        let week = this_week - back;
        weeks.get(&week).copied().unwrap_or_else(|| empty(week))
    });
    Rhythm {
        weeks: shown.collect(),
        current_weeks: i64::try_from(in_a_row).unwrap_or(0) + i64::from(is_of_learning(this_week)),
        longest_weeks: longest(&weeks),
        learning_days_in_all: weeks.values().map(|week| week.learning_days).sum(),
    }
}

fn empty(week: i32) -> Week {
    Week { first_day: monday_of(week), learning_days: 0, seconds: 0, is_week_of_learning: false }
}

fn by_week(
    days: impl IntoIterator<Item = (Day, i64)>,
    today: Day,
    policy: &RhythmPolicy,
) -> BTreeMap<i32, Week> {
    let mut by_day = BTreeMap::<Day, i64>::new();
    for (day, seconds) in days.into_iter().filter(|(day, _)| *day <= today) {
        *by_day.entry(day).or_default() += seconds;
    }
    let mut weeks = BTreeMap::<i32, Week>::new();
    for (day, seconds) in by_day {
        let number = week_of(day);
        let week = weeks.entry(number).or_insert_with(|| empty(number));
        week.seconds += seconds;
        week.learning_days += i64::from(seconds >= policy.day_least_seconds.max(1));
        week.is_week_of_learning = week.learning_days >= policy.week_least_days.max(1);
    }
    weeks
}

/// The longest row of weeks of learning, wherever it lies.
fn longest(weeks: &BTreeMap<i32, Week>) -> i64 {
    let (mut longest, mut row, mut next) = (0, 0, i32::MIN);
    for (number, _) in weeks.iter().filter(|(_, week)| week.is_week_of_learning) {
        row = if *number == next { row + 1 } else { 1 };
        next = number + 1;
        longest = longest.max(row);
    }
    longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;

    const POLICY: RhythmPolicy = RhythmPolicy { day_least_seconds: 300, week_least_days: 2 };

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Ten minutes on each of `days`, seen on Wednesday 2026-11-25.
    fn seen(days: &[&str]) -> Rhythm {
        rhythm(days.iter().map(|text| (day(text), 600)), day("2026-11-25"), 4, &POLICY)
    }

    /// Weeks in a row now, the longest row ever, learning days ever.
    fn check(days: &[&str], expected: (i64, i64, i64)) {
        let rhythm = seen(days);
        let counts = (rhythm.current_weeks, rhythm.longest_weeks, rhythm.learning_days_in_all);
        assert_eq!(counts, expected, "{days:?}");
    }

    #[test]
    fn weeks_begin_on_monday_and_the_newest_is_last() {
        let weeks = seen(&["2026-11-22", "2026-11-23"]).weeks;
        let mondays: Vec<String> = weeks.iter().map(|week| week.first_day.to_string()).collect();
        assert_eq!(mondays, ["2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"]);
        let counts: Vec<i64> = weeks.iter().map(|week| week.learning_days).collect();
        assert_eq!(counts, [0, 0, 1, 1], "a Sunday closes a week, a Monday opens one");
        assert_eq!(monday_of(week_of(day("1970-01-01"))), day("1969-12-29"));
    }

    #[test]
    fn rows_of_weeks() {
        check(&[], (0, 0, 0));
        // One day is no week of learning yet; it is not lost either.
        check(&["2026-11-17"], (0, 0, 1));
        check(&["2026-11-17", "2026-11-18"], (1, 1, 2));
        // The running week counts as soon as it is one, and breaks nothing before.
        check(&["2026-11-17", "2026-11-18", "2026-11-24"], (1, 1, 3));
        check(&["2026-11-17", "2026-11-18", "2026-11-24", "2026-11-25"], (2, 2, 4));
        check(&["2026-11-24", "2026-11-25"], (1, 1, 2));
        // A pause of a week ends a row; what was reached stays reached.
        check(&["2026-10-26", "2026-10-27", "2026-11-03", "2026-11-04"], (0, 2, 4));
        // Days that have not come yet say nothing.
        check(&["2026-11-26", "2026-11-27"], (0, 0, 0));
    }

    #[test]
    fn evidence_that_comes_late_mends_a_row() {
        let broken = ["2026-11-03", "2026-11-04", "2026-11-17", "2026-11-18"];
        check(&broken, (1, 1, 4));
        let phone_was_without_a_network = ["2026-11-10", "2026-11-15"];
        check(&[broken.as_slice(), &phone_was_without_a_network].concat(), (3, 3, 6));
    }

    #[test]
    fn short_stretches_of_one_day_add_up() {
        let stretches = [("2026-11-17", 200), ("2026-11-17", 100), ("2026-11-18", 299)];
        let rhythm =
            rhythm(stretches.map(|(text, seconds)| (day(text), seconds)), day("2026-11-18"), 1, &POLICY);
        assert_eq!(
            rhythm.weeks,
            [Week {
                first_day: day("2026-11-16"),
                learning_days: 1,
                seconds: 599,
                is_week_of_learning: false
            }]
        );
    }

    #[test]
    fn the_night_from_sunday_to_monday_belongs_to_sunday_until_three() {
        let at = |text: &str| Timestamp::parse(text).unwrap().learning_day();
        let late = (at("2026-11-23T02:30:00+07:00"), 600);
        let early = (at("2026-11-23T03:00:00+07:00"), 600);
        let rhythm = rhythm([late, early], day("2026-11-23"), 2, &POLICY);
        assert_eq!(rhythm.weeks.iter().map(|week| week.learning_days).collect::<Vec<_>>(), [1, 1]);
    }

    proptest! {
        /// More evidence, however late, never makes a row shorter or a number smaller.
        #[test]
        fn evidence_never_shortens_anything(
            mut days in prop::collection::vec((0i32..120, 0i64..900), 0..80),
            more in (0i32..130, 0i64..900),
        ) {
            let today = day("2026-11-25");
            let at = |days: &[(i32, i64)]| {
                let days = days.iter().map(|(back, seconds)| (today.plus_days(5 - back), *seconds));
                rhythm(days.collect::<Vec<_>>(), today, 20, &POLICY)
            };
            let before = at(&days);
            days.push(more);
            let after = at(&days);
            prop_assert!(after.current_weeks >= before.current_weeks);
            prop_assert!(after.longest_weeks >= before.longest_weeks);
            prop_assert!(after.longest_weeks >= after.current_weeks);
            prop_assert!(after.learning_days_in_all >= before.learning_days_in_all);
            for (before, after) in before.weeks.iter().zip(&after.weeks) {
                prop_assert_eq!(before.first_day, after.first_day);
                prop_assert!(after.learning_days >= before.learning_days);
                prop_assert!(after.seconds >= before.seconds);
                prop_assert!(after.is_week_of_learning || !before.is_week_of_learning);
            }
        }
    }
}

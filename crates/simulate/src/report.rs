//! What a schedule came to, and what many of them came to together.

use std::collections::BTreeMap;

use densach_domain::evidence::Reason;

use crate::check::{Outcome, Violation};

/// How many violations are kept to be shown; all are counted.
const SHOWN: usize = 20;

/// What became of one schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleResult {
    pub seed: u64,
    /// What must not be, a sentence each.
    pub violations: Vec<Violation>,
    /// Of evidence that a phone was told is kept, and that is not.
    pub acknowledged_lost_seconds: i64,
    /// One a citizen.
    pub outcomes: Vec<Outcome>,
    pub line_count: usize,
    /// Seconds of all lines that did not count, by the rule that took them.
    pub clipped: BTreeMap<Reason, i64>,
}

/// Many schedules.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub schedule_count: usize,
    pub line_count: usize,
    pub violation_count: usize,
    /// The first of them.
    pub violations: Vec<Violation>,
    pub acknowledged_lost_seconds: i64,
    pub true_seconds: i64,
    pub unsaved_seconds: i64,
    pub due_seconds: i64,
    pub credited_seconds: i64,
    pub anchored_due_seconds: i64,
    /// Seconds credited less seconds due, for each citizen.
    pub errors: Vec<i64>,
    /// The same, for citizens each run of whose clocks met the server.
    pub anchored_errors: Vec<i64>,
    pub clipped: BTreeMap<Reason, i64>,
}

/// Of the signed error of all citizens, in seconds; negative where less was credited than was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distribution {
    pub citizen_count: usize,
    pub worst: i64,
    pub p1: i64,
    pub p10: i64,
    pub median: i64,
    pub p99: i64,
    pub most: i64,
}

impl Report {
    pub fn add(&mut self, result: ScheduleResult) {
        self.schedule_count += 1;
        self.line_count += result.line_count;
        self.acknowledged_lost_seconds += result.acknowledged_lost_seconds;
        self.violate(result.violations.len(), result.violations);
        for outcome in &result.outcomes {
            self.true_seconds += outcome.true_seconds;
            self.unsaved_seconds += outcome.unsaved_seconds;
            self.due_seconds += outcome.due_seconds;
            self.credited_seconds += outcome.credited_seconds;
            let error = outcome.credited_seconds - outcome.due_seconds;
            self.errors.push(error);
            if outcome.is_anchored {
                self.anchored_errors.push(error);
                self.anchored_due_seconds += outcome.due_seconds;
            }
        }
        self.clip(result.clipped);
    }

    /// Both together.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.schedule_count += other.schedule_count;
        self.line_count += other.line_count;
        self.acknowledged_lost_seconds += other.acknowledged_lost_seconds;
        self.violate(other.violation_count, other.violations);
        self.true_seconds += other.true_seconds;
        self.unsaved_seconds += other.unsaved_seconds;
        self.due_seconds += other.due_seconds;
        self.credited_seconds += other.credited_seconds;
        self.anchored_due_seconds += other.anchored_due_seconds;
        self.errors.extend(other.errors);
        self.anchored_errors.extend(other.anchored_errors);
        self.clip(other.clipped);
        self
    }

    fn violate(&mut self, count: usize, violations: Vec<Violation>) {
        self.violation_count += count;
        let room = SHOWN.saturating_sub(self.violations.len());
        self.violations.extend(violations.into_iter().take(room));
    }

    fn clip(&mut self, clipped: BTreeMap<Reason, i64>) {
        for (reason, seconds) in clipped {
            *self.clipped.entry(reason).or_default() += seconds;
        }
    }

    /// What was due and not credited, of all that was due.
    pub fn lost_share(&self) -> f64 {
        1.0 - self.credited_seconds as f64 / self.due_seconds.max(1) as f64
    }

    /// The same for citizens each run of whose clocks met the server.
    pub fn anchored_lost_share(&self) -> f64 {
        let lost: i64 = self.anchored_errors.iter().sum();
        -lost as f64 / self.anchored_due_seconds.max(1) as f64
    }
}

impl Distribution {
    /// Nothing to tell when there was no citizen.
    pub fn of(errors: &[i64]) -> Option<Self> {
        let mut sorted = errors.to_vec();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        let at = |percent: usize| sorted.get(last * percent / 100).copied();
        Some(Self {
            citizen_count: sorted.len(),
            worst: at(0)?,
            p1: at(1)?,
            p10: at(10)?,
            median: at(50)?,
            p99: at(99)?,
            most: at(100)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(errors: &[i64], violations: usize) -> ScheduleResult {
        let outcome =
            |error: &i64| Outcome { due_seconds: 100, credited_seconds: 100 + error, ..Outcome::default() };
        let violation = Violation { seed: 1, sentence: String::new() };
        ScheduleResult {
            outcomes: errors.iter().map(outcome).collect(),
            violations: vec![violation; violations],
            clipped: BTreeMap::from([(Reason::Overlap, 5)]),
            ..ScheduleResult::default()
        }
    }

    #[test]
    fn reports_add_up_however_they_are_joined() {
        let mut one = Report::default();
        one.add(result(&[-50, 0], 1));
        let mut other = Report::default();
        other.add(result(&[10], 30));
        let both = one.join(other);
        assert_eq!((both.schedule_count, both.violation_count, both.violations.len()), (2, 31, 20));
        assert_eq!(both.clipped, BTreeMap::from([(Reason::Overlap, 10)]));
        let error = Distribution::of(&both.errors).unwrap();
        assert_eq!((error.worst, error.median, error.most, error.citizen_count), (-50, 0, 10, 3));
        assert!((both.lost_share() - 40.0 / 300.0).abs() < 1e-9);
        assert_eq!(Distribution::of(&[]), None);
    }
}

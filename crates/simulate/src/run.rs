//! One schedule from its seed to its result.

use std::collections::BTreeMap;

use densach_domain::credit::CreditPolicy;

use crate::check::Findings;
use crate::course::{Course, Fault};
use crate::ledger::{Act, Ledger, Studied};
use crate::report::ScheduleResult;
use crate::schedule::Schedule;

/// Lets the schedule of a seed happen, and looks at what came of it.
pub fn run(seed: u64, policy: &CreditPolicy) -> ScheduleResult {
    run_with(seed, policy, None)
}

fn run_with(seed: u64, policy: &CreditPolicy, fault: Option<Fault>) -> ScheduleResult {
    let schedule = Schedule::draw(seed);
    let mut course = Course::new(&schedule, seed, policy, fault);
    course.happen();
    let mut findings = Findings::new(seed, policy);
    findings.phones(&course);
    course.send_again();
    findings.again(&course);
    let outcomes = findings.course(&course);
    let mut clipped = BTreeMap::new();
    for (_, studied) in course.server.ledgers.iter().flat_map(Ledger::all_studied) {
        for (reason, seconds) in studied.judgement.clipped_seconds() {
            *clipped.entry(reason).or_default() += seconds;
        }
    }
    ScheduleResult {
        seed,
        violations: findings.violations,
        acknowledged_lost_seconds: findings.acknowledged_lost_seconds,
        outcomes,
        line_count: course.server.ledgers.iter().map(|ledger| ledger.lines.len()).sum(),
        clipped,
    }
}

/// What happened in the schedule of a seed, line by line, for whoever looks for the cause of a violation.
pub fn tell(seed: u64, policy: &CreditPolicy) -> Vec<String> {
    let schedule = Schedule::draw(seed);
    let mut course = Course::new(&schedule, seed, policy, None);
    course.happen();
    let phones = course.phones.iter().enumerate();
    let items = phones.flat_map(|(number, phone)| {
        let engaged = phone.engaged.iter().map(move |engaged| format!("phone {number}: engaged {engaged:?}"));
        let items = phone.items.iter();
        let items =
            items.map(move |item| format!("phone {number}: {:?} was {:?}", item.evidence, item.truth));
        engaged.chain(items)
    });
    let ledgers = course.server.ledgers.iter().enumerate();
    let lines = ledgers.flat_map(|(person, ledger)| {
        ledger.lines.iter().map(move |line| match &line.act {
            Act::Study(Studied { device, evidence, placed, judgement, .. }) => {
                let (number, sequence) = (line.number, evidence.sequence);
                format!("citizen {person}: line {number} of {device} {sequence}: {placed:?} {judgement:?}")
            }
            Act::Confirm { .. } | Act::Reverse { .. } | Act::Uphold { .. } => {
                format!("citizen {person}: {line:?}")
            }
        })
    });
    items.chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: std::ops::Range<u64> = 0..400;

    fn policy() -> CreditPolicy {
        CreditPolicy::parse(include_str!("../../../data/policies/credit-2.toml")).unwrap()
    }

    fn sentences(policy: &CreditPolicy, fault: Option<Fault>) -> Vec<String> {
        let results = SEEDS.map(|seed| run_with(seed, policy, fault));
        results.flat_map(|result| result.violations).map(|violation| violation.sentence).collect()
    }

    #[test]
    fn honest_phones_are_credited_honestly() {
        assert_eq!(sentences(&policy(), None), [""; 0]);
    }

    #[test]
    fn a_seed_tells_the_same_story_again() {
        let policy = policy();
        for seed in SEEDS.take(20) {
            assert_eq!(run(seed, &policy), run(seed, &policy));
            assert_eq!(tell(seed, &policy), tell(seed, &policy));
        }
    }

    #[test]
    fn schedules_are_as_rough_as_they_should_be() {
        let schedules: Vec<Schedule> = SEEDS.map(Schedule::draw).collect();
        let some = |is: fn(&Schedule) -> bool| schedules.iter().filter(|schedule| is(schedule)).count();
        assert!(some(|schedule| schedule.people.len() > 1) > 20);
        assert!(some(|schedule| schedule.phones.len() > 2) > 50);
        assert!(some(|schedule| !schedule.outages.is_empty()) > 100);
        assert!(some(|schedule| !schedule.deeds.is_empty()) > 50);
        assert!(some(|schedule| schedule.phones.iter().any(|phone| phone.starts.len() > 2)) > 100);
        assert!(some(|schedule| schedule.phones.iter().any(|phone| phone.walls.len() > 1)) > 100);
    }

    /// A simulation that finds nothing wrong with a wrong server says nothing about a right one.
    #[test]
    fn a_server_that_answers_before_it_wrote_is_caught() {
        let policy = policy();
        let results = SEEDS.map(|seed| run_with(seed, &policy, Some(Fault::AnswersUnwritten)));
        assert!(results.map(|result| result.acknowledged_lost_seconds).sum::<i64>() > 1_000);
    }

    #[test]
    fn a_policy_that_believes_too_much_is_caught() {
        let right = policy();
        let caught = |change: fn(&mut CreditPolicy), word: &str| {
            let mut wrong = right.clone();
            change(&mut wrong);
            let found = sentences(&wrong, None);
            assert!(found.iter().any(|sentence| sentence.contains(word)), "{word}: {found:?}");
        };
        // Requests take longer than it thinks.
        caught(|policy| policy.clock.answer_ms = 1_000, "ms from the truth");
        // Clocks run faster than it thinks.
        caught(|policy| policy.clock.drift_ppm = 0, "the truth is");
        // People play faster than it thinks.
        caught(|policy| policy.playing.fastest_rate_percent = 150, "an honest phone");
    }
}

//! Whether the ledger of study time holds under everything that happens to phones, how far from the truth it is, and
//! what each kind of lie gains: `crates/simulate`, without a server, on all cores.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use clap::Args;
use densach_domain::credit::CreditPolicy;
use densach_simulate::{
    Adversary, AdversaryResult, Distribution, Report, run as run_schedule, run_adversary,
};

use crate::Outcome;
use crate::figure::{Figure, say};

const CREDIT_POLICY: &str = include_str!("../../../data/policies/credit-2.toml");

const SCHEDULES: u64 = 1_000_000;
const QUICK_SCHEDULES: u64 = 20_000;
/// How often each liar tries.
const TRIES: u64 = 20_000;
const QUICK_TRIES: u64 = 1_000;

#[derive(Args)]
pub struct Options {
    /// How many random schedules.
    #[arg(long)]
    schedules: Option<u64>,
    /// The first seed; each schedule has its own, counted up from here.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Options {
    /// As many as are quoted, from the first seed on.
    pub const FULL: Self = Self { schedules: None, seed: 0 };
}

pub fn run(quick: bool, options: &Options) -> Outcome {
    let policy = CreditPolicy::parse(CREDIT_POLICY)?;
    let count = options.schedules.unwrap_or(if quick { QUICK_SCHEDULES } else { SCHEDULES });
    say(&format!("simulate: {count} schedules from seed {}", options.seed));
    let report = on_all_cores(count, |part| {
        let mut report = Report::default();
        part.for_each(|offset| report.add(run_schedule(options.seed.wrapping_add(offset), &policy)));
        report
    });
    let report = report.into_iter().fold(Report::default(), Report::join);
    for violation in &report.violations {
        say(&format!("simulate: seed {}: {}", violation.seed, violation.sentence));
    }
    print_report(&report)?;
    let mut wrong = report.violation_count;
    for kind in Adversary::ALL {
        wrong += lie(kind, options.seed, if quick { QUICK_TRIES } else { TRIES }, &policy)?;
    }
    figure("simulate_violations", "violations", wrong as f64)
}

fn print_report(report: &Report) -> Outcome {
    figure("simulate_schedules", "schedules", report.schedule_count as f64)?;
    figure("simulate_lines", "lines", report.line_count as f64)?;
    figure("simulate_acknowledged_lost", "s", report.acknowledged_lost_seconds as f64)?;
    figure("simulate_unsaved_share", "ratio", share(report.unsaved_seconds, report.true_seconds))?;
    figure("simulate_lost_share", "ratio", report.lost_share())?;
    figure("simulate_lost_share.anchored", "ratio", report.anchored_lost_share())?;
    for (whose, errors) in [("", &report.errors), (".anchored", &report.anchored_errors)] {
        let values: Vec<f64> = errors.iter().map(|error| *error as f64).collect();
        // The median of all citizens, with the worst and the best beside it.
        Figure::new(format!("simulate_error_seconds{whose}"), "s", &values).print()?;
        let Some(error) = Distribution::of(errors) else { continue };
        for (name, value) in [("p1", error.p1), ("p10", error.p10), ("p99", error.p99)] {
            figure(&format!("simulate_error_seconds{whose}.{name}"), "s", value as f64)?;
        }
    }
    Ok(())
}

/// What one kind of lie gains, and what it can gain at most; answers how often something was wrong.
fn lie(kind: Adversary, seed: u64, tries: u64, policy: &CreditPolicy) -> Outcome<usize> {
    let results = on_all_cores(tries, |part| {
        let results = part.map(|offset| run_adversary(kind, seed.wrapping_add(offset), policy));
        results.collect::<Vec<AdversaryResult>>()
    });
    let results: Vec<AdversaryResult> = results.into_iter().flatten().collect();
    let wrong: Vec<_> = results.iter().flat_map(|result| &result.violations).collect();
    for violation in wrong.iter().take(3) {
        say(&format!("simulate: {} of seed {}: {}", kind.name(), violation.seed, violation.sentence));
    }
    say(&format!("simulate: {}: at most {}", kind.name(), kind.bound()));
    let values = |value: fn(&AdversaryResult) -> i64| -> Vec<f64> {
        results.iter().map(|result| value(result) as f64).collect()
    };
    let (name, excess) = (kind.name(), values(|result| result.excess_seconds));
    Figure::new(format!("simulate_excess_seconds.{name}"), "s", &excess).print()?;
    let bound = values(|result| result.bound_seconds);
    Figure::new(format!("simulate_excess_bound_seconds.{name}"), "s", &bound).print()?;
    Ok(wrong.len())
}

/// The answers of all cores: each gets its share of the numbers below `count`.
fn on_all_cores<T: Send>(count: u64, answer: impl Fn(&mut dyn Iterator<Item = u64>) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let answer = &answer;
        let parts = 0..count.min(cores as u64);
        let running: Vec<_> =
            parts.map(|part| scope.spawn(move || answer(&mut (part..count).step_by(cores)))).collect();
        let answers = running.into_iter().map(thread::ScopedJoinHandle::join);
        // What panics there, panics here.
        answers.map(|answer| answer.unwrap_or_else(|cause| resume_unwind(cause))).collect()
    })
}

fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn figure(name: &str, unit: &'static str, value: f64) -> Outcome {
    Figure::new(name, unit, &[value]).print()
}

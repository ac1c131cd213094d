//! The ledger under everything that happens to phones: twenty thousand random schedules, and every liar that we thought
//! of. `densach-bench simulate` runs a million. A seed that fails here is shown by `densach_simulate::tell`.

use std::error::Error;
use std::fmt::Write as _;
use std::num::NonZero;
use std::thread;

use densach_domain::credit::CreditPolicy;
use densach_simulate::{Adversary, AdversaryResult, Distribution, Report, run, run_adversary};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const SCHEDULES: u64 = 20_000;
/// How often each liar tries.
const TRIES: u64 = 300;

fn policy() -> Outcome<CreditPolicy> {
    Ok(CreditPolicy::parse(include_str!("../../data/policies/credit-2.toml"))?)
}

#[test]
#[expect(clippy::print_stdout, reason = "how far from the truth we are is what the run is asked for")]
fn twenty_thousand_schedules_hold() -> Outcome {
    let policy = policy()?;
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let report = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let policy = &policy;
                scope.spawn(move || {
                    let mut report = Report::default();
                    for seed in (0..SCHEDULES).filter(|seed| seed % threads == part) {
                        report.add(run(seed, policy));
                    }
                    report
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).fold(Report::default(), Report::join)
    });
    assert_eq!(report.violation_count, 0, "{:#?}", report.violations);
    assert_eq!(report.acknowledged_lost_seconds, 0);
    assert_eq!(report.schedule_count as u64, SCHEDULES);
    println!("{} schedules, {} lines", report.schedule_count, report.line_count);
    let anchored = report.anchored_lost_share();
    for (whose, errors, lost) in [
        ("all citizens", &report.errors, report.lost_share()),
        ("those each run of whose clocks met the server", &report.anchored_errors, anchored),
    ] {
        let error = Distribution::of(errors).ok_or("there were no citizens")?;
        println!("{whose}: {error:?} s; {:.2} % of what was due was not credited", lost * 100.0);
    }
    Ok(())
}

#[test]
#[expect(clippy::print_stdout, reason = "what a lie gains is what the run is asked for")]
fn no_lie_gains_more_than_the_policy_allows() -> Outcome {
    let policy = policy()?;
    let mut table = String::new();
    for kind in Adversary::ALL {
        let results: Vec<AdversaryResult> =
            (0..TRIES).map(|seed| run_adversary(kind, seed, &policy)).collect();
        let wrong: Vec<_> = results.iter().flat_map(|result| &result.violations).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", kind.name());
        let worst = results.iter().map(|result| result.excess_seconds).max().unwrap_or(0);
        let bound = results.iter().map(|result| result.bound_seconds).max().unwrap_or(0);
        let (name, words) = (kind.name(), kind.bound());
        writeln!(table, "{name:22} at most {worst:7} s too much; bound {bound:7} s: {words}")?;
    }
    println!("{table}");
    Ok(())
}

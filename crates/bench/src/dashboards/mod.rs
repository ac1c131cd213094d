//! Whether a dashboard costs what it shows, and not what lies under it: the year of a province by month, trust class and
//! unit below, and the year of one citizen, asked by HTTP with the documents that ship.

mod floor;
mod province;

use densach_store::testkit::TestDatabase;
use serde_json::Value;

use self::province::Province;
use crate::Outcome;
use crate::figure::{Figure, instant, milliseconds, say};
use crate::load::{Connection, Target};

const FLOOR: &str = "one SQL statement through a pool of this program";
/// How many units below a unit the document shows.
pub const CHILDREN: usize = 50;
pub const MONTHS: usize = 12;

/// How many people, and how often to ask. A percentile is taken of the requests of a round.
struct Plan {
    few: u32,
    many: u32,
    rounds: usize,
    requests: usize,
}

const WARM_REQUESTS: usize = 10;

pub async fn run(quick: bool) -> Outcome {
    let plan = if quick {
        say("dashboards: --quick has 100,000 citizens, not 1,000,000");
        Plan { few: 10_000, many: 100_000, rounds: 1, requests: 200 }
    } else {
        Plan { few: 10_000, many: 1_000_000, rounds: 5, requests: 200 }
    };
    on(TestDatabase::sqlite().await, TestDatabase::sqlite().await, &plan).await?;
    on(TestDatabase::postgres().await, TestDatabase::postgres().await, &plan).await
}

async fn on(few: TestDatabase, many: TestDatabase, plan: &Plan) -> Outcome {
    let name = few.name();
    say(&format!("dashboards: {name}: provinces of {} and {} citizens are made", plan.few, plan.many));
    let few = Province::make(few, plan.few).await?;
    let many = Province::make(many, plan.many).await?;
    say(&format!("dashboards: {name}: asking"));
    unit_year(&few, &many, plan, name).await?;
    citizen_year(&many, plan, name).await
}

/// Times of one side, round by round.
#[derive(Default)]
struct Times {
    p50: Vec<f64>,
    p95: Vec<f64>,
}

impl Times {
    fn add(&mut self, round: &[f64]) {
        self.p50.push(percentile(round, 50));
        self.p95.push(percentile(round, 95));
    }
}

/// The smallest sample that at least `percent` of all samples do not pass.
fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// The year of the province, in turn in a small and in a large one, and the rows of it without anything around them.
async fn unit_year(few: &Province, many: &Province, plan: &Plan, name: &str) -> Outcome {
    let mut to_few = Connection::open(few.port()).await?;
    let mut to_many = Connection::open(many.port()).await?;
    must_be_a_year(&ask(&mut to_few, &few.unit, 0).await?.1)?;
    must_be_a_year(&ask(&mut to_many, &many.unit, 0).await?.1)?;
    let (mut floor, mut small, mut large) = (Times::default(), Times::default(), Times::default());
    for round in 0..=plan.rounds {
        let requests = if round == 0 { WARM_REQUESTS } else { plan.requests };
        let (mut rows, mut of_few, mut of_many) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..requests {
            rows.push(many.floor.unit_year().await?);
            of_few.push(ask(&mut to_few, &few.unit, index).await?.0);
            of_many.push(ask(&mut to_many, &many.unit, index).await?.0);
        }
        if round > 0 {
            floor.add(&rows);
            small.add(&of_few);
            large.add(&of_many);
        }
    }
    Figure::beside(format!("unit_year_p50_ms.{name}"), FLOOR, "ms", &floor.p50, &large.p50).print()?;
    Figure::beside(format!("unit_year_p95_ms.{name}"), FLOOR, "ms", &floor.p95, &large.p95).print()?;
    let what = "the same with 10,000 citizens, p50";
    Figure::ratio(format!("unit_year_growth.{name}"), what, "ms", &small.p50, &large.p50).print()
}

/// The years of citizens, another one each time.
async fn citizen_year(many: &Province, plan: &Plan, name: &str) -> Outcome {
    let mut connection = Connection::open(many.port()).await?;
    let (mut floor, mut ours) = (Times::default(), Times::default());
    for round in 0..=plan.rounds {
        let requests = if round == 0 { WARM_REQUESTS } else { plan.requests };
        let (mut rows, mut answers) = (Vec::new(), Vec::new());
        for person in many.people.iter().cycle().take(requests) {
            rows.push(many.floor.citizen_year(person.citizen).await?);
            let (ms, answer) = ask(&mut connection, &person.target, 0).await?;
            let days = answer["data"]["viewer"]["citizen"]["studyDays"].as_array();
            if days.is_none_or(Vec::is_empty) {
                return Err(format!("a citizen without a year: {answer:#}").into());
            }
            answers.push(ms);
        }
        if round > 0 {
            floor.add(&rows);
            ours.add(&answers);
        }
    }
    Figure::beside(format!("citizen_year_p50_ms.{name}"), FLOOR, "ms", &floor.p50, &ours.p50).print()?;
    Figure::beside(format!("citizen_year_p95_ms.{name}"), FLOOR, "ms", &floor.p95, &ours.p95).print()
}

/// How many milliseconds an answer took, and what it was; it is read only after the time is taken.
async fn ask(connection: &mut Connection, target: &Target, index: usize) -> Outcome<(f64, Value)> {
    let request = target.request(index)?;
    let (ms, answer) = timed(connection.send(request)).await?;
    Ok((ms, answer.data()?))
}

async fn timed<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<(f64, T)> {
    let started = instant();
    let answer = work.await?;
    Ok((milliseconds(started.elapsed()), answer))
}

/// That the document holds what was seeded: twelve months of the province and of fifty communes, in three classes.
fn must_be_a_year(answer: &Value) -> Outcome {
    let province = &answer["data"]["office"];
    let below = list(&province["branches"]["nodes"]);
    if is_year(province) && below.len() == CHILDREN && below.iter().all(is_year) {
        Ok(())
    } else {
        let text: String = answer.to_string().chars().take(2000).collect();
        Err(format!("the document does not hold the year that was seeded: {text}").into())
    }
}

fn is_year(unit: &Value) -> bool {
    let has_hours =
        |class: &&Value| class["seconds"].as_i64() > Some(0) && class["activeCount"].as_i64() > Some(0);
    let is_whole = |month: &Value| list(&month["byTrust"]).iter().filter(has_hours).count() == 3;
    let months = list(&unit["months"]);
    months.len() == MONTHS && months.iter().all(is_whole)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_samples() {
        let samples: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!((percentile(&samples, 50), percentile(&samples, 95)), (100.0, 190.0));
        assert_eq!(percentile(&[7.0], 95), 7.0);
        assert!(percentile(&[], 95).is_nan());
    }
}

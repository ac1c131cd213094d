//! How much of what the machine could do is left when documents go through the schema, the use cases and the store: our
//! server against a hand-written handler with one prepared statement for each document, on the same database.

pub mod floor;
pub mod ours;
mod seed;
mod shape;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use densach_graphql::{DOCUMENTS, Document};
use densach_server::secrets::Secrets;
use densach_store::testkit::TestDatabase;
use serde_json::{Value, json};

use crate::figure::{Figure, say};
use crate::load::{self, Connection, Target};
use crate::process::{self, Process, free_port};
use crate::{Outcome, stack};

use self::seed::Seed;

const FLOOR: &str = "axum + one prepared statement";
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to measure.
struct Plan {
    rounds: usize,
    warm: Duration,
    measured: Duration,
}

/// The same question to both sides.
struct Pair {
    name: &'static str,
    floor: Arc<Target>,
    ours: Arc<Target>,
}

pub async fn run(quick: bool) -> Outcome {
    let ms = Duration::from_millis;
    let plan = if quick {
        Plan { rounds: 2, warm: ms(300), measured: ms(1500) }
    } else {
        Plan { rounds: 5, warm: ms(1000), measured: ms(4000) }
    };
    on(&TestDatabase::sqlite().await, &plan).await?;
    on(&TestDatabase::postgres().await, &plan).await
}

async fn on(database: &TestDatabase, plan: &Plan) -> Outcome {
    let name = database.name();
    say(&format!("documents: {name}"));
    let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
    let secrets = Secrets::load_or_create(&stack::secrets_file(folder.path()), true)?;
    let seed = seed::fill(database.store()).await?;
    let token = seed::token(seed.session, &secrets)?;

    let home = vec![body("Home", json!({ "first": 20 }))?];
    let slugs = seed.works.iter().map(|work| json!({ "slug": work.slug }));
    let lessons = slugs.map(|variables| body("Lesson", variables)).collect::<Outcome<Vec<_>>>()?;
    let target = |port: u16, path: &'static str, bodies: &[Bytes]| {
        Arc::new(Target { port, path, authorization: format!("Bearer {token}"), bodies: bodies.to_vec() })
    };

    let ours = start_ours(folder.path(), database.url()).await?;
    let ours_home = target(ours.port, "/graphql", &home);
    let ours_lesson = target(ours.port, "/graphql", &lessons);
    let works: Vec<Value> =
        answers(&ours_lesson).await?.into_iter().map(|mut answer| answer["data"]["work"].take()).collect();
    seed::side_tables(database.url(), &seed.works, &works).await?;
    let floor = start_floor(folder.path(), database.url(), &seed).await?;
    let pairs = [
        Pair { name: "home", floor: target(floor.port, "/home", &home), ours: ours_home },
        Pair { name: "lesson", floor: target(floor.port, "/lesson", &lessons), ours: ours_lesson },
    ];

    for pair in &pairs {
        pair.must_agree().await?;
    }
    check_home(&answers(&pairs[0].ours).await?)?;
    for pair in &pairs {
        pair.measure(plan, name).await?;
    }
    let slug = seed.works.first().map(|work| work.slug.as_str());
    for (figure, title, variables) in
        [("home", "Home", json!({ "first": 20 })), ("lesson", "Lesson", json!({ "slug": slug }))]
    {
        let counts = ours::statements(database.url(), seed.session, document(title)?, &variables).await?;
        for (when, count) in [("cold", counts.cold), ("warm", counts.warm)] {
            let figure = format!("{figure}_document_statements_{when}.{name}");
            Figure::new(figure, "statements", &[count as f64]).print()?;
        }
    }
    Ok(())
}

async fn start_ours(folder: &Path, database: &str) -> Outcome<Process> {
    let port = free_port()?;
    let mut command = this_program(folder)?;
    command.arg("serve-ours").envs(stack::environment(folder, database, port));
    started(command, port).await
}

async fn start_floor(folder: &Path, database: &str, seed: &Seed) -> Outcome<Process> {
    let port = free_port()?;
    let mut command = this_program(folder)?;
    command
        .arg("serve-floor")
        .args(["--database", database])
        .args(["--port", &port.to_string()])
        .arg("--secrets")
        .arg(stack::secrets_file(folder))
        .args(["--session", &seed.session.to_string()])
        .args(["--citizen", &seed.citizen.to_string()]);
    started(command, port).await
}

fn this_program(folder: &Path) -> Outcome<Command> {
    Ok(process::command(std::env::current_exe()?, folder))
}

async fn started(command: Command, port: u16) -> Outcome<Process> {
    let mut process = Process::spawn(command, port)?;
    process.until(PATIENCE, || load::get("/health/live"), |answer| answer.status.is_success()).await?;
    Ok(process)
}

/// A shipped document.
pub fn document(name: &str) -> Outcome<&'static Document> {
    let found = DOCUMENTS.iter().find(|document| document.name == name);
    Ok(found.ok_or_else(|| format!("no document {name} is shipped"))?)
}

fn body(name: &str, variables: Value) -> Outcome<Bytes> {
    let asked = json!({ "documentId": document(name)?.hash, "variables": variables });
    Ok(serde_json::to_vec(&asked)?.into())
}

/// What is answered to each body of a target.
async fn answers(target: &Target) -> Outcome<Vec<Value>> {
    let mut connection = Connection::open(target.port).await?;
    let mut answers = Vec::with_capacity(target.bodies.len());
    for index in 0..target.bodies.len() {
        answers.push(connection.send(target.request(index)?).await?.data()?);
    }
    Ok(answers)
}

/// That there was something to load: covers, topics, and progress on half of the works.
fn check_home(answers: &[Value]) -> Outcome {
    let nodes = answers.first().and_then(|answer| answer["data"]["works"]["nodes"].as_array());
    let whole = nodes.is_some_and(|nodes| {
        nodes.len() == 20
            && nodes.iter().filter(|node| node["progress"].is_object()).count() == 10
            && nodes.iter().all(|node| node["cover"]["url"].is_string())
            && nodes.iter().all(|node| node["topics"].as_array().is_some_and(|topics| topics.len() == 3))
    });
    if whole { Ok(()) } else { Err("the home document does not hold what was seeded".into()) }
}

/// Addresses are signed by one side and kept by the other.
fn without_urls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "url"
                    && let Value::String(url) = value
                {
                    url.clear();
                } else {
                    without_urls(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_urls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Pair {
    /// Both sides must say the same, or the comparison is void.
    async fn must_agree(&self) -> Outcome {
        let (mut floor, mut ours) = (answers(&self.floor).await?, answers(&self.ours).await?);
        for (floor, ours) in floor.iter_mut().zip(&mut ours) {
            without_urls(floor);
            without_urls(ours);
            if floor != ours {
                let what = format!("{}: the sides differ:\nfloor {floor:#}\nours {ours:#}", self.name);
                return Err(what.into());
            }
        }
        Ok(())
    }

    /// In turn; whoever begins a round is second in the next.
    async fn measure(&self, plan: &Plan, database: &str) -> Outcome {
        let (mut floor, mut ours) = (Vec::new(), Vec::new());
        for round in 0..plan.rounds {
            let mut sides = [(&self.floor, &mut floor), (&self.ours, &mut ours)];
            if round % 2 == 1 {
                sides.reverse();
            }
            for (target, rates) in sides {
                rates.push(load::requests_per_second(target.clone(), plan.warm, plan.measured).await?);
            }
        }
        let figure = format!("{}_document_ratio.{database}", self.name);
        Figure::ratio(figure, FLOOR, "req/s", &floor, &ours).print()
    }
}

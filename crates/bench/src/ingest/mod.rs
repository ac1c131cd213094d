//! How much of what the database could take is left when study evidence is authenticated, placed in true time, judged,
//! credited and summed up before it is acknowledged: our server against a hand-written handler that writes the same
//! items with one INSERT and does nothing else.

mod drive;
pub mod floor;
mod history;
mod mail;
mod recompute;

use std::sync::Arc;

use densach_server::secrets::Secrets;
use densach_store::testkit::TestDatabase;
use tokio::task::JoinSet;

use self::drive::{deliver, must_be_received};
use self::floor::Table;
use self::history::History;
use self::mail::{Mail, Parcel};
use crate::figure::{Figure, instant, say};
use crate::load::{self, Connection};
use crate::pool::Pool;
use crate::process::Process;
use crate::{Failure, Outcome, side, stack};

const FLOOR: &str = "axum + serde + one multi-row INSERT";
const SINGLE_FLOOR: &str = "axum + serde + one INSERT";

/// Items of a batch.
const ITEMS: usize = 100;
const CLIENTS: usize = 8;
/// How many phones come back to the network at the same moment.
const CROWD: usize = 64;
/// What is sent before anything is measured.
const WARM_BATCHES: usize = 16;

/// How much to send.
struct Plan {
    citizens: u32,
    rounds: usize,
    /// In each round to each side.
    batches: usize,
    singles: usize,
    crowds: usize,
}

pub async fn run(quick: bool) -> Outcome {
    let plan = if quick {
        say("ingest: --quick has 500 citizens with a year of history, not 10,000");
        Plan { citizens: 500, rounds: 2, batches: 60, singles: 150, crowds: 3 }
    } else {
        Plan { citizens: 10_000, rounds: 5, batches: 400, singles: 1_000, crowds: 10 }
    };
    recompute::binary()?;
    on(&TestDatabase::sqlite().await, &plan).await?;
    // What is acknowledged must be on the disk, on both sides; so this cluster waits for it.
    on(&TestDatabase::postgres_durable().await, &plan).await
}

async fn on(database: &TestDatabase, plan: &Plan) -> Outcome {
    let name = database.name();
    say(&format!("ingest: {name}: {} citizens get their year", plan.citizens));
    let folder = tempfile::Builder::new().prefix("densach-bench-").tempdir()?;
    let secrets = Secrets::load_or_create(&stack::secrets_file(folder.path()), true)?;
    let history = History::make(database, plan.citizens).await?;
    let lines = history.line_count;

    let ours = side::ours(folder.path(), database.url()).await?;
    let floor = side::floor(folder.path(), "serve-ingest-floor", database.url()).await?;
    let table = Arc::new(Table::open(database.url()).await?);
    let mut mail = Mail::new(history, secrets);
    let mut sides = Sides { floor: &floor, ours: &ours, acknowledged: 0 };

    say(&format!("ingest: {name}: batches"));
    sides.warm(&mut mail).await?;
    sides.batches(plan, &mut mail, &table, name).await?;
    sides.singles(plan, &mut mail, name).await?;
    sides.crowds(plan, &mut mail, name).await?;

    // Killed without a word: what was acknowledged is there.
    let expected = lines + sides.acknowledged;
    drop(ours);
    let pool = Pool::connect(database.url(), 1).await?;
    let found = pool.number("SELECT count(*) FROM study_line").await?;
    Figure::new(format!("evidence_lost.{name}"), "items", &[(expected - found) as f64]).print()?;
    if found != expected {
        return Err(format!("{expected} items were acknowledged, and {found} are there").into());
    }
    drop(floor);
    say(&format!("ingest: {name}: everything is worked out again"));
    recompute::run(folder.path(), database).await
}

/// The two servers, and how many items ours has acknowledged.
struct Sides<'a> {
    floor: &'a Process,
    ours: &'a Process,
    acknowledged: i64,
}

impl Sides<'_> {
    /// How many items a second our side takes; every one must be acknowledged and earn what it should.
    async fn ours(&mut self, parcels: &Arc<Vec<Parcel>>, clients: usize) -> Outcome<f64> {
        let delivered = deliver(self.ours.port, "/graphql", parcels.clone(), clients).await?;
        self.acknowledged += must_be_received(parcels, &delivered.answers, true)?;
        Ok(delivered.items_per_second)
    }

    async fn floor(&self, parcels: &Arc<Vec<Parcel>>, clients: usize) -> Outcome<f64> {
        let delivered = deliver(self.floor.port, "/evidence", parcels.clone(), clients).await?;
        must_be_received(parcels, &delivered.answers, false)?;
        Ok(delivered.items_per_second)
    }

    /// In turn; whoever begins a round is second in the next. Both get the same.
    async fn both(
        &mut self,
        round: usize,
        parcels: &Arc<Vec<Parcel>>,
        clients: usize,
    ) -> Outcome<(f64, f64)> {
        if round.is_multiple_of(2) {
            let floor = self.floor(parcels, clients).await?;
            Ok((floor, self.ours(parcels, clients).await?))
        } else {
            let ours = self.ours(parcels, clients).await?;
            Ok((self.floor(parcels, clients).await?, ours))
        }
    }

    async fn warm(&mut self, mail: &mut Mail) -> Outcome {
        let parcels = Arc::new(mail.batches(WARM_BATCHES, ITEMS)?);
        self.both(0, &parcels, CLIENTS).await?;
        Ok(())
    }

    async fn batches(&mut self, plan: &Plan, mail: &mut Mail, table: &Arc<Table>, name: &str) -> Outcome {
        let (mut floor, mut ours, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..plan.rounds {
            let parcels = Arc::new(mail.batches(plan.batches, ITEMS)?);
            let rates = self.both(round, &parcels, CLIENTS).await?;
            floor.push(rates.0);
            ours.push(rates.1);
            raw.push(inserted_per_second(table, &parcels).await?);
        }
        Figure::ratio(format!("evidence_ingest_ratio.{name}"), FLOOR, "items/s", &floor, &ours).print()?;
        Figure::new(format!("evidence_insert_rate.{name}"), "items/s", &raw).print()
    }

    /// One phone with a good line, item by item.
    async fn singles(&mut self, plan: &Plan, mail: &mut Mail, name: &str) -> Outcome {
        let (mut floor, mut ours) = (Vec::new(), Vec::new());
        for round in 0..plan.rounds {
            let parcels = Arc::new(mail.singles(plan.singles)?);
            let rates = self.both(round, &parcels, 1).await?;
            floor.push(rates.0);
            ours.push(rates.1);
        }
        let figure = format!("evidence_single_ratio.{name}");
        Figure::ratio(figure, SINGLE_FLOOR, "items/s", &floor, &ours).print()
    }

    /// Many phones at once: how many commits their batches take, one being the share of each that waits alone.
    async fn crowds(&mut self, plan: &Plan, mail: &mut Mail, name: &str) -> Outcome {
        let mut shares = Vec::new();
        for _ in 0..plan.crowds {
            let parcels = Arc::new(mail.batches(CROWD, ITEMS)?);
            let before = commits_and_batches(self.ours.port).await?;
            self.ours(&parcels, CROWD).await?;
            let after = commits_and_batches(self.ours.port).await?;
            let (commits, batches) = (after.0 - before.0, after.1 - before.1);
            if batches != CROWD as f64 {
                return Err(format!("{CROWD} batches were sent, and {batches} were counted").into());
            }
            shares.push(commits / batches);
        }
        Figure::new(format!("evidence_commits_per_batch.{CROWD}.{name}"), "commits", &shares).print()
    }
}

/// What the database takes without HTTP and without JSON: the statements of the floor, as many at a time as there are
/// clients. The same rows under numbers of their own.
async fn inserted_per_second(table: &Arc<Table>, parcels: &[Parcel]) -> Outcome<f64> {
    let mut stacks: Vec<Vec<Vec<floor::Row>>> = (0..CLIENTS).map(|_| Vec::new()).collect();
    for (index, parcel) in parcels.iter().enumerate() {
        let mut rows = floor::read(&parcel.body)?;
        rows.iter_mut().for_each(floor::Row::renumber);
        if let Some(stack) = stacks.get_mut(index % CLIENTS) {
            stack.push(rows);
        }
    }
    let items: usize = parcels.iter().map(|parcel| parcel.items).sum();
    let started = instant();
    let mut tasks = JoinSet::new();
    for stack in stacks {
        let table = table.clone();
        tasks.spawn(async move {
            for rows in stack {
                table.insert(&rows).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(items as f64 / started.elapsed().as_secs_f64())
}

/// What our server has counted since it started.
async fn commits_and_batches(port: u16) -> Outcome<(f64, f64)> {
    let answer = Connection::open(port).await?.send(load::get("/metrics")?).await?;
    let text = String::from_utf8_lossy(&answer.body);
    let count = |name: &str| -> f64 {
        // A counter that never counted is not there yet.
        let values = text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        values.sum()
    };
    Ok((count("densach_ledger_commits_total "), count("densach_ledger_batches_total ")))
}

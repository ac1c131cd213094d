//! The clients: connections that are kept, which take the next parcel as soon as the last one is acknowledged, on a
//! thread and a runtime of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::task::JoinSet;

use super::mail::Parcel;
use crate::Outcome;
use crate::figure::instant;
use crate::load::{Answer, Connection};

/// How fast parcels were taken, and what was said of each.
pub struct Delivered {
    pub items_per_second: f64,
    pub answers: Vec<(usize, Answer)>,
}

/// Hands over everything; the time runs from the first parcel to the last acknowledgement.
pub async fn deliver(
    port: u16,
    path: &'static str,
    parcels: Arc<Vec<Parcel>>,
    clients: usize,
) -> Outcome<Delivered> {
    let work = move || -> Outcome<Delivered> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(all(port, path, parcels, clients))
    };
    tokio::task::spawn_blocking(work).await?
}

async fn all(port: u16, path: &'static str, parcels: Arc<Vec<Parcel>>, clients: usize) -> Outcome<Delivered> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(port).await?);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let started = instant();
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(client(connection, path, parcels.clone(), next.clone()));
    }
    let mut answers = Vec::with_capacity(parcels.len());
    while let Some(task) = tasks.join_next().await {
        answers.extend(task??);
    }
    let seconds = started.elapsed().as_secs_f64();
    let items: usize = parcels.iter().map(|parcel| parcel.items).sum();
    Ok(Delivered { items_per_second: items as f64 / seconds, answers })
}

async fn client(
    mut connection: Connection,
    path: &'static str,
    parcels: Arc<Vec<Parcel>>,
    next: Arc<AtomicUsize>,
) -> Outcome<Vec<(usize, Answer)>> {
    let mut answers = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(parcel) = parcels.get(index) else { return Ok(answers) };
        answers.push((index, connection.send(parcel.request(path)?).await?));
    }
}

/// That every item of every parcel was taken, and, where time is credited, that it was; else the comparison is void.
/// Answers how many items there were.
pub fn must_be_received(parcels: &[Parcel], answers: &[(usize, Answer)], credits: bool) -> Outcome<i64> {
    if answers.len() != parcels.len() {
        return Err(format!("{} of {} batches were answered", answers.len(), parcels.len()).into());
    }
    let mut count = 0;
    for (index, answer) in answers {
        let parcel = parcels.get(*index).ok_or("an answer to nothing")?;
        let said = answer.data()?;
        let results =
            said["data"]["sendEvidence"]["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let taken = results.iter().filter(|result| is_taken(result)).count();
        let credited: i64 = results.iter().filter_map(|result| result["creditedSeconds"].as_i64()).sum();
        // Clocks are believed to be off by some seconds in a day, and whole seconds are rounded down.
        let is_credited = !credits || credited * 10 >= parcel.seconds() * 9;
        if taken != parcel.items || !is_credited {
            let text: String = said.to_string().chars().take(1000).collect();
            return Err(format!("{taken} of {} items, {credited} s: {text}", parcel.items).into());
        }
        count += parcel.items as i64;
    }
    Ok(count)
}

fn is_taken(result: &Value) -> bool {
    matches!(result["verdict"].as_str(), Some("ACCEPTED" | "CLIPPED"))
}

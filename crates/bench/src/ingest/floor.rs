//! The floor: what a handler written by hand would do at best that takes the same items and only keeps them. No
//! credentials, no clocks, no credit, no sums: JSON in, one INSERT, done.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use densach_domain::id::{CitizenId, WorkId};
use densach_domain::{Clock as _, Timestamp};
use densach_server::wiring::SystemClock;
use http::{StatusCode, header};
use sea_orm::sqlx::{self, AssertSqlSafe, Postgres, Sqlite};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::ITEMS;
use crate::Outcome;
use crate::pool::{CONNECTIONS, Pool};

#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    database: String,
    #[arg(long)]
    port: u16,
}

pub async fn serve(options: &Options) -> Outcome {
    let router = Router::new()
        .route("/evidence", post(take))
        .route("/health/live", get(|| async { "ok\n" }))
        .with_state(Arc::new(Table::open(&options.database).await?));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    Ok(axum::serve(listener, router).await?)
}

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    variables: Variables<'a>,
}

#[derive(Deserialize)]
struct Variables<'a> {
    #[serde(borrow)]
    input: Input<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
    citizen_id: CitizenId,
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

/// An item as it comes and as it is kept.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    sequence: i64,
    work_id: WorkId,
    source: &'a str,
    started_at: &'a str,
    ended_at: &'a str,
    boot_id: &'a str,
    started_elapsed_ms: i64,
    ended_elapsed_ms: i64,
    focus: &'a str,
    media_start_ms: i64,
    media_end_ms: i64,
    longest_idle_ms: i64,
}

/// A line, as far as a handler knows it that judges nothing.
pub struct Row {
    citizen: Uuid,
    sequence: i64,
    said: String,
    started_s: i64,
}

impl Row {
    /// Moves it out of the way of the row that the server of the floor wrote.
    pub fn renumber(&mut self) {
        self.sequence += 1_000_000_000;
    }
}

/// The items of a request.
pub fn read(body: &[u8]) -> Outcome<Vec<Row>> {
    let asked: Asked<'_> = serde_json::from_slice(body)?;
    let input = asked.variables.input;
    let citizen = input.citizen_id.uuid();
    let row = |item: &Item<'_>| -> Outcome<Row> {
        let started_at = Timestamp::parse(item.started_at).ok_or("no time")?;
        let said = serde_json::to_string(item)?;
        Ok(Row { citizen, sequence: item.sequence, said, started_s: started_at.ms() / 1000 })
    };
    input.items.iter().map(row).collect()
}

/// The table `bench_line`, and how to write to it.
pub struct Table {
    pool: Pool,
    one: Arc<str>,
    batch: Arc<str>,
}

// The rows of the two dialects are bound to different types in the same way.
macro_rules! insert {
    ($db:ty, $pool:expr, $sql:expr, $rows:expr, $now:expr) => {{
        let mut query = sqlx::query::<$db>(AssertSqlSafe($sql));
        for row in $rows {
            // One device and one account a citizen, so one id does for all three.
            query = query.bind(row.citizen).bind(row.sequence).bind(row.citizen).bind(row.sequence);
            query = query.bind(row.citizen).bind(row.said.as_str()).bind(row.started_s).bind($now);
        }
        query.execute($pool).await?;
    }};
}

impl Table {
    /// SQLite has one writer, so one connection is the fastest; PostgreSQL gets as many as our side.
    pub async fn open(database: &str) -> Outcome<Self> {
        let connections = if database.starts_with("sqlite:") { 1 } else { CONNECTIONS };
        let pool = Pool::connect(database, connections).await?;
        let [one, batch] = [1, ITEMS].map(|rows| statement(rows, pool.is_postgres()).into());
        Ok(Self { pool, one, batch })
    }

    pub async fn insert(&self, rows: &[Row]) -> Outcome {
        let sql = match rows.len() {
            1 => self.one.clone(),
            ITEMS => self.batch.clone(),
            count => statement(count, self.pool.is_postgres()).into(),
        };
        let now = SystemClock.now().ms();
        match &self.pool {
            Pool::Sqlite(pool) => insert!(Sqlite, pool, sql, rows, now),
            Pool::Postgres(pool) => insert!(Postgres, pool, sql, rows, now),
        }
        Ok(())
    }
}

/// A line's number is its sequence number. On SQLite places have no names, because a name is looked for among all others
/// each time that it is bound.
fn statement(rows: usize, is_postgres: bool) -> String {
    let row = |index: usize| {
        let [citizen, number, device, sequence, account, said, started, received]: [String; 8] =
            std::array::from_fn(|place| {
                if is_postgres { format!("${}", index * 8 + place + 1) } else { "?".to_owned() }
            });
        format!(
            "({citizen}, {number}, 'study', {device}, {sequence}, {account}, 'own', {said}, '{{}}', {started}, \
             'credit-2', {received})"
        )
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO bench_line (citizen_id, number, deed, device_id, sequence, account_id, standing, said, judged, \
         started_s, policy, received_at) VALUES {}",
        rows.join(", ")
    )
}

#[derive(Serialize)]
struct Data<T> {
    data: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    send_evidence: Receipt,
}

#[derive(Serialize)]
struct Receipt {
    results: Vec<Taken>,
}

#[derive(Serialize)]
struct Taken {
    sequence: i64,
    verdict: &'static str,
}

async fn take(State(table): State<Arc<Table>>, body: Bytes) -> Response {
    match answer(&table, &body).await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(failure) => (StatusCode::INTERNAL_SERVER_ERROR, failure.to_string()).into_response(),
    }
}

async fn answer(table: &Table, body: &[u8]) -> Outcome<Vec<u8>> {
    let rows = read(body)?;
    table.insert(&rows).await?;
    let results = rows.iter().map(|row| Taken { sequence: row.sequence, verdict: "ACCEPTED" }).collect();
    Ok(serde_json::to_vec(&Data { data: Sent { send_evidence: Receipt { results } } })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_statement_follow_each_other() {
        assert!(statement(2, true).ends_with(
            "VALUES ($1, $2, 'study', $3, $4, $5, 'own', $6, '{}', $7, 'credit-2', $8), \
             ($9, $10, 'study', $11, $12, $13, 'own', $14, '{}', $15, 'credit-2', $16)"
        ));
        assert!(
            statement(1, false)
                .ends_with("VALUES (?, ?, 'study', ?, ?, ?, 'own', ?, '{}', ?, 'credit-2', ?)")
        );
    }
}

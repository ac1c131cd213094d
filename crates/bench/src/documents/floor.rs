//! The floor: what a handler written by hand for one document would do at best. One prepared statement on plain columns,
//! rows straight into JSON, no schema, no permissions beyond the token, and nothing that was not asked for.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use densach_app::Claims;
use densach_domain::id::{CitizenId, RevisionId, SessionId, WorkId};
use densach_domain::{Clock as _, Timestamp};
use densach_server::secrets::Secrets;
use densach_server::wiring::SystemClock;
use http::{HeaderMap, StatusCode, header};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions as _, PgPool, Postgres, Row as _, Sqlite, SqlitePool};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::shape::{
    self, Asked, Card, Data, HomeData, HomeVariables, Lesson, LessonData, LessonVariables, PageInfo,
    Progress, Revision, Works,
};
use crate::Outcome;

/// As many as our side has by default.
const CONNECTIONS: u32 = 8;

#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    database: String,
    #[arg(long)]
    port: u16,
    #[arg(long)]
    secrets: PathBuf,
    #[arg(long)]
    session: SessionId,
    /// Who is behind the session: remembered, as our side remembers it.
    #[arg(long)]
    citizen: CitizenId,
}

enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

struct Floor {
    pool: Pool,
    token_key: [u8; 32],
    session: SessionId,
    citizen: Uuid,
}

pub async fn serve(options: &Options) -> Outcome {
    let floor = Floor {
        pool: connect(&options.database).await?,
        token_key: Secrets::load_or_create(&options.secrets, false)?.token_key,
        session: options.session,
        citizen: options.citizen.uuid(),
    };
    let router = Router::new()
        .route("/home", post(home))
        .route("/lesson", post(lesson))
        .route("/health/live", get(|| async { "ok\n" }))
        .with_state(Arc::new(floor));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    Ok(axum::serve(listener, router).await?)
}

/// With the settings of the store's pool of reads.
async fn connect(url: &str) -> Outcome<Pool> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(256)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        return Ok(Pool::Sqlite(pool.connect_with(options).await?));
    }
    let options: PgConnectOptions = url.parse()?;
    let options = options.statement_cache_capacity(256).disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
    Ok(Pool::Postgres(pool.connect_with(options).await?))
}

// Both dialects read the statements. Topics come as one text, in their order, with marks between that no name holds.
macro_rules! topics {
    () => {
        "(SELECT string_agg(t.slug || '\u{1f}' || t.name, '\u{1e}' ORDER BY t.position, t.slug) \
         FROM work_topic wt JOIN topic t ON t.id = wt.topic_id WHERE wt.work_id = w.id)"
    };
}

const HOME: &str = concat!(
    "SELECT w.id, w.kind, w.slug, w.released_at, e.title, e.summary, e.duration_seconds, a.sha256, u.url, \
     p.latest_ppm, p.latest_media_ms, p.latest_at, ",
    topics!(),
    " FROM (SELECT id, kind, slug, released_at, released_revision_id FROM work WHERE released_revision_id IS NOT NULL \
     ORDER BY released_at DESC, id DESC LIMIT $2) w \
     JOIN bench_edition e ON e.revision_id = w.released_revision_id \
     LEFT JOIN asset a ON a.id = e.cover_id LEFT JOIN bench_url u ON u.asset_id = e.cover_id \
     LEFT JOIN progress p ON p.citizen_id = $1 AND p.work_id = w.id \
     ORDER BY w.released_at DESC, w.id DESC"
);
const LESSON: &str = concat!(
    "SELECT w.id, w.kind, w.slug, w.released_at, e.title, e.summary, e.duration_seconds, a.sha256, u.url, \
     p.latest_ppm, p.latest_media_ms, p.latest_at, ",
    topics!(),
    ", p.furthest_ppm, p.furthest_media_ms, p.furthest_at, e.revision_id, e.number, e.published_at, e.word_count, \
     e.language, e.licence, e.level, e.audience, e.authors, e.sources, e.recheck_by, e.body_html \
     FROM work w JOIN bench_edition e ON e.revision_id = w.released_revision_id \
     LEFT JOIN asset a ON a.id = e.cover_id LEFT JOIN bench_url u ON u.asset_id = e.cover_id \
     LEFT JOIN progress p ON p.citizen_id = $1 AND p.work_id = w.id WHERE w.slug = $2"
);

macro_rules! card {
    ($row:expr) => {
        Card {
            id: WorkId::from_uuid($row.try_get(0)?),
            kind: shape::kind($row.try_get(1)?),
            slug: $row.try_get(2)?,
            title: $row.try_get(4)?,
            summary: $row.try_get(5)?,
            duration_seconds: $row.try_get(6)?,
            topics: shape::topics($row.try_get(12)?),
            cover: shape::cover($row.try_get(7)?, $row.try_get(8)?)?,
            progress: shape::place($row.try_get(9)?, $row.try_get(10)?, $row.try_get(11)?)
                .map(|latest| Progress { latest, furthest: None }),
        }
    };
}

// The rows of the two dialects are different types with the same columns.
macro_rules! home_data {
    ($rows:expr, $first:expr) => {{
        let rows = $rows;
        let page = &rows[..rows.len().min($first)];
        let mut nodes = Vec::with_capacity(page.len());
        for row in page {
            nodes.push(card!(row));
        }
        let end_cursor = match page.last() {
            Some(row) => Some(shape::cursor(row.try_get(0)?, row.try_get(3)?)),
            None => None,
        };
        let page_info = PageInfo { has_next_page: rows.len() > page.len(), end_cursor };
        serde_json::to_vec(&Data { data: HomeData { works: Works { nodes, page_info } } })?
    }};
}

macro_rules! lesson_data {
    ($row:expr) => {{
        let row = $row;
        let mut card = card!(row);
        let furthest = shape::place(row.try_get(13)?, row.try_get(14)?, row.try_get(15)?);
        card.progress = card.progress.map(|progress| Progress { furthest, ..progress });
        let work = Lesson {
            card,
            revision: Revision {
                id: RevisionId::from_uuid(row.try_get(16)?),
                number: row.try_get(17)?,
                published_at: Timestamp::from_ms(row.try_get(18)?).to_string(),
            },
            word_count: row.try_get(19)?,
            language: row.try_get(20)?,
            licence: row.try_get(21)?,
            level: row.try_get(22)?,
            audience: serde_json::from_str(row.try_get(23)?)?,
            authors: serde_json::from_str(row.try_get(24)?)?,
            sources: serde_json::from_str(row.try_get(25)?)?,
            recheck_by: row.try_get(26)?,
            body_html: row.try_get(27)?,
            released_at: Timestamp::from_ms(row.try_get(3)?).to_string(),
            main: None,
            captions: [],
            items: [],
        };
        serde_json::to_vec(&Data { data: LessonData { work } })?
    }};
}

async fn home(State(floor): State<Arc<Floor>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(floor.home(&headers, &body).await)
}

async fn lesson(State(floor): State<Arc<Floor>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(floor.lesson(&headers, &body).await)
}

fn answer(json: Outcome<Vec<u8>>) -> Response {
    match json {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(failure) => (StatusCode::INTERNAL_SERVER_ERROR, failure.to_string()).into_response(),
    }
}

impl Floor {
    fn must_be_signed_in(&self, headers: &HeaderMap) -> Outcome {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or("no token")?;
        let claims = Claims::verify(token, &self.token_key, SystemClock.now())?;
        if claims.sid == self.session { Ok(()) } else { Err("an unknown session".into()) }
    }

    async fn home(&self, headers: &HeaderMap, body: &Bytes) -> Outcome<Vec<u8>> {
        self.must_be_signed_in(headers)?;
        let asked: Asked<HomeVariables> = serde_json::from_slice(body)?;
        let first = asked.variables.first as usize;
        let limit = i64::from(asked.variables.first) + 1;
        Ok(match &self.pool {
            Pool::Sqlite(pool) => {
                let query = sqlx::query::<Sqlite>(HOME).bind(self.citizen).bind(limit);
                home_data!(query.fetch_all(pool).await?, first)
            }
            Pool::Postgres(pool) => {
                let query = sqlx::query::<Postgres>(HOME).bind(self.citizen).bind(limit);
                home_data!(query.fetch_all(pool).await?, first)
            }
        })
    }

    async fn lesson(&self, headers: &HeaderMap, body: &Bytes) -> Outcome<Vec<u8>> {
        self.must_be_signed_in(headers)?;
        let asked: Asked<LessonVariables> = serde_json::from_slice(body)?;
        let slug = asked.variables.slug;
        Ok(match &self.pool {
            Pool::Sqlite(pool) => {
                let query = sqlx::query::<Sqlite>(LESSON).bind(self.citizen).bind(slug);
                lesson_data!(query.fetch_one(pool).await?)
            }
            Pool::Postgres(pool) => {
                let query = sqlx::query::<Postgres>(LESSON).bind(self.citizen).bind(slug);
                lesson_data!(query.fetch_one(pool).await?)
            }
        })
    }
}

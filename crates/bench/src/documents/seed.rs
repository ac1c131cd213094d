//! What both sides read: works with covers and topics, one citizen who has read in half of them, and, for the floor, side
//! tables with what our side computes and keeps in memory.

use densach_app::Claims;
use densach_domain::account::{Relation, Session};
use densach_domain::asset::{Asset, AssetRole, Sha256};
use densach_domain::id::{AssetId, CitizenId, DeviceId, Id, RevisionId, SessionId, TopicId, WorkId};
use densach_domain::work::{AssetUse, Content, WorkKind};
use densach_domain::{Clock as _, Timestamp};
use densach_server::secrets::Secrets;
use densach_server::wiring::SystemClock;
use densach_store::{CitizenRow, IdentityRow, PositionRow, Store, TopicRow, Tx};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DbBackend, Statement, TransactionTrait as _};
use serde_json::Value;
use uuid::Uuid;

use crate::Outcome;

const WORKS: usize = 200;
const TOPICS: usize = 12;

pub struct Seed {
    pub session: SessionId,
    pub citizen: CitizenId,
    /// Oldest first.
    pub works: Vec<SeededWork>,
}

pub struct SeededWork {
    pub slug: String,
    revision: RevisionId,
    cover: AssetId,
    released_at: Timestamp,
}

/// The one who reads.
struct Reader {
    citizen: CitizenId,
    device: DeviceId,
    session: SessionId,
}

/// An access token as signing in would give it, good for a day.
pub fn token(session: SessionId, secrets: &Secrets) -> Outcome<String> {
    let exp = SystemClock.now().plus_seconds(86_400).ms() / 1000;
    Ok(Claims { sid: session, exp }.sign(&secrets.token_key)?)
}

pub async fn fill(store: &Store) -> Outcome<Seed> {
    let now = SystemClock.now();
    let tx = store.begin().await?;
    let topics = add_topics(&tx).await?;
    let reader = add_reader(&tx, now).await?;
    let mut works = Vec::with_capacity(WORKS);
    for index in 0..WORKS {
        let minutes_ago = (WORKS - index) as i64;
        let released_at = now.plus_seconds(-60 * minutes_ago);
        works.push(add_work(&tx, index, &topics, &reader, released_at).await?);
    }
    tx.commit().await?;
    Ok(Seed { session: reader.session, citizen: reader.citizen, works })
}

fn new<I: Id>() -> I {
    I::from_uuid(Uuid::now_v7())
}

async fn add_topics(tx: &Tx) -> Outcome<Vec<TopicId>> {
    let mut ids = Vec::with_capacity(TOPICS);
    for position in 0..TOPICS {
        let topic = TopicRow {
            id: new(),
            slug: format!("chu-de-{position}"),
            name: format!("Chủ đề học tập số {position}"),
            name_en: format!("Subject number {position}"),
            position: position as i64,
        };
        tx.topic_put(&topic).await?;
        ids.push(topic.id);
    }
    Ok(ids)
}

async fn add_reader(tx: &Tx, now: Timestamp) -> Outcome<Reader> {
    let (account, citizen, session) = (new(), new(), new());
    let identity = IdentityRow { key_hash: [1; 32], kind: "phone".to_owned(), sealed: vec![2; 40] };
    tx.account_add(account, identity, now).await?;
    let row = CitizenRow {
        id: citizen,
        full_name: "Nguyễn Thị Học".to_owned(),
        birth_date: None,
        residence: None,
        id_number_hash: None,
        id_number_sealed: None,
        sealed_key: vec![3; 60],
    };
    tx.citizen_add(row, b"hoc nguyen thi".to_vec(), now).await?;
    tx.account_citizen_add(account, citizen, Relation::Own, now).await?;
    let device = tx.device_ensure(new(), account, "bench", "bench", now).await?;
    tx.session_add(&Session {
        id: session,
        account,
        device,
        refresh_hash: [4; 32],
        previous_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: now.plus_seconds(90 * 86_400),
        ended_at: None,
    })
    .await?;
    Ok(Reader { citizen, device, session })
}

async fn add_work(
    tx: &Tx,
    index: usize,
    topics: &[TopicId],
    reader: &Reader,
    released_at: Timestamp,
) -> Outcome<SeededWork> {
    let cover = Asset {
        id: new(),
        sha256: Sha256::of(format!("cover {index}").as_bytes()),
        size_bytes: 48_000,
        media_type: "image/jpeg".to_owned(),
    };
    let cover = tx.asset_put(&cover, released_at).await?;
    let work: WorkId = new();
    let revision: RevisionId = new();
    let slug = format!("bai-hoc-do-{index}");
    tx.work_add(work, WorkKind::Lesson, &slug, released_at).await?;
    let topics = (0..3).filter_map(|step| topics.get((index + step * 5) % TOPICS)).copied().collect();
    tx.revision_add(revision, work, &content(index, topics, cover), None, released_at).await?;
    tx.revision_publish(revision, 1, released_at).await?;
    let published = tx.revisions(&[revision]).await?.pop().ok_or("a revision is not there")?;
    tx.work_release(&published, "", None, released_at).await?;
    if index.is_multiple_of(2) {
        let media_ms = index.is_multiple_of(4).then_some(93_000 + index as i64);
        // First the furthest, then somewhere before it.
        for (locator_ppm, minutes) in [(812_500, 1), (437_500, 2)] {
            let recorded_at = released_at.plus_seconds(60 * minutes);
            let position = PositionRow { work, locator_ppm, media_ms, recorded_at };
            tx.position_add(Uuid::now_v7(), reader.citizen, reader.device, &position, recorded_at).await?;
        }
    }
    Ok(SeededWork { slug, revision, cover, released_at })
}

/// About the length of a lesson of the starter library.
fn content(index: usize, topics: Vec<TopicId>, cover: AssetId) -> Content {
    let paragraph = "Học là việc cả đời: mỗi ngày một ít, ghi lại điều **đã hiểu**, hỏi lại điều *chưa rõ*, rồi đem dùng \
                     trong việc nhà, việc làng và việc làm. Người đi trước chỉ cho người đi sau, ai cũng vừa là thầy vừa \
                     là trò, và không ai quá già để bắt đầu.\n\n";
    let sections: Vec<String> =
        (1..=6).map(|section| format!("## Phần {section}\n\n{}", paragraph.repeat(2))).collect();
    Content {
        title: format!("Bài học đo thử số {index}: học suốt đời trong gia đình và ở thôn xóm"),
        summary: "Sau bài này, người học biết cách chia việc học thành những bước nhỏ và giữ được thói quen."
            .to_owned(),
        body: sections.concat(),
        language: "vi".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        level: "basic".to_owned(),
        audience: vec!["everyone".to_owned(), "older-adult".to_owned()],
        topics,
        authors: vec!["Nhóm biên soạn Đèn Sách".to_owned()],
        sources: vec!["https://example.org/nguon-1".to_owned(), "https://example.org/nguon-2".to_owned()],
        recheck_by: Some("2027-06-30".to_owned()),
        duration_seconds: None,
        assets: vec![AssetUse { asset: cover, role: AssetRole::Cover.name().to_owned(), language: None }],
        items: Vec::new(),
    }
}

/// What a revision says as plain columns, so that the floor need not read JSON, make HTML, count words or sign addresses.
const TABLES: [&str; 2] = [
    "CREATE TABLE bench_url (asset_id {uuid} NOT NULL PRIMARY KEY, url text NOT NULL)",
    "CREATE TABLE bench_edition (revision_id {uuid} NOT NULL PRIMARY KEY, cover_id {uuid}, number bigint NOT NULL, \
     published_at bigint NOT NULL, duration_seconds bigint, word_count bigint NOT NULL, title text NOT NULL, \
     summary text NOT NULL, language text NOT NULL, licence text NOT NULL, level text, audience text NOT NULL, \
     authors text NOT NULL, sources text NOT NULL, recheck_by text, body_html text NOT NULL)",
];
const EDITION: &str = "INSERT INTO bench_edition (revision_id, cover_id, number, published_at, duration_seconds, \
     word_count, title, summary, language, licence, level, audience, authors, sources, recheck_by, body_html) \
     VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// Keeps what our side answered about each of `works`.
pub async fn side_tables(url: &str, works: &[SeededWork], lessons: &[Value]) -> Outcome {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    let backend = db.get_database_backend();
    let uuid = if backend == DbBackend::Postgres { "uuid" } else { "blob" };
    let tx = db.begin().await?;
    for sql in TABLES {
        tx.execute_unprepared(&sql.replace("{uuid}", uuid)).await?;
    }
    for (work, lesson) in works.iter().zip(lessons) {
        let maybe = |name: &str| lesson[name].as_str().map(str::to_owned);
        let text = |name: &str| maybe(name).ok_or_else(|| format!("{}: no {name}", work.slug));
        let edition: Vec<sea_orm::Value> = vec![
            work.revision.uuid().into(),
            work.cover.uuid().into(),
            work.released_at.ms().into(),
            lesson["durationSeconds"].as_i64().into(),
            lesson["wordCount"].as_i64().into(),
            text("title")?.into(),
            text("summary")?.into(),
            text("language")?.into(),
            text("licence")?.into(),
            maybe("level").into(),
            lesson["audience"].to_string().into(),
            lesson["authors"].to_string().into(),
            lesson["sources"].to_string().into(),
            maybe("recheckBy").into(),
            text("bodyHtml")?.into(),
        ];
        tx.execute_raw(Statement::from_sql_and_values(backend, EDITION, edition)).await?;
        let address = lesson["cover"]["url"].as_str().map(str::to_owned);
        let address: Vec<sea_orm::Value> = vec![work.cover.uuid().into(), address.into()];
        let sql = "INSERT INTO bench_url (asset_id, url) VALUES ($1, $2)";
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, address)).await?;
    }
    tx.commit().await?;
    if backend == DbBackend::Postgres {
        // The throw-away cluster has no autovacuum, which would have done this.
        db.execute_unprepared("ANALYZE").await?;
    }
    Ok(db.close().await?)
}

//! What the store promises, proven on SQLite and on PostgreSQL: each behaviour is a test of its own on each.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

/// The behaviours of a noun, each a function beside this list, as tests of `sqlite` and of `postgres`.
macro_rules! contract {
    (@on $backend:ident $($behaviour:ident)*) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $behaviour() {
                    super::$behaviour(&crate::TestDatabase::$backend().await).await;
                }
            )*
        }
    };
    ($($behaviour:ident)*) => {
        contract!(@on sqlite $($behaviour)*);
        contract!(@on postgres $($behaviour)*);
    };
}

mod account;
mod asset;
mod card;
mod citizen;
mod database;
mod goal;
mod job;
mod ledger;
mod position;
mod receipt;
mod roster;
mod session;
mod topic;
mod total;
mod unit;
mod upload;
mod work;

use densach_domain::account::Session;
use densach_domain::credit::{Deed, Entry, Holding};
use densach_domain::evidence::{Evidence, EvidenceId, Focus, Source, Standing, Trust};
use densach_domain::id::{AccountId, CitizenId, DeviceId, Id, RevisionId, TopicId, UnitId, WorkId};
use densach_domain::interval::Interval;
use densach_domain::page::PageRequest;
use densach_domain::unit::{AreaClass, UnitKind};
use densach_domain::work::{Content, WorkKind};
use densach_domain::{Day, Timestamp};
use densach_store::testkit::TestDatabase;
use densach_store::{
    CitizenRow, IdentityRow, Judged, LineRow, Said, StoreError, TopicRow, Tx, UnitSeed, Writes,
};
use sea_orm::{ConnectionTrait as _, Database};
use uuid::Uuid;

/// 2026-11-24, 13:00 in Viet Nam.
const NOW: Timestamp = Timestamp::from_ms(1_795_500_000_000);

fn at(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

fn id<T: Id>(number: u128) -> T {
    T::from_uuid(Uuid::from_u128(number))
}

fn number(id: impl Id) -> u128 {
    id.uuid().as_u128()
}

fn first<K>(limit: u32) -> PageRequest<K> {
    PageRequest { limit, after: None }
}

fn after<K>(limit: u32, key: K) -> PageRequest<K> {
    PageRequest { limit, after: Some(key) }
}

async fn begin(db: &TestDatabase) -> Tx {
    db.store().begin().await.unwrap()
}

/// A transaction that is committed.
async fn write<T>(db: &TestDatabase, change: impl AsyncFnOnce(&Tx) -> T) -> T {
    let tx = begin(db).await;
    let answer = change(&tx).await;
    tx.commit().await.unwrap();
    answer
}

/// Gathers writes, and writes them together.
async fn put(tx: &Tx, fill: impl FnOnce(&mut Writes)) -> densach_store::Result<()> {
    let mut writes = tx.writes();
    fill(&mut writes);
    tx.write(writes).await
}

/// A transaction that runs into a row that is there already, and leaves nothing behind.
async fn duplicate(db: &TestDatabase, change: impl AsyncFnOnce(&Tx) -> densach_store::Result<()>) {
    let tx = begin(db).await;
    let refused = change(&tx).await;
    assert!(matches!(refused, Err(StoreError::Duplicate(_))), "{refused:?}");
    tx.roll_back().await.unwrap();
}

/// What the store's interface cannot do, on a connection beside it.
async fn by_hand(db: &TestDatabase, sql: &str) {
    let connection = Database::connect(db.url()).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

// Accounts and who is behind them.

fn identity(number: u8) -> IdentityRow {
    IdentityRow { key_hash: [number; 32], kind: "phone".into(), sealed: vec![number] }
}

async fn account(db: &TestDatabase, number: u8) -> AccountId {
    let account = id(u128::from(number));
    write(db, async |tx| tx.account_add(account, identity(number), NOW).await.unwrap()).await;
    account
}

async fn device(db: &TestDatabase, account: AccountId, number: u128) -> DeviceId {
    let client_id = format!("phone-{number}");
    write(db, async |tx| tx.device_ensure(id(number), account, &client_id, "Điện thoại", NOW).await.unwrap())
        .await
}

/// A session for an hour on a device of its own; both have the same number.
async fn sign_in(db: &TestDatabase, account: AccountId, number: u128) -> Session {
    let session = Session {
        id: id(number),
        account,
        device: device(db, account, number).await,
        refresh_hash: [1; 32],
        previous_hash: None,
        rotated_at: NOW,
        created_at: NOW,
        expires_at: at(3600),
        ended_at: None,
    };
    write(db, async |tx| tx.session_add(&session).await.unwrap()).await;
    session
}

async fn citizen(db: &TestDatabase, number: u128, name: &str) -> CitizenId {
    let row = CitizenRow {
        id: id(number),
        full_name: name.into(),
        birth_date: None,
        residence: None,
        id_number_hash: None,
        id_number_sealed: None,
        sealed_key: vec![7],
    };
    write(db, async |tx| tx.citizen_add(row, densach_text::name::sort_key(name), NOW).await.unwrap()).await;
    id(number)
}

async fn join(db: &TestDatabase, membership: u128, citizen: CitizenId, unit: UnitId, from: Timestamp) {
    write(db, async |tx| tx.membership_add(id(membership), citizen, unit, from).await.unwrap()).await;
}

/// Somebody with a phone.
struct Student {
    citizen: CitizenId,
    device: DeviceId,
}

async fn student(db: &TestDatabase, number: u8) -> Student {
    let account = account(db, number).await;
    let device = device(db, account, u128::from(number)).await;
    Student { citizen: citizen(db, u128::from(number), "Nguyễn Văn An").await, device }
}

// Study.

fn today() -> Day {
    NOW.learning_day()
}

/// The stretch from `from` to `to`, in seconds after [`NOW`].
fn span(from: i64, to: i64) -> Interval {
    Interval::new(at(from).ms() / 1000, at(to).ms() / 1000).unwrap()
}

/// Ten minutes of reading work 1, as a phone says it.
fn reading(sequence: i64) -> Evidence {
    Evidence {
        sequence,
        source: Source::Reading,
        work: Some(id(1)),
        started_at: NOW,
        ended_at: at(600),
        run: None,
        focus: Focus::Foreground,
        content: None,
        longest_idle_ms: 0,
        question_count: 0,
        title: String::new(),
    }
}

/// A line of [`reading`], which has the same number in the ledger and on the phone.
fn line(who: &Student, number: i64) -> LineRow {
    LineRow {
        id: EvidenceId { citizen: who.citizen, number },
        deed: Deed::Study,
        target: None,
        device: Some(who.device),
        sequence: Some(number),
        account: None,
        standing: Standing::Own,
        said: Said { evidence: Some(reading(number)), note: String::new() },
        judged: Judged::default(),
        policy: "test".into(),
        received_at: at(3600 + number),
    }
}

/// What a line of [`reading`] holds, on the day on which the stretch begins.
fn holding(who: &Student, number: i64, stretch: Interval) -> Holding {
    Holding {
        number,
        device: who.device,
        day: Timestamp::from_ms(stretch.start() * 1000).learning_day(),
        stretch,
        source: Source::Reading,
        trust: Trust::Measured,
        work: Some(id(1)),
        content: None,
        uncertainty_s: 0,
    }
}

async fn enter(db: &TestDatabase, lines: &[LineRow]) {
    write(db, async |tx| put(tx, |writes| writes.ledger_lines(lines).unwrap()).await.unwrap()).await;
}

async fn post(db: &TestDatabase, who: &Student, entries: &[Entry]) {
    let rows: Vec<_> = entries.iter().map(|entry| (who.citizen, *entry)).collect();
    write(db, async |tx| put(tx, |writes| writes.ledger_entries(&rows)).await.unwrap()).await;
}

// Units: a country, a city and three of its communes; the association beside them with two branches in one commune.

const VIET_NAM: UnitId = UnitId::from_uuid(Uuid::from_u128(1));
const HA_NOI: UnitId = UnitId::from_uuid(Uuid::from_u128(2));
const BA_DINH: UnitId = UnitId::from_uuid(Uuid::from_u128(3));
const NGOC_HA: UnitId = UnitId::from_uuid(Uuid::from_u128(4));
const HOAN_KIEM: UnitId = UnitId::from_uuid(Uuid::from_u128(5));
const HOI_HA_NOI: UnitId = UnitId::from_uuid(Uuid::from_u128(6));
const HOI_BA_DINH: UnitId = UnitId::from_uuid(Uuid::from_u128(7));
const BRANCH_1: UnitId = UnitId::from_uuid(Uuid::from_u128(8));
const BRANCH_2: UnitId = UnitId::from_uuid(Uuid::from_u128(9));
const HOI_NGOC_HA: UnitId = UnitId::from_uuid(Uuid::from_u128(10));

fn seed(id: UnitId, code: &str, kind: UnitKind, name: &str, parent: Option<UnitId>) -> UnitSeed {
    UnitSeed {
        id,
        code: code.into(),
        kind,
        name: name.into(),
        name_key: densach_text::collation_key(name),
        area_class: if id == NGOC_HA { AreaClass::Difficult } else { AreaClass::Ordinary },
        area_source: "test".into(),
        parent,
        territory: None,
        valid_from: NOW,
    }
}

async fn plant(db: &TestDatabase) {
    use UnitKind::{Branch, CommunalAssociation, Commune, Country, Province, ProvincialAssociation};
    let serving = |territory, seed| UnitSeed { territory: Some(territory), ..seed };
    let (hoi_1, hoi_2) = ("Hội Khuyến học Ba Đình", "Hội Khuyến học Ngọc Hà");
    let seeds = [
        seed(VIET_NAM, "VN", Country, "Việt Nam", None),
        seed(HA_NOI, "01", Province, "Hà Nội", Some(VIET_NAM)),
        seed(BA_DINH, "00004", Commune, "Ba Đình", Some(HA_NOI)),
        seed(NGOC_HA, "00008", Commune, "Ngọc Hà", Some(HA_NOI)),
        seed(HOAN_KIEM, "00070", Commune, "Hoàn Kiếm", Some(HA_NOI)),
        serving(HA_NOI, seed(HOI_HA_NOI, "01-KH", ProvincialAssociation, "Hội Khuyến học Hà Nội", None)),
        serving(BA_DINH, seed(HOI_BA_DINH, "00004-KH", CommunalAssociation, hoi_1, Some(HOI_HA_NOI))),
        seed(BRANCH_1, "00004-KH-1", Branch, "Chi hội 1", Some(HOI_BA_DINH)),
        seed(BRANCH_2, "00004-KH-2", Branch, "Chi hội 2", Some(HOI_BA_DINH)),
        serving(NGOC_HA, seed(HOI_NGOC_HA, "00008-KH", CommunalAssociation, hoi_2, Some(HOI_HA_NOI))),
    ];
    write(db, async |tx| tx.units_add(&seeds, NOW).await.unwrap()).await;
}

// Works.

fn topic(number: u128) -> TopicRow {
    TopicRow {
        id: id(number),
        slug: format!("topic-{number}"),
        name: format!("Chủ đề {number}"),
        name_en: format!("Topic {number}"),
        position: 0,
    }
}

fn content(title: &str, topics: &[TopicId]) -> Content {
    Content {
        title: title.into(),
        summary: "Vì sao ai cũng nên học, và học thế nào.".into(),
        body: "Học là việc cả đời.".into(),
        language: "vi".into(),
        licence: "CC-BY-4.0".into(),
        level: "basic".into(),
        audience: vec!["everyone".into()],
        topics: topics.to_vec(),
        authors: vec!["Nhóm biên soạn Đèn Sách".into()],
        sources: vec![],
        recheck_by: None,
        duration_seconds: None,
        assets: vec![],
        items: vec![],
    }
}

/// A lesson with a draft; both have the same number.
async fn drafted(db: &TestDatabase, number: u128, title: &str) -> (WorkId, RevisionId) {
    let (work, revision) = (id(number), id(number));
    let tx = begin(db).await;
    tx.work_add(work, WorkKind::Lesson, &format!("work-{number}"), NOW).await.unwrap();
    tx.revision_add(revision, work, &content(title, &[]), Some(id(1)), NOW).await.unwrap();
    tx.commit().await.unwrap();
    (work, revision)
}

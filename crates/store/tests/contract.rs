//! What the store promises, proven on SQLite and on PostgreSQL: each behaviour is a test of its own on each.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use densach_domain::account::{AccountCitizen, Challenge, Relation, Session};
use densach_domain::actor::{EdgeKind, Role, RoleGrant};
use densach_domain::asset::{Asset, AssetRole, Sha256};
use densach_domain::evidence::{Evidence, Reason, Source, Trust};
use densach_domain::goal::{Goal, GoalOwner, GoalPeriod};
use densach_domain::id::{
    AccountId, ChallengeId, CitizenId, DeviceId, Id, RevisionId, TopicId, UnitId, WorkId,
};
use densach_domain::interval::Interval;
use densach_domain::page::{Page, PageRequest};
use densach_domain::unit::{AreaClass, Unit, UnitKind};
use densach_domain::upload::UploadState;
use densach_domain::work::{AssetUse, Content, RevisionState, WorkKind};
use densach_domain::{Day, Timestamp};
use densach_store::testkit::TestDatabase;
use densach_store::{
    ChallengeRow, CitizenRow, CreditRow, DayRow, EvidenceRow, IdentityRow, JobKind, MonthRow, PositionRow,
    ProgressRow, Receipt, ReleasedRow, Store, StoreError, TopicRow, Tx, UnitSeed, UploadRow, WorkFilter,
};
use sea_orm::{ConnectionTrait as _, Database};
use tokio::task::JoinSet;
use uuid::Uuid;

macro_rules! contract {
    (@on $backend:ident $($behaviour:ident)*) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $behaviour() {
                    super::$behaviour(&super::TestDatabase::$backend().await).await;
                }
            )*
        }
    };
    ($($behaviour:ident)*) => {
        contract!(@on sqlite $($behaviour)*);
        contract!(@on postgres $($behaviour)*);
    };
}

contract! {
    a_migrated_database_needs_nothing_more
    a_newer_database_is_refused
    a_transaction_sees_its_own_writes_and_nobody_else_does
    statements_are_counted

    an_identity_opens_one_account
    the_people_behind_an_account_come_in_order
    a_device_is_made_once
    a_challenge_is_tried_and_used
    a_challenge_allows_only_so_many_tries_at_once
    uses_are_counted_by_window
    a_session_rotates
    sessions_end_alone_and_all_together
    a_broker_answer_works_once
    old_sign_ins_are_forgotten

    a_citizen_reads_back_without_secrets
    members_page_in_vietnamese_order_and_stay_stable
    a_member_is_listed_once_and_only_while_a_member
    offices_read_back

    units_are_found_by_code_and_by_id
    a_unit_is_asked_as_of_a_moment
    children_page_by_name_and_stay_stable
    ancestors_follow_one_kind_of_edge
    a_subtree_counts_everybody_once

    topics_keep_their_id_and_take_new_names
    a_draft_is_saved_from_its_latest_version_only
    a_published_revision_is_frozen
    a_work_has_one_draft
    a_slug_is_taken_once
    a_release_points_to_one_revision
    released_works_page_newest_first_and_stay_stable
    released_works_are_filtered_by_kind_and_topic
    a_withdrawn_work_is_in_no_list
    testers_are_named_for_a_work

    the_same_bytes_are_one_asset
    an_upload_moves_from_the_right_state_only
    an_upload_ends_as_an_asset_or_refused
    a_receipt_is_written_once

    evidence_is_numbered_once_by_device
    days_are_the_sums_of_credit
    credit_that_touches_is_found
    a_second_is_credited_once
    a_citizen_of_two_branches_counts_once
    study_counts_within_membership_only
    progress_keeps_the_latest_and_the_furthest
    many_at_once_on_one_citizen_all_get_through

    a_job_is_seen_after_its_commit_only
    a_job_goes_with_its_transaction
    jobs_wait_until_they_are_due_and_come_in_order
    a_job_is_taken_by_one_worker
    a_lease_runs_out
    a_failed_job_comes_again_or_is_laid_aside

    a_goal_replaces_the_one_before
    an_association_suggests_goals_to_its_members
}

/// 2026-11-24, 13:00 in Viet Nam.
const NOW: Timestamp = Timestamp::from_ms(1_795_500_000_000);

fn at(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

/// The stretch from `from` to `to`, in seconds after [`NOW`].
fn span(from: i64, to: i64) -> Interval {
    Interval::new(at(from).ms() / 1000, at(to).ms() / 1000).unwrap()
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

fn is_duplicate<T>(result: &densach_store::Result<T>) -> bool {
    matches!(result, Err(StoreError::Duplicate(_)))
}

async fn begin(db: &TestDatabase) -> Tx {
    db.store().begin().await.unwrap()
}

/// What the store's interface cannot do, on a connection beside it.
async fn by_hand(db: &TestDatabase, sql: &str) {
    let connection = Database::connect(db.url()).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

// The database itself.

async fn a_migrated_database_needs_nothing_more(db: &TestDatabase) {
    db.store().check().await.unwrap();
    assert_eq!(db.store().pending_migrations().await.unwrap(), 0);
    assert_eq!(db.store().migrate().await.unwrap(), 0);
    assert!(db.url().starts_with(db.name()));
    let again = Store::open(&db.options()).await.unwrap();
    assert_eq!(again.unit_count().await.unwrap(), 0);
    again.close().await.unwrap();
}

async fn a_newer_database_is_refused(db: &TestDatabase) {
    by_hand(db, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_01_01_future', 0)").await;
    for refused in [db.store().migrate().await, db.store().pending_migrations().await] {
        assert!(
            matches!(&refused, Err(StoreError::Newer(step)) if step == "m2999_01_01_future"),
            "{refused:?}"
        );
    }
}

async fn a_transaction_sees_its_own_writes_and_nobody_else_does(db: &TestDatabase) {
    let tx = begin(db).await;
    tx.topic_put(&topic(1)).await.unwrap();
    assert_eq!(tx.topics().await.unwrap(), [topic(1)]);
    assert!(db.store().topics().await.unwrap().is_empty());
    tx.roll_back().await.unwrap();
    assert!(db.store().topics().await.unwrap().is_empty());

    let forgotten = begin(db).await;
    forgotten.topic_put(&topic(2)).await.unwrap();
    drop(forgotten);

    // SQLite has one writer: it is free again.
    let tx = begin(db).await;
    assert!(tx.topics().await.unwrap().is_empty());
    tx.topic_put(&topic(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().topics().await.unwrap(), [topic(3)]);
}

async fn statements_are_counted(db: &TestDatabase) {
    let (store, statements) = db.count_statements().await;
    assert_eq!(statements.count(), 0, "{:?}", statements.list());
    store.topics().await.unwrap();
    store.works(&[id(1), id(2), id(3)]).await.unwrap();
    assert_eq!(statements.count(), 2, "{:?}", statements.list());
    assert!(statements.list()[0].contains("FROM topic"));
    statements.clear();
    let tx = store.begin().await.unwrap();
    tx.topic_put(&topic(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(statements.count(), 1, "{:?}", statements.list());
    store.close().await.unwrap();
}

// Signing in.

fn identity(number: u8) -> IdentityRow {
    IdentityRow { key_hash: [number; 32], kind: "phone".into(), sealed: vec![number] }
}

async fn account(db: &TestDatabase, number: u8) -> AccountId {
    let account = id(u128::from(number));
    let tx = begin(db).await;
    tx.account_add(account, identity(number), NOW).await.unwrap();
    tx.commit().await.unwrap();
    account
}

async fn device(db: &TestDatabase, account: AccountId, number: u128) -> DeviceId {
    let tx = begin(db).await;
    let client_id = format!("phone-{number}");
    let device = tx.device_ensure(id(number), account, &client_id, "Điện thoại", NOW).await.unwrap();
    tx.commit().await.unwrap();
    device
}

async fn an_identity_opens_one_account(db: &TestDatabase) {
    let account = account(db, 1).await;
    assert_eq!(db.store().account_by_identity(&[1; 32]).await.unwrap(), Some(account));
    assert_eq!(db.store().account_by_identity(&[2; 32]).await.unwrap(), None);

    let tx = begin(db).await;
    assert!(is_duplicate(&tx.account_add(id(2), identity(1), NOW).await));
    tx.roll_back().await.unwrap();
    assert_eq!(db.store().account_by_identity(&[1; 32]).await.unwrap(), Some(account));
}

async fn the_people_behind_an_account_come_in_order(db: &TestDatabase) {
    let account = account(db, 1).await;
    let (own, second, first) =
        (citizen(db, 1, "Vũ Hà").await, citizen(db, 2, "Bùi Hạ").await, citizen(db, 3, "Bùi Hà").await);
    let tx = begin(db).await;
    tx.account_citizen_add(account, second, Relation::Household, NOW).await.unwrap();
    tx.account_citizen_add(account, own, Relation::Own, NOW).await.unwrap();
    tx.account_citizen_add(account, first, Relation::Household, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let expected = [
        AccountCitizen { citizen: own, relation: Relation::Own },
        AccountCitizen { citizen: first, relation: Relation::Household },
        AccountCitizen { citizen: second, relation: Relation::Household },
    ];
    assert_eq!(db.store().account_citizens(account).await.unwrap(), expected);
}

async fn a_device_is_made_once(db: &TestDatabase) {
    let (mine, yours) = (account(db, 1).await, account(db, 2).await);
    let tx = begin(db).await;
    let made = tx.device_ensure(id(1), mine, "phone", "Máy của tôi", NOW).await.unwrap();
    let again = tx.device_ensure(id(2), mine, "phone", "Máy mới đặt tên", at(60)).await.unwrap();
    let second = tx.device_ensure(id(3), mine, "tablet", "Máy bảng", NOW).await.unwrap();
    let theirs = tx.device_ensure(id(4), yours, "phone", "Máy của bạn", NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!([made, again, second, theirs].map(number), [1, 1, 3, 4]);
}

async fn challenge(db: &TestDatabase, number: u128, expires_at: Timestamp) -> ChallengeId {
    let row = ChallengeRow {
        challenge: Challenge {
            id: id(number),
            phone_hash: [3; 32],
            code_hash: [4; 32],
            created_at: NOW,
            expires_at,
            attempts: 0,
            used_at: None,
        },
        phone_sealed: vec![5, 6],
    };
    let tx = begin(db).await;
    tx.challenge_add(&row).await.unwrap();
    tx.commit().await.unwrap();
    row.challenge.id
}

async fn a_challenge_is_tried_and_used(db: &TestDatabase) {
    let id = challenge(db, 1, at(300)).await;
    let tx = begin(db).await;
    tx.challenge_attempt(id).await.unwrap();
    tx.challenge_attempt(id).await.unwrap();
    tx.challenge_use(id, at(10)).await.unwrap();
    tx.commit().await.unwrap();

    let tx = begin(db).await;
    let row = tx.challenge_lock(id).await.unwrap().unwrap();
    let missing = tx.challenge_lock(ChallengeId::from_uuid(Uuid::from_u128(2))).await.unwrap();
    tx.commit().await.unwrap();
    assert!(missing.is_none());
    assert_eq!(row.phone_sealed, [5, 6]);
    let Challenge { phone_hash, code_hash, created_at, expires_at, attempts, used_at, .. } = row.challenge;
    assert_eq!((phone_hash, code_hash), ([3; 32], [4; 32]));
    assert_eq!((created_at, expires_at), (NOW, at(300)));
    assert_eq!((attempts, used_at), (2, Some(at(10))));
}

async fn a_challenge_allows_only_so_many_tries_at_once(db: &TestDatabase) {
    let challenge = challenge(db, 1, at(300)).await;
    let mut tries = JoinSet::new();
    for _ in 0..16 {
        let store = db.store().clone();
        tries.spawn(async move {
            let tx = store.begin().await.unwrap();
            let allowed = tx.challenge_lock(challenge).await.unwrap().unwrap().challenge.attempts < 5;
            if allowed {
                tx.challenge_attempt(challenge).await.unwrap();
            }
            tx.commit().await.unwrap();
            allowed
        });
    }
    let allowed = tries.join_all().await.into_iter().filter(|allowed| *allowed).count();
    assert_eq!(allowed, 5);
}

async fn uses_are_counted_by_window(db: &TestDatabase) {
    let minute_ms = 60_000;
    assert_eq!(NOW.ms() % minute_ms, 0);
    let tx = begin(db).await;
    assert_eq!(tx.rate_count("phone-1", minute_ms, NOW).await.unwrap(), 1);
    assert_eq!(tx.rate_count("phone-1", minute_ms, at(59)).await.unwrap(), 2);
    assert_eq!(tx.rate_count("phone-2", minute_ms, at(59)).await.unwrap(), 1);
    assert_eq!(tx.rate_count("phone-1", minute_ms, at(60)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let tx = begin(db).await;
    assert_eq!(tx.rate_count("phone-1", minute_ms, at(30)).await.unwrap(), 3);
    tx.commit().await.unwrap();
}

fn session(number: u128, account: AccountId, device: DeviceId) -> Session {
    Session {
        id: id(number),
        account,
        device,
        refresh_hash: [1; 32],
        previous_hash: None,
        rotated_at: NOW,
        created_at: NOW,
        expires_at: at(3600),
        ended_at: None,
    }
}

async fn a_session_rotates(db: &TestDatabase) {
    let account = account(db, 1).await;
    let device = device(db, account, 1).await;
    let session = session(1, account, device);
    let tx = begin(db).await;
    tx.session_add(&session).await.unwrap();
    tx.commit().await.unwrap();

    let tx = begin(db).await;
    let locked = tx.session_lock(session.id).await.unwrap().unwrap();
    assert_eq!((locked.account, locked.device), (account, device));
    assert_eq!((locked.refresh_hash, locked.previous_hash), ([1; 32], None));
    assert_eq!((locked.created_at, locked.rotated_at, locked.expires_at), (NOW, NOW, at(3600)));
    tx.session_rotate(session.id, &[2; 32], &[1; 32], at(60), at(7200)).await.unwrap();
    tx.commit().await.unwrap();

    let rotated = db.store().session(session.id).await.unwrap().unwrap();
    assert_eq!((rotated.refresh_hash, rotated.previous_hash), ([2; 32], Some([1; 32])));
    assert_eq!((rotated.created_at, rotated.rotated_at, rotated.expires_at), (NOW, at(60), at(7200)));
    assert!(db.store().session(id(2)).await.unwrap().is_none());
}

async fn sessions_end_alone_and_all_together(db: &TestDatabase) {
    let (mine, yours) = (account(db, 1).await, account(db, 2).await);
    let tx = begin(db).await;
    for (number, account) in [(1, mine), (2, mine), (3, yours)] {
        let device = tx.device_ensure(id(number), account, &number.to_string(), "", NOW).await.unwrap();
        tx.session_add(&session(number, account, device)).await.unwrap();
    }
    tx.session_end(id(1), at(1)).await.unwrap();
    tx.session_end(id(1), at(2)).await.unwrap();
    assert_eq!(tx.session_end_all(mine, at(3)).await.unwrap(), 1);
    assert_eq!(tx.session_end_all(mine, at(4)).await.unwrap(), 0);
    tx.commit().await.unwrap();
    for (number, ended_at) in [(1, Some(at(1))), (2, Some(at(3))), (3, None)] {
        assert_eq!(db.store().session(id(number)).await.unwrap().unwrap().ended_at, ended_at, "{number}");
    }
}

async fn a_broker_answer_works_once(db: &TestDatabase) {
    let tx = begin(db).await;
    tx.oidc_attempt_add(&[1; 32], "broker", vec![7], NOW, at(60)).await.unwrap();
    tx.oidc_attempt_add(&[2; 32], "broker", vec![8], NOW, at(60)).await.unwrap();
    tx.commit().await.unwrap();
    let tx = begin(db).await;
    assert_eq!(tx.oidc_attempt_take(&[1; 32], at(59)).await.unwrap(), Some(vec![7]));
    assert_eq!(tx.oidc_attempt_take(&[1; 32], at(59)).await.unwrap(), None);
    assert_eq!(tx.oidc_attempt_take(&[2; 32], at(60)).await.unwrap(), None);
    tx.commit().await.unwrap();
}

async fn old_sign_ins_are_forgotten(db: &TestDatabase) {
    let account = account(db, 1).await;
    let device = device(db, account, 1).await;
    let (old, young) = (challenge(db, 1, at(10)).await, challenge(db, 2, at(5000)).await);
    let tx = begin(db).await;
    tx.session_add(&session(1, account, device)).await.unwrap();
    tx.session_add(&Session { expires_at: at(5000), ..session(2, account, device) }).await.unwrap();
    tx.rate_count("phone-1", 60_000, NOW).await.unwrap();
    tx.sign_in_forget(at(4000)).await.unwrap();
    assert!(tx.challenge_lock(old).await.unwrap().is_none());
    assert!(tx.challenge_lock(young).await.unwrap().is_some());
    assert!(tx.session(id(1)).await.unwrap().is_none());
    assert!(tx.session(id(2)).await.unwrap().is_some());
    assert_eq!(tx.rate_count("phone-1", 60_000, NOW).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

// Citizens.

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
    let citizen = row.id;
    let tx = begin(db).await;
    tx.citizen_add(row, densach_text::name::sort_key(name), NOW).await.unwrap();
    tx.commit().await.unwrap();
    citizen
}

async fn join(db: &TestDatabase, membership: u128, citizen: CitizenId, unit: UnitId, from: Timestamp) {
    let tx = begin(db).await;
    tx.membership_add(id(membership), citizen, unit, from).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_citizen_reads_back_without_secrets(db: &TestDatabase) {
    plant(db).await;
    let row = |number| CitizenRow {
        id: id(number),
        full_name: "Nguyễn Thị Minh Khai".into(),
        birth_date: Some("1948-05-19".into()),
        residence: Some(BA_DINH),
        id_number_hash: Some([9; 32]),
        id_number_sealed: Some(vec![1, 2]),
        sealed_key: vec![7],
    };
    let tx = begin(db).await;
    tx.citizen_add(row(1), vec![1], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let plain = citizen(db, 2, "Lê Lợi").await;

    let tx = begin(db).await;
    assert!(is_duplicate(&tx.citizen_add(row(3), vec![1], NOW).await), "an ID number is one person's");
    tx.roll_back().await.unwrap();

    let mut found = db.store().citizens(&[plain, id(1), id(3)]).await.unwrap();
    found.sort_by_key(|citizen| citizen.id);
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].full_name.as_str(), found[0].birth_date.as_deref()),
        ("Nguyễn Thị Minh Khai", Some("1948-05-19"))
    );
    assert_eq!((found[0].has_id_number, found[0].residence), (true, Some(BA_DINH)));
    assert_eq!((found[1].id, found[1].full_name.as_str()), (plain, "Lê Lợi"));
    assert_eq!(
        (found[1].has_id_number, found[1].residence, found[1].birth_date.as_deref()),
        (false, None, None)
    );
    assert!(db.store().citizens(&[]).await.unwrap().is_empty());
}

async fn members_page_in_vietnamese_order_and_stay_stable(db: &TestDatabase) {
    plant(db).await;
    let names = [
        (1, "Vũ Hà"),
        (2, "Trần Văn Bình"),
        (3, "Nguyễn Văn An"),
        (4, "Nguyễn Văn An"),
        (5, "Lê Thị Ánh"),
        (6, "Trần Ân"),
        (7, "Bùi Hà"),
        (8, "Bùi Hạ"),
    ];
    for (number, name) in names {
        join(db, number, citizen(db, number, name).await, BRANCH_1, NOW).await;
    }
    let mut page = db.store().members(BRANCH_1, NOW, &first(1)).await.unwrap();
    assert_eq!(page.items[0].full_name, "Nguyễn Văn An");

    // One comes in before the place that was reached, one after it.
    for (number, name) in [(9, "Đỗ An"), (10, "Phạm Ngọc Ánh")] {
        join(db, number, citizen(db, number, name).await, BRANCH_1, NOW).await;
    }
    let mut seen: Vec<u128> = page.items.iter().map(|row| number(row.citizen)).collect();
    while page.has_next {
        let last = page.items.last().unwrap();
        let next = after(3, (last.key.clone(), last.citizen));
        page = db.store().members(BRANCH_1, NOW, &next).await.unwrap();
        seen.extend(page.items.iter().map(|row| number(row.citizen)));
    }
    assert_eq!(seen, [3, 4, 5, 10, 6, 2, 7, 1, 8]);
}

async fn a_member_is_listed_once_and_only_while_a_member(db: &TestDatabase) {
    plant(db).await;
    let (twice, later, elsewhere) =
        (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await, citizen(db, 3, "Lê Chi").await);
    join(db, 1, twice, BRANCH_1, NOW).await;
    join(db, 2, twice, BRANCH_1, at(1)).await;
    join(db, 3, later, BRANCH_1, at(60)).await;
    join(db, 4, elsewhere, BRANCH_2, NOW).await;
    let members = async |when: Timestamp| {
        let page = db.store().members(BRANCH_1, when, &first(10)).await.unwrap();
        assert!(!page.has_next);
        page.items.into_iter().map(|row| number(row.citizen)).collect::<Vec<_>>()
    };
    assert!(members(at(-1)).await.is_empty());
    assert_eq!(members(at(59)).await, [1]);
    assert_eq!(members(at(60)).await, [1, 2]);
    by_hand(
        db,
        &format!("UPDATE membership SET valid_to = {} WHERE valid_from < {}", at(90).ms(), at(60).ms()),
    )
    .await;
    assert_eq!(members(at(89)).await, [1, 2]);
    assert_eq!(members(at(90)).await, [2]);
}

async fn offices_read_back(db: &TestDatabase) {
    plant(db).await;
    let officer = citizen(db, 1, "Lê An").await;
    let nobody = citizen(db, 2, "Lê Bình").await;
    let grant = RoleGrant {
        role: Role::Officer,
        unit: HOI_BA_DINH,
        edge_kind: EdgeKind::Association,
        valid_from: at(-60),
        valid_to: Some(at(60)),
    };
    let tx = begin(db).await;
    tx.role_grant_add(id(1), officer, grant, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().role_grants(officer).await.unwrap(), [grant]);
    assert!(db.store().role_grants(nobody).await.unwrap().is_empty());
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
        area_class: AreaClass::Ordinary,
        area_source: "test".into(),
        parent,
        territory: None,
        valid_from: NOW,
    }
}

async fn plant(db: &TestDatabase) {
    use UnitKind::{Branch, CommunalAssociation, Commune, Country, Province, ProvincialAssociation};
    let seeds = [
        seed(VIET_NAM, "VN", Country, "Việt Nam", None),
        seed(HA_NOI, "01", Province, "Hà Nội", Some(VIET_NAM)),
        seed(BA_DINH, "00004", Commune, "Ba Đình", Some(HA_NOI)),
        UnitSeed {
            area_class: AreaClass::Difficult,
            ..seed(NGOC_HA, "00008", Commune, "Ngọc Hà", Some(HA_NOI))
        },
        seed(HOAN_KIEM, "00070", Commune, "Hoàn Kiếm", Some(HA_NOI)),
        UnitSeed {
            territory: Some(HA_NOI),
            ..seed(HOI_HA_NOI, "01-KH", ProvincialAssociation, "Hội Khuyến học Hà Nội", None)
        },
        UnitSeed {
            territory: Some(BA_DINH),
            ..seed(HOI_BA_DINH, "00004-KH", CommunalAssociation, "Hội Khuyến học Ba Đình", Some(HOI_HA_NOI))
        },
        seed(BRANCH_1, "00004-KH-1", Branch, "Chi hội 1", Some(HOI_BA_DINH)),
        seed(BRANCH_2, "00004-KH-2", Branch, "Chi hội 2", Some(HOI_BA_DINH)),
        UnitSeed {
            territory: Some(NGOC_HA),
            ..seed(HOI_NGOC_HA, "00008-KH", CommunalAssociation, "Hội Khuyến học Ngọc Hà", Some(HOI_HA_NOI))
        },
    ];
    let tx = begin(db).await;
    tx.units_add(&seeds, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn units_are_found_by_code_and_by_id(db: &TestDatabase) {
    plant(db).await;
    let store = db.store();
    assert_eq!(store.unit_count().await.unwrap(), 10);
    let expected = Unit {
        id: NGOC_HA,
        code: "00008".into(),
        kind: UnitKind::Commune,
        name: "Ngọc Hà".into(),
        area_class: AreaClass::Difficult,
        parent: Some(HA_NOI),
        valid_from: NOW,
    };
    assert_eq!(store.unit_by_code("00008", NOW).await.unwrap(), Some(expected));
    assert_eq!(store.unit_by_code("99999", NOW).await.unwrap(), None);

    let mut found = store.units(&[HOI_BA_DINH, VIET_NAM, id(99)], NOW).await.unwrap();
    found.sort_by_key(|unit| unit.id);
    let found: Vec<_> = found.iter().map(|unit| (unit.code.as_str(), unit.parent)).collect();
    // The parent of an association is an association, not the territory that it serves.
    assert_eq!(found, [("VN", None), ("00004-KH", Some(HOI_HA_NOI))]);
    assert!(store.units(&[], NOW).await.unwrap().is_empty());

    let tx = begin(db).await;
    let codes = tx.unit_codes().await.unwrap();
    assert_eq!(codes.len(), 10);
    assert!(codes.contains(&("01".to_owned(), HA_NOI)));
    let same_code = seed(id(99), "01", UnitKind::Province, "Huế", Some(VIET_NAM));
    assert!(is_duplicate(&tx.units_add(&[same_code], NOW).await));
    tx.roll_back().await.unwrap();
}

async fn a_unit_is_asked_as_of_a_moment(db: &TestDatabase) {
    plant(db).await;
    let store = db.store();
    let before = at(-1);
    assert!(store.units(&[BA_DINH], before).await.unwrap().is_empty());
    assert_eq!(store.unit_by_code("00004", before).await.unwrap(), None);
    let children = store.unit_children(HA_NOI, EdgeKind::Administrative, before, &first(10)).await.unwrap();
    assert!(children.items.is_empty());
    let ancestors = store.unit_ancestors(BA_DINH, EdgeKind::Administrative, before).await.unwrap();
    assert_eq!(ancestors, [BA_DINH]);
    for now in [NOW, at(31_536_000)] {
        assert_eq!(store.units(&[BA_DINH], now).await.unwrap()[0].name, "Ba Đình");
        let ancestors = store.unit_ancestors(BA_DINH, EdgeKind::Administrative, now).await.unwrap();
        assert_eq!(ancestors, [BA_DINH, HA_NOI, VIET_NAM]);
    }

    // What is recorded later about the same time replaces what was recorded before.
    by_hand(
        db,
        &format!(
            "INSERT INTO unit_name (unit_id, name, sort_key, valid_from, recorded_at) \
             SELECT unit_id, 'Ba Đình mới', sort_key, valid_from, {} FROM unit_name WHERE name = 'Ba Đình'",
            at(60).ms()
        ),
    )
    .await;
    let found = store.units(&[BA_DINH], NOW).await.unwrap();
    assert_eq!(found.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>(), ["Ba Đình mới"]);
}

fn child_names(page: &Page<(Unit, Vec<u8>)>) -> Vec<&str> {
    page.items.iter().map(|(unit, _)| unit.name.as_str()).collect()
}

async fn children_page_by_name_and_stay_stable(db: &TestDatabase) {
    plant(db).await;
    let store = db.store();
    let page = store.unit_children(HA_NOI, EdgeKind::Administrative, NOW, &first(2)).await.unwrap();
    assert_eq!(child_names(&page), ["Ba Đình", "Hoàn Kiếm"]);
    assert!(page.has_next);

    // One comes in before the place that was reached, one after it, and one that does not stand yet.
    let tx = begin(db).await;
    let seeds = [
        seed(id(20), "00020", UnitKind::Commune, "Ba Vì", Some(HA_NOI)),
        seed(id(21), "00021", UnitKind::Commune, "Tây Hồ", Some(HA_NOI)),
        UnitSeed { valid_from: at(60), ..seed(id(22), "00022", UnitKind::Commune, "Ô Diên", Some(HA_NOI)) },
    ];
    tx.units_add(&seeds, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let (last, key) = page.items.last().unwrap();
    let rest = after(10, (key.clone(), last.id));
    let page = store.unit_children(HA_NOI, EdgeKind::Administrative, NOW, &rest).await.unwrap();
    assert_eq!(child_names(&page), ["Ngọc Hà", "Tây Hồ"]);
    assert!(!page.has_next);
    let page = store.unit_children(HA_NOI, EdgeKind::Administrative, at(60), &rest).await.unwrap();
    assert_eq!(child_names(&page), ["Ngọc Hà", "Ô Diên", "Tây Hồ"]);
}

async fn ancestors_follow_one_kind_of_edge(db: &TestDatabase) {
    plant(db).await;
    let store = db.store();
    let above = store.unit_ancestors(BRANCH_1, EdgeKind::Association, NOW).await.unwrap();
    assert_eq!(above, [BRANCH_1, HOI_BA_DINH, HOI_HA_NOI]);
    let above = store.unit_ancestors(HOI_BA_DINH, EdgeKind::Administrative, NOW).await.unwrap();
    assert_eq!(above, [HOI_BA_DINH]);
    let below = store.unit_children(HOI_BA_DINH, EdgeKind::Association, NOW, &first(10)).await.unwrap();
    assert_eq!(child_names(&below), ["Chi hội 1", "Chi hội 2"]);
    let below = store.unit_children(BA_DINH, EdgeKind::Association, NOW, &first(10)).await.unwrap();
    assert!(below.items.is_empty(), "an association serves a territory and is not below it");
}

async fn a_subtree_counts_everybody_once(db: &TestDatabase) {
    plant(db).await;
    let both = citizen(db, 1, "Lê An").await;
    join(db, 1, both, BRANCH_1, NOW).await;
    join(db, 2, both, BRANCH_2, NOW).await;
    join(db, 3, citizen(db, 2, "Lê Bình").await, HOI_BA_DINH, NOW).await;
    join(db, 4, citizen(db, 3, "Lê Chi").await, HOI_NGOC_HA, NOW).await;
    join(db, 5, citizen(db, 4, "Lê Dung").await, BRANCH_1, at(60)).await;
    let cases = [
        (BRANCH_1, NOW, 1),
        (BRANCH_2, NOW, 1),
        (HOI_BA_DINH, NOW, 2),
        (HOI_HA_NOI, NOW, 3),
        (HOI_HA_NOI, at(60), 4),
        (HOI_HA_NOI, at(-1), 0),
        (BA_DINH, NOW, 0),
    ];
    for (unit, now, expected) in cases {
        assert_eq!(db.store().unit_member_count(unit, now).await.unwrap(), expected, "{unit} at {now}");
    }
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

async fn topics(db: &TestDatabase) -> [TopicId; 2] {
    let tx = begin(db).await;
    tx.topic_put(&topic(1)).await.unwrap();
    tx.topic_put(&topic(2)).await.unwrap();
    tx.commit().await.unwrap();
    [id(1), id(2)]
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

async fn publish(tx: &Tx, revision: RevisionId, when: Timestamp, topics: &[TopicId]) {
    assert!(tx.revision_save(revision, 1, &content("Bài", topics)).await.unwrap());
    assert!(tx.revision_publish(revision, 2, when).await.unwrap());
    let published = tx.revisions(&[revision]).await.unwrap().remove(0);
    tx.work_release(&published, "Bản đầu", None, when).await.unwrap();
}

async fn released(
    db: &TestDatabase,
    number: u128,
    kind: WorkKind,
    topics: &[TopicId],
    when: Timestamp,
) -> WorkId {
    let (work, revision) = (id(number), id(number));
    let tx = begin(db).await;
    tx.work_add(work, kind, &format!("work-{number}"), NOW).await.unwrap();
    tx.revision_add(revision, work, &content("Nháp", &[]), None, NOW).await.unwrap();
    publish(&tx, revision, when, topics).await;
    tx.commit().await.unwrap();
    work
}

fn work_numbers(rows: &[ReleasedRow]) -> Vec<u128> {
    rows.iter().map(|row| number(row.work)).collect()
}

async fn topics_keep_their_id_and_take_new_names(db: &TestDatabase) {
    let last = TopicRow { position: 2, ..topic(1) };
    let first = TopicRow { position: 1, ..topic(2) };
    let renamed = TopicRow { id: id(9), name: "Tên mới".into(), position: 0, ..topic(1) };
    let tx = begin(db).await;
    tx.topic_put(&last).await.unwrap();
    tx.topic_put(&first).await.unwrap();
    assert_eq!(tx.topics().await.unwrap(), [first.clone(), last]);
    tx.topic_put(&renamed).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().topics().await.unwrap(), [TopicRow { id: id(1), ..renamed }, first]);
}

async fn a_draft_is_saved_from_its_latest_version_only(db: &TestDatabase) {
    let (work, revision) = drafted(db, 1, "Một").await;
    let draft = db.store().revision_draft(work).await.unwrap().unwrap();
    assert_eq!((draft.id, draft.work, draft.kind), (revision, work, WorkKind::Lesson));
    assert_eq!((draft.number, draft.version, draft.state), (1, 1, RevisionState::Draft));
    assert_eq!((draft.created_at, draft.published_at), (NOW, None));
    assert_eq!(draft.content, content("Một", &[]));

    let tx = begin(db).await;
    assert!(tx.revision_save(revision, 1, &content("Hai", &[])).await.unwrap());
    assert!(!tx.revision_save(revision, 1, &content("Ba", &[])).await.unwrap());
    tx.commit().await.unwrap();
    let draft = db.store().revision_draft(work).await.unwrap().unwrap();
    assert_eq!((draft.version, draft.content.title.as_str()), (2, "Hai"));
}

async fn a_published_revision_is_frozen(db: &TestDatabase) {
    let (work, revision) = drafted(db, 1, "Một").await;
    let tx = begin(db).await;
    assert!(!tx.revision_publish(revision, 2, at(10)).await.unwrap(), "not the version that was read");
    assert!(tx.revision_publish(revision, 1, at(10)).await.unwrap());
    assert!(!tx.revision_publish(revision, 1, at(20)).await.unwrap());
    assert!(!tx.revision_save(revision, 1, &content("Hai", &[])).await.unwrap());
    tx.commit().await.unwrap();
    assert!(db.store().revision_draft(work).await.unwrap().is_none());
    let published = db.store().revisions(&[revision]).await.unwrap().remove(0);
    assert_eq!((published.state, published.version), (RevisionState::Published, 1));
    assert_eq!((published.content.title.as_str(), published.published_at), ("Một", Some(at(10))));
}

async fn a_work_has_one_draft(db: &TestDatabase) {
    let (work, revision) = drafted(db, 1, "Một").await;
    let tx = begin(db).await;
    assert!(is_duplicate(&tx.revision_add(id(2), work, &content("Hai", &[]), None, NOW).await));
    tx.roll_back().await.unwrap();

    let tx = begin(db).await;
    assert!(tx.revision_publish(revision, 1, at(10)).await.unwrap());
    tx.revision_add(id(2), work, &content("Hai", &[]), None, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    let revisions = db.store().revisions_of(work).await.unwrap();
    let revisions: Vec<_> =
        revisions.iter().map(|one| (one.number, one.state, one.content.title.as_str())).collect();
    assert_eq!(revisions, [(2, RevisionState::Draft, "Hai"), (1, RevisionState::Published, "Một")]);
}

async fn a_slug_is_taken_once(db: &TestDatabase) {
    let (work, _) = drafted(db, 1, "Một").await;
    let tx = begin(db).await;
    assert!(is_duplicate(&tx.work_add(id(2), WorkKind::Video, "work-1", NOW).await));
    tx.roll_back().await.unwrap();
    assert_eq!(db.store().work_by_slug("work-1").await.unwrap().unwrap().id, work);
    assert!(db.store().work_by_slug("work-2").await.unwrap().is_none());
}

async fn a_release_points_to_one_revision(db: &TestDatabase) {
    let [old, new] = topics(db).await;
    let (work, one) = drafted(db, 1, "Một").await;
    let unreleased = db.store().works(&[work]).await.unwrap().remove(0);
    assert_eq!((unreleased.kind, unreleased.slug.as_str()), (WorkKind::Lesson, "work-1"));
    assert_eq!((unreleased.released, unreleased.released_at), (None, None));

    let tx = begin(db).await;
    publish(&tx, one, at(10), &[old]).await;
    let two = id(2);
    tx.revision_add(two, work, &content("Hai", &[]), None, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    let listed = db.store().works_released(WorkFilter::default(), &first(10)).await.unwrap().items;
    assert_eq!((listed[0].revision, listed[0].released_at), (one, at(10)), "a draft changes nothing");

    let tx = begin(db).await;
    publish(&tx, two, at(30), &[new]).await;
    tx.commit().await.unwrap();
    let work = db.store().works(&[work]).await.unwrap().remove(0);
    assert_eq!((work.released, work.released_at), (Some(two), Some(at(30))));
    for (topic, count) in [(old, 0), (new, 1)] {
        let filter = WorkFilter { topic: Some(topic), ..WorkFilter::default() };
        assert_eq!(db.store().works_released_count(filter).await.unwrap(), count);
    }
}

async fn released_works_page_newest_first_and_stay_stable(db: &TestDatabase) {
    drafted(db, 9, "Nháp").await;
    // Two at the same moment, so that the id decides.
    for (number, when) in [(1, at(10)), (2, at(20)), (3, at(20)), (4, at(30))] {
        released(db, number, WorkKind::Lesson, &[], when).await;
    }
    let everything = WorkFilter::default();
    let mut page = db.store().works_released(everything, &first(2)).await.unwrap();
    let mut seen = work_numbers(&page.items);
    assert_eq!(seen, [4, 3]);

    // One comes in before the place that was reached, one after it.
    released(db, 5, WorkKind::Lesson, &[], at(40)).await;
    released(db, 6, WorkKind::Lesson, &[], at(5)).await;
    while page.has_next {
        let last = page.items.last().unwrap();
        let next = after(2, (last.released_at, last.work));
        page = db.store().works_released(everything, &next).await.unwrap();
        seen.extend(work_numbers(&page.items));
    }
    assert_eq!(seen, [4, 3, 2, 1, 6]);
    assert_eq!(db.store().works_released_count(everything).await.unwrap(), 6);

    let by_id = db.store().works_released_after(None, 4).await.unwrap();
    assert_eq!(work_numbers(&by_id), [1, 2, 3, 4]);
    let by_id = db.store().works_released_after(Some(id(4)), 4).await.unwrap();
    assert_eq!(work_numbers(&by_id), [5, 6]);
}

async fn released_works_are_filtered_by_kind_and_topic(db: &TestDatabase) {
    let [one, two] = topics(db).await;
    released(db, 1, WorkKind::Lesson, &[one], at(10)).await;
    released(db, 2, WorkKind::Lesson, &[one, two], at(20)).await;
    released(db, 3, WorkKind::Video, &[one], at(30)).await;
    released(db, 4, WorkKind::Lesson, &[two], at(40)).await;
    let cases: [(Option<WorkKind>, Option<TopicId>, &[u128]); 5] = [
        (None, None, &[4, 3, 2, 1]),
        (Some(WorkKind::Lesson), None, &[4, 2, 1]),
        (None, Some(one), &[3, 2, 1]),
        (Some(WorkKind::Lesson), Some(one), &[2, 1]),
        (Some(WorkKind::Course), Some(one), &[]),
    ];
    for (kind, topic, expected) in cases {
        let filter = WorkFilter { kind, topic };
        let mut seen = Vec::new();
        let mut page = db.store().works_released(filter, &first(1)).await.unwrap();
        while let Some(last) = page.items.last() {
            seen.extend(work_numbers(&page.items));
            let next = after(1, (last.released_at, last.work));
            page = db.store().works_released(filter, &next).await.unwrap();
        }
        assert_eq!(seen, expected, "{filter:?}");
        let count = db.store().works_released_count(filter).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), expected.len(), "{filter:?}");
    }
}

async fn a_withdrawn_work_is_in_no_list(db: &TestDatabase) {
    let [topic, _] = topics(db).await;
    let gone = released(db, 1, WorkKind::Lesson, &[topic], at(10)).await;
    released(db, 2, WorkKind::Lesson, &[topic], at(20)).await;
    let tx = begin(db).await;
    assert!(tx.work_withdraw(gone).await.unwrap());
    assert!(!tx.work_withdraw(gone).await.unwrap());
    tx.commit().await.unwrap();
    for topic in [None, Some(topic)] {
        let filter = WorkFilter { kind: None, topic };
        let page = db.store().works_released(filter, &first(10)).await.unwrap();
        assert_eq!(work_numbers(&page.items), [2]);
    }
    assert_eq!(work_numbers(&db.store().works_released_after(None, 10).await.unwrap()), [2]);
    assert_eq!(db.store().works(&[gone]).await.unwrap()[0].released, None);
    assert_eq!(db.store().revisions_of(gone).await.unwrap().len(), 1);
}

async fn testers_are_named_for_a_work(db: &TestDatabase) {
    let tester = account(db, 1).await;
    let ((mine, _), (other, _)) = (drafted(db, 1, "Một").await, drafted(db, 2, "Hai").await);
    let tx = begin(db).await;
    tx.tester_add(mine, tester, NOW).await.unwrap();
    tx.tester_add(mine, tester, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().works_tested_by(tester, &[mine, other]).await.unwrap(), [mine]);
    assert!(db.store().works_tested_by(id(2), &[mine, other]).await.unwrap().is_empty());
    assert!(db.store().works_tested_by(tester, &[]).await.unwrap().is_empty());
}

// Files.

fn asset(number: u128, bytes: &[u8]) -> Asset {
    Asset {
        id: id(number),
        sha256: Sha256::of(bytes),
        size_bytes: bytes.len() as u64,
        media_type: "application/pdf".into(),
    }
}

async fn the_same_bytes_are_one_asset(db: &TestDatabase) {
    let tx = begin(db).await;
    assert_eq!(tx.asset_put(&asset(1, b"bai 1"), NOW).await.unwrap(), asset(1, b"").id);
    assert_eq!(tx.asset_put(&asset(2, b"bai 1"), at(1)).await.unwrap(), asset(1, b"").id);
    assert_eq!(tx.asset_put(&asset(3, b"bai 3"), NOW).await.unwrap(), asset(3, b"").id);
    tx.commit().await.unwrap();
    let store = db.store();
    assert_eq!(store.asset_by_sha256(&Sha256::of(b"bai 1")).await.unwrap(), Some(asset(1, b"bai 1")));
    assert_eq!(store.asset_by_sha256(&Sha256::of(b"bai 2")).await.unwrap(), None);
    assert_eq!(store.assets(&[id(1), id(2)]).await.unwrap(), [asset(1, b"bai 1")]);
    assert!(store.assets(&[]).await.unwrap().is_empty());

    // A revision may use a file twice.
    let (_, revision) = drafted(db, 1, "Một").await;
    let used = [AssetRole::Main, AssetRole::Attachment];
    let assets = used.map(|role| AssetUse { asset: id(1), role: role.name().into(), language: None });
    let twice = Content { assets: assets.to_vec(), ..content("Hai", &[]) };
    let tx = begin(db).await;
    assert!(tx.revision_save(revision, 1, &twice).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store().revisions(&[revision]).await.unwrap()[0].content, twice);
}

async fn upload(db: &TestDatabase, number: u128) -> UploadRow {
    let upload = UploadRow {
        id: id(number),
        account: account(db, 1).await,
        file_name: "bài 1.mp4".into(),
        media_type: "video/mp4".into(),
        size_bytes: 5_000_000_000,
        sha256: Sha256::of(b"bai 1"),
        multipart: "parts-1".into(),
        state: UploadState::Open,
        refusal: None,
        asset: None,
        created_at: NOW,
    };
    let tx = begin(db).await;
    tx.upload_add(&upload).await.unwrap();
    tx.commit().await.unwrap();
    upload
}

async fn an_upload_moves_from_the_right_state_only(db: &TestDatabase) {
    use UploadState::{Open, Ready, Refused, Verifying};
    let upload = upload(db, 1).await;
    let left_open = db.store().uploads_left_open(at(1), 10).await.unwrap();
    assert_eq!(left_open.iter().map(|left| left.id).collect::<Vec<_>>(), [upload.id]);
    assert!(db.store().uploads_left_open(NOW, 10).await.unwrap().is_empty());

    let tx = begin(db).await;
    assert!(!tx.upload_move(upload.id, Verifying, Ready, None, None).await.unwrap());
    assert!(tx.upload_move(upload.id, Open, Verifying, None, None).await.unwrap());
    assert!(!tx.upload_move(upload.id, Open, Verifying, None, None).await.unwrap());
    assert!(!tx.upload_move(upload.id, Open, Refused, Some("mismatch"), None).await.unwrap());
    assert!(!tx.upload_move(id(2), Open, Verifying, None, None).await.unwrap());
    tx.commit().await.unwrap();

    let read = db.store().upload(upload.id).await.unwrap().unwrap();
    assert_eq!((read.state, read.refusal, read.asset), (Verifying, None, None));
    assert_eq!(
        (read.account, read.file_name, read.media_type),
        (upload.account, upload.file_name, upload.media_type)
    );
    assert_eq!(
        (read.size_bytes, read.sha256, read.multipart),
        (upload.size_bytes, upload.sha256, upload.multipart)
    );
    assert_eq!(read.created_at, NOW);
    assert!(db.store().uploads_left_open(at(1), 10).await.unwrap().is_empty());
}

async fn an_upload_ends_as_an_asset_or_refused(db: &TestDatabase) {
    use UploadState::{Open, Ready, Refused, Verifying};
    let good = upload(db, 1).await;
    let bad = UploadRow { id: id(2), ..good.clone() };
    let tx = begin(db).await;
    tx.upload_add(&bad).await.unwrap();
    let asset = tx.asset_put(&asset(1, b"bai 1"), NOW).await.unwrap();
    for upload in [&good, &bad] {
        assert!(tx.upload_move(upload.id, Open, Verifying, None, None).await.unwrap());
    }
    assert!(tx.upload_move(good.id, Verifying, Ready, None, Some(asset)).await.unwrap());
    assert!(tx.upload_move(bad.id, Verifying, Refused, Some("mismatch"), None).await.unwrap());
    tx.commit().await.unwrap();
    let good = db.store().upload(good.id).await.unwrap().unwrap();
    assert_eq!((good.state, good.refusal, good.asset), (Ready, None, Some(asset)));
    let bad = db.store().upload(bad.id).await.unwrap().unwrap();
    assert_eq!((bad.state, bad.refusal.as_deref(), bad.asset), (Refused, Some("mismatch"), None));
}

async fn a_receipt_is_written_once(db: &TestDatabase) {
    let (mine, yours) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let receipt =
        Receipt { operation: "goalSet".into(), digest: vec![1, 2, 3], answer: r#"{"goal":1}"#.into() };
    let tx = begin(db).await;
    assert!(tx.receipt(mine, "m-1").await.unwrap().is_none());
    tx.receipt_add(mine, "m-1", receipt.clone(), NOW).await.unwrap();
    tx.receipt_add(yours, "m-1", receipt.clone(), at(60)).await.unwrap();
    tx.commit().await.unwrap();

    let tx = begin(db).await;
    assert!(is_duplicate(&tx.receipt_add(mine, "m-1", receipt.clone(), NOW).await));
    tx.roll_back().await.unwrap();

    let tx = begin(db).await;
    let read = tx.receipt(mine, "m-1").await.unwrap().unwrap();
    assert_eq!(
        (read.operation, read.digest, read.answer),
        (receipt.operation, receipt.digest, receipt.answer)
    );
    assert!(tx.receipt(mine, "m-2").await.unwrap().is_none());
    assert_eq!(tx.receipts_forget(at(60)).await.unwrap(), 1);
    assert!(tx.receipt(mine, "m-1").await.unwrap().is_none());
    assert!(tx.receipt(yours, "m-1").await.unwrap().is_some());
    tx.commit().await.unwrap();
}

// Study.

/// Somebody with a phone.
struct Student {
    number: u8,
    citizen: CitizenId,
    device: DeviceId,
}

async fn student(db: &TestDatabase, number: u8) -> Student {
    let account = account(db, number).await;
    let device = device(db, account, u128::from(number)).await;
    Student { number, citizen: citizen(db, u128::from(number), "Nguyễn Văn An").await, device }
}

/// Reading work 1, seen by the app.
fn evidence(who: &Student, sequence: u32, span: Interval) -> EvidenceRow {
    EvidenceRow {
        id: id(u128::from(who.number) * 1_000_000 + u128::from(sequence)),
        device: who.device,
        citizen: who.citizen,
        revision: None,
        trust: Trust::Measured,
        evidence: Evidence {
            sequence: i64::from(sequence),
            work: id(1),
            source: Source::Reading,
            started_at: Timestamp::from_ms(span.start() * 1000),
            ended_at: Timestamp::from_ms(span.end() * 1000),
            media_ms: None,
        },
        reason: None,
        policy: "test".into(),
        received_at: NOW,
    }
}

fn credit_of(span: Interval) -> CreditRow {
    CreditRow { day: Timestamp::from_ms(span.start() * 1000).learning_day(), stretch: span }
}

/// Evidence that counts in full.
async fn studied(db: &TestDatabase, row: EvidenceRow) {
    let Evidence { started_at, ended_at, .. } = row.evidence;
    let span = Interval::new(started_at.ms() / 1000, ended_at.ms() / 1000).unwrap();
    let tx = begin(db).await;
    tx.evidence_add(&row, &[credit_of(span)]).await.unwrap();
    tx.commit().await.unwrap();
}

fn today() -> Day {
    NOW.learning_day()
}

async fn evidence_is_numbered_once_by_device(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    let row = evidence(&one, 1, span(0, 100));
    studied(db, row.clone()).await;
    studied(db, evidence(&one, 2, span(100, 200))).await;
    studied(db, evidence(&one, 5, span(200, 300))).await;
    studied(db, evidence(&other, 1, span(0, 100))).await;

    let tx = begin(db).await;
    let same_number = EvidenceRow { id: id(99), ..evidence(&one, 1, span(500, 600)) };
    assert!(is_duplicate(&tx.evidence_add(&same_number, &[credit_of(span(500, 600))]).await));
    tx.roll_back().await.unwrap();

    let store = db.store();
    assert_eq!(store.evidence_digest(one.device, 1).await.unwrap(), Some(row.evidence.digest().to_vec()));
    assert_eq!(store.evidence_digest(one.device, 3).await.unwrap(), None);
    assert_eq!(store.evidence_gaps(one.device).await.unwrap(), (5, 2));
    assert_eq!(store.evidence_gaps(other.device).await.unwrap(), (1, 0));
    assert_eq!(store.evidence_gaps(id(99)).await.unwrap(), (0, 0));
    assert_eq!(
        store.study_sums(&[one.citizen], today(), today()).await.unwrap(),
        [(one.citizen, Trust::Measured, 300)]
    );
}

async fn days_are_the_sums_of_credit(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let (today, tomorrow) = (today(), today().plus_days(1));
    studied(db, evidence(&who, 1, span(0, 100))).await;
    studied(db, evidence(&who, 2, span(200, 260))).await;
    let mut claimed = EvidenceRow { trust: Trust::Claimed, ..evidence(&who, 3, span(300, 400)) };
    claimed.evidence.source = Source::Video;
    claimed.evidence.media_ms = Some((0, 100_000));
    studied(db, claimed).await;
    studied(db, evidence(&who, 4, span(86_400, 86_450))).await;
    studied(db, evidence(&other, 1, span(0, 7))).await;
    // What counts for nothing is kept all the same.
    let refused = EvidenceRow { reason: Some(Reason::Overlap), ..evidence(&who, 5, span(0, 100)) };
    let tx = begin(db).await;
    tx.evidence_add(&refused, &[]).await.unwrap();
    tx.commit().await.unwrap();

    let store = db.store();
    let expected = [
        DayRow { day: today, source: Source::Reading, trust: Trust::Measured, seconds: 160 },
        DayRow { day: today, source: Source::Video, trust: Trust::Claimed, seconds: 100 },
        DayRow { day: tomorrow, source: Source::Reading, trust: Trust::Measured, seconds: 50 },
    ];
    assert_eq!(store.study_days(who.citizen, today, tomorrow).await.unwrap(), expected);
    assert_eq!(store.study_days(who.citizen, today, today).await.unwrap(), expected[..2]);
    let mut sums = store.study_sums(&[who.citizen, other.citizen], today, tomorrow).await.unwrap();
    sums.sort_unstable();
    let expected = [
        (who.citizen, Trust::Measured, 210),
        (who.citizen, Trust::Claimed, 100),
        (other.citizen, Trust::Measured, 7),
    ];
    assert_eq!(sums, expected);
    assert!(store.study_sums(&[], today, tomorrow).await.unwrap().is_empty());
    let mut reading = store.credit_of_reading(who.citizen, id(1), today, tomorrow).await.unwrap();
    reading.sort_unstable();
    assert_eq!(reading, [(today, 160), (tomorrow, 50)]);
    assert!(store.credit_of_reading(who.citizen, id(2), today, tomorrow).await.unwrap().is_empty());
    let by_work = store.study_seconds_by_work(who.citizen, today, tomorrow).await.unwrap();
    assert_eq!(
        by_work.iter().map(|(work, seconds)| (number(*work), *seconds)).collect::<Vec<_>>(),
        [(1, 310)]
    );

    assert_eq!(store.study_days_unreconciled().await.unwrap(), 0);
    by_hand(db, "UPDATE study_day SET seconds = seconds + 1 WHERE source = 'video'").await;
    assert_eq!(store.study_days_unreconciled().await.unwrap(), 1);
}

async fn credit_that_touches_is_found(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    studied(db, evidence(&who, 1, span(0, 100))).await;
    studied(db, evidence(&who, 2, span(200, 300))).await;
    studied(db, evidence(&other, 1, span(0, 300))).await;
    let cases: [(Interval, &[Interval]); 5] = [
        (span(100, 200), &[]),
        (span(99, 201), &[span(0, 100), span(200, 300)]),
        (span(-1000, 1), &[span(0, 100)]),
        (span(220, 230), &[span(200, 300)]),
        (span(300, 1000), &[]),
    ];
    for (wanted, expected) in cases {
        let mut found = db.store().credit_touching(who.citizen, wanted).await.unwrap();
        found.sort_unstable();
        assert_eq!(found, expected, "{wanted:?}");
    }
}

async fn a_second_is_credited_once(db: &TestDatabase) {
    let who = student(db, 1).await;
    studied(db, evidence(&who, 1, span(0, 100))).await;
    let tx = begin(db).await;
    let again = evidence(&who, 2, span(0, 50));
    assert!(is_duplicate(&tx.evidence_add(&again, &[credit_of(span(0, 50))]).await));
    tx.roll_back().await.unwrap();
    assert_eq!(db.store().evidence_gaps(who.device).await.unwrap(), (1, 0));
    assert_eq!(db.store().study_days_unreconciled().await.unwrap(), 0);
}

async fn unit_study(db: &TestDatabase, unit: UnitId, from: Day, to: Day) -> Vec<(Trust, i64, i64)> {
    let rows = db.store().unit_study(unit, NOW, from, to).await.unwrap();
    rows.into_iter().map(|MonthRow { trust, seconds, active_count }| (trust, seconds, active_count)).collect()
}

async fn a_citizen_of_two_branches_counts_once(db: &TestDatabase) {
    plant(db).await;
    let (both, third) = (student(db, 1).await, student(db, 2).await);
    let morning = today().learning_day_starts_at();
    join(db, 1, both.citizen, BRANCH_1, morning).await;
    join(db, 2, both.citizen, BRANCH_2, morning).await;
    join(db, 3, third.citizen, HOI_NGOC_HA, morning).await;
    studied(db, evidence(&both, 1, span(0, 100))).await;
    studied(db, EvidenceRow { trust: Trust::Claimed, ..evidence(&both, 2, span(100, 140)) }).await;
    studied(db, evidence(&third, 1, span(0, 30))).await;

    let both = [(Trust::Claimed, 40, 1), (Trust::Measured, 100, 1)];
    for unit in [BRANCH_1, BRANCH_2, HOI_BA_DINH] {
        assert_eq!(unit_study(db, unit, today(), today()).await, both, "{unit}");
    }
    let all = [(Trust::Claimed, 40, 1), (Trust::Measured, 130, 2)];
    assert_eq!(unit_study(db, HOI_HA_NOI, today(), today()).await, all);
    assert!(unit_study(db, HOI_HA_NOI, today().plus_days(1), today().plus_days(9)).await.is_empty());
    assert!(unit_study(db, BA_DINH, today(), today()).await.is_empty());
    // Before the branches stood, nothing was below.
    assert!(db.store().unit_study(HOI_BA_DINH, at(-1), today(), today()).await.unwrap().is_empty());
}

async fn study_counts_within_membership_only(db: &TestDatabase) {
    plant(db).await;
    let who = student(db, 1).await;
    let (tomorrow, last) = (today().plus_days(1), today().plus_days(2));
    for (sequence, day) in [(1, 0), (2, 1), (3, 2)] {
        let start = day * 86_400;
        studied(db, evidence(&who, sequence, span(start, start + 10 + day))).await;
    }
    join(db, 1, who.citizen, BRANCH_1, tomorrow.learning_day_starts_at()).await;
    assert!(unit_study(db, BRANCH_1, today(), today()).await.is_empty());
    assert_eq!(unit_study(db, BRANCH_1, today(), tomorrow).await, [(Trust::Measured, 11, 1)]);
    assert_eq!(unit_study(db, BRANCH_1, today(), last).await, [(Trust::Measured, 23, 1)]);
    let left_at = last.learning_day_starts_at().ms();
    by_hand(db, &format!("UPDATE membership SET valid_to = {left_at}")).await;
    assert_eq!(unit_study(db, BRANCH_1, today(), last).await, [(Trust::Measured, 11, 1)]);
}

async fn progress_keeps_the_latest_and_the_furthest(db: &TestDatabase) {
    let who = student(db, 1).await;
    let ((work, _), (unread, _)) = (drafted(db, 1, "Một").await, drafted(db, 2, "Hai").await);
    let row = |latest: (i64, i64), furthest: (i64, i64)| ProgressRow {
        work_id: work.uuid(),
        latest_ppm: latest.0,
        latest_media_ms: Some(latest.0 / 10),
        latest_at: at(latest.1).ms(),
        furthest_ppm: furthest.0,
        furthest_media_ms: Some(furthest.0 / 10),
        furthest_at: at(furthest.1).ms(),
    };
    // Where, when; then what is known after it: the latest and the furthest, each with its moment.
    let steps = [
        ((500_000, 10), (500_000, 10), (500_000, 10)),
        // Looked something up again.
        ((200_000, 20), (200_000, 20), (500_000, 10)),
        // Late and neither newer nor further.
        ((300_000, 5), (200_000, 20), (500_000, 10)),
        // Late but further.
        ((900_000, 7), (200_000, 20), (900_000, 7)),
        // As far again: the first time counts.
        ((900_000, 30), (900_000, 30), (900_000, 7)),
    ];
    for (index, (seen, latest, furthest)) in steps.into_iter().enumerate() {
        let position =
            PositionRow { work, locator_ppm: seen.0, media_ms: Some(seen.0 / 10), recorded_at: at(seen.1) };
        let tx = begin(db).await;
        let id = Uuid::from_u128(index as u128);
        tx.position_add(id, who.citizen, who.device, &position, at(60)).await.unwrap();
        tx.commit().await.unwrap();
        let progress = db.store().progress(who.citizen, &[work, unread]).await.unwrap();
        assert_eq!(progress, [row(latest, furthest)], "step {index}");
    }
    assert!(db.store().progress(id(99), &[work]).await.unwrap().is_empty());
    assert!(db.store().progress(who.citizen, &[]).await.unwrap().is_empty());
}

async fn many_at_once_on_one_citizen_all_get_through(db: &TestDatabase) {
    let who = student(db, 1).await;
    // A second process on the same database, as a worker beside a server.
    let beside = Store::open(&db.options()).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let store = if number % 2 == 0 { db.store().clone() } else { beside.clone() };
        let stretch = span(i64::from(number) * 10, i64::from(number) * 10 + 10);
        let row = evidence(&who, number + 1, stretch);
        tasks.spawn(async move {
            let tx = store.begin().await?;
            tx.citizen_lock(row.citizen).await?;
            let held = tx.credit_touching(row.citizen, stretch).await?;
            assert!(held.is_empty());
            tx.evidence_add(&row, &[credit_of(stretch)]).await?;
            tx.commit().await
        });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    beside.close().await.unwrap();
    let days = db.store().study_days(who.citizen, today(), today()).await.unwrap();
    assert_eq!(days.iter().map(|day| day.seconds).collect::<Vec<_>>(), [320]);
    assert_eq!(db.store().evidence_gaps(who.device).await.unwrap(), (32, 0));
    assert_eq!(db.store().study_days_unreconciled().await.unwrap(), 0);
}

// Jobs.

const LEASE_MS: i64 = 60_000;

fn job(number: u128) -> JobKind {
    JobKind::WorkIndex { work: id(number) }
}

async fn enqueue(db: &TestDatabase, number: u128, run_at: Timestamp) {
    let tx = begin(db).await;
    tx.job_add(id(number), &job(number), run_at).await.unwrap();
    tx.commit().await.unwrap();
}

/// The number of the next job and how often it was begun.
async fn take(db: &TestDatabase, now: Timestamp) -> Option<(u128, u32)> {
    let row = db.store().job_take(now, LEASE_MS).await.unwrap()?;
    assert_eq!(row.job, job(number(row.id)));
    Some((number(row.id), row.attempts))
}

async fn a_job_is_seen_after_its_commit_only(db: &TestDatabase) {
    let tx = begin(db).await;
    tx.job_add(id(1), &job(1), NOW).await.unwrap();
    assert_eq!(take(db, NOW).await, None);
    assert_eq!(db.store().job_counts().await.unwrap(), (0, 0));
    tx.commit().await.unwrap();
    assert_eq!(db.store().job_counts().await.unwrap(), (1, 0));
    assert_eq!(take(db, NOW).await, Some((1, 1)));
    db.store().job_done(id(1)).await.unwrap();
    assert_eq!(db.store().job_counts().await.unwrap(), (0, 0));
    assert_eq!(take(db, at(3600)).await, None);
}

async fn a_job_goes_with_its_transaction(db: &TestDatabase) {
    let tx = begin(db).await;
    tx.topic_put(&topic(1)).await.unwrap();
    tx.job_add(id(1), &job(1), NOW).await.unwrap();
    tx.roll_back().await.unwrap();
    assert_eq!(take(db, NOW).await, None);
    let forgotten = begin(db).await;
    forgotten.job_add(id(2), &job(2), NOW).await.unwrap();
    drop(forgotten);
    assert_eq!(take(db, NOW).await, None);
    assert_eq!(db.store().job_counts().await.unwrap(), (0, 0));
}

async fn jobs_wait_until_they_are_due_and_come_in_order(db: &TestDatabase) {
    enqueue(db, 1, at(20)).await;
    enqueue(db, 2, at(10)).await;
    enqueue(db, 3, at(10)).await;
    assert_eq!(take(db, at(9)).await, None);
    assert_eq!(take(db, at(10)).await, Some((2, 1)));
    assert_eq!(take(db, at(30)).await, Some((3, 1)));
    assert_eq!(take(db, at(30)).await, Some((1, 1)));
    assert_eq!(take(db, at(30)).await, None);
}

async fn a_job_is_taken_by_one_worker(db: &TestDatabase) {
    enqueue(db, 1, NOW).await;
    let store = db.store();
    let (one, other) = tokio::join!(store.job_take(NOW, LEASE_MS), store.job_take(NOW, LEASE_MS));
    let taken: Vec<u128> =
        [one.unwrap(), other.unwrap()].into_iter().flatten().map(|row| number(row.id)).collect();
    assert_eq!(taken, [1]);

    for number in 2..=5 {
        enqueue(db, number, NOW).await;
    }
    // A second process on the same database.
    let beside = Store::open(&db.options()).await.unwrap();
    let mut takers = JoinSet::new();
    for taker in 0..12 {
        let store = if taker % 2 == 0 { store.clone() } else { beside.clone() };
        takers.spawn(async move { store.job_take(NOW, LEASE_MS).await.unwrap().map(|row| number(row.id)) });
    }
    let mut taken: Vec<u128> = takers.join_all().await.into_iter().flatten().collect();
    taken.sort_unstable();
    assert_eq!(taken, [2, 3, 4, 5]);
    beside.close().await.unwrap();
}

async fn a_lease_runs_out(db: &TestDatabase) {
    enqueue(db, 1, NOW).await;
    assert_eq!(take(db, NOW).await, Some((1, 1)));
    assert_eq!(take(db, NOW.plus_ms(LEASE_MS - 1)).await, None);
    assert_eq!(db.store().job_counts().await.unwrap(), (1, 0), "a job that is being done is not done");
    assert_eq!(take(db, NOW.plus_ms(LEASE_MS)).await, Some((1, 2)));
    assert_eq!(take(db, NOW.plus_ms(LEASE_MS)).await, None);
}

async fn a_failed_job_comes_again_or_is_laid_aside(db: &TestDatabase) {
    enqueue(db, 1, NOW).await;
    assert_eq!(take(db, NOW).await, Some((1, 1)));
    db.store().job_failed(id(1), "không gửi được", Some(at(30)), at(1)).await.unwrap();
    assert_eq!(take(db, at(29)).await, None);
    assert_eq!(take(db, at(30)).await, Some((1, 2)));
    db.store().job_failed(id(1), "vẫn không gửi được", None, at(31)).await.unwrap();
    assert_eq!(take(db, at(86_400)).await, None);
    assert_eq!(db.store().job_counts().await.unwrap(), (0, 1));
}

// Goals.

fn goal(number: u128, owner: GoalOwner, period: GoalPeriod, minutes: i32) -> Goal {
    Goal { id: id(number), owner, period, minutes }
}

async fn a_goal_replaces_the_one_before(db: &TestDatabase) {
    let (who, other) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    let (mine, theirs) = (GoalOwner::Citizen(who), GoalOwner::Citizen(other));
    let week = goal(3, mine, GoalPeriod::Week, 90);
    let month = goal(2, mine, GoalPeriod::Month, 300);
    let tx = begin(db).await;
    tx.goal_set(&goal(1, mine, GoalPeriod::Week, 60), NOW).await.unwrap();
    tx.goal_set(&month, at(1)).await.unwrap();
    tx.goal_set(&goal(4, theirs, GoalPeriod::Week, 30), at(1)).await.unwrap();
    tx.goal_set(&week, at(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().goals(who, at(3)).await.unwrap(), [month, week]);
    assert_eq!(db.store().goals(other, at(3)).await.unwrap(), [goal(4, theirs, GoalPeriod::Week, 30)]);
}

async fn an_association_suggests_goals_to_its_members(db: &TestDatabase) {
    plant(db).await;
    let who = citizen(db, 1, "Lê An").await;
    join(db, 1, who, BRANCH_1, at(60)).await;
    let suggested = goal(2, GoalOwner::Unit(BRANCH_1), GoalPeriod::Month, 600);
    let own = goal(4, GoalOwner::Citizen(who), GoalPeriod::Month, 300);
    let tx = begin(db).await;
    tx.goal_set(&goal(1, GoalOwner::Unit(BRANCH_1), GoalPeriod::Month, 500), NOW).await.unwrap();
    tx.goal_set(&suggested, at(1)).await.unwrap();
    tx.goal_set(&goal(3, GoalOwner::Unit(BRANCH_2), GoalPeriod::Month, 900), at(1)).await.unwrap();
    tx.goal_set(&own, at(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().goals(who, at(59)).await.unwrap(), [own]);
    assert_eq!(db.store().goals(who, at(60)).await.unwrap(), [suggested, own]);
}

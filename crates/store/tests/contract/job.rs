//! Work for later.

use densach_domain::Timestamp;
use densach_store::testkit::TestDatabase;
use densach_store::{JobKind, Store};
use tokio::task::JoinSet;

use crate::{NOW, at, begin, id, number, topic, write};

contract! {
    every_kind_of_job_reads_back
    a_job_is_seen_after_its_commit_only
    a_job_goes_with_its_transaction
    jobs_wait_until_they_are_due_and_come_in_order
    a_job_is_taken_by_one_worker
    a_lease_runs_out
    a_failed_job_comes_again_or_is_laid_aside
}

const LEASE_MS: i64 = 60_000;

fn job(number: u128) -> JobKind {
    JobKind::WorkIndex { work: id(number) }
}

async fn enqueue(db: &TestDatabase, number: u128, run_at: Timestamp) {
    write(db, async |tx| tx.job_add(id(number), &job(number), run_at).await.unwrap()).await;
}

/// The number of the next job and how often it was begun.
async fn take(db: &TestDatabase, now: Timestamp) -> Option<(u128, u32)> {
    let row = db.store().job_take(now, LEASE_MS).await.unwrap()?;
    assert_eq!(row.job, job(number(row.id)));
    Some((number(row.id), row.attempts))
}

async fn every_kind_of_job_reads_back(db: &TestDatabase) {
    let jobs = [
        JobKind::CodeDeliver { sealed: "kín".into() },
        JobKind::UploadVerify { upload: id(1) },
        JobKind::WorkIndex { work: id(1) },
        JobKind::SearchReconcile,
        JobKind::LedgerRecompute,
    ];
    let tx = begin(db).await;
    for (number, job) in (1..).zip(&jobs) {
        tx.job_add(id(number), job, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut read = Vec::new();
    while let Some(row) = db.store().job_take(NOW, LEASE_MS).await.unwrap() {
        read.push(row.job);
    }
    assert_eq!(read, jobs);
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
    let taken = [one, other].into_iter().filter_map(Result::unwrap);
    assert_eq!(taken.map(|row| number(row.id)).collect::<Vec<_>>(), [1]);

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

//! Where people are in works.

use densach_store::testkit::TestDatabase;
use densach_store::{PositionRow, ProgressRow};
use uuid::Uuid;

use crate::{at, begin, drafted, duplicate, id, student, write};

contract! {
    progress_keeps_the_latest_and_the_furthest
    a_position_is_taken_in_once
    everybody_goes_on_from_where_they_were
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
    for (step, ((locator_ppm, when), latest, furthest)) in (1..).zip(steps) {
        let position =
            PositionRow { work, locator_ppm, media_ms: Some(locator_ppm / 10), recorded_at: at(when) };
        let tx = begin(db).await;
        let id = Uuid::from_u128(step);
        tx.position_add(id, who.citizen, who.device, &position, at(60)).await.unwrap();
        tx.commit().await.unwrap();
        let progress = db.store().progress(who.citizen, &[work, unread]).await.unwrap();
        assert_eq!(progress, [row(latest, furthest)], "step {step}");
    }
    assert!(db.store().progress(id(99), &[work]).await.unwrap().is_empty());
    assert!(db.store().progress(who.citizen, &[]).await.unwrap().is_empty());
}

async fn a_position_is_taken_in_once(db: &TestDatabase) {
    let who = student(db, 1).await;
    let (work, _) = drafted(db, 1, "Một").await;
    let position = |locator_ppm| PositionRow { work, locator_ppm, media_ms: None, recorded_at: at(10) };
    let log_id = Uuid::from_u128(1);
    write(db, async |tx| {
        tx.position_add(log_id, who.citizen, who.device, &position(5), at(60)).await.unwrap();
    })
    .await;
    duplicate(db, async |tx| tx.position_add(log_id, who.citizen, who.device, &position(900), at(61)).await)
        .await;
    let progress = db.store().progress(who.citizen, &[work]).await.unwrap();
    assert_eq!(progress.iter().map(|row| row.furthest_ppm).collect::<Vec<_>>(), [5]);
}

async fn everybody_goes_on_from_where_they_were(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    let ((first, _), (second, _)) = (drafted(db, 1, "Một").await, drafted(db, 2, "Hai").await);
    let read = [(&one, first, 100), (&other, first, 200), (&one, second, 300)];
    let tx = begin(db).await;
    for (number, (who, work, locator_ppm)) in (1..).zip(read) {
        let position = PositionRow { work, locator_ppm, media_ms: None, recorded_at: at(10) };
        let log_id = Uuid::from_u128(number);
        tx.position_add(log_id, who.citizen, who.device, &position, at(60)).await.unwrap();
    }
    tx.commit().await.unwrap();
    for (who, work, locator_ppm) in read {
        let progress = db.store().progress(who.citizen, &[work]).await.unwrap();
        let progress: Vec<_> = progress.iter().map(|row| (row.latest_ppm, row.latest_media_ms)).collect();
        assert_eq!(progress, [(locator_ppm, None)]);
    }
}

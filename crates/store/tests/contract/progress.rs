//! How far people have come in a work.

use densach_store::testkit::TestDatabase;
use densach_store::{PositionRow, ProgressRow};
use uuid::Uuid;

use crate::{at, begin, drafted, id, student};

contract! {
    progress_keeps_the_latest_and_the_furthest
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

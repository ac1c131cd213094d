//! The ledger of study time.

use densach_domain::evidence::{Evidence, Reason, Source, Trust};
use densach_domain::id::UnitId;
use densach_domain::interval::Interval;
use densach_domain::{Day, Timestamp};
use densach_store::testkit::TestDatabase;
use densach_store::{CreditRow, DayRow, EvidenceRow, SpanRow, Store};
use tokio::task::JoinSet;

use crate::{
    BA_DINH, BRANCH_1, BRANCH_2, HOI_BA_DINH, HOI_HA_NOI, HOI_NGOC_HA, NOW, Student, at, by_hand, duplicate,
    id, join, plant, student, write,
};

contract! {
    evidence_is_numbered_once_by_device
    days_are_the_sums_of_credit
    credit_that_touches_is_found
    a_second_is_credited_once
    a_citizen_of_two_branches_counts_once
    study_counts_within_membership_only
    many_at_once_on_one_citizen_all_get_through
}

/// The stretch from `from` to `to`, in seconds after [`NOW`].
fn span(from: i64, to: i64) -> Interval {
    Interval::new(at(from).ms() / 1000, at(to).ms() / 1000).unwrap()
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

/// Credit for all of it.
fn in_full(row: &EvidenceRow) -> [CreditRow; 1] {
    let Evidence { started_at, ended_at, .. } = row.evidence;
    let stretch = Interval::new(started_at.ms() / 1000, ended_at.ms() / 1000).unwrap();
    [CreditRow { day: started_at.learning_day(), stretch }]
}

async fn studied(db: &TestDatabase, row: &EvidenceRow) {
    write(db, async |tx| tx.evidence_add(row, &in_full(row)).await.unwrap()).await;
}

fn today() -> Day {
    NOW.learning_day()
}

async fn evidence_is_numbered_once_by_device(db: &TestDatabase) {
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    let row = evidence(&one, 1, span(0, 100));
    studied(db, &row).await;
    studied(db, &evidence(&one, 2, span(100, 200))).await;
    studied(db, &evidence(&one, 5, span(200, 300))).await;
    studied(db, &evidence(&other, 1, span(0, 90))).await;
    let same_number = EvidenceRow { id: id(99), ..evidence(&one, 1, span(500, 600)) };
    duplicate(db, async |tx| tx.evidence_add(&same_number, &in_full(&same_number)).await).await;

    let store = db.store();
    let digests = store.evidence_digests(one.device, &[3, 1]).await.unwrap();
    assert_eq!(digests, [(1, row.evidence.digest(row.citizen).to_vec())]);
    let digests = store.evidence_digests(one.device, &[1, 2, 3, 4, 5, 6]).await.unwrap();
    let mut numbers: Vec<i64> = digests.into_iter().map(|(sequence, _)| sequence).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 5]);
    assert!(store.evidence_digests(one.device, &[]).await.unwrap().is_empty());
    assert_eq!(store.evidence_gaps(one.device).await.unwrap(), (5, 2));
    assert_eq!(store.evidence_gaps(other.device).await.unwrap(), (1, 0));
    assert_eq!(store.evidence_gaps(id(99)).await.unwrap(), (0, 0));
    let sums = store.study_sums(&[one.citizen], today(), today()).await.unwrap();
    assert_eq!(sums, [(one.citizen, Trust::Measured, 300)]);
}

async fn days_are_the_sums_of_credit(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let (today, tomorrow) = (today(), today().plus_days(1));
    studied(db, &evidence(&who, 1, span(0, 100))).await;
    studied(db, &evidence(&who, 2, span(200, 260))).await;
    let mut claimed = EvidenceRow { trust: Trust::Claimed, ..evidence(&who, 3, span(300, 400)) };
    claimed.evidence.source = Source::Video;
    claimed.evidence.media_ms = Some((0, 100_000));
    studied(db, &claimed).await;
    studied(db, &evidence(&who, 4, span(86_400, 86_450))).await;
    let mut second = evidence(&who, 5, span(500, 520));
    second.evidence.work = id(2);
    studied(db, &second).await;
    studied(db, &evidence(&other, 1, span(0, 7))).await;
    // What counts for nothing is kept all the same.
    let refused = EvidenceRow { reason: Some(Reason::Overlap), ..evidence(&who, 6, span(0, 100)) };
    write(db, async |tx| tx.evidence_add(&refused, &[]).await.unwrap()).await;

    let store = db.store();
    assert_eq!(store.evidence_gaps(who.device).await.unwrap(), (6, 0));
    let expected = [
        DayRow { day: today, source: Source::Reading, trust: Trust::Measured, seconds: 180 },
        DayRow { day: today, source: Source::Video, trust: Trust::Claimed, seconds: 100 },
        DayRow { day: tomorrow, source: Source::Reading, trust: Trust::Measured, seconds: 50 },
    ];
    assert_eq!(store.study_days(who.citizen, today, tomorrow).await.unwrap(), expected);
    assert_eq!(store.study_days(who.citizen, today, today).await.unwrap(), expected[..2]);
    let mut sums = store.study_sums(&[who.citizen, other.citizen], today, tomorrow).await.unwrap();
    sums.sort_unstable();
    let expected = [
        (who.citizen, Trust::Measured, 230),
        (who.citizen, Trust::Claimed, 100),
        (other.citizen, Trust::Measured, 7),
    ];
    assert_eq!(sums, expected);
    assert!(store.study_sums(&[], today, tomorrow).await.unwrap().is_empty());
    let mut reading = store.credit_of_reading(who.citizen, today, tomorrow).await.unwrap();
    reading.sort_unstable();
    assert_eq!(reading, [(id(1), today, 160), (id(1), tomorrow, 50), (id(2), today, 20)]);
    assert!(store.credit_of_reading(id(99), today, tomorrow).await.unwrap().is_empty());
    let by_work = store.study_seconds_by_work(who.citizen, today, tomorrow).await.unwrap();
    assert_eq!(by_work, [(id(1), 310), (id(2), 20)]);

    assert_eq!(store.study_days_unreconciled().await.unwrap(), 0);
    by_hand(db, "UPDATE study_day SET seconds = seconds + 1 WHERE source = 'video'").await;
    assert_eq!(store.study_days_unreconciled().await.unwrap(), 1);
}

async fn credit_that_touches_is_found(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    studied(db, &evidence(&who, 1, span(0, 100))).await;
    studied(db, &evidence(&who, 2, span(200, 300))).await;
    studied(db, &evidence(&other, 1, span(0, 300))).await;
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
    studied(db, &evidence(&who, 1, span(0, 100))).await;
    let again = evidence(&who, 2, span(0, 50));
    duplicate(db, async |tx| tx.evidence_add(&again, &in_full(&again)).await).await;
    assert_eq!(db.store().evidence_gaps(who.device).await.unwrap(), (1, 0));
    assert_eq!(db.store().study_days_unreconciled().await.unwrap(), 0);
}

fn spanned(unit: UnitId, span_index: usize, trust: Trust, seconds: i64, active_count: i64) -> SpanRow {
    SpanRow { unit, span_index, trust, seconds, active_count }
}

async fn a_citizen_of_two_branches_counts_once(db: &TestDatabase) {
    plant(db).await;
    let (both, third) = (student(db, 1).await, student(db, 2).await);
    let morning = today().learning_day_starts_at();
    join(db, 1, both.citizen, BRANCH_1, morning).await;
    join(db, 2, both.citizen, BRANCH_2, morning).await;
    join(db, 3, third.citizen, HOI_NGOC_HA, morning).await;
    studied(db, &evidence(&both, 1, span(0, 100))).await;
    studied(db, &EvidenceRow { trust: Trust::Claimed, ..evidence(&both, 2, span(100, 140)) }).await;
    studied(db, &evidence(&third, 1, span(0, 30))).await;

    let store = db.store();
    let (day, later) = ((today(), today()), (today().plus_days(1), today().plus_days(9)));
    let expected = [(HOI_HA_NOI, 130, 2), (HOI_BA_DINH, 100, 1), (BRANCH_1, 100, 1), (BRANCH_2, 100, 1)];
    let expected = expected.map(|(unit, measured, count)| {
        [spanned(unit, 0, Trust::Claimed, 40, 1), spanned(unit, 0, Trust::Measured, measured, count)]
    });
    for alone in expected {
        assert_eq!(store.units_study(&[alone[0].unit], NOW, &[day]).await.unwrap(), alone);
    }
    let units = [BRANCH_1, BRANCH_2, HOI_BA_DINH, HOI_HA_NOI, BA_DINH];
    assert_eq!(store.units_study(&units, NOW, &[day, later]).await.unwrap(), expected.concat());
    assert!(store.units_study(&units, NOW, &[later]).await.unwrap().is_empty());
    assert!(store.units_study(&units, NOW, &[]).await.unwrap().is_empty());
    assert!(store.units_study(&[], NOW, &[day]).await.unwrap().is_empty());
    // Before the branches stood, nothing was below.
    assert!(store.units_study(&[HOI_BA_DINH], at(-1), &[day]).await.unwrap().is_empty());
}

async fn study_counts_within_membership_only(db: &TestDatabase) {
    plant(db).await;
    let who = student(db, 1).await;
    let (tomorrow, last) = (today().plus_days(1), today().plus_days(2));
    for (sequence, day) in [(1, 0), (2, 1), (3, 2)] {
        let start = day * 86_400;
        studied(db, &evidence(&who, sequence, span(start, start + 10 + day))).await;
    }
    join(db, 1, who.citizen, BRANCH_1, tomorrow.learning_day_starts_at()).await;
    let measured = async || {
        let spans = [(today(), today()), (today(), tomorrow), (today(), last)];
        db.store().units_study(&[BRANCH_1], NOW, &spans).await.unwrap()
    };
    let row = |span_index, seconds| spanned(BRANCH_1, span_index, Trust::Measured, seconds, 1);
    assert_eq!(measured().await, [row(1, 11), row(2, 23)]);
    let left_at = last.learning_day_starts_at().ms();
    by_hand(db, &format!("UPDATE membership SET valid_to = {left_at}")).await;
    assert_eq!(measured().await, [row(1, 11), row(2, 11)]);
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
            tx.evidence_add(&row, &in_full(&row)).await?;
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

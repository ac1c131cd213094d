//! The database itself.

use densach_domain::credit::{Deed, Entry, Holding};
use densach_domain::evidence::{Evidence, EvidenceId, Source, Trust};
use densach_domain::id::CitizenId;
use densach_domain::{Day, Timestamp};
use densach_store::testkit::TestDatabase;
use densach_store::{DayRow, JobKind, LineRow, Said, Store, StoreError};
use uuid::Uuid;

use crate::{
    Student, at, begin, by_hand, enter, holding, id, line, number, put, reading, span, student, today, topic,
    write,
};

contract! {
    a_migrated_database_needs_nothing_more
    a_newer_database_is_refused
    the_first_ledger_is_carried_over
    an_empty_first_ledger_is_carried_over
    a_transaction_sees_its_own_writes_and_nobody_else_does
    a_snapshot_stands_still
    statements_are_counted
}

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

/// An id as a statement has it.
fn literal(db: &TestDatabase, number: u128) -> String {
    let id = Uuid::from_u128(number);
    if db.name() == "postgres" { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
}

/// Of the first ledger's evidence: the line that it becomes, as a number.
fn evidence_literal(db: &TestDatabase, line: EvidenceId) -> String {
    literal(db, number(line.citizen) * 100 + u128::try_from(line.number).unwrap())
}

/// What the first ledger held, as statements.
fn first_ledger(db: &TestDatabase, lines: &[LineRow], entries: &[(CitizenId, Entry)]) -> String {
    let mut sql = String::new();
    for line in lines {
        let said = line.said.evidence.as_ref().unwrap();
        let (from, to) = said.content.unzip();
        let media = [from, to].map(|ms| ms.map_or("NULL".to_owned(), |ms| ms.to_string())).join(", ");
        sql += &format!(
            "INSERT INTO study_evidence (id, device_id, sequence, citizen_id, work_id, source, trust, started_at, \
             ended_at, media_start_ms, media_end_ms, digest, policy, received_at) \
             VALUES ({}, {}, {}, {}, {}, '{}', 'measured', {}, {}, {media}, '-', '{}', {});\n",
            evidence_literal(db, line.id),
            literal(db, number(line.device.unwrap())),
            said.sequence,
            literal(db, number(line.id.citizen)),
            literal(db, number(said.work.unwrap())),
            said.source.name(),
            said.started_at.ms(),
            said.ended_at.ms(),
            line.policy,
            line.received_at.ms(),
        );
    }
    for (citizen, entry) in entries {
        let held = &entry.holding;
        sql += &format!(
            "INSERT INTO study_credit (citizen_id, started_s, ended_s, evidence_id, work_id, source, trust, day) \
             VALUES ({}, {}, {}, {}, {}, '{}', '{}', {});\n",
            literal(db, number(*citizen)),
            held.stretch.start(),
            held.stretch.end(),
            evidence_literal(db, EvidenceId { citizen: *citizen, number: held.number }),
            literal(db, number(held.work.unwrap())),
            held.source.name(),
            held.trust.name(),
            held.day.number(),
        );
    }
    sql
}

/// The line that a piece of the first ledger's evidence becomes.
fn opening(who: &Student, number: i64, evidence: Evidence, received_at: Timestamp) -> LineRow {
    LineRow {
        deed: Deed::Opening,
        sequence: Some(evidence.sequence),
        said: Said { evidence: Some(evidence), note: String::new() },
        policy: "credit-1".into(),
        received_at,
        ..line(who, number)
    }
}

async fn the_first_ledger_is_carried_over(db: &TestDatabase) {
    let old = db.older(1).await;
    let (an, binh) = (student(&old, 1).await, student(&old, 2).await);
    // Numbered as they were received. Of the film, the middle was cut off; of the last one, everything.
    let film = Evidence {
        source: Source::Video,
        work: Some(id(2)),
        started_at: at(600),
        ended_at: at(690),
        content: Some((0, 90_000)),
        ..reading(4)
    };
    let lines_of_an = [opening(&an, 1, film, at(700)), opening(&an, 2, reading(1), at(800))];
    let lines_of_binh = [opening(&binh, 1, reading(1), at(600)), opening(&binh, 2, reading(2), at(600))];
    let played = |from, to| Holding {
        source: Source::Video,
        work: Some(id(2)),
        content: Some((0, 90_000)),
        ..holding(&an, 1, span(from, to))
    };
    let entries_of_an = [
        Entry::add(played(600, 630)),
        Entry::add(played(660, 690)),
        Entry::add(Holding { trust: Trust::Claimed, ..holding(&an, 2, span(0, 600)) }),
    ];
    let entries_of_binh = [Entry::add(holding(&binh, 1, span(0, 600)))];
    let of_an = entries_of_an.map(|entry| (an.citizen, entry));
    let of_binh = entries_of_binh.map(|entry| (binh.citizen, entry));
    let entries = [&of_an[..], &of_binh].concat();
    by_hand(&old, &first_ledger(&old, &[&lines_of_an[..], &lines_of_binh].concat(), &entries)).await;
    let day = |source, trust, seconds| DayRow { day: today(), source, trust, seconds };
    let watched = day(Source::Video, Trust::Measured, 60);
    let claimed = day(Source::Reading, Trust::Claimed, 600);
    let read = day(Source::Reading, Trust::Measured, 600);
    let days = [(an.citizen, watched), (an.citizen, claimed), (binh.citizen, read)];
    write(&old, async |tx| put(tx, |writes| writes.study_days(&days)).await.unwrap()).await;

    let store = old.store();
    assert_ne!(store.migrate().await.unwrap(), 0);
    assert_eq!(store.pending_migrations().await.unwrap(), 0);
    assert_eq!(store.ledger_history(an.citizen).await.unwrap(), lines_of_an);
    assert_eq!(store.ledger_history(binh.citizen).await.unwrap(), lines_of_binh);
    assert_eq!(store.ledger_entries(an.citizen).await.unwrap(), entries_of_an);
    assert_eq!(store.ledger_entries(binh.citizen).await.unwrap(), entries_of_binh);
    assert_eq!(store.study_works(an.citizen).await.unwrap(), [(id(1), 600), (id(2), 60)]);
    assert_eq!(store.study_works(binh.citizen).await.unwrap(), [(id(1), 600)]);
    assert_eq!(store.study_days(an.citizen, Day::FIRST, Day::LAST).await.unwrap(), [claimed, watched]);
    assert_eq!(store.study_days_unreconciled().await.unwrap(), 0);
    assert_eq!(store.ledger_missing(an.device, 9).await.unwrap(), [(2, 3)]);
    assert!(store.ledger_missing(binh.device, 9).await.unwrap().is_empty());
    // The sums of units are left to a worker.
    assert_eq!(store.job_counts().await.unwrap(), (1, 0));
    let job = store.job_take(at(3600), 60_000).await.unwrap().unwrap();
    assert_eq!((job.job, job.attempts), (JobKind::LedgerRecompute, 1));

    let tx = begin(&old).await;
    let devices = tx.ledger_devices(&[an.device, binh.device]).await.unwrap();
    for (who, highest, count, latest_end) in [(&an, 4, 2, at(690)), (&binh, 2, 2, at(600))] {
        let device = &devices[&who.device];
        let found = (device.highest_sequence, device.received_count, device.latest_end_ms);
        assert_eq!(found, (highest, count, latest_end.ms()));
        // The first ledger knew nothing of the runs of a clock.
        assert!(device.boots.is_empty());
    }
    // What comes next goes on from there.
    let (heads, _) = tx.ledger_heads(&[an.citizen, binh.citizen]).await.unwrap();
    assert_eq!([&an, &binh].map(|who| heads[&who.citizen].last_number), [2, 2]);
    put(&tx, |writes| writes.ledger_lines(&[line(&an, 3)]).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.ledger_missing(an.device, 9).await.unwrap(), [(2, 2)]);
}

async fn an_empty_first_ledger_is_carried_over(db: &TestDatabase) {
    let old = db.older(1).await;
    let who = student(&old, 1).await;
    assert_ne!(old.store().migrate().await.unwrap(), 0);
    assert!(old.store().ledger_citizens(None, 9).await.unwrap().is_empty());
    assert_eq!(old.store().job_counts().await.unwrap(), (0, 0));
    enter(&old, &[line(&who, 1)]).await;
    assert_eq!(old.store().ledger_history(who.citizen).await.unwrap(), [line(&who, 1)]);
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

async fn a_snapshot_stands_still(db: &TestDatabase) {
    write(db, async |tx| tx.topic_put(&topic(1)).await.unwrap()).await;
    let snapshot = db.store().snapshot().await.unwrap();
    assert_eq!(snapshot.topics().await.unwrap(), [topic(1)]);
    // Nobody waits for it.
    write(db, async |tx| tx.topic_put(&topic(2)).await.unwrap()).await;
    by_hand(db, "DELETE FROM topic WHERE slug = 'topic-1'").await;
    assert_eq!(db.store().topics().await.unwrap(), [topic(2)]);
    assert_eq!(snapshot.topics().await.unwrap(), [topic(1)]);
    assert_eq!(snapshot.unit_count().await.unwrap(), 0);
    drop(snapshot);
    let snapshot = db.store().snapshot().await.unwrap();
    assert_eq!(snapshot.topics().await.unwrap(), [topic(2)]);
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

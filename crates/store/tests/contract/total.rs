//! Sums of study time, and which units they belong to.

use std::collections::HashMap;

use densach_domain::credit::{Deed, Entry, Holding};
use densach_domain::evidence::{Source, Trust};
use densach_domain::id::{CitizenId, UnitId, WorkId};
use densach_domain::total::{MonthSums, Sums, UnitMonths};
use densach_domain::{Day, Month, Timestamp};
use densach_store::testkit::TestDatabase;
use densach_store::{DayRow, LineRow};

use crate::{
    BA_DINH, BRANCH_1, BRANCH_2, HOI_BA_DINH, HOI_HA_NOI, HOI_NGOC_HA, NOW, Student, at, begin, by_hand,
    citizen, enter, holding, id, join, line, plant, post, put, span, student, today, write,
};

contract! {
    days_are_added_to_and_empty_ones_are_not_shown
    days_that_differ_from_their_entries_are_counted
    works_are_added_to
    any_number_of_rows_is_written
    a_large_group_of_writes_is_cut_and_written_whole
    what_was_taken_back_is_no_study_of_a_work
    sums_are_by_person_and_trust
    a_member_belongs_to_the_unit_and_to_all_above
    who_leaves_belongs_until_the_day_before
    a_day_belongs_to_where_the_person_stood_when_it_ended
    a_branch_that_moves_takes_no_day_along_and_leaves_none
    a_member_of_two_branches_is_above_them_once
    what_was_superseded_is_nowhere
    months_of_units_are_added_to_column_by_column
    months_of_units_page_by_unit
    what_was_made_from_lines_can_be_made_again
    months_of_units_can_be_made_again
}

fn row(day: Day, source: Source, trust: Trust, seconds: i64) -> DayRow {
    DayRow { day, source, trust, seconds }
}

async fn add(db: &TestDatabase, citizen: CitizenId, rows: &[DayRow]) {
    let rows: Vec<_> = rows.iter().map(|row| (citizen, *row)).collect();
    write(db, async |tx| put(tx, |writes| writes.study_days(&rows)).await.unwrap()).await;
}

async fn days_are_added_to_and_empty_ones_are_not_shown(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await.citizen, student(db, 2).await.citizen);
    let (today, tomorrow) = (today(), today().plus_days(1));
    let read = row(today, Source::Reading, Trust::Measured, 100);
    let claimed = row(today, Source::Book, Trust::Claimed, 50);
    let attested = row(today, Source::Book, Trust::Attested, 50);
    let later = row(tomorrow, Source::Reading, Trust::Measured, 30);
    add(db, who, &[read, claimed, later]).await;
    add(db, other, &[row(today, Source::Reading, Trust::Measured, 7)]).await;
    let days = async |from, to| db.store().study_days(who, from, to).await.unwrap();
    assert_eq!(days(today, tomorrow).await, [claimed, read, later]);
    assert_eq!(days(today, today).await, [claimed, read]);
    assert_eq!(days(Day::FIRST, Day::LAST).await, [claimed, read, later]);

    // What was claimed is confirmed, and some of the reading is taken back.
    let less = row(today, Source::Reading, Trust::Measured, -60);
    add(db, who, &[row(today, Source::Book, Trust::Claimed, -50), attested, less]).await;
    let read = row(today, Source::Reading, Trust::Measured, 40);
    assert_eq!(days(today, tomorrow).await, [attested, read, later]);
    assert!(days(today.plus_days(-9), today.plus_days(-1)).await.is_empty());
    assert!(db.store().study_days(id(99), today, tomorrow).await.unwrap().is_empty());
}

async fn days_that_differ_from_their_entries_are_counted(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let claimed = Holding { trust: Trust::Claimed, ..holding(&who, 2, span(100, 150)) };
    let attested = Holding { trust: Trust::Attested, ..claimed };
    let entries = [
        Entry::add(holding(&who, 1, span(0, 100))),
        Entry::add(claimed),
        Entry::reverse(3, claimed),
        Entry { number: 3, is_reversal: false, holding: attested },
    ];
    post(db, &who, &entries).await;
    let differing = async || db.store().study_days_unreconciled().await.unwrap();
    // What was taken back adds up to nothing without a row.
    assert_eq!(differing().await, 2);
    add(db, who.citizen, &[row(today(), Source::Reading, Trust::Measured, 100)]).await;
    assert_eq!(differing().await, 1);
    add(db, who.citizen, &[row(today(), Source::Reading, Trust::Attested, 50)]).await;
    add(db, who.citizen, &[row(today(), Source::Reading, Trust::Claimed, 0)]).await;
    assert_eq!(differing().await, 0);
    // A sum of nothing.
    add(db, other.citizen, &[row(today(), Source::Reading, Trust::Measured, 1)]).await;
    assert_eq!(differing().await, 1);
}

async fn works_are_added_to(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await.citizen, student(db, 2).await.citizen);
    let (first, second, third): (WorkId, WorkId, WorkId) = (id(1), id(2), id(3));
    let add = async |rows: &[(CitizenId, WorkId, i64)]| {
        write(db, async |tx| put(tx, |writes| writes.study_works(rows)).await.unwrap()).await;
    };
    add(&[(who, first, 100), (who, second, 50), (other, first, 7)]).await;
    add(&[(who, first, 20), (who, second, -50)]).await;
    assert_eq!(db.store().study_works(who).await.unwrap(), [(first, 120)]);
    assert_eq!(db.store().study_works(other).await.unwrap(), [(first, 7)]);
    assert!(db.store().study_works(id(99)).await.unwrap().is_empty());

    let tx = begin(db).await;
    let seconds = async |citizens: &[CitizenId], works: &[WorkId]| {
        tx.ledger_work_seconds(citizens, works).await.unwrap()
    };
    let found = seconds(&[who, other, id(99)], &[third, second, first]).await;
    let of = |citizen: CitizenId| {
        let works = found.get(&citizen).cloned().unwrap_or_default();
        [first, second, third].map(|work| works.get(&work).copied().unwrap_or(0))
    };
    assert_eq!([who, other, id(99)].map(of), [[120, 0, 0], [7, 0, 0], [0, 0, 0]]);
    assert_eq!(seconds(&[other], &[first]).await, HashMap::from([(other, HashMap::from([(first, 7)]))]));
    assert!(seconds(&[who], &[]).await.is_empty());
    assert!(seconds(&[], &[first]).await.is_empty());
    tx.commit().await.unwrap();
}

async fn any_number_of_rows_is_written(db: &TestDatabase) {
    let (store, statements) = db.count_statements().await;
    // How many calls and how many inserts SQLite takes: few values go in one call, many are cut into powers of two.
    for (count, call_count, insert_count) in
        [(0, 0, 0), (1, 1, 1), (3, 1, 2), (128, 1, 1), (129, 2, 2), (300, 5, 5)]
    {
        let who: CitizenId = id(1000 + count);
        let works: Vec<(WorkId, i64)> =
            (1..=count).map(|number| (id(number), i64::try_from(number).unwrap())).collect();
        let rows: Vec<_> = works.iter().map(|(work, seconds)| (who, *work, *seconds)).collect();
        statements.clear();
        let tx = store.begin().await.unwrap();
        put(&tx, |writes| writes.study_works(&rows)).await.unwrap();
        tx.commit().await.unwrap();
        // PostgreSQL takes any number of rows in one.
        let one = usize::from(count > 0);
        let (call_count, insert_count) =
            if db.name() == "sqlite" { (call_count, insert_count) } else { (one, one) };
        let calls = statements.list();
        assert_eq!(calls.len(), call_count, "{count} rows");
        let inserts: usize = calls.iter().map(|sql| sql.matches("INSERT INTO").count()).sum();
        assert_eq!(inserts, insert_count, "{count} rows");
        assert_eq!(store.study_works(who).await.unwrap(), works, "{count} rows");
    }
    store.close().await.unwrap();
}

async fn a_large_group_of_writes_is_cut_and_written_whole(db: &TestDatabase) {
    let (store, statements) = db.count_statements().await;
    // SQLite takes at most 128 rows at once, PostgreSQL any number.
    let cases = [(10_000, 0, 79, 1), (10_000, 1, 80, 2), (20_001, 3, 160, 2)];
    for (who, (work_count, day_count, calls_of_sqlite, calls_of_postgres)) in (1..).zip(cases) {
        let who: CitizenId = id(who);
        let works: Vec<(WorkId, i64)> =
            (1..=work_count).map(|number| (id(number), i64::try_from(number).unwrap())).collect();
        let work_rows: Vec<_> = works.iter().map(|(work, seconds)| (who, *work, *seconds)).collect();
        let days: Vec<DayRow> = (0..day_count)
            .map(|after| row(today().plus_days(after), Source::Reading, Trust::Measured, 60))
            .collect();
        let day_rows: Vec<_> = days.iter().map(|day| (who, *day)).collect();
        statements.clear();
        let tx = store.begin().await.unwrap();
        put(&tx, |writes| {
            writes.study_works(&work_rows);
            writes.study_days(&day_rows);
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let calls = if db.name() == "sqlite" { calls_of_sqlite } else { calls_of_postgres };
        assert_eq!(statements.count(), calls, "{work_count} works, {day_count} days");
        assert_eq!(store.study_works(who).await.unwrap(), works);
        assert_eq!(store.study_days(who, Day::FIRST, Day::LAST).await.unwrap(), days);
    }
    store.close().await.unwrap();
}

async fn what_was_taken_back_is_no_study_of_a_work(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let held = |number, work: Option<u128>, from, to| Holding {
        work: work.map(id),
        ..holding(&who, number, span(from, to))
    };
    let kept = held(1, Some(1), 0, 100);
    let gone = held(2, Some(2), 100, 200);
    let claimed = Holding { trust: Trust::Claimed, ..held(3, Some(3), 200, 250) };
    let attested = Holding { trust: Trust::Attested, ..claimed };
    let entries = [
        Entry::add(kept),
        Entry::add(held(1, Some(1), 300, 360)),
        Entry::add(gone),
        Entry::add(claimed),
        Entry::reverse(4, gone),
        Entry::reverse(5, claimed),
        Entry { number: 5, is_reversal: false, holding: attested },
        Entry::add(held(6, Some(4), 400, 450)),
        Entry::add(held(7, None, 500, 600)),
        Entry::add(held(8, Some(1), 86_400, 86_430)),
    ];
    post(db, &who, &entries).await;
    post(db, &other, &[Entry::add(holding(&other, 1, span(0, 1000)))]).await;

    let (today, tomorrow) = (today(), today().plus_days(1));
    let works = async |from, to| db.store().study_seconds_by_work(who.citizen, from, to).await.unwrap();
    assert_eq!(works(today, today).await, [(id(1), 160), (id(3), 50), (id(4), 50)]);
    assert_eq!(works(today, tomorrow).await, [(id(1), 190), (id(3), 50), (id(4), 50)]);
    assert_eq!(works(tomorrow, tomorrow).await, [(id(1), 30)]);
    assert!(works(tomorrow.plus_days(1), Day::LAST).await.is_empty());
}

async fn sums_are_by_person_and_trust(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await.citizen, student(db, 2).await.citizen);
    let (today, tomorrow) = (today(), today().plus_days(1));
    let rows = [
        row(today, Source::Reading, Trust::Measured, 100),
        row(today, Source::Video, Trust::Measured, 20),
        row(today, Source::Book, Trust::Claimed, 50),
        row(tomorrow, Source::Reading, Trust::Measured, 3),
    ];
    add(db, who, &rows).await;
    add(db, other, &[row(today, Source::Class, Trust::Attested, 7)]).await;
    let sums = async |citizens: &[CitizenId], from, to| {
        let mut sums = db.store().study_sums(citizens, from, to).await.unwrap();
        sums.sort_unstable();
        sums
    };
    let mine = |measured: i64| [(who, Trust::Measured, measured), (who, Trust::Claimed, 50)];
    let theirs = [(other, Trust::Attested, 7)];
    assert_eq!(sums(&[who, other, id(99)], today, tomorrow).await, [&mine(123)[..], &theirs].concat());
    assert_eq!(sums(&[who], today, today).await, mine(120));
    assert_eq!(sums(&[who, other], tomorrow, tomorrow).await, [(who, Trust::Measured, 3)]);
    assert!(sums(&[], today, tomorrow).await.is_empty());
}

/// Where people belong from which day to which, sorted.
async fn places(db: &TestDatabase, citizens: &[CitizenId]) -> Vec<(CitizenId, UnitId, Day, Day)> {
    let places = db.store().citizen_places(citizens).await.unwrap();
    let places = places.into_iter().map(|(who, place)| (who, place.unit, place.first, place.last));
    let mut places: Vec<_> = places.collect();
    places.sort_unstable();
    places
}

async fn leave(db: &TestDatabase, left_at: Timestamp) {
    by_hand(db, &format!("UPDATE membership SET valid_to = {} WHERE valid_to IS NULL", left_at.ms())).await;
}

async fn a_member_belongs_to_the_unit_and_to_all_above(db: &TestDatabase) {
    plant(db).await;
    let (an, binh, chi) =
        (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await, citizen(db, 3, "Lê Chi").await);
    let before = today().plus_days(-3);
    join(db, 1, an, BRANCH_1, NOW).await;
    join(db, 2, binh, HOI_NGOC_HA, at(86_400)).await;
    // Longer than the branch belongs to anything.
    join(db, 3, chi, BRANCH_2, before.learning_day_starts_at()).await;
    let of_an = [HOI_HA_NOI, HOI_BA_DINH, BRANCH_1].map(|unit| (an, unit, today(), Day::LAST));
    let of_binh = [HOI_HA_NOI, HOI_NGOC_HA].map(|unit| (binh, unit, today().plus_days(1), Day::LAST));
    let of_chi = [
        (chi, HOI_HA_NOI, today(), Day::LAST),
        (chi, HOI_BA_DINH, today(), Day::LAST),
        (chi, BRANCH_2, before, Day::LAST),
    ];
    assert_eq!(places(db, &[an]).await, of_an);
    assert_eq!(places(db, &[chi, binh, an, id(99)]).await, [&of_an[..], &of_binh, &of_chi].concat());
    assert!(places(db, &[]).await.is_empty());
}

async fn who_leaves_belongs_until_the_day_before(db: &TestDatabase) {
    plant(db).await;
    let an = citizen(db, 1, "Lê An").await;
    let moved = today().plus_days(3);
    join(db, 1, an, BRANCH_1, NOW).await;
    leave(db, at(3 * 86_400)).await;
    let last = moved.plus_days(-1);
    let before = [HOI_HA_NOI, HOI_BA_DINH, BRANCH_1].map(|unit| (an, unit, today(), last));
    assert_eq!(places(db, &[an]).await, before);

    // From one branch to the other at noon, and out of it on the day after next, after a look at a third one.
    join(db, 2, an, BRANCH_2, at(3 * 86_400)).await;
    leave(db, at(5 * 86_400)).await;
    join(db, 3, an, HOI_NGOC_HA, at(5 * 86_400)).await;
    leave(db, at(5 * 86_400 + 600)).await;
    let end = today().plus_days(4);
    let expected = [
        (an, HOI_HA_NOI, today(), last),
        (an, HOI_HA_NOI, moved, end),
        (an, HOI_BA_DINH, today(), last),
        (an, HOI_BA_DINH, moved, end),
        (an, BRANCH_1, today(), last),
        (an, BRANCH_2, moved, end),
    ];
    assert_eq!(places(db, &[an]).await, expected);
}

async fn a_day_belongs_to_where_the_person_stood_when_it_ended(db: &TestDatabase) {
    plant(db).await;
    let (day, next) = (today().plus_days(1), today().plus_days(2));
    // Three in the morning, when one day ends and the next begins.
    let (opens, closes) = (day.learning_day_starts_at(), next.learning_day_starts_at());
    let later = next.plus_days(1).learning_day_starts_at();
    let cases = [
        (opens, closes, Some((day, day))),
        (opens.plus_ms(-1), closes, Some((today(), day))),
        (opens.plus_ms(1), closes.plus_ms(1), Some((day, day))),
        (closes.plus_ms(-1), later, Some((day, next))),
        (opens, closes.plus_ms(-1), None),
        (opens, later.plus_ms(-1), Some((day, day))),
        (opens.plus_ms(1), opens.plus_ms(2), None),
        (opens.plus_ms(-1), opens, Some((today(), today()))),
    ];
    for (number, (from, to, expected)) in (1..).zip(cases) {
        let who = citizen(db, number, "Lê An").await;
        join(db, number, who, HOI_HA_NOI, from).await;
        leave(db, to).await;
        let expected: Vec<_> =
            expected.into_iter().map(|(first, last)| (who, HOI_HA_NOI, first, last)).collect();
        assert_eq!(places(db, &[who]).await, expected, "from {from} to {to}");
    }
}

/// A statement that puts branch 1 below the association of Ngọc Hà from `from` on.
fn move_branch(from: Timestamp, recorded_at: Timestamp) -> String {
    format!(
        "INSERT INTO unit_edge (child_id, parent_id, edge_kind, valid_from, recorded_at) \
         SELECT c.id, p.id, 'association', {}, {} FROM unit c, unit p \
         WHERE c.code = '00004-KH-1' AND p.code = '00008-KH'",
        from.ms(),
        recorded_at.ms()
    )
}

/// Where the edge above branch 1 is.
const ABOVE_BRANCH_1: &str =
    "edge_kind = 'association' AND child_id = (SELECT id FROM unit WHERE code = '00004-KH-1')";

async fn a_branch_that_moves_takes_no_day_along_and_leaves_none(db: &TestDatabase) {
    plant(db).await;
    let (stays, left) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    join(db, 1, left, BRANCH_1, NOW).await;
    leave(db, at(4 * 86_400)).await;
    join(db, 2, stays, BRANCH_1, NOW).await;
    let moved_at = at(10 * 86_400);
    let end = format!("UPDATE unit_edge SET valid_to = {} WHERE {ABOVE_BRANCH_1}", moved_at.ms());
    by_hand(db, &format!("{end}; {}", move_branch(moved_at, moved_at))).await;

    let moved = today().plus_days(10);
    let last = moved.plus_days(-1);
    let expected = [
        (stays, HOI_HA_NOI, today(), last),
        (stays, HOI_HA_NOI, moved, Day::LAST),
        (stays, HOI_BA_DINH, today(), last),
        (stays, BRANCH_1, today(), Day::LAST),
        (stays, HOI_NGOC_HA, moved, Day::LAST),
    ];
    assert_eq!(places(db, &[stays]).await, expected);
    // Every day is below one commune and, once, below the city.
    let found = places(db, &[stays]).await;
    for day in (0..20).map(|days| today().plus_days(days)) {
        let on = found.iter().filter(|(_, _, first, last)| (*first..=*last).contains(&day));
        let units: Vec<UnitId> = on.map(|(_, unit, _, _)| *unit).collect();
        let commune = if day < moved { HOI_BA_DINH } else { HOI_NGOC_HA };
        assert_eq!(units.len(), 3, "{day}: {units:?}");
        assert!([HOI_HA_NOI, commune, BRANCH_1].iter().all(|unit| units.contains(unit)), "{day}: {units:?}");
    }
    // Who left before never came to the new place.
    let last = today().plus_days(3);
    let expected = [HOI_HA_NOI, HOI_BA_DINH, BRANCH_1].map(|unit| (left, unit, today(), last));
    assert_eq!(places(db, &[left]).await, expected);
}

async fn a_member_of_two_branches_is_above_them_once(db: &TestDatabase) {
    plant(db).await;
    let (both, later) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    join(db, 1, both, BRANCH_1, NOW).await;
    join(db, 2, both, BRANCH_2, NOW).await;
    let units = [HOI_HA_NOI, HOI_BA_DINH, BRANCH_1, BRANCH_2];
    assert_eq!(places(db, &[both]).await, units.map(|unit| (both, unit, today(), Day::LAST)));

    // Twice, where the times differ: a day belongs to a unit however many of its places it lies in.
    join(db, 3, later, BRANCH_1, NOW).await;
    join(db, 4, later, BRANCH_2, at(86_400)).await;
    let (today, tomorrow) = (today(), today().plus_days(1));
    let expected = [
        (later, HOI_HA_NOI, today, Day::LAST),
        (later, HOI_HA_NOI, tomorrow, Day::LAST),
        (later, HOI_BA_DINH, today, Day::LAST),
        (later, HOI_BA_DINH, tomorrow, Day::LAST),
        (later, BRANCH_1, today, Day::LAST),
        (later, BRANCH_2, tomorrow, Day::LAST),
    ];
    assert_eq!(places(db, &[later]).await, expected);
}

async fn what_was_superseded_is_nowhere(db: &TestDatabase) {
    plant(db).await;
    let (an, binh) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    join(db, 1, an, BRANCH_2, NOW).await;
    let later = at(60).ms();
    by_hand(db, &format!("UPDATE membership SET superseded_at = {later}")).await;
    join(db, 2, binh, BRANCH_1, NOW).await;
    let supersede = format!("UPDATE unit_edge SET superseded_at = {later} WHERE {ABOVE_BRANCH_1}");
    by_hand(db, &format!("{supersede}; {}", move_branch(NOW, at(60)))).await;
    // As if it had always been so.
    let expected = [HOI_HA_NOI, BRANCH_1, HOI_NGOC_HA].map(|unit| (binh, unit, today(), Day::LAST));
    assert_eq!(places(db, &[an, binh]).await, expected);
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// Sums no two of which are alike.
fn sums(from: i64) -> MonthSums {
    let of = |from: i64| Sums { seconds: from, late: from + 1, prior: from + 2, active: from + 3 };
    MonthSums::new([of(from), of(from + 10), of(from + 20)], from + 30)
}

async fn count(db: &TestDatabase, changes: &UnitMonths) {
    write(db, async |tx| put(tx, |writes| writes.unit_months(changes)).await.unwrap()).await;
}

async fn months_of_units_are_added_to_column_by_column(db: &TestDatabase) {
    let (october, november, december) = (month("2026-10"), month("2026-11"), month("2026-12"));
    let (one, next, other) = ((BRANCH_1, november), (BRANCH_1, december), (BRANCH_2, november));
    count(db, &UnitMonths::from([(one, sums(1000)), (other, sums(-500))])).await;
    count(db, &UnitMonths::from([(one, sums(200_000)), (next, sums(70))])).await;
    count(db, &UnitMonths::new()).await;
    let mut both = sums(1000);
    both.add(&sums(200_000));

    let found = async |units: &[UnitId], from, to| db.store().unit_months(units, from, to).await.unwrap();
    let expected = UnitMonths::from([(one, both), (next, sums(70)), (other, sums(-500))]);
    assert_eq!(found(&[BRANCH_2, BRANCH_1, BA_DINH], october, december).await, expected);
    assert_eq!(found(&[BRANCH_1], november, november).await, UnitMonths::from([(one, both)]));
    assert_eq!(found(&[BRANCH_1], december, december.next()).await, UnitMonths::from([(next, sums(70))]));
    assert!(found(&[BRANCH_1, BRANCH_2], october, october).await.is_empty());
    assert!(found(&[], october, december).await.is_empty());
}

async fn months_of_units_page_by_unit(db: &TestDatabase) {
    let (november, december) = (month("2026-11"), month("2026-12"));
    let all = UnitMonths::from([
        ((HOI_BA_DINH, november), sums(100)),
        ((BRANCH_1, november), sums(200)),
        ((BRANCH_1, december), sums(300)),
        ((BRANCH_2, december), sums(400)),
    ]);
    count(db, &all).await;
    let page = async |after, limit| db.store().unit_months_after(after, limit).await.unwrap();
    // A page has so many units, with all of their months.
    let of = |units: &[UnitId]| -> UnitMonths {
        all.iter().filter(|((unit, _), _)| units.contains(unit)).map(|(key, sums)| (*key, *sums)).collect()
    };
    assert_eq!(page(None, 2).await, of(&[HOI_BA_DINH, BRANCH_1]));
    assert_eq!(page(Some(BRANCH_1), 2).await, of(&[BRANCH_2]));
    assert_eq!(page(Some(HOI_HA_NOI), 1).await, of(&[HOI_BA_DINH]));
    assert!(page(Some(BRANCH_2), 2).await.is_empty());
    assert_eq!(page(None, 9).await, all);
}

/// An opening line, a line of study, and one that takes both back.
async fn studied(db: &TestDatabase, who: &Student) -> [Entry; 4] {
    let lines = [
        LineRow { deed: Deed::Opening, ..line(who, 1) },
        line(who, 2),
        LineRow { deed: Deed::Reverse, target: Some(1), sequence: None, ..line(who, 3) },
    ];
    enter(db, &lines).await;
    let opening = [span(0, 100), span(200, 250)].map(|stretch| holding(who, 1, stretch));
    let later = holding(who, 2, span(300, 400));
    let [first, second] = opening.map(Entry::add);
    let entries = [first, second, Entry::add(later), Entry::reverse(3, opening[0])];
    post(db, who, &entries).await;
    add(db, who.citizen, &[row(today(), Source::Reading, Trust::Measured, 150)]).await;
    write(db, async |tx| {
        put(tx, |writes| writes.study_works(&[(who.citizen, id(1), 150)])).await.unwrap();
    })
    .await;
    entries
}

async fn what_was_made_from_lines_can_be_made_again(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    let (made, untouched) = (studied(db, &who).await, studied(db, &other).await);
    write(db, async |tx| tx.study_clear(who.citizen).await.unwrap()).await;

    let store = db.store();
    // The entries of an opening line are made from nothing else, and stay.
    assert_eq!(store.ledger_entries(who.citizen).await.unwrap(), made[..2]);
    assert!(store.study_days(who.citizen, Day::FIRST, Day::LAST).await.unwrap().is_empty());
    assert!(store.study_works(who.citizen).await.unwrap().is_empty());
    assert_eq!(store.ledger_history(who.citizen).await.unwrap().len(), 3);
    let (heads, _) = write(db, async |tx| tx.ledger_heads(&[who.citizen]).await.unwrap()).await;
    assert_eq!(heads[&who.citizen].last_number, 3);
    assert_eq!(store.ledger_entries(other.citizen).await.unwrap(), untouched);
    assert_eq!(store.study_days(other.citizen, today(), today()).await.unwrap().len(), 1);
    assert_eq!(store.study_works(other.citizen).await.unwrap(), [(id(1), 150)]);

    post(db, &who, &made[2..]).await;
    assert_eq!(store.ledger_entries(who.citizen).await.unwrap(), made);
}

async fn months_of_units_can_be_made_again(db: &TestDatabase) {
    let all = UnitMonths::from([
        ((BRANCH_1, month("2026-11")), sums(100)),
        ((BRANCH_2, month("2026-12")), sums(200)),
    ]);
    count(db, &all).await;
    let tx = begin(db).await;
    tx.unit_months_clear().await.unwrap();
    assert!(tx.unit_months_after(None, 9).await.unwrap().is_empty());
    // Whoever looks meanwhile sees what was there.
    assert_eq!(db.store().unit_months_after(None, 9).await.unwrap(), all);
    tx.roll_back().await.unwrap();
    assert_eq!(db.store().unit_months_after(None, 9).await.unwrap(), all);

    let tx = begin(db).await;
    tx.unit_months_clear().await.unwrap();
    let made = UnitMonths::from([((BRANCH_1, month("2026-11")), sums(5))]);
    put(&tx, |writes| writes.unit_months(&made)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().unit_months_after(None, 9).await.unwrap(), made);
}

//! The people below a unit, and what they claim.

use std::collections::HashMap;

use densach_domain::Timestamp;
use densach_domain::credit::{Book, Deed, Entry, Holding, confirm, reverse};
use densach_domain::device_clock::{Basis, Placed};
use densach_domain::evidence::{Evidence, EvidenceId, Source, Standing, Trust};
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::page::Page;
use densach_store::testkit::TestDatabase;
use densach_store::{ClaimRow, Judged, LineRow, MemberRow, Said};

use crate::{
    BRANCH_1, BRANCH_2, HA_NOI, HOI_BA_DINH, HOI_HA_NOI, HOI_NGOC_HA, NOW, Student, after, at, by_hand,
    citizen, enter, first, holding, id, join, line, number, plant, post, reading, span, student,
};

contract! {
    people_below_a_unit_page_in_vietnamese_order_and_stay_stable
    a_person_below_a_unit_is_listed_once_and_only_while_a_member
    claims_page_in_the_order_in_which_they_arrived
    a_claim_waits_until_it_is_confirmed_or_taken_back
    a_claim_tells_what_is_left_of_it
}

fn people(page: &Page<MemberRow>) -> Vec<u128> {
    page.items.iter().map(|row| number(row.citizen)).collect()
}

async fn people_below_a_unit_page_in_vietnamese_order_and_stay_stable(db: &TestDatabase) {
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
    let units = [BRANCH_1, BRANCH_2, HOI_BA_DINH].into_iter().cycle();
    for ((number, name), unit) in names.into_iter().zip(units) {
        join(db, number, citizen(db, number, name).await, unit, NOW).await;
    }
    join(db, 11, citizen(db, 11, "Lê Bình").await, HOI_NGOC_HA, NOW).await;
    let mut page = db.store().roster(HOI_BA_DINH, NOW, &first(1)).await.unwrap();
    let row = &page.items[0];
    assert_eq!((row.full_name.as_str(), row.birth_date.as_deref()), ("Nguyễn Văn An", None));
    assert_eq!(row.key, densach_text::name::sort_key("Nguyễn Văn An"));

    // One comes in before the place that was reached, one after it.
    for (number, name, unit) in [(9, "Đỗ An", BRANCH_2), (10, "Phạm Ngọc Ánh", BRANCH_1)] {
        join(db, number, citizen(db, number, name).await, unit, NOW).await;
    }
    let mut seen = people(&page);
    while page.has_next {
        let last = page.items.last().unwrap();
        let next = after(3, (last.key.clone(), last.citizen));
        page = db.store().roster(HOI_BA_DINH, NOW, &next).await.unwrap();
        seen.extend(people(&page));
    }
    assert_eq!(seen, [3, 4, 5, 10, 6, 2, 7, 1, 8]);
    let page = db.store().roster(HOI_HA_NOI, NOW, &first(11)).await.unwrap();
    assert_eq!((people(&page), page.has_next), (vec![9, 3, 4, 5, 10, 6, 11, 2, 7, 1, 8], false));
}

async fn a_person_below_a_unit_is_listed_once_and_only_while_a_member(db: &TestDatabase) {
    plant(db).await;
    let (twice, later) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    let (elsewhere, above) = (citizen(db, 3, "Lê Chi").await, citizen(db, 4, "Lê Dung").await);
    citizen(db, 5, "Lê Giang").await;
    join(db, 1, twice, BRANCH_1, NOW).await;
    join(db, 2, twice, BRANCH_2, NOW).await;
    join(db, 3, later, BRANCH_1, at(60)).await;
    join(db, 4, elsewhere, HOI_NGOC_HA, NOW).await;
    join(db, 5, above, HOI_BA_DINH, NOW).await;
    let roster = async |unit: UnitId, when: Timestamp| {
        let page = db.store().roster(unit, when, &first(10)).await.unwrap();
        assert!(!page.has_next);
        people(&page)
    };
    assert!(roster(HOI_HA_NOI, at(-1)).await.is_empty());
    assert_eq!(roster(HOI_HA_NOI, NOW).await, [1, 3, 4]);
    assert_eq!(roster(HOI_BA_DINH, at(59)).await, [1, 4]);
    assert_eq!(roster(HOI_BA_DINH, at(60)).await, [1, 2, 4]);
    assert_eq!(roster(BRANCH_1, at(60)).await, [1, 2]);
    assert_eq!(roster(BRANCH_2, at(60)).await, [1]);
    // Whoever belongs to an association is not below the territory that it serves.
    assert!(roster(HA_NOI, at(60)).await.is_empty());
    assert!(roster(id(99), at(60)).await.is_empty());

    let (left_at, joined_before) = (at(90).ms(), at(60).ms());
    by_hand(db, &format!("UPDATE membership SET valid_to = {left_at} WHERE valid_from < {joined_before}"))
        .await;
    assert_eq!(roster(HOI_HA_NOI, at(89)).await, [1, 2, 3, 4]);
    assert_eq!(roster(HOI_HA_NOI, at(90)).await, [2]);
    // A branch takes its people along.
    let moved_at = at(120).ms();
    let edge = "edge_kind = 'association' AND child_id = (SELECT id FROM unit WHERE code = '00004-KH-1')";
    by_hand(db, &format!("UPDATE unit_edge SET valid_to = {moved_at} WHERE {edge}")).await;
    assert_eq!(roster(HOI_BA_DINH, at(119)).await, [2]);
    assert!(roster(HOI_BA_DINH, at(120)).await.is_empty());
    assert_eq!(roster(BRANCH_1, at(120)).await, [2]);
    by_hand(db, &format!("UPDATE membership SET superseded_at = {moved_at}")).await;
    assert!(roster(BRANCH_1, at(120)).await.is_empty());
}

/// A line that says that somebody studied for ten minutes where nobody could see it.
fn claim(who: &Student, number: i64, source: Source, received_at: Timestamp) -> LineRow {
    let title = format!("Quyển {number}");
    let evidence = Evidence { source, work: None, title, ..reading(number) };
    LineRow { said: Said { evidence: Some(evidence), note: String::new() }, received_at, ..line(who, number) }
}

/// What such a line holds.
fn claimed(who: &Student, number: i64, source: Source, from: i64, to: i64) -> Holding {
    Holding { source, trust: Trust::Claimed, work: None, ..holding(who, number, span(from, to)) }
}

/// Somebody says that they read a book, and all of it counts.
async fn say(db: &TestDatabase, who: &Student, number: i64, received_at: Timestamp) {
    enter(db, &[claim(who, number, Source::Book, received_at)]).await;
    let from = number * 1000;
    post(db, who, &[Entry::add(claimed(who, number, Source::Book, from, from + 600))]).await;
}

/// A line that confirms an earlier one, or takes it back.
async fn correct(db: &TestDatabase, who: &Student, number: i64, deed: Deed, target: i64) {
    let row =
        LineRow { deed, target: Some(target), sequence: None, said: Said::default(), ..line(who, number) };
    enter(db, &[row]).await;
    let stored = db.store().ledger_entries(who.citizen).await.unwrap();
    let mut book = Book::open(stored, HashMap::new());
    let make = if deed == Deed::Confirm { confirm } else { reverse };
    post(db, who, &make(number, target, &mut book)).await;
}

fn claims(page: &Page<ClaimRow>) -> Vec<(u128, i64)> {
    page.items.iter().map(|claim| (number(claim.id.citizen), claim.id.number)).collect()
}

/// Who claims what below a unit, read in pages.
async fn waiting(db: &TestDatabase, unit: UnitId, except: &[CitizenId], limit: u32) -> Vec<(u128, i64)> {
    let mut page = db.store().claims_below(unit, except, at(60), &first(limit)).await.unwrap();
    let mut seen = claims(&page);
    while page.has_next {
        let last = page.items.last().unwrap();
        let next = after(limit, (last.received_at, last.id));
        page = db.store().claims_below(unit, except, at(60), &next).await.unwrap();
        seen.extend(claims(&page));
    }
    seen
}

async fn claims_page_in_the_order_in_which_they_arrived(db: &TestDatabase) {
    plant(db).await;
    let (an, binh) = (student(db, 1).await, student(db, 2).await);
    let (chi, nobody) = (student(db, 3).await, student(db, 4).await);
    // Whoever belongs to two branches claims everything once.
    join(db, 1, an.citizen, BRANCH_1, NOW).await;
    join(db, 2, an.citizen, BRANCH_2, NOW).await;
    join(db, 3, binh.citizen, BRANCH_2, NOW).await;
    join(db, 4, chi.citizen, HOI_NGOC_HA, NOW).await;
    // What arrived at once comes by person and number.
    let said = [
        (&an, 1, 10),
        (&binh, 1, 20),
        (&binh, 2, 30),
        (&an, 2, 30),
        (&an, 3, 30),
        (&chi, 1, 5),
        (&nobody, 1, 1),
    ];
    for (who, number, received_at) in said {
        say(db, who, number, at(received_at)).await;
    }
    let all = [(1, 1), (2, 1), (1, 2), (1, 3), (2, 2)];
    for limit in [1, 2, 3, 5, 10] {
        assert_eq!(waiting(db, HOI_BA_DINH, &[], limit).await, all, "{limit} on a page");
        // Nobody vouches for themselves.
        let but_an = [an.citizen, id(99)];
        assert_eq!(waiting(db, HOI_BA_DINH, &but_an, limit).await, [(2, 1), (2, 2)], "{limit} on a page");
    }
    assert_eq!(waiting(db, HOI_HA_NOI, &[], 9).await, [&[(3, 1)][..], &all].concat());
    assert_eq!(waiting(db, BRANCH_1, &[], 9).await, [(1, 1), (1, 2), (1, 3)]);
    assert!(waiting(db, HA_NOI, &[], 9).await.is_empty());
    assert!(waiting(db, BRANCH_2, &[an.citizen, binh.citizen], 9).await.is_empty());

    // What was seen is confirmed, and something arrives, before the next page is asked for.
    let page = db.store().claims_below(HOI_BA_DINH, &[], at(60), &first(2)).await.unwrap();
    assert_eq!((claims(&page), page.has_next), (vec![(1, 1), (2, 1)], true));
    correct(db, &an, 4, Deed::Confirm, 1).await;
    say(db, &binh, 3, at(40)).await;
    let next = after(9, (page.items[1].received_at, page.items[1].id));
    let page = db.store().claims_below(HOI_BA_DINH, &[], at(60), &next).await.unwrap();
    assert_eq!((claims(&page), page.has_next), (vec![(1, 2), (1, 3), (2, 2), (2, 3)], false));
}

async fn a_claim_waits_until_it_is_confirmed_or_taken_back(db: &TestDatabase) {
    plant(db).await;
    let (one, other) = (student(db, 1).await, student(db, 2).await);
    join(db, 1, one.citizen, BRANCH_1, NOW).await;
    join(db, 2, other.citizen, BRANCH_1, NOW).await;
    for number in 1..=3 {
        say(db, &one, number, at(number)).await;
    }
    say(db, &other, 1, at(10)).await;
    let list = async || waiting(db, HOI_BA_DINH, &[], 9).await;
    assert_eq!(list().await, [(1, 1), (1, 2), (1, 3), (2, 1)]);
    correct(db, &one, 4, Deed::Confirm, 1).await;
    assert_eq!(list().await, [(1, 2), (1, 3), (2, 1)]);
    correct(db, &one, 5, Deed::Reverse, 2).await;
    assert_eq!(list().await, [(1, 3), (2, 1)]);
    // What was confirmed is no claim again when it is taken back.
    correct(db, &one, 6, Deed::Reverse, 1).await;
    assert_eq!(list().await, [(1, 3), (2, 1)]);

    // Claims wait where the person belongs at the moment.
    let from = at(60).ms();
    by_hand(db, &format!("UPDATE membership SET valid_to = {from} WHERE valid_to IS NULL")).await;
    join(db, 3, other.citizen, HOI_NGOC_HA, at(60)).await;
    assert!(list().await.is_empty());
    assert_eq!(waiting(db, HOI_HA_NOI, &[], 9).await, [(2, 1)]);
    let before = db.store().claims_below(HOI_BA_DINH, &[], at(59), &first(9)).await.unwrap();
    assert_eq!(claims(&before), [(1, 3), (2, 1)]);
}

async fn a_claim_tells_what_is_left_of_it(db: &TestDatabase) {
    plant(db).await;
    let who = student(db, 1).await;
    join(db, 1, who.citizen, BRANCH_1, NOW).await;
    let (start_ms, end_ms) = (at(-600).ms(), NOW.ms());
    let placed = Placed { start_ms, end_ms, uncertainty_ms: 0, basis: Basis::Stated, lost_ms: 0 };
    let book = claim(&who, 1, Source::Book, at(10));
    let lines = [
        LineRow { judged: Judged { placed: Some(placed), ..Judged::default() }, ..book },
        claim(&who, 2, Source::Radio, at(20)),
        // None of these waits for anybody: it was seen, it was attested, another program says it, nothing of it counts.
        line(&who, 3),
        claim(&who, 4, Source::Class, at(40)),
        LineRow { standing: Standing::Import, ..line(&who, 5) },
        claim(&who, 6, Source::Book, at(60)),
    ];
    enter(db, &lines).await;
    let gone = claimed(&who, 1, Source::Book, 0, 100);
    let attested = Holding { trust: Trust::Attested, ..claimed(&who, 4, Source::Class, 500, 600) };
    let imported = Holding { trust: Trust::Claimed, ..holding(&who, 5, span(700, 800)) };
    let entries = [
        Entry::add(gone),
        Entry::add(claimed(&who, 1, Source::Book, 200, 260)),
        Entry::add(claimed(&who, 2, Source::Radio, 300, 390)),
        Entry::add(holding(&who, 3, span(400, 500))),
        Entry::add(attested),
        Entry::add(imported),
        Entry::reverse(7, gone),
    ];
    post(db, &who, &entries).await;

    let row = |number: i64, source, started_at: Timestamp, seconds, received_at| ClaimRow {
        id: EvidenceId { citizen: who.citizen, number },
        full_name: "Nguyễn Văn An".into(),
        title: format!("Quyển {number}"),
        source,
        started_at,
        ended_at: started_at.plus_seconds(600),
        seconds,
        received_at,
    };
    // In true time, as far as it is known; or else as it was said.
    let expected = [row(1, Source::Book, at(-600), 60, at(10)), row(2, Source::Radio, NOW, 90, at(20))];
    let page = db.store().claims_below(BRANCH_1, &[], at(60), &first(9)).await.unwrap();
    assert_eq!(page.items, expected);
}

//! Units, as they are at a moment.

use densach_domain::actor::EdgeKind;
use densach_domain::credit::Entry;
use densach_domain::evidence::{Source, Trust};
use densach_domain::page::Page;
use densach_domain::total::{MonthSums, Presence, UnitMonths};
use densach_domain::unit::{AreaClass, Unit, UnitKind};
use densach_store::testkit::TestDatabase;
use densach_store::{DayRow, UnitSeed};

use crate::{
    BA_DINH, BRANCH_1, BRANCH_2, HA_NOI, HOI_BA_DINH, HOI_HA_NOI, HOI_NGOC_HA, NGOC_HA, NOW, VIET_NAM, after,
    at, begin, by_hand, citizen, duplicate, first, holding, id, join, line, plant, put, seed, span, student,
    today, write,
};

contract! {
    units_are_found_by_code_and_by_id
    a_unit_is_asked_as_of_a_moment
    children_page_by_name_and_stay_stable
    ancestors_follow_one_kind_of_edge
    a_subtree_counts_everybody_once
    members_are_counted_by_steps_that_can_be_made_again
    the_version_of_places_goes_up_when_people_or_units_come
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

    let codes = write(db, async |tx| tx.unit_codes().await.unwrap()).await;
    assert_eq!(codes.len(), 10);
    assert!(codes.contains(&("01".to_owned(), HA_NOI)));
    let same_code = seed(id(99), "01", UnitKind::Province, "Huế", Some(VIET_NAM));
    duplicate(db, async |tx| tx.units_add(&[same_code], NOW).await).await;
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
    let later = at(60).ms();
    let rename = format!(
        "UPDATE unit_name SET superseded_at = {later} WHERE name = 'Ba Đình'; \
         INSERT INTO unit_name (unit_id, name, sort_key, valid_from, recorded_at) \
         SELECT unit_id, 'Ba Đình mới', sort_key, valid_from, {later} FROM unit_name WHERE name = 'Ba Đình'"
    );
    by_hand(db, &rename).await;
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
    let seeds = [
        seed(id(20), "00020", UnitKind::Commune, "Ba Vì", Some(HA_NOI)),
        seed(id(21), "00021", UnitKind::Commune, "Tây Hồ", Some(HA_NOI)),
        UnitSeed { valid_from: at(60), ..seed(id(22), "00022", UnitKind::Commune, "Ô Diên", Some(HA_NOI)) },
    ];
    write(db, async |tx| tx.units_add(&seeds, NOW).await.unwrap()).await;
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
    join(db, 5, citizen(db, 4, "Lê Dung").await, BRANCH_1, at(86_400)).await;
    // A unit without members is not in the answer.
    let today_count = vec![(HOI_HA_NOI, 3), (HOI_BA_DINH, 2), (BRANCH_1, 1), (BRANCH_2, 1)];
    let tomorrow_count = vec![(HOI_HA_NOI, 4), (HOI_BA_DINH, 3), (BRANCH_1, 2), (BRANCH_2, 1)];
    // Whoever comes in the course of a learning day is counted on all of it.
    let opens = today().learning_day_starts_at();
    let closes = today().plus_days(1).learning_day_starts_at();
    let cases = [
        (at(-86_400), vec![]),
        (opens.plus_ms(-1), vec![]),
        (opens, today_count.clone()),
        (NOW, today_count.clone()),
        (closes.plus_ms(-1), today_count),
        (closes, tomorrow_count.clone()),
        (at(86_400), tomorrow_count.clone()),
        (at(365 * 86_400), tomorrow_count),
    ];
    for (now, expected) in cases {
        let units = [BRANCH_1, BRANCH_2, HOI_BA_DINH, HOI_HA_NOI, BA_DINH];
        let mut counts = db.store().unit_member_counts(&units, now).await.unwrap();
        counts.sort_unstable();
        assert_eq!(counts, expected, "at {now}");
        for unit in units {
            let alone = db.store().unit_member_counts(&[unit], now).await.unwrap();
            let expected: Vec<_> = expected.iter().copied().filter(|(counted, _)| *counted == unit).collect();
            assert_eq!(alone, expected, "{unit} at {now}");
        }
    }
    assert!(db.store().unit_member_counts(&[], NOW).await.unwrap().is_empty());
}

async fn members_are_counted_by_steps_that_can_be_made_again(db: &TestDatabase) {
    plant(db).await;
    let (an, binh) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    let (today, tomorrow) = (today(), today().plus_days(1));
    join(db, 1, an, BRANCH_1, NOW).await;
    // Above both branches nobody comes with this.
    join(db, 2, an, BRANCH_2, at(86_400)).await;
    join(db, 3, binh, HOI_BA_DINH, at(86_400)).await;
    let store = db.store();
    let steps = Presence::from([
        ((HOI_HA_NOI, today), 1),
        ((HOI_HA_NOI, tomorrow), 1),
        ((HOI_BA_DINH, today), 1),
        ((HOI_BA_DINH, tomorrow), 1),
        ((BRANCH_1, today), 1),
        ((BRANCH_2, tomorrow), 1),
    ]);
    assert_eq!(store.unit_people().await.unwrap(), steps);
    assert_eq!(store.members_after(None, 1).await.unwrap(), [an]);
    assert_eq!(store.members_after(Some(an), 9).await.unwrap(), [binh]);
    assert!(store.members_after(Some(binh), 9).await.unwrap().is_empty());

    // Somebody leaves a branch, and nobody comes to another after all.
    let fewer = Presence::from([((BRANCH_1, tomorrow), -1), ((BRANCH_2, tomorrow), -1)]);
    write(db, async |tx| tx.unit_people_add(&fewer).await.unwrap()).await;
    let counts = async |now| store.unit_member_counts(&[BRANCH_1, BRANCH_2], now).await.unwrap();
    assert_eq!(counts(NOW).await, [(BRANCH_1, 1)]);
    assert!(counts(at(86_400)).await.is_empty());
    let mut changed = steps.clone();
    changed.insert((BRANCH_1, tomorrow), -1);
    changed.remove(&(BRANCH_2, tomorrow));
    assert_eq!(store.unit_people().await.unwrap(), changed);

    let tx = begin(db).await;
    tx.unit_people_clear().await.unwrap();
    assert!(tx.unit_people().await.unwrap().is_empty());
    tx.unit_people_add(&steps).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.unit_people().await.unwrap(), steps);
}

async fn the_version_of_places_goes_up_when_people_or_units_come(db: &TestDatabase) {
    let (who, other) = (student(db, 1).await, student(db, 2).await);
    // It is everybody's, whoever is asked about.
    let version = async || {
        let tx = begin(db).await;
        let (_, version) = tx.ledger_heads(&[who.citizen]).await.unwrap();
        assert_eq!(tx.ledger_heads(&[other.citizen]).await.unwrap().1, version);
        tx.commit().await.unwrap();
        version
    };
    let before = version().await;
    plant(db).await;
    let planted = version().await;
    assert!(planted > before, "{planted} after {before}");
    join(db, 1, who.citizen, BRANCH_1, NOW).await;
    let joined = version().await;
    assert!(joined > planted, "{joined} after {planted}");

    let day = DayRow { day: today(), source: Source::Reading, trust: Trust::Measured, seconds: 600 };
    let months = UnitMonths::from([((BRANCH_1, today().month()), MonthSums::default())]);
    write(db, async |tx| {
        put(tx, |writes| {
            writes.ledger_lines(&[line(&who, 1)]).unwrap();
            writes.ledger_entries(&[(who.citizen, Entry::add(holding(&who, 1, span(0, 600))))]);
            writes.study_days(&[(who.citizen, day)]);
            writes.study_works(&[(who.citizen, id(1), 600)]);
            writes.unit_months(&months);
        })
        .await
        .unwrap();
    })
    .await;
    assert_eq!(version().await, joined);
    // Whoever came and was not committed never came.
    let tx = begin(db).await;
    tx.membership_add(id(2), other.citizen, BRANCH_2, NOW).await.unwrap();
    tx.roll_back().await.unwrap();
    assert_eq!(version().await, joined);
}

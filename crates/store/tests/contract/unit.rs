//! Units, as they are at a moment.

use densach_domain::actor::EdgeKind;
use densach_domain::page::Page;
use densach_domain::unit::{AreaClass, Unit, UnitKind};
use densach_store::UnitSeed;
use densach_store::testkit::TestDatabase;

use crate::{
    BA_DINH, BRANCH_1, BRANCH_2, HA_NOI, HOI_BA_DINH, HOI_HA_NOI, HOI_NGOC_HA, NGOC_HA, NOW, VIET_NAM, after,
    at, by_hand, citizen, duplicate, first, id, join, plant, seed, write,
};

contract! {
    units_are_found_by_code_and_by_id
    a_unit_is_asked_as_of_a_moment
    children_page_by_name_and_stay_stable
    ancestors_follow_one_kind_of_edge
    a_subtree_counts_everybody_once
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
    join(db, 5, citizen(db, 4, "Lê Dung").await, BRANCH_1, at(60)).await;
    // A unit without members is not in the answer.
    let cases = [
        (NOW, vec![(HOI_HA_NOI, 3), (HOI_BA_DINH, 2), (BRANCH_1, 1), (BRANCH_2, 1)]),
        (at(60), vec![(HOI_HA_NOI, 4), (HOI_BA_DINH, 3), (BRANCH_1, 2), (BRANCH_2, 1)]),
        (at(-1), vec![]),
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

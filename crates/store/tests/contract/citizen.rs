//! Citizens, their memberships and their offices.

use densach_domain::Timestamp;
use densach_domain::account::Relation;
use densach_domain::actor::{EdgeKind, Role, RoleGrant};
use densach_store::CitizenRow;
use densach_store::testkit::TestDatabase;

use crate::{
    BA_DINH, BRANCH_1, BRANCH_2, HOI_BA_DINH, NOW, account, after, at, begin, by_hand, citizen, duplicate,
    first, id, join, number, plant, sign_in, write,
};

contract! {
    a_citizen_reads_back_without_secrets
    members_page_in_vietnamese_order_and_stay_stable
    a_member_is_listed_once_and_only_while_a_member
    offices_read_back
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
    write(db, async |tx| tx.citizen_add(row(1), vec![1], NOW).await.unwrap()).await;
    let plain = citizen(db, 2, "Lê Lợi").await;
    // An ID number is one person's.
    duplicate(db, async |tx| tx.citizen_add(row(3), vec![1], NOW).await).await;

    let mut found = db.store().citizens(&[plain, id(1), id(3)]).await.unwrap();
    found.sort_by_key(|citizen| citizen.id);
    let found: Vec<_> = found
        .iter()
        .map(|one| {
            let name = one.full_name.as_str();
            (number(one.id), name, one.birth_date.as_deref(), one.has_id_number, one.residence)
        })
        .collect();
    let expected = [
        (1, "Nguyễn Thị Minh Khai", Some("1948-05-19"), true, Some(BA_DINH)),
        (2, "Lê Lợi", None, false, None),
    ];
    assert_eq!(found, expected);
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
    let (left_at, joined_before) = (at(90).ms(), at(60).ms());
    by_hand(db, &format!("UPDATE membership SET valid_to = {left_at} WHERE valid_from < {joined_before}"))
        .await;
    assert_eq!(members(at(89)).await, [1, 2]);
    assert_eq!(members(at(90)).await, [2]);
}

async fn offices_read_back(db: &TestDatabase) {
    plant(db).await;
    let (family, lonely) = (account(db, 1).await, account(db, 2).await);
    let (officer, relative, nobody) =
        (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await, citizen(db, 3, "Lê Chi").await);
    let (session, theirs) = (sign_in(db, family, 1).await.id, sign_in(db, lonely, 2).await.id);
    let (role, unit, edge_kind) = (Role::Officer, HOI_BA_DINH, EdgeKind::Association);
    let past = RoleGrant { role, unit, edge_kind, valid_from: at(-60), valid_to: Some(at(60)) };
    let (role, unit, edge_kind) = (Role::Editor, BA_DINH, EdgeKind::Administrative);
    let lasting = RoleGrant { role, unit, edge_kind, valid_from: NOW, valid_to: None };
    let tx = begin(db).await;
    tx.account_citizen_add(family, officer, Relation::Own, NOW).await.unwrap();
    tx.account_citizen_add(family, relative, Relation::Household, NOW).await.unwrap();
    tx.account_citizen_add(lonely, nobody, Relation::Own, NOW).await.unwrap();
    tx.role_grant_add(id(1), officer, past, NOW).await.unwrap();
    tx.role_grant_add(id(2), officer, lasting, NOW).await.unwrap();
    tx.role_grant_add(id(3), relative, RoleGrant { role: Role::Administrator, ..lasting }, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    // Two offices make nobody twice, and an office of the household is not one of the account.
    let mut member = db.store().session_member(session, NOW).await.unwrap().unwrap();
    member.grants.sort_by_key(|grant| grant.valid_from);
    assert_eq!(member.grants, [past, lasting]);
    assert_eq!(member.citizens, [(officer, Relation::Own), (relative, Relation::Household)]);
    let member = db.store().session_member(theirs, NOW).await.unwrap().unwrap();
    assert_eq!((member.citizens, member.grants), (vec![(nobody, Relation::Own)], vec![]));
}

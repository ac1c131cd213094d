//! Printed cards, and who stands above their holders.

use densach_domain::id::AccountId;
use densach_store::testkit::TestDatabase;

use crate::{BRANCH_1, BRANCH_2, HOI_BA_DINH, HOI_HA_NOI, NOW, at, by_hand, citizen, id, join, plant, write};

contract! {
    one_card_of_a_person_is_good_at_a_time
    cards_are_counted_by_person
    the_units_above_a_citizen_are_those_of_the_association
}

const HELPER: AccountId = AccountId::from_uuid(uuid::Uuid::from_u128(50));

async fn one_card_of_a_person_is_good_at_a_time(db: &TestDatabase) {
    let an = citizen(db, 1, "Nguyễn Văn An").await;
    assert_eq!(db.store().card_current(an).await.unwrap(), None);
    let first = write(db, async |tx| tx.card_issue(an, HELPER, NOW).await.unwrap()).await;
    let second = write(db, async |tx| tx.card_issue(an, HELPER, at(60)).await.unwrap()).await;
    assert_eq!((first.serial, second.serial, second.issued_at), (1, 2, at(60)));
    assert_eq!(db.store().card_current(an).await.unwrap(), Some(second));
    assert!(!db.store().card_is_valid(an, 1).await.unwrap());
    assert!(db.store().card_is_valid(an, 2).await.unwrap());

    for was_good in [true, false] {
        let revoked = write(db, async |tx| tx.card_revoke(an, HELPER, at(120)).await.unwrap()).await;
        assert_eq!(revoked, was_good);
    }
    assert_eq!(db.store().card_current(an).await.unwrap(), None);
    assert!(!db.store().card_is_valid(an, 2).await.unwrap());
    // A serial is not used again, whatever became of its card.
    let third = write(db, async |tx| tx.card_issue(an, HELPER, at(180)).await.unwrap()).await;
    assert_eq!(third.serial, 3);
}

async fn cards_are_counted_by_person(db: &TestDatabase) {
    let (an, binh) = (citizen(db, 1, "Nguyễn Văn An").await, citizen(db, 2, "Trần Bình").await);
    write(db, async |tx| tx.card_issue(an, HELPER, NOW).await.unwrap()).await;
    write(db, async |tx| tx.card_issue(an, HELPER, NOW).await.unwrap()).await;
    let of_binh = write(db, async |tx| tx.card_issue(binh, HELPER, NOW).await.unwrap()).await;
    assert_eq!(of_binh.serial, 1);
    assert!(!db.store().card_is_valid(binh, 2).await.unwrap());
    assert!(db.store().card_is_valid(an, 2).await.unwrap());
}

async fn the_units_above_a_citizen_are_those_of_the_association(db: &TestDatabase) {
    plant(db).await;
    let an = citizen(db, 1, "Nguyễn Văn An").await;
    assert!(db.store().units_above_citizen(an, NOW).await.unwrap().is_empty());
    join(db, 1, an, BRANCH_1, NOW).await;
    // The territory that an association serves is not above it.
    assert_eq!(db.store().units_above_citizen(an, NOW).await.unwrap(), [HOI_HA_NOI, HOI_BA_DINH, BRANCH_1]);
    join(db, 2, an, BRANCH_2, at(60)).await;
    assert_eq!(db.store().units_above_citizen(an, at(60)).await.unwrap().len(), 4);
    assert_eq!(db.store().units_above_citizen(an, NOW).await.unwrap().len(), 3);
    by_hand(db, "UPDATE membership SET valid_to = valid_from + 1000").await;
    assert!(db.store().units_above_citizen(id(1), at(61)).await.unwrap().is_empty());
}

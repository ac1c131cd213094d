//! Accounts, the people behind them, and their devices.

use densach_domain::account::Relation;
use densach_store::testkit::TestDatabase;

use crate::{NOW, account, at, begin, citizen, duplicate, id, identity, number, sign_in, write};

contract! {
    an_identity_opens_one_account
    the_people_behind_an_account_come_in_order
    a_device_is_made_once
}

async fn an_identity_opens_one_account(db: &TestDatabase) {
    let account = account(db, 1).await;
    assert_eq!(db.store().account_by_identity(&[1; 32]).await.unwrap(), Some(account));
    assert_eq!(db.store().account_by_identity(&[2; 32]).await.unwrap(), None);
    duplicate(db, async |tx| tx.account_add(id(2), identity(1), NOW).await).await;
    assert_eq!(db.store().account_by_identity(&[1; 32]).await.unwrap(), Some(account));
}

async fn the_people_behind_an_account_come_in_order(db: &TestDatabase) {
    let (account, neighbours) = (account(db, 1).await, account(db, 2).await);
    let (session, theirs) = (sign_in(db, account, 1).await.id, sign_in(db, neighbours, 2).await.id);
    let (own, second, first) =
        (citizen(db, 1, "Vũ Hà").await, citizen(db, 2, "Bùi Hạ").await, citizen(db, 3, "Bùi Hà").await);
    write(db, async |tx| tx.account_citizen_add(account, second, Relation::Household, NOW).await.unwrap())
        .await;
    assert_eq!(db.store().account_own_citizen(account).await.unwrap(), None);
    let tx = begin(db).await;
    tx.account_citizen_add(account, own, Relation::Own, NOW).await.unwrap();
    tx.account_citizen_add(account, first, Relation::Household, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().account_own_citizen(account).await.unwrap(), Some(own));
    assert_eq!(db.store().account_own_citizen(neighbours).await.unwrap(), None);

    let member = db.store().session_member(session, NOW).await.unwrap().unwrap();
    let expected = [(own, Relation::Own), (first, Relation::Household), (second, Relation::Household)];
    assert_eq!(member.citizens, expected);
    let neighbour = db.store().session_member(theirs, NOW).await.unwrap().unwrap();
    assert_eq!((neighbour.account, neighbour.citizens), (neighbours, vec![]));
}

async fn a_device_is_made_once(db: &TestDatabase) {
    let (mine, yours) = (account(db, 1).await, account(db, 2).await);
    let tx = begin(db).await;
    let made = tx.device_ensure(id(1), mine, "phone", "Máy của tôi", NOW).await.unwrap();
    let again = tx.device_ensure(id(2), mine, "phone", "Máy mới đặt tên", at(60)).await.unwrap();
    let second = tx.device_ensure(id(3), mine, "tablet", "Máy bảng", NOW).await.unwrap();
    let theirs = tx.device_ensure(id(4), yours, "phone", "Máy của bạn", NOW).await.unwrap();
    assert_eq!([made, again, second, theirs].map(number), [1, 1, 3, 4]);
    tx.commit().await.unwrap();
}

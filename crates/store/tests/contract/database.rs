//! The database itself.

use densach_store::testkit::TestDatabase;
use densach_store::{Store, StoreError};

use crate::{begin, by_hand, id, topic};

contract! {
    a_migrated_database_needs_nothing_more
    a_newer_database_is_refused
    a_transaction_sees_its_own_writes_and_nobody_else_does
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

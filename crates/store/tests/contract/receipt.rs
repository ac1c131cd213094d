//! Receipts of mutations.

use densach_store::Receipt;
use densach_store::testkit::TestDatabase;
use uuid::Uuid;

use crate::{NOW, at, begin, duplicate};

contract! {
    a_receipt_is_written_once
}

async fn a_receipt_is_written_once(db: &TestDatabase) {
    let (mine, yours) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let (operation, digest, answer) = ("goalSet", [1, 2, 3], r#"{"goal":1}"#);
    let receipt = Receipt { operation: operation.into(), digest: digest.into(), answer: answer.into() };
    let tx = begin(db).await;
    assert!(tx.receipt(mine, "m-1").await.unwrap().is_none());
    tx.receipt_add(mine, "m-1", receipt.clone(), NOW).await.unwrap();
    tx.receipt_add(yours, "m-1", receipt.clone(), at(60)).await.unwrap();
    tx.commit().await.unwrap();
    duplicate(db, async |tx| tx.receipt_add(mine, "m-1", receipt, NOW).await).await;
    let tx = begin(db).await;
    let read = tx.receipt(mine, "m-1").await.unwrap().unwrap();
    assert_eq!((read.operation.as_str(), read.answer.as_str()), (operation, answer));
    assert_eq!(read.digest, digest);
    assert!(tx.receipt(mine, "m-2").await.unwrap().is_none());
    assert_eq!(tx.receipts_forget(at(60)).await.unwrap(), 1);
    assert!(tx.receipt(mine, "m-1").await.unwrap().is_none());
    assert!(tx.receipt(yours, "m-1").await.unwrap().is_some());
    tx.commit().await.unwrap();
}

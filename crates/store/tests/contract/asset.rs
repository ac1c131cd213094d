//! Verified files.

use densach_domain::asset::{Asset, AssetRole, Sha256};
use densach_domain::work::{AssetUse, Content};
use densach_store::testkit::TestDatabase;

use crate::{NOW, at, begin, content, drafted, id, number};

contract! {
    the_same_bytes_are_one_asset
    a_revision_may_use_a_file_twice
}

fn asset(number: u128, bytes: &[u8]) -> Asset {
    let (sha256, size_bytes) = (Sha256::of(bytes), bytes.len() as u64);
    Asset { id: id(number), sha256, size_bytes, media_type: "application/pdf".into() }
}

async fn the_same_bytes_are_one_asset(db: &TestDatabase) {
    let tx = begin(db).await;
    assert_eq!(number(tx.asset_put(&asset(1, b"bai 1"), NOW).await.unwrap()), 1);
    assert_eq!(number(tx.asset_put(&asset(2, b"bai 1"), at(1)).await.unwrap()), 1);
    assert_eq!(number(tx.asset_put(&asset(3, b"bai 3"), NOW).await.unwrap()), 3);
    tx.commit().await.unwrap();
    let store = db.store();
    assert_eq!(store.asset_by_sha256(&Sha256::of(b"bai 1")).await.unwrap(), Some(asset(1, b"bai 1")));
    assert_eq!(store.asset_by_sha256(&Sha256::of(b"bai 2")).await.unwrap(), None);
    assert_eq!(store.assets(&[id(1), id(2)]).await.unwrap(), [asset(1, b"bai 1")]);
    assert!(store.assets(&[]).await.unwrap().is_empty());
}

async fn a_revision_may_use_a_file_twice(db: &TestDatabase) {
    let (_, revision) = drafted(db, 1, "Một").await;
    let used = [AssetRole::Main, AssetRole::Attachment];
    let assets = used.map(|role| AssetUse { asset: id(1), role: role.name().into(), language: None });
    let twice = Content { assets: assets.to_vec(), ..content("Hai", &[]) };
    let tx = begin(db).await;
    tx.asset_put(&asset(1, b"bai 1"), NOW).await.unwrap();
    assert!(tx.revision_save(revision, 1, &twice).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store().revisions(&[revision]).await.unwrap()[0].content, twice);
}

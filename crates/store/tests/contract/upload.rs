//! Uploads on their way to becoming assets.

use densach_domain::asset::{Asset, Sha256};
use densach_domain::upload::UploadState::{Open, Ready, Refused, Verifying};
use densach_store::UploadRow;
use densach_store::testkit::TestDatabase;

use crate::{NOW, account, at, begin, id, write};

contract! {
    an_upload_moves_from_the_right_state_only
    an_upload_ends_as_an_asset_or_refused
}

async fn upload(db: &TestDatabase, number: u128) -> UploadRow {
    let upload = UploadRow {
        id: id(number),
        account: account(db, 1).await,
        file_name: "bài 1.mp4".into(),
        media_type: "video/mp4".into(),
        size_bytes: 5_000_000_000,
        sha256: Sha256::of(b"bai 1"),
        multipart: "parts-1".into(),
        state: Open,
        refusal: None,
        asset: None,
        created_at: NOW,
    };
    write(db, async |tx| tx.upload_add(&upload).await.unwrap()).await;
    upload
}

async fn an_upload_moves_from_the_right_state_only(db: &TestDatabase) {
    let upload = upload(db, 1).await;
    let left_open = db.store().uploads_left_open(at(1), 10).await.unwrap();
    assert_eq!(left_open.iter().map(|left| left.id).collect::<Vec<_>>(), [upload.id]);
    assert!(db.store().uploads_left_open(NOW, 10).await.unwrap().is_empty());

    let tx = begin(db).await;
    assert!(!tx.upload_move(upload.id, Verifying, Ready, None, None).await.unwrap());
    assert!(tx.upload_move(upload.id, Open, Verifying, None, None).await.unwrap());
    assert!(!tx.upload_move(upload.id, Open, Verifying, None, None).await.unwrap());
    assert!(!tx.upload_move(upload.id, Open, Refused, Some("mismatch"), None).await.unwrap());
    assert!(!tx.upload_move(id(2), Open, Verifying, None, None).await.unwrap());
    tx.commit().await.unwrap();
    let read = db.store().upload(upload.id).await.unwrap().unwrap();
    assert_eq!((read.state, read.refusal, read.asset), (Verifying, None, None));
    assert_eq!((read.account, read.file_name), (upload.account, upload.file_name));
    assert_eq!((read.media_type, read.multipart), (upload.media_type, upload.multipart));
    assert_eq!((read.size_bytes, read.sha256), (upload.size_bytes, upload.sha256));
    assert_eq!(read.created_at, NOW);
    assert!(db.store().uploads_left_open(at(1), 10).await.unwrap().is_empty());
}

async fn an_upload_ends_as_an_asset_or_refused(db: &TestDatabase) {
    let good = upload(db, 1).await;
    let bad = UploadRow { id: id(2), ..good.clone() };
    let (sha256, media_type) = (good.sha256, good.media_type.clone());
    let asset = Asset { id: id(1), sha256, size_bytes: good.size_bytes, media_type };
    let tx = begin(db).await;
    tx.upload_add(&bad).await.unwrap();
    tx.asset_put(&asset, NOW).await.unwrap();
    for upload in [&good, &bad] {
        assert!(tx.upload_move(upload.id, Open, Verifying, None, None).await.unwrap());
    }
    assert!(tx.upload_move(good.id, Verifying, Ready, None, Some(asset.id)).await.unwrap());
    assert!(tx.upload_move(bad.id, Verifying, Refused, Some("mismatch"), None).await.unwrap());
    tx.commit().await.unwrap();
    let good = db.store().upload(good.id).await.unwrap().unwrap();
    assert_eq!((good.state, good.refusal, good.asset), (Ready, None, Some(asset.id)));
    let bad = db.store().upload(bad.id).await.unwrap().unwrap();
    assert_eq!((bad.state, bad.refusal.as_deref(), bad.asset), (Refused, Some("mismatch"), None));
}

//! Forgets what nobody will ask about again: old receipts, codes, sessions, and uploads that nobody finished.

use densach_blob::{BlobKey, MultipartId};
use densach_domain::Code;
use densach_domain::upload::UploadState;

use crate::idempotent::RECEIPT_DAYS;
use crate::{Context, Result};

const DAY_MS: i64 = 86_400_000;
/// An upload may rest for days on a poor line before its parts are given back to storage.
const UPLOAD_DAYS: i64 = 14;

pub async fn all(cx: &Context) -> Result<()> {
    let now = cx.now();
    let tx = cx.store.begin().await?;
    tx.receipts_forget(now.plus_ms(-RECEIPT_DAYS * DAY_MS)).await?;
    tx.sign_in_forget(now.plus_ms(-DAY_MS)).await?;
    tx.commit().await?;
    for upload in cx.store.uploads_left_open(now.plus_ms(-UPLOAD_DAYS * DAY_MS), 100).await? {
        cx.blobs
            .multipart_abort(&BlobKey::Upload(upload.id), &MultipartId::new(upload.multipart.clone()))
            .await?;
        let tx = cx.store.begin().await?;
        tx.upload_move(
            upload.id,
            UploadState::Open,
            UploadState::Refused,
            Some(Code::UploadExpired.name()),
            None,
        )
        .await?;
        tx.commit().await?;
    }
    Ok(())
}

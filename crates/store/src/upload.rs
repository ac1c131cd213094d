//! Uploads on their way to becoming assets.

use densach_domain::Timestamp;
use densach_domain::asset::Sha256;
use densach_domain::id::{AccountId, AssetId, UploadId};
use densach_domain::upload::UploadState;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::{Reads, Result, StoreError, Tx};

#[derive(Debug, Clone)]
pub struct UploadRow {
    pub id: UploadId,
    pub account: AccountId,
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: Sha256,
    /// What object storage calls the parts that belong together.
    pub multipart: String,
    pub state: UploadState,
    /// Why it was refused, as a code of `Problem`.
    pub refusal: Option<String>,
    pub asset: Option<AssetId>,
    pub created_at: Timestamp,
}

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    account_id: Uuid,
    file_name: String,
    media_type: String,
    size_bytes: i64,
    sha256: Vec<u8>,
    multipart: String,
    state: String,
    refusal: Option<String>,
    asset_id: Option<Uuid>,
    created_at: i64,
}

impl TryFrom<Raw> for UploadRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self> {
        let sha256 = raw.sha256.try_into().map_err(|_| StoreError::Broken("upload.sha256".into()))?;
        Ok(Self {
            id: UploadId::from_uuid(raw.id),
            account: AccountId::from_uuid(raw.account_id),
            file_name: raw.file_name,
            media_type: raw.media_type,
            size_bytes: u64::try_from(raw.size_bytes).unwrap_or(0),
            sha256: Sha256::from_bytes(sha256),
            multipart: raw.multipart,
            state: UploadState::parse(&raw.state).ok_or(StoreError::Broken(raw.state))?,
            refusal: raw.refusal,
            asset: raw.asset_id.map(AssetId::from_uuid),
            created_at: Timestamp::from_ms(raw.created_at),
        })
    }
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn upload(&self, id: UploadId) -> Result<Option<UploadRow>> {
        let sql = "SELECT id, account_id, file_name, media_type, size_bytes, sha256, multipart, state, refusal, \
                   asset_id, created_at FROM upload WHERE id = $1";
        let raw: Option<Raw> = self.one(sql, vec![id.uuid().into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }

    /// Uploads that nobody finished: what a sweeper gives back to storage.
    pub async fn uploads_left_open(&self, before: Timestamp, limit: u32) -> Result<Vec<UploadRow>> {
        let sql = format!(
            "SELECT id, account_id, file_name, media_type, size_bytes, sha256, multipart, state, refusal, asset_id, \
             created_at FROM upload WHERE state = 'open' AND created_at < $1 ORDER BY created_at LIMIT {limit}"
        );
        let rows: Vec<Raw> = self.all(sql, vec![before.ms().into()]).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

impl Tx {
    pub async fn upload_add(&self, upload: &UploadRow) -> Result<()> {
        let sql = "INSERT INTO upload (id, account_id, file_name, media_type, size_bytes, sha256, multipart, state, \
                   asset_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = vec![
            upload.id.uuid().into(),
            upload.account.uuid().into(),
            upload.file_name.clone().into(),
            upload.media_type.clone().into(),
            i64::try_from(upload.size_bytes).unwrap_or(i64::MAX).into(),
            upload.sha256.bytes().to_vec().into(),
            upload.multipart.clone().into(),
            upload.state.name().into(),
            upload.asset.map(AssetId::uuid).into(),
            upload.created_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Moves an upload on, if it still stands where `from` says; answers whether it did.
    pub async fn upload_move(
        &self,
        id: UploadId,
        from: UploadState,
        to: UploadState,
        refusal: Option<&str>,
        asset: Option<AssetId>,
    ) -> Result<bool> {
        let sql = "UPDATE upload SET state = $3, refusal = $4, asset_id = $5 WHERE id = $1 AND state = $2";
        let values = vec![
            id.uuid().into(),
            from.name().into(),
            to.name().into(),
            refusal.map(str::to_owned).into(),
            asset.map(AssetId::uuid).into(),
        ];
        Ok(self.execute(sql, values).await?.rows_affected() > 0)
    }
}

//! Verified files.

use densach_domain::Timestamp;
use densach_domain::asset::{Asset, Sha256};
use densach_domain::id::AssetId;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::{Reads, Result, StoreError, Tx};

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    sha256: Vec<u8>,
    size_bytes: i64,
    media_type: String,
}

impl TryFrom<Raw> for Asset {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self> {
        let sha256 = raw.sha256.try_into().map_err(|_| StoreError::Broken("asset.sha256".into()))?;
        Ok(Self {
            id: AssetId::from_uuid(raw.id),
            sha256: Sha256::from_bytes(sha256),
            size_bytes: u64::try_from(raw.size_bytes).unwrap_or(0),
            media_type: raw.media_type,
        })
    }
}

const COLUMNS: &str = "SELECT id, sha256, size_bytes, media_type FROM asset";

impl<C: ConnectionTrait> Reads<C> {
    pub async fn assets(&self, ids: &[AssetId]) -> Result<Vec<Asset>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{COLUMNS} WHERE id IN ({})", places(1, ids.len()));
        let rows: Vec<Raw> = self.all(sql, values(ids.iter().map(|id| id.uuid()))).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn asset_by_sha256(&self, sha256: &Sha256) -> Result<Option<Asset>> {
        let raw: Option<Raw> =
            self.one(format!("{COLUMNS} WHERE sha256 = $1"), vec![sha256.bytes().to_vec().into()]).await?;
        raw.map(TryInto::try_into).transpose()
    }
}

impl Tx {
    /// Keeps a verified file; when the same bytes are known already, answers the id they have.
    pub async fn asset_put(&self, asset: &Asset, now: Timestamp) -> Result<AssetId> {
        let sql = "INSERT INTO asset (id, sha256, size_bytes, media_type, created_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256 RETURNING id";
        let size_bytes = i64::try_from(asset.size_bytes).unwrap_or(i64::MAX);
        let values = vec![
            asset.id.uuid().into(),
            asset.sha256.bytes().to_vec().into(),
            size_bytes.into(),
            asset.media_type.clone().into(),
            now.ms().into(),
        ];
        let row = self.row(sql, values).await?.ok_or_else(|| StoreError::Broken("asset".into()))?;
        Ok(AssetId::from_uuid(row.try_get_by_index(0)?))
    }
}

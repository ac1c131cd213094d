//! Files.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use densach_app::work;

use crate::error::Result;
use crate::input::app;

/// A verified file. Its bytes have this hash, so any copy of them can be checked.
pub(crate) struct Asset {
    pub asset: Arc<densach_domain::asset::Asset>,
    /// What a phone calls it when it is saved.
    pub file_name: String,
}

#[Object]
impl Asset {
    async fn id(&self) -> ID {
        self.asset.id.to_string().into()
    }

    /// SHA-256 of the bytes, 64 hexadecimal digits.
    async fn sha256(&self) -> String {
        self.asset.sha256.to_string()
    }

    /// Bytes; a float, because GraphQL's Int ends at 2 GiB.
    async fn size_bytes(&self) -> f64 {
        self.asset.size_bytes as f64
    }

    async fn media_type(&self) -> &str {
        &self.asset.media_type
    }

    /// Where the bytes are read: a presigned address with HTTP Range and a strong ETag. It works for some hours and
    /// stays the same for half of them; the ETag stays the same for ever.
    async fn url(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(work::asset_url(app(ctx), &self.asset, &self.file_name).await?.to_string())
    }
}

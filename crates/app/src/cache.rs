//! What may be kept in memory: things that never change, and things that may be a few seconds old.

use std::sync::Arc;
use std::time::Duration;

use densach_domain::actor::Member;
use densach_domain::asset::Asset;
use densach_domain::id::{AssetId, RevisionId, SessionId};
use densach_store::TopicRow;
use moka::sync::Cache;
use openidconnect::core::CoreProviderMetadata;

use crate::work::Edition;

/// A published revision and a verified file never change, so they are right for ever; topics and members may be as old
/// as their time to live says, and what this process changes itself is dropped at once.
pub(crate) struct Caches {
    pub editions: Cache<RevisionId, Arc<Edition>>,
    pub assets: Cache<AssetId, Arc<Asset>>,
    /// Presigned URLs by file, what it is called, and the window in which the URL stays the same.
    pub urls: Cache<(AssetId, i64), Arc<str>>,
    pub topics: Cache<(), Arc<Vec<TopicRow>>>,
    /// A session that was ended on another node lives on here for at most this long.
    pub members: Cache<SessionId, Arc<Member>>,
    /// What identity brokers say about themselves, with their keys, by the name of the provider.
    pub oidc: Cache<String, Arc<CoreProviderMetadata>>,
}

const EDITIONS_BYTES: u64 = 24 * 1024 * 1024;

impl Default for Caches {
    fn default() -> Self {
        Self {
            editions: Cache::builder()
                .max_capacity(EDITIONS_BYTES)
                .weigher(|_, edition: &Arc<Edition>| u32::try_from(edition.weight()).unwrap_or(u32::MAX))
                .build(),
            assets: Cache::new(20_000),
            urls: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(3 * 3600)).build(),
            topics: Cache::builder().max_capacity(1).time_to_live(Duration::from_secs(10)).build(),
            members: Cache::builder().max_capacity(50_000).time_to_live(Duration::from_secs(10)).build(),
            oidc: Cache::builder().max_capacity(100).time_to_live(Duration::from_secs(3600)).build(),
        }
    }
}

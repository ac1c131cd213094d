//! What may be kept in memory: things that never change, and things that may be a few seconds old.

use std::sync::Arc;
use std::time::Duration;

use densach_domain::Timestamp;
use densach_domain::actor::Member;
use densach_domain::asset::Asset;
use densach_domain::id::{AssetId, CitizenId, RevisionId, SessionId, WorkId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::work::Work;
use densach_store::{ReleasedRow, TopicRow, WorkFilter};
use moka::sync::Cache;
use openidconnect::core::CoreProviderMetadata;

use crate::ledger::{Held, Studied};
use crate::work::Edition;

/// A page of what is released.
type ListKey = (WorkFilter, PageRequest<(Timestamp, WorkId)>);

/// A published revision and a verified file never change, so they are right for ever; topics and members may be as old
/// as their time to live says, and what this process changes itself is dropped at once.
pub(crate) struct Caches {
    pub editions: Cache<RevisionId, Arc<Edition>>,
    pub assets: Cache<AssetId, Arc<Asset>>,
    /// Presigned URLs by file, what it is called, and the window in which the URL stays the same.
    pub urls: Cache<(AssetId, i64, String), Arc<str>>,
    pub topics: Cache<(), Arc<Vec<TopicRow>>>,
    /// Which edition the public sees of a work: what a release on another node changes is seen after a second, what
    /// this node changes at once.
    pub works: Cache<WorkId, Arc<Work>>,
    pub slugs: Cache<String, WorkId>,
    pub lists: Cache<ListKey, Arc<Page<ReleasedRow>>>,
    /// What evidence about a work is judged by; as old as the public's view of it.
    pub studied: Cache<WorkId, Studied>,
    /// What citizens held when this process last wrote for them; checked against the store before it is used.
    pub held: Cache<CitizenId, Arc<Held>>,
    /// A session that was ended on another node lives on here for at most this long.
    pub members: Cache<SessionId, Arc<Member>>,
    /// What identity brokers say about themselves, with their keys, by the name of the provider.
    pub oidc: Cache<String, Arc<CoreProviderMetadata>>,
}

/// How old the public's view of what is released may be.
const RELEASED_AGE: Duration = Duration::from_secs(1);
/// How many credited stretches are remembered, some 200 bytes each.
const HOLDINGS: u64 = 200_000;
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
            works: Cache::builder().max_capacity(20_000).time_to_live(RELEASED_AGE).build(),
            slugs: Cache::builder().max_capacity(20_000).time_to_live(RELEASED_AGE).build(),
            lists: Cache::builder().max_capacity(500).time_to_live(RELEASED_AGE).build(),
            studied: Cache::builder().max_capacity(20_000).time_to_live(RELEASED_AGE).build(),
            held: Cache::builder()
                .max_capacity(HOLDINGS)
                .weigher(|_, held: &Arc<Held>| held.weight())
                .build(),
            members: Cache::builder().max_capacity(50_000).time_to_live(Duration::from_secs(10)).build(),
            oidc: Cache::builder().max_capacity(100).time_to_live(Duration::from_secs(3600)).build(),
        }
    }
}

impl Caches {
    /// To be called when this node released a work or took one back.
    pub fn released_changed(&self) {
        self.works.invalidate_all();
        self.studied.invalidate_all();
        self.slugs.invalidate_all();
        self.lists.invalidate_all();
    }
}

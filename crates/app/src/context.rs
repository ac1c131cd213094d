//! The machine behind the use cases, and the request in front of it.

use std::ops::Deref;
use std::sync::Arc;

use densach_blob::Blobs;
use densach_domain::actor::Actor;
use densach_domain::credit::{CreditPolicy, Policies};
use densach_domain::criteria::CriteriaSet;
use densach_domain::id::Id;
use densach_domain::{Clock, Timestamp};
use densach_search::SearchIndex;
use densach_store::Store;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::cache::Caches;
use crate::code::CodeProvider;
use crate::ledger::Queue;
use crate::vault::Vault;
use crate::{Language, Settings};

/// Where randomness comes from: a parameter, so that tests can repeat themselves.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// What an [`App`] is made of.
pub struct Parts {
    pub store: Store,
    pub blobs: Blobs,
    pub search: Arc<dyn SearchIndex>,
    pub code_provider: Arc<dyn CodeProvider>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub vault: Vault,
    /// Signs access tokens; a new one signs everybody out.
    pub token_key: [u8; 32],
    pub settings: Settings,
    pub policies: Policies,
    pub criteria: Vec<CriteriaSet>,
    /// For identity brokers; it never follows redirects.
    pub http: reqwest::Client,
}

/// The machine: what every use case shares. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub parts: Parts,
    pub(crate) caches: Caches,
    /// Rung when a job was enqueued, so that a worker of this process need not wait for its next look.
    pub(crate) job_bell: Notify,
    pub(crate) ledger_queue: Queue,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl App {
    pub fn new(parts: Parts) -> Self {
        let ledger_queue = Queue::new(parts.store.writer_count());
        Self(Arc::new(Inner { parts, caches: Caches::default(), job_bell: Notify::new(), ledger_queue }))
    }

    /// The credit policy in force.
    pub fn policy(&self) -> &CreditPolicy {
        self.policies.current()
    }

    /// A new id that sorts by the time of its birth.
    pub fn new_id<I: Id>(&self) -> I {
        I::from_uuid(self.new_uuid())
    }

    pub(crate) fn new_uuid(&self) -> Uuid {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let ms = u64::try_from(self.clock.now().ms()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
    }

    /// What the command line and jobs act as.
    pub fn operator(&self) -> Context {
        Context {
            app: self.clone(),
            actor: Actor::Operator,
            language: Language::default(),
            request_id: String::new(),
        }
    }
}

/// One request: who asks, in which language, on which machine.
#[derive(Clone)]
pub struct Context {
    pub app: App,
    pub actor: Actor,
    pub language: Language,
    pub request_id: String,
}

impl Context {
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }
}

impl Deref for Context {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

//! Loading for siblings at once. The rows of one list share a batch: the first that needs something asks for all of
//! them, in one statement, and the others wait for that answer. A batch belongs to one list of one request, so it never
//! crosses actors, and it needs neither a timer nor a spawned task: how many statements a document takes is constant.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use tokio::sync::Mutex;

/// What siblings share, by what was asked.
pub(crate) struct Batch<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Batch<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Hash + Eq, V> Batch<K, V> {
    /// The answer for `key`; `load` runs once, whoever asks first. A failure is not kept.
    pub async fn get<E>(&self, key: K, load: impl Future<Output = Result<V, E>> + Send) -> Result<Arc<V>, E> {
        let mut known = self.0.lock().await;
        if let Some(value) = known.get(&key) {
            return Ok(value.clone());
        }
        let value = Arc::new(load.await?);
        known.insert(key, value.clone());
        Ok(value)
    }
}

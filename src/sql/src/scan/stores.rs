//! The object stores of one statement.
//!
//! DataFusion finds a store by its URL in a registry of the runtime. Every statement has a registry of its own, so that a
//! store lives as long as the statement that reads from it, and no statement can name another's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::RuntimeEnv;
use object_store::ObjectStore;
use url::Url;

/// The shared memory, spill space and caches, with a registry of the statement's own. It holds nothing, not even local files.
pub(crate) fn statement_runtime(shared: &RuntimeEnv) -> Arc<RuntimeEnv> {
    let object_store_registry = Arc::new(StatementStores::default());
    Arc::new(RuntimeEnv { object_store_registry, ..shared.clone() })
}

#[derive(Debug, Default)]
struct StatementStores(Mutex<HashMap<Url, Arc<dyn ObjectStore>>>);

impl StatementStores {
    /// Each use is one operation of the map, so a panic elsewhere leaves it whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<Url, Arc<dyn ObjectStore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObjectStoreRegistry for StatementStores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.lock().insert(url.clone(), store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.lock().get(url).cloned().ok_or_else(|| DataFusionError::Internal(format!("no object store is registered for {url}")))
    }
}

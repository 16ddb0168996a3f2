//! Everything that the domain consists of, built once at start and passed along.

use std::sync::Arc;

use spi::Result;
use spi::connector::ConnectorFactory;
use store::{Blobs, Journal, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::catalog::Catalogs;
use crate::connectors::{self, Connectors};
use crate::data_sources::{self, databases, purge};
use crate::factories::Factories;
use crate::keyring::Keyring;
use crate::metadata::Refreshes;

/// What the gateway hands over.
pub struct Parts {
    pub store: Store,
    pub journal: Journal,
    pub blobs: Blobs,
    pub factories: Vec<Arc<dyn ConnectorFactory>>,
    pub keyring: Keyring,
}

/// The domain of one running gateway. Always held as an `Arc`.
pub struct Services {
    pub store: Store,
    pub journal: Journal,
    pub blobs: Blobs,
    pub factories: Factories,
    /// Seals and opens secret options.
    pub keyring: Keyring,
    /// Live connectors of published versions.
    pub connectors: Connectors,
    /// The metadata that everything is served from.
    pub catalogs: Catalogs,
    /// When metadata is refreshed, and how fresh it is.
    pub refreshes: Refreshes,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Loads all snapshots from store and blobs, contacting no source, and starts the reconcilers.
pub async fn start(parts: Parts) -> Result<Arc<Services>> {
    let Parts { store, journal, blobs, factories, keyring } = parts;
    for (source, key_id) in data_sources::without_key(&keyring, &store.replica()) {
        error!(source = %source.name, key_id, "the key that seals this source's options is not known: it cannot be read");
    }
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let factories = Factories::new(factories);
    let connectors = Connectors::new(factories.clone(), keyring.clone());
    let catalogs = Catalogs::load(&store, &blobs).await?;
    let refreshes = Refreshes::new(&store, &blobs, &connectors, &catalogs);
    store::spawn("connectors", tasks.track_future(connectors::reconcile(connectors.clone(), store.clone(), stop.clone())));
    store::spawn("purges", tasks.track_future(purge::reconcile(store.clone(), stop.clone())));
    let (known, seals) = (factories.clone(), keyring.clone());
    store::spawn("databases", tasks.track_future(databases::reconcile(store.clone(), known, seals, stop.clone())));
    store::spawn("catalogs", tasks.track_future(catalogs.clone().reconcile(store.clone(), blobs.clone(), stop.clone())));
    store::spawn("refreshes", tasks.track_future(refreshes.clone().reconcile(stop.clone())));
    tasks.close();
    Ok(Arc::new(Services { store, journal, blobs, factories, keyring, connectors, catalogs, refreshes, stop, tasks }))
}

impl Services {
    /// Ends the reconcilers and closes all connectors. Streams that are being read go on until they are dropped.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
        self.connectors.close_all();
    }
}

//! Build, run, drain: from a configuration to a gateway that answers, and back.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use domain::keyring::Keyring;
use domain::{Parts, Services};
use spi::connector::ConnectorFactory;
use spi::{Code, Error, Origin, Result, Secret};
use sql::{Engine, EngineConfig};
use store::{Backend, Blobs, DataLock, Journal, MemoryBackend, SqliteBackend, Store};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use wire::{Listeners, WireConfig};

use crate::config::{Config, StoreLocation};
use crate::first_start;

/// The version that banners and `version()` tell.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a gateway until SIGTERM or SIGINT, then lets running statements finish.
pub async fn serve(config: Config, factories: Vec<Arc<dyn ConnectorFactory>>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| Error::internal("could not listen for signals").cause(error))?;
    let gateway = Gateway::start(config.clone(), factories).await?;
    gateway.print_banner(&config);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    info!("shutting down");
    gateway.stop().await
}

/// A running gateway.
pub struct Gateway {
    /// The address that it really listens on.
    pub address: std::net::SocketAddr,
    pub engine: Arc<Engine>,
    services: Arc<Services>,
    first_start: bool,
    shutdown: CancellationToken,
    server: JoinHandle<Result<()>>,
    maintenance: JoinHandle<()>,
    /// Dropped last: another gateway may take the folder from then on.
    _lock: DataLock,
}

impl Gateway {
    /// Opens the store and everything above it, and listens. No data source is contacted before it answers.
    pub async fn start(config: Config, factories: Vec<Arc<dyn ConnectorFactory>>) -> Result<Gateway> {
        create_private_folder(&config.data)?;
        let lock = DataLock::acquire(&config.data)?;
        let parts = Parts {
            store: Store::open(open_backend(&config.store).await?, "gateway").await?,
            journal: open_journal(&config).await?,
            blobs: Blobs::local(&config.data.join("blobs"))?,
            keyring: Keyring::load(&config.data, sealing_key().as_ref())?,
            factories,
        };
        let services = domain::start(parts).await?;
        let first_start = first_start::run(&services, &config.data).await?;

        let engine_config =
            EngineConfig { memory_limit_bytes: config.query_memory_bytes, spill_folder: config.data.join("spill"), version: VERSION };
        let engine = Engine::new(Arc::clone(&services), engine_config)?;
        let listeners = Listeners::bind(&config.listen, config.unix_socket.as_deref()).await?;
        let address = listeners.address();
        let wire_config = WireConfig {
            tls: config.tls.as_ref().map(|tls| wire::load_tls(&tls.cert, &tls.key)).transpose()?,
            tls_required: config.tls_required,
            connections_max: config.max_connections,
            ..WireConfig::default()
        };
        let shutdown = CancellationToken::new();
        let server = store::spawn("wire", wire::serve(Arc::clone(&engine), listeners, wire_config, shutdown.clone()));
        // A store in memory is a new one at every start, and must not take an older one's blobs for garbage.
        let blobs = (config.store != StoreLocation::Memory).then(|| services.blobs.clone());
        let maintenance = store::spawn("maintenance", store::maintenance::run(services.store.clone(), blobs, shutdown.clone()));
        Ok(Gateway { address, engine, services, first_start, shutdown, server, maintenance, _lock: lock })
    }

    /// Refuses new connections, lets running statements finish for a while, and closes the store.
    pub async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        if let Err(error) = self.maintenance.await {
            error!(%error, "maintenance ended early");
        }
        let served = self.server.await.map_err(|error| Error::internal("the server stopped unexpectedly").cause(error))?;
        self.services.stop().await;
        self.services.store.close().await;
        served
    }

    /// In one piece, and without complaint where nobody reads it: a supervisor may have closed the other end.
    fn print_banner(&self, config: &Config) {
        let address = self.address;
        let mut banner = format!("metagate {VERSION}  listening on {address}  store {}\n", config.store);
        if self.first_start {
            let password = first_start::password_file(&config.data);
            banner += &format!("first start: role \"admin\", password in {}\n", password.display());
            banner += &format!("connect: psql \"postgresql://admin:…@{address}/metagate\"\n");
        }
        let _ = std::io::stdout().write_all(banner.as_bytes());
    }
}

/// The folder holds keys and a password, so nobody else may look into it.
fn create_private_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        Error::new(Code::Io, format!("could not create data folder \"{}\"", path.display()))
            .detail(format!("{error}."))
            .hint("Choose another folder with --data.")
            .origin(Origin::Gateway)
    })
}

pub(crate) async fn open_backend(location: &StoreLocation) -> Result<Arc<dyn Backend>> {
    Ok(match location {
        StoreLocation::Sqlite(path) => Arc::new(SqliteBackend::open(path).await?),
        StoreLocation::Memory => Arc::new(MemoryBackend::new()),
    })
}

/// The key that seals secrets, where the operator keeps it out of the data folder.
fn sealing_key() -> Option<Secret<String>> {
    std::env::var("METAGATE_KEY").ok().map(Secret::new)
}

async fn open_journal(config: &Config) -> Result<Journal> {
    match config.store {
        StoreLocation::Sqlite(_) => Journal::open(config.data.join("journal.db")).await,
        StoreLocation::Memory => Journal::in_memory().await,
    }
}

//! What all sessions of the process share: the services, and the memory and spill space of queries.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::execution::SessionState;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use domain::Services;
use spi::{Error, Result};

use crate::pg_catalog;
use crate::planner;
use crate::session::{Session, Startup, now};
use crate::sessions::Sessions;
use crate::unanswered::Unanswered;

/// The engine room of one process.
pub struct Engine {
    services: Arc<Services>,
    runtime: Arc<RuntimeEnv>,
    planning: Arc<SessionState>,
    version: &'static str,
    started_at: i64,
    transactions: AtomicU64,
    sessions: Arc<Sessions>,
    catalogs: pg_catalog::Catalogs,
    unanswered: Unanswered,
}

/// What the gateway decides about the engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// How much memory all queries together may use before they spill.
    pub memory_limit_bytes: usize,
    /// Where queries spill to. Emptied of earlier leftovers by whoever owns the folder.
    pub spill_folder: PathBuf,
    /// The version of metagate, for example `0.1.0`.
    pub version: &'static str,
}

/// How much of the disk all queries together may spill to: a runaway sort must not fill the disk that the store lives on.
const SPILL_BYTES_MAX: u64 = 20 << 30;

impl Engine {
    pub fn new(services: Arc<Services>, config: EngineConfig) -> Result<Arc<Engine>> {
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![config.spill_folder]))
            .with_max_temp_directory_size(SPILL_BYTES_MAX);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(config.memory_limit_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| Error::internal("could not prepare the query engine").detail(format!("{error}.")).cause(error))?;
        let planning = planner::shared_state(Arc::clone(&runtime));
        Ok(Arc::new(Engine {
            services,
            runtime,
            planning,
            version: config.version,
            started_at: now(),
            transactions: AtomicU64::new(1),
            sessions: Arc::default(),
            catalogs: pg_catalog::Catalogs::default(),
            unanswered: Unanswered::default(),
        }))
    }

    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// The memory pool, spill folder and caches that the queries of all sessions share.
    pub fn runtime(&self) -> &Arc<RuntimeEnv> {
        &self.runtime
    }

    /// What planning has in common for all sessions.
    pub(crate) fn planning(&self) -> &Arc<SessionState> {
        &self.planning
    }

    /// When the process began to serve, in microseconds since 1970 UTC.
    pub fn started_at(&self) -> i64 {
        self.started_at
    }

    /// The version of metagate.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// Begins a session of a role that has proved who it is.
    pub fn open_session(self: &Arc<Self>, startup: Startup) -> Result<Session> {
        Session::open(Arc::clone(self), startup)
    }

    /// The sessions of this node.
    pub(crate) fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// PostgreSQL's catalogs of the databases that were asked for lately.
    pub(crate) fn catalogs(&self) -> &pg_catalog::Catalogs {
        &self.catalogs
    }

    /// What clients asked for in vain.
    pub(crate) fn unanswered(&self) -> &Unanswered {
        &self.unanswered
    }

    /// The number of a transaction that begins now.
    pub(crate) fn next_transaction_id(&self) -> u64 {
        self.transactions.fetch_add(1, Ordering::Relaxed)
    }
}

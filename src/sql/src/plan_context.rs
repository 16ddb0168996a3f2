//! What planning and running a statement may know of the session: an immutable view, made for each statement.

use std::sync::{Arc, OnceLock};

use domain::access::{Role, Visible};
use domain::audit::Actor;
use domain::catalog::Catalog;
use pgcat::database::DatabaseCatalog;
use pgcat::host::{AdvisoryLocks, Cursor, PreparedStatement};

use crate::canceller::Canceller;
use crate::engine::Engine;
use crate::listed::Listed;
use crate::notices::Notices;
use crate::settings::SessionSettings;

/// The session as one statement sees it. Within an explicit transaction every statement sees the same catalog.
#[derive(Clone)]
pub(crate) struct PlanContext {
    pub engine: Arc<Engine>,
    /// The databases and their metadata, pinned.
    pub catalog: Arc<Catalog>,
    /// Which data sources the role sees.
    pub visible: Visible,
    /// The database of the connection: `metagate`, or the name of a data source.
    pub database: Arc<str>,
    pub role: Arc<Role>,
    /// The settings of the session. `set_config` changes them while the statement runs.
    pub settings: SessionSettings,
    /// Where the statement leaves its notices.
    pub notices: Notices,
    /// Says when the statement is to stop.
    pub canceller: Canceller,
    /// The prepared statements and cursors of the session, for those who list them.
    pub prepared: Listed<PreparedStatement>,
    pub cursors: Listed<Cursor>,
    /// The advisory locks that the session holds.
    pub advisory_locks: AdvisoryLocks,
    pub pid: i32,
    pub client_addr: Arc<str>,
    /// When the statement began, in microseconds since 1970 UTC.
    pub statement_started_at: i64,
    /// When its transaction began, which is what `now()` says.
    pub transaction_started_at: i64,
    /// Counts the transactions of the gateway's life, for `txid_current()`.
    pub transaction_id: u64,
    /// PostgreSQL's catalog of the database, once something asked for it.
    pub pg_catalog: OnceLock<Arc<DatabaseCatalog>>,
}

impl PlanContext {
    pub fn services(&self) -> &Arc<domain::Services> {
        self.engine.services()
    }

    /// Who acts, for the audit journal and for privileges.
    pub fn actor(&self) -> Actor {
        Actor {
            role: self.role.name.clone(),
            superuser: self.role.superuser,
            session_pid: self.pid,
            client_addr: self.client_addr.to_string(),
            database: self.database.to_string(),
        }
    }

    /// PostgreSQL's catalog of the database, the same one for the whole statement.
    pub fn pg_catalog(&self) -> &Arc<DatabaseCatalog> {
        self.pg_catalog.get_or_init(|| self.engine.catalogs().get(self))
    }

    /// The same session in another database.
    pub fn in_database(&self, database: &str) -> Self {
        Self { database: database.into(), pg_catalog: OnceLock::new(), ..self.clone() }
    }

    /// The same session with other metadata.
    pub fn with_catalog(&self, catalog: Arc<Catalog>) -> Self {
        Self { catalog, pg_catalog: OnceLock::new(), ..self.clone() }
    }

    /// The schemas of `search_path`, with `"$user"` replaced. Which of them exist in the database is for name resolution to say.
    pub fn search_path(&self) -> Vec<String> {
        self.settings.current().search_path(&self.role.name)
    }

    /// Where names without a schema are looked for: in those of `search_path`, then in the default schema of the connection's data
    /// source. A tool that asks which tables it can name so has to be told of that one too.
    pub fn searched_schemas(&self) -> Vec<String> {
        let mut path = self.search_path();
        let database = self.catalog.database(&self.database).filter(|database| self.visible.sees(database.source.oid));
        path.extend(database.map(|database| database.default_schema.clone()).filter(|schema| !path.contains(schema)));
        path
    }
}

//! Who the session is and which database it is in, kept true while roles, grants and data sources change.

use std::sync::Arc;

use domain::access::{self, Role, Visible};
use domain::catalog::Catalog;
use spi::{Code, Error, Result};

use crate::engine::Engine;
use crate::own_database;

/// The name under which tools look for a database to begin with. It means the gateway's own.
const MAINTENANCE_DATABASE: &str = "postgres";

/// Role and database, as of one revision of the store and one catalog.
pub(super) struct Identity {
    pub(super) role: Arc<Role>,
    pub(super) visible: Visible,
    /// The name of the database now: a data source may be renamed under its sessions.
    pub(super) database: Arc<str>,
    /// The OID of the data source; `None` in the gateway's own database.
    source: Option<u32>,
    revision: u64,
    catalog: Arc<Catalog>,
}

impl Identity {
    /// A data source that the role may not see does not exist for it.
    pub(super) fn new(engine: &Engine, role: Role, database: Option<String>) -> Result<Self> {
        let replica = engine.services().store.replica();
        let catalog = engine.services().catalogs.current();
        let visible = access::visible(&replica, &role);
        let name = database.unwrap_or_else(|| role.name.clone());
        let (database, source) = match name.as_str() {
            own_database::NAME | MAINTENANCE_DATABASE => (own_database::NAME.into(), None),
            _ => match catalog.database(&name).filter(|database| visible.sees(database.source.oid)) {
                Some(database) => (database.source.name.as_str().into(), Some(database.source.oid)),
                None => return Err(Error::new(Code::UndefinedDatabase, format!("database \"{name}\" does not exist"))),
            },
        };
        Ok(Self { role: Arc::new(role), visible, database, source, revision: replica.revision(), catalog })
    }

    /// Looks again, if anything changed since it last looked.
    pub(super) fn refresh(&mut self, engine: &Engine, catalog: &Arc<Catalog>) -> Result<()> {
        let replica = engine.services().store.replica();
        if replica.revision() != self.revision {
            let role = access::role(&replica, &self.role.name).filter(|role| role.oid == self.role.oid);
            let role = role.ok_or_else(|| Error::new(Code::Authorization, format!("role \"{}\" does not exist", self.role.name)))?;
            self.visible = access::visible(&replica, &role);
            self.role = Arc::new(role);
            self.revision = replica.revision();
        }
        if !Arc::ptr_eq(catalog, &self.catalog) {
            self.catalog = Arc::clone(catalog);
            let same = |name: &str| catalog.database(name).is_some_and(|database| Some(database.source.oid) == self.source);
            if self.source.is_some() && !same(&self.database) {
                let renamed = catalog.databases.iter().find(|database| Some(database.source.oid) == self.source);
                if let Some(database) = renamed {
                    self.database = database.source.name.as_str().into();
                }
            }
        }
        Ok(())
    }
}

//! How far a relation reaches: over everything that the role may see, or over one data source.

use std::sync::Arc;

use domain::catalog::Database;
use domain::data_sources::{self, DataSource};
use store::Replica;

use crate::own_database;
use crate::plan_context::PlanContext;

/// What a relation shows to one statement.
#[derive(Clone)]
pub(crate) struct Extent {
    pub(super) ctx: Arc<PlanContext>,
    /// The data source in whose database the relation stands; `None` is `metagate`, which covers all.
    database: Option<Arc<Database>>,
}

impl Extent {
    pub(super) fn new(ctx: &Arc<PlanContext>) -> Self {
        let database = ctx.catalog.database(&ctx.database).filter(|database| ctx.visible.sees(database.source.oid));
        Self { ctx: Arc::clone(ctx), database: database.cloned() }
    }

    /// The databases that it covers, by name. In `metagate` the gateway's own is one of them.
    pub(super) fn databases(&self) -> Vec<Arc<Database>> {
        if let Some(database) = &self.database {
            return vec![Arc::clone(database)];
        }
        let own = own_database::get();
        let visible = self.ctx.catalog.databases.iter().filter(|database| self.ctx.visible.sees(database.source.oid));
        let mut databases: Vec<_> = visible.cloned().collect();
        let place = databases.partition_point(|database| database.source.name < own.source.name);
        databases.insert(place, Arc::clone(own));
        databases
    }

    /// The registered data sources that it covers, by OID, dropped ones and those without metadata too.
    pub(super) fn data_sources(&self, replica: &Replica) -> Vec<DataSource> {
        let mut sources = data_sources::list(replica);
        sources.retain(|source| match &self.database {
            Some(database) => database.source.oid == source.oid,
            None => self.ctx.visible.sees(source.oid),
        });
        sources
    }

    /// The state of the store.
    pub(super) fn replica(&self) -> Arc<Replica> {
        self.ctx.services().store.replica()
    }
}

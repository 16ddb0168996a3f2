//! PostgreSQL's catalogs of the databases that are asked for.
//!
//! What a catalog shows depends on the database, on what the role may see, and on one state of the store and of the metadata. One that
//! follows an earlier one takes over what that has found out about schemas that did not change.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::access::{self, Role, Visible};
use domain::catalog::Database as Source;
use pgcat::catalog::{Catalog, oid};
use pgcat::database::{Database, DatabaseCatalog, DatabaseRow, DatabaseSchema, Numbering, RoleRow, Server};
use pgcat::types::TypeKind;
use pgcat::value::Value;
use spi::types::PgType;

use super::POSTGRES_EPOCH;
use super::planned::Planned;
use super::plans::{self, Plans};
use crate::own_database;
use crate::plan_context::PlanContext;
use crate::resolve::RelationColumn;

/// How many are kept: roles that see different sources have different ones.
const KEPT_MAX: usize = 256;

/// How many of one database for one view of it: the newest, and one that a transaction holds on to.
const GENERATIONS_MAX: usize = 2;

/// Schemas that every database has, whose relations are those of PostgreSQL.
const POSTGRESQL_SCHEMAS: [&str; 2] = ["information_schema", "pg_catalog"];

/// The catalogs that were made last, the latest first.
#[derive(Default)]
pub(crate) struct Catalogs {
    kept: Mutex<VecDeque<Kept>>,
    generations: AtomicU64,
    plans: Plans,
}

struct Kept {
    database: Arc<str>,
    visible: Visible,
    /// The state of the store that it was last known to be true of.
    revision: u64,
    server: Arc<Server>,
    sources: Arc<domain::catalog::Catalog>,
    made: Arc<DatabaseCatalog>,
}

impl Kept {
    fn shows_the_same(&self, context: &PlanContext) -> bool {
        self.database == context.database && self.visible == context.visible
    }

    fn is_made(&self, catalog: &Arc<Catalog>) -> bool {
        Arc::ptr_eq(&self.made.catalog, catalog)
    }

    fn is_of(&self, context: &PlanContext) -> bool {
        self.shows_the_same(context) && self.has_the_sources_of(&context.catalog)
    }

    /// Every change of the store makes another catalog, of the same databases if it is about something else.
    fn has_the_sources_of(&self, catalog: &Arc<domain::catalog::Catalog>) -> bool {
        Arc::ptr_eq(&self.sources, catalog) || self.sources.databases.iter().map(Arc::as_ptr).eq(catalog.databases.iter().map(Arc::as_ptr))
    }
}

impl Catalogs {
    /// The catalog of the session's database, as the statement sees it. [`PlanContext::pg_catalog`] asks once for each statement.
    pub(crate) fn get(&self, context: &PlanContext) -> Arc<DatabaseCatalog> {
        let revision = context.services().store.replica().revision();
        if let Some(kept) = self.lock().iter().find(|kept| kept.revision == revision && kept.is_of(context)) {
            return Arc::clone(&kept.made);
        }
        // Most changes of the store are about something else than roles.
        let server = Arc::new(server(context));
        let earlier = {
            let mut kept = self.lock();
            if let Some(kept) = kept.iter_mut().find(|kept| kept.is_of(context) && kept.server == server) {
                (kept.revision, kept.sources) = (revision, Arc::clone(&context.catalog));
                return Arc::clone(&kept.made);
            }
            // What is known of a schema is the same for whoever sees it.
            kept.iter().find(|kept| kept.database == context.database).map(|kept| Arc::clone(&kept.made))
        };
        let made = Arc::new(self.make(context, &server, earlier.as_deref()));
        let (database, visible, sources) = (Arc::clone(&context.database), context.visible.clone(), Arc::clone(&context.catalog));
        let mut kept = self.lock();
        // A transaction may go on with an older one while other sessions have the newest.
        let mut others = 0;
        kept.retain(|kept| {
            others += usize::from(kept.shows_the_same(context));
            !kept.shows_the_same(context) || (others < GENERATIONS_MAX && !kept.is_of(context))
        });
        kept.push_front(Kept { database, visible, revision, server, sources, made: Arc::clone(&made) });
        kept.truncate(KEPT_MAX);
        let gone = self.plans.remove_unless(|catalog| kept.iter().any(|kept| kept.is_made(catalog)));
        drop(kept);
        // What takes long is not done while others wait.
        drop(gone);
        made
    }

    /// The plans that are kept for all sessions.
    pub(super) fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Keeps a plan for all sessions, as long as its catalog is kept.
    pub(super) fn keep_plan(&self, new: plans::Kept, catalog: &Arc<Catalog>) -> Option<Arc<Planned>> {
        let kept = self.lock();
        kept.iter().any(|kept| kept.is_made(catalog)).then(|| self.plans.keep(new))
    }

    fn make(&self, context: &PlanContext, server: &Arc<Server>, earlier: Option<&DatabaseCatalog>) -> DatabaseCatalog {
        let source = context.catalog.database(&context.database).filter(|database| context.visible.sees(database.source.oid));
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        let own = own_database::get();
        let database = match source {
            Some(source) => {
                let schemas = schemas(source, str::to_owned);
                Database { oid: source.source.oid, generation, schemas, numbering: Numbering::OneSource }
            }
            None => {
                let mut all = schemas(own, str::to_owned);
                for source in context.catalog.databases.iter().filter(|database| context.visible.sees(database.source.oid)) {
                    all.extend(schemas(source, |schema| format!("{}.{schema}", source.source.name)));
                }
                Database { oid: own.source.oid, generation, schemas: all, numbering: Numbering::ManySources }
            }
        };
        DatabaseCatalog::new(server, &database, earlier)
    }

    /// Every change is one call, so a panic elsewhere cannot leave the list half changed.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the columns of a source's table the OID that the table has in the session's database, and the types that they have there.
/// A table of another database is one of none.
pub(crate) fn number(made: &DatabaseCatalog, source: u32, columns: &mut [RelationColumn]) {
    let mut table = None;
    for column in columns {
        // All columns are of one table.
        let (_, found) = *table.get_or_insert_with(|| (column.table_oid, made.object_oid(source, column.table_oid)));
        let Some(table_oid) = found else {
            (column.table_oid, column.attribute_number) = (0, 0);
            continue;
        };
        column.table_oid = table_oid;
        let key = [Value::oid(table_oid), Value::Int(i64::from(column.attribute_number))];
        if let Some(attribute) = made.catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &key)
            && let (Some(type_oid), Some(typmod)) = (attribute.oid("atttypid"), attribute.int("atttypmod"))
        {
            let (base, typmod) = made.catalog.base_type(type_oid, typmod as i32);
            // The values of an enumeration are its labels, as text; those of other types are what the source's connector gives.
            let is_enum = made.catalog.type_info(base).is_some_and(|info| info.kind == TypeKind::Enum);
            if is_enum || base == column.pg_type.oid {
                column.pg_type = PgType { oid: base, typmod };
            }
        }
    }
}

fn schemas(source: &Source, name: impl Fn(&str) -> String) -> Vec<DatabaseSchema> {
    let shown = source.snapshot.schemas.iter().filter(|schema| !POSTGRESQL_SCHEMAS.contains(&schema.name.as_str()));
    let schema = |metadata: &Arc<spi::metadata::SchemaMetadata>| DatabaseSchema {
        source: source.source.oid,
        name: name(&metadata.name),
        metadata: Arc::clone(metadata),
    };
    shown.map(schema).collect()
}

/// What all databases share: those that the role sees, and all roles.
fn server(context: &PlanContext) -> Server {
    let seen = context.catalog.databases.iter().filter(|database| context.visible.sees(database.source.oid));
    let database = |database: &Arc<Source>| DatabaseRow {
        oid: database.source.oid,
        name: database.source.name.clone(),
        owner: None,
        comment: database.source.comment.clone(),
        allow_connections: true,
    };
    let databases = std::iter::once(own_database::get()).chain(seen).map(database).collect();
    let role = |role: Role| RoleRow {
        oid: role.oid,
        name: role.name,
        superuser: role.superuser,
        create_role: role.superuser,
        create_database: role.superuser,
        can_login: role.login,
        connection_limit: None,
        valid_until: role.valid_until.map(|until| until - POSTGRES_EPOCH),
        comment: None,
    };
    let roles = access::roles(&context.services().store.replica()).into_iter().map(role).collect();
    Server { databases, roles, memberships: Vec::new(), settings: Vec::new() }
}

//! Makes the catalog of one database: of what every database has, what the server shares, and the metadata that the database shows.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::UInt32Type;
use spi::metadata::SchemaMetadata;

use crate::catalog::{Catalog, oid};
use crate::objects::{self, Context, Ids, Owner, Owners, Schema};
use crate::value::Value;

/// What all databases of a server share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Every database that the role may see. A database `postgres` is only there if it is one of these.
    pub databases: Vec<DatabaseRow>,
    /// The server's own roles. PostgreSQL's predefined ones and `postgres`, OID 10, which owns whatever nobody else owns, are there
    /// without being given, unless one of these has the OID or the name: so the server's superuser is best given the OID 10.
    pub roles: Vec<RoleRow>,
    pub memberships: Vec<MembershipRow>,
    pub settings: Vec<RoleSettingsRow>,
}

/// A row of `pg_database`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseRow {
    pub oid: u32,
    pub name: String,
    /// The OID of a role.
    pub owner: Option<u32>,
    pub comment: Option<String>,
    pub allow_connections: bool,
}

/// A row of `pg_authid`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRow {
    pub oid: u32,
    pub name: String,
    pub superuser: bool,
    pub create_role: bool,
    pub create_database: bool,
    pub can_login: bool,
    pub connection_limit: Option<i32>,
    /// Microseconds since 2000-01-01 UTC.
    pub valid_until: Option<i64>,
    pub comment: Option<String>,
}

/// A row of `pg_auth_members`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembershipRow {
    pub oid: u32,
    pub role: u32,
    pub member: u32,
    pub grantor: Option<u32>,
    pub admin_option: bool,
}

/// A row of `pg_db_role_setting`: settings, as `name=value`, of a role in a database. 0 is every role or database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleSettingsRow {
    pub database: u32,
    pub role: u32,
    pub settings: Vec<String>,
}

/// What a database shows.
#[derive(Clone, Debug)]
pub struct Database {
    /// `pg_database.oid`.
    pub oid: u32,
    /// Differs from that of every earlier catalog of the database.
    pub generation: u64,
    pub schemas: Vec<DatabaseSchema>,
    /// Whose numbers the objects have.
    pub numbering: Numbering,
}

/// A schema of a data source in a database.
#[derive(Clone, Debug)]
pub struct DatabaseSchema {
    /// The persistent OID of the source. Names in a source's metadata mean objects of the same source.
    pub source: u32,
    /// The name of the schema in this database.
    pub name: String,
    pub metadata: Arc<SchemaMetadata>,
}

/// Under which OIDs a database shows objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// All are of one source, and have the OIDs that its snapshot says.
    OneSource,
    /// They are of many sources, whose snapshots number their objects alike. Each source has a range of its own, which follows from
    /// the source's OID; what can move it is said where OIDs are made.
    ManySources,
}

/// The catalog of a database, and what its next generation takes over from it.
#[derive(Clone)]
pub struct DatabaseCatalog {
    pub catalog: Arc<Catalog>,
    pub(crate) context: Arc<Context>,
    owners: Owners,
}

impl DatabaseCatalog {
    /// Makes the catalog. What `previous`, an earlier one of the same database, has found out about schemas that did not change is
    /// taken over. Rows are only made when they are read.
    pub fn new(server: &Arc<Server>, database: &Database, previous: Option<&DatabaseCatalog>) -> Self {
        let ids = ids(database);
        let known: HashMap<(*const SchemaMetadata, &str), &Arc<Schema>> = previous
            .map(|previous| {
                previous.context.schemas.iter().map(|schema| ((Arc::as_ptr(&schema.metadata), &*schema.name), schema)).collect()
            })
            .unwrap_or_default();
        let schema = |shown: &DatabaseSchema| {
            let ids = ids.get(&shown.source).unwrap_or(&Ids::Own);
            match known.get(&(Arc::as_ptr(&shown.metadata), shown.name.as_str())) {
                Some(schema) if schema.source == shown.source && schema.ids == *ids => Arc::clone(schema),
                _ => Arc::new(Schema::new(shown.source, shown.name.as_str().into(), Arc::clone(&shown.metadata), ids.clone())),
            }
        };
        let schemas: Vec<Arc<Schema>> = database.schemas.iter().map(schema).collect();
        let owners = match (database.numbering, schemas.first()) {
            (Numbering::OneSource, Some(schema)) => Owners::One(schema.source),
            _ => Owners::of_many(ids.iter().map(|(source, ids)| (*source, ids))),
        };
        let context = match previous {
            Some(previous) if previous.context.is_of(&schemas) => Arc::clone(&previous.context),
            _ => Arc::new(Context::new(schemas)),
        };
        let (relations, definitions) = objects::relations(server, &context);
        let catalog = Catalog::new(database.oid, database.generation, relations).with_definitions(definitions);
        Self { catalog: Arc::new(catalog), context, owners }
    }
}

impl DatabaseCatalog {
    /// The OID under which the database shows an object of a source, by the one that the source's snapshot gives it; `None` for a
    /// source whose schemas are not in this database.
    pub fn object_oid(&self, source: u32, oid: u32) -> Option<u32> {
        self.context.schemas.iter().find(|schema| schema.source == source).map(|schema| schema.ids.object(oid))
    }

    /// The other way: the source that a schema, relation, routine or type of the database is of, by its OID there; `None` for what is
    /// PostgreSQL's or the server's own. OIDs that the database shows are told apart, not those of objects from others of no object.
    pub fn source_of(&self, oid: u32) -> Option<u32> {
        match self.owners.of(oid) {
            Owner::Source(source) => Some(source),
            Owner::Nobody => None,
            Owner::Unknown => self.source_of_hash(oid),
        }
    }

    /// An object with a hash as its OID is a partition that is no table, or stands in a namespace, or is one.
    fn source_of_hash(&self, hash: u32) -> Option<u32> {
        let parent = self.catalog.find_one(oid::PG_INHERITS, &["inhrelid"], &[Value::oid(hash)]).and_then(|row| row.oid("inhparent"));
        if let Some(parent) = parent.filter(|parent| *parent != hash) {
            return self.source_of(parent);
        }
        let columns = [(oid::PG_CLASS, "relnamespace"), (oid::PG_TYPE, "typnamespace"), (oid::PG_PROC, "pronamespace")];
        let namespace = columns.iter().find_map(|(catalog, column)| self.catalog.by_oid(*catalog, hash)?.oid(column)).unwrap_or(hash);
        self.context.schemas.iter().find(|schema| schema.oid() == namespace).map(|schema| schema.source)
    }
}

/// The numbering of each source that is not numbered as its snapshot says.
fn ids(database: &Database) -> HashMap<u32, Ids> {
    if database.numbering == Numbering::OneSource {
        return HashMap::new();
    }
    let mut last: HashMap<u32, u32> = HashMap::new();
    for schema in &database.schemas {
        let last = last.entry(schema.source).or_default();
        *last = (*last).max(last_oid(&schema.metadata));
    }
    let sources: Vec<(u32, u32)> = last.into_iter().collect();
    sources.iter().map(|(source, _)| *source).zip(objects::side_by_side(&sources)).collect()
}

/// The largest OID of a schema and its objects.
fn last_oid(schema: &SchemaMetadata) -> u32 {
    let last =
        objects::NUMBERED.map(|relation| schema.relation(relation).column(0).as_primitive::<UInt32Type>().values().iter().copied().max());
    last.into_iter().flatten().max().unwrap_or_default().max(schema.oid)
}

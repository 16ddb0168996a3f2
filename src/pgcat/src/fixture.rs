//! Databases for tests: a source like PostgreSQL with one object of every kind, and a table as MariaDB has it; and what
//! the gateway has itself.

mod large;
mod mariadb;
mod own;
mod sales;
pub(crate) mod session;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use spi::metadata::{Harvest, SchemaMetadata};

use crate::catalog::Catalog;
use crate::database::{Database, DatabaseCatalog, DatabaseRow, DatabaseSchema, MembershipRow, Numbering, RoleRow, RoleSettingsRow, Server};
use crate::objects::NUMBERED;

/// The OIDs of the sources, which are also those of their databases.
pub(crate) const SALES: u32 = 16400;
pub(crate) const SHOP: u32 = 16401;
pub(crate) const METAGATE: u32 = 16399;
pub(crate) const LARGE: u32 = 16402;
/// Where the gateway's own objects are numbered from, among the OIDs that PostgreSQL keeps for its own.
const FIRST_OWN: u32 = 14001;

/// The catalog of the database `sales`, like a PostgreSQL with customers and orders.
pub(crate) fn sales() -> Arc<Catalog> {
    one_source(SALES, &numbered(sales::harvest()), None).catalog
}

/// What a harvest of `sales` finds.
pub(crate) fn sales_harvest() -> Harvest {
    sales::harvest()
}

/// What a harvest of `shop` finds.
pub(crate) fn shop_harvest() -> Harvest {
    mariadb::harvest()
}

/// The catalog of the database `shop`, like a MariaDB with one partitioned table.
pub(crate) fn shop() -> Arc<Catalog> {
    one_source(SHOP, &numbered(mariadb::harvest()), None).catalog
}

/// A database of many tables alike.
pub(crate) fn large(tables: usize, columns: usize) -> DatabaseCatalog {
    one_source(LARGE, &numbered(large::harvest(tables, columns)), None)
}

/// The catalog of the gateway's own database, which shows its own schema and those of both sources.
pub(crate) fn metagate() -> Arc<Catalog> {
    many_sources().catalog
}

pub(crate) fn many_sources() -> DatabaseCatalog {
    let of = |source, name: &str, schemas: Vec<Arc<SchemaMetadata>>| {
        let shown = |metadata: Arc<SchemaMetadata>| DatabaseSchema { source, name: format!("{name}.{}", metadata.name), metadata };
        schemas.into_iter().map(shown).collect::<Vec<_>>()
    };
    let own = |metadata: Arc<SchemaMetadata>| DatabaseSchema { source: METAGATE, name: metadata.name.clone(), metadata };
    let mut schemas: Vec<DatabaseSchema> = numbered_from(FIRST_OWN, own::harvest()).into_iter().map(own).collect();
    schemas.extend(of(SALES, "sales", numbered(sales::harvest())));
    schemas.extend(of(SHOP, "shop", numbered(mariadb::harvest())));
    let database = Database { oid: METAGATE, generation: 1, schemas, numbering: Numbering::ManySources };
    DatabaseCatalog::new(&Arc::new(server()), &database, None)
}

/// The database `sales` on a server that is as new as a PostgreSQL can be.
pub(crate) fn sales_of_a_new_server() -> Arc<Catalog> {
    source_of(Server::default(), SALES, &numbered(sales::harvest()), None).catalog
}

pub(crate) fn one_source(oid: u32, schemas: &[Arc<SchemaMetadata>], previous: Option<&DatabaseCatalog>) -> DatabaseCatalog {
    source_of(server(), oid, schemas, previous)
}

fn source_of(server: Server, oid: u32, schemas: &[Arc<SchemaMetadata>], previous: Option<&DatabaseCatalog>) -> DatabaseCatalog {
    let shown =
        |metadata: &Arc<SchemaMetadata>| DatabaseSchema { source: oid, name: metadata.name.clone(), metadata: Arc::clone(metadata) };
    let database = Database { oid, generation: 1, schemas: schemas.iter().map(shown).collect(), numbering: Numbering::OneSource };
    DatabaseCatalog::new(&Arc::new(server), &database, previous)
}

/// What the databases share: the administrator, and two roles of which one is a member of the other.
pub(crate) fn server() -> Server {
    let database = |oid, name: &str, comment: Option<&str>| DatabaseRow {
        oid,
        name: name.to_owned(),
        owner: None,
        comment: comment.map(str::to_owned),
        allow_connections: true,
    };
    let role = |oid, name: &str, superuser| RoleRow { oid, name: name.to_owned(), superuser, can_login: true, ..RoleRow::default() };
    let alice = RoleRow { comment: Some("reads only".to_owned()), valid_until: Some(0), ..role(16411, "alice", false) };
    Server {
        databases: vec![database(METAGATE, "metagate", None), database(SALES, "sales", Some("sales source")), database(SHOP, "shop", None)],
        roles: vec![role(10, "admin", true), RoleRow { can_login: false, ..role(16410, "readers", false) }, alice],
        memberships: vec![MembershipRow { oid: 16412, role: 16410, member: 16411, ..MembershipRow::default() }],
        settings: vec![RoleSettingsRow { database: 0, role: 16411, settings: vec!["work_mem=8MB".to_owned()] }],
    }
}

/// The schemas of a harvest, their objects numbered as those of sources are.
pub(crate) fn numbered(harvest: Harvest) -> Vec<Arc<SchemaMetadata>> {
    numbered_from(16384, harvest)
}

/// The schemas of a harvest, their objects numbered in the order in which they stand.
fn numbered_from(first: u32, harvest: Harvest) -> Vec<Arc<SchemaMetadata>> {
    let mut next = first;
    let number = |mut schema: SchemaMetadata| {
        schema.oid = next;
        next += 1;
        for relation in NUMBERED {
            let batch = &schema.relations[relation as usize];
            let count = batch.num_rows() as u32;
            let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
            columns[0] = Arc::new(UInt32Array::from_iter_values(next..next + count));
            next += count;
            schema.relations[relation as usize] = RecordBatch::try_new(batch.schema(), columns).expect("a batch");
        }
        Arc::new(schema)
    };
    harvest.finish().expect("a harvest").into_iter().map(number).collect()
}

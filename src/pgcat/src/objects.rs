//! The dynamic rows of the catalog: what a data source's metadata says, in the form in which PostgreSQL would say it.
//!
//! Each catalog is the rows that every database has, and behind them one part per schema (`part`). Nothing is made before it is
//! looked at, and what finds rows in a schema's part is kept with the schema for as long as its metadata stays the same.

mod attributes;
mod collations;
mod columns;
mod context;
mod definitions;
mod equality;
mod facts;
mod homes;
mod ids;
mod index_definition;
mod index_keys;
mod index_method;
mod keys;
mod layout;
mod lookup;
mod names;
mod numbers;
mod part;
mod pg_attrdef;
mod pg_attribute;
mod pg_class;
mod pg_constraint;
mod pg_depend;
mod pg_description;
mod pg_enum;
mod pg_index;
mod pg_inherits;
mod pg_namespace;
mod pg_partitioned_table;
mod pg_proc;
mod pg_rewrite;
mod pg_sequence;
mod pg_trigger;
mod pg_type;
mod quotes;
mod roles;
mod routine_definition;
mod schema;
mod shared;
#[cfg(test)]
mod tests;
mod type_name;

use std::sync::Arc;

use crate::catalog::{Definitions, PUBLIC, oid};
use crate::database::Server;
use crate::relation::{Relation, Row};
use crate::statics::{self, StaticRelation};
use crate::value::Value;

use context::At;
pub(crate) use context::Context;
pub(crate) use homes::NUMBERED;
pub(crate) use ids::{Ids, Owner, Owners, side_by_side};
use part::{DynamicRelation, Part, SchemaPart};
use roles::Roles;
pub(crate) use schema::Schema;

/// All base relations of a database, and the texts of its objects.
pub(crate) fn relations(server: &Arc<Server>, context: &Arc<Context>) -> (Vec<Arc<dyn Relation>>, Arc<dyn Definitions>) {
    let shown = Shown { context: Arc::clone(context), roles: Arc::new(Roles::of(server)) };
    (statics::relations().iter().map(|base| relation(base, server, &shown)).collect(), Arc::clone(context) as Arc<dyn Definitions>)
}

/// What the relations of one generation are made of.
#[derive(Clone)]
struct Shown {
    context: Arc<Context>,
    roles: Arc<Roles>,
}

impl Shown {
    fn places(&self) -> impl Iterator<Item = At> {
        (0..self.context.schemas.len()).map(|place| At { context: Arc::clone(&self.context), roles: Arc::clone(&self.roles), place })
    }

    /// A part for each schema, in their order.
    fn of_each(&self, part: fn(At) -> Box<dyn Part>) -> Vec<SchemaPart> {
        self.places().map(|at| (part(at.clone()), Some(at))).collect()
    }
}

fn relation(base: &'static Arc<StaticRelation>, server: &Arc<Server>, database: &Shown) -> Arc<dyn Relation> {
    let database = database.clone();
    let of_schemas = |part: fn(At) -> Box<dyn Part>| {
        let database = database.clone();
        dynamic(base, shown, move || database.of_each(part))
    };
    match base.oid {
        oid::PG_NAMESPACE => dynamic(base, is_public, move || {
            let (context, roles) = (Arc::clone(&database.context), Arc::clone(&database.roles));
            vec![(Box::new(pg_namespace::Namespaces { context, roles }), None)]
        }),
        oid::PG_CLASS => dynamic(base, shown, move || {
            let partitions = database.places().map(|at| (Box::new(pg_class::PartitionClasses(at)) as Box<dyn Part>, None));
            database.of_each(|at| Box::new(pg_class::Classes(at))).into_iter().chain(partitions).collect()
        }),
        oid::PG_ATTRIBUTE => of_schemas(|at| Box::new(pg_attribute::AttributeRows(at))),
        oid::PG_TYPE => of_schemas(|at| Box::new(pg_type::Types(at))),
        oid::PG_ATTRDEF => of_schemas(|at| Box::new(pg_attrdef::Defaults(at))),
        oid::PG_CONSTRAINT => of_schemas(|at| Box::new(pg_constraint::Constraints(at))),
        oid::PG_INDEX => of_schemas(|at| Box::new(pg_index::Indexes(at))),
        oid::PG_ENUM => of_schemas(|at| Box::new(pg_enum::Labels(at))),
        oid::PG_PROC => of_schemas(|at| Box::new(pg_proc::Routines(at))),
        oid::PG_TRIGGER => of_schemas(|at| Box::new(pg_trigger::Triggers(at))),
        oid::PG_SEQUENCE => of_schemas(|at| Box::new(pg_sequence::Sequences(at))),
        oid::PG_REWRITE => of_schemas(|at| Box::new(pg_rewrite::Rules(at))),
        oid::PG_INHERITS => of_schemas(|at| Box::new(pg_inherits::Inheritance(at))),
        oid::PG_PARTITIONED_TABLE => of_schemas(|at| Box::new(pg_partitioned_table::PartitionedTables(at))),
        oid::PG_DEPEND => of_schemas(|at| Box::new(pg_depend::Dependencies(at))),
        oid::PG_DESCRIPTION => dynamic(base, is_about_public, move || {
            let objects = database.of_each(|at| Box::new(pg_description::ObjectComments(at)));
            objects.into_iter().chain(database.of_each(|at| Box::new(pg_description::ColumnComments(at)))).collect()
        }),
        oid::PG_INIT_PRIVS => dynamic(base, is_about_public, Vec::new),
        oid::PG_DATABASE => of_server(base, server, all, |server| Box::new(shared::Databases(server))),
        oid::PG_AUTHID => role_relation(base, server),
        oid::PG_AUTH_MEMBERS => of_server(base, server, shown, |server| Box::new(shared::Memberships(server))),
        oid::PG_DB_ROLE_SETTING => of_server(base, server, shown, |server| Box::new(shared::RoleSettings(server))),
        oid::PG_SHDESCRIPTION => of_server(base, server, all, |server| Box::new(shared::SharedDescriptions::new(&server))),
        _ => Arc::clone(base) as Arc<dyn Relation>,
    }
}

fn dynamic(
    base: &'static Arc<StaticRelation>,
    is_hidden: impl Fn(&StaticRelation, Row) -> bool + Send + Sync + 'static,
    make_parts: impl Fn() -> Vec<SchemaPart> + Send + Sync + 'static,
) -> Arc<dyn Relation> {
    Arc::new(DynamicRelation::new(base, is_hidden, make_parts))
}

/// A relation with what the server shares.
fn of_server(
    base: &'static Arc<StaticRelation>,
    server: &Arc<Server>,
    is_hidden: fn(&StaticRelation, Row) -> bool,
    part: fn(Arc<Server>) -> Box<dyn Part>,
) -> Arc<dyn Relation> {
    let server = Arc::clone(server);
    dynamic(base, is_hidden, move || vec![(part(Arc::clone(&server)), None)])
}

/// The roles that every server has, unless the server says otherwise of one: of its OID or its name.
fn role_relation(base: &'static Arc<StaticRelation>, server: &Arc<Server>) -> Arc<dyn Relation> {
    let (hiding, server) = (Arc::clone(server), Arc::clone(server));
    dynamic(
        base,
        move |base, row| roles::is_replaced(&hiding, base, row),
        move || vec![(Box::new(shared::Roles(Arc::clone(&server))), None)],
    )
}

/// No row of the base is hidden.
fn shown(_base: &StaticRelation, _row: Row) -> bool {
    false
}

/// All rows of the base are those of another server.
fn all(_base: &StaticRelation, _row: Row) -> bool {
    true
}

/// A database has the schema `public` if its source has one, which is then the source's own.
fn is_public(base: &StaticRelation, row: Row) -> bool {
    base.value(row, columns::pg_namespace::OID) == Value::oid(PUBLIC)
}

/// What PostgreSQL says of its own `public`. The first columns of these catalogs are the object and its catalog.
fn is_about_public(base: &StaticRelation, row: Row) -> bool {
    base.value(row, 0) == Value::oid(PUBLIC) && base.value(row, 1) == Value::oid(oid::PG_NAMESPACE)
}

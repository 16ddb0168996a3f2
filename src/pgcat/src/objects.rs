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
mod ids;
mod index_definition;
mod index_keys;
mod index_method;
mod keys;
mod layout;
mod lookup;
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
mod routine_definition;
mod schema;
mod shared;
#[cfg(test)]
mod tests;
mod type_name;

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::{Definitions, PUBLIC, oid};
use crate::database::Server;
use crate::relation::{Relation, Row};
use crate::statics::{self, StaticRelation};
use crate::value::Value;

use context::{At, Context};
pub(crate) use ids::{Ids, side_by_side};
use part::{DynamicRelation, Part, SchemaPart};
pub(crate) use schema::Schema;

/// All base relations of a database, and the texts of its objects.
pub(crate) fn relations(server: &Arc<Server>, schemas: Vec<Arc<Schema>>) -> (Vec<Arc<dyn Relation>>, Arc<dyn Definitions>) {
    let context = Arc::new(Context::new(schemas, roles(server)));
    (statics::relations().iter().map(|base| relation(base, server, &context)).collect(), context)
}

fn relation(base: &'static Arc<StaticRelation>, server: &Arc<Server>, context: &Arc<Context>) -> Arc<dyn Relation> {
    let of_schemas = |part: fn(At) -> Box<dyn Part>| schema_parts(base, context, part);
    match base.oid {
        oid::PG_NAMESPACE => {
            let context = Arc::clone(context);
            dynamic(base, is_public, move || vec![(Box::new(pg_namespace::Namespaces(Arc::clone(&context))), None)])
        }
        oid::PG_CLASS => {
            let context = Arc::clone(context);
            dynamic(base, shown, move || {
                let partitions = places(&context).map(|at| (Box::new(pg_class::PartitionClasses::new(at)) as Box<dyn Part>, None));
                of_each(&context, |at| Box::new(pg_class::Classes(at))).into_iter().chain(partitions).collect()
            })
        }
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
        oid::PG_DEPEND => of_schemas(|at| Box::new(pg_depend::Dependencies::new(at))),
        oid::PG_DESCRIPTION => {
            let context = Arc::clone(context);
            dynamic(base, is_about_public, move || {
                let objects = of_each(&context, |at| Box::new(pg_description::ObjectComments(at)));
                objects.into_iter().chain(of_each(&context, |at| Box::new(pg_description::ColumnComments(at)))).collect()
            })
        }
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

/// A relation with one part for each schema.
fn schema_parts(base: &'static Arc<StaticRelation>, context: &Arc<Context>, part: fn(At) -> Box<dyn Part>) -> Arc<dyn Relation> {
    let context = Arc::clone(context);
    dynamic(base, shown, move || of_each(&context, part))
}

fn of_each(context: &Arc<Context>, part: fn(At) -> Box<dyn Part>) -> Vec<SchemaPart> {
    places(context).zip(&context.schemas).map(|(at, schema)| (part(at), Some(Arc::clone(schema)))).collect()
}

fn places(context: &Arc<Context>) -> impl Iterator<Item = At> {
    (0..context.schemas.len()).map(|place| At { context: Arc::clone(context), place })
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
    dynamic(base, move |base, row| is_replaced(&hiding, base, row), move || vec![(Box::new(shared::Roles(Arc::clone(&server))), None)])
}

fn is_replaced(server: &Server, base: &StaticRelation, row: Row) -> bool {
    let (oid, name) = (base.value(row, columns::pg_authid::OID), base.value(row, columns::pg_authid::ROLNAME));
    server.roles.iter().any(|role| Value::oid(role.oid) == oid || Some(role.name.as_str()) == name.as_str())
}

/// The OIDs of all roles by their names.
fn roles(server: &Server) -> HashMap<String, u32> {
    let own = server.roles.iter().map(|role| (role.name.clone(), role.oid));
    let Some(base) = statics::relation(oid::PG_AUTHID) else { return own.collect() };
    let predefined = (0..base.count()).filter(|row| !is_replaced(server, base, *row)).filter_map(|row| {
        let name = base.value(row, columns::pg_authid::ROLNAME).as_str()?.to_owned();
        Some((name, base.value(row, columns::pg_authid::OID).as_oid()?))
    });
    predefined.chain(own).collect()
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

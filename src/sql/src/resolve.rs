//! Which tables the names of a statement mean.
//!
//! All names of a statement are resolved at once, before it is planned, against one catalog and with the privileges of the
//! role: what a role may not see does not exist. The rules are PostgreSQL's, extended by names of three parts:
//!
//! | name | means |
//! | --- | --- |
//! | `table` | the first table of that name along `search_path`, then in the default schema of the data source |
//! | `schema.table` | a table of the connection's database; in `metagate` also `"source.schema".table` |
//! | `database.schema.table` | a table of any database that the role sees |
//!
//! A name of two parts never means a data source's default schema, even where no schema but a data source of that name
//! exists: what a statement means must not depend on which sources there are. The error says how to write it.

mod keys;
mod names;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::Query;
use domain::access::Visible;
use domain::catalog::{Catalog, Database};
use spi::metadata::SchemaMetadata;
use spi::types::PgType;
use spi::{Code, Error, Result};

use crate::parse::SourceText;
use crate::pg_catalog;
use crate::plan_context::PlanContext;
use crate::source_table::SourceTable;
use crate::tables::{self, Table};

use names::RelationName;
pub(crate) use names::relation_names;

/// The gateway's own database, and the name by which tools ask for a maintenance database.
const OWN_DATABASES: [&str; 2] = ["metagate", "postgres"];

/// The one schema of the gateway's own that every data source's database has too.
const SHARED_SCHEMA: &str = "information_schema";

/// A schema of more tables is not searched for names that are similar to a wrong one: that would take longer than planning.
const HINT_NAMES_MAX: usize = 20_000;

/// What a statement's names may mean.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) catalog: &'a Arc<Catalog>,
    pub(crate) visible: &'a Visible,
    /// The database of the connection.
    pub(crate) database: &'a str,
    pub(crate) search_path: &'a [String],
}

/// The tables of a statement, by the names under which it knows them.
#[derive(Default)]
pub(crate) struct Relations(HashMap<TableReference, Relation>);

struct Relation {
    provider: Arc<dyn TableProvider>,
    columns: Vec<RelationColumn>,
    /// Of a table of a data source: its schema, and its row there.
    metadata: Option<(Arc<SchemaMetadata>, usize)>,
    /// The OID of the data source whose table it is.
    source: Option<u32>,
}

/// A column of a table as clients are told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelationColumn {
    pub(crate) name: String,
    pub(crate) pg_type: PgType,
    pub(crate) table_oid: u32,
    pub(crate) attribute_number: i16,
}

impl Relations {
    /// Adds a relation that the statement knows under a name of one part.
    pub(crate) fn add(&mut self, name: &str, provider: Arc<dyn TableProvider>, columns: Vec<RelationColumn>) {
        self.0.insert(TableReference::bare(name), Relation { provider, columns, metadata: None, source: None });
    }

    /// Gives a table of a data source the OIDs that it and its columns' types have in the session's database.
    fn number(&mut self, name: &TableReference, ctx: &PlanContext) {
        if let Some(relation) = self.0.get_mut(name)
            && let Some(source) = relation.source
        {
            pg_catalog::number(ctx.pg_catalog(), source, &mut relation.columns);
        }
    }

    /// Has the views planned whose queries the gateway runs, each with its query.
    pub(crate) fn plan_views(&mut self, plan: impl Fn(&SourceTable, &str) -> Result<LogicalPlan>) -> Result<()> {
        for relation in self.0.values_mut() {
            if let Some(view) = relation.provider.downcast_ref::<SourceTable>()
                && let Some(query) = view.view_query()
            {
                relation.provider = Arc::new(view.with_rows(plan(view, query)?));
            }
        }
        Ok(())
    }

    pub(crate) fn provider(&self, name: &TableReference) -> Option<&Arc<dyn TableProvider>> {
        self.0.get(name).map(|relation| &relation.provider)
    }

    pub(crate) fn column(&self, name: &TableReference, column: usize) -> Option<&RelationColumn> {
        self.0.get(name)?.columns.get(column)
    }

    /// The columns of a table, by the parts of the name under which the statement knows it.
    pub(crate) fn column_names(&self, parts: &[String]) -> Option<Vec<String>> {
        let relation = self.0.get(&reference(parts))?;
        Some(relation.columns.iter().map(|column| column.name.clone()).collect())
    }

    /// The columns of a table's primary key, by the parts of the name under which the statement knows it.
    pub(crate) fn primary_key(&self, parts: &[String]) -> Option<Vec<String>> {
        let (schema, table) = self.0.get(&reference(parts))?.metadata.as_ref()?;
        keys::primary_key(schema, *table)
    }
}

/// Resolves all names of a query.
pub(crate) fn resolve(ctx: &Arc<PlanContext>, query: &Query, source: &SourceText) -> Result<Relations> {
    let search_path = ctx.search_path();
    let scope = Scope { catalog: &ctx.catalog, visible: &ctx.visible, database: &ctx.database, search_path: &search_path };
    let mut relations = Relations::default();
    for name in relation_names(query) {
        match pg_catalog::find(ctx, &name.parts)? {
            Some((provider, columns)) => {
                relations.0.insert(reference(&name.parts), Relation { provider, columns, metadata: None, source: None });
            }
            None => {
                resolve_name(scope, &name, source, |table, database| own_provider(table, ctx, database), &mut relations)?;
                relations.number(&reference(&name.parts), ctx);
            }
        }
    }
    Ok(relations)
}

/// Resolves all names of a query that reads tables of data sources only.
#[cfg(test)]
pub(crate) fn resolve_in(scope: Scope<'_>, query: &Query, source: &SourceText) -> Result<Relations> {
    let mut relations = Relations::default();
    for name in relation_names(query) {
        resolve_name(scope, &name, source, |_, _| unreachable!("no relation of the gateway's own is named"), &mut relations)?;
    }
    Ok(relations)
}

/// Adds the relation of a name; `own` gives the gateway's own relations.
fn resolve_name(
    scope: Scope<'_>,
    name: &RelationName,
    source: &SourceText,
    own: impl Fn(&'static dyn Table, &str) -> Arc<dyn TableProvider>,
    relations: &mut Relations,
) -> Result<()> {
    let at = |error: Error| error.position(source.character(name.location));
    let relation = match find(scope, &name.parts).map_err(at)? {
        Found::Source(found) => source_relation(found),
        Found::Own { table, database } => own_relation(table, own(table, database)),
    };
    relations.0.insert(reference(&name.parts), relation);
    Ok(())
}

/// The schemas in which a bare name is looked up, as far as the database has them.
pub(crate) fn effective_path(ctx: &PlanContext) -> Vec<String> {
    let search_path = ctx.search_path();
    let scope = Scope { catalog: &ctx.catalog, visible: &ctx.visible, database: &ctx.database, search_path: &search_path };
    let place = scope.current();
    let mut path: Vec<String> = scope.path(place).filter(|schema| scope.has_schema(place, schema)).map(str::to_owned).collect();
    let mut seen = HashSet::new();
    path.retain(|schema| seen.insert(schema.clone()));
    path
}

/// What a name means.
pub(crate) enum Found<'a> {
    Source(SourceRelation<'a>),
    /// A table of the gateway's own, as the database has it.
    Own {
        table: &'static dyn Table,
        database: &'a str,
    },
}

/// A table of a data source.
pub(crate) struct SourceRelation<'a> {
    pub(crate) database: &'a Arc<Database>,
    pub(crate) schema: &'a Arc<SchemaMetadata>,
    /// The table's row in the schema.
    pub(crate) table: usize,
}

/// The table that a name of one to three parts means.
pub(crate) fn find<'a>(scope: Scope<'a>, parts: &[String]) -> Result<Found<'a>> {
    match parts {
        [table] => find_on_path(scope, table),
        [schema, table] => find_in_database(scope, scope.current(), schema, table).ok_or_else(|| {
            let error = missing(&[schema, table]);
            match scope.database(schema) {
                Some(other) => {
                    error.hint(format!("To read data source \"{schema}\", name the schema too: {schema}.{}.{table}.", other.default_schema))
                }
                None => hint(error, similar_in_schema(scope, scope.current(), schema, table)),
            }
        }),
        [database, schema, table] => {
            let place = if scope.is_current(database) {
                scope.current()
            } else if OWN_DATABASES.contains(&database.as_str()) {
                Place::Own
            } else {
                Place::Source(scope.database(database).ok_or_else(|| missing_database(scope, database))?)
            };
            find_in_database(scope, place, schema, table)
                .ok_or_else(|| hint(missing(&[database, schema, table]), similar_in_schema(scope, place, schema, table)))
        }
        _ => Err(Error::new(Code::Syntax, format!("improper relation name (too many dotted names): {}", parts.join(".")))),
    }
}

/// A database that a name is looked up in.
#[derive(Clone, Copy)]
enum Place<'a> {
    Own,
    Source(&'a Arc<Database>),
}

impl<'a> Scope<'a> {
    /// The connection's database. A source that is gone since the connection began has no tables.
    fn current(self) -> Place<'a> {
        match self.database(self.database) {
            Some(database) if !OWN_DATABASES.contains(&self.database) => Place::Source(database),
            _ => Place::Own,
        }
    }

    /// The search path, followed by the default schema.
    fn path(self, place: Place<'a>) -> impl Iterator<Item = &'a str> + Clone {
        let default = match place {
            Place::Source(database) => Some(&database.default_schema),
            Place::Own => None,
        };
        self.search_path.iter().chain(default).map(String::as_str)
    }

    fn has_schema(self, place: Place<'a>, schema: &str) -> bool {
        match place {
            Place::Own => tables::all().any(|table| table.schema() == schema) || split_schema(self, schema).is_some(),
            Place::Source(database) => schema == SHARED_SCHEMA || database.snapshot.schema(schema).is_some(),
        }
    }

    fn is_current(self, database: &str) -> bool {
        database == self.database
    }

    /// The gateway's own database, by the name of the connection if that is one of it.
    fn own_name(self) -> &'a str {
        if OWN_DATABASES.contains(&self.database) { self.database } else { OWN_DATABASES[0] }
    }

    /// A data source that the role sees.
    fn database(self, name: &str) -> Option<&'a Arc<Database>> {
        self.catalog.database(name).filter(|database| self.visible.sees(database.source.oid))
    }
}

fn find_on_path<'a>(scope: Scope<'a>, table: &str) -> Result<Found<'a>> {
    let place = scope.current();
    // PostgreSQL searches its own catalog first, whether the path names it or not.
    let catalog = std::iter::once("pg_catalog");
    for schema in catalog.chain(scope.path(place)) {
        if let Some(found) = find_in_database(scope, place, schema, table) {
            return Ok(found);
        }
    }
    Err(hint(missing(&[table]), scope.path(place).find_map(|schema| similar_in_schema(scope, place, schema, table))))
}

fn find_in_database<'a>(scope: Scope<'a>, place: Place<'a>, schema: &str, table: &str) -> Option<Found<'a>> {
    match place {
        Place::Own => match tables::find(schema, table) {
            Some(table) => Some(Found::Own { table, database: scope.own_name() }),
            None => split_schema(scope, schema).and_then(|(database, schema)| find_in_source(database, schema, table)).map(Found::Source),
        },
        Place::Source(database) => {
            let own = tables::find(schema, table).filter(|table| table.in_every_database());
            match own {
                Some(table) => Some(Found::Own { table, database: &database.source.name }),
                None => find_in_source(database, schema, table).map(Found::Source),
            }
        }
    }
}

/// `"source.schema"`, which is how `metagate` calls the schema of a source. Both names may hold dots themselves.
fn split_schema<'a, 'b>(scope: Scope<'a>, schema: &'b str) -> Option<(&'a Arc<Database>, &'b str)> {
    schema.match_indices('.').find_map(|(dot, _)| {
        let (database, inner) = (scope.database(&schema[..dot])?, &schema[dot + 1..]);
        database.snapshot.schema(inner).is_some().then_some((database, inner))
    })
}

fn find_in_source<'a>(database: &'a Arc<Database>, schema: &str, table: &str) -> Option<SourceRelation<'a>> {
    let schema = database.snapshot.schema(schema)?;
    Some(SourceRelation { database, schema, table: schema.table(table)? })
}

fn missing(parts: &[&str]) -> Error {
    Error::new(Code::UndefinedTable, format!("relation \"{}\" does not exist", parts.join(".")))
}

fn missing_database(scope: Scope<'_>, name: &str) -> Error {
    let visible = scope.catalog.databases.iter().filter(|database| scope.visible.sees(database.source.oid));
    let known: Vec<&str> = visible.map(|database| database.source.name.as_str()).chain([OWN_DATABASES[0]]).collect();
    let similar = spi::options::did_you_mean(name, &known).map(|similar| format!("\"{similar}\""));
    hint(Error::new(Code::UndefinedDatabase, format!("database \"{name}\" does not exist")), similar)
}

fn hint(error: Error, similar: Option<String>) -> Error {
    match similar {
        Some(similar) => error.hint(format!("Perhaps you meant {similar}.")),
        None => error,
    }
}

/// A table of the schema whose name is close to a wrong one, as a statement would write it.
fn similar_in_schema<'a>(scope: Scope<'a>, place: Place<'a>, schema: &str, table: &str) -> Option<String> {
    let own = tables::all().filter(|table| table.schema() == schema).map(|table| table.name());
    let source = match place {
        Place::Source(database) => Some((database, schema)),
        Place::Own => split_schema(scope, schema),
    };
    let metadata = source.and_then(|(database, schema)| database.snapshot.schema(schema));
    let names = metadata.filter(|metadata| metadata.table_count() <= HINT_NAMES_MAX).map(|metadata| metadata.table_names());
    let known: Vec<&str> = names.into_iter().flat_map(|names| names.iter().flatten()).chain(own).collect();
    spi::options::did_you_mean(table, &known).map(|similar| format!("\"{schema}\".\"{similar}\""))
}

/// The name under which the planner asks for the table.
fn reference(parts: &[String]) -> TableReference {
    match parts {
        [table] => TableReference::bare(table.as_str()),
        [schema, table] => TableReference::partial(schema.as_str(), table.as_str()),
        // Longer names were refused when they were looked up.
        [database, schema, table, ..] => TableReference::full(database.as_str(), schema.as_str(), table.as_str()),
        [] => TableReference::bare(""),
    }
}

fn source_relation(found: SourceRelation<'_>) -> Relation {
    let SourceRelation { database, schema, table } = found;
    let table_oid = schema.table_oid(table);
    let ordinals = schema.integers(spi::metadata::Relation::Columns, "ordinal");
    let column = |column: usize| RelationColumn {
        name: schema.column_name(column).to_owned(),
        pg_type: schema.column_type(column).pg,
        table_oid,
        // More columns than PostgreSQL can number are not numbered.
        attribute_number: i16::try_from(ordinals.value(column)).unwrap_or(0),
    };
    let columns = schema.columns_of(table).map(column).collect();
    let provider = Arc::new(SourceTable::new(Arc::clone(database), Arc::clone(schema), table));
    Relation { provider, columns, metadata: Some((Arc::clone(schema), table)), source: Some(database.source.oid) }
}

fn own_relation(table: &'static dyn Table, provider: Arc<dyn TableProvider>) -> Relation {
    let column = |(number, column): (i16, &crate::row::Column)| RelationColumn {
        name: column.name.clone(),
        pg_type: column.pg_type,
        table_oid: table.oid(),
        attribute_number: number,
    };
    Relation { provider, columns: (1..).zip(table.columns()).map(column).collect(), metadata: None, source: None }
}

/// A relation of the gateway's own, as it is in a database: in another than the connection's, it is what a connection there sees.
fn own_provider(table: &'static dyn Table, ctx: &Arc<PlanContext>, database: &str) -> Arc<dyn TableProvider> {
    match database == ctx.database.as_ref() {
        true => table.provider(ctx),
        false => table.provider(&Arc::new(ctx.in_database(database))),
    }
}

#[cfg(test)]
mod tests;

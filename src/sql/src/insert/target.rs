//! The table that an INSERT names, and the columns of it that are to be filled.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{Field, FieldRef};
use datafusion::sql::sqlparser::ast::{Ident, Insert, ObjectName, TableObject};
use spi::metadata::{Generated, Relation, SchemaMetadata};
use spi::types::PgType;
use spi::{Code, Error, Result};

use crate::parse::{SourceText, fold};
use crate::plan_context::PlanContext;
use crate::resolve::{self, Found, Scope};

/// Where rows are to be added.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The data source's name.
    pub(crate) source: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    /// The columns that are to be filled, in the order of the values.
    pub(crate) columns: Vec<TargetColumn>,
    /// Whether the statement lists them; if not, it may leave out the last ones.
    pub(crate) listed: bool,
    /// The statement, for the audit journal.
    pub(crate) statement: String,
}

#[derive(Clone, Debug)]
pub(crate) struct TargetColumn {
    /// With the name in the table, and the type in which its values are held.
    pub(crate) field: FieldRef,
    pub(crate) pg_type: PgType,
}

impl Target {
    /// Finds the table by the session's search path, as a query would, and its columns.
    pub(crate) fn resolve(ctx: &PlanContext, insert: &Insert, source: &SourceText) -> Result<Self> {
        let TableObject::TableName(name) = &insert.table else { return Err(Error::internal("INSERT names no table")) };
        let idents: Vec<&Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        let parts: Vec<String> = idents.iter().map(|ident| fold(ident)).collect();
        let search_path = ctx.search_path();
        let scope = Scope { catalog: &ctx.catalog, visible: &ctx.visible, database: &ctx.database, search_path: &search_path };
        let at = |error: Error| match idents.first() {
            Some(first) => error.position(source.character(first.span.start)),
            None => error,
        };
        let found = match resolve::find(scope, &parts).map_err(at)? {
            Found::Source(found) => found,
            Found::Own { table, .. } => return Err(at(own_table(table.schema(), table.name()))),
        };
        let table = found.schema.table_names().value(found.table);
        Ok(Self {
            source: found.database.source.name.clone(),
            schema: found.schema.name.clone(),
            table: table.to_owned(),
            columns: columns(found.schema, found.table, &insert.columns, source)?,
            listed: !insert.columns.is_empty(),
            statement: insert.to_string(),
        })
    }

    /// As errors and plans name it.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}.{}", self.source, self.schema, self.table)
    }

    /// Leaves the columns for which there are values.
    pub(crate) fn take(&mut self, values: usize) -> Result<()> {
        match values.cmp(&self.columns.len()) {
            std::cmp::Ordering::Greater => Err(Error::new(Code::Syntax, "INSERT has more expressions than target columns")),
            std::cmp::Ordering::Less if self.listed => Err(Error::new(Code::Syntax, "INSERT has more target columns than expressions")),
            _ => {
                self.columns.truncate(values);
                Ok(())
            }
        }
    }
}

fn own_table(schema: &str, table: &str) -> Error {
    Error::new(Code::Unsupported, format!("cannot insert into \"{schema}.{table}\""))
        .detail("It is the gateway's own.")
        .hint("Procedures change what the gateway knows; INSERT adds rows to tables of data sources.")
}

/// The listed columns, or all that are not computed.
fn columns(schema: &SchemaMetadata, table: usize, listed: &[ObjectName], source: &SourceText) -> Result<Vec<TargetColumn>> {
    let target = |column: usize| {
        let column_type = schema.column_type(column);
        let field = Arc::new(Field::new(schema.column_name(column), column_type.arrow.clone(), true));
        TargetColumn { field, pg_type: column_type.pg }
    };
    if listed.is_empty() {
        return Ok(schema.columns_of(table).filter(|column| !is_computed(schema, *column)).map(target).collect());
    }
    let mut taken = HashSet::new();
    let listed = listed.iter().map(|name| {
        let [part] = name.0.as_slice() else {
            return Err(Error::new(Code::Unsupported, "INSERT into a part of a column is not supported"));
        };
        let ident = part.as_ident().ok_or_else(|| Error::internal("a column of INSERT has no name"))?;
        let (name, at) = (fold(ident), |error: Error| error.position(source.character(ident.span.start)));
        let column = schema.columns_of(table).find(|column| schema.column_name(*column) == name).ok_or_else(|| {
            let relation = schema.table_names().value(table);
            at(Error::new(Code::UndefinedColumn, format!("column \"{name}\" of relation \"{relation}\" does not exist")))
        })?;
        match taken.insert(column) {
            true => Ok(target(column)),
            false => Err(at(Error::new(Code::DuplicateColumn, format!("column \"{name}\" specified more than once")))),
        }
    });
    listed.collect()
}

/// Whether the source computes the column's values of other columns.
fn is_computed(schema: &SchemaMetadata, column: usize) -> bool {
    let generated = schema.words(Relation::Columns, "generated");
    let words = generated.values().as_string::<i32>();
    generated
        .key(column)
        .is_some_and(|key| [Generated::Stored, Generated::Virtual].iter().any(|computed| computed.name() == words.value(key)))
}

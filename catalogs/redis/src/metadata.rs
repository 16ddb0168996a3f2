//! What the source is, as rows of metadata: logical databases are schemas, and keys that look alike are tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spi::connector::Scope;
use spi::documents::{Column, DOCUMENT, ERROR, FieldType, TableDefinition, TableDefinitions};
use spi::metadata::{ColumnRow, Harvest, SchemaRow, TableKind, TableOptionRow, TableRow};
use spi::{Code, Result};

use crate::kind::{ID, INDEX, KEY, MEMBER, TIMESTAMP, TTL, TYPE, VALUE};
use crate::layout::{self, Table};
use crate::options::Mode;
use crate::pool::{Pool, Session};
use crate::sample::{self, Bounds, Known};
use crate::{databases, earlier, recipe};

/// The option of a table that says what of its definition is left out, and why.
const DEFINITION_PROBLEM: &str = "definition_problem";

/// The option of a table of which the last sample has shown no key: `false`. It is as it was before.
const CONFIRMED: &str = "confirmed";

/// Pushes the metadata of the scope. `databases` are those that the options name; empty if all are shown.
pub(crate) async fn harvest(pool: &Arc<Pool>, bounds: &Bounds, databases: &[u16], scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let mut session = pool.session("read the metadata".to_owned()).await?;
    let definitions = harvest.definitions();
    let shown = if databases.is_empty() { databases::with_keys(&mut session).await? } else { databases.to_vec() };
    let empty = if databases.is_empty() { defined(&session, &definitions, &shown) } else { BTreeSet::new() };
    for database in shown.iter().copied().chain(empty.iter().copied()) {
        let schema = layout::schema_name(database);
        if !scope.covers_schema(&schema) {
            continue;
        }
        let known = Known {
            tables: earlier::tables(harvest, &schema, &bounds.delimiter)?,
            definitions: definitions.of_schema(&schema).map(|(table, definition)| (table, definition.as_ref())).collect(),
            only: scope.table.as_deref(),
        };
        let found = match Box::pin(sample::tables(&mut session, database, bounds, &known)).await {
            // The server has fewer databases than when somebody defined tables in this one.
            Err(error) if error.code == Code::UndefinedSchema && empty.contains(&database) => continue,
            found => found?,
        };
        harvest.schema(SchemaRow { name: &schema, ..SchemaRow::default() });
        for table in &found {
            push(&schema, table, harvest)?;
        }
    }
    Ok(())
}

/// The databases without keys in which somebody has said which keys are in a table: they have it all the same.
fn defined(session: &Session, definitions: &TableDefinitions, shown: &[u16]) -> BTreeSet<u16> {
    let has_own = |tables: &BTreeMap<_, Arc<TableDefinition>>| tables.values().any(|definition| definition.filter.is_some());
    let numbers = definitions.0.iter().filter(|(_, tables)| has_own(tables)).filter_map(|(schema, _)| layout::database(schema));
    let is_empty = |number: &u16| !shown.contains(number) && session.endpoint().mode != Mode::Cluster;
    numbers.filter(is_empty).collect()
}

fn push(schema: &str, table: &Table, harvest: &mut Harvest) -> Result<()> {
    let name = table.name.as_str();
    harvest.table(TableRow {
        schema,
        name,
        kind: TableKind::Table,
        owner: None,
        comment: table.comment.as_deref(),
        row_estimate: Some(table.rows),
        size_bytes: table.bytes,
    })?;
    for (ordinal, column) in (1..).zip(columns(table)) {
        let is_key = table.kind.primary_key().contains(&column.name.as_str());
        harvest.column(ColumnRow {
            schema,
            table: name,
            name: &column.name,
            ordinal,
            data_type: &column.data_type(),
            pg_type: column.pg_type(),
            native_type: &column.native_type,
            nullable: column.nullable && !is_key,
            default: None,
            generated: None,
            collation: None,
            comment: column.comment.as_deref(),
        })?;
    }
    harvest.inferred(schema, name, &table.inferred)?;
    harvest.recipe(schema, name, recipe::write(table)?)?;
    // The server finds a key by its hash, and what it holds by looking into it.
    harvest.primary_key(schema, name, "hash", &table.key.iter().map(String::as_str).collect::<Vec<_>>())?;
    let pattern = table.members.text();
    let confirmed = (!table.confirmed).then_some((CONFIRMED, "false"));
    // Nobody is there to be told of a problem, and no other table is concerned.
    let problem = table.problem.as_ref().map(|problem| (DEFINITION_PROBLEM, problem.message.as_str()));
    let options = [("key_pattern", pattern.as_str()), ("key_type", table.kind.word())];
    for (option, value) in options.into_iter().chain(confirmed).chain(problem) {
        harvest.table_option(TableOptionRow { schema, table: name, name: option, value })?;
    }
    Ok(())
}

/// The columns of a table in their order: what every row has, the fields, what could not be decoded, and the document.
pub(crate) fn columns(table: &Table) -> Vec<Column> {
    let own = table.kind.columns(&table.value).into_iter().filter(|(name, _)| !(table.json && *name == VALUE));
    let of_value = |name: &str| table.columns.iter().find(|column| !table.has_fields() && column.name == name).cloned();
    let own = own.map(|(name, field_type)| of_value(name).unwrap_or_else(|| own_column(name, field_type)));
    let mut columns: Vec<Column> = own.collect();
    if table.has_fields() {
        columns.extend(table.columns.iter().cloned());
    }
    columns.push(own_column(ERROR, FieldType::TEXT));
    if table.has_fields() {
        columns.push(own_column(DOCUMENT, FieldType::JSONB));
    }
    columns
}

fn own_column(name: &str, field_type: FieldType) -> Column {
    let comment = match name {
        TTL => Some("Seconds until the key expires; NULL if it does not."),
        TIMESTAMP => Some("The time that the entry's id says."),
        INDEX => Some("The place in the list, from 0."),
        ERROR => Some("What of the row could not be decoded; the columns concerned are NULL."),
        DOCUMENT => Some("All fields, also those that are no columns."),
        _ => None,
    };
    let native_type = match &field_type {
        FieldType::Scalar(pg_type) if [TTL, INDEX].contains(&name) => pg_type.format(),
        _ => "string".to_owned(),
    };
    Column {
        name: name.to_owned(),
        path: spi::documents::Path::field(name),
        field_type,
        native_type,
        nullable: ![KEY, TYPE, ID, INDEX, MEMBER].contains(&name),
        comment: comment.map(str::to_owned),
        declared: false,
    }
}

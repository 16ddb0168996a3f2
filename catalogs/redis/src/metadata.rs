//! What the source is, as rows of metadata: logical databases are schemas, and keys that look alike are tables.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spi::Result;
use spi::connector::Scope;
use spi::documents::{Column, DOCUMENT, ERROR, FieldType, InferredColumn};
use spi::metadata::{ColumnRow, ConstraintKind, ConstraintRow, Harvest, IndexRow, SchemaRow, TableKind, TableOptionRow, TableRow};

use crate::databases;
use crate::kind::{ID, INDEX, KEY, MEMBER, TIMESTAMP, TTL, TYPE, VALUE};
use crate::layout::{self, Table};
use crate::pool::{Pool, Session};
use crate::recipe;
use crate::sample::{self, Bounds, Earlier};

/// The tables of each logical database as they were last found: the next sample may miss some of them.
pub(crate) struct Layouts {
    bounds: Bounds,
    /// The databases that the options name; empty if all are shown.
    databases: Vec<u16>,
    /// By database, of which there are few. Never locked across an await.
    found: Mutex<BTreeMap<u16, Arc<Vec<Table>>>>,
}

impl Layouts {
    pub(crate) fn new(bounds: Bounds, databases: Vec<u16>) -> Self {
        Self { bounds, databases, found: Mutex::default() }
    }

    pub(crate) fn delimiter(&self) -> &str {
        &self.bounds.delimiter
    }

    /// `columns` are those that an earlier harvest has found in a table.
    async fn find(
        &self,
        session: &mut Session,
        database: u16,
        columns: &(dyn Fn(&str) -> Result<Vec<InferredColumn>> + Sync),
    ) -> Result<Arc<Vec<Table>>> {
        let before = self.found().get(&database).cloned().unwrap_or_default();
        let earlier = Earlier { tables: &before, columns };
        let tables = Arc::new(Box::pin(sample::tables(session, database, &self.bounds, earlier)).await?);
        self.found().insert(database, Arc::clone(&tables));
        Ok(tables)
    }

    fn found(&self) -> MutexGuard<'_, BTreeMap<u16, Arc<Vec<Table>>>> {
        // A map is whole after every step of its changes.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pushes the metadata of the scope.
pub(crate) async fn harvest(pool: &Arc<Pool>, layouts: &Layouts, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let mut session = pool.session("read the metadata".to_owned()).await?;
    let databases = match layouts.databases.is_empty() {
        true => databases::with_keys(&mut session).await?,
        false => layouts.databases.clone(),
    };
    for database in databases {
        let schema = layout::schema_name(database);
        if !scope.covers_schema(&schema) {
            continue;
        }
        harvest.schema(SchemaRow { name: &schema, ..SchemaRow::default() });
        let found = layouts.find(&mut session, database, &|table| harvest.known(&schema, table)).await?;
        for table in found.iter().filter(|table| scope.covers_table(&schema, &table.name)) {
            push(&schema, table, layouts.delimiter(), harvest)?;
        }
    }
    Ok(())
}

fn push(schema: &str, table: &Table, delimiter: &str, harvest: &mut Harvest) -> Result<()> {
    let name = table.name.as_str();
    harvest.table(TableRow {
        schema,
        name,
        kind: TableKind::Table,
        owner: None,
        comment: None,
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
    push_key(schema, name, table.kind.primary_key(), harvest)?;
    let pattern = table.pattern.text(delimiter);
    for (option, value) in [("key_pattern", pattern.as_str()), ("key_type", table.kind.word())] {
        harvest.table_option(TableOptionRow { schema, table: name, name: option, value })?;
    }
    Ok(())
}

/// The columns that tell rows apart. The server finds a key by its hash, and what it holds by looking into it.
fn push_key(schema: &str, table: &str, columns: &[&str], harvest: &mut Harvest) -> Result<()> {
    let name = format!("{table}_pkey");
    harvest.index(IndexRow {
        schema,
        table,
        name: &name,
        unique: true,
        primary: true,
        method: "hash",
        columns,
        predicate: None,
        definition: None,
        comment: None,
    })?;
    harvest.constraint(ConstraintRow {
        schema,
        table,
        name: &name,
        kind: ConstraintKind::PrimaryKey,
        columns,
        deferrable: false,
        initially_deferred: false,
        comment: None,
    })
}

/// The columns of a table in their order: what every row has, the fields, what could not be decoded, and the document.
fn columns(table: &Table) -> Vec<Column> {
    let own = match table.json {
        true => table.kind.columns(&table.value).into_iter().filter(|(name, _)| *name != VALUE).collect(),
        false => table.kind.columns(&table.value),
    };
    let mut columns: Vec<Column> = own.into_iter().map(|(name, field_type)| own_column(name, field_type)).collect();
    columns.extend(table.columns.iter().cloned());
    columns.push(own_column(ERROR, FieldType::TEXT));
    if table.json || table.kind.has_fields() {
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

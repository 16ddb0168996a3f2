//! What a source of the tests contains.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{
    ColumnRow, ConstraintKind, ConstraintRow, Harvest, IndexRow, RoutineKind, RoutineRow, SchemaRow, SequenceRow, TableKind,
    TableOptionRow, TableRow, TriggerRow, TriggerTiming, TypeKind, TypeRow,
};
use spi::types::PgType;

/// Schemas with their tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Estate {
    pub schemas: BTreeMap<String, BTreeMap<String, Table>>,
    /// Those of the schemas that have a routine, a type and a sequence.
    pub furnished: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// Names with the lengths of their `varchar`.
    pub columns: BTreeMap<String, i32>,
    /// Each of them is a constraint and an index.
    pub keys: BTreeSet<String>,
}

impl Estate {
    /// With a table of some columns and a key.
    pub(crate) fn with(mut self, schema: &str, table: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|name| ((*name).to_owned(), 9)).collect();
        self.schemas.entry(schema.to_owned()).or_default().insert(table.to_owned(), Table { columns, keys: ["pk".to_owned()].into() });
        self
    }

    /// With a routine, a type and a sequence in a schema.
    pub(crate) fn furnished(mut self, schema: &str) -> Self {
        self.furnished.insert(schema.to_owned());
        self
    }

    pub(crate) fn without(mut self, schema: &str, table: &str) -> Self {
        self.schemas.entry(schema.to_owned()).or_default().remove(table);
        self
    }

    /// What is left of `self` where `newer` replaces the part that the scope covers.
    pub(crate) fn updated(&self, newer: &Estate, scope: &Scope) -> Estate {
        let mut next = self.clone();
        match (&scope.schema, &scope.table) {
            (None, _) => return newer.clone(),
            (Some(schema), None) => {
                next.schemas.remove(schema);
                next.furnished.remove(schema);
                next.schemas.extend(newer.schemas.get(schema).map(|tables| (schema.clone(), tables.clone())));
                next.furnished.extend(newer.furnished.get(schema).cloned());
            }
            (Some(schema), Some(name)) => match (next.schemas.get_mut(schema), newer.schemas.get(schema).map(|tables| tables.get(name))) {
                (Some(tables), Some(Some(table))) => _ = tables.insert(name.clone(), table.clone()),
                (Some(tables), _) => _ = tables.remove(name),
                (None, Some(table)) => {
                    let tables = table.map(|table| (name.clone(), table.clone())).into_iter().collect();
                    next.schemas.insert(schema.clone(), tables);
                }
                (None, None) => {}
            },
        }
        next
    }

    pub(crate) fn harvest(&self) -> Harvest {
        let mut harvest = Harvest::new();
        self.push(&Scope::default(), &mut harvest).expect("a harvest");
        harvest
    }

    /// Pushes what the scope covers, as a connector does.
    pub(crate) fn push(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        for (schema, tables) in self.schemas.iter().filter(|(schema, _)| scope.covers_schema(schema)) {
            harvest.schema(SchemaRow { name: schema, ..SchemaRow::default() });
            for (name, table) in tables.iter().filter(|(table, _)| scope.covers_table(schema, table)) {
                push_table(schema, name, table, harvest)?;
            }
            if scope.table.is_none() && self.furnished.contains(schema) {
                push_rest(schema, harvest)?;
            }
        }
        Ok(())
    }
}

fn push_table(schema: &str, name: &str, table: &Table, harvest: &mut Harvest) -> Result<()> {
    let kind = TableKind::Table;
    harvest.table(TableRow { schema, name, kind, owner: Some(schema), comment: None, row_estimate: None, size_bytes: Some(8192) })?;
    for (ordinal, (column, length)) in table.columns.iter().enumerate() {
        harvest.column(ColumnRow {
            schema,
            table: name,
            name: column,
            ordinal: ordinal as i32 + 1,
            data_type: &DataType::Utf8,
            pg_type: PgType::varchar(*length),
            native_type: &format!("varchar({length})"),
            nullable: true,
            default: None,
            generated: None,
            collation: None,
            comment: None,
        })?;
    }
    for key in &table.keys {
        let columns: Vec<&str> = table.columns.keys().take(1).map(String::as_str).collect();
        let kind = ConstraintKind::Unique;
        harvest.constraint(ConstraintRow {
            schema,
            table: name,
            name: key,
            kind,
            columns: &columns,
            deferrable: false,
            initially_deferred: false,
            comment: None,
        })?;
        harvest.index(IndexRow {
            schema,
            table: name,
            name: key,
            unique: true,
            primary: false,
            method: "btree",
            columns: &columns,
            predicate: None,
            definition: None,
            comment: None,
        })?;
    }
    if let Some(column) = table.columns.keys().next() {
        harvest.trigger(TriggerRow {
            schema,
            table: name,
            name: column,
            timing: TriggerTiming::Before,
            events: &["INSERT"],
            columns: &[],
            for_each_row: true,
            condition: None,
            action: "CALL total()",
            enabled: true,
            comment: None,
        })?;
    }
    harvest.table_option(TableOptionRow { schema, table: name, name: "format", value: "csv" })
}

fn push_rest(schema: &str, harvest: &mut Harvest) -> Result<()> {
    harvest.user_type(TypeRow { schema, name: "mood", kind: TypeKind::Enum, members: &["sad", "happy"], comment: None });
    harvest.sequence(SequenceRow {
        schema,
        name: "numbers",
        owner: None,
        comment: None,
        native_type: "bigint",
        pg_type: PgType::new(spi::types::oid::INT8),
        start: "1",
        minimum: "1",
        maximum: "9223372036854775807",
        increment: "1",
        cycle: false,
        owned_by: None,
    });
    harvest.routine(RoutineRow {
        schema,
        name: "total",
        specific_name: "total()",
        kind: RoutineKind::Function,
        language: "sql",
        return_type: Some("bigint"),
        definition: None,
        comment: None,
    })
}

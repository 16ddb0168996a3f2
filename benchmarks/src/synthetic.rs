//! A data source that exists only as metadata: any number of tables of 20 columns.

use std::sync::Arc;

use arrow::datatypes::DataType;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::connector::{Connector, ConnectorKind, OpenContext, ReadPlan, ReadRequest, Scope, Stage, TestStage};
use spi::metadata::{ColumnRow, ConstraintKind, ConstraintRow, Harvest, TableKind, TableRow};
use spi::predicate::Predicate;
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

/// How many columns each table has.
pub const COLUMNS: usize = 20;
/// How many tables a schema has.
pub const TABLES_PER_SCHEMA: usize = 1_000;

/// The connector kind `synthetic`.
pub struct Synthetic;

#[derive(Deserialize, JsonSchema)]
pub struct Options {
    /// How many tables there are.
    tables: usize,
}

impl ConnectorKind for Synthetic {
    type Options = Options;
    const KIND: &'static str = "synthetic";
    const SUMMARY: &'static str = "Metadata of tables that do not exist.";
    const TESTED_VERSIONS: Option<&'static [&'static str]> = None;

    async fn open(&self, options: Options, context: OpenContext) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(Source { tables: options.tables, context }))
    }
}

struct Source {
    tables: usize,
    context: OpenContext,
}

/// The types that columns take in turn.
const TYPES: [(DataType, PgType, &str); 5] = [
    (DataType::Int64, PgType::new(oid::INT8), "bigint"),
    (DataType::Utf8, PgType::varchar(40), "varchar(40)"),
    (DataType::Decimal128(12, 2), PgType::numeric(12, 2), "decimal(12,2)"),
    (DataType::Date32, PgType::new(oid::DATE), "date"),
    (DataType::Utf8, PgType::new(oid::TEXT), "text"),
];

#[async_trait]
impl Connector for Source {
    fn default_schema(&self) -> &str {
        "schema_0"
    }

    fn applies(&self, _: &Predicate) -> bool {
        false
    }

    async fn test(&self) -> Vec<TestStage> {
        vec![TestStage { stage: Stage::Query, latency: std::time::Duration::ZERO, outcome: Ok("nothing to reach".to_owned()) }]
    }

    async fn harvest(&self, _: &Scope, harvest: &mut Harvest) -> Result<()> {
        self.context.remote_calls.count();
        for table in 0..self.tables {
            let schema = format!("schema_{}", table / TABLES_PER_SCHEMA);
            push_table(harvest, &schema, table)?;
        }
        Ok(())
    }

    async fn read(&self, _: ReadRequest) -> Result<ReadPlan> {
        Err(Error::source(Code::Unsupported, &self.context.source, "a synthetic source has no rows"))
    }
}

/// One table: the first column is its key, the last two have names that no other table has.
fn push_table(harvest: &mut Harvest, schema: &str, table: usize) -> Result<()> {
    let name = table_name(table);
    harvest.table(TableRow {
        schema,
        name: &name,
        kind: TableKind::Table,
        owner: None,
        comment: table.is_multiple_of(10).then_some("a table of the benchmark"),
        row_estimate: Some(table as i64),
        size_bytes: None,
    })?;
    for column in 0..COLUMNS {
        let (data_type, pg_type, native_type) = &TYPES[column % TYPES.len()];
        let name_of_column = if column + 2 < COLUMNS { format!("column_{column}") } else { format!("own_{table}_{column}") };
        harvest.column(ColumnRow {
            schema,
            table: &name,
            name: &name_of_column,
            ordinal: column as i32 + 1,
            data_type,
            pg_type: *pg_type,
            native_type,
            nullable: column > 0,
            default: None,
            generated: None,
            collation: None,
            comment: None,
        })?;
    }
    let key = format!("{name}_pkey");
    let kind = ConstraintKind::PrimaryKey;
    harvest.constraint(ConstraintRow {
        schema,
        table: &name,
        name: &key,
        kind,
        columns: &["column_0"],
        deferrable: false,
        initially_deferred: false,
        comment: None,
    })
}

/// The name of a table; unique in the source.
pub fn table_name(table: usize) -> String {
    format!("table_{table}")
}

//! Data sources that exist in tests only: their metadata, and a connector that keeps rows in memory and an account of its reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, BooleanArray, RecordBatch, UInt64Array};
use arrow::compute::{SortOptions, cast, concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::row::{RowConverter, SortField};
use async_trait::async_trait;
use chrono::DateTime;
use domain::catalog::{Catalog, Database};
use domain::data_sources::{DataSource, State};
use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use spi::connector::{Compression, Connector, File, FileFormat, Files, ReadPlan, ReadRequest, Scope, TestStage};
use spi::metadata::{ColumnRow, Harvest, Snapshot, TableKind, TableRow};
use spi::predicate::{Comparison, Predicate, Value};
use spi::top_n::TopN;
use spi::types::PgType;
use spi::{Error, Result};

/// A column's name and type.
pub(crate) type Columns<'a> = &'a [(&'a str, DataType, PgType)];

/// A catalog of these databases, in the order of their names.
pub(crate) fn catalog(databases: Vec<Arc<Database>>) -> Arc<Catalog> {
    Arc::new(Catalog { revision: 1, databases })
}

/// A database whose tables have columns of integers.
pub(crate) fn database(oid: u32, name: &str, default_schema: &str, tables: &[(&str, &str, &[&str])]) -> Arc<Database> {
    let columns: Vec<Vec<_>> = tables
        .iter()
        .map(|(_, _, columns)| columns.iter().map(|column| (*column, DataType::Int32, PgType::from_arrow(&DataType::Int32))).collect())
        .collect();
    let tables: Vec<(&str, &str, Columns<'_>)> =
        tables.iter().zip(&columns).map(|((schema, table, _), columns)| (*schema, *table, columns.as_slice())).collect();
    database_of(oid, name, default_schema, &tables)
}

/// A database of these tables. Their OIDs count from that of the source.
pub(crate) fn database_of(oid: u32, name: &str, default_schema: &str, tables: &[(&str, &str, Columns<'_>)]) -> Arc<Database> {
    let mut harvest = Harvest::new();
    for (schema, table, columns) in tables {
        let kind = TableKind::Table;
        let row = TableRow { schema, name: table, kind, owner: None, comment: None, row_estimate: None, size_bytes: None };
        harvest.table(row).expect("a new table");
        for (ordinal, (name, data_type, pg_type)) in (1..).zip(*columns) {
            harvest
                .column(ColumnRow {
                    schema,
                    table,
                    name,
                    ordinal,
                    data_type,
                    pg_type: *pg_type,
                    native_type: "",
                    nullable: true,
                    default: None,
                    generated: None,
                    collation: None,
                    comment: None,
                })
                .expect("a column of a known table");
        }
    }
    let schemas = harvest.finish().expect("a harvest").into_iter().map(Arc::new).collect();
    let snapshot = Arc::new(Snapshot { number: 1, observed_at: Some(0), schemas });
    Arc::new(Database { source: Arc::new(source(oid, name)), default_schema: default_schema.to_owned(), snapshot })
}

fn source(oid: u32, name: &str) -> DataSource {
    DataSource {
        oid,
        name: name.to_owned(),
        kind: "memory".to_owned(),
        state: State::Published,
        comment: None,
        labels: BTreeMap::new(),
        member_of: None,
        current_version: 1,
        published_version: Some(1),
        expires_at: None,
        paused: false,
        dropped_at: None,
        created_at: 0,
        created_by: "admin".to_owned(),
        changed_at: 0,
        changed_by: "admin".to_owned(),
        revision: 1,
    }
}

/// Rows in memory.
#[derive(Default)]
pub(crate) struct Memory {
    /// By table. Batches are sent one after the other.
    pub(crate) tables: BTreeMap<String, Vec<RecordBatch>>,
    /// Whether it applies conditions. It knows comparisons of integers.
    pub(crate) applies: bool,
    /// Whether it leaves out all rows that it may, and sends the others from the last to the first.
    pub(crate) leaves_out: bool,
    /// After its batches, a read fails with this.
    pub(crate) failure: Option<Error>,
    /// After its batches, a read waits for ever.
    pub(crate) hangs: bool,
    pub(crate) reads: Mutex<Vec<ReadRequest>>,
    /// Held by every stream while it lives.
    pub(crate) alive: Arc<()>,
}

#[async_trait]
impl Connector for Memory {
    fn default_schema(&self) -> &str {
        "main"
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        self.applies && matches!(predicate, Predicate::Compare { value: Value::Int(_), .. })
    }

    async fn test(&self) -> Vec<TestStage> {
        Vec::new()
    }

    async fn harvest(&self, _: &Scope, _: &mut Harvest) -> Result<()> {
        Ok(())
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        let mut batches = self.tables.get(&request.table).cloned().unwrap_or_default();
        let columns: Vec<String> = request.columns.iter().map(|column| column.name().clone()).collect();
        for batch in &mut batches {
            *batch = request.predicates.iter().fold(batch.clone(), |batch, predicate| filtered(&batch, predicate));
        }
        if let Some(top_n) = request.top_n.as_ref().filter(|_| self.leaves_out) {
            let all = concat_batches(&batches[0].schema(), &batches).expect("batches of one table");
            batches = vec![first(&all, top_n)];
        }
        self.reads.lock().expect("no panic while it was held").push(request);
        let projected = move |batch: RecordBatch| {
            let indices: Vec<usize> = columns.iter().map(|column| batch.schema().index_of(column).expect("a column")).collect();
            batch.project(&indices).expect("a projection")
        };
        let alive = Arc::clone(&self.alive);
        let rows = futures::stream::iter(batches).map(move |batch| {
            let _ = &alive;
            Ok(projected(batch))
        });
        let failure = futures::stream::iter(self.failure.clone().map(Err));
        Ok(ReadPlan::Rows(match self.hangs {
            true => rows.chain(futures::stream::pending()).boxed(),
            false => rows.chain(failure).boxed(),
        }))
    }
}

/// A table of CSV files in memory, one per country, which is said by its folder only.
pub(crate) struct Folder {
    store: Arc<InMemory>,
    /// The country and the file's size.
    files: Vec<(String, u64)>,
}

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let store = Arc::new(InMemory::new());
        let put = |(country, content): &(&str, &str)| {
            let stored = store.put(&path_of(country), content.as_bytes().to_vec().into()).now_or_never();
            stored.expect("memory does not wait").expect("memory takes all");
            ((*country).to_owned(), content.len() as u64)
        };
        Self { files: files.iter().map(put).collect(), store: Arc::clone(&store) }
    }
}

fn path_of(country: &str) -> Path {
    Path::from(format!("events/country={country}/data.csv"))
}

#[async_trait]
impl Connector for Folder {
    fn default_schema(&self) -> &str {
        "public"
    }

    fn applies(&self, _: &Predicate) -> bool {
        false
    }

    fn reads_files(&self) -> bool {
        true
    }

    async fn test(&self) -> Vec<TestStage> {
        Vec::new()
    }

    async fn harvest(&self, _: &Scope, _: &mut Harvest) -> Result<()> {
        Ok(())
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        let wants_country = request.columns.iter().any(|column| column.name() == "country");
        let country = Arc::new(Field::new("country", DataType::Utf8, true));
        let file = |(country, size): &(String, u64)| File {
            object: ObjectMeta { location: path_of(country), last_modified: DateTime::UNIX_EPOCH, size: *size, e_tag: None, version: None },
            partition_values: wants_country.then(|| Value::Text(country.clone())).into_iter().collect(),
        };
        let columns = vec![Field::new("id", DataType::Utf8, true), Field::new("note", DataType::Utf8, true)];
        Ok(ReadPlan::Files(Files {
            format: FileFormat::Csv { header: true, delimiter: b',', quote: b'"', compression: Compression::None },
            object_store: Arc::clone(&self.store) as Arc<dyn ObjectStore>,
            files: self.files.iter().map(file).collect(),
            file_schema: Arc::new(Schema::new(columns)),
            partition_columns: wants_country.then_some(country).into_iter().collect(),
            ignores_case: false,
        }))
    }
}

/// The rows whose integer compares as the predicate says.
fn filtered(batch: &RecordBatch, predicate: &Predicate) -> RecordBatch {
    let Predicate::Compare { column, comparison, value: Value::Int(value) } = predicate else { panic!("{predicate:?} is not known here") };
    let integers = cast(batch.column_by_name(column).expect("a column"), &DataType::Int64).expect("integers");
    let holds = |integer: i64| match comparison {
        Comparison::Equal => integer == *value,
        Comparison::NotEqual => integer != *value,
        Comparison::Less => integer < *value,
        Comparison::LessOrEqual => integer <= *value,
        Comparison::Greater => integer > *value,
        Comparison::GreaterOrEqual => integer >= *value,
    };
    let kept: BooleanArray = integers.as_primitive::<Int64Type>().iter().map(|integer| integer.map(holds)).collect();
    filter_record_batch(batch, &kept).expect("a filter of the batch")
}

/// The rows that may not be left out, from the last to the first.
fn first(batch: &RecordBatch, top_n: &TopN) -> RecordBatch {
    let column = batch.column_by_name(&top_n.column).expect("a column");
    let options = SortOptions { descending: top_n.descending, nulls_first: top_n.nulls_first };
    let converter = RowConverter::new(vec![SortField::new_with_options(column.data_type().clone(), options)]).expect("a column's order");
    let keys = converter.convert_columns(&[Arc::clone(column)]).expect("the column");
    let come_before = |row: usize| keys.iter().filter(|key| *key < keys.row(row)).count();
    let kept: UInt64Array = (0..batch.num_rows()).rev().filter(|row| come_before(*row) < top_n.rows).map(|row| row as u64).collect();
    take_record_batch(batch, &kept).expect("rows of the batch")
}

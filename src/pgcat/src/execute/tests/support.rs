//! Relations, functions and a session for tests, and short ways to write queries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use spi::Result;

use crate::catalog::Catalog;
use crate::execute::Execution;
use crate::expr::{Call, Expr};
use crate::fixture::session::Session;
use crate::function::{Accumulator, AggregateEntry, Context, Function, Implementation, RowSource, Scalar, Signature};
use crate::plan::plan;
use crate::query::{Body, Distinct, Fill, From, Join, JoinKind, OutputColumn, Query, RelationScan, Select, SortKey, SortOrder};
use crate::relation::{Column, Index, Relation, Row, Rows};
use crate::types::{Type, oid};
use crate::value::Value;

pub const ASCENDING: SortOrder = SortOrder { descending: false, nulls_first: false };
pub const DESCENDING: SortOrder = SortOrder { descending: true, nulls_first: true };

/// A relation of whole numbers, that counts what is read of it.
pub struct Table {
    name: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
    indexes: Vec<Index>,
    pub values_read: AtomicUsize,
    pub lookups: AtomicUsize,
}

/// Columns `a`, `b`, …. The first has a unique index where `unique`. -1 stands for null.
pub fn table(name: &'static str, unique: bool, rows: &[&[i64]]) -> Arc<Table> {
    let width = rows.first().map_or(0, |row| row.len());
    let column = |place: usize| Column { name: ["a", "b", "c", "d"][place].into(), type_: Type::new(oid::INT4), not_null: false };
    let index = Index { name: format!("{name}_a_index").into(), columns: vec![0], unique: true };
    let value = |number: &i64| if *number == -1 { Value::Null } else { Value::Int(*number) };
    Arc::new(Table {
        name,
        columns: (0..width).map(column).collect(),
        rows: rows.iter().map(|row| row.iter().map(value).collect()).collect(),
        indexes: if unique { vec![index] } else { Vec::new() },
        values_read: AtomicUsize::new(0),
        lookups: AtomicUsize::new(0),
    })
}

impl Relation for Table {
    fn oid(&self) -> u32 {
        1
    }

    fn name(&self) -> &str {
        self.name
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    fn value(&self, row: Row, column: usize) -> Value {
        self.values_read.fetch_add(1, Ordering::Relaxed);
        self.rows[row as usize][column].clone()
    }

    fn indexes(&self) -> &[Index] {
        &self.indexes
    }

    fn lookup(&self, _index: usize, key: &[Value]) -> Rows {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        Rows::List((0..self.count()).filter(|row| self.rows[*row as usize][0] == key[0]).collect())
    }
}

/// All columns of a relation into the registers from `first` on.
pub fn scan(table: &Arc<Table>, first: usize) -> From {
    let registers = (0..table.columns.len()).map(|column| Fill { column, register: first + column }).collect();
    From::Relation(RelationScan { relation: table.clone(), alias: table.name.to_owned(), registers, system: Vec::new() })
}

pub fn join(kind: JoinKind, left: From, right: From, on: Expr) -> From {
    From::Join(Box::new(Join { kind, left, right, on: Some(on) }))
}

pub fn col(register: usize) -> Expr {
    Expr::Column { depth: 0, register }
}

pub fn outer(depth: usize, register: usize) -> Expr {
    Expr::Column { depth, register }
}

pub fn int(number: i64) -> Expr {
    Expr::Constant(Value::Int(number))
}

pub fn null() -> Expr {
    Expr::Constant(Value::Null)
}

pub fn truth(truth: bool) -> Expr {
    Expr::Constant(Value::Bool(truth))
}

pub fn function(oid: u32, name: &str, call: Scalar, result: u32) -> Arc<Function> {
    let signature =
        Signature { arguments: vec![Type::new(oid::INT4), Type::new(oid::INT4)], result: Type::new(result), is_variadic: false };
    Arc::new(Function {
        oid,
        name: name.into(),
        implementation: Implementation::Scalar(call),
        is_strict: true,
        returns_set: false,
        is_volatile: false,
        is_immutable: true,
        signature,
        outputs: [].into(),
    })
}

/// `int4eq`, which is known to be an equality.
pub fn equal() -> Arc<Function> {
    function(65, "int4eq", |_, _, values| Ok(Value::Bool(values[0] == values[1])), oid::BOOL)
}

pub fn less() -> Arc<Function> {
    function(66, "int4lt", |_, _, values| Ok(Value::Bool(values[0].as_int() < values[1].as_int())), oid::BOOL)
}

pub fn plus() -> Arc<Function> {
    function(177, "int4pl", |_, _, values| Ok(Value::Int(values[0].as_int().unwrap() + values[1].as_int().unwrap())), oid::INT4)
}

pub fn call(function: Arc<Function>, arguments: Vec<Expr>) -> Expr {
    Expr::Call(Box::new(Call { function, arguments, position: None }))
}

pub fn eq(left: Expr, right: Expr) -> Expr {
    call(equal(), vec![left, right])
}

pub fn lt(left: Expr, right: Expr) -> Expr {
    call(less(), vec![left, right])
}

pub fn add(left: Expr, right: Expr) -> Expr {
    call(plus(), vec![left, right])
}

/// The numbers from the first to the second argument.
pub fn series() -> Arc<Function> {
    let rows = |_: &Context<'_>, _: &Signature, values: &[Value]| -> Result<RowSource> {
        let (first, last) = (values[0].as_int().unwrap(), values[1].as_int().unwrap());
        Ok(Box::new((first..=last).map(|number| Ok(Value::Int(number)))))
    };
    let signature = Signature { arguments: Vec::new(), result: Type::new(oid::INT4), is_variadic: false };
    Arc::new(Function {
        oid: 1067,
        name: "generate_series".into(),
        implementation: Implementation::Set(rows),
        is_strict: true,
        returns_set: true,
        is_volatile: false,
        is_immutable: true,
        signature,
        outputs: [].into(),
    })
}

/// `sum`, which is null without rows, and `count`, which counts rows with an argument that is not null.
struct Sum {
    total: Option<i64>,
}

impl Accumulator for Sum {
    fn add(&mut self, _context: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.total = Some(self.total.unwrap_or(0) + arguments[0].as_int().unwrap());
        Ok(())
    }

    fn finish(&self, _context: &Context<'_>) -> Result<Value> {
        Ok(self.total.map_or(Value::Null, Value::Int))
    }
}

struct Collect(Vec<Value>);

impl Accumulator for Collect {
    fn add(&mut self, _context: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.0.push(arguments[0].clone());
        Ok(())
    }

    fn finish(&self, _context: &Context<'_>) -> Result<Value> {
        Ok(Value::array(oid::INT4, self.0.clone()))
    }
}

pub const SUM: AggregateEntry = AggregateEntry::new("sum", |_| Box::new(Sum { total: None }));
pub const ARRAY_AGG: AggregateEntry = AggregateEntry::with_nulls("array_agg", |_| Box::new(Collect(Vec::new())));

pub fn signature(result: u32) -> Signature {
    Signature { arguments: vec![Type::new(oid::INT4)], result: Type::new(result), is_variadic: false }
}

pub fn select(from: Vec<From>, filter: Option<Expr>, output: Vec<Expr>) -> Select {
    Select { from, filter, grouping: None, having: None, windows: Vec::new(), set_returning: Vec::new(), output, distinct: Distinct::No }
}

/// A query whose columns are all seen.
pub fn query(body: Select) -> Query {
    let width = body.output.len();
    query_of(Body::Select(Box::new(body)), width)
}

pub fn query_of(body: Body, width: usize) -> Query {
    let column = |place: usize| OutputColumn { name: format!("column{}", place + 1), type_: Type::new(oid::INT4), origin: None };
    Query {
        registers: 16,
        ctes: Vec::new(),
        body,
        order_by: Vec::new(),
        offset: None,
        limit: None,
        with_ties: false,
        columns: (0..width).map(column).collect(),
        is_volatile: false,
    }
}

pub fn sorted_by(columns: &[usize], query: Query) -> Query {
    Query { order_by: columns.iter().map(|column| SortKey { column: *column, order: ASCENDING }).collect(), ..query }
}

pub fn values(rows: &[&[i64]]) -> Query {
    let width = rows[0].len();
    query_of(Body::Values(rows.iter().map(|row| row.iter().map(|number| int(*number)).collect()).collect()), width)
}

pub fn try_run(query: &Query) -> Result<Vec<String>> {
    try_run_with(query, Arc::new(Session::new()), Vec::new())
}

pub fn try_run_with(query: &Query, host: Arc<Session>, parameters: Vec<Value>) -> Result<Vec<String>> {
    let catalog = Arc::new(Catalog::new(1, 1, Vec::new()));
    let mut execution = Execution::new(Arc::new(plan(query, &*host)?), catalog, host, parameters);
    let mut rows = Vec::new();
    while let Some(row) = execution.next()? {
        rows.push(row.iter().map(show).collect::<Vec<_>>().join(" "));
    }
    Ok(rows)
}

/// The rows of a query, each as text.
pub fn run(query: &Query) -> Vec<String> {
    try_run(query).unwrap()
}

/// The rows of a query in the order of their texts.
pub fn run_sorted(query: &Query) -> Vec<String> {
    let mut rows = run(query);
    rows.sort();
    rows
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Array(array) => format!("{{{}}}", array.values.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Record(record) => format!("({})", record.values.iter().map(show).collect::<Vec<_>>().join(",")),
        other => format!("{other:?}"),
    }
}

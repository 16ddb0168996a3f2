//! A relation of the catalog in a query that reads data sources too: its rows are computed when the query runs, as Arrow.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result as DataFusionResult, ScalarValue};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use datafusion::sql::sqlparser::ast;
use futures::{StreamExt, TryStreamExt, stream};
use pgcat::function::Context;
use pgcat::io;
use pgcat::types::Type;
use pgcat::value::Value;
use spi::types::{PgType, to_arrow};
use spi::{Error, Result};

use super::answerer::{self, Home};
use super::planned;
use super::tuples::Tuples;
use crate::parse::{self, Command, SourceText};
use crate::plan_context::PlanContext;
use crate::resolve::RelationColumn;
use crate::settings::quote_identifier;

/// A relation for DataFusion, and its columns as clients are told of them.
type Found = (Arc<dyn TableProvider>, Vec<RelationColumn>);

/// The relation of a name, if it is one of the catalog.
pub(crate) fn find(context: &Arc<PlanContext>, parts: &[String]) -> Result<Option<Found>> {
    if answerer::home(context, parts) != Home::Catalog {
        return Ok(None);
    }
    let name: Vec<String> = parts.iter().map(|part| quote_identifier(part)).collect();
    let name = name.join(".");
    let planned = query(context, &format!("SELECT * FROM {name}"))?;
    let columns = planned.columns.iter().map(|column| RelationColumn {
        name: column.name.clone(),
        pg_type: column.pg_type,
        table_oid: column.table_oid,
        attribute_number: column.attribute_number,
    });
    let columns: Vec<RelationColumn> = columns.collect();
    let fields: Vec<Field> = columns.iter().map(|column| Field::new(&column.name, to_arrow(column.pg_type), true)).collect();
    let table = CatalogTable { context: Arc::clone(context), name, schema: Arc::new(Schema::new(fields)) };
    Ok(Some((Arc::new(table), columns)))
}

fn query(context: &Arc<PlanContext>, text: &str) -> Result<Arc<planned::Planned>> {
    let statements = parse::script(text)?;
    match statements.first().map(|only| only.command.as_ref()) {
        Some(Command::Query(query)) => match query.as_ref() {
            ast::Statement::Query(query) => planned::plan(context, query, &SourceText(text.into()), &[]),
            _ => Err(Error::internal("a relation of the catalog is no query")),
        },
        _ => Err(Error::internal("a relation of the catalog is no query")),
    }
}

struct CatalogTable {
    context: Arc<PlanContext>,
    /// As a statement writes it.
    name: String,
    schema: SchemaRef,
}

impl fmt::Debug for CatalogTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

#[async_trait]
impl TableProvider for CatalogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match condition(filter) {
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(projection) => Arc::new(self.schema.project(projection)?),
            None => Arc::clone(&self.schema),
        };
        let columns: Vec<String> = schema.fields().iter().map(|field| quote_identifier(field.name())).collect();
        let conditions: Vec<String> = filters.iter().filter_map(condition).collect();
        let condition = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let text = format!("SELECT {} FROM {}{condition}", columns.join(", "), self.name);
        let rows = CatalogRows { context: Arc::clone(&self.context), text, schema: Arc::clone(&schema) };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], None, [], false, limit)?))
    }
}

/// `column = 'text'` and `column = 1`, which the catalog finds by its indexes.
fn condition(filter: &Expr) -> Option<String> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = filter else { return None };
    let (Expr::Column(column), Expr::Literal(literal, _)) = (left.as_ref(), right.as_ref()) else { return None };
    let literal = match literal {
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        ScalarValue::Int64(Some(number)) => number.to_string(),
        ScalarValue::Int32(Some(number)) => number.to_string(),
        _ => return None,
    };
    Some(format!("{} = {literal}", quote_identifier(&column.name)))
}

/// What is read of the relation.
struct CatalogRows {
    context: Arc<PlanContext>,
    text: String,
    schema: SchemaRef,
}

impl fmt::Debug for CatalogRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartitionStream for CatalogRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches = match query(&self.context, &self.text) {
            Ok(planned) => planned.tuples(&self.context, Vec::new()).map(move |tuples| batch(&tuples?, &schema)).boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        };
        let batches = batches.map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn batch(tuples: &Tuples, schema: &SchemaRef) -> Result<RecordBatch> {
    let world = tuples.world();
    let array = |(column, type_): (usize, &Type)| {
        let values: Vec<&Value> = (0..tuples.num_rows()).map(|row| tuples.value(row, column)).collect();
        let (oid, typmod) = world.catalog.base_type(type_.oid, type_.typmod);
        array(&world.context(), &values, PgType { oid, typmod })
    };
    let arrays = world.types.iter().enumerate().map(array).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(tuples.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)?)
}

/// Values as an array of the type that DataFusion has for theirs.
fn array(world: &Context<'_>, values: &[&Value], pg_type: PgType) -> Result<ArrayRef> {
    let target = to_arrow(pg_type);
    let found: ArrayRef = match &target {
        DataType::Boolean => Arc::new(values.iter().map(|value| value.as_bool()).collect::<BooleanArray>()),
        DataType::Int16 | DataType::Int32 | DataType::Int64 => Arc::new(values.iter().map(|value| value.as_int()).collect::<Int64Array>()),
        DataType::Float32 | DataType::Float64 => Arc::new(values.iter().map(|value| float(value)).collect::<Float64Array>()),
        DataType::Binary => Arc::new(values.iter().map(|value| bytes(value)).collect::<BinaryArray>()),
        DataType::List(_) => return list(world, values, pg_type),
        _ => {
            let text = |value: &&Value| match value {
                Value::Null => Ok(None),
                value => io::output(world, pg_type.oid, value).map(Some),
            };
            Arc::new(values.iter().map(text).collect::<Result<StringArray>>()?)
        }
    };
    // "safe" would turn what cannot be cast into null, silently.
    Ok(cast_with_options(&found, &target, &CastOptions { safe: false, ..CastOptions::default() })?)
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn list(world: &Context<'_>, values: &[&Value], pg_type: PgType) -> Result<ArrayRef> {
    let element = pg_type.element().ok_or_else(|| Error::internal("a list without an element type"))?;
    let element = PgType::new(element.oid);
    let arrays = values.iter().map(|value| value.as_array());
    let lengths = arrays.clone().map(|array| array.map_or(0, |array| array.values.len()));
    let nulls: NullBuffer = arrays.clone().map(|array| array.is_some()).collect();
    let inner: Vec<&Value> = arrays.flatten().flat_map(|array| array.values.iter()).collect();
    let items = array(world, &inner, element)?;
    let field = Arc::new(Field::new_list_field(to_arrow(element), true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), items, Some(nulls))?))
}

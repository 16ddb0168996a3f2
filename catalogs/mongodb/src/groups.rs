//! Groups of a collection's documents, made by the server with an aggregation pipeline.
//!
//! The server tells values apart that are one value of a column: null and what is missing, or a text and an array where the column is of
//! integers. The keys that it answers with are decoded as every value is, and the gateway puts together what is the same then. But a key that it
//! takes for another one which it is not to the column, or a measure of values that are not all of the column's type, would be wrong. So the
//! server is asked too whether there are any such values, and its groups are taken if there are none.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, FieldRef, Schema};
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::Client;
use spi::connector::ReadRequest;
use spi::documents::{Column, Decoder, DecoderOptions, FieldType, Path};
use spi::grouping::{Grouping, Measure};
use spi::types::oid;
use spi::{Code, Result};

use crate::document::{Fields, document};
use crate::extended_json;
use crate::filter;
use crate::metadata::whole;
use crate::read::{Scan, byte_order, message};
use crate::recipe::{Recipe, TextOrder};
use crate::server::Server;

/// More groups than this are made of the rows, here.
const GROUPS_MAX: usize = 10_000;

/// The field that no two documents have the same value of.
const ID: &str = "_id";

/// The parts of the server's answer: the groups, and a document that has a value which makes them doubtful, if there is one.
const GROUPS: &str = "groups";
const DOUBTFUL: &str = "doubtful";

/// Whether the server may know it. A server that has not said yet what it is, is taken for one that can do all.
pub(crate) fn are_known(server: &Server, request: &ReadRequest, grouping: &Grouping) -> bool {
    let is_complete = server.known_product().is_none_or(|product| product.is_complete);
    let of_recipe = |recipe: &Recipe| Groups::new(server, request, grouping, recipe).ok().flatten().is_some();
    is_complete && Recipe::of(request).is_ok_and(|recipe| of_recipe(&recipe))
}

/// The command that is sent.
pub(crate) fn explain(server: &Server, request: &ReadRequest, grouping: &Grouping) -> Option<String> {
    let groups = Groups::new(server, request, grouping, &Recipe::of(request).ok()?).ok()??;
    let command = doc! { "aggregate": request.table.as_str(), "pipeline": groups.pipeline(), "$db": request.schema.as_str() };
    Some(extended_json::write(Bson::Document(command)))
}

/// The groups; `None` where they would not be those of the rows.
pub(crate) async fn read(server: &Arc<Server>, request: &ReadRequest, grouping: &Grouping) -> Result<Option<RecordBatch>> {
    if !server.product().await?.is_complete {
        return Ok(None);
    }
    let recipe = Recipe::of(request)?;
    let Some(groups) = Groups::new(server, request, grouping, &recipe)? else { return Ok(None) };
    let (pipeline, collation) = (groups.pipeline(), byte_order(recipe.text));
    let call = |client: Client| async move {
        let collection = client.database(&request.schema).collection::<Document>(&request.table);
        let mut aggregate = collection.aggregate(pipeline);
        if let Some(collation) = collation {
            aggregate = aggregate.collation(collation);
        }
        aggregate.with_type::<RawDocumentBuf>().await?.try_next().await
    };
    match server.ask_for_rows(message(server, request), call).await {
        Ok(Some(answer)) => groups.batch(&server.context.source, &answer),
        Ok(None) => Ok(None),
        // Some servers that only speak the protocol do not know a word of it, and some have no room for so many groups.
        Err(error) if matches!(error.code, Code::BadData | Code::InvalidArgument | Code::OutOfMemory | Code::Unsupported) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is grouped, and how.
struct Groups<'r> {
    grouping: &'r Grouping,
    scan: Scan<'r>,
    keys: Vec<Value>,
    /// The columns that are measured, each once.
    measured: Vec<Value>,
    /// The place among them of what each measure is of; of one of all rows, no matter which.
    measures: Vec<usize>,
}

/// A column whose values are grouped or measured.
struct Value {
    column: Column,
    kind: Kind,
}

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Long,
    Double,
    Date,
    Text,
}

impl<'r> Groups<'r> {
    fn new(server: &Server, request: &'r ReadRequest, grouping: &'r Grouping, recipe: &Recipe) -> Result<Option<Self>> {
        // An error for a value that does not fit needs the document.
        if server.options.strict || recipe.text == TextOrder::CollatedView {
            return Ok(None);
        }
        let scan = Scan::new(request, recipe, true)?;
        if !scan.is_exact() {
            return Ok(None);
        }
        let value = |place: &usize| Value::of(recipe.columns.iter().find(|column| column.name == *request.columns[*place].name())?);
        // Each document has an identity of its own.
        if grouping.keys.iter().any(|place| request.columns[*place].name() == ID) {
            return Ok(None);
        }
        let Some(keys) = grouping.keys.iter().map(value).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let (mut places, mut measures) = (Vec::new(), Vec::new());
        for measure in &grouping.measures {
            measures.push(match measure {
                Measure::Rows => 0,
                Measure::Count(column) | Measure::Sum(column) | Measure::Min(column) | Measure::Max(column) => {
                    places.iter().position(|known| known == column).unwrap_or_else(|| {
                        places.push(*column);
                        places.len() - 1
                    })
                }
            });
        }
        let Some(measured) = places.iter().map(value).collect::<Option<Vec<_>>>() else { return Ok(None) };
        Ok(Some(Self { grouping, scan, keys, measured, measures }))
    }

    fn pipeline(&self) -> Vec<Document> {
        let keys = self.keys.iter().enumerate().map(|(place, key)| (format!("k{place}"), key.expression().into()));
        let mut group = doc! { "_id": keys.collect::<Document>(), "rows": { "$sum": 1 } };
        for (place, value) in self.measured.iter().enumerate() {
            let path = value.expression();
            // What is missing, and null, are less than null or equal.
            let has_value = doc! { "$cond": [{ "$gt": [&path, Bson::Null] }, 1, 0] };
            group.insert(format!("count{place}"), doc! { "$sum": has_value });
            group.insert(format!("sum{place}"), doc! { "$sum": &path });
            group.insert(format!("min{place}"), doc! { "$min": &path });
            group.insert(format!("max{place}"), doc! { "$max": &path });
        }
        let groups = vec![doc! { "$group": group }, doc! { "$limit": (GROUPS_MAX + 1) as i64 }];
        let keys = self.keys.iter().filter_map(|key| key.doubtful(key.kind.key_types()?));
        let doubtful: Vec<Document> = keys.chain(self.measured.iter().filter_map(|value| value.doubtful(value.kind.types()))).collect();
        let mut answer = doc! { GROUPS: groups };
        if !doubtful.is_empty() {
            answer.insert(DOUBTFUL, vec![doc! { "$match": { "$or": doubtful } }, doc! { "$limit": 1 }, doc! { "$project": { "_id": 1 } }]);
        }
        let conditions = self.scan.conditions();
        let filter = (!conditions.is_empty()).then(|| doc! { "$match": conditions });
        filter.into_iter().chain([doc! { "$facet": answer }]).collect()
    }

    /// The server's groups in the columns that are wanted; `None` where they are too many, or not those of the rows. Where there are none,
    /// the collection may be gone, which the read of its rows finds out.
    fn batch(&self, source: &str, answer: &RawDocument) -> Result<Option<RecordBatch>> {
        let Some(found) = groups(answer).filter(|found| (1..=GROUPS_MAX).contains(&found.len())) else { return Ok(None) };
        let Some(groups) = found.iter().map(|group| self.group(group)).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let decoded = self.decoded(source, &found)?;
        let (keys, extremes) = decoded.columns().split_at(self.keys.len());
        // What a column cannot hold is NULL there, but counts at the server.
        let is_in_doubt = |(row, group): (usize, &Group)| {
            let mut measured = group.measured.iter().zip(extremes.chunks(2));
            measured.any(|(measured, extremes)| measured.count > 0 && extremes.iter().any(|values| values.is_null(row)))
        };
        if groups.iter().enumerate().any(is_in_doubt) {
            return Ok(None);
        }
        let numbers = |number: &dyn Fn(&Group) -> Option<i64>| -> ArrayRef { Arc::new(groups.iter().map(number).collect::<Int64Array>()) };
        let measure = |(measure, place): (&Measure, &usize)| match measure {
            Measure::Rows => numbers(&|group| Some(group.rows)),
            Measure::Count(_) => numbers(&|group| Some(group.measured[*place].count)),
            Measure::Sum(_) => numbers(&|group| group.measured[*place].sum),
            Measure::Min(_) => Arc::clone(&extremes[2 * place]),
            Measure::Max(_) => Arc::clone(&extremes[2 * place + 1]),
        };
        let measures = self.grouping.measures.iter().zip(&self.measures).map(measure);
        let options = RecordBatchOptions::new().with_row_count(Some(found.len()));
        let schema = Arc::new(Schema::new(self.grouping.columns.clone()));
        Ok(Some(RecordBatch::try_new_with_options(schema, keys.iter().cloned().chain(measures).collect(), &options)?))
    }

    /// The keys, and the least and the greatest value of what is measured.
    fn decoded(&self, source: &str, found: &[&RawDocument]) -> Result<RecordBatch> {
        let keys = self.keys.iter().enumerate().map(|(place, key)| key.at(Path::field("_id").join(&format!("k{place}"))));
        let extremes = self
            .measured
            .iter()
            .enumerate()
            .flat_map(|(place, value)| ["min", "max"].map(|extreme| value.at(Path::field(format!("{extreme}{place}")))));
        let columns: Vec<Column> = keys.chain(extremes).collect();
        let wanted: Vec<FieldRef> = columns.iter().map(|column| Arc::new(Field::new(&column.name, column.data_type(), true))).collect();
        let mut decoder = Decoder::new(&wanted, &columns, &[], DecoderOptions::new(source, false))?;
        for group in found {
            decoder.append(&document(group, &Fields::All), &[], "")?;
        }
        decoder.finish()
    }

    /// What the server says about a group; `None` where its answer is doubtful.
    fn group(&self, found: &RawDocument) -> Option<Group> {
        let found = Document::try_from(found).ok()?;
        let number = |name: &str| found.get(name).and_then(whole);
        let rows = number("rows")?;
        let measured = self.measured.iter().enumerate().map(|(place, value)| {
            // To the server NaN is the least number, and to PostgreSQL the greatest.
            if matches!(found.get(format!("min{place}")), Some(Bson::Double(least)) if least.is_nan()) {
                return None;
            }
            let count = number(&format!("count{place}"))?;
            let sum = match value.kind {
                Kind::Int | Kind::Long if count > 0 => {
                    // Beyond 64 bits some servers give a float, and some another number.
                    let largest = number(&format!("min{place}"))?.unsigned_abs().max(number(&format!("max{place}"))?.unsigned_abs());
                    let bound = u128::from(largest) * u128::from(rows.unsigned_abs());
                    Some(number(&format!("sum{place}")).filter(|_| bound <= i64::MAX as u128)?)
                }
                _ => None,
            };
            Some(Measured { count, sum })
        });
        Some(Group { rows, measured: measured.collect::<Option<_>>()? })
    }
}

/// The groups of the server's answer; `None` where there are values that make them doubtful.
fn groups(answer: &RawDocument) -> Option<Vec<&RawDocument>> {
    if let Ok(Some(doubtful)) = answer.get(DOUBTFUL)
        && doubtful.as_array()?.into_iter().next().is_some()
    {
        return None;
    }
    answer.get_array(GROUPS).ok()?.into_iter().map(|group| group.ok()?.as_document()).collect()
}

/// What the server says about a group.
struct Group {
    rows: i64,
    measured: Vec<Measured>,
}

/// And about the values of a column in it.
struct Measured {
    /// How many are not NULL.
    count: i64,
    /// Of integers.
    sum: Option<i64>,
}

impl Kind {
    /// The types, as the server calls them, of which all values are values of such a column, but for those beyond its bounds.
    fn types(self) -> &'static [&'static str] {
        match self {
            Kind::Bool => &["bool"],
            Kind::Int => &["int"],
            Kind::Long => &["int", "long"],
            Kind::Double => &["double"],
            Kind::Date => &["date"],
            Kind::Text => &["string"],
        }
    }

    /// The types of which two values that the server takes for the same are the same in such a column; `None` where all are. As texts,
    /// 1.0 and 1.00 are not the same.
    fn key_types(self) -> Option<&'static [&'static str]> {
        (self == Kind::Text).then(|| self.types())
    }
}

impl Value {
    /// `None` where the server would not treat the values as PostgreSQL does.
    fn of(column: &Column) -> Option<Self> {
        let kind = match &column.field_type {
            FieldType::Scalar(pg_type) => match pg_type.oid {
                oid::BOOL => Kind::Bool,
                oid::INT4 => Kind::Int,
                oid::INT8 => Kind::Long,
                oid::FLOAT8 => Kind::Double,
                oid::TIMESTAMPTZ => Kind::Date,
                oid::TEXT => Kind::Text,
                _ => return None,
            },
            _ => return None,
        };
        filter::written(&column.path)?;
        Some(Self { column: column.clone(), kind })
    }

    /// The column, where its values are elsewhere.
    fn at(&self, path: Path) -> Column {
        Column { name: path.to_string(), path, nullable: true, ..self.column.clone() }
    }

    /// The value, as an expression of the server: `$name.first`.
    fn expression(&self) -> String {
        format!("${}", self.column.path.0.join("."))
    }

    /// The documents that have a value of another type than these, or perhaps several values.
    fn doubtful(&self, types: &[&str]) -> Option<Document> {
        let names = &self.column.path.0;
        let path = filter::written(&self.column.path)?;
        // Of an array, the server would say what is in it.
        let mut doubtful: Vec<Document> = (1..=names.len()).map(|steps| doc! { names[..steps].join("."): { "$type": "array" } }).collect();
        let fits = types.iter().chain(&["null"]).map(|native_type| doc! { &path: { "$type": *native_type } });
        let missing = doc! { &path: { "$exists": false } };
        doubtful.push(doc! { "$nor": fits.chain([missing]).collect::<Vec<_>>() });
        if self.kind == Kind::Text {
            // No text of PostgreSQL's has this character.
            doubtful.push(doc! { &path: { "$regex": "\\x00" } });
        }
        Some(doc! { "$or": doubtful })
    }
}

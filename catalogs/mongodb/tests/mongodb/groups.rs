//! Groups that the server makes, against the same made here of all rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{SortOptions, concat_batches, sort_to_indices, take};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bson::{Document, doc};
use libtest_mimic::Trial;
use mongodb::options::Collation;
use serde_json::json;
use spi::connector::ReadRequest;
use spi::grouping::{Grouping, Measure};
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Source, source, source_with};
use crate::generated::{FITTING, KINDS, Random, clean, some};
use crate::server::{Product, Server};
use crate::{Shared, trial};

const COLUMNS: [&str; 6] = ["n", "o.n", "d", "s", "b", "t"];

/// So many make it likely that each kind of value meets each column.
const COLLECTIONS: usize = 40;
const DOCUMENTS: i64 = 40;

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "groups_are_those_of_the_full_read", differential),
        trial(Product::Java, shared, "groups_obey_filters_and_collations", filtered),
        trial(Product::Java, shared, "a_group_by_is_shown_as_it_is_asked", explained),
        trial(Product::FerretDb, shared, "an_incomplete_server_leaves_groups_to_the_gateway", left_to_the_gateway),
    ]
}

async fn differential(server: &Server) {
    let source = source_with(server, "groups", json!({"flatten": true})).await;
    let mut random = Random::new(0x5eed);
    let (mut taken, mut left) = (0, 0);
    for number in 0..COLLECTIONS {
        let name = format!("c{number}");
        source.insert(&name, (0..3).map(clean)).await;
        // These decide the types; what comes after may have values that do not fit.
        let schema = source.harvest().await;
        let choice: Vec<Vec<usize>> = FITTING.iter().map(|fitting| choice(fitting, &mut random)).collect();
        source.insert(&name, (3..DOCUMENTS).map(|id| some(id, &choice, &mut random))).await;
        for key in [None].into_iter().chain(COLUMNS.map(Some)) {
            for measured in COLUMNS {
                let columns: Vec<&str> = key.into_iter().chain([measured]).collect();
                let request = source.request_of(&schema, &name, &columns);
                let grouping = grouping(&request, key.is_some());
                assert!(source.connector.groups(&request, &grouping), "{grouping:?}");
                let groups = source.connector.read_groups(request.clone(), grouping.clone()).await.expect("groups");
                let Some(groups) = groups else {
                    left += 1;
                    continue;
                };
                taken += 1;
                let all = all(&source, request).await;
                let context = format!("{measured} by {key:?} of {choice:?}");
                assert_eq!(together(&groups, &grouping), of_rows(&all, &grouping), "{context}");
            }
        }
    }
    assert!(taken > 300 && left > 300, "{taken} were taken and {left} were not");
}

/// Up to three kinds of values, most of them such as fit the column.
fn choice(fitting: &[usize], random: &mut Random) -> Vec<usize> {
    let kind = |random: &mut Random| match random.below(8) {
        0 => random.below(KINDS),
        _ => fitting[random.below(fitting.len())],
    };
    (0..=random.below(2)).map(|_| kind(random)).collect()
}

async fn filtered(server: &Server) {
    let source = source(server, "filtered_groups").await;
    let collation = Collation::builder().locale("en").strength(mongodb::options::CollationStrength::Primary).build();
    source.database.create_collection("c").collation(collation).await.expect("a collection");
    let documents = [("a", 1i64, false), ("A", 2, true), ("b", 3, true), ("a", 4, true)];
    source.insert("c", documents.map(|(name, number, is_wanted)| doc! { "name": name, "number": number, "is_wanted": is_wanted })).await;
    let mut request = source.request("c", &["name", "number"]).await;
    request.predicates =
        vec![Predicate::Compare { column: "is_wanted".to_owned(), comparison: Comparison::Equal, value: Value::Bool(true) }];
    let grouping = Grouping {
        keys: vec![0],
        measures: vec![Measure::Rows, Measure::Sum(1)],
        columns: vec![Arc::clone(&request.columns[0]), number("rows"), number("sum")],
    };
    let groups = source.connector.read_groups(request.clone(), grouping.clone()).await.expect("an answer").expect("groups");
    let expected = [("A", ["1", "2"]), ("a", ["1", "4"]), ("b", ["1", "3"])];
    let expected = expected.map(|(key, measures)| (key.to_owned(), measures.map(str::to_owned).to_vec()));
    assert_eq!(together(&groups, &grouping), BTreeMap::from(expected));

    source.database.collection::<Document>("c").drop().await.expect("no collection");
    let groups = source.connector.read_groups(request, grouping).await.expect("an answer");
    assert!(groups.is_none(), "whether it is empty or gone, the read of its rows finds out");
}

async fn explained(server: &Server) {
    let source = source(server, "explained_groups").await;
    source.insert("c", [doc! { "name": "a", "number": 1i64 }]).await;
    let request = source.request("c", &["name", "number"]).await;
    let grouping =
        Grouping { keys: vec![1], measures: vec![Measure::Rows], columns: vec![Arc::clone(&request.columns[1]), number("rows")] };
    let calls = source.remote_calls.total();
    assert_eq!(
        source.connector.explain_groups(&request, &grouping).as_deref(),
        Some(
            r#"{"aggregate":"c","pipeline":[{"$facet":{"groups":[{"$group":{"_id":{"k0":"$number"},"rows":{"$sum":1}}},{"$limit":10001}]}}],"$db":"explained_groups"}"#
        )
    );
    assert_eq!(source.remote_calls.total(), calls);
}

async fn left_to_the_gateway(server: &Server) {
    let source = source(server, "left_groups").await;
    source.insert("c", [doc! { "name": "a" }]).await;
    let request = source.request("c", &["name"]).await;
    let grouping =
        Grouping { keys: vec![0], measures: vec![Measure::Rows], columns: vec![Arc::clone(&request.columns[0]), number("rows")] };
    assert!(source.connector.read_groups(request, grouping).await.expect("an answer").is_none());
}

/// Everything about the last column, for each value of the one before it, if there is one.
fn grouping(request: &ReadRequest, has_key: bool) -> Grouping {
    let place = request.columns.len() - 1;
    let measured = &request.columns[place];
    let mut measures = vec![Measure::Rows, Measure::Count(place)];
    let mut columns: Vec<FieldRef> = request.columns[..place].to_vec();
    columns.extend([number("rows"), number("count")]);
    if *measured.data_type() == DataType::Int64 {
        measures.push(Measure::Sum(place));
        columns.push(number("sum"));
    }
    if *measured.data_type() != DataType::Boolean {
        measures.extend([Measure::Min(place), Measure::Max(place)]);
        columns.extend([Arc::clone(measured), Arc::clone(measured)]);
    }
    Grouping { keys: if has_key { vec![0] } else { Vec::new() }, measures, columns }
}

fn number(name: &str) -> FieldRef {
    Arc::new(Field::new(name, DataType::Int64, true))
}

async fn all(source: &Source, request: ReadRequest) -> RecordBatch {
    let batches = source.batches(request).await.expect("all rows");
    concat_batches(&batches[0].schema(), &batches).expect("batches of one kind")
}

/// What is known of each key.
type Known = BTreeMap<String, Vec<String>>;

/// The groups of the same keys put together.
fn together(groups: &RecordBatch, grouping: &Grouping) -> Known {
    let keys = grouping.keys.len();
    let measures = |rows: &UInt32Array| {
        let measure = |(place, measure): (usize, &Measure)| {
            let values = take(groups.column(keys + place), rows, None).expect("some of them");
            match measure {
                Measure::Rows | Measure::Count(_) | Measure::Sum(_) => sum(&values),
                Measure::Min(_) => extreme(&values, false),
                Measure::Max(_) => extreme(&values, true),
            }
        };
        grouping.measures.iter().enumerate().map(measure).collect()
    };
    by_key(groups, keys).into_iter().map(|(key, rows)| (key, measures(&rows))).collect()
}

/// The same of the rows themselves.
fn of_rows(all: &RecordBatch, grouping: &Grouping) -> Known {
    let measures = |rows: &UInt32Array| {
        let measure = |measure: &Measure| {
            let of = |place: &usize| take(all.column(*place), rows, None).expect("some of them");
            match measure {
                Measure::Rows => rows.len().to_string(),
                Measure::Count(place) => (rows.len() - of(place).null_count()).to_string(),
                Measure::Sum(place) => sum(&of(place)),
                Measure::Min(place) => extreme(&of(place), false),
                Measure::Max(place) => extreme(&of(place), true),
            }
        };
        grouping.measures.iter().map(measure).collect()
    };
    by_key(all, grouping.keys.len()).into_iter().map(|(key, rows)| (key, measures(&rows))).collect()
}

/// The rows of each key, which the first columns are.
fn by_key(batch: &RecordBatch, keys: usize) -> BTreeMap<String, UInt32Array> {
    let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let key: Vec<String> = batch.columns()[..keys].iter().map(|column| shown(column, row)).collect();
        rows.entry(key.join("|")).or_default().push(row as u32);
    }
    rows.into_iter().map(|(key, rows)| (key, UInt32Array::from(rows))).collect()
}

fn sum(values: &ArrayRef) -> String {
    let values = values.as_primitive::<Int64Type>();
    match values.null_count() == values.len() {
        true => "NULL".to_owned(),
        false => values.iter().flatten().map(i128::from).sum::<i128>().to_string(),
    }
}

fn extreme(values: &ArrayRef, is_greatest: bool) -> String {
    let options = SortOptions { descending: is_greatest, nulls_first: false };
    let order = sort_to_indices(values, Some(options), Some(1)).expect("values that can be sorted");
    let first = take(values, &order, None).expect("one of them");
    shown(&first, 0)
}

/// Zero has no sign to PostgreSQL's comparisons.
fn shown(values: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default().with_null("NULL");
    let text = ArrayFormatter::try_new(values, &options).expect("a formatter").value(row).to_string();
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

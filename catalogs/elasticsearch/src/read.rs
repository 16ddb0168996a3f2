//! Streams the rows of a table, page by page.
//!
//! There is no task of its own behind a stream: polling it polls the requests of all slices, and decodes their pages. Dropping it drops
//! them, and has the server forget the read. No deadline for the whole either: a scan takes as long as its reader wants.
//!
//! Columns that only conditions name are read too, and left out of the rows.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use futures::stream::{self, SelectAll};
use futures::{Stream, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use spi::connector::{ReadRequest, RowStream};
use spi::documents::{Document, json as documents};
use spi::{Error, Result};

use crate::catalog::{self, Column, Limits, Table};
use crate::client::{Client, Request};
use crate::cursor::{self, Search, Slice, purpose, unexpected};
use crate::definition;
use crate::filter;
use crate::options::Settings;
use crate::plan::Plan;
use crate::recipe::Recipe;
use crate::shown::{self, Shown};

/// A limit that one slice reaches in its first pages.
const LIMIT_OF_ONE_SLICE: usize = 10_000;

/// Nothing is asked before the first poll.
pub(crate) fn rows(client: Arc<Client>, settings: Arc<Settings>, request: ReadRequest) -> RowStream {
    let rows = async move { open(client, &settings, request).await };
    stream::once(rows).try_flatten().boxed()
}

async fn open(client: Arc<Client>, settings: &Settings, request: ReadRequest) -> Result<RowStream> {
    let (recipe, table) = (Recipe::read(request.recipe.as_deref())?, &request.table);
    let shown = if recipe.alias { Shown::ask(&client, settings, table, &purpose(table)).await? } else { None };
    let rows = shown::query(shown.as_ref(), definition::query(recipe.definition.as_ref())?);
    if only_counts(&request) {
        let count = count(&client, &request, rows).await?;
        return Ok(stream::once(async move { Ok(count) }).boxed());
    }
    let asked = client.ask(&Request::get(purpose(table), &[table])).await;
    let mut indices = catalog::indices(asked.map_err(|failure| failure.into_error(&client, &purpose(table)))?);
    indices.retain(|index| shown.as_ref().is_none_or(|shown| shown.contains(index)));
    let found = Table::of_name(table, &indices);
    let (columns, limits) = (recipe.columns_of(found.columns(settings.flatten))?, found.limits());
    let plan = Arc::new(Plan::new(&client.source, settings, &columns, limits, &request)?);
    let search = search(settings, &plan, &columns, rows, &request);
    let slices = cursor::open(&client, settings.flavor, search).await?;
    let batches: SelectAll<_> = slices.into_iter().map(|slice| batches(slice, Arc::clone(&plan)).boxed()).collect();
    Ok(finished(batches, request).boxed())
}

/// Whether nothing matters but how many rows there are, which the server counts.
fn only_counts(request: &ReadRequest) -> bool {
    request.columns.is_empty() && request.predicates.is_empty()
}

/// What is asked of the server for the plan.
fn search(settings: &Settings, plan: &Plan, columns: &[Column], rows: Option<Value>, request: &ReadRequest) -> Search {
    let slices = match request.limit {
        Some(limit) if limit <= LIMIT_OF_ONE_SLICE && request.predicates.is_empty() => 1,
        _ => settings.slices,
    };
    let limit = request.limit.filter(|_| request.predicates.is_empty());
    let (table, body, documents_max) = (request.table.clone(), plan.body(request, columns, rows), plan.limits.documents);
    Search { table, body, slices, documents_max, limit }
}

/// What a read asks of the server, as its documentation writes requests: of several slices the first one. The columns are as the harvest
/// saw them; a read asks for the mapping anew.
pub(crate) fn explain(source: &str, settings: &Settings, request: &ReadRequest) -> Option<String> {
    let recipe = Recipe::read(request.recipe.as_deref()).ok()?;
    let rows = definition::query(recipe.definition.as_ref()).ok()?;
    if only_counts(request) {
        return Some(format!("POST /{}/_search {}", request.table, counting(rows)));
    }
    let plan = Plan::new(source, settings, &recipe.columns, Limits::default(), request).ok()?;
    Some(cursor::shown(settings.flavor, &search(settings, &plan, &recipe.columns, rows, request)))
}

/// Applies conditions, limit and projection.
fn finished(
    batches: impl Stream<Item = Result<RecordBatch>> + Send,
    request: ReadRequest,
) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let ReadRequest { columns, predicates, limit, .. } = request;
    let width = columns.len();
    let kept = batches.map(move |batch| {
        let batch = filter::matching(batch?, &predicates)?;
        Ok(batch.project(&(0..width).collect::<Vec<_>>())?)
    });
    let limited = kept.scan(limit, |left, batch: Result<RecordBatch>| {
        let batch = match (left.as_mut(), batch) {
            (Some(0), _) => None,
            (Some(left), Ok(batch)) => {
                let batch = batch.slice(0, batch.num_rows().min(*left));
                *left -= batch.num_rows();
                Some(Ok(batch))
            }
            (_, batch) => Some(batch),
        };
        async move { batch }
    });
    limited.try_filter(|batch| std::future::ready(batch.num_rows() > 0))
}

/// How many rows there are, where nothing else matters.
async fn count(client: &Client, request: &ReadRequest, rows: Option<Value>) -> Result<RecordBatch> {
    let table = &request.table;
    let search =
        Request::post(purpose(table), &[table, "_search"]).parameter("allow_partial_search_results", "false").json(&counting(rows));
    let answer = client.ask(&search).await.map_err(|failure| failure.into_error(client, &purpose(table)))?;
    let total = answer["hits"]["total"]["value"].as_u64().and_then(|total| usize::try_from(total).ok());
    let total = total.ok_or_else(|| unexpected(&client.source, table, "it has no total"))?;
    let rows = request.limit.map_or(total, |limit| limit.min(total));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?)
}

/// The search that counts.
fn counting(rows: Option<Value>) -> Value {
    let mut body = json!({"size": 0, "track_total_hits": true});
    if let Some(rows) = rows {
        body["query"] = rows;
    }
    body
}

/// The rows of one slice, before conditions are applied.
fn batches(slice: Slice, plan: Arc<Plan>) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let pages = stream::try_unfold((slice, plan), |(mut slice, plan)| async move {
        let Some(page) = slice.next_page().await? else { return Ok::<_, Error>(None) };
        let batches = decode(&mut slice, &plan, &page)?;
        Ok(Some((stream::iter(batches.into_iter().map(Ok)), (slice, plan))))
    });
    pages.try_flatten()
}

fn decode(slice: &mut Slice, plan: &Plan, page: &[u8]) -> Result<Vec<RecordBatch>> {
    let wrong = |what: &str| unexpected(&plan.source, &plan.table, what);
    let answer = documents::read(page).map_err(|error| wrong(&error.to_string()))?;
    let hits = match answer.get("hits").and_then(|hits| hits.get("hits")) {
        Some(Document::List(hits)) => hits,
        _ => return Err(wrong("it has no documents")),
    };
    slice.advance(&answer, hits, page.len())?;
    let (mut decoder, mut batches) = (plan.decoder()?, Vec::new());
    for hit in hits {
        plan.append(&mut decoder, hit)?;
        if decoder.is_full() {
            batches.push(decoder.finish()?);
        }
    }
    if decoder.rows() > 0 {
        batches.push(decoder.finish()?);
    }
    Ok(batches)
}

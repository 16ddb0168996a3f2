//! Streams the rows of a collection: one `find`, whose documents are decoded batch by batch.
//!
//! There is no task of its own behind a stream: polling it asks for the next batch, and dropping it closes the cursor at the server. No
//! deadline either: a scan takes as long as its reader wants, and the statement's timeout drops the stream. But the server forgets a
//! cursor for which nobody asks for ten minutes, and each batch has a deadline of its own.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::Client;
use mongodb::options::Collation;
use spi::connector::{ReadRequest, RowStream};
use spi::documents::{Column, DOCUMENT, Decoder, DecoderOptions, Document as Decoded};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};

use crate::batches::Batches;
use crate::collection::collections;
use crate::definition;
use crate::document::{Fields, document};
use crate::extended_json;
use crate::failure::{failure, vanished};
use crate::filter::{Filter, filter};
use crate::predicate::{self, is_own};
use crate::recheck::qualifying;
use crate::recipe::{Recipe, TextOrder};
use crate::sample;
use crate::server::Server;

/// Documents of one batch. The server ends it earlier at 16 MB.
pub(crate) const BATCH_ROWS: u32 = 10_000;

/// Documents that are looked at together, before it is known which of them qualify.
const RECHECKED_ROWS: usize = 1_024;

/// Rows of a batch that only counts.
const COUNTED_ROWS: u64 = 1 << 20;

/// The rows that the request asks for. Nothing is asked before the first poll.
pub(crate) fn rows(server: Arc<Server>, request: ReadRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { scan(&server, &request, &mut sender).await })
}

/// What a read of the request asks of the server, as the shell and the drivers write commands. Nobody is asked: a server that has not
/// said yet what it is, is taken for one that can do all.
pub(crate) fn explain(server: &Server, request: &ReadRequest) -> Option<String> {
    let is_complete = server.known_product().is_none_or(|product| product.is_complete);
    let scan = Scan::new(request, &Recipe::of(request).ok()?, is_complete).ok()?;
    Some(extended_json::write(Bson::Document(scan.command())))
}

/// What is read, and how.
pub(crate) struct Scan<'r> {
    request: &'r ReadRequest,
    /// The documents' columns that are wanted, and those that predicates name.
    columns: Vec<Column>,
    /// The columns that predicates name, as they are decoded.
    compared: Vec<FieldRef>,
    /// Which documents are rows at all.
    rows: Document,
    /// Which of them qualify.
    filter: Filter,
    text: TextOrder,
}

async fn scan(server: &Arc<Server>, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    if !request.predicates.iter().all(predicate::is_applied) {
        return Err(Error::internal("a connector was given a predicate that it does not apply"));
    }
    let mut scan = Scan::new(request, &Recipe::of(request)?, server.product().await?.is_complete)?;
    if scan.only_counts() {
        match count(server, &scan, sender).await {
            Err(error) if scan.is_refused(&error) => scan.filter = Filter::default(),
            answer => return answer,
        }
    }
    let message = || message(server, request);
    let cursor = match server.ask_for_rows(message(), |client| find(client, &scan)).await {
        Err(error) if scan.is_refused(&error) => {
            scan.filter = Filter::default();
            server.ask_for_rows(message(), |client| find(client, &scan)).await?
        }
        answer => answer?,
    };
    let mut batches = Batches::new(Arc::clone(server), cursor, message());
    let options = DecoderOptions::of(request, &server.context.source, server.options.strict);
    let mut decoder = Decoder::new(&request.columns, &scan.columns, &[], options)?;
    let mut checked = Decoder::new(&scan.compared, &scan.columns, &[], DecoderOptions::new(&server.context.source, false))?;
    let fields = scan.fields();
    let (mut seen, mut rows) = (0u64, 0usize);
    let limit = request.limit.unwrap_or(usize::MAX);
    while rows < limit
        && let Some(batch) = batches.next().await?
    {
        let slices = batch.doc_slices().map_err(|error| failure(server, message(), error))?;
        let raw: Vec<&RawDocument> = slices
            .into_iter()
            .filter_map(|value| value.map(|value| value.as_document()).transpose())
            .collect::<Result<_, _>>()
            .map_err(|error| sample::unreadable(server, message(), error))?;
        for chunk in raw.chunks(RECHECKED_ROWS) {
            let documents: Vec<Decoded<'_>> = chunk.iter().map(|raw| document(raw, &fields)).collect();
            let qualifies = scan.qualifying(&documents, &mut checked)?;
            for (document, _) in documents.iter().zip(qualifies).filter(|(_, qualifies)| *qualifies).take(limit - rows) {
                rows += 1;
                decoder.append(document, &[], format_args!("row {rows} of table \"{}.{}\"", request.schema, request.table))?;
                if decoder.is_full() && !sender.send(decoder.finish()?).await {
                    return Ok(());
                }
            }
        }
        seen += raw.len() as u64;
    }
    if seen == 0 {
        check_exists(server, request).await?;
    }
    if decoder.rows() > 0 {
        // A reader that has left needs no last batch.
        sender.send(decoder.finish()?).await;
    }
    Ok(())
}

impl<'r> Scan<'r> {
    pub(crate) fn new(request: &'r ReadRequest, recipe: &Recipe, is_complete: bool) -> Result<Self> {
        let mut named = Vec::new();
        request.predicates.iter().for_each(|one| predicate::columns(one, &mut named));
        let wanted = request.columns.iter().map(|field| field.name().as_str()).filter(|name| !is_own(name));
        let mut columns: Vec<Column> = Vec::new();
        for name in wanted.chain(named.iter().copied()) {
            // What the recipe does not know the decoder refuses.
            let known = recipe.columns.iter().find(|column| column.name == name);
            columns.extend(known.filter(|_| !columns.iter().any(|column| column.name == name)).cloned());
        }
        let find = |name: &str| columns.iter().find(|column| column.name == name);
        named.sort_unstable();
        named.dedup();
        let field = |name: &str| Field::new(name, find(name).map_or(DataType::Null, Column::data_type), true);
        let compared = named.into_iter().map(|name| Arc::new(field(name))).collect();
        let filter = if is_complete {
            filter(&request.predicates, recipe.text, &find)
        } else {
            Filter { document: Document::new(), exact: request.predicates.is_empty() }
        };
        let rows = recipe.filter.as_deref().map_or(Ok(Document::new()), definition::parsed)?;
        Ok(Self { request, columns, compared, rows, filter, text: recipe.text })
    }

    /// Whether the error may be that the server does not know a word of the filter, as some do that only speak the protocol. All is read
    /// then, and looked at here.
    fn is_refused(&self, error: &Error) -> bool {
        !self.filter.document.is_empty() && matches!(error.code, Code::BadData | Code::InvalidArgument | Code::Unsupported)
    }

    /// Whether the server's filter leaves exactly the rows that are wanted.
    pub(crate) fn is_exact(&self) -> bool {
        self.filter.exact
    }

    /// The filter that the server is given.
    pub(crate) fn conditions(&self) -> Document {
        match (self.rows.is_empty(), self.filter.document.is_empty()) {
            (true, _) => self.filter.document.clone(),
            (false, true) => self.rows.clone(),
            (false, false) => doc! { "$and": [self.rows.clone(), self.filter.document.clone()] },
        }
    }

    /// The fields of documents that are looked at.
    fn fields(&self) -> Fields {
        if self.request.columns.iter().any(|field| field.name() == DOCUMENT) {
            return Fields::All;
        }
        let names = self.columns.iter().map(|column| column.path.0.first().cloned());
        names.collect::<Option<Vec<_>>>().map_or(Fields::All, Fields::These)
    }

    /// The fields that the server sends. Whole fields: of a part it would not say what the rest was.
    fn projection(&self) -> Option<Document> {
        let Fields::These(names) = self.fields() else { return None };
        let is_plain = |name: &String| !name.is_empty() && !name.starts_with('$') && !name.contains('.');
        if !names.iter().all(is_plain) {
            return None;
        }
        let wants_id = names.is_empty() || names.iter().any(|name| name == "_id");
        let mut projection = doc! { "_id": i32::from(wants_id) };
        projection.extend(names.into_iter().filter(|name| name != "_id").map(|name| (name, 1.into())));
        Some(projection)
    }

    /// The collation that a filter needs.
    fn collation(&self) -> Option<Collation> {
        if self.filter.document.is_empty() { None } else { byte_order(self.text) }
    }

    /// How many documents the server is to send: only it knows which of them are enough, where its filter is exact.
    fn limit(&self) -> Option<i64> {
        // Zero rows are as good as one; to the server zero is no limit.
        self.request.limit.filter(|_| self.filter.exact).and_then(|limit| i64::try_from(limit.max(1)).ok())
    }

    /// Whether the server counts, instead of sending anything.
    fn only_counts(&self) -> bool {
        self.request.columns.is_empty() && self.filter.exact
    }

    /// How it counts.
    fn counting(&self) -> Vec<Document> {
        let limit = self.limit().map(|limit| doc! { "$limit": limit });
        std::iter::once(doc! { "$match": self.conditions() }).chain(limit).chain([doc! { "$count": "rows" }]).collect()
    }

    /// The command that is sent, without what every read has.
    fn command(&self) -> Document {
        let table = self.request.table.as_str();
        let mut command = doc! { "find": table, "filter": self.conditions() };
        if self.only_counts() {
            command = doc! { "aggregate": table, "pipeline": self.counting() };
        } else {
            command.extend(self.projection().map(|projection| ("projection".to_owned(), projection.into())));
            command.extend(self.limit().map(|limit| ("limit".to_owned(), limit.into())));
        }
        command.extend(self.collation().map(|collation| ("collation".to_owned(), doc! { "locale": collation.locale }.into())));
        command.insert("$db", self.request.schema.as_str());
        command
    }

    /// Which of the documents qualify.
    fn qualifying(&self, documents: &[Decoded<'_>], decoder: &mut Decoder) -> Result<Vec<bool>> {
        if self.filter.exact {
            return Ok(vec![true; documents.len()]);
        }
        for document in documents {
            decoder.append(document, &[], "")?;
        }
        qualifying(&self.request.predicates, &decoder.finish()?)
    }
}

/// The collation by which text is compared byte by byte: the collection's own may take different texts for the same.
pub(crate) fn byte_order(text: TextOrder) -> Option<Collation> {
    (text == TextOrder::Collated).then(|| Collation::builder().locale("simple").build())
}

fn find<'s>(
    client: Client,
    scan: &'s Scan<'_>,
) -> impl Future<Output = mongodb::error::Result<mongodb::raw_batch_cursor::RawBatchCursor>> + 's {
    let collection = client.database(&scan.request.schema).collection::<RawDocumentBuf>(&scan.request.table);
    let limit = scan.limit();
    // A batch that is as long as the limit does not tell every server that it is the last one: the cursor would stay open.
    let size = limit.and_then(|limit| u32::try_from(limit.saturating_add(1)).ok()).map_or(BATCH_ROWS, |size| size.min(BATCH_ROWS));
    async move {
        let mut find = collection.find(scan.conditions()).batch_size(size);
        if let Some(projection) = scan.projection() {
            find = find.projection(projection);
        }
        if let Some(limit) = limit {
            find = find.limit(limit);
        }
        if let Some(collation) = scan.collation() {
            find = find.collation(collation);
        }
        find.batch().await
    }
}

/// Rows without columns, as many as the server counts.
async fn count(server: &Arc<Server>, scan: &Scan<'_>, sender: &mut BatchSender) -> Result<()> {
    let request = scan.request;
    if request.limit == Some(0) {
        return Ok(());
    }
    let call = |client: Client| async move {
        let collection = client.database(&request.schema).collection::<Document>(&request.table);
        let mut aggregate = collection.aggregate(scan.counting());
        if let Some(collation) = scan.collation() {
            aggregate = aggregate.collation(collation);
        }
        aggregate.await?.try_next().await
    };
    let counted = server.ask_for_rows(message(server, request), call).await?;
    let rows = counted.as_ref().and_then(|counted| counted.get("rows")).and_then(crate::metadata::whole);
    let mut left = match rows {
        Some(rows) => u64::try_from(rows).unwrap_or(0),
        // Of nothing the server says nothing.
        None => {
            check_exists(server, request).await?;
            0
        }
    };
    let schema = Arc::new(Schema::empty());
    while left > 0 {
        let rows = left.min(COUNTED_ROWS);
        let options = RecordBatchOptions::new().with_row_count(Some(rows as usize));
        if !sender.send(RecordBatch::try_new_with_options(Arc::clone(&schema), Vec::new(), &options)?).await {
            return Ok(());
        }
        left -= rows;
    }
    Ok(())
}

/// To the server, a collection that is not there is an empty one.
async fn check_exists(server: &Server, request: &ReadRequest) -> Result<()> {
    match collections(server, &request.schema, Some(&request.table)).await?.is_empty() {
        true => Err(vanished(&server.context.source, &format!("{}.{}", request.schema, request.table))),
        false => Ok(()),
    }
}

pub(crate) fn message(server: &Server, request: &ReadRequest) -> String {
    format!("could not read table \"{}.{}\" of data source \"{}\"", request.schema, request.table, server.context.source)
}

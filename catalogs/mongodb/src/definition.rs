//! What an operator's definition of a table means for a collection or view: its columns and its key, and which documents are rows.

use std::sync::Arc;

use bson::{Document, RawDocumentBuf};
use spi::documents::{Column, Inference, InferredColumn, Sample, TableDefinition};
use spi::{Code, Error, Result};

use crate::collection::collections;
use crate::document::{Fields, document};
use crate::extended_json;
use crate::sample;
use crate::server::Server;
use crate::validator;
use spi::options::invalid;

/// The definition of a collection as far as it fits, for a harvest, and what does not. Collections change, and so does what the gateway
/// takes; what an operator once said of one is no reason to show none.
pub(crate) struct Fitting<'d> {
    pub(crate) definition: Option<&'d TableDefinition>,
    /// Which documents are rows; all, where the definition's own filter is none. A read says so then.
    pub(crate) filter: Document,
    /// Why the definition, or a part of it, is left out.
    pub(crate) problem: Option<Error>,
}

impl<'d> Fitting<'d> {
    pub(crate) fn new(definition: Option<&'d TableDefinition>) -> Self {
        match filter(definition) {
            Ok(filter) => Self { definition, filter, problem: None },
            Err(problem) => Self { definition, filter: Document::new(), problem: Some(problem) },
        }
    }

    /// The columns that hold fields of the documents: the definition's, or the inferred ones where these cannot be.
    pub(crate) fn columns(&mut self, inferred: &[InferredColumn]) -> Vec<Column> {
        let keyless = self.definition.map(|definition| TableDefinition { key: Vec::new(), ..definition.clone() });
        columns(keyless.as_ref(), inferred).unwrap_or_else(|problem| {
            self.problem = Some(problem);
            inferred.iter().map(Column::from).collect()
        })
    }

    /// The key, if the table has its columns: those that are not the definition's own may be gone.
    pub(crate) fn key(&mut self, columns: &[Column]) -> Vec<String> {
        let key = self.definition.map_or(&[][..], |definition| &definition.key[..]);
        match key.iter().find(|key| !columns.iter().any(|column| column.name == **key)) {
            None => key.to_vec(),
            Some(missing) => {
                self.problem = Some(invalid(format!("key column \"{missing}\" of the table definition is no column of the table")));
                Vec::new()
            }
        }
    }
}

/// The columns that hold fields of the documents.
pub(crate) fn columns(definition: Option<&TableDefinition>, inferred: &[InferredColumn]) -> Result<Vec<Column>> {
    match definition {
        None => Ok(inferred.iter().map(Column::from).collect()),
        Some(definition) => definition.columns(inferred, &sample::reserved()),
    }
}

/// The filter of the documents that are rows; without one all are. What a definition cannot say of a collection is refused.
pub(crate) fn filter(definition: Option<&TableDefinition>) -> Result<Document> {
    let Some(definition) = definition else { return Ok(Document::new()) };
    if definition.format.is_some() {
        return Err(invalid("the table definition has a format").detail("The documents of a collection have one already."));
    }
    if definition.row_path.is_some() {
        return Err(invalid("the table definition has a row path")
            .detail("Every document of a collection is one row.")
            .hint("Create a view with the stage $unwind at the server, or unnest the column."));
    }
    definition.filter.as_deref().map_or(Ok(Document::new()), parsed)
}

/// A filter as an operator writes it.
pub(crate) fn parsed(filter: &str) -> Result<Document> {
    extended_json::read(filter).map_err(|detail| {
        invalid("the filter of the table definition is none of MongoDB's")
            .detail(detail)
            .hint("Write it in extended JSON, for example {\"kind\": \"order\"}.")
    })
}

/// What a sample says of a collection, and how a definition fits it.
pub(crate) async fn infer(server: &Arc<Server>, database: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
    let filter = filter(definition)?;
    let listed = if server.options.shows(database) { collections(server, database, Some(table)).await? } else { Vec::new() };
    let Some(collection) = listed.first() else {
        let source = &server.context.source;
        let message = format!("table \"{database}.{table}\" of data source \"{source}\" does not exist");
        return Err(Error::source(Code::UndefinedTable, source, message).detail("A definition says how a collection or a view is read."));
    };
    let mut raw: Vec<RawDocumentBuf> = Vec::new();
    sample::documents(server, database, table, &filter, &mut |document| raw.push(document.to_owned())).await?;
    let documents: Vec<_> = raw.iter().map(|raw| document(raw, &Fields::All)).collect();
    let mut inference = Inference::new(sample::inference_options(server));
    documents.iter().for_each(|document| inference.add(document));
    let schema = validator::schema(&collection.options);
    let inferred = inference.finish(&validator::with_known(&schema, &[])).columns;
    let columns = columns(definition, &inferred)?;
    Ok(Sample::new(inferred, columns, &documents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_no_more_is_left_out_and_told() {
        let column = serde_json::from_str(r#"{"name": "n", "type": "bigint"}"#).expect("a column");
        let gone = TableDefinition { columns: vec![column], key: vec!["id".to_owned()], ..TableDefinition::default() };
        let mut fitting = Fitting::new(Some(&gone));
        let columns = fitting.columns(&[]);
        assert_eq!(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["n"]);
        assert!(fitting.problem.is_none());
        assert_eq!(fitting.key(&columns), [""; 0]);
        assert!(fitting.problem.is_some_and(|problem| problem.message.contains("\"id\"")));
        let formatted = TableDefinition { format: Some("json".to_owned()), ..gone };
        assert!(Fitting::new(Some(&formatted)).problem.is_some());
    }
}

//! `query()`: a command of MongoDB's own that reads, passed through as it is.
//!
//! It is written as drivers send it, in extended JSON: `{"aggregate": "orders", "pipeline": [{"$match": {"n": 1}}]}`, or
//! `{"find": "orders", "filter": {"n": 1}}`. `$db` names another database than the source's first one, as in the protocol itself. Its
//! documents are rows of `_doc`, with `_error` where one cannot be written as `jsonb`: what else they have is known when they are read.
//!
//! What writes is refused here, whatever the login may do; so is what never ends.

use std::sync::Arc;

use bson::{Bson, Document, RawDocument, doc};
use mongodb::Client;
use spi::connector::{QueryColumn, RowStream, RunRequest};
use spi::documents::{DOCUMENT, Decoder, DecoderOptions, ERROR, FieldType};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};

use crate::batches::Batches;
use crate::document::{Fields, document};
use crate::extended_json;
use crate::failure::failure;
use crate::read::BATCH_ROWS;
use crate::sample;
use crate::server::Server;
use spi::options::invalid;

/// Names the database in a command, as in the protocol.
const DATABASE: &str = "$db";

/// The commands that read, with the fields that may follow. Batches and the cursor are the connector's own.
const COMMANDS: [(&str, &[&str]); 2] = [
    ("aggregate", &["pipeline", "let", "collation", "hint", "allowDiskUse", "maxTimeMS", "comment"]),
    (
        "find",
        &[
            "filter",
            "projection",
            "sort",
            "skip",
            "limit",
            "let",
            "min",
            "max",
            "collation",
            "hint",
            "allowDiskUse",
            "maxTimeMS",
            "comment",
        ],
    ),
];

/// Stages of a pipeline that are refused, and why.
const REFUSED_STAGES: [(&str, Code, &str); 3] = [
    ("$out", Code::ReadOnly, "It replaces a collection."),
    ("$merge", Code::ReadOnly, "It writes into a collection."),
    ("$changeStream", Code::Unsupported, "It never ends."),
];

/// A command, and the database that it goes to.
#[derive(Debug, PartialEq)]
struct Command {
    database: String,
    document: Document,
}

/// The columns of every query that is one. Nothing is asked.
pub(crate) fn describe(server: &Server, query: &str) -> Result<Vec<QueryColumn>> {
    command(query, server.default_database())?;
    let column = |name: &str, field_type: FieldType| QueryColumn {
        name: name.to_owned(),
        data_type: field_type.data_type(),
        pg_type: field_type.pg_type(),
    };
    Ok(vec![column(ERROR, FieldType::TEXT), column(DOCUMENT, FieldType::JSONB)])
}

/// The documents that the server answers with. Nothing is asked before the first poll.
pub(crate) fn rows(server: Arc<Server>, request: RunRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { run(&server, &request, &mut sender).await })
}

async fn run(server: &Arc<Server>, request: &RunRequest, sender: &mut BatchSender) -> Result<()> {
    let Command { database, document: command } = command(&request.statement.text, server.default_database())?;
    let message = || format!("could not run a query at data source \"{}\"", server.context.source);
    // A command does not go by the client's own choice of members.
    let members = server.options.read_preference()?;
    let call = |client: Client| async move {
        let database = client.database(&database);
        database.run_cursor_command(command).selection_criteria(members.into()).batch_size(BATCH_ROWS).batch().await
    };
    let cursor = server.ask_for_rows(message(), call).await?;
    let mut batches = Batches::new(Arc::clone(server), cursor, message());
    let options = DecoderOptions::new(&server.context.source, server.options.strict);
    let mut decoder = Decoder::new(request.columns.fields(), &[], &[], options)?;
    let mut rows = 0u64;
    while let Some(batch) = batches.next().await? {
        for value in batch.doc_slices().map_err(|error| failure(server, message(), error))? {
            let value = value.map_err(|error| sample::unreadable(server, message(), error))?;
            let Some(raw): Option<&RawDocument> = value.as_document() else { continue };
            rows += 1;
            decoder.append(&document(raw, &Fields::All), &[], format_args!("row {rows} of a query"))?;
            if decoder.is_full() && !sender.send(decoder.finish()?).await {
                return Ok(());
            }
        }
    }
    if decoder.rows() > 0 {
        // A reader that has left needs no last batch.
        sender.send(decoder.finish()?).await;
    }
    Ok(())
}

/// Reads a command, and refuses what is none that reads.
fn command(text: &str, default_database: &str) -> Result<Command> {
    if text.trim_start().starts_with('[') {
        return Err(no_command("A pipeline does not say which collection it is for.".to_owned()));
    }
    let mut given = extended_json::read(text).map_err(no_command)?;
    let database = match given.remove(DATABASE) {
        None => default_database.to_owned(),
        Some(Bson::String(name)) => name,
        Some(_) => return Err(no_command(format!("Its \"{DATABASE}\" is no name."))),
    };
    let first = given.keys().next().map(String::as_str);
    let Some((name, fields)) = COMMANDS.iter().find(|(name, _)| Some(*name) == first) else {
        return Err(no_command("It begins with neither \"aggregate\" nor \"find\".".to_owned()));
    };
    if let Some(unknown) = given.keys().skip(1).find(|field| !fields.contains(&field.as_str())) {
        return Err(no_command(format!("\"{name}\" is given \"{unknown}\", which it does not have here.")));
    }
    let pipeline = given.get("pipeline");
    if *name == "aggregate" && !matches!(pipeline, Some(Bson::Array(_))) {
        return Err(no_command("Its \"pipeline\" is no array.".to_owned()));
    }
    if let Some((stage, code, why)) = pipeline.and_then(refused_stage) {
        return Err(Error::new(code, format!("a query of a data source cannot have the stage \"{stage}\"")).detail(why));
    }
    let batch = i64::from(BATCH_ROWS);
    match *name {
        "aggregate" => given.insert("cursor", doc! { "batchSize": batch }),
        _ => given.insert("batchSize", batch),
    };
    Ok(Command { database, document: given })
}

/// A stage that is refused, wherever it stands: not every server refuses it within another.
fn refused_stage(value: &Bson) -> Option<(&'static str, Code, &'static str)> {
    match value {
        Bson::Array(items) => items.iter().find_map(refused_stage),
        Bson::Document(fields) => fields.iter().find_map(|(name, value)| {
            let refused = REFUSED_STAGES.into_iter().find(|(stage, ..)| stage == name);
            refused.or_else(|| refused_stage(value))
        }),
        _ => None,
    }
}

fn no_command(detail: String) -> Error {
    invalid("the query is not a command of MongoDB that reads").detail(detail).hint(
        "For example {\"aggregate\": \"orders\", \"pipeline\": [{\"$match\": {\"n\": 1}}]}, or {\"find\": \"orders\", \"filter\": \
         {\"n\": 1}}, with \"$db\" for another database than the first.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_their_order() {
        let text = r#"{"$db": "other", "aggregate": "c", "pipeline": [{"$sort": {"b": -1, "a": 1}}, {"$match": {"_id": {"$oid":
            "65f000000000000000000001"}, "s": {"$regex": "^a", "$options": "i"}}}]}"#;
        let Command { database, document } = command(text, "shop").expect("a command");
        assert_eq!(database, "other");
        assert_eq!(document.keys().collect::<Vec<_>>(), ["aggregate", "pipeline", "cursor"]);
        let stages = document.get_array("pipeline").expect("stages");
        let sort = stages[0].as_document().and_then(|stage| stage.get_document("$sort").ok()).expect("keys");
        assert_eq!(sort.keys().collect::<Vec<_>>(), ["b", "a"]);
        let condition = stages[1].as_document().and_then(|stage| stage.get_document("$match").ok()).expect("a condition");
        assert!(condition.get_object_id("_id").is_ok() && condition.get_document("s").is_ok());
        let found = command(r#"{"find": "c", "filter": {}}"#, "shop").expect("a command");
        assert_eq!(found, Command { database: "shop".to_owned(), document: doc! { "find": "c", "filter": {}, "batchSize": 10_000i64 } });
    }

    #[test]
    fn what_does_not_read_is_refused() {
        for (text, said) in [
            ("", "no JSON"),
            ("5", "no object"),
            (r#"[{"$match": {}}]"#, "which collection"),
            (r#"{"drop": "c"}"#, "begins with neither"),
            (r#"{"pipeline": [], "aggregate": "c"}"#, "begins with neither"),
            (r#"{"aggregate": "c"}"#, "no array"),
            (r#"{"find": "c", "tailable": true}"#, "\"tailable\""),
            (r#"{"find": "c", "$db": 1}"#, "no name"),
            (r#"{"find": "c", "filter": {"a": {"$oid": 1}}}"#, "no extended JSON"),
        ] {
            let error = command(text, "shop").expect_err(text);
            assert_eq!(error.code, Code::InvalidArgument, "{text}");
            assert!(error.detail.as_deref().is_some_and(|detail| detail.contains(said)), "{error:?}");
        }
        for stage in
            [r#"{"$out": "d"}"#, r#"{"$merge": {"into": "d"}}"#, r#"{"$facet": {"x": [{"$out": "d"}]}}"#, r#"{"$changeStream": {}}"#]
        {
            let error = command(&format!(r#"{{"aggregate": "c", "pipeline": [{{"$match": {{}}}}, {stage}]}}"#), "shop").expect_err(stage);
            assert_eq!(error.code, if stage.contains("change") { Code::Unsupported } else { Code::ReadOnly }, "{stage}");
        }
    }
}

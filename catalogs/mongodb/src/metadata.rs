//! Harvests databases and collections.
//!
//! One call lists the databases, one per database its collections. MongoDB tells nothing of the documents of several collections at
//! once, so that each collection costs three more: a sample, its indexes and its size. They run side by side, a few at a time.

use std::sync::Arc;

use arrow::datatypes::DataType;
use bson::{Bson, Document, doc};
use futures::{StreamExt, TryStreamExt, stream};
use spi::connector::Scope;
use spi::documents::{Column, DOCUMENT, ERROR, FieldType, InferredColumn, TableDefinition};
use spi::metadata::{ColumnRow, ConstraintKind, ConstraintRow, Harvest, SchemaRow, TableKind, TableOptionRow, TableRow, ViewRow};
use spi::{Code, Error, Result};

use crate::collection::{Collection, collections};
use crate::definition::Fitting;
use crate::extended_json::write as json;
use crate::index::Id;
use crate::options::SYSTEM_DATABASES;
use crate::recipe::Recipe;
use crate::server::Server;
use crate::{index, sample, validator};

/// Collections that are looked at at a time: as many as leave connections to those who read.
const COLLECTIONS_AT_A_TIME: u32 = 4;

/// The option of a table that says what of its definition is left out, and why.
const DEFINITION_PROBLEM: &str = "definition_problem";

/// Databases whose collections are listed at a time.
const DATABASES_AT_A_TIME: usize = 4;

/// What is known of a collection after it was looked at.
struct Found {
    database: String,
    collection: Collection,
    definition: Option<Arc<TableDefinition>>,
    inferred: Vec<InferredColumn>,
    columns: Vec<Column>,
    key: Vec<String>,
    /// What of the definition is left out, and why.
    problem: Option<Error>,
    schema: validator::Schema,
    indexes: Vec<Document>,
    row_estimate: Option<i64>,
    size_bytes: Option<i64>,
}

/// Pushes all that the scope covers.
pub(crate) async fn harvest(server: &Arc<Server>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let databases = databases(server, scope).await?;
    for database in &databases {
        harvest.schema(SchemaRow { name: database, ..SchemaRow::default() });
    }
    let only = scope.table.as_deref();
    let lists: Vec<_> = databases.iter().map(|database| collections(server, database, only)).collect();
    let listed: Vec<Vec<Collection>> = stream::iter(lists).buffered(DATABASES_AT_A_TIME).try_collect().await?;
    let definitions = harvest.definitions();
    let mut all = Vec::new();
    for (database, listed) in databases.iter().zip(listed) {
        for collection in listed {
            let known = harvest.known(database, &collection.name)?;
            let definition = definitions.get(database, &collection.name).cloned();
            all.push((database, collection, definition, known));
        }
    }
    let at_a_time = COLLECTIONS_AT_A_TIME.min(server.options.connections_max) as usize;
    let looks = all.into_iter().map(|(database, collection, definition, known)| look(server, database, collection, definition, known));
    let looks: Vec<_> = looks.collect();
    let mut found = stream::iter(looks).buffered(at_a_time);
    while let Some(found) = found.try_next().await? {
        push(harvest, &found)?;
    }
    Ok(())
}

/// The databases that the options name, or else all that the login may see, without the server's own.
async fn databases(server: &Server, scope: &Scope) -> Result<Vec<String>> {
    let mut databases = server.options.databases.clone();
    if databases.is_empty() {
        let message = format!("could not list the databases of data source \"{}\"", server.context.source);
        let reply = server.command("admin", doc! { "listDatabases": 1, "nameOnly": true, "authorizedDatabases": true }, message).await?;
        let listed = reply.get_array("databases").into_iter().flatten();
        let names = listed.filter_map(|database| database.as_document()?.get_str("name").ok());
        databases = names.filter(|name| !SYSTEM_DATABASES.contains(name)).map(str::to_owned).collect();
    }
    databases.retain(|database| scope.covers_schema(database));
    databases.sort_unstable();
    databases.dedup();
    Ok(databases)
}

/// `known` is what an earlier harvest has found in the documents of the collection.
async fn look(
    server: &Arc<Server>,
    database: &str,
    collection: Collection,
    definition: Option<Arc<TableDefinition>>,
    known: Vec<InferredColumn>,
) -> Result<Found> {
    let mut fitting = Fitting::new(definition.as_deref());
    let schema = validator::schema(&collection.options);
    let known = validator::with_known(&schema, &known);
    let inferred = match sample::infer(server, database, &collection.name, &fitting.filter, &known).await {
        Ok(inferred) => inferred.columns,
        // A view over something that is gone, or a collection that the login may not read: it is there all the same.
        Err(error) if is_of_one_collection(&error) => known,
        Err(error) => return Err(error),
    };
    let columns = fitting.columns(&inferred);
    let key = fitting.key(&columns);
    let (mut indexes, mut stats) = (Vec::new(), Document::new());
    if !collection.is_view {
        let table = format!("table \"{database}.{}\" of data source \"{}\"", collection.name, server.context.source);
        let listed =
            server.list(database, doc! { "listIndexes": &collection.name }, format!("could not list the indexes of {table}")).await;
        indexes = tolerated(listed)?;
        let counted =
            server.command(database, doc! { "collStats": &collection.name }, format!("could not ask for the size of {table}")).await;
        stats = tolerated(counted)?;
    }
    let number = |name: &str| stats.get(name).and_then(whole);
    let size_bytes = number("totalSize").or_else(|| Some(number("storageSize")? + number("totalIndexSize").unwrap_or(0)));
    // Of those that pass a filter, nobody has counted.
    let row_estimate = number("count").filter(|_| fitting.filter.is_empty());
    let (database, problem) = (database.to_owned(), fitting.problem);
    Ok(Found { database, collection, definition, inferred, columns, key, problem, schema, indexes, row_estimate, size_bytes })
}

/// What the server says of a collection, or nothing where it does not say that of this one.
fn tolerated<T: Default>(answer: Result<T>) -> Result<T> {
    match answer {
        Err(error) if is_of_one_collection(&error) => Ok(T::default()),
        answer => answer,
    }
}

/// Whether an error says nothing about other collections.
fn is_of_one_collection(error: &Error) -> bool {
    matches!(
        error.code,
        Code::Privilege
            | Code::UndefinedTable
            | Code::BadData
            | Code::Unsupported
            | Code::InvalidArgument
            | Code::Cancelled
            | Code::OutOfMemory
    )
}

/// Servers count in whichever type is at hand.
pub(crate) fn whole(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(value) => Some(i64::from(*value)),
        Bson::Int64(value) => Some(*value),
        Bson::Double(value) => Some(*value as i64),
        _ => None,
    }
}

fn push(harvest: &mut Harvest, found: &Found) -> Result<()> {
    let Found { database, collection, definition, inferred, key, problem, schema, .. } = found;
    let definition = definition.as_deref();
    let (database, table) = (database.as_str(), collection.name.as_str());
    harvest.table(TableRow {
        schema: database,
        name: table,
        kind: if collection.is_view { TableKind::View } else { TableKind::Table },
        owner: None,
        comment: definition.and_then(|definition| definition.comment.as_deref()).or(schema.comment.as_deref()),
        row_estimate: found.row_estimate,
        size_bytes: found.size_bytes,
    })?;
    let mut columns = found.columns.clone();
    for column in &mut columns {
        let Some(field) = column.path.0.first().filter(|_| column.path.0.len() == 1) else { continue };
        let is_seen = inferred.iter().any(|inferred| inferred.path == column.path && !inferred.evidence.types.is_empty());
        // What no document has shown is what the schema says.
        if let (false, Some(native_type)) = (is_seen, schema.native_types.get(field)) {
            column.native_type.clone_from(native_type);
        }
        column.comment = column.comment.take().or_else(|| schema.comments.get(field).cloned());
        column.nullable &= !collection.has_unique_ids || field != "_id";
    }
    let mut ordinal = 0;
    let mut push_column = |name: &str, field_type: &FieldType, native_type: &str, nullable, comment: Option<&str>| {
        ordinal += 1;
        let data_type: &DataType = &field_type.data_type();
        let (default, generated, collation) = (None, None, None);
        let pg_type = field_type.pg_type();
        let schema = database;
        harvest.column(ColumnRow {
            schema,
            table,
            name,
            ordinal,
            data_type,
            pg_type,
            native_type,
            nullable,
            default,
            generated,
            collation,
            comment,
        })
    };
    for column in &columns {
        push_column(&column.name, &column.field_type, &column.native_type, column.nullable, column.comment.as_deref())?;
    }
    push_column(ERROR, &FieldType::TEXT, "error", true, Some("What of the document does not fit its columns."))?;
    push_column(DOCUMENT, &FieldType::JSONB, "object", false, Some("The whole document."))?;
    harvest.inferred(database, table, inferred)?;
    let filter = definition.and_then(|definition| definition.filter.clone());
    harvest.recipe(database, table, Recipe::new(&columns, collection.text_order(), filter).write()?)?;
    index::push_key(harvest, database, table, key)?;
    if collection.is_view {
        let definition = collection.view_definition();
        harvest.view(ViewRow { schema: database, name: table, definition: &definition, query: None, updatable: false })?;
    } else {
        let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
        let id = match (collection.has_unique_ids, key.is_empty()) {
            (false, _) => Id::Repeats,
            (true, true) => Id::Primary,
            (true, false) => Id::Unique,
        };
        index::push(harvest, database, table, &found.indexes, &names, id)?;
    }
    push_validator(harvest, database, collection)?;
    // Nobody is there to be told, and no other collection is concerned.
    if let Some(problem) = problem {
        harvest.table_option(TableOptionRow { schema: database, table, name: DEFINITION_PROBLEM, value: &problem.message })?;
    }
    for (name, value) in collection.table_options() {
        harvest.table_option(TableOptionRow { schema: database, table, name: &name, value: &value })?;
    }
    Ok(())
}

/// The validator as a check, in the server's own language.
fn push_validator(harvest: &mut Harvest, database: &str, collection: &Collection) -> Result<()> {
    let Some(validator) = collection.options.get_document("validator").ok().filter(|validator| !validator.is_empty()) else {
        return Ok(());
    };
    harvest.constraint(ConstraintRow {
        schema: database,
        table: &collection.name,
        name: "validator",
        kind: ConstraintKind::Check { expression: &json(Bson::Document(validator.clone())) },
        columns: &[],
        deferrable: false,
        initially_deferred: false,
        comment: None,
    })
}

//! The harvest: what the server says of its indices, where their shards are, and a look into a few documents of each table.
//!
//! Two requests, and one for every 50 tables.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use spi::Result;
use spi::connector::Scope;
use spi::documents::{InferredColumn, TableDefinition};
use spi::metadata::{ColumnRow, Harvest, PartitionRow, SchemaRow, TableKind as RowKind, TableOptionRow, TableRow, ViewRow};

use crate::SCHEMA;
use crate::catalog::{self, Column, ID, Index, Origin, Table, TableKind};
use crate::client::{Client, Request};
use crate::definition::Fitting;
use crate::options::Settings;
use crate::recipe::Recipe;
use crate::sample::{self, Sampled};
use crate::shown::{self, Shown};

/// The option of a table that says what of its definition is left out, and why.
const DEFINITION_PROBLEM: &str = "definition_problem";

/// What is asked of shards.
const SHARD_COLUMNS: &str = "index,shard,prirep,state,docs,store,node";

/// Pushes the metadata of all that the source shows and the scope covers.
pub(crate) async fn harvest(client: &Client, settings: &Settings, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    if !scope.covers_schema(SCHEMA) {
        return Ok(());
    }
    harvest.schema(SchemaRow { name: SCHEMA, owner: None, comment: None });
    // A scope does not show what the options do not.
    let names = settings.indices.as_str();
    let request = Request::get("harvest its metadata", &[names])
        .parameter("expand_wildcards", settings.expand_wildcards())
        .parameter("ignore_unavailable", "true");
    let indices = match client.ask(&request).await {
        Ok(answer) => catalog::indices(answer),
        Err(failure) if failure.is_missing() => Vec::new(),
        Err(failure) => return Err(failure.into_error(client, "read the metadata")),
    };
    let mut tables = catalog::tables(&indices, settings.show_hidden);
    tables.retain(|name, _| scope.covers_table(SCHEMA, name));
    if tables.is_empty() {
        return Ok(());
    }
    let shards = shards(client, names).await?;
    let definitions = harvest.definitions();
    let look = |(name, table)| Looked::new(name, table, settings, definitions.get(SCHEMA, name).map(Arc::as_ref), harvest);
    let looked = tables.iter().map(|(name, table)| look((*name, table))).collect::<Result<Vec<_>>>()?;
    let sampled: Vec<Sampled<'_>> = looked.iter().map(Looked::sampled).collect();
    let mut found = sample::look(client, &sampled, settings.sample_documents).await?;
    let inferred: Vec<Vec<InferredColumn>> = looked.iter().map(|looked| found.remove(looked.name).unwrap_or_default()).collect();
    for (Looked { name, table, mut mapped, mut fitting, .. }, inferred) in looked.into_iter().zip(inferred) {
        sample::mark(&mut mapped, &inferred);
        let columns = fitting.columns(mapped);
        let definition = fitting.definition.as_ref();
        push_table(name, table, &shards, definition, harvest)?;
        push_columns(name, &columns, definition, harvest)?;
        harvest.inferred(SCHEMA, name, &inferred)?;
        harvest.recipe(SCHEMA, name, Recipe::new(&columns, table.kind, definition).write()?)?;
        push_key(name, table, definition, harvest)?;
        // Nobody is there to be told, and no other table is concerned.
        if let Some(problem) = &fitting.problem {
            harvest.table_option(TableOptionRow { schema: SCHEMA, table: name, name: DEFINITION_PROBLEM, value: &problem.message })?;
        }
        push_options(name, table, harvest)?;
    }
    Ok(())
}

/// A table, and what is known of it before its documents are looked into.
struct Looked<'t> {
    name: &'t str,
    table: &'t Table<'t>,
    mapped: Vec<Column>,
    known: Vec<InferredColumn>,
    fitting: Fitting,
    /// Which documents are looked into, if not all are.
    query: Option<Value>,
}

impl<'t> Looked<'t> {
    fn new(
        name: &'t str,
        table: &'t Table<'t>,
        settings: &Settings,
        definition: Option<&TableDefinition>,
        harvest: &Harvest,
    ) -> Result<Self> {
        let (mapped, known) = (table.columns(settings.flatten), harvest.known(SCHEMA, name)?);
        let fitting = Fitting::new(definition);
        let shown = Shown::of(settings, table.indices.iter().copied()).filter(|_| table.kind == TableKind::Alias);
        let query = shown::query(shown.as_ref(), fitting.query.clone());
        Ok(Self { name, table, mapped, known, fitting, query })
    }

    fn sampled(&self) -> Sampled<'_> {
        Sampled {
            table: self.name,
            columns: &self.mapped,
            known: &self.known,
            query: self.query.as_ref(),
            documents_max: self.table.limits().documents,
        }
    }
}

/// A shard, or a copy of one.
struct Shard {
    number: String,
    primary: bool,
    state: String,
    node: Option<String>,
    documents: Option<i64>,
    bytes: Option<i64>,
}

/// The shards by index. None where the login may not see them.
async fn shards(client: &Client, names: &str) -> Result<HashMap<String, Vec<Shard>>> {
    let request = Request::get("harvest its metadata", &["_cat", "shards", names])
        .parameter("format", "json")
        .parameter("bytes", "b")
        .parameter("h", SHARD_COLUMNS);
    let answer = match client.ask(&request).await {
        Ok(answer) => answer,
        Err(failure) if failure.is_unanswerable() => return Ok(HashMap::new()),
        Err(failure) => return Err(failure.into_error(client, "read the metadata")),
    };
    let mut shards: HashMap<String, Vec<Shard>> = HashMap::new();
    for row in answer.as_array().into_iter().flatten() {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        let number = |name: &str| row[name].as_str()?.parse().ok();
        let shard = Shard {
            number: text("shard").unwrap_or_default(),
            primary: row["prirep"].as_str() == Some("p"),
            state: text("state").unwrap_or_default(),
            node: text("node"),
            documents: number("docs"),
            bytes: number("store"),
        };
        shards.entry(text("index").unwrap_or_default()).or_default().push(shard);
    }
    shards.values_mut().for_each(|shards| shards.sort_by(|one, other| one.number.cmp(&other.number).then(other.primary.cmp(&one.primary))));
    Ok(shards)
}

fn push_table(
    name: &str,
    table: &Table<'_>,
    shards: &HashMap<String, Vec<Shard>>,
    definition: Option<&TableDefinition>,
    harvest: &mut Harvest,
) -> Result<()> {
    let primaries = || table.indices.iter().flat_map(|index| shards.get(&index.name).into_iter().flatten()).filter(|shard| shard.primary);
    let is_defined = definition.is_some_and(|definition| definition.filter.is_some());
    let is_filtered =
        is_defined || table.indices.iter().any(|index| !index.aliases.get(name).is_none_or(|alias| alias["filter"].is_null()));
    let sum = |number: fn(&Shard) -> Option<i64>| primaries().map(number).reduce(|sum, one| Some(sum? + one?)).flatten();
    let kind = match table.kind {
        TableKind::Alias => RowKind::View,
        TableKind::DataStream => RowKind::PartitionedTable,
        TableKind::Index if primaries().count() > 1 => RowKind::PartitionedTable,
        TableKind::Index => RowKind::Table,
    };
    harvest.table(TableRow {
        schema: SCHEMA,
        name,
        kind,
        owner: None,
        comment: definition.and_then(|definition| definition.comment.as_deref()),
        row_estimate: sum(|shard| shard.documents).filter(|_| !is_filtered),
        size_bytes: sum(|shard| shard.bytes).filter(|_| table.kind != TableKind::Alias),
    })?;
    if table.kind == TableKind::Alias {
        let definition = alias_definition(name, table).to_string();
        return harvest.view(ViewRow { schema: SCHEMA, name, definition: &definition, query: None, updatable: false });
    }
    let shards = table.indices.iter().flat_map(|index| shards.get(&index.name).into_iter().flatten().map(move |shard| (index, shard)));
    for (index, shard) in shards.filter(|(_, shard)| shard.primary) {
        push_partition(name, table.kind, index, shard, harvest)?;
    }
    Ok(())
}

fn push_partition(table: &str, kind: TableKind, index: &Index, shard: &Shard, harvest: &mut Harvest) -> Result<()> {
    let name = match kind {
        TableKind::DataStream => format!("{}/{}", index.name, shard.number),
        _ => shard.number.clone(),
    };
    harvest.partition(PartitionRow {
        schema: SCHEMA,
        table,
        name: &name,
        method: "hash",
        expression: "_routing",
        description: &format!("shard {} of index {}, {}", shard.number, index.name, shard.state.to_lowercase()),
        location: shard.node.as_deref(),
        row_estimate: shard.documents,
        size_bytes: shard.bytes,
    })
}

/// Which documents an alias means.
fn alias_definition(name: &str, table: &Table<'_>) -> Value {
    let of_index = |index: &&Index| match index.aliases.get(name).map(|alias| &alias["filter"]) {
        Some(filter) if !filter.is_null() => json!({"index": index.name, "filter": filter}),
        _ => json!({"index": index.name}),
    };
    json!({"alias": name, "indices": table.indices.iter().map(of_index).collect::<Vec<_>>()})
}

fn push_columns(table: &str, columns: &[Column], definition: Option<&TableDefinition>, harvest: &mut Harvest) -> Result<()> {
    // Nobody but the operator promises anything of a field.
    let promised = definition.into_iter().flat_map(|definition| &definition.columns).filter(|column| !column.nullable);
    let promised: Vec<&str> = promised.map(|column| column.name.as_str()).collect();
    for (ordinal, column) in (1..).zip(columns) {
        let field_type = column.field_type();
        let (native, comment) = match &column.origin {
            Origin::Id => ("_id", Some("The document's identity within its index.")),
            Origin::Index => ("_index", Some("The document's index.")),
            Origin::Field(field) => (field.native.as_str(), field.comment.as_deref()),
            Origin::Error => ("text", Some("Which values do not fit their columns, and why.")),
            Origin::Document => ("_source", Some("The whole document.")),
        };
        harvest.column(ColumnRow {
            schema: SCHEMA,
            table,
            name: &column.name,
            ordinal,
            data_type: &field_type.data_type(),
            pg_type: field_type.pg_type(),
            native_type: native,
            nullable: !matches!(column.origin, Origin::Id | Origin::Index) && !promised.contains(&column.name.as_str()),
            default: None,
            generated: None,
            collation: None,
            comment,
        })?;
    }
    Ok(())
}

/// The defined key, or else a document's identity: it is one within its index, unless documents are routed by something else.
fn push_key(table: &str, found: &Table<'_>, definition: Option<&TableDefinition>, harvest: &mut Harvest) -> Result<()> {
    let is_routed = |index: &&Index| index.mappings["_routing"]["required"].as_bool() == Some(true);
    let columns: Vec<&str> = match definition.filter(|definition| !definition.key.is_empty()) {
        Some(definition) => definition.key.iter().map(String::as_str).collect(),
        None if found.kind != TableKind::Index || found.indices.iter().any(is_routed) => return Ok(()),
        None => vec![ID],
    };
    harvest.primary_key(SCHEMA, table, "hash", &columns)
}

/// What it is, and an index's settings under their dotted names.
fn push_options(table: &str, found: &Table<'_>, harvest: &mut Harvest) -> Result<()> {
    let indices: Vec<&str> = found.indices.iter().map(|index| index.name.as_str()).collect();
    let mut options = vec![("type".to_owned(), found.kind.name().to_owned())];
    match (found.kind, &found.indices[..]) {
        (TableKind::Index, [index]) => {
            settings_of("index", &index.settings["index"], &mut options);
            let aliases: Vec<&str> = index.aliases.keys().map(String::as_str).collect();
            if !aliases.is_empty() {
                options.push(("aliases".to_owned(), aliases.join(",")));
            }
            if let Some(dynamic) = index.mappings.get("dynamic") {
                options.push(("dynamic".to_owned(), plain(dynamic)));
            }
        }
        _ => options.push(("indices".to_owned(), indices.join(","))),
    }
    for (name, value) in &options {
        harvest.table_option(TableOptionRow { schema: SCHEMA, table, name, value })?;
    }
    Ok(())
}

fn settings_of(name: &str, value: &Value, options: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(member, value)| settings_of(&format!("{name}.{member}"), value, options)),
        Value::Null => {}
        value => options.push((name.to_owned(), plain(value))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

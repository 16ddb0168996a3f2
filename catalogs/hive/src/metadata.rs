//! Databases, tables, views and their columns, for the snapshot.
//!
//! The names of all tables are one question; the tables themselves come in pages, as many at a time as there are connections. Each
//! database costs one more question, for its comment and owner. Where the metastore announces its changes, only what has changed is asked
//! for, and the rest is taken over from the harvest before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use hive_metastore::{Database, Table};
use pilota::FastStr;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{ColumnRow, Harvest, SchemaMetadata, SchemaRow, TableKind, TableOptionRow, TableRow, ViewRow};

use crate::changes::{self, Name};
use crate::client::Client;
use crate::failure::Failure;
use crate::options::Settings;
use crate::partitions::Partitioned;
use crate::rota::Rota;
use crate::{explain, format, hive_type, keys, partition_lists, questions, view};

/// A page of tables takes a metastore some seconds, and its answer is some megabytes.
const TABLES_PER_PAGE: usize = 1000;

/// Parts of the names of parameters whose values nobody may see: passwords of other databases, keys of object stores.
const SECRET_PARAMETERS: [&str; 10] =
    ["pass", "pwd", "secret", "token", "credential", "jaas", "access.key", "access_key", "accesskey", "account.key"];

pub(crate) async fn harvest(client: &Client, settings: &Settings, rota: &Rota, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let changed = match harvest.earlier_fingerprint().map(str::to_owned) {
        Some(fingerprint) => changes::since(client, &fingerprint).await?,
        None => None,
    };
    let databases = match changed {
        // Changes of databases are changes of everything.
        Some(_) => keep_databases(harvest),
        None => push_databases(client, settings, scope, harvest).await?,
    };
    let names = tables_by_database(client, &databases, scope).await?;
    let count = names.values().map(Vec::len).sum();
    if *scope == Scope::default() {
        rota.retain(|(database, table)| names.get(database).is_some_and(|tables| tables.iter().any(|name| name == table.as_str())));
    }
    let (names, kept_partitioned) = match &changed {
        Some(changed) => keep_unchanged(settings, rota, changed, names, harvest)?,
        None => (names, 0),
    };
    let pages_of = |(database, names): (&String, &Vec<FastStr>)| -> Vec<(String, Vec<FastStr>)> {
        names.chunks(TABLES_PER_PAGE).map(|page| (database.clone(), page.to_vec())).collect()
    };
    let pages: Vec<(String, Vec<FastStr>)> = names.iter().flat_map(pages_of).collect();
    let mut pages = stream::iter(pages)
        .map(|(database, page): (String, Vec<FastStr>)| async move {
            let tables = not_gone(questions::tables(client, &database, &page).await)?;
            Ok((database, tables))
        })
        .buffer_unordered(settings.pages_at_once);
    let mut found: BTreeMap<String, Vec<FastStr>> = BTreeMap::new();
    let mut partitioned = Vec::new();
    while let Some((database, tables)) =
        pages.try_next().await.map_err(|failure: Failure| failure.into_error(client, "read the tables of"))?
    {
        for table in &tables {
            let Some(name) = &table.table_name else { continue };
            push_table(&database, name, table, harvest)?;
            found.entry(database.clone()).or_default().push(name.clone());
            if kind(table) == TableKind::PartitionedTable {
                partitioned.push(Partitioned::new(&database, name, table));
            }
        }
    }
    drop(pages);
    keys::harvest(client, settings, scope, (&found, count), harvest).await?;
    if let Some(changed) = changed.filter(|_| settings.partitions) {
        rota.changed(partitioned.iter().map(Partitioned::name).filter(|name| changed.contains(name)));
    }
    partition_lists::harvest(client, settings, rota, scope, (partitioned, kept_partitioned), harvest).await
}

/// The databases as an earlier harvest saw them.
fn keep_databases(harvest: &mut Harvest) -> BTreeSet<String> {
    let earlier = harvest.earlier();
    for SchemaMetadata { name, owner, comment, .. } in earlier.iter().map(Arc::as_ref) {
        harvest.schema(SchemaRow { name, owner: owner.as_deref(), comment: comment.as_deref() });
    }
    earlier.iter().map(|schema| schema.name.clone()).collect()
}

async fn push_databases(client: &Client, settings: &Settings, scope: &Scope, harvest: &mut Harvest) -> Result<BTreeSet<String>> {
    let databases = databases(client, settings, scope).await?;
    for database in &databases {
        push_database(database, harvest);
    }
    Ok(databases.into_iter().filter_map(|database| database.name).map(|name| name.to_string()).collect())
}

/// Takes over the tables that have not changed, and gives the names of those that are to be asked for: besides those that have, the next
/// whose partitions wait for being listed. Says how many of the tables that were taken over are partitioned.
fn keep_unchanged(
    settings: &Settings,
    rota: &Rota,
    changed: &BTreeSet<Name>,
    names: BTreeMap<String, Vec<FastStr>>,
    harvest: &mut Harvest,
) -> Result<(BTreeMap<String, Vec<FastStr>>, usize)> {
    let waiting = rota.waiting();
    let mut unlisted_max = if settings.partitions { settings.partition_requests_max } else { 0 };
    let mut kept_partitioned = 0;
    let mut asked = BTreeMap::new();
    let earlier = harvest.earlier();
    for (database, names) in names {
        let schema = earlier.iter().find(|schema| schema.name == database);
        let is_kept = |table: &FastStr| -> bool {
            let Some((schema, row)) = schema.and_then(|schema| Some((schema, schema.table(table)?))) else { return false };
            let name = (database.clone(), table.to_string());
            if changed.contains(&name) || waiting.contains(&name) {
                return false;
            }
            let is_next = unlisted_max > 0 && partition_lists::is_unlisted(schema, row);
            unlisted_max -= usize::from(is_next);
            kept_partitioned += usize::from(!is_next && partition_lists::is_partitioned(schema, row));
            !is_next
        };
        let (kept, others): (Vec<FastStr>, Vec<FastStr>) = names.into_iter().partition(is_kept);
        if !kept.is_empty() {
            harvest.keep_tables(&database, &kept.iter().map(FastStr::as_str).collect::<Vec<_>>())?;
        }
        if !others.is_empty() {
            asked.insert(database, others);
        }
    }
    Ok((asked, kept_partitioned))
}

/// What was asked for; nothing, if somebody has dropped it meanwhile.
fn not_gone<T: Default>(answer: Result<T, Failure>) -> Result<T, Failure> {
    match answer {
        Err(failure) if failure.is_missing() => Ok(T::default()),
        answer => answer,
    }
}

/// The databases of the scope.
async fn databases(client: &Client, settings: &Settings, scope: &Scope) -> Result<Vec<Database>> {
    let names = questions::database_names(client).await.map_err(|failure| failure.into_error(client, "list the databases of"))?;
    let names = names.into_iter().filter(|name| scope.covers_schema(name));
    let read = |name: FastStr| async move {
        let database = questions::database(client, &name).await;
        not_gone(database.map(|database| Some(Database { name: Some(name), ..database })))
    };
    let databases: Result<Vec<_>, Failure> = stream::iter(names).map(read).buffered(settings.pages_at_once).try_collect().await;
    Ok(databases.map_err(|failure| failure.into_error(client, "read the databases of"))?.into_iter().flatten().collect())
}

/// The names of the tables of the scope.
async fn tables_by_database(client: &Client, databases: &BTreeSet<String>, scope: &Scope) -> Result<BTreeMap<String, Vec<FastStr>>> {
    // A name in lower case is also the pattern that means it.
    let pattern = scope.schema.as_deref().unwrap_or("*");
    let tables = questions::table_names(client, pattern).await.map_err(|failure| failure.into_error(client, "list the tables of"))?;
    let mut names: BTreeMap<String, Vec<FastStr>> = BTreeMap::new();
    for table in tables {
        if databases.contains(table.db_name.as_str()) && scope.covers_table(&table.db_name, &table.table_name) {
            names.entry(table.db_name.to_string()).or_default().push(table.table_name);
        }
    }
    Ok(names)
}

fn push_database(database: &Database, harvest: &mut Harvest) {
    let name = database.name.as_deref().unwrap_or_default();
    let comment = database.description.as_deref().filter(|comment| !comment.is_empty());
    harvest.schema(SchemaRow { name, owner: database.owner_name.as_deref(), comment });
}

pub(crate) fn kind(table: &Table) -> TableKind {
    match table.table_type.as_deref() {
        Some("VIRTUAL_VIEW") => TableKind::View,
        Some("MATERIALIZED_VIEW") => TableKind::MaterializedView,
        _ if table.partition_keys.as_ref().is_some_and(|keys| !keys.is_empty()) => TableKind::PartitionedTable,
        _ => TableKind::Table,
    }
}

fn push_table(schema: &str, name: &str, table: &Table, harvest: &mut Harvest) -> Result<()> {
    let number = |parameter| format::parameter(table, parameter).and_then(|number| number.parse().ok()).filter(|number: &i64| *number >= 0);
    harvest.table(TableRow {
        schema,
        name,
        kind: kind(table),
        owner: table.owner.as_deref().filter(|owner| !owner.is_empty()),
        comment: format::parameter(table, "comment").filter(|comment| !comment.is_empty()),
        row_estimate: number("numRows"),
        size_bytes: number("totalSize"),
    })?;
    let columns = table.sd.iter().flat_map(|storage| storage.cols.iter().flatten()).map(|column| (column, false));
    let keys = table.partition_keys.iter().flatten().map(|key| (key, true));
    for (place, (column, is_key)) in columns.chain(keys).enumerate() {
        let declared = column.r#type.as_deref().unwrap_or_default();
        let native_type = if is_key { declared } else { format::native_type(table, declared) };
        let hive_type::ColumnType { data_type, pg_type } = hive_type::parse(native_type);
        harvest.column(ColumnRow {
            schema,
            table: name,
            name: column.name.as_deref().unwrap_or_default(),
            ordinal: place as i32 + 1,
            data_type: &data_type,
            pg_type,
            native_type,
            nullable: true,
            default: None,
            generated: None,
            collation: None,
            comment: column.comment.as_deref().filter(|comment| !comment.is_empty()),
        })?;
    }
    if matches!(kind(table), TableKind::View | TableKind::MaterializedView) {
        let text = [&table.view_expanded_text, &table.view_original_text].into_iter().flatten().find(|text| !text.is_empty());
        // A materialized view has rows of its own.
        let query = (kind(table) == TableKind::View).then_some(table.view_expanded_text.as_deref()).flatten().map(view::query);
        let query = query.and_then(Result::ok);
        let definition = text.map_or("", FastStr::as_str);
        harvest.view(ViewRow { schema, name, definition, query: query.as_deref(), updatable: false })?;
    }
    harvest.recipe(schema, name, explain::recipe(table))?;
    push_options(schema, name, table, harvest)
}

/// What the metastore knows of the table's storage, and its parameters.
fn push_options(schema: &str, name: &str, table: &Table, harvest: &mut Harvest) -> Result<()> {
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let serde = table.sd.as_ref().and_then(|storage| storage.serde_info.as_ref());
    let serde_parameters = serde.and_then(|serde| serde.parameters.as_ref()).into_iter().flatten();
    for (name, value) in table.parameters.iter().flatten().chain(serde_parameters) {
        if !is_secret(name, value) && name != "comment" {
            options.insert(name.to_string(), value.to_string());
        }
    }
    let mut known = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            options.insert(name.to_owned(), value.to_owned());
        }
    };
    known("type", table.table_type.as_deref());
    if let Some(storage) = &table.sd {
        known("location", storage.location.as_deref().map(without_login).as_deref());
        known("input_format", storage.input_format.as_deref());
        known("output_format", storage.output_format.as_deref());
        known("serde", serde.and_then(|serde| serde.serialization_lib.as_deref()));
        if let Some(columns) = storage.bucket_cols.as_ref().filter(|columns| !columns.is_empty()) {
            known("bucket_columns", Some(&columns.join(", ")));
            known("buckets", storage.num_buckets.map(|buckets| buckets.to_string()).as_deref());
        }
    }
    if !matches!(kind(table), TableKind::View) {
        known("format", Some(format::name(table)));
        // Why a table cannot be read is said before somebody tries.
        known("unreadable", format::of(table).err().as_deref());
    }
    for (option, value) in &options {
        harvest.table_option(TableOptionRow { schema, table: name, name: option, value })?;
    }
    Ok(())
}

/// An address without the name and the key that may stand before its host: `s3a://key:secret@bucket/path`.
pub(crate) fn without_login(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{}", &rest[authority.len()..]),
        None => address.to_owned(),
    }
}

/// Whether nobody may see a parameter: for its name, or because its value is an address with a login in it.
fn is_secret(name: &str, value: &str) -> bool {
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    let authority = value.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
    SECRET_PARAMETERS.iter().any(|part| name.contains(part))
        || value.contains("password=")
        || authority.is_some_and(|authority| authority.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_name_and_in_addresses() {
        for (name, value) in [
            ("es.net.http.auth.pass", "x"),
            ("fs.s3a.accessKey", "x"),
            ("fs.azure.account.key.store", "x"),
            ("hive.sql.jdbc.url", "jdbc:mysql://db/shop?user=a&Password=b"),
            ("mongo.uri", "mongodb://ann:secret@db/shop"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        assert!(!is_secret("kafka.bootstrap.servers", "kafka1:9092") && !is_secret("path", "s3://bucket/a@b"));
        assert_eq!(without_login("s3a://key:secret@bucket/a@b"), "s3a://bucket/a@b");
        assert_eq!(without_login("file:/warehouse"), "file:/warehouse");
    }
}

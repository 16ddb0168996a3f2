//! Primary and foreign keys. Hive does not enforce them.
//!
//! The foreign keys of all tables are one question. For primary keys the protocol only has a question per table: it is asked up to a
//! number of tables that the options say. Those that foreign keys refer to are known without.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use pilota::FastStr;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, ReferentialAction};

use crate::client::Client;
use crate::failure::Failure;
use crate::options::Settings;
use crate::questions;

/// Columns of a key by their place.
type Columns = BTreeMap<i32, FastStr>;

/// Primary keys by database and table: the constraint's name, and its columns.
type PrimaryKeys = BTreeMap<(FastStr, FastStr), (FastStr, Columns)>;

/// A foreign key: columns of the table, and those they refer to.
#[derive(Default)]
struct ForeignKey {
    referenced: (FastStr, FastStr),
    columns: Columns,
    referenced_columns: Columns,
}

/// Pushes the keys of the tables that were found, of so many in all.
pub(crate) async fn harvest(
    client: &Client,
    settings: &Settings,
    scope: &Scope,
    (found, tables): (&BTreeMap<String, Vec<FastStr>>, usize),
    harvest: &mut Harvest,
) -> Result<()> {
    let is_found = |database: &str, table: &FastStr| found.get(database).is_some_and(|tables| tables.contains(table));
    let foreign_keys = optional(questions::foreign_keys(client, scope).await);
    let foreign_keys = foreign_keys.map_err(|failure| failure.into_error(client, "read the foreign keys of"))?;
    let mut primary_keys = PrimaryKeys::new();
    let mut by_name: BTreeMap<(FastStr, FastStr, FastStr), ForeignKey> = BTreeMap::new();
    for part in foreign_keys {
        let text = |text: &Option<FastStr>| text.clone().unwrap_or_default();
        let (table, referenced) = ((text(&part.fktable_db), text(&part.fktable_name)), (text(&part.pktable_db), text(&part.pktable_name)));
        let place = part.key_seq.unwrap_or_default();
        if part.pk_name.is_some() {
            let key = primary_keys.entry(referenced.clone()).or_insert_with(|| (text(&part.pk_name), Columns::new()));
            if key.0 == text(&part.pk_name) {
                key.1.insert(place, text(&part.pkcolumn_name));
            }
        }
        let key = by_name.entry((table.0, table.1, text(&part.fk_name))).or_default();
        key.referenced = referenced;
        key.columns.insert(place, text(&part.fkcolumn_name));
        key.referenced_columns.insert(place, text(&part.pkcolumn_name));
    }
    if tables <= settings.primary_keys_max {
        let asked = asked_for(client, settings, found).await;
        primary_keys.extend(asked.map_err(|failure| failure.into_error(client, "read the primary keys of"))?);
    }
    for ((database, table), (name, columns)) in &primary_keys {
        if is_found(database, table) {
            push(harvest, (database, table), name, ConstraintKind::PrimaryKey, columns)?;
        }
    }
    for ((database, table, name), key) in &by_name {
        if is_found(database, table) {
            let referenced_columns: Vec<&str> = key.referenced_columns.values().map(FastStr::as_str).collect();
            let kind = ConstraintKind::ForeignKey {
                referenced_schema: &key.referenced.0,
                referenced_table: &key.referenced.1,
                referenced_columns: &referenced_columns,
                on_update: ReferentialAction::NoAction,
                on_delete: ReferentialAction::NoAction,
            };
            push(harvest, (database, table), name, kind, &key.columns)?;
        }
    }
    Ok(())
}

fn push(harvest: &mut Harvest, (schema, table): (&str, &str), name: &str, kind: ConstraintKind<'_>, columns: &Columns) -> Result<()> {
    let columns: Vec<&str> = columns.values().map(FastStr::as_str).collect();
    let (deferrable, initially_deferred) = (false, false);
    harvest.constraint(ConstraintRow { schema, table, name, kind, columns: &columns, deferrable, initially_deferred, comment: None })
}

/// The primary keys of tables, each asked for.
async fn asked_for(client: &Client, settings: &Settings, found: &BTreeMap<String, Vec<FastStr>>) -> Result<PrimaryKeys, Failure> {
    let tables: Vec<(FastStr, FastStr)> =
        found.iter().flat_map(|(database, tables)| tables.iter().map(move |table| (FastStr::new(database), table.clone()))).collect();
    let read = |(database, table): (FastStr, FastStr)| async move {
        let parts = optional(questions::primary_key(client, &database, &table).await)?;
        let name = parts.first().and_then(|part| part.pk_name.clone());
        let columns: Columns = parts.into_iter().filter_map(|part| Some((part.key_seq?, part.column_name?))).collect();
        Ok::<_, Failure>(name.map(|name| ((database, table), (name, columns))))
    };
    let keys: Vec<Option<_>> = stream::iter(tables).map(read).buffered(settings.pages_at_once).try_collect().await?;
    Ok(keys.into_iter().flatten().collect())
}

/// Keys are there to be shown: a metastore that knows none, or lets nobody see them, is read without.
fn optional<T>(answer: Result<Vec<T>, Failure>) -> Result<Vec<T>, Failure> {
    match answer {
        Err(failure) if failure.is_refusal() => Ok(Vec::new()),
        answer => answer,
    }
}

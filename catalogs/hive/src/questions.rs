//! The questions that the metastore is asked. All of them are known to versions 2.3 to 4.
//!
//! Deliberately not asked: `get_table` and `get_table_objects_by_name`, which version 4 no longer has, and `get_tables`, for which it
//! loads every table.

use hive_metastore::*;
use pilota::FastStr;
use spi::connector::Scope;

use crate::client::Client;
use crate::failure::{Failure, said, unanswered};

/// Tells who we are.
pub(crate) async fn introduce(metastore: ThriftHiveMetastoreClient, username: &str) -> Result<(), Failure> {
    said(metastore.set_ugi(FastStr::new(username), Vec::new()).await).map(|_| ())
}

pub(crate) async fn database_names(client: &Client) -> Result<Vec<FastStr>, Failure> {
    client.ask("list the databases", |metastore| async move { said(metastore.get_all_databases().await) }).await
}

pub(crate) async fn database(client: &Client, name: &str) -> Result<Database, Failure> {
    let name = FastStr::new(name);
    client
        .ask("read a database", |metastore| {
            let name = name.clone();
            async move { said(metastore.get_database(name).await) }
        })
        .await
}

/// The names of the tables of all databases, or of the one that the pattern means.
pub(crate) async fn table_names(client: &Client, database: &str) -> Result<Vec<TableMeta>, Failure> {
    let database = FastStr::new(database);
    client
        .ask("list the tables", |metastore| {
            let database = database.clone();
            async move { said(metastore.get_table_meta(database, FastStr::from_static_str("*"), Vec::new()).await) }
        })
        .await
}

/// Without it the metastore refuses a whole page for one table that only takes inserts. Of those the metadata is read; reading their files
/// is refused here.
fn capabilities() -> Option<ClientCapabilities> {
    const INSERT_ONLY_TABLES: i32 = 2;
    Some(ClientCapabilities { values: vec![ClientCapability::from(INSERT_ONLY_TABLES)] })
}

/// The tables of these names, without those that are gone.
pub(crate) async fn tables(client: &Client, database: &str, names: &[FastStr]) -> Result<Vec<Table>, Failure> {
    let request = GetTablesRequest { db_name: FastStr::new(database), tbl_names: Some(names.to_vec()), capabilities: capabilities() };
    let answer = client.ask("read tables", |metastore| {
        let request = request.clone();
        async move { said(metastore.get_table_objects_by_name_req(request).await) }
    });
    Ok(answer.await?.tables)
}

pub(crate) async fn table(client: &Client, database: &str, name: &str) -> Result<Table, Failure> {
    let request = GetTableRequest { db_name: FastStr::new(database), tbl_name: FastStr::new(name), capabilities: capabilities() };
    let answer = client.ask("read a table", |metastore| {
        let request = request.clone();
        async move { said(metastore.get_table_req(request).await) }
    });
    Ok(answer.await?.table)
}

/// The names of a table's partitions, `key=value/key=value`.
pub(crate) async fn partition_names(client: &Client, database: &str, table: &str) -> Result<Vec<FastStr>, Failure> {
    let (database, table) = (FastStr::new(database), FastStr::new(table));
    client
        .ask("list partitions", |metastore| {
            let (database, table) = (database.clone(), table.clone());
            async move { said(metastore.get_partition_names(database, table, -1).await) }
        })
        .await
}

/// The first partitions of a table, so many at most.
pub(crate) async fn first_partitions(client: &Client, database: &str, table: &str, max: i16) -> Result<Vec<Partition>, Failure> {
    let (database, table) = (FastStr::new(database), FastStr::new(table));
    client
        .ask("read partitions", |metastore| {
            let (database, table) = (database.clone(), table.clone());
            async move { said(metastore.get_partitions(database, table, max).await).map(without_columns) }
        })
        .await
}

/// Each partition comes with all columns of its table, which are most of its size and are never looked at.
fn without_columns(mut partitions: Vec<Partition>) -> Vec<Partition> {
    for storage in partitions.iter_mut().filter_map(|partition| partition.sd.as_mut()) {
        storage.cols = None;
    }
    partitions
}

/// The partitions of these names, without those that are gone.
pub(crate) async fn partitions(client: &Client, database: &str, table: &str, names: &[FastStr]) -> Result<Vec<Partition>, Failure> {
    let (database, table) = (FastStr::new(database), FastStr::new(table));
    client
        .ask("read partitions", |metastore| {
            let (database, table, names) = (database.clone(), table.clone(), names.to_vec());
            async move { said(metastore.get_partitions_by_names(database, table, names).await).map(without_columns) }
        })
        .await
}

/// The partitions that fulfil a filter in the metastore's own language, so many at most.
pub(crate) async fn partitions_by_filter(
    client: &Client,
    database: &str,
    table: &str,
    filter: &str,
    max: i16,
) -> Result<Vec<Partition>, Failure> {
    let (database, table, filter) = (FastStr::new(database), FastStr::new(table), FastStr::new(filter));
    client
        .ask("find partitions", |metastore| {
            let (database, table, filter) = (database.clone(), table.clone(), filter.clone());
            async move { said(metastore.get_partitions_by_filter(database, table, filter, max).await).map(without_columns) }
        })
        .await
}

pub(crate) async fn primary_key(client: &Client, database: &str, table: &str) -> Result<Vec<SqlPrimaryKey>, Failure> {
    let request = PrimaryKeysRequest { db_name: FastStr::new(database), tbl_name: FastStr::new(table) };
    let answer = client.ask("read a primary key", |metastore| {
        let request = request.clone();
        async move { said(metastore.get_primary_keys(request).await) }
    });
    Ok(answer.await?.primary_keys)
}

/// The foreign keys of the scope's tables.
pub(crate) async fn foreign_keys(client: &Client, scope: &Scope) -> Result<Vec<SqlForeignKey>, Failure> {
    let request = ForeignKeysRequest {
        parent_db_name: None,
        parent_tbl_name: None,
        foreign_db_name: scope.schema.as_deref().map(FastStr::new),
        foreign_tbl_name: scope.table.as_deref().map(FastStr::new),
    };
    let answer = client.ask("read foreign keys", |metastore| {
        let request = request.clone();
        async move { said(metastore.get_foreign_keys(request).await) }
    });
    Ok(answer.await?.foreign_keys)
}

/// The number of the latest change that the metastore announces; 0 where it announces none.
pub(crate) async fn latest_event(client: &Client) -> Result<i64, Failure> {
    let asked =
        client.ask("look for changes", |metastore| async move { metastore.get_current_notification_event_id().await.map_err(unanswered) });
    Ok(asked.await?.event_id)
}

/// What the metastore announced after the event of this number, so many events at most.
pub(crate) async fn events_since(client: &Client, last_event: i64, max: i32) -> Result<Vec<NotificationEvent>, Failure> {
    let request = NotificationEventRequest { last_event, max_events: Some(max) };
    let asked = client.ask("read changes", |metastore| {
        let request = request.clone();
        async move { metastore.get_next_notification(request).await.map_err(unanswered) }
    });
    Ok(asked.await?.events)
}

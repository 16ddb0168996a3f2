//! What the cluster is, as rows of metadata.

use std::sync::Arc;

use spi::connector::Scope;
use spi::documents::{Column, TableDefinitions};
use spi::metadata::{ColumnRow, Harvest, PartitionRow, SchemaRow, TableKind, TableOptionRow, TableRow};
use spi::{Code, Result};

use crate::SCHEMA;
use crate::client::Client;
use crate::cluster::Cluster;
use crate::declared::{self, Asked};
use crate::definition::Fitting;
use crate::groups;
use crate::layout::{KEY, Layout};
use crate::options::KafkaOptions;
use crate::sample::{self, Seen};
use crate::topics::{self, Partition, Topic};

/// The option of a table that says what of its definition is left out, and why.
const DEFINITION_PROBLEM: &str = "definition_problem";

/// Pushes the metadata of the scope.
pub(crate) async fn harvest(cluster: &Arc<Cluster>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    if !scope.covers_schema(SCHEMA) {
        return Ok(());
    }
    let definitions = harvest.definitions();
    harvest.schema(SchemaRow { name: SCHEMA, ..SchemaRow::default() });
    let topics = {
        let (scope, definitions) = (scope.clone(), Arc::clone(&definitions));
        cluster.with_client("read the metadata".to_owned(), move |client| find(client, &scope, &definitions)).await?
    };
    let has_own_groups = topics.iter().any(|topic| topic.name == groups::TABLE);
    let fittings: Vec<Fitting<'_>> = topics.iter().map(|topic| fitting(topic, &definitions, &cluster.options)).collect();
    let asked = topics.iter().zip(&fittings);
    let asked: Vec<Asked<'_>> =
        asked.map(|(topic, fitting)| Asked { topic: &topic.name, format: fitting.form.format, seen: &topic.seen }).collect();
    let mut declared = declared::of(cluster, &asked).await?;
    for (mut topic, mut fitting) in topics.into_iter().zip(fittings) {
        let known = harvest.known(SCHEMA, &topic.name)?;
        let declared = declared.remove(&topic.name);
        let bytes_of_message = topic.seen.bytes_of_message();
        let seen = std::mem::replace(&mut topic.seen, Seen::new(cluster.options.flatten));
        let (layout, inferred) = seen.layout(&fitting.form, fitting.definition, &known, declared.as_ref())?;
        push(&topic, &layout, &mut fitting, bytes_of_message, harvest)?;
        for (name, value) in declared.into_iter().flat_map(|declared| declared.options) {
            harvest.table_option(TableOptionRow { schema: SCHEMA, table: &topic.name, name, value: &value })?;
        }
        harvest.inferred(SCHEMA, &topic.name, &inferred)?;
        harvest.recipe(SCHEMA, &topic.name, layout.recipe()?)?;
    }
    // A topic of that name would be hidden by the table.
    if !has_own_groups && scope.covers_table(SCHEMA, groups::TABLE) {
        groups::push(harvest)?;
    }
    Ok(())
}

fn find(client: &Client, scope: &Scope, definitions: &TableDefinitions) -> Result<Vec<Topic>> {
    let (what, options) = ("read the metadata", &client.cluster.options);
    let only = scope.table.as_deref();
    let mut topics = match topics::list(client, only, what) {
        // Where topics need a permission, who has none is not told whether there is one of this name.
        Err(error) if only == Some(groups::TABLE) && error.code == Code::Privilege => Vec::new(),
        topics => topics?,
    };
    let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let mut configurations = if names.is_empty() { Default::default() } else { client.configurations(&names, what)? };
    for topic in &mut topics {
        topic.configuration = configurations.remove(&topic.name).unwrap_or_default();
        topic.seen = Seen::new(options.flatten).of_form(&fitting(topic, definitions, options).form);
    }
    sample::look(client, &mut topics, what)?;
    Ok(topics)
}

fn fitting<'d>(topic: &Topic, definitions: &'d TableDefinitions, options: &KafkaOptions) -> Fitting<'d> {
    Fitting::new(definitions.get(SCHEMA, &topic.name).map(Arc::as_ref), options)
}

fn push(topic: &Topic, layout: &Layout, fitting: &mut Fitting<'_>, bytes_of_message: Option<f64>, harvest: &mut Harvest) -> Result<()> {
    let table = topic.name.as_str();
    let messages = topic.partitions.iter().map(Partition::messages).sum::<Option<i64>>();
    let bytes = |messages: Option<i64>| match messages {
        Some(0) => Some(0),
        messages => Some((messages? as f64 * bytes_of_message?) as i64),
    };
    harvest.table(TableRow {
        schema: SCHEMA,
        name: table,
        kind: if topic.partitions.len() > 1 { TableKind::PartitionedTable } else { TableKind::Table },
        owner: None,
        comment: fitting.definition.and_then(|definition| definition.comment.as_deref()),
        row_estimate: messages,
        size_bytes: bytes(messages),
    })?;
    for (ordinal, column) in (1..).zip(&layout.columns()) {
        push_column(table, ordinal, column, harvest)?;
    }
    let key = fitting.key(layout);
    if !key.is_empty() {
        harvest.primary_key(SCHEMA, table, "btree", &key.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    for partition in &topic.partitions {
        push_partition(table, partition, bytes(partition.messages()), harvest)?;
    }
    let replicas = topic.partitions.iter().map(|partition| partition.replicas.len()).max().unwrap_or_default();
    let own = [
        ("format", layout.values.word().to_owned()),
        ("partitions", topic.partitions.len().to_string()),
        ("replication_factor", replicas.to_string()),
    ];
    // Nobody is there to be told, and no other topic is concerned.
    if let Some(problem) = &fitting.problem {
        harvest.table_option(TableOptionRow { schema: SCHEMA, table, name: DEFINITION_PROBLEM, value: &problem.message })?;
    }
    let configured = topic.configuration.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in own.iter().map(|(name, value)| (*name, value.as_str())).chain(configured) {
        harvest.table_option(TableOptionRow { schema: SCHEMA, table, name, value })?;
    }
    Ok(())
}

pub(crate) fn push_column(table: &str, ordinal: i32, column: &Column, harvest: &mut Harvest) -> Result<()> {
    harvest.column(ColumnRow {
        schema: SCHEMA,
        table,
        name: &column.name,
        ordinal,
        data_type: &column.data_type(),
        pg_type: column.pg_type(),
        native_type: &column.native_type,
        nullable: column.nullable,
        default: None,
        generated: None,
        collation: None,
        comment: column.comment.as_deref(),
    })
}

fn push_partition(table: &str, partition: &Partition, bytes: Option<i64>, harvest: &mut Harvest) -> Result<()> {
    let leader = partition.leader.as_ref().map_or_else(|| "none".to_owned(), |(number, _)| number.to_string());
    let offsets = partition.offsets.map_or_else(String::new, |(earliest, latest)| format!(", offsets {earliest} to {latest}"));
    harvest.partition(PartitionRow {
        schema: SCHEMA,
        table,
        name: &partition.id.to_string(),
        method: "hash",
        expression: KEY,
        description: &format!(
            "leader {leader}, replicas {}, in-sync replicas {}{offsets}",
            numbers(&partition.replicas),
            numbers(&partition.in_sync)
        ),
        location: partition.leader.as_ref().map(|(_, address)| address.as_str()),
        row_estimate: partition.messages(),
        size_bytes: bytes,
    })
}

fn numbers(brokers: &[i32]) -> String {
    brokers.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}

//! Harvests that come after another: what they ask for again, and what they take over.

use std::sync::Arc;

use libtest_mimic::Trial;
use pilota::FastStr;
use serde_json::json;
use spi::connector::Scope;
use spi::metadata::{Relation, SchemaMetadata};

use crate::fixture::*;
use crate::server::Server;
use crate::{trial_alone, trial_announcing};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_alone("partitions_of_many_tables_are_listed_in_turn", in_turn),
        trial_alone("a_large_table_waits_for_its_turn", large),
        trial_announcing("a_refresh_asks_for_what_has_changed", changes),
    ]
}

/// Tables `t00`, `t01`, … with one partition each.
async fn tables_with_partitions(server: &Server, database_name: &str, numbers: std::ops::Range<usize>) {
    let folder = server.warehouse().join(database_name);
    for number in numbers {
        let rows = table(&folder, database_name, &format!("t{number:02}"), PARQUET, &["x int"], &["n int"]);
        create(server, &rows).await;
        add_partitions(server, &rows, &[vec!["1"]]).await;
    }
}

fn schema<'a>(schemas: &'a [Arc<SchemaMetadata>], name: &str) -> &'a SchemaMetadata {
    schemas.iter().find(|schema| schema.name == name).expect("a schema")
}

/// Whose partitions are there, and the tables' options that tell of it.
fn listed(schema: &SchemaMetadata) -> (usize, Vec<String>) {
    let partitions = schema.relation(Relation::Partitions).num_rows();
    let told = lines(schema.relation(Relation::TableOptions)).into_iter().filter(|row| row.contains("|partitions_listed|"));
    (partitions, told.collect())
}

async fn in_turn(server: &mut Server) {
    database(server, "turns").await;
    tables_with_partitions(server, "turns", 0..10).await;
    let source = source_with(server, json!({"partition_requests_max": 4, "primary_keys_max": 0})).await;
    let harvest = async |earlier: &[Arc<SchemaMetadata>]| {
        let before = source.remote_calls.total();
        let schemas = source.harvest_after(earlier, None).await;
        (schemas, source.remote_calls.total() - before)
    };
    let (mut schemas, _) = harvest(&[]).await;
    assert_eq!(listed(schema(&schemas, "turns")).0, 4);
    let mut calls = 0;
    for (expected, unlisted) in [(8, 2), (10, 0), (10, 0)] {
        (schemas, calls) = harvest(&schemas).await;
        let (partitions, told) = listed(schema(&schemas, "turns"));
        assert_eq!((partitions, told.len()), (expected, 10));
        assert_eq!(told.iter().filter(|row| row.ends_with("|no")).count(), unlisted, "{told:?}");
    }
    // Twice as many tables cost no more.
    tables_with_partitions(server, "turns", 10..20).await;
    let (more, calls_of_more) = harvest(&schemas).await;
    assert_eq!(calls_of_more, calls);
    assert_eq!(listed(schema(&more, "turns")).0, 14);
    // Whoever asks for one table gets all of it.
    let only = source.harvest_of(Scope { schema: Some("turns".to_owned()), table: Some("t19".to_owned()) }).await;
    assert_eq!(listed(&only), (1, Vec::new()));
}

async fn large(server: &mut Server) {
    let folder = database(server, "heavy").await;
    tables_with_partitions(server, "heavy", 0..2).await;
    let rows = table(&folder, "heavy", "a", PARQUET, &["x int"], &["n int"]);
    create(server, &rows).await;
    let numbers: Vec<String> = (0..1200).map(|number| number.to_string()).collect();
    add_partitions(server, &rows, &numbers.iter().map(|number| vec![number.as_str()]).collect::<Vec<_>>()).await;
    let source = source_with(server, json!({"partition_requests_max": 3})).await;
    let first = source.harvest_after(&[], None).await;
    let (partitions, told) = listed(schema(&first, "heavy"));
    assert_eq!((partitions, told.len()), (2, 1), "{told:?}");
    assert!(told[0].ends_with("|no"));
    let second = source.harvest_after(&first, None).await;
    assert_eq!(schema(&second, "heavy").relation(Relation::Partitions).num_rows(), 1202);
}

async fn changes(server: &mut Server) {
    let folder = database(server, "moving").await;
    tables_with_partitions(server, "moving", 0..40).await;
    let source = source(server).await;
    let first = source.harvest_after(&[], None).await;
    let fingerprint = source.connector.fingerprint().await.expect("an answer").expect("a fingerprint");

    let client = server.client();
    let named = |name: &str| table(&folder, "moving", name, PARQUET, &["x int"], &["n int"]);
    done(client.drop_table("moving".into(), "t00".into(), false).await);
    done(client.alter_table("moving".into(), "t01".into(), named("renamed")).await);
    let mut wider = table(&folder, "moving", "t02", PARQUET, &["x int", "y int"], &["n int"]);
    set(&mut wider, "comment", "wider");
    done(client.alter_table("moving".into(), "t02".into(), wider).await);
    add_partitions(server, &named("t03"), &[vec!["2"]]).await;
    create(server, &table(&folder, "moving", "New", TEXT, &["n int"], &[])).await;
    let done_before = source.remote_calls.total();
    let second = source.harvest_after(&first, Some(fingerprint.clone())).await;
    let calls = source.remote_calls.total() - done_before;
    // The changes, the names, a page of tables, the foreign keys; then partitions: those of three tables that changed, and those of the
    // ten that no question was left for before.
    assert!(calls <= 4 + 3 + 10, "{calls} calls");

    // A gateway that looks at everything sees the same.
    let all = source_with(server, json!({"partition_requests_max": 100})).await.harvest_after(&[], None).await;
    let (second, all) = (schema(&second, "moving"), schema(&all, "moving"));
    assert_eq!(second.table_names(), all.table_names());
    for relation in [Relation::Columns, Relation::Partitions] {
        assert_eq!(lines(second.relation(relation)), lines(all.relation(relation)));
    }
    let comment = lines(second.relation(Relation::Tables)).join("\n");
    assert!(comment.contains("|wider|") && second.table("new").is_some() && second.table("renamed").is_some(), "{comment}");

    // What is more than a table makes everything be asked for again.
    let owner = Some(FastStr::from_static_str("bob"));
    let described = done(client.get_database("moving".into()).await);
    done(client.alter_database("moving".into(), hive_metastore::Database { owner_name: owner, ..described }).await);
    let third = source.harvest_after(&first, Some(fingerprint)).await;
    assert_eq!(schema(&third, "moving").owner.as_deref(), Some("bob"));
}

//! What is served, stored and shared after refreshes and restarts.

use std::sync::Arc;

use spi::connector::Scope;

use super::estate::Estate;
use super::gateway::{Gateway, Script, World};
use crate::data_sources;
use crate::metadata::{Difference, snapshots};
use crate::testing;

fn shop() -> Estate {
    Estate::default()
        .with("main", "orders", &["id", "amount"])
        .with("main", "customers", &["id"])
        .with("log", "events", &["at"])
        .furnished("main")
}

#[tokio::test]
async fn a_restart_serves_everything_without_contacting_the_source() {
    let gateway = Gateway::with_shop(shop()).await;
    gateway.refresh("shop").await.expect("a refresh");
    let (before, freshness, harvests) = (gateway.database("shop"), gateway.freshness("shop"), gateway.world.harvests("shop"));
    assert_eq!((harvests, before.snapshot.number, before.snapshot.objects()), (2, 1, 8));
    assert_eq!(before.default_schema, "main");

    let gateway = gateway.restart().await;
    let after = gateway.database("shop");
    assert_eq!(gateway.world.harvests("shop"), harvests);
    assert_eq!(after.snapshot.schemas, before.snapshot.schemas);
    assert_eq!((after.snapshot.number, after.snapshot.observed_at), (1, before.snapshot.observed_at));
    assert_eq!(after.default_schema, "main");
    let reported = gateway.freshness("shop");
    assert_eq!((reported.observed_at, reported.last_attempt_at), (freshness.observed_at, freshness.last_attempt_at));
    assert_eq!((reported.remote_calls_total, gateway.services.refreshes.remote_calls_total()), (0, 0));
}

#[tokio::test]
async fn a_refresh_that_finds_nothing_new_commits_nothing() {
    let gateway = Gateway::with_shop(shop()).await;
    let (before, revision) = (gateway.database("shop"), gateway.revision());
    let summary = gateway.refresh("shop").await.expect("a refresh");
    let after = gateway.database("shop");
    assert_eq!(gateway.revision(), revision);
    assert_eq!((summary.snapshot, summary.objects, summary.added, summary.changed, summary.removed), (1, 8, 0, 0, 0));
    assert_eq!(summary.remote_calls, 1);
    assert!(after.snapshot.observed_at > before.snapshot.observed_at);
    assert_eq!(gateway.freshness("shop").observed_at, after.snapshot.observed_at);
    assert!(before.snapshot.schemas.iter().zip(&after.snapshot.schemas).all(|(before, after)| Arc::ptr_eq(before, after)));
}

#[tokio::test]
async fn what_differs_is_counted_and_the_rest_is_shared() {
    let gateway = Gateway::with_shop(shop()).await;
    let before = gateway.database("shop");
    let newer = shop().with("main", "orders", &["id", "total"]).with("main", "returns", &["id"]).without("main", "customers");
    gateway.world.script("shop", Script::Answers(newer));
    let summary = gateway.refresh("shop").await.expect("a refresh");
    assert_eq!((summary.snapshot, summary.added, summary.changed, summary.removed), (2, 1, 1, 1));

    let after = gateway.database("shop");
    assert!(Arc::ptr_eq(before.snapshot.schema("log").expect("log"), after.snapshot.schema("log").expect("log")));
    let records = snapshots(&gateway.services.store.replica(), gateway.oid("shop")).expect("records");
    let differences: Vec<_> = records.iter().map(|record| (record.number, record.difference)).collect();
    // Two schemas, three tables, a routine, a type and a sequence at first.
    let (first, second) = (Difference { added: 8, ..Difference::default() }, Difference { added: 1, changed: 1, removed: 1 });
    assert_eq!(differences, [(1, first), (2, second)]);
}

#[tokio::test]
async fn an_object_that_returns_after_a_restart_gets_its_id_back() {
    let gateway = Gateway::with_shop(shop()).await;
    let before = gateway.tables("shop");
    gateway.world.script("shop", Script::Answers(shop().without("main", "orders").with("main", "other", &["id"])));
    gateway.refresh("shop").await.expect("a refresh");
    let other = gateway.tables("shop").into_iter().find(|(name, _)| name == "main.other").expect("the new table").1;
    assert!(before.iter().all(|(_, oid)| *oid != other));

    let gateway = gateway.restart().await;
    gateway.world.script("shop", Script::Answers(shop()));
    gateway.refresh("shop").await.expect("a refresh");
    assert_eq!(gateway.tables("shop"), before);
}

#[tokio::test]
async fn a_part_is_refreshed_and_the_rest_stays() {
    let gateway = Gateway::with_shop(shop()).await;
    let before = gateway.database("shop");
    let newer = Estate::default().with("main", "orders", &["id", "total"]).with("main", "returns", &["id"]).furnished("main");
    gateway.world.script("shop", Script::Answers(newer));

    let table = Scope { schema: Some("main".to_owned()), table: Some("orders".to_owned()) };
    let summary = gateway.refresh_part("shop", table).await.expect("a refresh");
    assert_eq!((summary.snapshot, summary.added, summary.changed, summary.removed), (2, 0, 1, 0));
    let names = |gateway: &Gateway| gateway.tables("shop").into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&gateway), ["log.events", "main.customers", "main.orders"]);
    // Of the rest nothing was seen.
    assert_eq!(gateway.database("shop").snapshot.observed_at, before.snapshot.observed_at);

    let schema = Scope { schema: Some("main".to_owned()), table: None };
    let summary = gateway.refresh_part("shop", schema).await.expect("a refresh");
    assert_eq!((summary.snapshot, summary.added, summary.changed, summary.removed), (3, 1, 0, 1));
    assert_eq!(names(&gateway), ["log.events", "main.orders", "main.returns"]);
    assert!(Arc::ptr_eq(before.snapshot.schema("log").expect("log"), gateway.database("shop").snapshot.schema("log").expect("log")));
}

#[tokio::test]
async fn a_damaged_blob_empties_its_source_alone_until_the_next_harvest() {
    let gateway = Gateway::with_shop(shop()).await;
    // Equal content would be in the same blobs.
    gateway.world.script("other", Script::Answers(shop().with("more", "t", &["id"])));
    gateway.create("other", "0").await;
    let before = gateway.tables("shop");
    data_sources::pause(&gateway.services, &testing::superuser(), "shop").await.expect("a pause");
    let record = snapshots(&gateway.services.store.replica(), gateway.oid("shop")).expect("records").remove(0);
    gateway.world.damage(&record.manifest).await;

    let gateway = gateway.restart().await;
    assert_eq!((gateway.tables("shop"), gateway.tables("other").len()), (Vec::new(), 4));
    let error = gateway.freshness("shop").last_error.expect("an error");
    assert!(error.contains("\"shop\"") && error.contains(&format!("blob \"{}\" is damaged", record.manifest)), "{error}");
    assert_eq!(gateway.freshness("other").last_error, None);
    assert_eq!((gateway.world.harvests("shop"), gateway.world.harvests("other")), (1, 1));

    data_sources::resume(&gateway.services, &testing::superuser(), "shop").await.expect("a resumption");
    let summary = gateway.refresh("shop").await.expect("a refresh");
    assert_eq!((summary.snapshot, gateway.freshness("shop").last_error), (2, None));
    let after = gateway.tables("shop");
    let names = |tables: &[(String, u32)]| tables.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    // Who had which id is not known any more. None is given twice.
    assert!(after.iter().all(|(_, oid)| before.iter().all(|(_, other)| other != oid)));
}

#[tokio::test]
async fn an_empty_source_has_a_snapshot_too() {
    let gateway = Gateway::with_shop(Estate::default()).await;
    let snapshot = &gateway.database("shop").snapshot;
    assert_eq!((snapshot.number, snapshot.objects()), (1, 0));
    assert!(snapshot.observed_at.is_some());
}

#[tokio::test]
async fn hundreds_of_schemas_fit() {
    let estate =
        (0..700).fold(Estate::default(), |estate, number| estate.with(&format!("schema_{number}_{}", "x".repeat(40)), "t", &["id"]));
    let gateway = Gateway::with_shop(estate).await;
    let before = gateway.tables("shop");
    assert_eq!(before.len(), 700);
    let gateway = gateway.restart().await;
    assert_eq!(gateway.tables("shop"), before);
    assert_eq!(World::harvests(&gateway.world, "shop"), 1);
}

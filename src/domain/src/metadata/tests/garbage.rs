//! What a collection of unused blobs leaves and takes.

use chrono::{TimeDelta, Utc};

use super::estate::Estate;
use super::gateway::{Gateway, Script};
use crate::data_sources;
use crate::testing;

/// Names of the schemas of three snapshots, of which each has another content.
const NAMES: [&str; 3] = ["first", "second", "third"];

#[tokio::test]
async fn every_snapshot_that_a_record_remembers_stays_whole() {
    let gateway = with_three_snapshots().await;
    let before = gateway.world.blobs().await;
    // Three manifests, three schemas, and the ids of what has vanished after the first and after the second.
    assert_eq!(before.len(), 8);
    collect(&gateway).await;
    assert_eq!(gateway.world.blobs().await, before);

    let gateway = gateway.restart().await;
    assert_eq!((gateway.tables("shop").len(), gateway.freshness("shop").last_error), (1, None));
}

#[tokio::test]
async fn what_a_purged_source_had_goes_and_what_others_have_stays() {
    let gateway = with_three_snapshots().await;
    gateway.world.script("other", Script::Answers(estate(NAMES[0])));
    // Equal to the first snapshot of "shop", so that the two share their blobs.
    gateway.create("other", "0").await;
    let admin = testing::superuser();
    data_sources::drop(&gateway.services, &admin, "shop", false).await.expect("a drop");
    collect(&gateway).await;
    assert_eq!(gateway.world.blobs().await.len(), 8, "a dropped source can be restored");

    data_sources::purge(&gateway.services, &admin, "shop").await.expect("a purge");
    collect(&gateway).await;
    assert_eq!(gateway.world.blobs().await.len(), 2, "one manifest and one schema");
    let gateway = gateway.restart().await;
    assert_eq!((gateway.tables("other").len(), gateway.freshness("other").last_error), (1, None));
}

async fn with_three_snapshots() -> Gateway {
    let gateway = Gateway::with_shop(estate(NAMES[0])).await;
    for name in &NAMES[1..] {
        gateway.world.script("shop", Script::Answers(estate(name)));
        gateway.refresh("shop").await.expect("a refresh");
    }
    gateway
}

fn estate(schema: &str) -> Estate {
    Estate::default().with(schema, "t", &["id"])
}

/// As it will be done in two days.
async fn collect(gateway: &Gateway) {
    let services = &gateway.services;
    let in_two_days = Utc::now() + TimeDelta::days(2);
    services.blobs.collect(services.store.replica(), in_two_days).await.expect("a collection");
}

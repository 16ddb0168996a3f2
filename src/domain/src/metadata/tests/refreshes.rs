//! When sources are harvested, and when they are left alone.

use serde_json::json;
use spi::Code;
use spi::connector::Scope;

use super::estate::Estate;
use super::gateway::{Gateway, PATIENCE, Script, World};
use crate::data_sources::{self, Alter};
use crate::testing;

fn shop() -> Estate {
    Estate::default().with("main", "orders", &["id"])
}

#[tokio::test]
async fn a_harvest_that_fails_half_way_changes_only_the_freshness() {
    let gateway = Gateway::with_shop(shop()).await;
    let (before, freshness, revision) = (gateway.database("shop"), gateway.freshness("shop"), gateway.revision());
    gateway.world.script("shop", Script::FailsAfter(shop().with("main", "new", &["id"])));
    let error = gateway.refresh("shop").await.expect_err("a failure");
    assert_eq!((error.code, error.message.as_str()), (Code::ConnectionLost, "could not harvest data source \"shop\""));
    assert_eq!(gateway.revision(), revision);
    assert_eq!(gateway.database("shop").snapshot.schemas, before.snapshot.schemas);
    assert_eq!(gateway.database("shop").snapshot.observed_at, before.snapshot.observed_at);
    let failed = gateway.freshness("shop");
    assert_eq!(failed.last_error.as_deref(), Some("could not harvest data source \"shop\" (It hung up.)"));
    assert!(failed.last_attempt_at > freshness.last_attempt_at);
    assert_eq!((failed.observed_at, failed.snapshot_number), (freshness.observed_at, 1));

    let gateway = gateway.restart().await;
    assert_eq!(gateway.freshness("shop").last_error, failed.last_error);
    gateway.world.script("shop", Script::Answers(shop()));
    gateway.refresh("shop").await.expect("a refresh");
    assert_eq!(gateway.freshness("shop").last_error, None);
}

#[tokio::test]
async fn whoever_asks_meanwhile_shares_the_harvest() {
    let gateway = Gateway::with_shop(shop()).await;
    gateway.world.script("shop", Script::Hangs);
    let release = async {
        gateway.world.harvested("shop", 2).await;
        gateway.world.script("shop", Script::Answers(shop().with("main", "new", &["id"])));
    };
    let (first, second, third, ()) = tokio::join!(gateway.refresh("shop"), gateway.refresh("shop"), gateway.refresh("shop"), release);
    let first = first.expect("a refresh");
    assert_eq!((first.added, gateway.world.harvests("shop")), (1, 2));
    assert_eq!([second.expect("the same"), third.expect("the same")], [first.clone(), first]);
}

#[tokio::test]
async fn parts_of_one_source_are_harvested_one_after_the_other() {
    let gateway = Gateway::with_shop(shop().with("log", "events", &["at"])).await;
    gateway.world.script("shop", Script::Answers(shop().with("log", "more", &["at"]).with("main", "new", &["id"])));
    let part = |schema: &str| gateway.refresh_part("shop", Scope { schema: Some(schema.to_owned()), table: None });
    let (main, log) = tokio::join!(part("main"), part("log"));
    let mut snapshots = [main.expect("a refresh").snapshot, log.expect("a refresh").snapshot];
    snapshots.sort_unstable();
    assert_eq!(snapshots[0] + 1, snapshots[1]);
    assert_eq!(gateway.tables("shop").len(), 3);
}

#[tokio::test]
async fn a_table_to_refresh_needs_its_schema() {
    let gateway = Gateway::with_shop(shop()).await;
    let error = gateway.refresh_part("shop", Scope { schema: None, table: Some("orders".to_owned()) }).await.expect_err("no schema");
    assert_eq!(error.code, Code::InvalidArgument);
}

#[tokio::test]
async fn a_paused_source_is_never_contacted() {
    let gateway = World::new().start().await;
    gateway.world.script("shop", Script::Answers(shop()));
    gateway.create("shop", "1 s").await;
    data_sources::pause(&gateway.services, &testing::superuser(), "shop").await.expect("a pause");
    let harvests = gateway.world.harvests("shop");
    let error = gateway.refresh("shop").await.expect_err("a refusal");
    assert_eq!((error.code, error.message.as_str()), (Code::WrongState, "data source \"shop\" is paused"));
    assert_eq!(gateway.freshness("shop").next_refresh_at, None);

    // Another source of the same interval is harvested twice more. This one is as due as that one, and left alone.
    let gateway = gateway.restart().await;
    gateway.world.script("other", Script::Answers(shop()));
    gateway.create("other", "1 s").await;
    gateway.world.harvested("other", 3).await;
    assert_eq!(gateway.world.harvests("shop"), harvests);
    assert_eq!(gateway.tables("shop").len(), 1);
}

#[tokio::test]
async fn a_pause_ends_the_harvest_that_is_under_way() {
    let gateway = Gateway::with_shop(shop()).await;
    gateway.world.script("shop", Script::Hangs);
    let pause = async {
        gateway.world.harvested("shop", 2).await;
        data_sources::pause(&gateway.services, &testing::superuser(), "shop").await.expect("a pause");
    };
    let (refreshed, ()) = tokio::join!(gateway.refresh("shop"), pause);
    assert_eq!(refreshed.expect_err("a refusal").message, "data source \"shop\" is paused");
    assert_eq!(gateway.database("shop").snapshot.number, 1);
}

#[tokio::test]
async fn a_stop_ends_the_harvest_that_is_under_way() {
    let gateway = Gateway::with_shop(shop()).await;
    gateway.world.script("shop", Script::Hangs);
    let stop = async {
        gateway.world.harvested("shop", 2).await;
        tokio::time::timeout(PATIENCE, gateway.services.stop()).await.expect("an end in time");
    };
    let (refreshed, ()) = tokio::join!(gateway.refresh("shop"), stop);
    assert_eq!(refreshed.expect_err("a cancellation").code, Code::Terminated);
}

#[tokio::test]
async fn every_newly_published_version_is_harvested_at_once() {
    let gateway = Gateway::with_shop(shop()).await;
    let request = Alter {
        options: Some(json!({"refresh_interval": "1 h"}).as_object().expect("an object").clone()),
        publish: true,
        test: true,
        ..Alter::default()
    };
    gateway.world.script("shop", Script::Answers(shop().with("main", "new", &["id"])));
    let outcome = data_sources::alter(&gateway.services, &testing::superuser(), "shop", request).await.expect("a new version");
    assert_eq!((outcome.version, outcome.objects, gateway.world.harvests("shop")), (2, 3, 2));

    gateway.world.script("shop", Script::Answers(shop()));
    let outcome = data_sources::rollback(&gateway.services, &testing::superuser(), "shop", 1).await.expect("the old version");
    assert_eq!((outcome.objects, gateway.world.harvests("shop")), (2, 3));
    assert_eq!(gateway.freshness("shop").next_refresh_at, None);
}

#[tokio::test]
async fn a_source_that_is_fresh_enough_is_not_contacted_after_a_restart() {
    let gateway = World::new().start().await;
    gateway.world.script("shop", Script::Answers(shop()));
    gateway.create("shop", "1 h").await;
    let due_at = gateway.freshness("shop").next_refresh_at;
    let gateway = gateway.restart().await;
    // The reconciler has looked at all sources by the time when it has harvested a new one.
    gateway.world.script("other", Script::Answers(shop()));
    gateway.create("other", "1 h").await;
    assert_eq!((gateway.world.harvests("shop"), gateway.world.harvests("other")), (1, 1));
    assert_eq!(gateway.freshness("shop").next_refresh_at, due_at);
}

#[tokio::test]
async fn the_schedule_harvests_again_and_again() {
    let gateway = World::new().start().await;
    gateway.world.script("shop", Script::Answers(shop()));
    gateway.create("shop", "1 s").await;
    gateway.world.script("shop", Script::Answers(shop().with("main", "new", &["id"])));
    gateway.world.harvested("shop", 3).await;
    assert_eq!(gateway.tables("shop").len(), 2);
    assert!(gateway.freshness("shop").next_refresh_at.is_some() || gateway.world.harvests("shop") > 3);
}

#[tokio::test]
async fn a_source_that_says_that_nothing_has_changed_is_not_harvested() {
    let gateway = Gateway::with_shop(shop()).await;
    let quick = async || {
        let summary = gateway.refresh_if_changed("shop").await.expect("a refresh");
        (summary.harvested, gateway.world.harvests("shop"))
    };
    gateway.world.says(Ok("1"));
    assert_eq!(quick().await, (true, 2), "nothing was known yet");
    let observed_at = gateway.freshness("shop").observed_at;
    assert_eq!(quick().await, (false, 2));
    assert!(gateway.freshness("shop").observed_at > observed_at);
    assert!(gateway.refresh("shop").await.expect("a refresh").harvested, "whoever wants a harvest gets it");
    gateway.world.says(Ok("2"));
    assert_eq!(quick().await, (true, 4));
    gateway.world.says(Err("no statistics"));
    assert_eq!(quick().await, (true, 5), "a source that cannot say is harvested");
    gateway.world.says(Ok("2"));
    assert_eq!(quick().await, (true, 6), "the harvest before was without a fingerprint");

    let main = Scope { schema: Some("main".to_owned()), table: None };
    assert!(gateway.refresh_part("shop", main).await.expect("a refresh").harvested);
    assert_eq!(quick().await, (false, 7));
    gateway.world.says(Ok("3"));
    assert_eq!(quick().await, (true, 8));
}

#[tokio::test]
async fn a_harvest_is_told_the_fingerprint_of_the_one_before() {
    let gateway = Gateway::with_shop(shop()).await;
    let since = async |refreshed: Result<_, _>| {
        refreshed.expect("a refresh");
        gateway.world.since.lock().expect("a fingerprint").clone()
    };
    gateway.world.says(Ok("1"));
    assert_eq!(since(gateway.refresh_if_changed("shop").await).await, None, "the first one had none");
    gateway.world.says(Ok("2"));
    assert_eq!(since(gateway.refresh_if_changed("shop").await).await.as_deref(), Some("1"));
    assert_eq!(since(gateway.refresh("shop").await).await, None, "whoever wants a harvest wants all of it");
    gateway.world.says(Ok("3"));
    assert_eq!(since(gateway.refresh_if_changed("shop").await).await.as_deref(), Some("2"));
    gateway.world.script("shop", Script::Answers(shop().with("main", "new", &["id"])));
    let main = Scope { schema: Some("main".to_owned()), table: None };
    assert_eq!(since(gateway.refresh_part("shop", main).await).await, None, "a part says nothing of the rest");
    gateway.world.says(Ok("4"));
    assert_eq!(since(gateway.refresh_if_changed("shop").await).await, None, "the newest snapshot is not that of the fingerprint");
}

#[tokio::test]
async fn a_purged_source_leaves_no_freshness_behind() {
    let gateway = Gateway::with_shop(shop()).await;
    let admin = testing::superuser();
    data_sources::drop(&gateway.services, &admin, "shop", false).await.expect("a drop");
    data_sources::purge(&gateway.services, &admin, "shop").await.expect("a purge");
    let mut attempts = gateway.services.catalogs.ledger().watch();
    drop(tokio::time::timeout(PATIENCE, attempts.wait_for(|attempts| attempts.is_empty())).await.expect("in time"));
    assert!(gateway.services.catalogs.current().databases.is_empty());
}

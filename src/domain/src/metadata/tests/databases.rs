//! Sources of servers, and how those of their databases follow them.

use std::collections::BTreeMap;
use std::sync::Arc;

use spi::Code;

use super::estate::Estate;
use super::gateway::{Gateway, Script, World};
use crate::access::{self, CreateRole, Privilege};
use crate::data_sources::{self, Alter, Create, DataSource, State};
use crate::testing::{self, SECRET, eventually, failure, options, superuser};

#[tokio::test]
async fn each_database_becomes_a_source() {
    let world = World::new();
    has(&world, &["crm", "web"]);
    let gateway = world.start().await;
    create(&gateway).await;
    assert_eq!(live(&gateway), ["db", "db_crm", "db_web"]);
    assert_eq!(gateway.tables("db_crm").len(), 1, "the call has waited for the first harvests");

    let crm = source(&gateway, "db_crm");
    let membership = crm.member_of.clone().expect("a member");
    assert_eq!((membership.server_oid, membership.database.as_str()), (source(&gateway, "db").oid, "crm"));
    assert_eq!((crm.kind.as_str(), crm.comment.as_deref(), crm.state), ("scripted", Some("all"), State::Published));
    let expected = format!(r#"{{"refresh_interval": "0", "password": "{SECRET}", "database": "crm"}}"#);
    assert_eq!(testing::newest_options(&gateway.services, "db_crm"), options(&expected));
    assert!(!testing::stored_text(&gateway.services).contains(SECRET));
    assert_ne!(source(&gateway, "db_web").oid, crm.oid);
    assert_eq!(gateway.freshness("db").last_error, None);
}

#[tokio::test]
async fn databases_come_and_go_with_the_refreshes_of_their_server() {
    let world = World::new();
    has(&world, &["a", "b"]);
    let gateway = world.start().await;
    create(&gateway).await;
    let b = source(&gateway, "db_b").oid;
    access::create_role(&gateway.services, &superuser(), CreateRole::named("bob")).await.expect("a role");
    access::grant(&gateway.services, &superuser(), &[Privilege::Usage], "db_b", "bob").await.expect("a grant");

    has(&world, &["a", "c"]);
    gateway.refresh("db").await.expect("a refresh");
    assert_eq!(live(&gateway), ["db", "db_a", "db_c"]);
    assert!(gateway.services.catalogs.current().database("db_b").is_none(), "the call has waited for it");
    assert_eq!(gateway.tables("db_c").len(), 1);
    assert_eq!((source(&gateway, "db_b").oid, source(&gateway, "db_b").state), (b, State::Dropped));
    assert_eq!(access::grants(&gateway.services.store.replica()).len(), 1, "the database may come back");

    has(&world, &["a", "b", "c"]);
    gateway.refresh("db").await.expect("a refresh");
    assert_eq!(live(&gateway), ["db", "db_a", "db_b", "db_c"]);
    assert_eq!((source(&gateway, "db_b").oid, source(&gateway, "db_b").current_version), (b, 1));

    let revision = gateway.revision();
    gateway.refresh("db").await.expect("a refresh");
    assert_eq!(gateway.revision(), revision, "what is known is not written again");
}

#[tokio::test]
async fn a_database_whose_name_is_taken_is_left_out_and_told() {
    let world = World::new();
    let long = "x".repeat(61);
    has(&world, &["a", "b", &long]);
    let gateway = world.start().await;
    world.script("other", Script::Answers(Estate::default()));
    gateway.create("db_a", "0").await;
    let taken = gateway.oid("db_a");
    create(&gateway).await;
    assert_eq!(live(&gateway), ["db", "db_a", "db_b"]);
    assert_eq!(gateway.oid("db_a"), taken);
    let told = gateway.freshness("db").last_error.expect("a word about it");
    assert!(
        told.starts_with("no data source for database \"a\": data source \"db_a\" already exists; no data source for database \"xx"),
        "{told}"
    );

    data_sources::rename(&gateway.services, &superuser(), "db_a", "other").await.expect("renamed");
    eventually("the source of the database", || live(&gateway) == ["db", "db_a", "db_b", "other"]).await;
    assert!(source(&gateway, "db_a").member_of.is_some());
}

#[tokio::test]
async fn what_is_published_for_the_server_is_published_for_its_databases() {
    let world = World::new();
    has(&world, &["a", "b"]);
    let gateway = world.start().await;
    create(&gateway).await;
    let (services, admin) = (&gateway.services, superuser());
    let alter = async |given: &str, publish| {
        let request = Alter { options: Some(options(given)), publish, test: true, ..Alter::default() };
        data_sources::alter(services, &admin, "db", request).await.expect("altered")
    };
    alter(r#"{"password": "new"}"#, false).await;
    assert_eq!(source(&gateway, "db_a").current_version, 1, "a draft is nothing to follow");
    data_sources::publish(services, &admin, "db", 2).await.expect("published");
    assert_eq!(published(&gateway), [("db", Some(2)), ("db_a", Some(2)), ("db_b", Some(2))]);
    assert_eq!(testing::newest_options(services, "db_b")["password"], "new");
    assert_eq!(testing::newest_options(services, "db_b")["database"], "b");

    data_sources::rollback(services, &admin, "db", 1).await.expect("rolled back");
    assert_eq!(published(&gateway), [("db", Some(1)), ("db_a", Some(3)), ("db_b", Some(3))]);
    assert_eq!(testing::newest_options(services, "db_b")["password"], SECRET);

    data_sources::unpublish(services, &admin, "db").await.expect("unpublished");
    assert_eq!(published(&gateway), [("db", None), ("db_a", None), ("db_b", None)]);
    data_sources::publish(services, &admin, "db", 1).await.expect("published");
    assert_eq!(published(&gateway), [("db", Some(1)), ("db_a", Some(3)), ("db_b", Some(3))]);

    alter(r#"{"databases": null, "database": "a"}"#, true).await;
    assert_eq!(live(&gateway), ["db"], "it stands for a server no more");
}

#[tokio::test]
async fn whatever_is_done_to_the_server_is_done_to_its_databases() {
    let world = World::new();
    has(&world, &["a"]);
    let gateway = world.start().await;
    create(&gateway).await;
    let (services, admin, oid) = (&gateway.services, superuser(), gateway.oid("db_a"));
    let member = || data_sources::by_oid(&services.store.replica(), oid).expect("the member");

    data_sources::pause(services, &admin, "db").await.expect("paused");
    assert!(member().paused);
    data_sources::resume(services, &admin, "db").await.expect("resumed");
    assert!(!member().paused);
    data_sources::expire(services, &admin, "db", 1_000_000).await.expect("expired");
    assert_eq!(member().state, State::Expired);
    data_sources::renew(services, &admin, "db", None).await.expect("renewed");
    assert_eq!(member().state, State::Published);
    data_sources::comment(services, &admin, "db", Some("ours".to_owned())).await.expect("a comment");
    assert_eq!(member().comment.as_deref(), Some("ours"));
    world.script("pg", Script::Answers(Estate::default()));
    world.script("pg_a", Script::Answers(Estate::default()));
    data_sources::rename(services, &admin, "db", "pg").await.expect("renamed");
    assert_eq!(live(&gateway), ["pg", "pg_a"]);
    assert_eq!(member().name, "pg_a");

    access::create_role(services, &admin, CreateRole::named("bob")).await.expect("a role");
    access::grant(services, &admin, &[Privilege::Usage], "pg_a", "bob").await.expect("a grant");
    assert_eq!(failure(data_sources::drop(services, &admin, "pg", false).await).0, "2BP01");
    data_sources::drop(services, &admin, "pg", true).await.expect("dropped");
    assert_eq!((member().state, live(&gateway).len()), (State::Dropped, 0));
    data_sources::restore(services, &admin, "pg").await.expect("restored");
    assert_eq!((member().state, live(&gateway)), (State::Published, vec!["pg".to_owned(), "pg_a".to_owned()]));
    data_sources::drop(services, &admin, "pg", false).await.expect("dropped");
    data_sources::purge(services, &admin, "pg").await.expect("purged");
    let traces =
        || services.store.replica().scan("").filter(|record| record.key.starts_with("ds/") || record.key.starts_with("purge/")).count();
    eventually("the end of the members", || traces() == 0).await;
}

#[tokio::test]
async fn nothing_of_a_database_is_changed_by_itself() {
    let world = World::new();
    has(&world, &["a"]);
    let gateway = world.start().await;
    create(&gateway).await;
    let (services, admin) = (&gateway.services, superuser());
    let request = Alter { options: Some(options(r#"{"database": "b"}"#)), ..Alter::default() };
    let (code, message, _, hint) = failure(data_sources::alter(services, &admin, "db_a", request).await);
    assert_eq!((code, message.as_str()), ("55000", "data source \"db_a\" is a database of data source \"db\""));
    assert_eq!(hint, "Name data source \"db\" instead.");
    let revision = gateway.revision();
    for refused in [
        data_sources::drop(services, &admin, "db_a", true).await,
        data_sources::pause(services, &admin, "db_a").await,
        data_sources::resume(services, &admin, "db_a").await,
        data_sources::expire(services, &admin, "db_a", 1).await,
        data_sources::renew(services, &admin, "db_a", None).await,
        data_sources::comment(services, &admin, "db_a", None).await,
        data_sources::rename(services, &admin, "db_a", "a").await,
        data_sources::publish(services, &admin, "db_a", 1).await,
        data_sources::unpublish(services, &admin, "db_a").await,
    ] {
        assert_eq!(failure(refused).0, "55000");
    }
    has(&world, &[]);
    gateway.refresh("db").await.expect("a refresh");
    assert_eq!(failure(data_sources::restore(services, &admin, "db_a").await).0, "55000");
    assert!(gateway.revision() > revision);
    data_sources::purge(services, &admin, "db_a").await.expect("what is dropped may be forgotten");
}

#[tokio::test]
async fn privileges_on_the_server_hold_for_its_databases() {
    let world = World::new();
    has(&world, &["a"]);
    let gateway = world.start().await;
    create(&gateway).await;
    let (services, bob) = (&gateway.services, testing::actor("bob"));
    access::create_role(services, &superuser(), CreateRole::named("bob")).await.expect("a role");
    let may = |privilege| access::require_privilege(&services.store.replica(), &bob, "db_a", privilege).map_err(|error| error.code);
    assert_eq!(may(Privilege::Usage).err(), Some(Code::UndefinedObject));
    access::grant(services, &superuser(), &[Privilege::Usage, Privilege::Query], "db", "bob").await.expect("a grant");
    assert!(may(Privilege::Usage).is_ok() && may(Privilege::Query).is_ok());
    assert_eq!(may(Privilege::Execute).err(), Some(Code::Privilege));
}

#[tokio::test]
async fn more_databases_than_one_change_holds_and_more_than_are_allowed() {
    let world = World::new();
    let names: Vec<String> = (0..1001).map(|i| format!("n{i:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    has(&world, &names[..40]);
    let gateway = world.start().await;
    create(&gateway).await;
    let oids: BTreeMap<String, u32> = members(&gateway).into_iter().map(|member| (member.name, member.oid)).collect();
    assert_eq!((oids.len(), live(&gateway).len()), (40, 41));

    has(&world, &names);
    let (code, message, detail, _) = failure(gateway.refresh("db").await);
    assert_eq!((code, message.as_str()), ("54000", "the server of data source \"db\" has too many databases"));
    assert_eq!(detail, "It has 1001; at most 1000 of one server are data sources.");
    assert_eq!(live(&gateway).len(), 41, "what is there stays");
    assert!(gateway.freshness("db").last_error.is_some_and(|error| error.contains("1001")));

    has(&world, &[]);
    gateway.refresh("db").await.expect("a refresh");
    assert_eq!(live(&gateway), ["db"]);
    has(&world, &names[..40]);
    let gateway = gateway.restart().await;
    gateway.refresh("db").await.expect("a refresh");
    assert_eq!(members(&gateway).into_iter().map(|member| (member.name, member.oid)).collect::<BTreeMap<_, _>>(), oids);
}

#[tokio::test]
async fn what_a_crash_left_undone_is_done_after_a_restart_and_by_two_gateways_at_once() {
    let world = World::new();
    has(&world, &["a", "b", "c"]);
    let gateway = world.start().await;
    create(&gateway).await;
    let server = source(&gateway, "db");
    gateway.services.stop().await;
    // The list is noted; the crash came before anything was made of it.
    has(&world, &["c", "d", "e"]);
    let found: Vec<String> = ["c", "d", "e"].map(str::to_owned).into();
    let noted = crate::change::commit(&gateway.services.store, "admin", move |replica| {
        Ok((data_sources::databases::noted(replica, &server, Some(&found))?, ()))
    });
    noted.await.expect("a change");
    assert_eq!(live(&gateway), ["db", "db_a", "db_b", "db_c"]);

    let (one, other) = tokio::join!(world.start(), world.start());
    let expected = ["db", "db_c", "db_d", "db_e"];
    for gateway in [&one, &other] {
        eventually("the members", || live(gateway) == expected).await;
    }
    assert_eq!(members(&one).len(), 5, "one of each, dropped ones too");
    assert_eq!(one.services.store.replica().scan("source-name/").count(), 4);
}

/// The databases of every server from now on, each with a table.
fn has(world: &World, databases: &[&str]) {
    for database in databases {
        world.script(&format!("db_{database}"), Script::Answers(Estate::default().with("main", database, &["id"])));
    }
    *world.databases.lock().expect("databases") = databases.iter().map(|database| (*database).to_owned()).collect();
}

/// Registers a server `db`.
async fn create(gateway: &Gateway) {
    gateway.world.script("db", Script::Answers(Estate::default()));
    let given = format!(r#"{{"refresh_interval": "0", "databases": "*", "password": "{SECRET}"}}"#);
    let request = Create { kind: "scripted".to_owned(), comment: Some("all".to_owned()), ..testing::new_source("db", &given) };
    data_sources::create(&gateway.services, &superuser(), request).await.expect("a source of a server");
}

fn source(gateway: &Gateway, name: &str) -> Arc<DataSource> {
    Arc::new(data_sources::get(&gateway.services.store.replica(), name).expect("a source"))
}

fn sources(gateway: &Gateway) -> Vec<DataSource> {
    let mut sources = data_sources::list(&gateway.services.store.replica());
    sources.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    sources
}

/// The names of the sources that are not dropped.
fn live(gateway: &Gateway) -> Vec<String> {
    sources(gateway).into_iter().filter(|source| source.dropped_at.is_none()).map(|source| source.name).collect()
}

fn members(gateway: &Gateway) -> Vec<DataSource> {
    sources(gateway).into_iter().filter(|source| source.member_of.is_some()).collect()
}

fn published(gateway: &Gateway) -> Vec<(&'static str, Option<u64>)> {
    let name = |name: &str| ["db", "db_a", "db_b"].into_iter().find(|known| *known == name).expect("a known source");
    sources(gateway).into_iter().map(|source| (name(&source.name), source.published_version)).collect()
}

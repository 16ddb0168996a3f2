use std::sync::Arc;

use domain::Services;
use store::journal::JournalEntry;

use super::*;
use crate::parse::{Command, script};
use crate::testing;

async fn statement(ctx: &CallContext, text: &str) -> Result<String> {
    let statements = script(text)?;
    let Command::Role(command) = statements[0].command.as_ref() else { panic!("{text} is about no role") };
    match run(ctx, command).await? {
        Answer::Command { tag } => Ok(tag),
        _ => panic!("{text} answers no tag"),
    }
}

async fn failure(ctx: &CallContext, text: &str) -> (&'static str, String) {
    let error = statement(ctx, text).await.expect_err(text);
    (error.code.sqlstate(), error.message)
}

async fn last_entry(services: &Services) -> JournalEntry {
    testing::audit(services).await.pop().expect("an entry")
}

#[tokio::test]
async fn roles_come_change_and_go() {
    let services = testing::services().await;
    let ctx = testing::context(&services, "admin");
    let role = |name: &str| access::role(&services.store.replica(), name);
    assert_eq!(
        statement(&ctx, "CREATE ROLE ann LOGIN PASSWORD 'secret' VALID UNTIL '2030-01-01 00:00'").await.expect("a role"),
        "CREATE ROLE"
    );
    let ann = role("ann").expect("a role");
    assert!(ann.login && !ann.superuser && ann.password.is_some());
    assert_eq!(ann.valid_until, Some(1_893_456_000_000_000));
    assert_eq!(failure(&ctx, "CREATE USER ann").await, ("42710", "role \"ann\" already exists".to_owned()));
    assert_eq!(
        statement(&ctx, "ALTER ROLE ann NOLOGIN SUPERUSER PASSWORD NULL VALID UNTIL 'infinity'").await.expect("changed"),
        "ALTER ROLE"
    );
    let ann = role("ann").expect("a role");
    assert!(!ann.login && ann.superuser && ann.password.is_none() && ann.valid_until.is_none());
    assert_eq!(failure(&ctx, "ALTER ROLE bob LOGIN").await, ("42704", "role \"bob\" does not exist".to_owned()));
    assert_eq!(failure(&ctx, "ALTER ROLE ann VALID UNTIL 'soon'").await.0, "22P02");
    assert_eq!(failure(&ctx, "DROP ROLE ann, bob").await, ("42704", "role \"bob\" does not exist".to_owned()));
    assert!(role("ann").is_some(), "nothing is dropped if a name is wrong");
    assert_eq!(statement(&ctx, "DROP ROLE IF EXISTS ann, bob").await.expect("dropped"), "DROP ROLE");
    assert!(role("ann").is_none());
    assert_eq!(ctx.notices.take()[0].message, "role \"bob\" does not exist, skipping");
    assert_eq!(testing::audit(&services).await.len(), 7, "one entry for each statement");
}

#[tokio::test]
async fn passwords_are_masked() {
    let services = testing::services().await;
    let ctx = testing::context(&services, "admin");
    statement(&ctx, "CREATE ROLE ann LOGIN PASSWORD 'hunter2-never-shown'").await.expect("a role");
    let entry = last_entry(&services).await;
    assert_eq!((entry.action.as_str(), entry.object.as_deref()), ("CREATE ROLE", Some("ann")));
    assert_eq!(entry.arguments.as_deref(), Some("{\"login\":true,\"password\":\"********\"}"));
    assert!(entry.revision.is_some());
    let error = statement(&ctx, "CREATE ROLE ann PASSWORD 'hunter2-never-shown'").await.expect_err("a second one");
    let entry = last_entry(&services).await;
    assert!(!format!("{error:?} {entry:?}").contains("hunter2"));
    statement(&ctx, "ALTER ROLE ann PASSWORD NULL").await.expect("no password");
    assert_eq!(last_entry(&services).await.arguments.as_deref(), Some("{\"password\":null}"));
}

#[tokio::test]
async fn a_role_changes_its_own_password_and_nothing_else() {
    let services = testing::services().await;
    statement(&testing::context(&services, "admin"), "CREATE ROLE bob LOGIN").await.expect("a role");
    let bob = testing::context(&services, "bob");
    assert_eq!(statement(&bob, "ALTER ROLE bob PASSWORD 'mine'").await.expect("a new password"), "ALTER ROLE");
    for (text, message) in [
        ("ALTER ROLE bob SUPERUSER", "permission denied to alter roles"),
        ("ALTER ROLE admin PASSWORD 'mine'", "permission denied to alter roles"),
        ("CREATE ROLE eve", "permission denied to create roles"),
        ("DROP ROLE eve", "permission denied to drop roles"),
        ("GRANT USAGE ON FOREIGN SERVER shop TO bob", "permission denied to grant privileges"),
        ("REVOKE USAGE ON FOREIGN SERVER shop FROM bob", "permission denied to revoke privileges"),
        ("COMMENT ON SERVER shop IS 'x'", "permission denied to comment on data sources"),
    ] {
        assert_eq!(failure(&bob, text).await, ("42501", message.to_owned()), "{text}");
        assert_eq!(last_entry(&services).await.sqlstate.as_deref(), Some("42501"), "{text}");
    }
}

#[tokio::test]
async fn usage_is_granted_and_revoked() {
    let services = testing::services().await;
    let ctx = testing::context(&services, "admin");
    for text in ["CREATE ROLE ann", "CREATE ROLE bob"] {
        statement(&ctx, text).await.expect(text);
    }
    for name in ["shop", "bank"] {
        create_source(&services, &ctx, name).await;
    }
    let granted = || access::grants(&services.store.replica()).len();
    assert_eq!(statement(&ctx, "GRANT USAGE ON FOREIGN SERVER shop, bank TO ann, bob").await.expect("grants"), "GRANT");
    assert_eq!(granted(), 4);
    let entry = last_entry(&services).await;
    assert_eq!(
        (entry.object.as_deref(), entry.arguments.as_deref()),
        (Some("shop, bank"), Some("{\"privilege\":\"USAGE\",\"to\":[\"ann\",\"bob\"]}"))
    );
    assert_eq!(statement(&ctx, "REVOKE USAGE ON FOREIGN SERVER shop FROM ann").await.expect("revoked"), "REVOKE");
    assert_eq!(granted(), 3);
    for (text, message) in [
        ("GRANT USAGE ON FOREIGN SERVER shop, nowhere TO ann", "data source \"nowhere\" does not exist"),
        ("GRANT USAGE ON FOREIGN SERVER shop TO ann, nobody", "role \"nobody\" does not exist"),
        ("REVOKE USAGE ON FOREIGN SERVER bank FROM bob, nobody", "role \"nobody\" does not exist"),
    ] {
        assert_eq!(failure(&ctx, text).await, ("42704", message.to_owned()), "{text}");
        assert_eq!(granted(), 3, "{text}");
    }
    assert_eq!(statement(&ctx, "GRANT ALL ON FOREIGN SERVER shop TO ann").await.expect("grants"), "GRANT");
    assert_eq!(statement(&ctx, "REVOKE QUERY, EXECUTE ON FOREIGN SERVER shop FROM ann").await.expect("revoked"), "REVOKE");
    assert_eq!(granted(), 5);
    let entry = last_entry(&services).await;
    assert_eq!(entry.arguments.as_deref(), Some("{\"privilege\":\"QUERY, EXECUTE\",\"from\":[\"ann\"]}"));
    assert_eq!(statement(&ctx, "COMMENT ON SERVER shop IS 'orders'").await.expect("a comment"), "COMMENT");
    assert_eq!(data_sources::get(&services.store.replica(), "shop").expect("a source").comment.as_deref(), Some("orders"));
}

async fn create_source(services: &Arc<Services>, ctx: &CallContext, name: &str) {
    let request = data_sources::Create {
        name: name.to_owned(),
        kind: "fake".to_owned(),
        options: Default::default(),
        comment: None,
        labels: Default::default(),
        test: false,
        publish: false,
        if_not_exists: false,
    };
    data_sources::create(services, &ctx.actor, request).await.expect("a source");
}

use super::*;
use crate::parse::{Command, script};
use crate::testing;

async fn statement(ctx: &CallContext, text: &str) -> Result<String> {
    let statements = script(text)?;
    let Command::Server(command) = statements[0].command.as_ref() else { panic!("{text} is about no server") };
    match run(ctx, command).await? {
        Answer::Command { tag } => Ok(tag),
        _ => panic!("{text} answers no tag"),
    }
}

async fn failure(ctx: &CallContext, text: &str) -> (&'static str, String) {
    let error = statement(ctx, text).await.expect_err(text);
    (error.code.sqlstate(), error.message)
}

/// State, newest version and its options.
fn source(ctx: &CallContext, name: &str) -> (&'static str, u64, String) {
    let replica = ctx.services.store.replica();
    let source = data_sources::get(&replica, name).expect("a source");
    let version = data_sources::version(&replica, &source, source.current_version).expect("a version");
    let options = data_sources::masked_options(&ctx.services.factories, &source.kind, &version);
    (source.state.name(), source.current_version, Value::from(options).to_string())
}

#[tokio::test]
async fn servers_come_change_and_go() {
    let ctx = testing::context(&testing::services().await, "admin");
    let created =
        statement(&ctx, "CREATE SERVER shop FOREIGN DATA WRAPPER fake OPTIONS (path 'a', port '5', broken 'off', password 'x')").await;
    assert_eq!(created.expect("a server"), "CREATE SERVER");
    let options = "{\"broken\":false,\"password\":\"********\",\"path\":\"a\",\"port\":5}";
    assert_eq!(source(&ctx, "shop"), ("published", 1, options.to_owned()));
    statement(&ctx, "CREATE SERVER IF NOT EXISTS shop FOREIGN DATA WRAPPER fake").await.expect("nothing to do");
    assert_eq!(ctx.notices.take()[0].message, "server \"shop\" already exists, skipping");

    let altered = statement(&ctx, "ALTER SERVER shop OPTIONS (SET port '6', DROP broken, DROP password)").await;
    assert_eq!(altered.expect("changed"), "ALTER SERVER");
    assert_eq!(source(&ctx, "shop"), ("published", 2, "{\"path\":\"a\",\"port\":6}".to_owned()));
    assert_eq!(statement(&ctx, "ALTER SERVER shop RENAME TO store").await.expect("renamed"), "ALTER SERVER");
    assert_eq!(failure(&ctx, "DROP SERVER store, nowhere").await, ("42704", "server \"nowhere\" does not exist".to_owned()));
    assert_eq!(statement(&ctx, "DROP SERVER IF EXISTS store, nowhere CASCADE").await.expect("dropped"), "DROP SERVER");
    assert_eq!(ctx.notices.take()[0].message, "server \"nowhere\" does not exist, skipping");
    assert_eq!(source(&ctx, "store").0, "dropped");
    assert_eq!(testing::audit(&ctx.services).await.len(), 6, "one entry for each statement");
}

#[tokio::test]
async fn what_is_refused() {
    let ctx = testing::context(&testing::services().await, "admin");
    statement(&ctx, "CREATE SERVER shop FOREIGN DATA WRAPPER fake OPTIONS (path 'a')").await.expect("a server");
    for (text, sqlstate, message) in [
        ("CREATE SERVER shop FOREIGN DATA WRAPPER fake", "42710", "data source \"shop\" already exists"),
        ("CREATE SERVER s FOREIGN DATA WRAPPER nope", "42704", "data source type \"nope\" does not exist"),
        ("CREATE SERVER s FOREIGN DATA WRAPPER fake OPTIONS (pth 'a')", "22023", "unknown option \"pth\" for data source type \"fake\""),
        (
            "CREATE SERVER s FOREIGN DATA WRAPPER fake OPTIONS (port 'x')",
            "22023",
            "option \"port\" of data source type \"fake\" must be of type integer",
        ),
        (
            "CREATE SERVER s FOREIGN DATA WRAPPER fake OPTIONS (broken 'x')",
            "22023",
            "option \"broken\" of data source type \"fake\" must be of type boolean",
        ),
        ("ALTER SERVER shop OPTIONS (path 'b')", "42710", "option \"path\" provided more than once"),
        ("ALTER SERVER shop OPTIONS (SET port '1')", "42704", "option \"port\" not found"),
        ("ALTER SERVER shop OPTIONS (DROP port)", "42704", "option \"port\" not found"),
        ("ALTER SERVER nowhere OPTIONS (DROP port)", "42704", "data source \"nowhere\" does not exist"),
    ] {
        assert_eq!(failure(&ctx, text).await, (sqlstate, message.to_owned()), "{text}");
        assert_eq!(testing::audit(&ctx.services).await.pop().and_then(|entry| entry.sqlstate).as_deref(), Some(sqlstate), "{text}");
    }
    assert_eq!(source(&ctx, "shop"), ("published", 1, "{\"path\":\"a\"}".to_owned()));
}

#[tokio::test]
async fn secrets_are_never_repeated() {
    let ctx = testing::context(&testing::services().await, "admin");
    statement(&ctx, "CREATE SERVER shop FOREIGN DATA WRAPPER fake OPTIONS (path 'a')").await.expect("a server");
    for text in [
        "CREATE SERVER s FOREIGN DATA WRAPPER fake OPTIONS (password 'hunter2')",
        "CREATE SERVER s FOREIGN DATA WRAPPER fake OPTIONS (pasword 'hunter2')",
        "CREATE SERVER t FOREIGN DATA WRAPPER fkae OPTIONS (password 'hunter2')",
        "ALTER SERVER shop OPTIONS (ADD password 'hunter2')",
        "ALTER SERVER shop OPTIONS (SET pasword 'hunter2')",
        "ALTER SERVER nowhere OPTIONS (SET password 'hunter2')",
    ] {
        let shown = statement(&ctx, text).await.err().map(|error| format!("{error:?}"));
        let entry = testing::audit(&ctx.services).await.pop();
        assert!(!format!("{shown:?} {entry:?}").contains("hunter2"), "{text}: {shown:?} {entry:?}");
    }
}

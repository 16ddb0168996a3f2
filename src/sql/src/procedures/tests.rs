//! Procedures from the text of a CALL to its rows and its audit entry.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use domain::Services;
use domain::access::{self, CreateRole};
use futures::TryStreamExt;
use proptest::prelude::*;
use spi::types::oid;
use tokio::runtime::Builder;

use super::*;
use crate::answer::Batch;
use crate::parse::{Command, script};
use crate::testing;

async fn run(ctx: &CallContext, text: &str) -> Result<RecordBatch> {
    let statements = script(text)?;
    let Command::Call(parsed) = statements[0].command.as_ref() else { panic!("{text} is no call") };
    let Answer::Rows { columns, batches, command: "CALL" } = call(ctx, parsed, &[]).await? else { panic!("no rows") };
    let batches: Vec<Batch> = batches.try_collect().await?;
    let [Batch::Arrow(batch)] = &batches[..] else { panic!("{} batches", batches.len()) };
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, batch.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>());
    Ok(batch.clone())
}

fn text<'a>(batch: &'a RecordBatch, column: &str) -> &'a str {
    batch.column_by_name(column).expect(column).as_string::<i32>().value(0)
}

fn number(batch: &RecordBatch, column: &str) -> i64 {
    batch.column_by_name(column).expect(column).as_primitive::<Int64Type>().value(0)
}

/// Runs a call that succeeds, and gives its name, version and state.
async fn done(ctx: &CallContext, text_of_call: &str) -> (String, i64, String) {
    let batch = run(ctx, text_of_call).await.unwrap_or_else(|error| panic!("{text_of_call}: {error}"));
    (text(&batch, "name").to_owned(), number(&batch, "version"), text(&batch, "state").to_owned())
}

async fn failure(ctx: &CallContext, text: &str) -> (&'static str, String) {
    let error = run(ctx, text).await.expect_err(text);
    (error.code.sqlstate(), error.message)
}

async fn create_role(services: &Arc<Services>, name: &str) -> CallContext {
    let admin = testing::context(services, "admin");
    access::create_role(services, &admin.actor, CreateRole::named(name)).await.expect("a role");
    testing::context(services, name)
}

#[test]
fn every_procedure_is_documented_and_in_order() {
    let names: Vec<&str> = ALL.iter().map(|procedure| procedure.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
    for procedure in ALL {
        let name = procedure.name();
        assert!(procedure.summary().ends_with('.'), "{name}");
        let arguments = procedure.arguments();
        for (described, description) in arguments.iter().map(|argument| (&argument.name, &argument.description)) {
            assert!(description.ends_with('.'), "{name}: {described}");
        }
        for column in procedure.columns() {
            assert!(column.description.ends_with('.'), "{name}: {}", column.name);
        }
        let optional_first = arguments.iter().skip_while(|argument| argument.required).any(|argument| argument.required);
        assert!(!optional_first, "{name}: an argument that is required follows one that is not");
    }
}

#[test]
fn every_file_is_a_procedure() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/procedures")).expect("the folder of procedures");
    let files: BTreeSet<String> = folder.map(|file| file.expect("a file").file_name().to_string_lossy().replace(".rs", "")).collect();
    let shared = ["masking", "outcome", "tests"].map(str::to_owned);
    let named: BTreeSet<String> = ALL.iter().map(|procedure| procedure.name().to_owned()).chain(shared).collect();
    assert_eq!(files, named);
}

#[test]
fn calls_are_described_before_they_run() {
    let statements = script("CALL create_datasource($1, $2, $3, test => $4)").expect("a call");
    let Command::Call(parsed) = statements[0].command.as_ref() else { panic!("no call") };
    let described = describe(parsed, &[0, oid::VARCHAR]).expect("a description");
    assert_eq!(described.parameter_types, [oid::TEXT, oid::VARCHAR, oid::JSONB, oid::BOOL]);
    let columns: Vec<_> = described.columns.iter().map(|column| (column.name.as_str(), column.pg_type.oid)).collect();
    let (text, bigint) = (oid::TEXT, oid::INT8);
    let expected = [
        ("name", text),
        ("version", bigint),
        ("state", text),
        ("revision", bigint),
        ("objects", bigint),
        ("remote_calls", bigint),
        ("elapsed_ms", bigint),
    ];
    assert_eq!(columns, expected);
}

#[tokio::test]
async fn unknown_procedures() {
    let ctx = testing::context(&testing::services().await, "admin");
    for (text, message, hint) in [
        ("CALL nope('a', 1, x => true)", "procedure nope(unknown, integer, x => boolean) does not exist", "SELECT routine_name FROM"),
        ("CALL pause_datasorce('a')", "procedure pause_datasorce(unknown) does not exist", "Did you mean \"admin.pause_datasource\"?"),
        (
            "CALL public.pause_datasource()",
            "procedure public.pause_datasource() does not exist",
            "Did you mean \"admin.pause_datasource\"?",
        ),
    ] {
        let error = run(&ctx, text).await.expect_err(text);
        assert_eq!((error.code.sqlstate(), error.message.as_str(), error.position), ("42883", message, Some(6)));
        assert!(error.hint.is_some_and(|given| given.starts_with(hint)), "{text}");
    }
    assert!(testing::audit(&ctx.services).await.is_empty(), "what is no procedure is not in the journal");
}

#[tokio::test]
async fn the_life_of_a_data_source() {
    let ctx = testing::context(&testing::services().await, "admin");
    let row = |version, state: &str| ("shop".to_owned(), version, state.to_owned());
    let created = run(&ctx, "CALL create_datasource('shop', 'fake', '{\"path\": \"a\"}', comment => 'orders')").await.expect("a source");
    assert_eq!((text(&created, "name"), number(&created, "version"), text(&created, "state")), ("shop", 1, "published"));
    // The schema and its table; the test and the harvest.
    assert_eq!((number(&created, "objects"), number(&created, "remote_calls")), (2, 2));
    assert!(number(&created, "revision") > 0 && number(&created, "elapsed_ms") >= 0);

    assert_eq!(failure(&ctx, "CALL create_datasource('shop', 'fake')").await, ("42710", "data source \"shop\" already exists".to_owned()));
    assert_eq!(done(&ctx, "CALL create_datasource('shop', 'fake', if_not_exists => true)").await, row(1, "published"));
    assert_eq!(ctx.notices.take()[0].message, "data source \"shop\" already exists, skipping");

    assert_eq!(done(&ctx, "CALL admin.alter_datasource('shop', '{\"path\": \"b\"}', expected_version => 1)").await, row(2, "edited"));
    let conflict = failure(&ctx, "CALL alter_datasource('shop', '{\"path\": \"c\"}', expected_version => 1)").await;
    assert_eq!(conflict, ("40001", "data source \"shop\" was changed meanwhile".to_owned()));
    assert_eq!(done(&ctx, "CALL publish_datasource('shop', 2)").await, row(2, "published"));
    assert_eq!(done(&ctx, "CALL rollback_datasource('shop', to_version => 1)").await, row(1, "edited"));
    assert_eq!(done(&ctx, "CALL unpublish_datasource('shop')").await, row(1, "draft"));
    assert_eq!(done(&ctx, "CALL publish_datasource('shop', 2)").await, row(2, "published"));
    assert_eq!(done(&ctx, "CALL comment_datasource('shop', 'new')").await, row(2, "published"));
    assert_eq!(done(&ctx, "CALL comment_datasource('shop')").await, row(2, "published"));
    assert_eq!(done(&ctx, "CALL expire_datasource('shop', '2020-01-01')").await, row(2, "expired"));
    assert_eq!(done(&ctx, "CALL renew_datasource('shop')").await, row(2, "published"));
    assert_eq!(done(&ctx, "CALL pause_datasource('shop')").await, row(2, "published"));
    assert_eq!(failure(&ctx, "CALL test_datasource('shop')").await.0, "55000");
    assert_eq!(done(&ctx, "CALL resume_datasource('shop')").await, row(2, "published"));
    let renamed = done(&ctx, "CALL rename_datasource('shop', 'store')").await;
    assert_eq!(renamed, ("store".to_owned(), 2, "published".to_owned()));
    assert_eq!(done(&ctx, "CALL drop_datasource('store')").await.2, "dropped");
    assert_eq!(done(&ctx, "CALL restore_datasource('store')").await.2, "published");
    assert_eq!(failure(&ctx, "CALL purge_datasource('store')").await.0, "55000");
    assert_eq!(done(&ctx, "CALL drop_datasource('store', cascade => true)").await.2, "dropped");
    assert_eq!(done(&ctx, "CALL purge_datasource('store')").await.2, "dropped");
    assert_eq!(failure(&ctx, "CALL restore_datasource('store')").await.0, "42704");

    let entries = testing::audit(&ctx.services).await;
    assert_eq!(entries.len(), 23, "one entry for each call");
    let first = &entries[0];
    assert_eq!((first.action.as_str(), first.object.as_deref(), first.sqlstate.as_deref()), ("create_datasource", Some("shop"), None));
    assert_eq!(first.revision, Some(number(&created, "revision") as u64));
    assert_eq!(
        first.arguments.as_deref(),
        Some("{\"name\":\"shop\",\"type\":\"fake\",\"options\":{\"path\":\"a\"},\"comment\":\"orders\"}")
    );
    assert_eq!((entries[1].sqlstate.as_deref(), entries[1].revision), (Some("42710"), None));
}

#[tokio::test]
async fn tests_tell_every_stage() {
    let ctx = testing::context(&testing::services().await, "admin");
    run(&ctx, "CALL create_datasource('shop', 'fake')").await.expect("a source");
    let saved = run(&ctx, "CALL test_datasource('shop', 1)").await.expect("a test");
    assert_eq!((saved.num_rows(), text(&saved, "stage"), text(&saved, "message")), (1, "connect", "connected to \"\""));
    let unsaved = run(&ctx, "CALL test_datasource(type => 'fake', options => '{\"broken\": true}')").await.expect("a test");
    let ok = unsaved.column_by_name("ok").expect("a column").as_boolean();
    assert_eq!((unsaved.num_rows(), ok.value(0), ok.value(1)), (2, true, false));
    for text in ["CALL test_datasource()", "CALL test_datasource('shop', type => 'fake')", "CALL test_datasource(version => 1)"] {
        assert_eq!(
            failure(&ctx, text).await,
            ("22023", "procedure \"test_datasource\" needs either a name or a type".to_owned()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn refreshes_tell_what_they_found() {
    let ctx = testing::context(&testing::services().await, "admin");
    run(&ctx, "CALL create_datasource('shop', 'fake')").await.expect("a source");
    let found = run(&ctx, "CALL refresh_metadata('shop')").await.expect("a refresh");
    let counts = ["objects", "added", "changed", "removed", "remote_calls", "snapshot"].map(|column| number(&found, column));
    assert_eq!(counts, [2, 0, 0, 0, 1, 1]);
    assert_eq!(found.column_by_name("observed_at").expect("a column").null_count(), 0);
    assert_eq!(failure(&ctx, "CALL refresh_metadata('shop', table => 't')").await.0, "22023");
}

#[tokio::test]
async fn privileges() {
    let services = testing::services().await;
    let (admin, bob) = (testing::context(&services, "admin"), create_role(&services, "bob").await);
    run(&admin, "CALL create_datasource('shop', 'fake')").await.expect("a source");
    run(&admin, "CALL create_datasource('bank', 'fake')").await.expect("a source");
    access::grant(&services, &admin.actor, &[access::Privilege::Usage], "shop", "bob").await.expect("a grant");
    let of_superusers: Vec<_> = ALL.iter().filter(|procedure| procedure.caller() == Caller::Superuser).collect();
    for procedure in &of_superusers {
        let required = procedure.arguments().into_iter().filter(|argument| argument.required);
        let values: Vec<&str> = required.map(|argument| if argument.pg_type.oid == oid::TEXT { "'shop'" } else { "'1'" }).collect();
        let text = format!("CALL {}({})", procedure.name(), values.join(", "));
        let message = format!("permission denied for procedure \"{}\"", procedure.name());
        assert_eq!(failure(&bob, &text).await, ("42501", message), "{text}");
    }
    assert_eq!(run(&bob, "CALL test_datasource('shop')").await.expect("a test").num_rows(), 1);
    assert_eq!(run(&bob, "CALL refresh_metadata('shop')").await.expect("a refresh").num_rows(), 1);
    let hidden = ("42704", "data source \"bank\" does not exist".to_owned());
    assert_eq!(failure(&bob, "CALL test_datasource('bank')").await, hidden);
    assert_eq!(failure(&bob, "CALL refresh_metadata('bank')").await, hidden);
    assert_eq!(failure(&bob, "CALL test_datasource(type => 'fake')").await.0, "42501");
    let denied = testing::audit(&services).await.into_iter().filter(|entry| entry.sqlstate.as_deref() == Some("42501")).count();
    assert_eq!(denied, of_superusers.len() + 1, "what is denied is in the journal too");
}

#[tokio::test]
async fn a_cancelled_call_is_in_the_journal() {
    let ctx = testing::context(&testing::services().await, "admin");
    let mut silent = Box::pin(run(&ctx, "CALL create_datasource('shop', 'fake', '{\"silent\": true}')"));
    assert!(futures::poll!(silent.as_mut()).is_pending());
    drop(silent);
    // The entry is written by a task of its own.
    while testing::audit(&ctx.services).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let entries = testing::audit(&ctx.services).await;
    assert_eq!((entries.len(), entries[0].action.as_str(), entries[0].sqlstate.as_deref()), (1, "create_datasource", Some("57014")));
}

/// Whatever is done with a secret option, well or badly, its value is neither in the error nor in the journal.
#[test]
fn secrets_are_never_repeated() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let services = runtime.block_on(testing::services());
    let ctx = testing::context(&services, "admin");
    runtime.block_on(run(&ctx, "CALL create_datasource('shop', 'fake')")).expect("a source");
    proptest!(ProptestConfig::with_cases(64), |(secret in "[a-zA-Z0-9 ]{12,24}", form in 0_usize..13)| {
        let call = [
            "CALL create_datasource('new', 'fake', '{\"password\": \"SECRET\"}', publish => false, test => true)",
            "CALL create_datasource('shop', 'fake', '{\"password\": \"SECRET\"}')",
            "CALL create_datasource('new', 'fake', '{\"password\": \"SECRET\", \"broken\": true}')",
            "CALL create_datasource('new', 'fake', '{\"pasword\": \"SECRET\"}')",
            "CALL create_datasource('new', 'fkae', '{\"password\": \"SECRET\"}')",
            "CALL create_datasource('new', 'fake', '{\"password\": \"SECRET\"')",
            "CALL create_datasource('new', 'fake', '{\"password\": [\"SECRET\"]}')",
            "CALL create_datasource('new', 'fake', '\"SECRET\"')",
            "CALL create_datasource('new', 'fake', labels => '{\"password\": {\"SECRET\": 1}}', options => 'SECRET')",
            "CALL alter_datasource('shop', '{\"password\": \"SECRET\", \"path\": 5}')",
            "CALL alter_datasource('nowhere', '{\"password\": \"SECRET\"}')",
            "CALL test_datasource(type => 'fake', options => '{\"password\": \"SECRET\", \"pot\": 1}')",
            "CALL publish_datasource('shop', '{\"password\": \"SECRET\"}')",
        ][form].replace("SECRET", &secret);
        let shown = match runtime.block_on(run(&ctx, &call)) {
            Ok(_) => String::new(),
            Err(error) => format!("{error:?}"),
        };
        prop_assert!(!shown.contains(&secret), "{shown}");
        let entry = runtime.block_on(testing::audit(&services)).pop().expect("an entry");
        let entry = format!("{entry:?}");
        prop_assert!(!entry.contains(&secret), "{entry}");
        // So that the next case can create it anew.
        let _ = runtime.block_on(run(&ctx, "CALL drop_datasource('new')"));
        let _ = runtime.block_on(run(&ctx, "CALL purge_datasource('new')"));
    });
}

//! The process dies inside a change. After a restart the change is either whole or not there, and nothing else is lost.

use libtest_mimic::{Failed, Trial};
use tokio_postgres::Client;

use super::{create_shop, trial};
use crate::gateway::{self, Gateway};
use crate::shop;

/// What must be true after a crash at a fail-point.
struct Crash {
    point: &'static str,
    /// The statement that reaches the point, given the statement that creates `other`.
    statement: Statement,
    /// Whether the change must be there afterwards.
    survives: bool,
}

enum Statement {
    Create,
    Alter,
    Publish,
    Refresh,
}

const CRASHES: [Crash; 10] = [
    Crash { point: "create.before_commit", statement: Statement::Create, survives: false },
    Crash { point: "create.after_commit", statement: Statement::Create, survives: true },
    Crash { point: "alter.before_commit", statement: Statement::Alter, survives: false },
    Crash { point: "alter.after_commit", statement: Statement::Alter, survives: true },
    Crash { point: "publish.before_commit", statement: Statement::Publish, survives: false },
    Crash { point: "publish.after_commit", statement: Statement::Publish, survives: true },
    Crash { point: "refresh.before_blobs", statement: Statement::Refresh, survives: false },
    Crash { point: "refresh.after_blobs", statement: Statement::Refresh, survives: false },
    Crash { point: "refresh.before_commit", statement: Statement::Refresh, survives: false },
    Crash { point: "refresh.after_commit", statement: Statement::Refresh, survives: true },
];

pub fn trials() -> Vec<Trial> {
    let crash = |crash: &'static Crash| {
        Trial::test(format!("fault::crash::{}", crash.point), move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(crash))
        })
    };
    let mut trials: Vec<Trial> = CRASHES.iter().map(crash).collect();
    trials.push(trial("crash::acknowledged_changes_survive_a_kill", acknowledged_changes_survive_a_kill));
    trials
}

async fn run(crash: &Crash) -> Result<(), Failed> {
    let mut gateway = Gateway::start();
    let file = gateway.folder().join("shop.db");
    shop::create(&file).await;
    let client = gateway.connect("metagate").await;
    // Manual refreshes only, so that none reaches the point before the statement does.
    let options = format!("{{\"path\": \"{}\", \"refresh_interval\": \"0\"}}", file.display());
    client.simple_query(&format!("CALL create_datasource('shop', 'sqlite', '{options}')")).await?;
    client.simple_query("CALL alter_datasource('shop', comment => 'second', options => '{\"connections_max\": 2}')").await?;
    let before = facts(&client).await?;
    gateway.kill();

    let mut gateway = gateway.restart(&[("METAGATE_FAILPOINT", crash.point)]);
    let client = gateway.connect("metagate").await;
    let statement = match crash.statement {
        Statement::Create => create_shop(&gateway, "other"),
        Statement::Alter => "CALL alter_datasource('shop', '{\"connections_max\": 3}', comment => 'third')".to_owned(),
        Statement::Publish => "CALL publish_datasource('shop', 2)".to_owned(),
        Statement::Refresh => {
            shop::execute(&file, "CREATE TABLE added (id INTEGER)").await;
            "CALL refresh_metadata('shop')".to_owned()
        }
    };
    let Err(error) = client.simple_query(&statement).await else { return Err("the gateway did not crash".into()) };
    assert!(error.code().is_none(), "an answer instead of a crash: {error}");
    assert!(!gateway.wait_for_end().success());

    let gateway = gateway.restart(&[]);
    let client = gateway.connect("metagate").await;
    let after = facts(&client).await?;
    assert_eq!(before != after, crash.survives, "before: {before}\nafter: {after}");
    verify(gateway).await
}

/// All that a user may rely on about the sources, as text.
async fn facts(client: &Client) -> Result<String, Failed> {
    const STATEMENTS: [&str; 3] = [
        "SELECT name, state, current_version, published_version FROM admin.data_sources ORDER BY name",
        "SELECT data_source, version, published, comment FROM admin.data_source_versions ORDER BY data_source, version",
        "SELECT table_catalog, table_name FROM information_schema.tables WHERE table_catalog IN ('shop', 'sample') ORDER BY 1, 2",
    ];
    let mut facts = String::new();
    for statement in STATEMENTS {
        facts += &format!("{:?}\n", client.simple_query(statement).await?);
    }
    Ok(facts)
}

/// The store's own check of itself, once the gateway has let go of it.
async fn verify(mut gateway: Gateway) -> Result<(), Failed> {
    gateway.kill();
    let output =
        std::process::Command::new(gateway::binary()).args(["store", "verify", "--data"]).arg(gateway.folder().join("data")).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned().into()) }
}

async fn acknowledged_changes_survive_a_kill() -> Result<(), Failed> {
    let mut gateway = super::gateway_with_shop().await;
    for number in 0..30 {
        let client = gateway.connect("metagate").await;
        client.simple_query(&format!("CALL rename_datasource('{}', '{}')", name(number), name(number + 1))).await?;
        if number % 10 == 9 {
            gateway.kill();
            gateway = gateway.restart(&[]);
        }
    }
    let client = gateway.connect("metagate").await;
    let row = client.query_one("SELECT count(*) FROM admin.data_sources WHERE name = 'shop30'", &[]).await?;
    assert_eq!(row.get::<_, i64>(0), 1);
    verify(gateway).await
}

fn name(number: usize) -> String {
    if number == 0 { "shop".to_owned() } else { format!("shop{number}") }
}

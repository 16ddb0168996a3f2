//! What psql's `\d+` and `information_schema` show of a table of each source: kept in `described.txt`, which `UPDATE=1` writes anew.

use std::fmt::Write;
use std::process::Command;

use libtest_mimic::Failed;
use serde_json::Value;

use super::hive::Hive;
use super::servers::{Elasticsearch, Kafka, MongoDb, Redis};
use crate::clients::PSQL;
use crate::gateway::Gateway;
use crate::relational::servers::{register, rows};
use crate::tidy::root;

/// Type of source and table.
const TABLES: [(&str, &str); 5] = [
    ("elasticsearch", "public.reviews"),
    ("ferretdb", "shop.profiles"),
    ("hive", "web.visits"),
    ("kafka", "public.clicks"),
    ("redis", "db0.session"),
];

/// What tools ask of the information schema, and of the gateway's own, about a table.
const ASKED: [&str; 3] = [
    "SELECT ordinal_position, column_name, data_type, is_nullable, native_type, comment FROM information_schema.columns WHERE {table} ORDER BY 1",
    "SELECT constraint_name, column_name FROM information_schema.key_column_usage WHERE {table} ORDER BY 1, 2",
    "SELECT foreign_table_schema, foreign_table_name, option_name FROM information_schema.foreign_table_options
     WHERE foreign_table_schema || '.' || foreign_table_name = '{name}' ORDER BY 3",
];

pub async fn every_table_is_described_without_asking_its_source() -> Result<(), Failed> {
    let (redis, mongodb) = (Redis::start().await, MongoDb::start().await);
    let (elasticsearch, hive, kafka) = (Elasticsearch::shared(), Hive::shared(), Kafka::shared());
    let options = [elasticsearch.options(), mongodb.options(), hive.options(), kafka.options(), redis.options()];
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    for ((kind, _), options) in TABLES.iter().zip(&options) {
        register(&client, kind, kind, options).await;
        // A harvest that is still under way, or is tried again, asks the source too.
        rows(&client, &format!("CALL refresh_metadata('{kind}')")).await?;
    }
    let calls = "SELECT data_source, remote_calls_total FROM metadata.freshness ORDER BY 1";
    let before = rows(&client, calls).await?;
    let mut text = String::new();
    for ((kind, name), options) in TABLES.iter().zip(&options) {
        let mut described = String::new();
        writeln!(described, "# {kind}\n{}", psql(&gateway, kind, &format!("\\d+ {name}"))?)?;
        let client = gateway.connect(kind).await;
        for asked in ASKED {
            let table = format!("table_schema || '.' || table_name = '{name}'");
            writeln!(described, "{}\n", rows(&client, &asked.replace("{table}", &table).replace("{name}", name)).await?.join("\n"))?;
        }
        let partitions = format!(
            "SELECT partition_name, method, expression, bounds, location, row_estimate FROM metagate.metadata.partitions
             WHERE data_source = '{kind}' AND schema_name || '.' || table_name = '{name}' ORDER BY 1"
        );
        writeln!(described, "{}\n", rows(&client, &partitions).await?.join("\n"))?;
        text.extend(described.lines().map(|line| constant(line, options) + "\n"));
    }
    assert_eq!(rows(&client, calls).await?, before, "the catalog asks no source");
    expect(&text)
}

/// Options whose values differ from run to run.
const CHANGING: [&str; 4] = ["index.creation_date", "index.uuid", "transient_lastDdlTime", "uuid"];

/// What is the same in every run: places and times of servers have a word for them.
fn constant(line: &str, options: &Value) -> String {
    let mut line = line.to_owned();
    for folder in options["local_folders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        line = line.replace(folder, "FOLDER");
    }
    if let Some(broker) = options["bootstrap_servers"].as_str() {
        line = line.replace(broker, "BROKER");
    }
    let Some(shown) = line.strip_prefix("Options: ") else { return line };
    let option = |option: &str| match option.split_once('=') {
        Some((name, _)) if CHANGING.contains(&name) => format!("{name}=…"),
        _ => option.to_owned(),
    };
    format!("Options: {}", shown.split(", ").map(option).collect::<Vec<_>>().join(", "))
}

fn psql(gateway: &Gateway, database: &str, command: &str) -> Result<String, Failed> {
    let address = gateway.address;
    let connection = format!("host={} port={} user=admin dbname={database}", address.ip(), address.port());
    let output =
        Command::new(PSQL).args(["--no-psqlrc", "--command", command, &connection]).env("PGPASSWORD", &gateway.password).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // psql fills the lines of a table up with blanks.
    Ok(String::from_utf8(output.stdout)?.lines().map(|line| format!("{}\n", line.trim_end())).collect())
}

fn expect(text: &str) -> Result<(), Failed> {
    let path = root().join("tests/documents/described.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text)?;
    }
    let kept = std::fs::read_to_string(&path)?;
    let (mut kept, mut now) = (kept.lines(), text.lines());
    for line in 1.. {
        match (kept.next(), now.next()) {
            (None, None) => break,
            (kept, now) if kept == now => {}
            (kept, now) => {
                return Err(format!("described.txt:{line}\n  is        {kept:?}\n  should be {now:?}\nUPDATE=1 writes it anew").into());
            }
        }
    }
    Ok(())
}

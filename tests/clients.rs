//! Real client libraries: each connects with SCRAM, reads one row joined from two data sources exactly, and is refused properly. Then
//! each browses the catalog of a PostgreSQL, as [`browse`] says.
//!
//! The programs are in `clients/`; `./tests/run` installs the libraries into the folder `METAGATE_TEST_CACHE`.

mod browse;
mod drivers;
mod mariadb;
mod page;

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::gateway::Gateway;
use crate::shop;

pub const PSQL: &str = "/usr/lib/postgresql/15/bin/psql";

pub fn trials() -> Vec<Trial> {
    let program = |name: &str, prepare: fn() -> Command| Trial::test(format!("clients::{name}"), move || run(prepare()));
    let mut trials = vec![
        program("psycopg", || python("psycopg_client.py")),
        program("asyncpg", || python("asyncpg_client.py")),
        program("node_postgres", || node("node_client.js")),
        program("pgjdbc", jdbc),
        Trial::test("clients::psql", psql),
        Trial::test("clients::tokio_postgres", tokio_postgres),
    ];
    trials.extend(browse::trials());
    trials
}

/// Runs a client program against a gateway that has the sources `sample` and `shop`.
fn run(mut program: Command) -> Result<(), Failed> {
    let gateway = shop_gateway();
    let output = on(&gateway, &mut program).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).into())
}

#[tokio::main(flavor = "current_thread")]
async fn shop_gateway() -> Gateway {
    let gateway = Gateway::start();
    let shop = gateway.folder().join("shop.db");
    shop::create(&shop).await;
    let client = gateway.connect("metagate").await;
    let call = format!("CALL create_datasource('shop', 'sqlite', '{{\"path\": \"{}\"}}')", shop.display());
    client.simple_query(&call).await.expect("the source shop");
    gateway
}

fn on<'a>(gateway: &Gateway, program: &'a mut Command) -> &'a mut Command {
    program
        .env("PGHOST", gateway.address.ip().to_string())
        .env("PGPORT", gateway.address.port().to_string())
        .env("PGPASSWORD", &gateway.password)
        .env("TZ", "UTC")
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

pub fn cache() -> PathBuf {
    std::env::var_os("METAGATE_TEST_CACHE").expect("METAGATE_TEST_CACHE, which ./tests/run sets").into()
}

fn python(script: &str) -> Command {
    let mut command = Command::new(cache().join("python/bin/python"));
    command.arg(clients().join(script));
    command
}

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(clients().join(script)).env("NODE_PATH", cache().join("node/node_modules"));
    command
}

fn jdbc() -> Command {
    let mut command = Command::new("java");
    command.arg("-cp").arg(cache().join("postgresql-jdbc.jar"));
    command.arg(clients().join("JdbcClient.java")).arg(clients().join("statement.sql"));
    command
}

fn psql() -> Result<(), Failed> {
    let gateway = shop_gateway();
    let statement = std::fs::read_to_string(clients().join("statement.sql"))?;
    let run = |database: &str, password: &str, input: &str| {
        let mut command = Command::new(PSQL);
        on(&gateway, &mut command).env("PGPASSWORD", password);
        let output =
            command.args(["--no-psqlrc", "--tuples-only", "--no-align", "--username", "admin", database, "--command", input]).output();
        let output = output.expect("psql");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (row, problem) = run("metagate", &gateway.password, &statement.replace("$1", "3"));
    assert_eq!(row, "Niklaus Müller|120.10|2026-02-12|2025-08-13 14:32:00+00|t|\\x00ff10|{fair,sale}||\n", "{problem}");
    let (row, problem) = run("shop", &gateway.password, "SELECT amount FROM orders WHERE id = 3");
    assert_eq!(row, "120.10\n", "{problem}");
    assert!(run("metagate", "wrong", "SELECT 1").1.contains("password authentication failed for user \"admin\""));
    assert!(run("nowhere", &gateway.password, "SELECT 1").1.contains("database \"nowhere\" does not exist"));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn read_with_tokio_postgres(gateway: &Gateway) -> Result<(), Failed> {
    let statement = std::fs::read_to_string(clients().join("statement.sql"))?;
    let client = gateway.connect("metagate").await;
    let row = client.query_one(&statement, &[&3i64]).await?;
    assert_eq!(row.get::<_, String>("name"), "Niklaus Müller");
    assert!(row.get::<_, bool>("paid"));
    assert_eq!(row.get::<_, Vec<u8>>("picture"), [0, 255, 16]);
    assert_eq!(row.get::<_, Vec<String>>("tags"), ["fair", "sale"]);
    assert_eq!(row.get::<_, Option<String>>("note").as_deref(), Some(""));
    let types: Vec<_> = row.columns().iter().map(|column| column.type_().name()).collect();
    assert_eq!(types, ["text", "numeric", "date", "timestamptz", "bool", "bytea", "_text", "date", "varchar"]);
    for (role, password, database, state) in [
        ("admin", "wrong", "metagate", "28P01"),
        ("nobody", "x", "metagate", "28P01"),
        ("admin", gateway.password.as_str(), "nowhere", "3D000"),
    ] {
        let Err(error) = gateway.connect_as(role, password, database).await else { return Err("connected".into()) };
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{error}");
    }
    Ok(())
}

fn tokio_postgres() -> Result<(), Failed> {
    read_with_tokio_postgres(&shop_gateway())
}

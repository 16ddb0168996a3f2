//! Clients that browse a PostgreSQL through the gateway: each introspects it with statements of its own, then reads a little.
//!
//! The programs are beside this file, named `browse_*`, and find the same in a PostgreSQL that libpq's variables name. Each says one line
//! of JSON per thing that it did. Before it reads rows of tables it says so and waits for a line: until then it browses, and the gateway
//! must not have asked the source for anything.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tokio_postgres::Client;

use super::page::{self, Finding};
use super::{PSQL, cache, clients, drivers, mariadb, on};
use crate::gateway::Gateway;
use crate::pgcat::fixture;
use crate::relational::servers::rows;

/// The titles of the clients' sections in the documentation, in its order, and their programs; the drivers of this language have none.
const CLIENTS: [(&str, Program); 18] = [
    ("psql", Program::Apart(|| python("browse_psql.py"))),
    ("psql at its prompt", Program::Apart(|| python("browse_psql_tab.py"))),
    ("psql over MariaDB", Program::OverMariaDb(|| in_database("desk", super::python("browse_mariadb.py")))),
    ("pgcli", Program::Apart(|| python("browse_pgcli.py"))),
    ("JDBC", Program::Apart(jdbc)),
    ("ODBC", Program::Apart(|| python("browse_psqlodbc.py"))),
    ("SQLAlchemy and pandas", Program::Apart(|| python("browse_sqlalchemy.py"))),
    ("psycopg", Program::Apart(|| python("browse_psycopg.py"))),
    ("asyncpg", Program::Apart(|| python("browse_asyncpg.py"))),
    ("ADBC", Program::Apart(|| python("browse_adbc.py"))),
    ("Django", Program::Apart(|| python("browse_django.py"))),
    ("dbt", Program::Apart(|| python("browse_dbt.py"))),
    ("node-postgres", Program::Apart(|| node("browse_pg.js"))),
    ("postgres.js", Program::Apart(|| node("browse_postgresjs.js"))),
    ("Knex", Program::Apart(|| node("browse_knex.js"))),
    ("Kysely", Program::Apart(|| node("browse_kysely.js"))),
    ("Prisma", Program::Apart(|| node("browse_prisma.js"))),
    ("Rust", Program::Here),
];

#[derive(Clone, Copy)]
enum Program {
    Apart(fn() -> Command),
    OverMariaDb(fn() -> Command),
    Here,
}

pub fn trials() -> Vec<Trial> {
    let missing = fixture::missing().or_else(mariadb::missing);
    if let Some(missing) = &missing {
        eprintln!("tests of clients that browse are skipped: {missing} is not installed");
    }
    let trial = |(title, program): (&'static str, Program)| {
        let name = title.to_lowercase().replace([' ', '-', '.'], "_");
        Trial::test(format!("clients::browse::{name}"), move || browse(title, program)).with_ignored_flag(missing.is_some())
    };
    let page = Trial::test("clients::browse::page_of_all", || page::check_titles(&titles()));
    CLIENTS.into_iter().map(trial).chain([page]).collect()
}

fn titles() -> Vec<&'static str> {
    CLIENTS.map(|(title, _)| title).to_vec()
}

#[tokio::main(flavor = "current_thread")]
async fn browse(title: &str, program: Program) -> Result<(), Failed> {
    let findings = match program {
        Program::Apart(prepare) => apart(&fixture::gateway().await, prepare()).await?,
        Program::OverMariaDb(prepare) => {
            let (_server, gateway) = mariadb::gateway().await;
            apart(&gateway, prepare()).await?
        }
        Program::Here => {
            let gateway = fixture::gateway().await;
            let client = gateway.connect("metagate").await;
            let before = remote_calls(&client).await?;
            let mut findings = drivers::browse(&gateway).await?;
            assert_eq!(remote_calls(&client).await?, before, "requests to the source while the drivers browsed");
            findings.extend(drivers::read(&gateway).await?);
            findings
        }
    };
    page::check(&titles(), title, &findings)
}

/// Runs a program, and counts the requests to the source while it browses.
async fn apart(gateway: &Gateway, mut program: Command) -> Result<Vec<Finding>, Failed> {
    let client = gateway.connect("metagate").await;
    let log = gateway.folder().join("program.log");
    on(gateway, &mut program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?);
    let mut process = program.spawn()?;
    let mut input = process.stdin.take().ok_or("no input")?;
    let output = BufReader::new(process.stdout.take().ok_or("no output")?);
    let mut before = Some(remote_calls(&client).await?);
    let mut findings = Vec::new();
    for line in output.lines() {
        let line = line?;
        let said: Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
        let Some(now) = said["now"].as_str() else {
            findings.push(Finding::of(&said)?);
            continue;
        };
        if let Some(before) = before {
            assert_eq!(remote_calls(&client).await?, before, "requests to the source while {} browsed", said["client"]);
        }
        before = if now == "browses" { Some(remote_calls(&client).await?) } else { None };
        input.write_all(b"\n")?;
    }
    if !process.wait()?.success() {
        return Err(std::fs::read_to_string(&log)?.into());
    }
    if let Some(before) = before {
        assert_eq!(remote_calls(&client).await?, before, "requests to the source while the program browsed");
    }
    assert!(!findings.is_empty(), "it found nothing");
    Ok(findings)
}

async fn remote_calls(client: &Client) -> Result<u64, Failed> {
    let counted = rows(client, "SELECT sum(remote_calls_total) FROM metadata.freshness").await?;
    Ok(counted.first().ok_or("no count")?.parse()?)
}

fn python(script: &str) -> Command {
    let driver = format!("/usr/lib/{}-linux-gnu/odbc/psqlodbcw.so", std::env::consts::ARCH);
    let mut command = super::python(script);
    command.env("PSQLODBC", driver).env("DBT", cache().join("python/bin/dbt"));
    in_database("sales", command)
}

fn node(script: &str) -> Command {
    in_database("sales", super::node(script))
}

fn jdbc() -> Command {
    let mut command = Command::new("java");
    command.arg("-cp").arg(cache().join("postgresql-jdbc.jar")).arg(clients().join("BrowseJdbc.java"));
    in_database("sales", command)
}

fn in_database(database: &str, mut command: Command) -> Command {
    command.env("PGUSER", "admin").env("PGDATABASE", database).env("PSQL", PSQL);
    command
}

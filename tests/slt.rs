//! sqllogictest files over the wire, each through the simple and through the extended protocol, each with a gateway of its own.
//!
//! A file may use `$shop`, the path of the SQLite database that `shop.rs` makes, and `$folder`, the folder of files that `folder.rs`
//! makes; a file in `sources` may use `$options`, those of the server that it is named after, which `documents/servers.rs` starts.
//! `connection ROLE@DATABASE` before a statement has it run as that role in that database; the password of a role is its name, but
//! for `admin`, whose password is the gateway's first.
//!
//! With `UPDATE=1` in the environment the simple protocol's results are written into the files. Read what changed before you keep it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use libtest_mimic::{Failed, Trial};
use sqllogictest::{
    AsyncDB, Connection as ConnectionName, DBOutput, DefaultColumnType, Injected, MakeConnection, Record, Runner, default_column_validator,
    default_normalizer, default_validator, update_record_with_output,
};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Row, SimpleQueryMessage};

use crate::documents::servers;
use crate::gateway::Gateway;
use crate::{folder, shop};

/// How long one file may take: far more than any needs, so that a hanging statement fails instead of blocking the run.
const DEADLINE: Duration = Duration::from_secs(120);

pub fn trials() -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("slt");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no test files in {}", folder.display());
    let trial = |file: &PathBuf, protocol: Protocol| {
        let name = file.strip_prefix(&folder).expect("a file in the folder").with_extension("");
        let file = file.clone();
        let is_missing = file.parent().is_some_and(|folder| folder.ends_with("sources")) && servers::missing().is_some();
        let trial = Trial::test(format!("slt::{}::{}", name.display(), protocol.name()), move || run(&file, protocol));
        trial.with_ignored_flag(is_missing)
    };
    files.iter().flat_map(|file| [Protocol::Simple, Protocol::Extended].map(|protocol| trial(file, protocol))).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of test files") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "slt") {
            files.push(path);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(file: &Path, protocol: Protocol) -> Result<(), Failed> {
    let gateway = Gateway::start();
    let shop = gateway.folder().join("shop.db");
    shop::create(&shop).await;
    let folder = gateway.folder().join("folder");
    folder::create(&folder);

    let next = Rc::new(RefCell::new(String::new()));
    let mut runner = Runner::new(|| {
        let (gateway, name) = (&gateway, next.borrow().clone());
        async move {
            let (role, database) = name.split_once('@').unwrap_or(("admin", "metagate"));
            let password = if role == "admin" { &gateway.password } else { role };
            Ok(Connection { client: gateway.connect_as(role, password, database).await?, protocol })
        }
    });
    runner.set_var("shop".to_owned(), shop.display().to_string());
    runner.set_var("folder".to_owned(), folder.display().to_string());
    let server = servers::Any::of(&file.file_stem().unwrap_or_default().to_string_lossy()).await;
    if let Some(server) = &server {
        runner.set_var("options".to_owned(), server.options().to_string().replace('\'', "''"));
    }
    let records = sqllogictest::parse_file(file)?;
    let work = async {
        match (std::env::var_os("UPDATE"), protocol) {
            (None, _) => {
                for record in records {
                    next.replace(connection_of(&record).unwrap_or_default());
                    runner.run_async(record).await?;
                }
                Ok(())
            }
            (Some(_), Protocol::Simple) => write_results(&mut runner, file, &records, &next).await,
            (Some(_), Protocol::Extended) => Ok(()),
        }
    };
    tokio::time::timeout(DEADLINE, work).await?
}

/// The connection that a record runs on, unless it is the first one.
fn connection_of(record: &Record<DefaultColumnType>) -> Option<String> {
    match record {
        Record::Statement { connection: ConnectionName::Named(name), .. }
        | Record::Query { connection: ConnectionName::Named(name), .. } => Some(name.clone()),
        _ => None,
    }
}

/// Runs the records and writes the file anew with what they answered. What it includes is run, and stays as it is.
async fn write_results<M: MakeConnection<Conn = Connection>>(
    runner: &mut Runner<Connection, M>,
    file: &Path,
    records: &[Record<DefaultColumnType>],
    next: &RefCell<String>,
) -> Result<(), Failed> {
    let (mut text, mut included) = (String::new(), false);
    for record in records {
        next.replace(connection_of(record).unwrap_or_default());
        let output = runner.apply_record(record.clone()).await;
        let updated = update_record_with_output(record, &output, " ", default_validator, default_normalizer, default_column_validator);
        match record {
            Record::Injected(Injected::BeginInclude(_)) => included = true,
            Record::Injected(Injected::EndInclude(_)) => included = false,
            _ if !included => text += &format!("{}\n", updated.as_ref().unwrap_or(record)),
            _ => {}
        }
    }
    std::fs::write(file, format!("{}\n", text.trim_end()))?;
    Ok(())
}

#[derive(Clone, Copy)]
enum Protocol {
    Simple,
    Extended,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Protocol::Simple => "simple",
            Protocol::Extended => "extended",
        }
    }
}

struct Connection {
    client: Client,
    protocol: Protocol,
}

#[async_trait]
impl AsyncDB for Connection {
    type Error = tokio_postgres::Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, tokio_postgres::Error> {
        match self.protocol {
            Protocol::Simple => self.simple(sql).await,
            Protocol::Extended => self.extended(sql).await,
        }
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        self.protocol.name()
    }

    fn error_sql_state(error: &tokio_postgres::Error) -> Option<String> {
        error.code().map(|state| state.code().to_owned())
    }
}

impl Connection {
    async fn simple(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, tokio_postgres::Error> {
        let (mut columns, mut rows, mut complete) = (None, Vec::new(), 0);
        for message in self.client.simple_query(sql).await? {
            match message {
                SimpleQueryMessage::RowDescription(description) => columns = Some(description.len()),
                SimpleQueryMessage::Row(row) => rows.push((0..row.len()).map(|column| shown(row.get(column))).collect()),
                SimpleQueryMessage::CommandComplete(count) => complete = count,
                _ => {}
            }
        }
        Ok(output(columns, rows, complete))
    }

    async fn extended(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, tokio_postgres::Error> {
        let statement = self.client.prepare(sql).await?;
        if statement.columns().is_empty() {
            return Ok(DBOutput::StatementComplete(self.client.execute(&statement, &[]).await?));
        }
        let rows = self.client.query(&statement, &[]).await?;
        let rows = rows.iter().map(|row| (0..row.len()).map(|column| value(row, column)).collect()).collect();
        Ok(output(Some(statement.columns().len()), rows, 0))
    }
}

fn output(columns: Option<usize>, rows: Vec<Vec<String>>, complete: u64) -> DBOutput<DefaultColumnType> {
    match columns {
        Some(columns) => DBOutput::Rows { types: vec![DefaultColumnType::Any; columns], rows },
        None => DBOutput::StatementComplete(complete),
    }
}

fn shown(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(value) => value.to_owned(),
    }
}

/// A value of the extended protocol as the simple protocol's text would be, so that one file serves both.
fn value(row: &Row, column: usize) -> String {
    shown(row.get::<_, Option<Text>>(column).map(|text| text.0).as_deref())
}

/// Any binary value, as PostgreSQL prints it.
struct Text(String);

impl<'a> FromSql<'a> for Text {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Text(crate::binary::to_text(kind, raw)?))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

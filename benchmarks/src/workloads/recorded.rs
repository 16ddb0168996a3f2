//! Statements that clients were seen to send, beside the PostgreSQL that is the gateway's source.
//!
//! They are those that the tests replay, and are skipped where their folder is not there.

use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config};

use self::corpus::Statement;
use self::oids::Oids;
use crate::Result;
use crate::measure::{Times, milliseconds, report};
use crate::postgresql::PostgreSql;
use crate::psql;
use crate::server::{Server, connect};

#[allow(dead_code, reason = "shared with the tests, which also know what PostgreSQL answers")]
#[path = "../../../tests/pgcat/corpus.rs"]
mod corpus;
#[path = "../../../tests/pgcat/oids.rs"]
mod oids;

/// The objects that the statements are about.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pgcat/fixture.sql");
const DATABASES: [&str; 2] = ["sales", "hr"];
/// Times that all of them are sent.
const RUNS: usize = 7;
/// How many of the slowest are named.
const WORST: usize = 5;

pub async fn run() -> Result<()> {
    let Some(folder) = corpus::folder() else {
        report("recorded statements", "skipped: their folder is not there");
        return Ok(());
    };
    let postgresql = PostgreSql::start().await?;
    let admin = postgresql.connect().await?;
    for database in DATABASES {
        admin.batch_execute(&format!("CREATE DATABASE {database}")).await?;
    }
    let mut theirs = postgresql.settings();
    theirs.dbname(DATABASES[0]);
    psql::run_file(&theirs, FIXTURE)?;
    let server = Server::empty().await?;
    for database in DATABASES {
        let mut options = PostgreSql::options(postgresql.port);
        options["database"] = database.into();
        server.register(database, "postgresql", &options, 1).await?;
    }
    let ours = server.settings_for(DATABASES[0]);

    let mut ratios = Vec::new();
    for client in corpus::clients(&folder)? {
        let statements = corpus::statements(&folder, &client)?;
        let (ours, theirs) = (times(&ours, &statements).await?, times(&theirs, &statements).await?);
        for ((statement, ours), theirs) in statements.iter().zip(ours).zip(theirs) {
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                let (ours, theirs) = (ours.median(), theirs.median());
                ratios.push((ours.as_secs_f64() / theirs.as_secs_f64(), ours, theirs, format!("{client} {}", statement.name)));
            }
        }
    }
    ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
    let at = |share: f64| ratios[((ratios.len() - 1) as f64 * share).round() as usize].0;
    let figures = format!("{:.2} times as long in the median, {:.2} in 9 of 10, {:.2} at most", at(0.5), at(0.9), at(1.0));
    report(&format!("{} recorded statements", ratios.len()), &figures);
    for (ratio, ours, theirs, name) in ratios.iter().rev().take(WORST) {
        report(&format!("  {name}"), &format!("{} instead of {}: {ratio:.2}", milliseconds(*ours), milliseconds(*theirs)));
    }
    Ok(())
}

/// How long each statement of a client takes on a connection of the client's own; none where it fails.
async fn times(settings: &Config, statements: &[Statement]) -> Result<Vec<Option<Times>>> {
    let mut oids = Oids::of(connect(settings).await?);
    let mut times: Vec<Option<Times>> = statements.iter().map(|_| Some(Times::none())).collect();
    for run in 0..=RUNS {
        let client = connect(settings).await?;
        for (statement, times) in statements.iter().zip(&mut times) {
            let sql = oids.resolve(&statement.sql).await?;
            let mut parameters = Vec::new();
            for parameter in &statement.parameters {
                parameters.push(Text(match parameter {
                    Some(text) => Some(oids.resolve(text).await?),
                    None => None,
                }));
            }
            let started = std::time::Instant::now();
            let answered = send(&client, &sql, &parameters, statement.extended).await;
            match (answered, times.as_mut()) {
                // The first run does not count.
                (true, Some(times)) if run > 0 => times.add(started.elapsed()),
                (true, _) => {}
                (false, _) => {
                    *times = None;
                    client.simple_query("ROLLBACK").await?;
                }
            }
        }
    }
    Ok(times)
}

/// Whether there was an answer.
async fn send(client: &Client, sql: &str, parameters: &[Text], extended: bool) -> bool {
    if !extended {
        return client.simple_query(sql).await.is_ok();
    }
    let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|parameter| parameter as _).collect();
    client.query(sql.trim_end().trim_end_matches(';'), &parameters).await.is_ok()
}

/// A value of any type, as text.
#[derive(Debug)]
struct Text(Option<String>);

impl ToSql for Text {
    fn to_sql(&self, _: &Type, out: &mut bytes::BytesMut) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

//! Sends recorded statements to a server, and compares the shape of each answer with PostgreSQL's.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use fallible_iterator::FallibleIterator;
use libtest_mimic::Failed;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio_postgres::NoTls;

use super::corpus::{self, Expected, Statement};
use super::oids::Oids;
use crate::wire::raw::{Raw, bind};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many statements were answered how well.
#[derive(Default)]
pub struct Score {
    /// Columns, types, SQLSTATE and whether there are rows are PostgreSQL's.
    pub exact: usize,
    /// Only a type differs.
    types: usize,
    /// Other columns, no rows where there are some, or another SQLSTATE.
    wrong: usize,
    /// An error where PostgreSQL answers, or no answer.
    error: usize,
    /// What is not exact, and why.
    remarks: Vec<String>,
}

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for remark in &self.remarks {
            writeln!(out, "{remark}")?;
        }
        let Score { exact, types, wrong, error, .. } = self;
        write!(out, "exact {exact} types {types} wrong {wrong} error {error} of {}", exact + types + wrong + error)
    }
}

/// Replays all clients' statements in database `sales`, each client's on a connection of its own.
pub async fn replay(address: SocketAddr, password: &str, folder: &Path) -> Result<Score, Failed> {
    let expected = corpus::expected(folder)?;
    let mut score = Score::default();
    let mut config = tokio_postgres::Config::new();
    config.host(address.ip().to_string()).port(address.port()).user("admin").password(password).dbname("sales");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    let mut oids = Oids::of(client);
    for client in corpus::clients(folder)? {
        let mut session = Session { address, password, raw: None };
        for statement in corpus::statements(folder, &client)? {
            let Some(expected) = expected.get(&(client.clone(), statement.name.clone())) else { continue };
            let sql = oids.resolve(&statement.sql).await?;
            let mut parameters = Vec::new();
            for parameter in &statement.parameters {
                parameters.push(match parameter {
                    Some(text) => Some(oids.resolve(text).await?),
                    None => None,
                });
            }
            let answer = session.answer(&Statement { sql, parameters, name: String::new(), extended: statement.extended }).await?;
            score.count(&answer, expected, &format!("{client}\t{}", statement.name));
            if answer.in_failed_transaction && expected.state.is_empty() {
                session.answer(&Statement { sql: "ROLLBACK".to_owned(), ..Statement::default() }).await?;
            }
        }
    }
    Ok(score)
}

impl Score {
    fn count(&mut self, answer: &Answer, expected: &Expected, statement: &str) {
        let names = |columns: &[(String, u32)]| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let (count, remark) = if !expected.state.is_empty() || !answer.state.is_empty() {
            if answer.state == expected.state {
                (&mut self.exact, String::new())
            } else {
                let count = if expected.state.is_empty() { &mut self.error } else { &mut self.wrong };
                (count, format!("{:?} instead of {:?}: {}", answer.state, expected.state, answer.message))
            }
        } else if names(&answer.columns) != names(&expected.columns) {
            (&mut self.wrong, format!("columns {:?} instead of {:?}", names(&answer.columns), names(&expected.columns)))
        } else if expected.rows > 0 && answer.rows == 0 {
            (&mut self.wrong, format!("no rows instead of {}", expected.rows))
        } else if answer.columns != expected.columns {
            let pairs = answer.columns.iter().zip(&expected.columns).filter(|(one, other)| one != other);
            let differences: Vec<_> = pairs.map(|((name, found), (_, wanted))| format!("{name}: {found} instead of {wanted}")).collect();
            (&mut self.types, differences.join("; "))
        } else {
            (&mut self.exact, String::new())
        };
        *count += 1;
        if !remark.is_empty() {
            self.remarks.push(format!("{statement}\t{remark}"));
        }
    }
}

/// A connection that is made anew when it is lost.
struct Session<'a> {
    address: SocketAddr,
    password: &'a str,
    raw: Option<Raw>,
}

/// The shape of an answer: the last result that has columns.
#[derive(Default)]
struct Answer {
    /// The SQLSTATE of an error, or a word where there was no answer.
    state: String,
    message: String,
    columns: Vec<(String, u32)>,
    rows: usize,
    in_failed_transaction: bool,
}

impl Session<'_> {
    async fn answer(&mut self, statement: &Statement) -> Result<Answer, Failed> {
        let mut raw = match self.raw.take() {
            Some(raw) => raw,
            None => Raw::connect_to(self.address, self.password, &[("database", "sales")]).await?,
        };
        let lost = |state: &str| Answer { state: state.to_owned(), ..Answer::default() };
        match tokio::time::timeout(PATIENCE, ask(&mut raw, statement)).await {
            Err(_) => Ok(lost("timeout")),
            Ok(None) => Ok(lost("lost")),
            Ok(Some(answer)) => {
                self.raw = Some(raw);
                Ok(answer)
            }
        }
    }
}

/// One statement's answer; `None` where the connection ends.
async fn ask(raw: &mut Raw, statement: &Statement) -> Option<Answer> {
    let send = raw.send(|out| {
        if !statement.extended {
            return frontend::query(&statement.sql, out);
        }
        let values: Vec<Option<&str>> = statement.parameters.iter().map(Option::as_deref).collect();
        frontend::parse("", statement.sql.trim_end().trim_end_matches(';'), [], out)?;
        bind("", "", &values, 0, out)?;
        frontend::describe(b'P', "", out)?;
        frontend::execute("", 0, out)?;
        frontend::sync(out);
        Ok(())
    });
    send.await.ok()?;
    let mut answer = Answer::default();
    loop {
        match raw.message().await.ok()?? {
            Message::RowDescription(body) => {
                let fields = body.fields().map(|field| Ok((field.name().to_owned(), field.type_oid()))).collect::<Vec<_>>().ok()?;
                if !fields.is_empty() {
                    (answer.columns, answer.rows) = (fields, 0);
                }
            }
            Message::CopyOutResponse(body) => {
                let count = body.column_formats().count().ok()?;
                (answer.columns, answer.rows) = (vec![(String::new(), 0); count], 0);
            }
            Message::DataRow(_) => answer.rows += 1,
            Message::ErrorResponse(body) if answer.state.is_empty() => {
                let mut fields = body.fields();
                while let Some(field) = fields.next().ok()? {
                    let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
                    match field.type_() {
                        b'C' => answer.state = value,
                        b'M' => answer.message = value,
                        _ => {}
                    }
                }
            }
            Message::ReadyForQuery(body) => {
                answer.in_failed_transaction = body.status() == b'E';
                return Some(answer);
            }
            _ => {}
        }
    }
}

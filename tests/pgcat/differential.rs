//! Statements about generated schemas, in a PostgreSQL 16 and in the gateway over it: each has the same rows.
//!
//! The statements are in files beside this one. What cannot be alike they leave out, and say why; there is no tolerance here.

use std::collections::BTreeMap;

use libtest_mimic::Failed;
use serde_json::json;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::{fixture, generated};
use crate::relational::servers::register;

/// The database, and the data source.
const DATABASE: &str = "generated";

/// Names the schemas that are generated.
const SEED: &str = "METAGATE_TEST_SEED";

/// What generates the schemas where nothing else is said.
const DEFAULT_SEED: u64 = 1;

/// How many differing rows of a statement are shown.
const SHOWN: usize = 3;

const STATEMENTS: [(&str, &str); 4] = [
    ("catalogs", include_str!("differential/catalogs.sql")),
    ("views", include_str!("differential/views.sql")),
    ("information_schema", include_str!("differential/information_schema.sql")),
    ("functions", include_str!("differential/functions.sql")),
];

pub async fn generated_schemas_look_alike() -> Result<(), Failed> {
    let seed: u64 = match std::env::var(SEED) {
        Ok(seed) => seed.parse()?,
        Err(_) => DEFAULT_SEED,
    };
    let server = fixture::server();
    fixture::run_script(DATABASE, &generated::script(seed));
    let gateway = fixture::gateway().await;
    let options = json!({"host": server.host, "port": server.port, "database": DATABASE, "user": server.user, "password": server.password});
    register(&gateway.connect("metagate").await, DATABASE, "postgresql", &options).await;
    let (theirs, ours) = (connect().await?, gateway.connect(DATABASE).await);
    let (mut count, mut differences) = (0, Vec::new());
    for (file, text) in STATEMENTS {
        for (name, sql) in statements(text) {
            count += 1;
            let difference = match (answer(&theirs, &sql).await, answer(&ours, &sql).await) {
                (Ok(theirs), Ok(ours)) => difference(theirs, ours),
                (Err(error), _) => Some(format!("PostgreSQL refuses it: {error}")),
                (_, Err(error)) => Some(format!("the gateway refuses it: {error}")),
            };
            differences.extend(difference.map(|difference| format!("{file}: {name}\n{difference}")));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    let listed = differences.join("\n");
    Err(format!("{} of {count} statements differ with {SEED}={seed}:\n{listed}", differences.len()).into())
}

/// The statements of a file: each begins with a line `-- @@ name`, and other comments have lines of their own.
fn statements(text: &str) -> Vec<(&str, String)> {
    let statements = text.split("\n-- @@ ").skip(1).map(|statement| {
        let (name, sql) = statement.split_once('\n').unwrap_or((statement, ""));
        (name, sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n"))
    });
    statements.collect()
}

/// A connection straight to the database.
async fn connect() -> Result<Client, Failed> {
    let server = fixture::server();
    let mut config = tokio_postgres::Config::new();
    config.host(&server.host).port(server.port).user(&server.user).password(&server.password).dbname(DATABASE);
    let (client, connection) = config.connect(NoTls).await?;
    // Ends with the client; its error is also what the client's next call says.
    tokio::spawn(connection);
    Ok(client)
}

/// A row, its values as text.
type Row = Vec<Option<String>>;

async fn answer(client: &Client, sql: &str) -> Result<Vec<Row>, String> {
    let messages = client.simple_query(sql).await.map_err(|error| match error.as_db_error() {
        Some(error) => format!("{}: {}", error.code().code(), error.message()),
        None => error.to_string(),
    })?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()),
        _ => None,
    });
    Ok(rows.collect())
}

/// The first rows that only one of them has; nothing where each has the rows of the other as often.
fn difference(theirs: Vec<Row>, ours: Vec<Row>) -> Option<String> {
    let mut counts: BTreeMap<Row, i64> = BTreeMap::new();
    for row in theirs {
        *counts.entry(row).or_default() += 1;
    }
    for row in ours {
        *counts.entry(row).or_default() -= 1;
    }
    let (expected, found) = (rows_of(&counts, 1), rows_of(&counts, -1));
    if expected.is_empty() && found.is_empty() {
        return None;
    }
    let shown = |rows: &[String], sign| rows.iter().take(SHOWN).map(|row| format!("  {sign} {row}\n")).collect::<String>();
    let (missing, extra) = (shown(&expected, '-'), shown(&found, '+'));
    Some(format!("{missing}{extra}  {} rows of PostgreSQL's are missing, and {} are not PostgreSQL's", expected.len(), found.len()))
}

/// The rows whose count has this sign, as text.
fn rows_of(counts: &BTreeMap<Row, i64>, sign: i64) -> Vec<String> {
    let text = |row: &Row| row.iter().map(|value| value.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join("|");
    counts.iter().filter(|(_, count)| count.signum() == sign).map(|(row, _)| text(row)).collect()
}

//! What a statement takes from the sources: the statements that they are sent, rows and bytes.

use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::Result;
use crate::meter::Meter;

/// The figures of a remote statement in EXPLAIN ANALYZE that are reported.
const FIGURES: [&str; 3] = ["output_rows=", "bytes=", "remote_time="];

/// How many bytes came through each meter for a statement, on connections that are open already.
pub async fn bytes<const N: usize>(meters: [&Meter; N], client: &Client, statement: &str) -> Result<[u64; N]> {
    client.simple_query(statement).await?;
    for meter in meters {
        meter.take();
    }
    client.simple_query(statement).await?;
    Ok(meters.map(Meter::take))
}

/// What a gateway asks its sources for a statement, with the figures of each.
pub async fn remote_statements(client: &Client, statement: &str) -> Result<Vec<String>> {
    let plan = texts(client, &format!("EXPLAIN ANALYZE {statement}")).await?;
    let remote = plan.iter().map(|line| line.trim()).filter(|line| line.starts_with("RemoteQuery") || line.starts_with("SourceScan"));
    Ok(remote.map(with_few_figures).collect())
}

fn with_few_figures(line: &str) -> String {
    let (what, figures) = line.split_once(", metrics=[").unwrap_or((line, ""));
    let figures = figures.trim_end_matches(']').split(", ");
    let figures: Vec<&str> = figures.filter(|figure| FIGURES.iter().any(|name| figure.starts_with(name))).collect();
    format!("{what} [{}]", figures.join(", "))
}

/// Makes sure that two servers say the same, zeros at the end of a fraction aside: how many there are is not what is measured.
pub async fn same(ours: (&Client, &str), theirs: (&Client, &str)) -> Result<()> {
    let (left, right) = (texts(ours.0, ours.1).await?, texts(theirs.0, theirs.1).await?);
    if left == right { Ok(()) } else { Err(format!("metagate says {left:?}, the peer {right:?}, to {}", ours.1).into()) }
}

/// The rows of an answer, the values of each separated by `|`.
async fn texts(client: &Client, statement: &str) -> Result<Vec<String>> {
    let messages = client.simple_query(statement).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |row: &SimpleQueryRow| (0..row.len()).map(|at| value(row.get(at).unwrap_or("NULL"))).collect::<Vec<_>>().join("|");
    Ok(rows.map(text).collect())
}

fn value(text: &str) -> &str {
    if text.contains('.') && text.parse::<f64>().is_ok() { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

//! Which logical databases the source shows.

use redis::Value;
use spi::Result;

use crate::failure::is_forbidden;
use crate::info;
use crate::nodes;
use crate::options::Mode;
use crate::pool::{Lease, Session};
use crate::reply;

/// As many databases as a server has unless its configuration says otherwise. Those that the user may not list are looked for among them.
const DATABASES_USUAL: u16 = 16;

/// The numbers of the databases that hold keys, in their order, or else the first one alone.
pub(crate) async fn with_keys(session: &mut Session) -> Result<Vec<u16>> {
    if session.endpoint().mode == Mode::Cluster {
        return Ok(vec![0]);
    }
    let mut found = Vec::new();
    for node in nodes::nodes(session).await? {
        let mut lease = session.lease(&node.address, 0).await?;
        found = listed(&mut lease).await?;
        lease.finish();
    }
    if found.is_empty() {
        found.push(0);
    }
    Ok(found)
}

async fn listed(lease: &mut Lease) -> Result<Vec<u16>> {
    let what = "list the databases";
    let mut pipeline = redis::pipe();
    pipeline.cmd("INFO").arg("keyspace");
    match lease.ask(&pipeline, what).await?.pop() {
        Some(Value::ServerError(error)) if is_forbidden(&error) => asked_one_by_one(lease, what).await,
        Some(Value::ServerError(error)) => Err(lease.refusal(&error, what)),
        answer => {
            let text = answer.and_then(reply::bytes).ok_or_else(|| lease.unexpected("INFO"))?;
            let text = String::from_utf8_lossy(&text);
            let mut numbers: Vec<u16> = info::fields(&text).filter_map(|(name, _)| name.strip_prefix("db")?.parse().ok()).collect();
            numbers.sort_unstable();
            Ok(numbers)
        }
    }
}

/// For a user that may not ask for INFO: selects each database that there usually is, and counts its keys.
async fn asked_one_by_one(lease: &mut Lease, what: &str) -> Result<Vec<u16>> {
    let mut pipeline = redis::pipe();
    for number in 0..DATABASES_USUAL {
        pipeline.cmd("SELECT").arg(number);
        pipeline.cmd("DBSIZE");
    }
    let answers = lease.ask(&pipeline, what).await?;
    let mut found = Vec::new();
    for (number, answers) in (0..DATABASES_USUAL).zip(answers.chunks(2)) {
        match answers {
            // There are fewer databases.
            [Value::ServerError(_), _] => break,
            [_, Value::ServerError(error)] => return Err(lease.refusal(error, what)),
            [_, Value::Int(keys)] if *keys > 0 => found.push(number),
            _ => {}
        }
    }
    Ok(found)
}

//! 300,000 hashes, beside a loop of SCAN and pipelines of HGETALL.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use serde_json::json;

use super::{Bench, order};
use crate::Result;
use crate::servers::redis::Server;

const HASHES: usize = 300_000;
/// What is written, or read, at a time.
const CHUNK: usize = 1_000;

pub async fn run() -> Result<()> {
    let source = Server::start().await.ok_or("Redis is not installed: run tests/services/redis")?;
    let connection = source.connect().await;
    fill(connection.clone()).await?;
    let bench = Bench::start("redis", &json!({"host": "127.0.0.1", "port": source.port}), HASHES).await?;
    let theirs = bench.peer(async || read(connection.clone()).await).await?;
    bench.report("300,000 hashes decoded", bench.decode("db0.order").await?, &[("SCAN and HGETALL", theirs)])
}

async fn fill(mut connection: MultiplexedConnection) -> Result<()> {
    for first in (0..HASHES).step_by(CHUNK) {
        let mut pipeline = redis::pipe();
        for number in first..first + CHUNK {
            let order = order(number);
            let fields: Vec<(&String, String)> = order.as_object().into_iter().flatten().map(|(name, value)| (name, text(value))).collect();
            pipeline.hset_multiple(format!("order:{number}"), &fields).ignore();
        }
        pipeline.query_async::<()>(&mut connection).await?;
    }
    Ok(())
}

/// A value as a field of a hash has it: `7` and not `7.0`, which would be a text among numbers.
fn text(value: &serde_json::Value) -> String {
    match (value.as_str(), value.as_f64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(number)) => number.to_string(),
        (None, None) => value.to_string(),
    }
}

async fn read(mut connection: MultiplexedConnection) -> Result<usize> {
    let (mut cursor, mut count) = (0u64, 0);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg("order:*").arg("COUNT").arg(CHUNK);
        let (next, keys): (u64, Vec<String>) = scan.query_async(&mut connection).await?;
        let mut pipeline = redis::pipe();
        for key in &keys {
            pipeline.hgetall(key);
        }
        let hashes: Vec<HashMap<String, String>> = pipeline.query_async(&mut connection).await?;
        count += hashes.len();
        if next == 0 {
            return Ok(count);
        }
        cursor = next;
    }
}

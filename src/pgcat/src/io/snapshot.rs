//! `pg_snapshot`: `xmin:xmax:running,…`, which transactions are visible. Its value is kept as the text.

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::invalid;
use super::wire::Input;

/// The first number that may be in progress, the first that was not given yet, and those between that are in progress, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub first: u64,
    pub next: u64,
    pub running: Vec<u64>,
}

pub fn read(text: &str) -> Result<Snapshot> {
    parse(text).ok_or_else(|| invalid("pg_snapshot", text))
}

fn parse(text: &str) -> Option<Snapshot> {
    let (first, rest) = text.split_once(':')?;
    let (next, running) = rest.split_once(':')?;
    let running = running.strip_suffix(',').unwrap_or(running);
    let running = running.split(',').filter(|_| !running.is_empty()).map(|number| number.parse().ok());
    checked(first.parse().ok()?, next.parse().ok()?, running.collect::<Option<Vec<u64>>>()?)
}

/// Numbers that come twice are kept once.
fn checked(first: u64, next: u64, mut running: Vec<u64>) -> Option<Snapshot> {
    let is_right = first > 0 && first <= next && running.is_sorted() && running.iter().all(|number| (first..next).contains(number));
    running.dedup();
    is_right.then_some(Snapshot { first, next, running })
}

pub fn text(snapshot: &Snapshot) -> String {
    let running: Vec<String> = snapshot.running.iter().map(u64::to_string).collect();
    format!("{}:{}:{}", snapshot.first, snapshot.next, running.join(","))
}

/// How many are in progress, then all numbers.
pub fn send(snapshot: &Snapshot, out: &mut BytesMut) {
    out.put_u32(snapshot.running.len() as u32);
    out.put_u64(snapshot.first);
    out.put_u64(snapshot.next);
    snapshot.running.iter().for_each(|number| out.put_u64(*number));
}

pub fn receive(bytes: &[u8]) -> Result<Snapshot> {
    let mut input = Input::new(bytes);
    let count = input.u32()?;
    let (first, next) = (input.i64()? as u64, input.i64()? as u64);
    let running = (0..count).map(|_| input.i64().map(|number| number as u64)).collect::<Result<Vec<u64>>>()?;
    input.end()?;
    checked(first, next, running).ok_or_else(|| Error::new(Code::InvalidBinary, "invalid external pg_snapshot data"))
}

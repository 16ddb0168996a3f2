//! Finds out which tables a logical database has, of a bounded sample of its keys and of their values.
//!
//! How many requests that takes depends on the options `sample_keys` and `sample_values`, and not on how many tables there are.

mod values;

use std::collections::BTreeMap;

use redis::Value;
use spi::Result;
use spi::documents::InferredColumn;

use crate::clustering;
use crate::failure::is_of_hidden_key;
use crate::kind::Kind;
use crate::layout::{self, TABLES_MAX, Table};
use crate::nodes::{self, Node};
use crate::pattern::Pattern;
use crate::pool::{Lease, Session};
use crate::reply;
use crate::scan::Scan;
use values::Seen;

/// How much is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) keys: usize,
    pub(crate) values: usize,
    pub(crate) delimiter: String,
}

/// Keys of a database, each once, and how many there are.
#[derive(Default)]
struct Keys {
    keys: Vec<(Vec<u8>, Kind)>,
    /// Keys that were looked at, those of types that no table has too.
    looked_at: u64,
    /// Keys that there are.
    all: i64,
}

/// What an earlier sample of a database has shown.
pub(crate) struct Earlier<'e> {
    /// Its tables.
    pub(crate) tables: &'e [Table],
    /// The columns that a table had, by its name.
    pub(crate) columns: &'e (dyn Fn(&str) -> Result<Vec<InferredColumn>> + Sync),
}

/// The tables of a database. Where not all of its keys were looked at, those of an earlier sample are among them.
pub(crate) async fn tables(session: &mut Session, database: u16, bounds: &Bounds, earlier: Earlier<'_>) -> Result<Vec<Table>> {
    let what = format!("sample the keys of \"{}\"", layout::schema_name(database));
    let nodes = nodes::nodes(session).await?;
    let keys = keys(session, &nodes, database, bounds, &what).await?;
    let mut clusters: BTreeMap<(Pattern, Kind), Vec<usize>> = BTreeMap::new();
    for (number, pattern) in clustering::patterns(&keys.keys, &bounds.delimiter).into_iter().enumerate() {
        clusters.entry((pattern, keys.keys[number].1)).or_default().push(number);
    }
    if !keys.are_all() {
        for table in earlier.tables {
            clusters.entry((table.pattern.clone(), table.kind)).or_default();
        }
    }
    let mut named = layout::names(clusters, &bounds.delimiter);
    // Of too many, those with most keys.
    named.sort_by_key(|(_, _, _, numbers)| std::cmp::Reverse(numbers.len()));
    named.truncate(TABLES_MAX);
    let mut seen: Vec<Seen> = named.iter().map(|(_, _, kind, _)| Seen::new(*kind)).collect();
    let sampled = named.iter().enumerate();
    let sampled: Vec<(usize, &[u8])> = sampled
        .flat_map(|(table, (_, _, _, numbers))| numbers.iter().take(bounds.values).map(move |number| (table, *number)))
        .map(|(table, number)| (table, keys.keys[number].0.as_slice()))
        .collect();
    for node in &nodes {
        let of_node: Vec<_> = sampled.iter().filter(|(_, key)| nodes.len() == 1 || node.holds(key)).copied().collect();
        if !of_node.is_empty() {
            let mut lease = session.lease(&node.address, database).await?;
            values::look(&mut lease, &of_node, &mut seen, &what).await?;
            lease.finish();
        }
    }
    let factor = keys.all as f64 / (keys.looked_at.max(1)) as f64;
    let table = |((name, pattern, kind, numbers), seen): ((String, Pattern, Kind, Vec<usize>), Seen)| {
        let before = earlier.tables.iter().find(|table| numbers.is_empty() && table.pattern == pattern && table.kind == kind);
        match before {
            Some(before) => Ok(Table { name, ..before.clone() }),
            None => {
                let known = (earlier.columns)(&name)?;
                Ok(seen.into_table(name, pattern, kind, numbers.len() as f64 * factor, &known))
            }
        }
    };
    named.into_iter().zip(seen).map(table).collect()
}

impl Keys {
    /// Whether every key was looked at.
    fn are_all(&self) -> bool {
        i64::try_from(self.looked_at).is_ok_and(|looked_at| looked_at >= self.all)
    }
}

/// The same number of keys of each server.
async fn keys(session: &mut Session, nodes: &[Node], database: u16, bounds: &Bounds, what: &str) -> Result<Keys> {
    let mut keys = Keys::default();
    let share = bounds.keys.div_ceil(nodes.len().max(1));
    for node in nodes {
        let mut lease = session.lease(&node.address, database).await?;
        let size = lease.ask_one(redis::cmd("DBSIZE"), what).await?;
        keys.all += reply::integer(&size).ok_or_else(|| lease.unexpected("DBSIZE"))?;
        let (mut scan, mut left) = (Scan::all(), share);
        while left > 0
            && let Some(mut page) = scan.next(&mut lease, what).await?
        {
            page.truncate(left);
            left -= page.len();
            keys.looked_at += page.len() as u64;
            add_with_types(&mut lease, page, &mut keys, what).await?;
        }
        lease.finish();
    }
    // A table that has grown shows some keys twice.
    keys.keys.sort_unstable();
    keys.keys.dedup_by(|one, other| one.0 == other.0);
    Ok(keys)
}

async fn add_with_types(lease: &mut Lease, page: Vec<Vec<u8>>, keys: &mut Keys, what: &str) -> Result<()> {
    let mut pipeline = redis::pipe();
    page.iter().for_each(|key| {
        pipeline.cmd("TYPE").arg(key);
    });
    for (key, answer) in page.into_iter().zip(lease.ask(&pipeline, what).await?) {
        match &answer {
            // What the user may not see is not in the source.
            Value::ServerError(error) if is_of_hidden_key(error) => continue,
            Value::ServerError(error) => return Err(lease.refusal(error, what)),
            _ => {}
        }
        let word = reply::bytes(answer).ok_or_else(|| lease.unexpected("TYPE"))?;
        // A key that is gone has the type "none".
        if let Some(kind) = Kind::of_word(&word) {
            keys.keys.push((key, kind));
        }
    }
    Ok(())
}

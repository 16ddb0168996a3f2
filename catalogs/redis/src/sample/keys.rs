//! Keys of a logical database, and what types of values they have.

use redis::Value;
use spi::Result;

use crate::failure::is_of_hidden_key;
use crate::kind::Kind;
use crate::layout;
use crate::members::Members;
use crate::nodes::{self, Node};
use crate::pool::{Lease, Session};
use crate::reply;
use crate::sample::Bounds;
use crate::scan::{PAGE_KEYS, Scan};

/// A database whose keys are looked at.
pub(super) struct Sampling<'s> {
    pub(super) session: &'s mut Session,
    pub(super) nodes: Vec<Node>,
    pub(super) database: u16,
    pub(super) bounds: &'s Bounds,
    /// For errors: `sample the keys of "db0"`.
    pub(super) what: String,
}

/// A key, and the type of its value.
pub(super) type Typed = (Vec<u8>, Kind);

/// Keys of a database, each once, and how many there are.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) keys: Vec<Typed>,
    /// Keys that were looked at, those of types that no table has too.
    looked_at: u64,
    /// Keys that there are.
    all: i64,
    /// Whether no key was left out that was there all the time.
    pub(super) are_all: bool,
}

/// Keys of one table.
pub(super) struct Searched {
    pub(super) keys: Vec<Typed>,
    /// How many keys one of them stands for.
    pub(super) factor: f64,
    /// Whether there are no others.
    pub(super) are_all: bool,
}

impl Keys {
    /// How many keys one of the sample stands for.
    pub(super) fn factor(&self) -> f64 {
        self.all as f64 / self.looked_at.max(1) as f64
    }
}

impl<'s> Sampling<'s> {
    pub(super) async fn new(session: &'s mut Session, database: u16, bounds: &'s Bounds) -> Result<Self> {
        let nodes = nodes::nodes(session).await?;
        let what = format!("sample the keys of \"{}\"", layout::schema_name(database));
        Ok(Self { session, nodes, database, bounds, what })
    }

    /// So many keys as the bounds say, the same number of each server.
    pub(super) async fn keys(&mut self) -> Result<Keys> {
        let mut keys = Keys { are_all: true, ..Keys::default() };
        let share = self.bounds.keys.div_ceil(self.nodes.len().max(1));
        for node in &self.nodes {
            let mut lease = self.session.lease(&node.address, self.database).await?;
            keys.all += size(&mut lease, &self.what).await?;
            let (mut scan, mut left) = (Scan::all(), share);
            while left > 0
                && let Some(mut page) = scan.next(&mut lease, &self.what).await?
            {
                keys.are_all &= page.len() <= left;
                page.truncate(left);
                left -= page.len();
                keys.looked_at += page.len() as u64;
                add_with_types(&mut lease, page, &mut keys.keys, &self.what).await?;
            }
            keys.are_all &= scan.is_over();
            lease.finish();
        }
        each_once(&mut keys.keys);
        Ok(keys)
    }

    /// Keys of a table, of a type if one is given: looks for them until there are as many as their values are to be looked at, or so many
    /// pages were looked at on all servers together.
    pub(super) async fn search(&mut self, members: &Members, kind: Option<Kind>, pages_max: usize) -> Result<Searched> {
        let (mut found, mut are_all, mut looked_at, mut all) = (Vec::new(), true, 0, 0);
        let only = members.only_key();
        for node in &self.nodes {
            let holds_only = only.as_ref().is_none_or(|only| self.nodes.len() == 1 || node.holds(only));
            if !holds_only {
                continue;
            }
            let mut lease = self.session.lease(&node.address, self.database).await?;
            if let Some(only) = &only {
                add_with_types(&mut lease, vec![only.clone()], &mut found, &self.what).await?;
                lease.finish();
                continue;
            }
            all += size(&mut lease, &self.what).await?;
            let (mut scan, mut pages) = (Scan::of(kind, members.glob()), pages_max.div_ceil(self.nodes.len()));
            while pages > 0
                && found.len() < self.bounds.values
                && let Some(mut page) = scan.next(&mut lease, &self.what).await?
            {
                pages -= 1;
                looked_at += PAGE_KEYS;
                page.retain(|key| members.contain(key));
                add_with_types(&mut lease, page, &mut found, &self.what).await?;
            }
            are_all &= scan.is_over();
            lease.finish();
        }
        found.retain(|(_, found)| kind.is_none_or(|kind| kind == *found));
        each_once(&mut found);
        let factor = if are_all { 1.0 } else { (all as f64 / looked_at.max(1) as f64).max(1.0) };
        Ok(Searched { keys: found, factor, are_all })
    }
}

/// A server that has grown shows some keys twice.
fn each_once(keys: &mut Vec<Typed>) {
    keys.sort_unstable();
    keys.dedup_by(|one, other| one.0 == other.0);
}

async fn size(lease: &mut Lease, what: &str) -> Result<i64> {
    let size = lease.ask_one(redis::cmd("DBSIZE"), what).await?;
    reply::integer(&size).ok_or_else(|| lease.unexpected("DBSIZE"))
}

async fn add_with_types(lease: &mut Lease, page: Vec<Vec<u8>>, keys: &mut Vec<Typed>, what: &str) -> Result<()> {
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
            keys.push((key, kind));
        }
    }
    Ok(())
}

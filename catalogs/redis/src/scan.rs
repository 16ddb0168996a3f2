//! Walks through the keys of a logical database on one server, page by page.
//!
//! SCAN promises that a key that is there all the time is seen, and that a server which shrinks its table meanwhile may show a key twice.
//! Within a page each key is given once.

use std::collections::HashSet;

use redis::Cmd;
use spi::Result;

use crate::kind::Kind;
use crate::pool::Lease;
use crate::reply;

/// Keys that the server looks at for one page: about half a millisecond, for which nobody else is served.
pub(crate) const PAGE_KEYS: usize = 1_000;

/// Where a walk is.
pub(crate) struct Scan {
    /// `None` after the last page.
    cursor: Option<Vec<u8>>,
    glob: Option<Vec<u8>>,
    kind: Option<Kind>,
}

impl Scan {
    /// Over all keys.
    pub(crate) fn all() -> Self {
        Self { cursor: Some(b"0".to_vec()), glob: None, kind: None }
    }

    /// Over the keys of a kind that match a pattern of the server's.
    pub(crate) fn of(kind: Kind, glob: Vec<u8>) -> Self {
        Self { glob: Some(glob), kind: Some(kind), ..Self::all() }
    }

    /// The command that asks for the next page; `None` after the last one.
    pub(crate) fn command(&self) -> Option<Cmd> {
        let mut command = redis::cmd("SCAN");
        command.arg(self.cursor.as_ref()?).arg("COUNT").arg(PAGE_KEYS);
        if let Some(glob) = &self.glob {
            command.arg("MATCH").arg(glob);
        }
        if let Some(kind) = self.kind {
            command.arg("TYPE").arg(kind.word());
        }
        Some(command)
    }

    /// The next page, which may be empty; `None` after the last one.
    pub(crate) async fn next(&mut self, lease: &mut Lease, what: &str) -> Result<Option<Vec<Vec<u8>>>> {
        let Some(command) = self.command() else { return Ok(None) };
        let answer = lease.ask_one(command, what).await?;
        let (cursor, keys) = reply::page(answer).ok_or_else(|| lease.unexpected("SCAN"))?;
        self.cursor = Some(cursor).filter(|cursor| cursor != b"0");
        let mut seen = HashSet::with_capacity(keys.len());
        let mut page = Vec::with_capacity(keys.len());
        for key in keys {
            let key = reply::bytes(key).ok_or_else(|| lease.unexpected("SCAN"))?;
            if seen.insert(key.clone()) {
                page.push(key);
            }
        }
        Ok(Some(page))
    }
}

//! Walks through the keys of a logical database on one server, page by page.
//!
//! SCAN promises that a key that is there all the time is seen; one that it shows twice, because the server has shrunk its table meanwhile,
//! is given once.

use redis::{Cmd, Value};
use spi::Result;

use crate::kind::Kind;
use crate::pool::{Answers, Lease};
use crate::recent::Recent;
use crate::reply;

/// Keys that the server looks at for one page: about half a millisecond, for which nobody else is served.
pub(crate) const PAGE_KEYS: usize = 1_000;

/// Where a walk is.
pub(crate) struct Scan {
    /// `None` after the last page.
    cursor: Option<Vec<u8>>,
    glob: Option<Vec<u8>>,
    kind: Option<Kind>,
    recent: Recent,
}

impl Scan {
    /// Over all keys.
    pub(crate) fn all() -> Self {
        Self { cursor: Some(b"0".to_vec()), glob: None, kind: None, recent: Recent::default() }
    }

    /// Over the keys, of a kind if one is given, that match a pattern of the server's.
    pub(crate) fn of(kind: Option<Kind>, glob: Vec<u8>) -> Self {
        Self { glob: Some(glob), kind, ..Self::all() }
    }

    /// Whether the last page was given.
    pub(crate) fn is_over(&self) -> bool {
        self.cursor.is_none()
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
        self.page(lease, answer).map(Some)
    }

    /// Asks for the next page without waiting for it; `None` after the last one.
    pub(crate) async fn send(&self, lease: &Lease) -> Option<Answers> {
        let mut pipeline = redis::pipe();
        pipeline.add_command(self.command()?);
        Some(lease.send(pipeline).await)
    }

    /// The page that was asked for.
    pub(crate) async fn receive(&mut self, lease: &Lease, page: Answers, what: &str) -> Result<Vec<Vec<u8>>> {
        match lease.receive(page, what).await?.pop() {
            Some(Value::ServerError(error)) => Err(lease.refusal(&error, what)),
            Some(answer) => self.page(lease, answer),
            None => Err(lease.unexpected("SCAN")),
        }
    }

    fn page(&mut self, lease: &Lease, answer: Value) -> Result<Vec<Vec<u8>>> {
        let (cursor, keys) = reply::page(answer).ok_or_else(|| lease.unexpected("SCAN"))?;
        self.cursor = Some(cursor).filter(|cursor| cursor != b"0");
        let keys = keys.into_iter().map(reply::bytes).collect::<Option<Vec<_>>>().ok_or_else(|| lease.unexpected("SCAN"))?;
        Ok(self.recent.fresh(keys, |key| Some(key)))
    }
}

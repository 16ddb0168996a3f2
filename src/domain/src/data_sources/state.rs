//! What a data source is at a moment, and what may be done with it then.

use std::fmt;

use spi::{Code, Error, Result};

use super::DataSource;
use crate::time;

/// The state of a data source. Being paused is no state: any of them can be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Saved, but no version is published.
    Draft,
    /// The published version is the newest.
    Published,
    /// A published version is read, and there is a newer one.
    Edited,
    /// Its time is over: nothing connects to it, its last metadata is still shown.
    Expired,
    /// Hidden; restorable until purged.
    Dropped,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Published => "published",
            State::Edited => "edited",
            State::Expired => "expired",
            State::Dropped => "dropped",
        }
    }

    /// The state that a source's pointers and times make at `now`.
    pub(super) fn at(source: &DataSource, now: i64) -> Self {
        match source.published_version {
            _ if source.dropped_at.is_some() => State::Dropped,
            _ if source.expires_at.is_some_and(|at| at <= now) => State::Expired,
            None => State::Draft,
            Some(version) if version == source.current_version => State::Published,
            Some(_) => State::Edited,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The version that may be read now, or why none may.
pub fn require_readable(source: &DataSource) -> Result<u64> {
    require_connectable(source)?;
    source.published_version.ok_or_else(|| {
        wrong_state(source, "has no published version").hint(format!(
            "CALL publish_datasource({}, {}).",
            literal(&source.name),
            source.current_version
        ))
    })
}

/// Refuses a source that nothing may connect to now.
pub(super) fn require_connectable(source: &DataSource) -> Result<()> {
    require_active(source)?;
    match source.paused {
        true => Err(wrong_state(source, "is paused").hint(format!("CALL resume_datasource({}).", literal(&source.name)))),
        false => Ok(()),
    }
}

/// Refuses a source that is dropped or expired.
pub(super) fn require_active(source: &DataSource) -> Result<()> {
    require_not_dropped(source)?;
    match source.expires_at.filter(|_| source.state == State::Expired) {
        Some(at) => Err(wrong_state(source, "is expired")
            .detail(format!("It expired at {}.", time::show(at)))
            .hint(format!("CALL renew_datasource({}).", literal(&source.name)))),
        None => Ok(()),
    }
}

pub(super) fn require_not_dropped(source: &DataSource) -> Result<()> {
    match source.dropped_at {
        Some(at) => Err(wrong_state(source, "is dropped")
            .detail(format!("It was dropped at {}.", time::show(at)))
            .hint(format!("CALL restore_datasource({}).", literal(&source.name)))),
        None => Ok(()),
    }
}

pub(super) fn wrong_state(source: &DataSource, what: &str) -> Error {
    Error::new(Code::WrongState, format!("data source \"{}\" {what}", source.name))
}

/// A name as a statement has it, for hints that can be typed as they are.
pub(super) fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

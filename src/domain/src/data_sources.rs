//! Data sources and their life: one file per verb.
//!
//! A data source is a record under its OID, which it keeps for ever. Its options live in versions that never change; one
//! pointer says which version is the newest, another which one is published, that is, read. A verb checks, tests the
//! connection where it must, and commits one change that checks everything again on the state that it is made on. It
//! opens no connection for later and tells no other node: reconcilers do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod alter;
mod check;
mod comment;
mod create;
pub(crate) mod databases;
mod drop;
mod edit;
mod expire;
#[cfg(test)]
mod model;
mod options;
mod pause;
mod publish;
pub(crate) mod purge;
mod records;
mod rename;
mod state;
mod test;

pub use alter::{Alter, alter};
pub use comment::comment;
pub use create::{Create, create};
pub use drop::{drop, restore};
pub use expire::{expire, renew};
pub(crate) use options::without_key;
pub use options::{SealedOptions, masked_options, opened_options};
pub use pause::{pause, resume};
pub use publish::{publish, rollback, unpublish};
pub use purge::purge;
pub use records::{by_oid, get, list, publications, version, versions};
pub(crate) use records::{get_live, next_oid};
pub use rename::rename;
pub use state::{State, require_readable};
pub use test::{test_options, test_saved};

/// A registered data source, as it is at one revision and one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSource {
    /// Never changes and is never used again, not even after a purge.
    pub oid: u32,
    pub name: String,
    /// The type: which connector reads it.
    pub kind: String,
    /// What its pointers and times make of it now.
    pub state: State,
    /// What the source is for. It belongs to the source, not to a version, and holds at once.
    pub comment: Option<String>,
    pub labels: BTreeMap<String, String>,
    /// Of a source that was made for a database of a server: which.
    pub member_of: Option<Membership>,
    /// The newest version.
    pub current_version: u64,
    /// The version that is read.
    pub published_version: Option<u64>,
    /// From then on nothing connects to it. All times are in microseconds since 1970 UTC.
    pub expires_at: Option<i64>,
    /// While set, nothing connects to it.
    pub paused: bool,
    pub dropped_at: Option<i64>,
    pub created_at: i64,
    pub created_by: String,
    pub changed_at: i64,
    pub changed_by: String,
    /// The revision of the last change to it.
    pub revision: u64,
}

/// Which database of which server a source was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The OID of the server's source.
    pub server_oid: u32,
    pub database: String,
    /// The version of the server's source that the newest version was made of.
    pub server_version: u64,
}

/// One saved set of options. It never changes.
#[derive(Clone, Debug)]
pub struct Version {
    pub number: u64,
    pub options: SealedOptions,
    /// The comment that was given when it was saved.
    pub comment: Option<String>,
    /// The labels that were given when it was saved.
    pub labels: BTreeMap<String, String>,
    pub created_at: i64,
    pub created_by: String,
    /// Whether this is the version that is read.
    pub published: bool,
}

/// One move of the published pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Counts the moves from 1.
    pub number: u64,
    pub action: PublicationAction,
    /// The version that was published, or no longer is.
    pub version: u64,
    pub at: i64,
    pub by: String,
}

/// How the published pointer was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationAction {
    Publish,
    Rollback,
    Unpublish,
}

impl PublicationAction {
    pub fn name(self) -> &'static str {
        match self {
            PublicationAction::Publish => "publish",
            PublicationAction::Rollback => "rollback",
            PublicationAction::Unpublish => "unpublish",
        }
    }
}

/// What a verb did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub name: String,
    /// The version that the verb was about: the one that it saved or published, else the newest.
    pub version: u64,
    pub state: State,
    /// The revision of the change, or the current one if there was nothing to change.
    pub revision: u64,
    /// Whether anything was changed: a verb that finds everything as asked for commits nothing.
    pub changed: bool,
    /// The objects of the newest snapshot, where the verb waited for one; else 0.
    pub objects: u64,
    /// Requests that the verb and the harvest that it waited for made to the source.
    pub remote_calls: u64,
    pub elapsed_ms: u64,
}

//! The gateway's memory: versioned records that advance along one change log, the audit journal and the blobs.
//!
//! Truth is a dense, hash-chained change log, advanced by compare-and-swap on its head, in whatever [`Backend`] holds it.
//! Every node follows that log into an immutable [`Replica`], from which all reads are served; every change runs on the
//! exact state at the head. A backend's notifications are hints: losing all of them costs latency, never a change.
//!
//! Deliberately absent: what the records mean. Keys and kinds are the domain's; bodies are bytes here.

pub mod backend;
pub mod blobs;
pub mod change;
mod committer;
mod compare;
#[cfg(test)]
mod conformance;
mod errors;
pub mod failpoint;
#[cfg(test)]
mod faulty;
mod follower;
pub mod journal;
pub mod lock;
pub mod maintenance;
pub mod record;
pub mod replica;
mod retention;
mod sqlite_file;
mod store;
mod task;
pub mod verify;

pub use backend::memory::MemoryBackend;
pub use backend::sqlite::SqliteBackend;
pub use backend::{Backend, Health};
pub use blobs::{Blobs, Collected, Digest};
pub use change::{Entry, Op};
pub use committer::Committed;
pub use compare::{Compared, Depth};
pub use journal::Journal;
pub use lock::DataLock;
pub use record::Record;
pub use replica::Replica;
pub use retention::{RETENTION, Retention};
pub use store::Store;
pub use task::spawn;

//! From a harvest to what is served: snapshots that never change, object ids that never change hands, and when to harvest.
//!
//! A harvest is compared with the newest snapshot. What is new is stored as content-addressed blobs, one per schema, then a
//! manifest that names them all, and last a record that names the manifest and moves the source's pointer: until that one
//! change is committed nothing has happened. Every node reads the snapshots back from the blobs; none asks a source for
//! what the store knows.

mod chunk;
mod difference;
mod flight;
mod freshness;
mod identity;
pub mod interval;
mod ipc;
mod manifest;
mod pairing;
mod prepare;
mod records;
mod refresh;
mod retired;
mod schedule;
mod splice;
mod stored;
#[cfg(test)]
mod tests;

pub use difference::Difference;
pub use freshness::Freshness;
pub use records::{SnapshotRecord, snapshots};
pub use refresh::{Harvested, RefreshSummary, Refreshes};

pub(crate) use freshness::Ledger;
pub(crate) use records::newest as newest_snapshot;
pub(crate) use stored::{Loaded, load as load_snapshot};

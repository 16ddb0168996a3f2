//! What holds for metadata from a connector's harvest to what clients are served, across restarts.

mod databases;
pub(super) mod estate;
mod garbage;
mod gateway;
mod identities;
mod refreshes;
mod snapshots;

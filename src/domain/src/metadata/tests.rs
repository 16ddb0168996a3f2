//! What holds for metadata from a connector's harvest to what clients are served, across restarts.

pub(super) mod estate;
mod garbage;
mod gateway;
mod identities;
mod refreshes;
mod snapshots;

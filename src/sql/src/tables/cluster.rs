//! `cluster`: what the nodes of the gateway share.

use crate::tables::Table;

mod changes;

pub(super) const ALL: &[&dyn Table] = &[&changes::Changes];

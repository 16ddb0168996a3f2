//! The row that every procedure answers that changes a data source.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Serialize;

use super::AnswerRow;

/// What was done to a data source.
#[derive(Serialize, JsonSchema)]
pub(super) struct Outcome {
    /// Name of the data source.
    name: String,
    /// The version that the call was about: the one that it saved or published, else the newest.
    version: u64,
    /// State after the call: draft, published, edited, expired or dropped.
    state: String,
    /// Revision of the store with the change in it, or the current one if there was nothing to change.
    revision: u64,
    /// Schemas, tables, routines, types and sequences in the newest metadata, if the call waited for it; else 0.
    objects: u64,
    /// Requests that the call, and the harvest that it waited for, made to the source.
    remote_calls: u64,
    /// How long the call took, in milliseconds.
    elapsed_ms: u64,
}

impl Outcome {
    pub(super) fn rows(outcome: data_sources::Outcome) -> Vec<Self> {
        let data_sources::Outcome { name, version, state, revision, changed: _, objects, remote_calls, elapsed_ms } = outcome;
        vec![Self { name, version, state: state.name().to_owned(), revision, objects, remote_calls, elapsed_ms }]
    }
}

impl AnswerRow for Outcome {
    fn revision(&self) -> Option<u64> {
        Some(self.revision)
    }
}

//! The schemas that one read needs, as its messages name them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use spi::Result;
use spi::documents::Document;
use spi::documents::json::Wanted;
use tokio::runtime::Handle;

use crate::cluster::Cluster;
use crate::options::needs_registry;
use crate::registry::Prepared;
use crate::schema::{Kind, frame};

/// Schemas that a read holds at a time. It is rare that a topic has more than a few.
const HELD_MAX: usize = 100;

/// Numbers of schemas that the registry does not know, of which one read asks. They are of messages that are something else.
const UNKNOWN_MAX: usize = 100;

/// The schemas of one read. Its thread waits for the registry's answers.
pub(crate) struct Schemas<'c> {
    cluster: &'c Cluster,
    kind: Kind,
    held: HashMap<u32, Arc<Prepared>>,
    unknown: HashSet<u32>,
}

impl<'c> Schemas<'c> {
    pub(crate) fn new(cluster: &'c Cluster, kind: Kind) -> Self {
        Self { cluster, kind, held: HashMap::new(), unknown: HashSet::new() }
    }

    /// Reads a value. The inner error is what is wrong with it, in a sentence without its end.
    pub(crate) fn read<'v>(&'v mut self, value: &'v [u8], wanted: &Wanted) -> Result<Result<Document<'v>, String>> {
        let kind = self.kind;
        match frame::split(value) {
            None => Ok(Err(unframed())),
            Some((id, payload)) => Ok(read(kind, id, self.schema(id)?, payload, wanted)),
        }
    }

    fn schema(&mut self, id: u32) -> Result<Option<&Prepared>> {
        if !self.held.contains_key(&id) && !self.unknown.contains(&id) && self.unknown.len() < UNKNOWN_MAX {
            let registry = self.cluster.registry.as_ref().ok_or_else(|| needs_registry(self.kind))?;
            if self.held.len() >= HELD_MAX {
                self.held.clear();
            }
            match Handle::current().block_on(registry.schema(id))? {
                Some(schema) => {
                    self.held.insert(id, schema);
                }
                None => {
                    self.unknown.insert(id);
                }
            }
        }
        Ok(self.held.get(&id).map(Arc::as_ref))
    }
}

/// Reads what follows the number of a schema in a value. The error is a sentence without its end.
pub(crate) fn read<'v>(
    kind: Kind,
    id: u32,
    schema: Option<&'v Prepared>,
    payload: &'v [u8],
    wanted: &Wanted,
) -> Result<Document<'v>, String> {
    let prepared = schema.ok_or_else(|| format!("the schema registry is not known to have a schema {id}"))?;
    let schema = prepared.schema.as_ref().map_err(|problem| format!("schema {id} cannot be used: {problem}"))?;
    match schema.kind() == kind {
        true => schema.read(payload, wanted),
        false => Err(format!("schema {id} is one of {}, not of {}", schema.kind().word(), kind.word())),
    }
}

/// What is wrong with a value that names no schema.
pub(crate) fn unframed() -> String {
    "the value does not begin with the number of a schema".to_owned()
}

//! The schemas that were asked for, by their numbers. They never change, so that only their number and their bytes bound them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use spi::Result;
use tokio::sync::OnceCell;

use super::Prepared;

/// More schemas than a cluster's topics have, as a rule.
const SCHEMAS_MAX: usize = 2_000;

/// Bytes of their texts. What is made of them takes several times as much.
const BYTES_MAX: usize = 32 << 20;

/// A schema, and the bytes of its text with all that it refers to.
pub(super) type Weighed = (Arc<Prepared>, usize);

/// The schemas.
#[derive(Default)]
pub(super) struct Kept(Mutex<Schemas>);

#[derive(Default)]
struct Schemas {
    by_id: HashMap<u32, Arc<OnceCell<Weighed>>>,
    /// Those that are there, the oldest first.
    order: VecDeque<u32>,
    bytes: usize,
}

impl Kept {
    /// The schema of a number, or what the question gives. Who comes meanwhile waits for the same answer. Only a schema is kept: what is
    /// not there may come, and an error passes.
    pub(super) async fn get_or_ask(&self, id: u32, ask: impl Future<Output = Result<Option<Weighed>>>) -> Result<Option<Arc<Prepared>>> {
        let cell = self.schemas(|schemas| Arc::clone(schemas.by_id.entry(id).or_default()));
        let is_known = cell.initialized();
        let ask = async {
            match ask.await {
                Ok(Some(found)) => Ok(found),
                Ok(None) => Err(None),
                Err(error) => Err(Some(error)),
            }
        };
        let asked = cell.get_or_try_init(|| ask).await;
        let asked = match asked {
            Ok((schema, bytes)) => Ok(Some((Arc::clone(schema), *bytes))),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        };
        self.schemas(|schemas| match &asked {
            Ok(Some((_, bytes))) if !is_known => schemas.keep(id, *bytes, &cell),
            Ok(Some(_)) => {}
            _ => schemas.forget_empty(id),
        });
        asked.map(|schema| schema.map(|(schema, _)| schema))
    }

    fn schemas<T>(&self, work: impl FnOnce(&mut Schemas) -> T) -> T {
        // Whole after every step of its changes.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Schemas {
    /// Notes that a schema is there, and lets go of the oldest ones where there are too many.
    fn keep(&mut self, id: u32, bytes: usize, cell: &Arc<OnceCell<Weighed>>) {
        if self.order.contains(&id) {
            return;
        }
        self.by_id.insert(id, Arc::clone(cell));
        self.order.push_back(id);
        self.bytes += bytes;
        while self.order.len() > SCHEMAS_MAX || self.bytes > BYTES_MAX && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { break };
            let gone = self.by_id.remove(&oldest);
            self.bytes -= gone.and_then(|cell| cell.get().map(|(_, bytes)| *bytes)).unwrap_or_default();
        }
    }

    /// Others may still wait at the cell; they have it.
    fn forget_empty(&mut self, id: u32) {
        if self.by_id.get(&id).is_some_and(|cell| !cell.initialized()) {
            self.by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use spi::{Code, Error};

    use super::*;

    fn schema() -> Arc<Prepared> {
        Arc::new(Prepared { kind: None, schema: Err("a schema".to_owned()) })
    }

    async fn never() -> Result<Option<Weighed>> {
        panic!("it is kept")
    }

    #[tokio::test]
    async fn what_is_known_is_not_asked_again() {
        let kept = Kept::default();
        assert!(kept.get_or_ask(1, async { Ok(None) }).await.expect("an answer").is_none());
        assert!(kept.get_or_ask(1, async { Err(Error::new(Code::Unavailable, "down")) }).await.is_err());
        assert!(kept.schemas(|schemas| schemas.by_id.is_empty()));
        assert!(kept.get_or_ask(1, async { Ok(Some((schema(), 5))) }).await.expect("an answer").is_some());
        assert!(kept.get_or_ask(1, never()).await.expect("an answer").is_some());
    }

    #[tokio::test]
    async fn the_oldest_go_first() {
        let kept = Kept::default();
        for id in 0..=SCHEMAS_MAX as u32 {
            kept.get_or_ask(id, async { Ok(Some((schema(), 1))) }).await.expect("an answer");
        }
        let (count, bytes) = kept.schemas(|schemas| (schemas.by_id.len(), schemas.bytes));
        assert_eq!((count, bytes), (SCHEMAS_MAX, SCHEMAS_MAX));
        kept.get_or_ask(9_999, async { Ok(Some((schema(), BYTES_MAX))) }).await.expect("an answer");
        assert_eq!(kept.schemas(|schemas| (schemas.by_id.len(), schemas.bytes)), (1, BYTES_MAX));
    }
}

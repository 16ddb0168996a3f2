//! Plans of queries of the catalog that every session may use, with answers that take long: tools ask the same again and again, each in
//! many sessions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::sql::sqlparser::ast;
use pgcat::catalog::Catalog;

use super::planned::Planned;
use crate::parse::SourceText;
use crate::plan_context::PlanContext;

/// How many are kept, each with at most one answer.
const KEPT_MAX: usize = 128;
/// The longest text whose plans are kept, in bytes. A plan takes some ten times as much.
const TEXT_MAX: usize = 32 << 10;

/// The plans that were used last, the latest first.
#[derive(Default)]
pub(super) struct Plans(Mutex<VecDeque<Kept>>);

/// A plan, and what it is of.
pub(super) struct Kept {
    text: Arc<str>,
    /// One of the queries of the text.
    query: ast::Query,
    /// As the client declared them.
    parameter_types: Vec<u32>,
    planned: Arc<Planned>,
}

impl Kept {
    pub(super) fn new(query: &ast::Query, source: &SourceText, parameter_types: &[u32], planned: &Arc<Planned>) -> Self {
        let (text, parameter_types) = (Arc::clone(&source.0), parameter_types.to_vec());
        Self { text, query: query.clone(), parameter_types, planned: Arc::clone(planned) }
    }

    fn is_of(&self, query: &ast::Query, text: &str, parameter_types: &[u32]) -> bool {
        *self.text == *text && self.parameter_types == parameter_types && self.query == *query
    }
}

/// Whoever leaves the list has its answer forgotten: sessions may hold on to the plan for long.
impl Drop for Kept {
    fn drop(&mut self) {
        self.planned.forget_answer();
    }
}

impl Plans {
    /// The plan of a query that means the same in this session.
    pub(super) fn find(
        &self,
        context: &PlanContext,
        query: &ast::Query,
        source: &SourceText,
        parameter_types: &[u32],
    ) -> Option<Arc<Planned>> {
        // Asked before the list is locked: whoever makes a catalog locks the list too.
        let (catalog, search_path) = (&context.pg_catalog().catalog, context.search_path());
        let mut kept = self.lock();
        let is_it = |kept: &Kept| kept.planned.is_bound_to(catalog, &search_path) && kept.is_of(query, &source.0, parameter_types);
        let place = kept.iter().position(is_it)?;
        let found = kept.remove(place)?;
        let planned = Arc::clone(&found.planned);
        kept.push_front(found);
        Some(planned)
    }

    /// Keeps a plan, unless another session was quicker, and gives the one that is kept.
    pub(super) fn keep(&self, new: Kept) -> Arc<Planned> {
        let planned = Arc::clone(&new.planned);
        if new.text.len() > TEXT_MAX {
            return planned;
        }
        let mut kept = self.lock();
        let is_it = |kept: &&Kept| kept.planned.means_the_same(&planned) && kept.is_of(&new.query, &new.text, &new.parameter_types);
        if let Some(found) = kept.iter().find(is_it) {
            return Arc::clone(&found.planned);
        }
        kept.push_front(new);
        let last = (kept.len() > KEPT_MAX).then(|| kept.pop_back());
        drop(kept);
        // What takes long is not done while others wait.
        drop(last);
        planned
    }

    /// Takes those out that are bound to a catalog that is gone: they would keep it in memory.
    pub(super) fn remove_unless(&self, is_there: impl Fn(&Arc<Catalog>) -> bool) -> Vec<Kept> {
        let mut kept = self.lock();
        let (there, gone): (VecDeque<Kept>, VecDeque<Kept>) = kept.drain(..).partition(|kept| is_there(kept.planned.catalog()));
        *kept = there;
        gone.into()
    }

    /// Every change leaves a whole list, so a panic elsewhere does no harm to it.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

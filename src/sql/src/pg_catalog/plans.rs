//! Plans of queries of the catalog that every session may use: tools ask the same again and again, each in many sessions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::sql::sqlparser::ast;
use pgcat::catalog::Catalog;

use super::planned::Planned;
use crate::parse::SourceText;
use crate::plan_context::PlanContext;

/// How many are kept.
const KEPT_MAX: usize = 128;
/// The longest text whose plans are kept, in bytes. A plan takes some ten times as much.
const TEXT_MAX: usize = 32 << 10;

/// The plans that were used last, the latest first.
#[derive(Default)]
pub(super) struct Plans(Mutex<VecDeque<Kept>>);

struct Kept {
    text: Arc<str>,
    /// One of the queries of the text.
    query: ast::Query,
    /// As the client declared them.
    parameter_types: Vec<u32>,
    planned: Arc<Planned>,
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
        // Whoever makes a catalog looks at the list too.
        let (catalog, search_path) = (&context.pg_catalog().catalog, context.search_path());
        let mut kept = self.lock();
        let is_it = |kept: &Kept| {
            let is_meant = kept.text == source.0 && kept.parameter_types == parameter_types && kept.query == *query;
            is_meant && kept.planned.is_bound_to(catalog, &search_path)
        };
        let place = kept.iter().position(is_it)?;
        let found = kept.remove(place)?;
        let planned = Arc::clone(&found.planned);
        kept.push_front(found);
        Some(planned)
    }

    pub(super) fn keep(&self, query: &ast::Query, source: &SourceText, parameter_types: &[u32], planned: &Arc<Planned>) {
        if source.0.len() > TEXT_MAX {
            return;
        }
        let (text, query, planned) = (Arc::clone(&source.0), query.clone(), Arc::clone(planned));
        let mut kept = self.lock();
        kept.push_front(Kept { text, query, parameter_types: parameter_types.to_vec(), planned });
        kept.truncate(KEPT_MAX);
    }

    /// Forgets those that are bound to a catalog that is gone: they would keep it in memory.
    pub(super) fn retain(&self, is_there: impl Fn(&Arc<Catalog>) -> bool) {
        self.lock().retain(|kept| is_there(kept.planned.catalog()));
    }

    /// Every change leaves a whole list, so a panic elsewhere does no harm to it.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

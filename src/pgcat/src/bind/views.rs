//! Views: their texts, bound as if they were sub-selects in FROM, but with names of their own.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::Binder;
use crate::catalog::PG_CATALOG;
use crate::query::Query;
use crate::{parse, statics};

/// The syntax trees of the static views that were asked for. They are as constant as their texts.
static PARSED: LazyLock<Mutex<HashMap<u32, Arc<ast::Query>>>> = LazyLock::new(Mutex::default);

impl Binder<'_> {
    /// The query of a view. Relations that are no views of PostgreSQL's own have their rows elsewhere.
    pub(super) fn view(&mut self, relation: u32, name: &str) -> Result<Arc<Query>> {
        let Some(text) = statics::view_definition(relation, false) else {
            return Err(Error::new(Code::Unsupported, format!("relation \"{name}\" is not in the catalog"))
                .detail("Its rows are those of a data source."));
        };
        let syntax = parsed(relation, text)?;
        // Inside of a view nothing around it can be named, and its names do not depend on the session.
        let scopes = std::mem::take(&mut self.scopes);
        let search = std::mem::replace(&mut self.search, vec![PG_CATALOG]);
        let source = std::mem::take(&mut self.source);
        let bound = self.inner_query(&syntax, true);
        (self.scopes, self.search, self.source) = (scopes, search, source);
        bound.map(|(query, _)| Arc::new(query))
    }
}

fn parsed(relation: u32, text: &str) -> Result<Arc<ast::Query>> {
    let known = PARSED.lock().unwrap_or_else(PoisonError::into_inner).get(&relation).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let syntax = Arc::new(*parse::query(text)?);
    PARSED.lock().unwrap_or_else(PoisonError::into_inner).insert(relation, syntax.clone());
    Ok(syntax)
}

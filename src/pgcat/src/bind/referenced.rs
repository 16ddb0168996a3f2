//! What a query refers to by name, before anything is looked up.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, TableFactor, Visit, Visitor};

use super::fold;

/// The names of relations and functions in a query, qualified as they are written there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referenced {
    /// Without those that are queries of a WITH.
    pub relations: Vec<Vec<String>>,
    pub functions: Vec<Vec<String>>,
}

/// All relations and functions that a query refers to, in whatever part of it.
pub fn referenced(query: &Query) -> Referenced {
    let mut collector = Collector::default();
    // The collector never breaks.
    let _ = query.visit(&mut collector);
    collector.found
}

/// Whether a query reads something of this name that is not qualified.
pub(super) fn reads(query: &Query, name: &str) -> bool {
    referenced(query).relations.iter().any(|parts| matches!(parts.as_slice(), [only] if only == name))
}

#[derive(Default)]
struct Collector {
    found: Referenced,
    /// The queries around, with the names of their WITH.
    around: Vec<Names>,
}

/// The names of one WITH, and how many of them can be read where the visit is.
struct Names {
    names: Vec<String>,
    /// The queries of the names, by their addresses, which is how the visit tells that it enters one.
    queries: Vec<*const Query>,
    recursive: bool,
    readable: usize,
    /// Which of the queries of WITH around this is one of.
    is_cte: bool,
}

impl Visitor for Collector {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let mut is_cte = false;
        if let Some(around) = self.around.last_mut()
            && let Some(place) = around.queries.iter().position(|known| std::ptr::eq(*known, query))
        {
            // A query of WITH reads those before it, and itself only in WITH RECURSIVE.
            around.readable = if around.recursive { around.names.len() } else { place };
            is_cte = true;
        }
        let tables = query.with.as_ref().map_or(&[][..], |with| &with.cte_tables);
        let names: Vec<String> = tables.iter().map(|cte| fold(&cte.alias.name)).collect();
        self.around.push(Names {
            readable: names.len(),
            names,
            queries: tables.iter().map(|cte| std::ptr::from_ref(cte.query.as_ref())).collect(),
            recursive: query.with.as_ref().is_some_and(|with| with.recursive),
            is_cte,
        });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Self::Break> {
        let was_cte = self.around.pop().is_some_and(|names| names.is_cte);
        if let Some(around) = self.around.last_mut().filter(|_| was_cte) {
            around.readable = around.names.len();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { name, args: None, .. } => {
                let parts = parts(name);
                let is_cte = match parts.as_slice() {
                    [only] => self.around.iter().any(|around| around.names[..around.readable].contains(only)),
                    _ => false,
                };
                if !is_cte && !self.found.relations.contains(&parts) {
                    self.found.relations.push(parts);
                }
            }
            TableFactor::Table { name, .. } | TableFactor::Function { name, .. } => self.function(parts(name)),
            TableFactor::UNNEST { .. } => self.function(vec!["unnest".to_owned()]),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(function) = expr {
            self.function(parts(&function.name));
        }
        ControlFlow::Continue(())
    }
}

impl Collector {
    fn function(&mut self, name: Vec<String>) {
        if !self.found.functions.contains(&name) {
            self.found.functions.push(name);
        }
    }
}

pub(super) fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| part.as_ident()).map(fold).collect()
}

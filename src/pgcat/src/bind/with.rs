//! WITH: queries that others read by name.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::tokenizer::Span;

use super::from::{Side, rename_columns};
use super::recursion::Terms;
use super::referenced::referenced;
use super::scope::{Item, Scanned, Scope};
use super::search;
use super::set_operations::Sides;
use super::{Binder, fold};
use crate::query::{Cte, OutputColumn, Query, Register};

/// A query of WITH, as those that read it see it.
pub(crate) struct CteEntry {
    pub(crate) name: String,
    pub(crate) columns: Vec<OutputColumn>,
    /// `None` while it is being bound, when only its recursive term may read it.
    pub(crate) query: Option<Arc<Query>>,
    pub(crate) is_recursive: bool,
    /// How many of its last columns `*` leaves out.
    pub(crate) hidden: usize,
    /// What it reads of the queries around the one whose WITH it stands in.
    pub(crate) outer: BTreeSet<(usize, Register)>,
}

impl Binder<'_> {
    /// Binds the queries of WITH into the innermost scope.
    pub(super) fn with(&mut self, with: &ast::With) -> Result<()> {
        let queries = search::attached(&with.cte_tables);
        let known = self.scope().ctes.iter().map(|known| known.name.clone());
        let mut names: HashSet<String> = known.collect();
        for (cte, _) in &queries {
            let name = fold(&cte.alias.name);
            if names.contains(&name) {
                let message = format!("WITH query name \"{name}\" specified more than once");
                return Err(self.error_at(Error::new(Code::DuplicateAlias, message), cte.alias.name.span));
            }
            names.insert(name);
        }
        for place in if with.recursive { self.order_of(&queries)? } else { (0..queries.len()).collect() } {
            let (cte, clauses) = &queries[place];
            let name = fold(&cte.alias.name);
            let terms = if with.recursive { self.recursive_terms(cte, &name)? } else { None };
            let entry = match terms {
                Some(terms) if clauses.is_empty() => self.recursive_cte(name, cte, terms)?,
                Some(terms) => {
                    let (cte, terms) = self.with_paths(&name, cte, &terms, clauses)?;
                    self.recursive_cte(name, &cte, terms.as_terms())?
                }
                None if clauses.is_empty() => self.plain_cte(name, cte)?,
                None => return Err(self.error_at(Error::new(Code::Syntax, "WITH query is not recursive"), cte.alias.name.span)),
            };
            self.scope_mut().ctes.push(entry);
        }
        Ok(())
    }

    /// In which order the queries of WITH RECURSIVE are bound, which may read those behind them.
    fn order_of(&self, queries: &[(&ast::Cte, Vec<&ast::Cte>)]) -> Result<Vec<usize>> {
        let names: Vec<String> = queries.iter().map(|(cte, _)| fold(&cte.alias.name)).collect();
        let read_by = |(cte, _): &(&ast::Cte, Vec<&ast::Cte>)| {
            let relations = referenced(&cte.query).relations;
            let read = names
                .iter()
                .enumerate()
                .filter(|(_, name)| relations.iter().any(|parts| matches!(parts.as_slice(), [only] if only == *name)));
            read.map(|(place, _)| place).collect()
        };
        let reads: Vec<Vec<usize>> = queries.iter().map(read_by).collect();
        let mut order: Vec<usize> = Vec::with_capacity(queries.len());
        while order.len() < queries.len() {
            let mut waiting = (0..queries.len()).filter(|place| !order.contains(place));
            let is_ready = |place: &usize| reads[*place].iter().all(|read| read == place || order.contains(read));
            match waiting.clone().find(is_ready) {
                Some(place) => order.push(place),
                None => {
                    let span = waiting.next().map_or(Span::empty(), |place| queries[place].0.alias.name.span);
                    let error = Error::new(Code::Unsupported, "mutual recursion between WITH items is not implemented");
                    return Err(self.error_at(error, span));
                }
            }
        }
        Ok(order)
    }

    fn plain_cte(&mut self, name: String, cte: &ast::Cte) -> Result<CteEntry> {
        let (mut query, outer) = self.inner_query(&cte.query, true)?;
        rename(&name, &mut query.columns, &cte.alias)?;
        let columns = query.columns.clone();
        Ok(CteEntry { name, columns, query: Some(Arc::new(query)), is_recursive: false, hidden: 0, outer })
    }

    /// A query that reads itself: its first term says its columns, and can be read in the second.
    fn recursive_cte(&mut self, name: String, cte: &ast::Cte, terms: Terms<'_>) -> Result<CteEntry> {
        let place = self.scope().ctes.len();
        self.scopes.push(Scope::default());
        let bound = self.recursive_query(&name, place, cte, terms);
        let scope = self.scopes.pop();
        // Bound in whole or not at all, its own entry is made anew.
        self.scope_mut().ctes.truncate(place);
        let query = bound?;
        let outer = scope.map(|scope| scope.outer).unwrap_or_default();
        let columns = query.columns.clone();
        Ok(CteEntry { name, columns, query: Some(Arc::new(query)), is_recursive: true, hidden: 0, outer })
    }

    fn recursive_query(&mut self, name: &str, place: usize, cte: &ast::Cte, terms: Terms<'_>) -> Result<Query> {
        let Terms { quantifier, left, right, added } = terms;
        if let Some(with) = &cte.query.with {
            self.with(with)?;
        }
        let (first, _) = self.inner_side(left, true)?;
        let mut columns: Vec<OutputColumn> = first.columns.iter().map(|column| OutputColumn { origin: None, ..column.clone() }).collect();
        rename(name, &mut columns, &cte.alias)?;
        let entry = CteEntry {
            name: name.to_owned(),
            columns: columns.clone(),
            query: None,
            is_recursive: true,
            hidden: added,
            outer: BTreeSet::new(),
        };
        let around = self.scopes.len() - 2;
        self.scopes[around].ctes.truncate(place);
        self.scopes[around].ctes.push(entry);
        let (second, _) = self.inner_side(right, false)?;
        let sides = Sides { operator: ast::SetOperator::Union, quantifier, left: (first, left), right: (second, right) };
        let mut query = self.combine(sides)?;
        for ((found, declared), number) in query.columns.iter_mut().zip(&columns).zip(1..) {
            if found.type_.oid != declared.type_.oid {
                let (declared, found) = (self.type_text(declared.type_), self.type_text(found.type_));
                return Err(Error::new(
                    Code::DatatypeMismatch,
                    format!(
                        "recursive query \"{name}\" column {number} has type {declared} in non-recursive term but type {found} overall"
                    ),
                )
                .hint("Cast the output of the non-recursive term to the correct type."));
            }
            found.name.clone_from(&declared.name);
        }
        query.ctes = self.finished_ctes();
        query.registers = self.scope().registers.len();
        Ok(query)
    }

    /// The queries of WITH of the innermost scope, as they are run.
    pub(super) fn finished_ctes(&mut self) -> Vec<Cte> {
        let entries = std::mem::take(&mut self.scope_mut().ctes);
        let finished =
            entries.into_iter().filter_map(|entry| Some(Cte { name: entry.name, query: entry.query?, is_recursive: entry.is_recursive }));
        finished.collect()
    }

    /// The query of WITH of a name: its scope, and its place there.
    pub(super) fn find_cte(&self, name: &str) -> Option<(usize, usize)> {
        let scopes = self.scopes.iter().enumerate().rev();
        scopes.filter_map(|(scope, described)| Some((scope, described.ctes.iter().rposition(|cte| cte.name == name)?))).next()
    }

    /// A query of WITH in FROM.
    pub(super) fn cte(&mut self, scope: usize, place: usize, alias: Option<&ast::TableAlias>) -> Result<Side> {
        let entry = &self.scopes[scope].ctes[place];
        let columns = Self::columns_of_query(&entry.columns);
        let name = entry.name.clone();
        let (is_reading_itself, hidden) = (entry.query.is_none(), entry.hidden);
        for (around, register) in entry.outer.clone() {
            self.note_read(around, register);
        }
        self.scope_mut().reads_itself |= is_reading_itself;
        let levels = self.scopes.len() - 1 - scope;
        let mut item = Item::new(name, columns, Some(Scanned::Cte { levels, cte: place }));
        item.hidden = hidden;
        if let Some(alias) = alias {
            item.hidden_name = Some(std::mem::replace(&mut item.name, fold(&alias.name)));
            rename_columns(&mut item, alias, "table")?;
        }
        Ok(self.whole(item))
    }
}

fn rename(name: &str, columns: &mut [OutputColumn], alias: &ast::TableAlias) -> Result<()> {
    let (available, specified) = (columns.len(), alias.columns.len());
    if specified > available {
        let message = format!("WITH query \"{name}\" has {available} columns available but {specified} columns specified");
        return Err(Error::new(Code::InvalidReference, message));
    }
    for (column, renamed) in columns.iter_mut().zip(&alias.columns) {
        column.name = fold(&renamed.name);
    }
    Ok(())
}

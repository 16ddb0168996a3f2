//! WITH: queries that others read by name.

use std::collections::BTreeSet;
use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::from::{Side, rename_columns};
use super::scope::{Item, Scanned, Scope};
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
    /// What it reads of the queries around the one whose WITH it stands in.
    pub(crate) outer: BTreeSet<(usize, Register)>,
}

impl Binder<'_> {
    /// Binds the queries of WITH into the innermost scope.
    pub(super) fn with(&mut self, with: &ast::With) -> Result<()> {
        for cte in &with.cte_tables {
            let name = fold(&cte.alias.name);
            if self.scope().ctes.iter().any(|known| known.name == name) {
                return Err(self.error_at(
                    Error::new(Code::DuplicateAlias, format!("WITH query name \"{name}\" specified more than once")),
                    cte.alias.name.span,
                ));
            }
            let entry = match with.recursive.then(|| recursive_terms(&cte.query, &name)).flatten() {
                Some((operation, left, right)) => self.recursive_cte(name, cte, operation, left, right)?,
                None => self.plain_cte(name, cte)?,
            };
            self.scope_mut().ctes.push(entry);
        }
        Ok(())
    }

    fn plain_cte(&mut self, name: String, cte: &ast::Cte) -> Result<CteEntry> {
        let (mut query, outer) = self.inner_query(&cte.query, true)?;
        rename(&name, &mut query.columns, &cte.alias)?;
        let columns = query.columns.clone();
        Ok(CteEntry { name, columns, query: Some(Arc::new(query)), is_recursive: false, outer })
    }

    /// A query that reads itself: its first term says its columns, and can be read in the second.
    fn recursive_cte(
        &mut self,
        name: String,
        cte: &ast::Cte,
        quantifier: ast::SetQuantifier,
        left: &ast::SetExpr,
        right: &ast::SetExpr,
    ) -> Result<CteEntry> {
        if cte.query.order_by.is_some() {
            return Err(Error::new(Code::Unsupported, "ORDER BY in a recursive query is not implemented"));
        }
        if cte.query.limit_clause.is_some() || cte.query.fetch.is_some() {
            return Err(Error::new(Code::Unsupported, "LIMIT in a recursive query is not implemented"));
        }
        let place = self.scope().ctes.len();
        self.scopes.push(Scope::default());
        let bound = self.recursive_query(&name, place, cte, quantifier, left, right);
        let scope = self.scopes.pop();
        // Bound in whole or not at all, its own entry is made anew.
        self.scope_mut().ctes.truncate(place);
        let query = bound?;
        let outer = scope.map(|scope| scope.outer).unwrap_or_default();
        let columns = query.columns.clone();
        Ok(CteEntry { name, columns, query: Some(Arc::new(query)), is_recursive: true, outer })
    }

    fn recursive_query(
        &mut self,
        name: &str,
        place: usize,
        cte: &ast::Cte,
        quantifier: ast::SetQuantifier,
        left: &ast::SetExpr,
        right: &ast::SetExpr,
    ) -> Result<Query> {
        if let Some(with) = &cte.query.with {
            self.with(with)?;
        }
        let (first, _) = self.inner_side(left, true)?;
        let mut columns: Vec<OutputColumn> = first.columns.iter().map(|column| OutputColumn { origin: None, ..column.clone() }).collect();
        rename(name, &mut columns, &cte.alias)?;
        let entry = CteEntry { name: name.to_owned(), columns: columns.clone(), query: None, is_recursive: true, outer: BTreeSet::new() };
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
        for (around, register) in entry.outer.clone() {
            self.note_read(around, register);
        }
        let levels = self.scopes.len() - 1 - scope;
        let mut item = Item::new(name, columns, Some(Scanned::Cte { levels, cte: place }));
        if let Some(alias) = alias {
            item.hidden_name = Some(std::mem::replace(&mut item.name, fold(&alias.name)));
            rename_columns(&mut item, alias, "table")?;
        }
        Ok(self.add(item))
    }
}

/// `… UNION [ALL] …` whose second term reads the query itself.
fn recursive_terms<'q>(query: &'q ast::Query, name: &str) -> Option<(ast::SetQuantifier, &'q ast::SetExpr, &'q ast::SetExpr)> {
    match query.body.as_ref() {
        ast::SetExpr::SetOperation { op: ast::SetOperator::Union, set_quantifier, left, right } => {
            super::referenced::reads(right, name).then_some((*set_quantifier, left.as_ref(), right.as_ref()))
        }
        ast::SetExpr::Query(inner) if query.with.is_none() => recursive_terms(inner, name),
        _ => None,
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

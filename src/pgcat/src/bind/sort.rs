//! ORDER BY and DISTINCT: which columns of the answer they mean, and what is added to it for them.

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::targets::Target;
use super::{Binder, Place, fold};
use crate::expr::{Expr, Typed};
use crate::query::{Distinct, SortKey, SortOrder};

impl Binder<'_> {
    /// ORDER BY of a SELECT. What is not in the select list is added to it, hidden.
    pub(super) fn order_by(&mut self, order_by: Option<&ast::OrderBy>, targets: &mut Vec<Target>) -> Result<Vec<SortKey>> {
        let mut keys: Vec<SortKey> = Vec::new();
        for sorted in expressions(order_by)? {
            let column = self.sort_target(&sorted.expr, targets, Place::OrderBy)?;
            // What is sorted by already is not sorted by again.
            if keys.iter().all(|key| key.column != column) {
                keys.push(SortKey { column, order: order(&sorted.options) });
            }
        }
        Ok(keys)
    }

    /// DISTINCT and DISTINCT ON, whose expressions are the first that rows are sorted by.
    pub(super) fn distinct(
        &mut self,
        distinct: &Option<ast::Distinct>,
        targets: &mut Vec<Target>,
        order_by: &mut Vec<SortKey>,
    ) -> Result<Distinct> {
        match distinct {
            None | Some(ast::Distinct::All) => Ok(Distinct::No),
            Some(ast::Distinct::Distinct) => {
                if order_by.iter().any(|key| targets[key.column].hidden) {
                    let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(Error::new(Code::InvalidReference, message));
                }
                self.settle(targets)?;
                for target in targets.iter() {
                    self.check_equality(target.typed.type_)?;
                }
                Ok(Distinct::All)
            }
            Some(ast::Distinct::On(expressions)) => {
                let mut columns = Vec::with_capacity(expressions.len());
                for expr in expressions {
                    let column = self.sort_target(expr, targets, Place::DistinctOn)?;
                    if !columns.contains(&column) {
                        columns.push(column);
                    }
                }
                let first = order_by.iter().take_while(|key| columns.contains(&key.column)).count();
                let is_mixed = order_by[first..].iter().any(|key| columns.contains(&key.column));
                if is_mixed || (first < order_by.len() && first < columns.len()) {
                    let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
                    return Err(Error::new(Code::InvalidReference, message));
                }
                for column in &columns {
                    if order_by.iter().all(|key| key.column != *column) {
                        order_by.push(SortKey { column: *column, order: SortOrder { descending: false, nulls_first: false } });
                    }
                }
                Ok(Distinct::On(columns))
            }
        }
    }

    /// ORDER BY inside of an aggregate or a window, where numbers and names of output columns mean nothing.
    pub(crate) fn sort_list(&mut self, order_by: &[ast::OrderByExpr], place: Place) -> Result<Vec<(Expr, SortOrder)>> {
        Ok(self.typed_sort_list(order_by, place)?.into_iter().map(|(key, order)| (key.expr, order)).collect())
    }

    pub(super) fn typed_sort_list(&mut self, order_by: &[ast::OrderByExpr], place: Place) -> Result<Vec<(Typed, SortOrder)>> {
        let mut keys = Vec::with_capacity(order_by.len());
        for sorted in order_by {
            let key = self.expression(&sorted.expr, place)?;
            let key = self.settle_unknown(key)?;
            self.check_ordering(key.type_).map_err(|error| self.error_at(error, sorted.expr.span()))?;
            keys.push((key, order(&sorted.options)));
        }
        Ok(keys)
    }

    /// The column of the answer that an expression of ORDER BY or DISTINCT ON means: by its name or number there, or as an expression that
    /// is added if it is not there.
    fn sort_target(&mut self, expr: &ast::Expr, targets: &mut Vec<Target>, place: Place) -> Result<usize> {
        let column = match self.named_target(expr, targets, place)? {
            Some(column) => column,
            None => {
                let typed = self.expression(expr, place)?;
                match targets.iter().position(|target| target.typed.expr.is_same(&typed.expr)) {
                    Some(column) => column,
                    None => {
                        targets.push(Target { typed, name: String::new(), origin: None, hidden: true });
                        targets.len() - 1
                    }
                }
            }
        };
        let typed = self.settle_unknown(targets[column].typed.clone())?;
        self.check_ordering(typed.type_).map_err(|error| self.error_at(error, expr.span()))?;
        targets[column].typed = typed;
        Ok(column)
    }

    /// A column of the answer that is meant by its name or number.
    pub(super) fn named_target(&self, expr: &ast::Expr, targets: &[Target], place: Place) -> Result<Option<usize>> {
        let clause = match place {
            Place::GroupBy => "GROUP BY",
            Place::DistinctOn => "DISTINCT ON",
            _ => "ORDER BY",
        };
        let at = |error| self.error_at(error, expr.span());
        let shown = || targets.iter().enumerate().filter(|(_, target)| !target.hidden);
        match expr {
            ast::Expr::Identifier(ident) => {
                let name = fold(ident);
                if place == Place::GroupBy && self.is_own_column(&name) {
                    return Ok(None);
                }
                let mut named = shown().filter(|(_, target)| target.name == name);
                let Some((column, first)) = named.next() else { return Ok(None) };
                if named.any(|(_, other)| !other.typed.expr.is_same(&first.typed.expr)) {
                    return Err(at(Error::new(Code::Ambiguous, format!("{clause} \"{name}\" is ambiguous"))));
                }
                Ok(Some(column))
            }
            ast::Expr::Value(value) => {
                let ast::Value::Number(number, _) = &value.value else {
                    return match value.value {
                        // A parameter is an expression as any other.
                        ast::Value::Placeholder(_) => Ok(None),
                        _ => Err(at(Error::new(Code::Syntax, format!("non-integer constant in {clause}")))),
                    };
                };
                let Ok(position) = number.parse::<usize>() else {
                    return Err(at(Error::new(Code::Syntax, format!("non-integer constant in {clause}"))));
                };
                let found = position.checked_sub(1).and_then(|place| shown().nth(place)).map(|(column, _)| column);
                let missing = || Error::new(Code::InvalidReference, format!("{clause} position {position} is not in select list"));
                found.map(Some).ok_or_else(|| at(missing()))
            }
            _ => Ok(None),
        }
    }
}

/// The expressions of ORDER BY.
pub(super) fn expressions(order_by: Option<&ast::OrderBy>) -> Result<&[ast::OrderByExpr]> {
    match order_by.map(|order_by| &order_by.kind) {
        None => Ok(&[]),
        Some(ast::OrderByKind::Expressions(expressions)) => Ok(expressions),
        Some(ast::OrderByKind::All(_)) => Err(Error::new(Code::Syntax, "syntax error at or near \"ALL\"")),
    }
}

/// Nulls are the greatest of all values unless the statement says otherwise.
pub(super) fn order(options: &ast::OrderByOptions) -> SortOrder {
    let descending = options.asc == Some(false);
    SortOrder { descending, nulls_first: options.nulls_first.unwrap_or(descending) }
}

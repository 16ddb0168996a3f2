//! GROUP BY and aggregates: the keys of groups, and what may be read of a group.

use std::collections::HashSet;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::scope::Holds;
use super::targets::Target;
use super::{Binder, Place};
use crate::catalog::oid as catalog_oid;
use crate::expr::{Expr, Typed};
use crate::parse::DISTINCT_SETS;
use crate::query::{Bound, Grouping, Register};
use crate::value::Value;

/// PostgreSQL's own limit: each element doubles the number of sets.
const CUBE_ELEMENTS_MAX: usize = 12;
/// PostgreSQL's own limit.
const SETS_MAX: usize = 4096;

/// The keys of GROUP BY, and which of them each grouping set has; `None` without GROUP BY.
pub(super) struct Groups {
    keys: Vec<Typed>,
    sets: Option<Vec<Vec<usize>>>,
}

impl Binder<'_> {
    /// Binds GROUP BY.
    pub(super) fn group_by(&mut self, group_by: &ast::GroupByExpr, targets: &[Target]) -> Result<Groups> {
        let ast::GroupByExpr::Expressions(elements, modifiers) = group_by else {
            return Err(Error::new(Code::Syntax, "syntax error at or near \"ALL\""));
        };
        if !modifiers.is_empty() {
            return Err(Error::new(Code::Syntax, "syntax error at or near \"WITH\""));
        }
        let mut groups = Groups { keys: Vec::new(), sets: None };
        let (is_distinct, elements) = match elements.split_first() {
            Some((ast::Expr::Identifier(mark), rest)) if mark.value == DISTINCT_SETS => (true, rest),
            _ => (false, elements.as_slice()),
        };
        for element in elements {
            let sets = self.group_element(element, targets, &mut groups.keys)?;
            let combined = match groups.sets.take() {
                None => sets,
                Some(before) => {
                    let pairs = before.iter().flat_map(|first| sets.iter().map(move |second| [first.as_slice(), second].concat()));
                    pairs.collect()
                }
            };
            if combined.len() > SETS_MAX {
                return Err(Error::new(Code::Limit, format!("too many grouping sets present (maximum {SETS_MAX})")));
            }
            groups.sets = Some(combined);
        }
        for set in groups.sets.iter_mut().flatten() {
            set.sort_unstable();
            set.dedup();
        }
        if is_distinct && let Some(sets) = &mut groups.sets {
            let mut seen = HashSet::new();
            sets.retain(|set| seen.insert(set.clone()));
        }
        Ok(groups)
    }

    /// The grouping sets of one element: one set for an expression, several for ROLLUP and its kin.
    fn group_element(&mut self, element: &ast::Expr, targets: &[Target], keys: &mut Vec<Typed>) -> Result<Vec<Vec<usize>>> {
        match element {
            ast::Expr::Rollup(parts) => {
                let parts = self.group_parts(parts, targets, keys)?;
                Ok((0..=parts.len()).rev().map(|length| parts[..length].concat()).collect())
            }
            ast::Expr::Cube(parts) if parts.len() > CUBE_ELEMENTS_MAX => {
                Err(Error::new(Code::Limit, format!("CUBE is limited to {CUBE_ELEMENTS_MAX} elements")))
            }
            ast::Expr::Cube(parts) => {
                let parts = self.group_parts(parts, targets, keys)?;
                let subset = |chosen: usize| {
                    let parts = parts.iter().enumerate().filter(|(place, _)| chosen & (1 << (parts.len() - 1 - place)) != 0);
                    parts.flat_map(|(_, part)| part.clone()).collect()
                };
                Ok((0..1usize << parts.len()).rev().map(subset).collect())
            }
            ast::Expr::GroupingSets(sets) => {
                let mut all = Vec::new();
                for set in sets {
                    match set.as_slice() {
                        [single] => all.extend(self.group_element(single, targets, keys)?),
                        several => all.push(self.group_part(several, targets, keys)?),
                    }
                }
                Ok(all)
            }
            ast::Expr::Tuple(items) => Ok(vec![self.group_part(items, targets, keys)?]),
            ast::Expr::Nested(inner) if matches!(**inner, ast::Expr::Nested(_) | ast::Expr::Tuple(_)) => {
                self.group_element(inner, targets, keys)
            }
            expr => Ok(vec![vec![self.group_key(expr, targets, keys)?]]),
        }
    }

    fn group_parts(&mut self, parts: &[Vec<ast::Expr>], targets: &[Target], keys: &mut Vec<Typed>) -> Result<Vec<Vec<usize>>> {
        parts.iter().map(|part| self.group_part(part, targets, keys)).collect()
    }

    fn group_part(&mut self, part: &[ast::Expr], targets: &[Target], keys: &mut Vec<Typed>) -> Result<Vec<usize>> {
        let mut places = Vec::with_capacity(part.len());
        for expr in part {
            places.extend(self.group_element(expr, targets, keys)?.concat());
        }
        Ok(places)
    }

    /// The place of a key, which is added unless it is there.
    fn group_key(&mut self, expr: &ast::Expr, targets: &[Target], keys: &mut Vec<Typed>) -> Result<usize> {
        let expr_or_nested = match expr {
            ast::Expr::Nested(inner) => inner,
            other => other,
        };
        let typed = match self.named_target(expr_or_nested, targets, Place::GroupBy)? {
            Some(column) => {
                let typed = targets[column].typed.clone();
                self.check_key(&typed.expr).map_err(|error| self.error_at(error, expr.span()))?;
                typed
            }
            None => self.expression(expr_or_nested, Place::GroupBy)?,
        };
        let typed = self.settle_unknown(typed)?;
        self.check_equality(typed.type_).map_err(|error| self.error_at(error, expr.span()))?;
        Ok(keys.iter().position(|key| key.expr.is_same(&typed.expr)).unwrap_or_else(|| {
            keys.push(typed);
            keys.len() - 1
        }))
    }

    /// Refuses a column of the select list as a key that is only known behind the grouping.
    fn check_key(&self, expr: &Expr) -> Result<()> {
        let registers = &self.scope().registers;
        let mut refused = None;
        expr.each(&mut |expr, deeper| {
            if let Expr::Column { depth, register } = expr
                && *depth == deeper
            {
                refused = refused.or(match registers.get(*register) {
                    Some(Holds::Group) => Some((Code::Grouping, "aggregate functions are not allowed in GROUP BY")),
                    Some(Holds::Window) => Some((Code::Windowing, "window functions are not allowed in GROUP BY")),
                    Some(Holds::Set { .. }) => Some((Code::Unsupported, "set-returning functions are not supported in GROUP BY")),
                    _ => None,
                });
            }
        });
        refused.map_or(Ok(()), |(code, message)| Err(Error::new(code, message)))
    }

    /// The grouping, if there is one. Whatever is computed behind it is made to read its registers.
    pub(super) fn grouping(&mut self, groups: Groups, targets: &mut [Target], having: &mut Option<Expr>) -> Result<Option<Grouping>> {
        let scope = self.scope();
        let is_grouped = groups.sets.is_some() || having.is_some() || !scope.aggregates.is_empty() || !scope.grouping_calls.is_empty();
        if !is_grouped {
            return Ok(None);
        }
        let scope = self.scope_mut();
        let keys: Vec<(Expr, Register)> = groups.keys.into_iter().map(|key| (key.expr, scope.register(Holds::Group))).collect();
        let sets = groups.sets.unwrap_or_else(|| vec![Vec::new()]);
        let aggregates = std::mem::take(&mut scope.aggregates);
        let calls = std::mem::take(&mut scope.grouping_calls);
        let mut windows = std::mem::take(&mut scope.windows);
        let mut set_returning = std::mem::take(&mut scope.set_returning);
        let mut behind = Behind { binder: self, dependent: Vec::new(), keys, sets };
        let grouping_calls = calls.into_iter().map(|(arguments, register)| Ok((behind.key_places(&arguments)?, register)));
        let grouping_calls = grouping_calls.collect::<Result<Vec<_>>>()?;
        for argument in aggregates.iter().flat_map(|call| &call.arguments[..call.direct]) {
            behind
                .adapt(&mut argument.clone(), 0)
                .map_err(|error| error.detail("Direct arguments of an ordered-set aggregate must use only grouped columns."))?;
        }
        for target in targets {
            behind.adapt(&mut target.typed.expr, 0)?;
        }
        if let Some(having) = having {
            behind.adapt(having, 0)?;
        }
        for window in &mut windows {
            let keys = window.partition_by.iter_mut().chain(window.order_by.iter_mut().map(|(key, _)| key));
            for key in keys {
                behind.adapt(key, 0)?;
            }
            for call in &mut window.functions {
                for part in call.arguments.iter_mut().chain(&mut call.filter) {
                    behind.adapt(part, 0)?;
                }
                for bound in [&mut call.frame.start, &mut call.frame.end] {
                    if let Bound::Preceding(distance) | Bound::Following(distance) = bound {
                        behind.adapt(distance, 0)?;
                    }
                }
            }
        }
        for argument in set_returning.iter_mut().flatten().flat_map(|call| &mut call.arguments) {
            behind.adapt(argument, 0)?;
        }
        let Behind { keys, sets, .. } = behind;
        let scope = self.scope_mut();
        (scope.windows, scope.set_returning) = (windows, set_returning);
        Ok(Some(Grouping { keys, sets, aggregates, grouping_calls }))
    }

    /// Whether the columns that rows are grouped by tell the rows of the item apart: its primary key is among them.
    fn is_determined(&self, item: usize, keys: &[(Expr, Register)], common: &[usize]) -> bool {
        let scope = self.scope();
        let Some(relation) = scope.items[item].relation else { return false };
        let grouped = |number: i64| {
            common.iter().any(|place| match &keys[*place].0 {
                Expr::Column { depth: 0, register } => match scope.registers[*register] {
                    Holds::Column { item: other, column: Some(column), .. } => other == item && column as i64 + 1 == number,
                    _ => false,
                },
                _ => false,
            })
        };
        let key = [Value::oid(relation), "p".into()];
        let primary = self.catalog.find_one(catalog_oid::PG_CONSTRAINT, &["conrelid", "contype"], &key);
        let columns = primary.map(|constraint| constraint.get("conkey"));
        match columns {
            Some(Value::Array(columns)) => columns.values.iter().filter_map(Value::as_int).all(grouped),
            _ => false,
        }
    }
}

/// What expressions behind a grouping may read.
struct Behind<'b, 'a> {
    binder: &'b mut Binder<'a>,
    keys: Vec<(Expr, Register)>,
    sets: Vec<Vec<usize>>,
    /// Items of FROM of which the keys determine every column.
    dependent: Vec<usize>,
}

impl Behind<'_, '_> {
    /// Makes an expression, so many queries deeper than the grouping, read the keys instead of what they are made of.
    fn adapt(&mut self, expr: &mut Expr, deeper: usize) -> Result<()> {
        if deeper == 0
            && !matches!(expr, Expr::Constant(_))
            && let Some((_, register)) = self.keys.iter().find(|(key, _)| key.is_same(expr))
        {
            *expr = Expr::Column { depth: 0, register: *register };
            return Ok(());
        }
        match expr {
            Expr::Column { depth, register } if *depth == deeper => {
                if let Holds::Column { item, .. } = self.binder.scope().registers[*register] {
                    *register = self.column(item, *register, deeper)?;
                }
                return Ok(());
            }
            Expr::Subquery(subquery) => {
                let mut outer = Vec::with_capacity(subquery.outer.len());
                for (depth, register) in &subquery.outer {
                    match self.binder.scope().registers.get(*register) {
                        Some(Holds::Column { item, .. }) if *depth == deeper => {
                            // A column that only an argument of an outer aggregate reads is gone behind the grouping.
                            outer.extend(self.column(*item, *register, deeper + 1).ok().map(|register| (*depth, register)));
                        }
                        _ => outer.push((*depth, *register)),
                    }
                }
                subquery.outer = outer;
            }
            _ => {}
        }
        let mut failed = None;
        expr.children_mut(&mut |child, below| {
            if failed.is_none() {
                failed = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.adapt(child, deeper + below)).err();
            }
        });
        failed.map_or(Ok(()), Err)
    }

    /// The register that has a column of FROM behind the grouping.
    fn column(&mut self, item: usize, register: Register, deeper: usize) -> Result<Register> {
        let is_key = |key: &Expr| matches!(key, Expr::Column { depth: 0, register: other } if *other == register);
        if let Some((_, held)) = self.keys.iter().find(|(key, _)| is_key(key)) {
            return Ok(*held);
        }
        if !self.dependent.contains(&item) {
            let common: Vec<usize> = (0..self.keys.len()).filter(|key| self.sets.iter().all(|set| set.contains(key))).collect();
            if !self.binder.is_determined(item, &self.keys, &common) {
                return Err(self.ungrouped(register, deeper));
            }
            self.dependent.push(item);
        }
        // It is the same in all rows of a group, so that it can be a key of all sets.
        let held = self.binder.scope_mut().register(Holds::Group);
        self.keys.push((Expr::Column { depth: 0, register }, held));
        let place = self.keys.len() - 1;
        self.sets.iter_mut().for_each(|set| set.push(place));
        Ok(held)
    }

    fn ungrouped(&self, register: Register, deeper: usize) -> Error {
        let scope = self.binder.scopes.len() - 1;
        let (name, position) = self.binder.register_name(scope, register).unwrap_or_default();
        let message = match deeper {
            0 => format!("column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"),
            _ => format!("subquery uses ungrouped column \"{name}\" from outer query"),
        };
        let error = Error::new(Code::Grouping, message);
        match position {
            Some(position) => error.position(position),
            None => error,
        }
    }

    /// The keys that the arguments of GROUPING are.
    fn key_places(&self, arguments: &[Expr]) -> Result<Vec<usize>> {
        let place = |argument: &Expr| self.keys.iter().position(|(key, _)| key.is_same(argument));
        let missing = || Error::new(Code::Grouping, "arguments to GROUPING must be grouping expressions of the associated query level");
        arguments.iter().map(|argument| place(argument).ok_or_else(missing)).collect()
    }
}

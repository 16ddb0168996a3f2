//! Joins: their conditions, and what can be named of them.

use std::collections::HashSet;

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::from::{Side, Tree, rename_columns};
use super::scope::{Item, ItemColumn, Source, Visible};
use super::{Binder, Coercion, Place, fold};
use crate::expr::{Expr, Typed};
use crate::parse::JOIN_ALIAS;
use crate::query::JoinKind;
use crate::types::Type;

impl Binder<'_> {
    /// What was read so far, joined to one thing more.
    pub(super) fn join(&mut self, left: Side, join: &ast::Join) -> Result<Side> {
        let (kind, constraint) = kind(&join.join_operator)?;
        let before = self.scope().visible.len();
        let lateral_ok = matches!(kind, JoinKind::Inner | JoinKind::Left);
        let lateral = left.visible.iter().map(|visible| Visible { lateral_only: true, lateral_ok, ..*visible });
        self.scope_mut().visible.extend(lateral);
        let right = self.factor(&join.relation);
        self.scope_mut().visible.truncate(before);
        let right = right?;
        self.check_names(&left.visible, &right.visible)?;
        let mut columns = Vec::new();
        let mut alias = None;
        let on = match constraint {
            Some(ast::JoinConstraint::On(condition)) => Some(self.join_condition(&left, &right, condition)?),
            Some(ast::JoinConstraint::Using(names)) => {
                let (names, named) = using_names(names);
                alias = named;
                self.merge(&left, &right, kind, &names, &mut columns)?
            }
            Some(ast::JoinConstraint::Natural) => {
                let others: HashSet<&str> = self.columns_of_side(&right).map(|(.., column)| column.name.as_str()).collect();
                let shared = self.columns_of_side(&left).filter(|(.., column)| others.contains(column.name.as_str()));
                let names: Vec<String> = shared.map(|(.., column)| column.name.clone()).collect();
                self.merge(&left, &right, kind, &names, &mut columns)?
            }
            Some(ast::JoinConstraint::None) => return Err(Error::new(Code::Syntax, "JOIN must have a condition")),
            None => None,
        };
        let merged = columns.len();
        let visible = match merged {
            0 => [left.visible, right.visible].concat(),
            _ => self.joined(&left, &right, columns, alias)?,
        };
        Ok(Side { tree: Tree::Join { kind, left: Box::new(left.tree), right: Box::new(right.tree), on }, visible })
    }

    /// `USING (…) AS alias`: a name for the merged columns alone, which come first in the join.
    fn merged_columns(&mut self, alias: String, join: usize, count: usize) -> Visible {
        let columns = self.scope().items[join].columns[..count].iter().enumerate().map(|(place, column)| ItemColumn {
            name: column.name.clone(),
            type_: column.type_,
            origin: column.origin,
            source: Source::Joined { item: join, column: place },
        });
        let columns = columns.collect();
        let item = self.add(Item::new(alias, columns, None));
        Visible { columns: false, ..Visible::whole(item) }
    }

    /// What can be named of a join with merged columns, which come first, before what is left of each side.
    fn joined(&mut self, left: &Side, right: &Side, merged: Vec<ItemColumn>, alias: Option<String>) -> Result<Vec<Visible>> {
        let count = merged.len();
        let sides = self.columns_of_side(left).chain(self.columns_of_side(right));
        let rest = sides.filter(|(.., column)| merged.iter().all(|merged| merged.name != column.name)).map(joined_column);
        let rest: Vec<ItemColumn> = rest.collect();
        let columns = merged.into_iter().chain(rest).collect();
        let item = self.add(Item::new(String::new(), columns, None));
        let sides = left.visible.iter().chain(&right.visible);
        let mut visible: Vec<Visible> = sides.map(|visible| Visible { columns: false, ..*visible }).collect();
        visible.push(Visible { by_name: false, ..Visible::whole(item) });
        if let Some(alias) = alias {
            let named = self.merged_columns(alias, item, count);
            self.check_names(&visible, std::slice::from_ref(&named))?;
            visible.push(named);
        }
        Ok(visible)
    }

    /// The columns of one side of a join, in their order: the item of each, and its place there.
    fn columns_of_side<'s>(&'s self, side: &'s Side) -> impl Iterator<Item = (usize, usize, &'s ItemColumn)> {
        let items = side.visible.iter().filter(|visible| visible.columns).map(|visible| visible.item);
        items.flat_map(|item| {
            let Item { columns, hidden, .. } = &self.scope().items[item];
            columns[..columns.len() - hidden].iter().enumerate().map(move |(place, column)| (item, place, column))
        })
    }

    /// `(… JOIN …) AS alias`, which hides the names of what it joins.
    pub(super) fn aliased_join(&mut self, side: Side, alias: &ast::TableAlias) -> Result<Side> {
        let columns: Vec<ItemColumn> = self.columns_of_side(&side).map(joined_column).collect();
        let mut item = Item::new(fold(&alias.name), columns, None);
        rename_columns(&mut item, alias, "join expression")?;
        Ok(Side { tree: side.tree, visible: vec![Visible::whole(self.add(item))] })
    }

    /// The condition of ON, which sees what it joins and nothing beside it.
    fn join_condition(&mut self, left: &Side, right: &Side, condition: &ast::Expr) -> Result<Expr> {
        let both = left.visible.iter().chain(&right.visible).copied().collect();
        let outside = std::mem::replace(&mut self.scope_mut().visible, both);
        let place = self.scope_mut().place.replace(Place::JoinOn);
        let bound = self.condition(condition, Place::JoinOn, "JOIN/ON");
        let scope = self.scope_mut();
        (scope.visible, scope.place) = (outside, place);
        bound
    }

    /// Equalities of the columns of these names, which become one column each.
    fn merge(&mut self, left: &Side, right: &Side, kind: JoinKind, names: &[String], merged: &mut Vec<ItemColumn>) -> Result<Option<Expr>> {
        let mut conditions = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                let message = format!("column name \"{name}\" appears more than once in USING clause");
                return Err(Error::new(Code::DuplicateColumn, message));
            }
            let (left_item, left_column) = self.using_column(left, name, "left")?;
            let (right_item, right_column) = self.using_column(right, name, "right")?;
            let left_typed = self.scope_mut().typed_column(left_item, left_column);
            let right_typed = self.scope_mut().typed_column(right_item, right_column);
            conditions.push(self.operator_call("=", left_typed.clone(), right_typed.clone())?.expr);
            let origin = match kind {
                JoinKind::Full => None,
                JoinKind::Right => self.scope().items[right_item].columns[right_column].origin,
                _ => self.scope().items[left_item].columns[left_column].origin,
            };
            let typed = self.merged_column(left_typed, right_typed, kind)?;
            merged.push(ItemColumn { name: name.clone(), type_: typed.type_, origin, source: Source::Merged(typed.expr) });
        }
        Ok(match conditions.len() {
            0 => None,
            1 => conditions.pop(),
            _ => Some(Expr::And(conditions)),
        })
    }

    fn using_column(&self, side: &Side, name: &str, which: &str) -> Result<(usize, usize)> {
        let mut places = self.columns_of_side(side).filter(|(.., column)| column.name == name);
        match (places.next(), places.next()) {
            (Some((item, place, _)), None) => Ok((item, place)),
            (None, _) => {
                let message = format!("column \"{name}\" specified in USING clause does not exist in {which} table");
                Err(Error::new(Code::UndefinedColumn, message))
            }
            _ => Err(Error::new(Code::Ambiguous, format!("common column name \"{name}\" appears more than once in {which} table"))),
        }
    }

    fn merged_column(&mut self, left: Typed, right: Typed, kind: JoinKind) -> Result<Typed> {
        let common = self.names().common_type(&[left.type_.oid, right.type_.oid], "JOIN/USING")?;
        let typmod = if left.type_ == right.type_ { left.type_.typmod } else { -1 };
        let target = Type { typmod, ..self.names().type_of(common, typmod) };
        let is_plain = left.type_.oid == common;
        let left = self.coerce(left, target, Coercion::Implicit)?;
        let right = self.coerce(right, target, Coercion::Implicit)?;
        Ok(match kind {
            JoinKind::Inner if is_plain => left,
            JoinKind::Inner | JoinKind::Right => right,
            JoinKind::Left => left,
            JoinKind::Full => Typed::new(Expr::Coalesce(vec![left.expr, right.expr]), target),
        })
    }
}

/// A column of a side, as the join has it.
fn joined_column((item, place, column): (usize, usize, &ItemColumn)) -> ItemColumn {
    let source = Source::Joined { item, column: place };
    ItemColumn { name: column.name.clone(), type_: column.type_, origin: column.origin, source }
}

/// The columns of USING, and the alias that is written as if it were one of them.
fn using_names(names: &[ast::ObjectName]) -> (Vec<String>, Option<String>) {
    let (mut columns, mut alias) = (Vec::with_capacity(names.len()), None);
    for name in names {
        let parts: Vec<&ast::Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        match parts.as_slice() {
            [mark, name] if mark.value == JOIN_ALIAS => alias = Some(fold(name)),
            [.., name] => columns.push(fold(name)),
            [] => {}
        }
    }
    (columns, alias)
}

/// The kind of a join, and its constraint unless it is CROSS JOIN.
fn kind(operator: &ast::JoinOperator) -> Result<(JoinKind, Option<&ast::JoinConstraint>)> {
    Ok(match operator {
        ast::JoinOperator::Join(constraint) | ast::JoinOperator::Inner(constraint) => (JoinKind::Inner, Some(constraint)),
        ast::JoinOperator::Left(constraint) | ast::JoinOperator::LeftOuter(constraint) => (JoinKind::Left, Some(constraint)),
        ast::JoinOperator::Right(constraint) | ast::JoinOperator::RightOuter(constraint) => (JoinKind::Right, Some(constraint)),
        ast::JoinOperator::FullOuter(constraint) => (JoinKind::Full, Some(constraint)),
        ast::JoinOperator::CrossJoin(_) => (JoinKind::Inner, None),
        _ => return Err(Error::new(Code::Unsupported, "this kind of join is not supported")),
    })
}

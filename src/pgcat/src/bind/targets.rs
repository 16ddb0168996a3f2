//! The select list: its expressions, what `*` stands for, and the names of the columns.

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::expression::figure_column_name;
use super::names::NamedColumn;
use super::scope::Holds;
use super::{Binder, Place, fold};
use crate::expr::{Expr, Typed};
use crate::parse::NOTHING;
use crate::query::OutputColumn;

/// A column of the answer, or a hidden one that rows are sorted by.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) typed: Typed,
    pub(super) name: String,
    pub(super) origin: Option<(u32, i16)>,
    pub(super) hidden: bool,
}

impl Target {
    pub(super) fn column(&self) -> OutputColumn {
        OutputColumn { name: self.name.clone(), type_: self.typed.type_, origin: self.origin }
    }

    fn shown(NamedColumn { name, typed, origin }: NamedColumn) -> Self {
        Self { typed, name, origin, hidden: false }
    }
}

impl Binder<'_> {
    pub(super) fn targets(&mut self, items: &[ast::SelectItem]) -> Result<Vec<Target>> {
        let mut targets = Vec::with_capacity(items.len());
        for item in items {
            match item {
                ast::SelectItem::UnnamedExpr(ast::Expr::CompoundFieldAccess { root, access_chain }) if is_star(access_chain) => {
                    targets.extend(self.fields_of(root, access_chain)?);
                }
                ast::SelectItem::UnnamedExpr(ast::Expr::Identifier(mark)) if mark.value == NOTHING => {}
                ast::SelectItem::UnnamedExpr(expr) => targets.push(self.target(expr, figure_column_name(expr))?),
                ast::SelectItem::ExprWithAlias { expr, alias } => targets.push(self.target(expr, fold(alias))?),
                ast::SelectItem::Wildcard(star) => {
                    let columns = self.all_columns().map_err(|error| self.error_at(error, star.wildcard_token.0.span))?;
                    targets.extend(columns.into_iter().map(Target::shown));
                }
                ast::SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::ObjectName(table), _) => {
                    targets.extend(self.table_columns(table)?.into_iter().map(Target::shown));
                }
                ast::SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    targets.extend(self.fields_of(expr, &[])?);
                }
                ast::SelectItem::ExprWithAliases { expr, .. } => {
                    return Err(self.error_at(Error::new(Code::Syntax, "syntax error in the select list"), expr.span()));
                }
            }
        }
        Ok(targets)
    }

    fn target(&mut self, expr: &ast::Expr, name: String) -> Result<Target> {
        let typed = self.expression(expr, Place::SelectList)?;
        let origin = self.origin(&typed.expr);
        Ok(Target { typed, name, origin, hidden: false })
    }

    /// `(record).*`, where the last of the parts behind the root is the star.
    fn fields_of(&mut self, root: &ast::Expr, chain: &[ast::AccessExpr]) -> Result<Vec<Target>> {
        let record = match chain {
            [] | [_] => self.expression(root, Place::SelectList)?,
            [inner @ .., _] => {
                let expr = ast::Expr::CompoundFieldAccess { root: Box::new(root.clone()), access_chain: inner.to_vec() };
                self.expression(&expr, Place::SelectList)?
            }
        };
        let fields = self.record_columns(&record).map_err(|error| self.error_at(error, root.span()))?;
        let targets = fields.into_iter().enumerate().map(|(place, (name, type_))| {
            let expr = match &record.expr {
                Expr::Row { items, .. } if place < items.len() => items[place].clone(),
                _ => Expr::Field { record: Box::new(record.expr.clone()), field: place },
            };
            Target { typed: Typed::new(expr, type_), name, origin: None, hidden: false }
        });
        Ok(targets.collect())
    }

    /// The table and column that a plain column is.
    fn origin(&self, expr: &Expr) -> Option<(u32, i16)> {
        let Expr::Column { depth, register } = expr else { return None };
        let scope = self.scopes.get((self.scopes.len() - 1).checked_sub(*depth)?)?;
        match scope.registers.get(*register)? {
            Holds::Column { item, column: Some(column), .. } => scope.items[*item].columns[*column].origin,
            Holds::Column { item, column: None, .. } => {
                let item = &scope.items[*item];
                let system = item.system.iter().find(|(_, held)| held == register)?.0;
                Some((item.relation?, system as i16))
            }
            _ => None,
        }
    }

    /// Makes text of the literals whose type nothing says.
    pub(super) fn settle(&mut self, targets: &mut [Target]) -> Result<()> {
        for target in targets {
            target.typed = self.settle_unknown(target.typed.clone())?;
        }
        Ok(())
    }
}

/// Whether the last part is the star of `(record).*`, which the parser library reads as a name in quotes.
fn is_star(chain: &[ast::AccessExpr]) -> bool {
    matches!(chain.last(), Some(ast::AccessExpr::Dot(ast::Expr::Identifier(name))) if name.value == "*" && name.quote_style.is_some())
}

//! FROM: what it names, in which order, and what can be seen of it.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::scope::{Item, ItemColumn, Scanned, Visible};
use super::{Binder, fold};
use crate::expr::Expr;
use crate::query::{From, FunctionScan, Join, JoinKind, OutputColumn, RelationScan, TableFunction};

/// What stands in FROM, whose registers are not known before all that reads them is bound.
pub(super) enum Tree {
    Item(usize),
    Join { kind: JoinKind, left: Box<Tree>, right: Box<Tree>, on: Option<Expr> },
}

/// A part of FROM: what it is, and what can be named of it.
pub(super) struct Side {
    pub(super) tree: Tree,
    pub(super) visible: Vec<Visible>,
}

impl Binder<'_> {
    /// Binds FROM; all of it can be named afterwards.
    pub(super) fn scan_clause(&mut self, tables: &[ast::TableWithJoins]) -> Result<Vec<Tree>> {
        self.scope_mut().place = None;
        let mut trees = Vec::with_capacity(tables.len());
        for table in tables {
            let side = self.table_with_joins(table)?;
            self.check_names(&self.scope().visible, &side.visible)?;
            let lateral = side.visible.into_iter().map(|visible| Visible { lateral_only: true, lateral_ok: true, ..visible });
            self.scope_mut().visible.extend(lateral);
            trees.push(side.tree);
        }
        for visible in &mut self.scope_mut().visible {
            (visible.lateral_only, visible.lateral_ok) = (false, true);
        }
        Ok(trees)
    }

    pub(super) fn table_with_joins(&mut self, table: &ast::TableWithJoins) -> Result<Side> {
        let mut left = self.factor(&table.relation)?;
        for join in &table.joins {
            left = self.join(left, join)?;
        }
        Ok(left)
    }

    /// One thing in FROM, without what is joined to it.
    pub(super) fn factor(&mut self, factor: &ast::TableFactor) -> Result<Side> {
        self.begin()?;
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || match factor {
            ast::TableFactor::Table { sample: Some(_), .. } => {
                Err(Error::new(Code::Unsupported, "TABLESAMPLE is not supported for the system catalogs"))
            }
            ast::TableFactor::Table { name, alias, args: None, .. } => self.named(name, alias.as_ref()),
            ast::TableFactor::Table { name, alias, args: Some(arguments), with_ordinality, .. } => {
                self.table_function(name, &arguments.args, *with_ordinality, alias.as_ref())
            }
            ast::TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                self.table_function(name, args, *with_ordinality, alias.as_ref())
            }
            ast::TableFactor::UNNEST { alias, array_exprs, with_ordinality, .. } => {
                let name = ast::ObjectName::from(vec![ast::Ident::new("unnest")]);
                let unnamed = |expr: &ast::Expr| ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr.clone()));
                let arguments: Vec<ast::FunctionArg> = array_exprs.iter().map(unnamed).collect();
                self.table_function(&name, &arguments, *with_ordinality, alias.as_ref())
            }
            ast::TableFactor::Derived { lateral, subquery, alias, .. } => self.derived(*lateral, subquery, alias.as_ref()),
            ast::TableFactor::NestedJoin { table_with_joins, alias } => {
                let side = self.table_with_joins(table_with_joins)?;
                match alias {
                    Some(alias) => self.aliased_join(side, alias),
                    None => Ok(side),
                }
            }
            other => Err(Error::new(Code::Unsupported, format!("{other} is not supported in FROM"))),
        })
    }

    /// A sub-select in FROM.
    fn derived(&mut self, lateral: bool, query: &ast::Query, alias: Option<&ast::TableAlias>) -> Result<Side> {
        let outer = std::mem::replace(&mut self.scope_mut().is_lateral, lateral);
        let bound = self.inner_query(query, true);
        self.scope_mut().is_lateral = outer;
        let (query, _) = bound?;
        let columns = Self::columns_of_query(&query.columns);
        let name = alias.map_or_else(|| "unnamed_subquery".to_owned(), |alias| fold(&alias.name));
        let mut item = Item::new(name, columns, Some(Scanned::Query(Arc::new(query))));
        if let Some(alias) = alias {
            rename_columns(&mut item, alias, "table")?;
        }
        // What has no name can be read all the same.
        Ok(self.scanned(item, alias.is_some()))
    }

    /// Something that rows come from, which can be named as a whole.
    pub(super) fn whole(&mut self, item: Item) -> Side {
        self.scanned(item, true)
    }

    fn scanned(&mut self, item: Item, by_name: bool) -> Side {
        let item = self.add(item);
        Side { tree: Tree::Item(item), visible: vec![Visible { by_name, ..Visible::whole(item) }] }
    }

    /// Makes an item of this query's FROM of it.
    pub(super) fn add(&mut self, item: Item) -> usize {
        let scope = self.scope_mut();
        scope.items.push(item);
        scope.items.len() - 1
    }

    /// Refuses two things of one name in a FROM. The same name may stand for relations of different schemas.
    pub(super) fn check_names(&self, left: &[Visible], right: &[Visible]) -> Result<()> {
        let items = &self.scope().items;
        for visible in right.iter().filter(|visible| visible.by_name) {
            let item = &items[visible.item];
            let clash = left.iter().filter(|other| other.by_name).map(|other| &items[other.item]).any(|other| {
                // Unaliased relations of different schemas may have one name: they can be told apart.
                other.name == item.name && (other.namespace.is_none() || item.namespace.is_none() || other.namespace == item.namespace)
            });
            if clash {
                return Err(Error::new(Code::DuplicateAlias, format!("table name \"{}\" specified more than once", item.name)));
            }
        }
        Ok(())
    }

    /// The columns that a query gives, as something that is scanned has them.
    pub(super) fn columns_of_query(columns: &[OutputColumn]) -> Vec<ItemColumn> {
        columns.iter().map(|column| ItemColumn::new(&*column.name, column.type_, column.origin)).collect()
    }
}

/// FROM as it is run, once all registers are known.
pub(super) fn finished(tree: Tree, items: &mut [Item]) -> Result<From> {
    match tree {
        Tree::Join { kind, left, right, on } => {
            let (left, right) = (finished(*left, items)?, finished(*right, items)?);
            Ok(From::Join(Box::new(Join { kind, left, right, on })))
        }
        Tree::Item(place) => {
            let item = &mut items[place];
            let alias = item.name.clone();
            let scanned = item.scanned.take().ok_or_else(|| Error::internal("a join is scanned"))?;
            Ok(scan(item, alias, scanned))
        }
    }
}

fn scan(item: &mut Item, alias: String, scanned: Scanned) -> From {
    let registers = item.fills(0, usize::MAX);
    match scanned {
        Scanned::Relation(relation) => {
            From::Relation(RelationScan { relation, alias, registers, system: std::mem::take(&mut item.system) })
        }
        Scanned::Query(query) => From::Query { query, alias, registers },
        Scanned::Cte { levels, cte } => From::Cte { levels, cte, alias, registers },
        Scanned::Function { functions, with_ordinality } => {
            let mut first = 0;
            let scanned = functions.into_iter().map(|function| {
                let registers = item.fills(first, function.columns);
                first += function.columns;
                TableFunction { expr: function.expr, is_record: function.is_record, registers }
            });
            let functions = scanned.collect();
            let ordinality = if with_ordinality { item.fills(first, 1).first().map(|fill| fill.register) } else { None };
            From::Function(FunctionScan { alias, functions, ordinality })
        }
    }
}

/// Gives the columns of an item the names of its alias.
pub(super) fn rename_columns(item: &mut Item, alias: &ast::TableAlias, kind: &str) -> Result<()> {
    let (available, specified) = (item.columns.len(), alias.columns.len());
    if specified > available {
        let message = format!("{kind} \"{}\" has {available} columns available but {specified} columns specified", fold(&alias.name));
        return Err(Error::new(Code::InvalidReference, message));
    }
    for (column, name) in item.columns.iter_mut().zip(&alias.columns) {
        column.name = fold(&name.name);
    }
    Ok(())
}

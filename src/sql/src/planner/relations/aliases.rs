//! `AS t (a)` names the first columns of a relation and leaves the others as they are; DataFusion wants all of them named.

use datafusion::sql::sqlparser::ast::{Ident, Query, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, TableWithJoins};
use spi::{Code, Error, Result};

use super::columns::Scope;
use crate::parse::fold;

/// Names all columns of the relations in FROM and of the CTEs of a query.
pub(super) fn complete(query: &mut Query, scope: &Scope<'_>) -> Result<()> {
    for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
        let name = fold(&cte.alias.name);
        complete_alias(&mut cte.alias, || scope.of_query(&cte.query), &format!("WITH query \"{name}\""))?;
    }
    complete_body(&mut query.body, scope)
}

fn complete_body(body: &mut SetExpr, scope: &Scope<'_>) -> Result<()> {
    match body {
        SetExpr::Select(select) => select.from.iter_mut().try_for_each(|table| complete_joins(table, scope)),
        SetExpr::SetOperation { left, right, .. } => {
            complete_body(left, scope)?;
            complete_body(right, scope)
        }
        _ => Ok(()),
    }
}

fn complete_joins(table: &mut TableWithJoins, scope: &Scope<'_>) -> Result<()> {
    for factor in std::iter::once(&mut table.relation).chain(table.joins.iter_mut().map(|join| &mut join.relation)) {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            complete_joins(table_with_joins, scope)?;
            continue;
        }
        let has_names = match &*factor {
            TableFactor::Table { alias: Some(alias), args: None, .. } | TableFactor::Derived { alias: Some(alias), .. } => {
                !alias.columns.is_empty()
            }
            _ => false,
        };
        let columns = if has_names { scope.unaliased(factor) } else { None };
        if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } = factor {
            let what = format!("table \"{}\"", fold(&alias.name));
            complete_alias(alias, || columns, &what)?;
        }
    }
    Ok(())
}

fn complete_alias(alias: &mut TableAlias, columns: impl FnOnce() -> Option<Vec<String>>, what: &str) -> Result<()> {
    let named = alias.columns.len();
    let Some(columns) = (named > 0).then(columns).flatten() else { return Ok(()) };
    if named > columns.len() {
        let message = format!("{what} has {} columns available but {named} columns specified", columns.len());
        return Err(Error::new(Code::InvalidReference, message));
    }
    let rest = columns.iter().skip(named).map(|name| TableAliasColumnDef { name: Ident::with_quote('"', name), data_type: None });
    alias.columns.extend(rest);
    Ok(())
}

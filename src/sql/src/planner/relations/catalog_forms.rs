//! Forms of PostgreSQL's language that only queries of the catalog have. They stand in a syntax tree under names that nothing has, which
//! no error shall show.

use datafusion::sql::sqlparser::ast::{Expr, GroupByExpr, Query, Select, SelectItem, SetExpr};
use pgcat::parse::{CLAUSES_OF_WITH, DISTINCT_SETS, NOTHING};
use spi::{Code, Error, Result};

/// Refuses SEARCH, CYCLE, GROUP BY DISTINCT, and SELECT without a list and without FROM.
pub(super) fn refuse(query: &Query) -> Result<()> {
    let tables = query.with.iter().flat_map(|with| &with.cte_tables);
    if tables.into_iter().any(|table| CLAUSES_OF_WITH.contains(&table.alias.name.value.as_str())) {
        return Err(refused("SEARCH and CYCLE"));
    }
    refuse_in(&query.body)
}

fn refuse_in(body: &SetExpr) -> Result<()> {
    match body {
        SetExpr::Select(select) => refuse_in_select(select),
        SetExpr::SetOperation { left, right, .. } => {
            refuse_in(left)?;
            refuse_in(right)
        }
        _ => Ok(()),
    }
}

fn refuse_in_select(select: &Select) -> Result<()> {
    if let GroupByExpr::Expressions(keys, _) = &select.group_by
        && keys.iter().any(|key| is_named(key, DISTINCT_SETS))
    {
        return Err(refused("GROUP BY DISTINCT"));
    }
    let is_nothing = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(expr) if is_named(expr, NOTHING));
    if select.projection.iter().any(is_nothing) { Err(refused("SELECT without a list")) } else { Ok(()) }
}

fn is_named(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Identifier(ident) if ident.value == name)
}

fn refused(form: &str) -> Error {
    Error::new(Code::Unsupported, format!("{form} is only supported in queries of the catalog"))
}

//! Forms of PostgreSQL's language that DataFusion does not read, turned into forms that it does.

mod conditions;
mod similar;
mod values;
mod windows;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Fetch, Function, FunctionArguments, GroupByExpr, Ident, LimitClause, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SetExpr, Statement, TableAlias, TableAliasColumnDef, TableFactor, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use crate::parse::fold;

/// Functions that are written without parentheses, which the parser takes for columns.
const BARE_FUNCTIONS: &[&str] = &["current_role", "current_schema", "localtimestamp"];

/// Functions in FROM that have one column.
const SERIES: &[&str] = &["generate_series", "range"];

/// Collations that order text by its bytes, as everything here does.
const BYTE_COLLATIONS: &[&str] = &["C", "POSIX", "default", "ucs_basic", "C.utf8", "C.UTF-8"];

/// Rewrites a query. `is_scalar` tells a scalar function from one that gives rows, by its name.
pub(crate) fn rewrite(query: &mut Query, is_scalar: &dyn Fn(&str) -> bool) {
    // The visitor never breaks.
    let _ = query.visit(&mut Forms { is_scalar });
}

struct Forms<'a> {
    is_scalar: &'a dyn Fn(&str) -> bool,
}

impl VisitorMut for Forms<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        rewrite_table_command(&mut query.body);
        rewrite_values(&mut query.body);
        fetch_as_limit(query);
        limit_of_text(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        windows::rewrite(select);
        group_by_nothing(&mut select.group_by);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        strip_catalog_from_table_function(factor);
        if let Some(derived) = scalar_function_in_from(factor, self.is_scalar) {
            *factor = derived;
        }
        name_function_column(factor);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Identifier(ident) if ident.quote_style.is_none() && BARE_FUNCTIONS.contains(&fold(ident).as_str()) => {
                *expr = Expr::Function(call(ident.clone()));
            }
            Expr::Function(function) => strip_catalog(&mut function.name),
            Expr::Collate { expr: inner, collation } if is_byte_collation(collation) => {
                *expr = std::mem::replace(inner, Expr::Tuple(Vec::new()));
                // What stood inside is visited only once it stands here.
                return self.pre_visit_expr(expr);
            }
            other => {
                similar::rewrite(other);
                conditions::rewrite(other);
            }
        }
        ControlFlow::Continue(())
    }
}

fn call(name: Ident) -> Function {
    Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::None,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

/// `pg_catalog.version()` is `version()`: the functions of PostgreSQL's catalog are the only ones.
fn strip_catalog(name: &mut ObjectName) {
    let qualified = matches!(name.0.as_slice(), [schema, _] if schema.as_ident().is_some_and(|schema| fold(schema) == "pg_catalog"));
    if qualified {
        name.0.remove(0);
    }
}

fn strip_catalog_from_table_function(factor: &mut TableFactor) {
    if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } = factor {
        strip_catalog(name);
    }
}

/// `FETCH FIRST n ROWS ONLY` is `LIMIT n`.
fn fetch_as_limit(query: &mut Query) {
    let Some(Fetch { with_ties: false, percent: false, quantity }) = &query.fetch else { return };
    let one = || Expr::Value(Value::Number("1".to_owned(), false).with_empty_span());
    let fetched = Some(quantity.clone().unwrap_or_else(one));
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = fetched,
        None => query.limit_clause = Some(LimitClause::LimitOffset { limit: fetched, offset: None, limit_by: Vec::new() }),
        Some(_) => return,
    }
    query.fetch = None;
}

/// `LIMIT '2'` is `LIMIT 2`.
fn limit_of_text(query: &mut Query) {
    let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause else { return };
    for number in limit.iter_mut().chain(offset.iter_mut().map(|offset| &mut offset.value)) {
        if let Expr::Value(value) = number
            && let Value::SingleQuotedString(text) = &value.value
            && text.trim().parse::<u64>().is_ok()
        {
            value.value = Value::Number(text.trim().to_owned(), false);
        }
    }
}

/// `GROUP BY ()` makes one group of all rows.
fn group_by_nothing(group_by: &mut GroupByExpr) {
    if let GroupByExpr::Expressions(expressions, modifiers) = group_by
        && modifiers.is_empty()
        && let [expr @ Expr::Tuple(_)] = expressions.as_mut_slice()
        && matches!(expr, Expr::Tuple(columns) if columns.is_empty())
    {
        *expr = Expr::GroupingSets(vec![Vec::new()]);
    }
}

fn rewrite_values(body: &mut SetExpr) {
    match body {
        SetExpr::Values(values) => values::rewrite(values),
        SetExpr::SetOperation { left, right, .. } => {
            rewrite_values(left);
            rewrite_values(right);
        }
        _ => {}
    }
}

/// The one column of a function in FROM is called like its table: by its alias, or by the function's name.
fn name_function_column(factor: &mut TableFactor) {
    let (alias, function) = match factor {
        TableFactor::Table { name, alias, args: Some(_), with_ordinality: false, .. } => {
            let Some(ident) = name.0.last().and_then(|part| part.as_ident()).filter(|ident| SERIES.contains(&fold(ident).as_str())) else {
                return;
            };
            (alias, ident.clone())
        }
        TableFactor::UNNEST { alias, array_exprs, with_ordinality: false, .. } if array_exprs.len() == 1 => (alias, Ident::new("unnest")),
        _ => return,
    };
    let alias = alias.get_or_insert_with(|| TableAlias { explicit: true, name: function, columns: Vec::new(), at: None });
    if alias.columns.is_empty() {
        alias.columns.push(TableAliasColumnDef { name: alias.name.clone(), data_type: None });
    }
}

/// `TABLE t` is `SELECT * FROM t`.
fn rewrite_table_command(body: &mut SetExpr) {
    match body {
        SetExpr::Table(table) => {
            // The parser keeps these names as it read them, folded by nobody, so they are read once more.
            let name = [&table.schema_name, &table.table_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(".");
            let parsed = Parser::parse_sql(&PostgreSqlDialect {}, &format!("SELECT * FROM {name}"));
            if let Ok([Statement::Query(query)]) = parsed.as_deref() {
                *body = query.body.as_ref().clone();
            }
        }
        SetExpr::SetOperation { left, right, .. } => {
            rewrite_table_command(left);
            rewrite_table_command(right);
        }
        _ => {}
    }
}

/// `FROM current_schema()` is a table of one row and one column, both called like the function.
fn scalar_function_in_from(factor: &TableFactor, is_scalar: &dyn Fn(&str) -> bool) -> Option<TableFactor> {
    let TableFactor::Table { name, alias, args: Some(arguments), with_ordinality: false, .. } = factor else { return None };
    let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return None };
    if !is_scalar(&fold(ident)) {
        return None;
    }
    let column = alias.as_ref().map_or(ident, |alias| alias.columns.first().map_or(&alias.name, |column| &column.name));
    let statement = Parser::parse_sql(&PostgreSqlDialect {}, &format!("SELECT {ident}() AS {column}")).ok()?.pop()?;
    let Statement::Query(mut query) = statement else { return None };
    if let SetExpr::Select(select) = query.body.as_mut() {
        set_arguments(select, arguments.args.clone());
    }
    let alias = TableAlias {
        explicit: true,
        name: alias.as_ref().map_or_else(|| ident.clone(), |alias| alias.name.clone()),
        columns: Vec::new(),
        at: None,
    };
    Some(TableFactor::Derived { lateral: false, subquery: query, alias: Some(alias), sample: None })
}

fn set_arguments(select: &mut Select, arguments: Vec<datafusion::sql::sqlparser::ast::FunctionArg>) {
    if let Some(SelectItem::ExprWithAlias { expr: Expr::Function(function), .. }) = select.projection.first_mut()
        && let FunctionArguments::List(list) = &mut function.args
    {
        list.args = arguments;
    }
}

fn is_byte_collation(name: &ObjectName) -> bool {
    let ident = match name.0.as_slice() {
        [name] => name.as_ident(),
        [schema, name] if schema.as_ident().is_some_and(|schema| fold(schema) == "pg_catalog") => name.as_ident(),
        _ => None,
    };
    ident.is_some_and(|ident| BYTE_COLLATIONS.contains(&fold(ident).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, rewritten: &str) {
        let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).expect("tokens");
        let mut query = parser.parse_query().expect("a query");
        rewrite(&mut query, &|name| name == "current_schema");
        assert_eq!(query.to_string(), rewritten);
    }

    #[test]
    fn rewrites_what_datafusion_lacks() {
        check("SELECT current_role, \"current_role\"", "SELECT current_role, \"current_role\"");
        check("SELECT pg_catalog.version(), s.f()", "SELECT version(), s.f()");
        check("SELECT a COLLATE \"C\", a COLLATE pg_catalog.default", "SELECT a, a");
        check("TABLE s.t", "SELECT * FROM s.t");
        check("SELECT * FROM current_schema()", "SELECT * FROM (SELECT current_schema() AS current_schema) AS current_schema");
        check("SELECT x FROM current_schema() AS x", "SELECT x FROM (SELECT current_schema() AS x) AS x");
        check("SELECT * FROM pg_catalog.generate_series(1, 2)", "SELECT * FROM generate_series(1, 2) AS generate_series (generate_series)");
        check("SELECT g FROM generate_series(1, 2) AS g", "SELECT g FROM generate_series(1, 2) AS g (g)");
        check("SELECT u FROM unnest(a) u", "SELECT u FROM UNNEST(a) u (u)");
        check("SELECT a FROM t FETCH FIRST 3 ROWS ONLY", "SELECT a FROM t LIMIT 3");
        check("SELECT a LIKE 'x!%_\\' ESCAPE '!'", "SELECT a LIKE 'x\\%_\\\\'");
        check("SELECT a FROM t LIMIT '2' OFFSET 'x'", "SELECT a FROM t LIMIT 2 OFFSET 'x'");
        check("SELECT a SIMILAR TO 'x%'", "SELECT a ~ '^(?:x.*)$'");
        check("SELECT 1 FROM t GROUP BY ()", "SELECT 1 FROM t GROUP BY GROUPING SETS (())");
        check("VALUES ('1', true), (2, 'f')", "VALUES ('1'::INTEGER, true), (2, 'f'::BOOLEAN)");
        check(
            "SELECT sum(a) OVER (x ORDER BY c) FROM t WINDOW w AS (PARTITION BY a), x AS (w), y AS (x ORDER BY b)",
            "SELECT sum(a) OVER (PARTITION BY a ORDER BY c) FROM t \
             WINDOW w AS (PARTITION BY a), x AS (PARTITION BY a), y AS (PARTITION BY a ORDER BY b)",
        );
        check("SELECT (a, b) = (1, 2)", "SELECT (a = 1 AND b = 2)");
        check("SELECT (a, b) NOT IN ((1, 2), (3, 4))", "SELECT NOT ((a = 1 AND b = 2) OR (a = 3 AND b = 4))");
    }
}

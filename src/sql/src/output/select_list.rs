//! Gives every column of a select list a name of its own, and remembers what the client will read.
//!
//! DataFusion wants the columns of every select list to have different names, lets `ORDER BY` and `HAVING` see the names that
//! the list gives, and calls expressions by their text. PostgreSQL lets names repeat, names expressions its own way, and reads
//! a name in `ORDER BY` as an output column only where it stands alone. So the statement is rewritten before it is planned:
//! columns get internal names, and `ORDER BY` and `DISTINCT ON` refer to them where PostgreSQL would.
//!
//! In a derived table or a CTE the names are visible to the query around it and stay, except those that repeat: PostgreSQL
//! lets nobody refer to those anyway, other than by `*`.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, OrderByKind, Query, Select, SelectItem, SetExpr, Value, ValueWithSpan, VisitMut, VisitorMut,
};
use pgcat::bind::figure_column_name;
use spi::types::PgType;
use spi::{Code, Error, Result};

use super::sql_types;

use crate::parse::fold;

/// What internal names mean.
#[derive(Debug, Default)]
pub(crate) struct OutputNames {
    columns: HashMap<String, InternalColumn>,
}

#[derive(Debug)]
struct InternalColumn {
    name: String,
    /// The type of a cast that is the whole expression. It may be finer than what Arrow knows, such as `uuid` or `varchar(3)`.
    cast_to: Option<PgType>,
}

impl OutputNames {
    /// The name that the client reads.
    pub(crate) fn wire_name<'a>(&'a self, column: &'a str) -> &'a str {
        self.columns.get(column).map_or(column, |internal| &internal.name)
    }

    /// The type of the cast that made the column.
    pub(crate) fn cast_to(&self, column: &str) -> Option<PgType> {
        self.columns.get(column)?.cast_to
    }

    fn add(&mut self, name: &str, expr: &Expr) -> Ident {
        let internal = format!("{name}#{}", self.columns.len() + 1);
        let column = InternalColumn { name: name.to_owned(), cast_to: cast_type(expr) };
        self.columns.insert(internal.clone(), column);
        Ident::with_quote('"', internal)
    }

    /// A column of a set operation has the type of a cast only where all branches cast so.
    fn keep_common_casts(&mut self, named: &Named, others: &Named) {
        for (index, (.., ident)) in named.iter().enumerate() {
            let other = others.get(index).and_then(|(_, expr, _)| cast_type(expr));
            if let Some(column) = self.columns.get_mut(&ident.value)
                && (named.len() != others.len() || column.cast_to != other)
            {
                column.cast_to = None;
            }
        }
    }

    fn is_internal(&self, alias: &Ident) -> bool {
        self.columns.contains_key(&alias.value)
    }
}

fn cast_type(expr: &Expr) -> Option<PgType> {
    match expr {
        Expr::Cast { data_type, .. } => sql_types::pg_type(data_type),
        Expr::TypedString(literal) => sql_types::pg_type(&literal.data_type),
        Expr::Nested(inner) => cast_type(inner),
        _ => None,
    }
}

/// Renames the columns of a query and of all queries within it.
pub(crate) fn rename(query: &mut Query) -> Result<OutputNames> {
    let mut renamer = Renamer { names: OutputNames::default(), depth: 0 };
    match query.visit(&mut renamer) {
        ControlFlow::Continue(()) => Ok(renamer.names),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Who reads the names of a select list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The client, through [`OutputNames`].
    Client,
    /// The query around it, by name.
    Query,
    /// Nobody: a branch of a set operation other than the first.
    Nobody,
}

struct Renamer {
    names: OutputNames,
    depth: usize,
}

impl VisitorMut for Renamer {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let reader = if self.depth == 0 { Reader::Client } else { Reader::Query };
        self.depth += 1;
        match rename_query(query, reader, &mut self.names) {
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

/// The columns that a select list names: name, expression, and the identifier under which DataFusion knows it.
type Named = Vec<(String, Expr, Ident)>;

fn rename_query(query: &mut Query, reader: Reader, names: &mut OutputNames) -> Result<Named> {
    let named = rename_set(&mut query.body, reader, names)?;
    if let Some(OrderByKind::Expressions(expressions)) = query.order_by.as_mut().map(|order_by| &mut order_by.kind) {
        for order in expressions {
            refer_to_output(&mut order.expr, &named, "ORDER BY")?;
        }
    }
    Ok(named)
}

fn rename_set(body: &mut SetExpr, reader: Reader, names: &mut OutputNames) -> Result<Named> {
    match body {
        SetExpr::Select(select) => rename_select(select, reader, names),
        SetExpr::SetOperation { left, right, .. } => {
            let named = rename_set(left, reader, names)?;
            let others = rename_set(right, Reader::Nobody, names)?;
            names.keep_common_casts(&named, &others);
            Ok(named)
        }
        // A query in parentheses is visited on its own as well; by then it has nothing left to rename.
        SetExpr::Query(query) => rename_query(query, reader, names),
        _ => Ok(Named::new()),
    }
}

fn rename_select(select: &mut Select, reader: Reader, names: &mut OutputNames) -> Result<Named> {
    let wildcard = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let grouped_by = names_in_group_by(&select.group_by);
    let item_names: Vec<Option<String>> = select.projection.iter().map(item_name).collect();
    let mut named = Named::new();
    for (item, name) in select.projection.iter_mut().zip(&item_names) {
        let Some(name) = name else { continue };
        let repeats = item_names.iter().flatten().filter(|other| *other == name).count() > 1;
        let taken = std::mem::replace(item, SelectItem::UnnamedExpr(Expr::Tuple(Vec::new())));
        let (expr, alias) = match taken {
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias)),
            SelectItem::UnnamedExpr(expr) => (expr, None),
            other => {
                *item = other;
                continue;
            }
        };
        let ident = match alias {
            Some(alias) if names.is_internal(&alias) => alias,
            Some(alias) => {
                // GROUP BY may mean this name, if no table has a column of it. DataFusion decides that, so it must see the name.
                let visible = reader == Reader::Query || (grouped_by.contains(name) && !wildcard);
                if visible && !repeats { alias } else { names.add(name, &expr) }
            }
            None => match column_ident(&expr) {
                Some(ident) if !repeats && !wildcard => {
                    named.push((name.clone(), expr.clone(), ident.clone()));
                    *item = SelectItem::UnnamedExpr(expr);
                    continue;
                }
                Some(_) => names.add(name, &expr),
                None if reader == Reader::Query && !repeats => Ident::with_quote('"', name),
                None => names.add(name, &expr),
            },
        };
        named.push((name.clone(), expr.clone(), ident.clone()));
        *item = SelectItem::ExprWithAlias { expr, alias: ident };
    }
    if let Some(Distinct::On(expressions)) = &mut select.distinct {
        for expr in expressions {
            refer_to_place(expr, &named, select.projection.len())?;
            refer_to_output(expr, &named, "DISTINCT ON")?;
        }
    }
    Ok(named)
}

/// The name of an item as PostgreSQL has it; none for `*`.
fn item_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some(figure_column_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(fold(alias)),
        _ => None,
    }
}

/// The last part of a plain reference to a column.
fn column_ident(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(idents) => idents.last(),
        _ => None,
    }
}

fn names_in_group_by(group_by: &GroupByExpr) -> Vec<String> {
    match group_by {
        GroupByExpr::Expressions(expressions, _) => expressions
            .iter()
            .filter_map(|expr| match expr {
                Expr::Identifier(ident) => Some(fold(ident)),
                _ => None,
            })
            .collect(),
        GroupByExpr::All(_) => Vec::new(),
    }
}

/// `DISTINCT ON (1)` is about the first column, if none of those before it is a `*`.
fn refer_to_place(expr: &mut Expr, named: &Named, columns: usize) -> Result<()> {
    let Expr::Value(ValueWithSpan { value: Value::Number(place, _), .. }) = expr else { return Ok(()) };
    if named.len() != columns {
        return Ok(());
    }
    let item = place.parse::<usize>().ok().and_then(|place| named.get(place.checked_sub(1)?));
    let (.., ident) =
        item.ok_or_else(|| Error::new(Code::InvalidReference, format!("SELECT DISTINCT ON position {place} is not in select list")))?;
    *expr = Expr::Identifier(ident.clone());
    Ok(())
}

/// PostgreSQL's two ways from `ORDER BY` to an output column: a bare name is one's name, or the expression is the same as one's.
fn refer_to_output(expr: &mut Expr, named: &Named, clause: &str) -> Result<()> {
    if let Expr::Identifier(ident) = expr {
        let name = fold(ident);
        let mut matches = named.iter().filter(|(other, ..)| *other == name);
        if let Some((_, first, internal)) = matches.next() {
            if matches.any(|(_, other, _)| other != first) {
                return Err(Error::new(Code::Ambiguous, format!("{clause} \"{name}\" is ambiguous")));
            }
            *expr = Expr::Identifier(internal.clone());
        }
        return Ok(());
    }
    // A number is the place of a column, not an expression.
    let same = named.iter().find(|(_, other, _)| other == expr && !matches!(expr, Expr::Value(_)));
    if let Some((_, same, internal)) = same
        && column_ident(same).is_none_or(|ident| ident != internal)
    {
        *expr = Expr::Identifier(internal.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::{ast::Statement, dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    fn renamed(sql: &str) -> Result<String> {
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("a statement").remove(0);
        let Statement::Query(mut query) = statement else { panic!("a query") };
        rename(&mut query).map(|_| query.to_string())
    }

    #[track_caller]
    fn check(sql: &str, rewritten: &str) {
        assert_eq!(renamed(sql).expect("unambiguous"), rewritten);
    }

    #[test]
    fn names_repeat_for_the_client_only() {
        check("SELECT id FROM t", "SELECT id FROM t");
        check("SELECT a.id, b.id FROM a, b", "SELECT a.id AS \"id#1\", b.id AS \"id#2\" FROM a, b");
        check("SELECT 1, 1", "SELECT 1 AS \"?column?#1\", 1 AS \"?column?#2\"");
        check("SELECT *, id FROM t", "SELECT *, id AS \"id#1\" FROM t");
        check("SELECT id FROM a UNION SELECT 1", "SELECT id FROM a UNION SELECT 1 AS \"?column?#1\"");
    }

    #[test]
    fn order_by_means_the_output_where_postgresql_does() {
        check("SELECT count(*) FROM t ORDER BY count", "SELECT count(*) AS \"count#1\" FROM t ORDER BY \"count#1\"");
        check("SELECT count(*) FROM t ORDER BY count(*)", "SELECT count(*) AS \"count#1\" FROM t ORDER BY \"count#1\"");
        check("SELECT -x AS x FROM t ORDER BY abs(x)", "SELECT -x AS \"x#1\" FROM t ORDER BY abs(x)");
        check("SELECT -x AS x FROM t ORDER BY x, 1", "SELECT -x AS \"x#1\" FROM t ORDER BY \"x#1\", 1");
        check("SELECT a AS x FROM t UNION SELECT b FROM u ORDER BY x", "SELECT a AS \"x#1\" FROM t UNION SELECT b FROM u ORDER BY \"x#1\"");
        check("SELECT DISTINCT ON (x) a AS x FROM t", "SELECT DISTINCT ON (\"x#1\") a AS \"x#1\" FROM t");
        let error = renamed("SELECT a AS x, b AS x FROM t ORDER BY x").expect_err("two columns x");
        assert_eq!((error.code, error.message.as_str()), (Code::Ambiguous, "ORDER BY \"x\" is ambiguous"));
    }

    #[test]
    fn group_by_may_mean_an_alias() {
        check("SELECT lower(a) AS x FROM t GROUP BY x", "SELECT lower(a) AS x FROM t GROUP BY x");
        check("SELECT lower(a) FROM t GROUP BY 1", "SELECT lower(a) AS \"lower#1\" FROM t GROUP BY 1");
    }

    #[test]
    fn inner_queries_show_their_names() {
        check("SELECT s.max FROM (SELECT max(x) FROM t) s", "SELECT s.max FROM (SELECT max(x) AS \"max\" FROM t) s");
        check(
            "WITH c AS (SELECT a.id, b.id, 1 AS one FROM a, b) SELECT * FROM c",
            "WITH c AS (SELECT a.id AS \"id#1\", b.id AS \"id#2\", 1 AS one FROM a, b) SELECT * FROM c",
        );
        check("(SELECT 1) ORDER BY 1", "(SELECT 1 AS \"?column?#1\") ORDER BY 1");
    }
}

//! The name that PostgreSQL gives a column of an answer when the statement says none.
//!
//! After `FigureColname` of PostgreSQL 16 (`parse_target.c`). A strong name (of a column or a function) survives a cast, a weak
//! one (of a type, or `case`) does not.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CeilFloorKind, DataType, Expr, Function, ObjectName, Query, SelectItem, SetExpr, Subscript, TrimWhereField,
    Value,
};

use crate::resolve::{TypeName, fold};

/// What a column is called that nothing gives a name to.
pub(crate) const UNNAMED: &str = "?column?";

/// A name, and whether a cast around its expression leaves it in place.
enum Figured {
    None,
    Weak(String),
    Strong(String),
}

/// The name of an expression in a select list without an alias.
pub fn figure_column_name(expr: &Expr) -> String {
    match figure(expr) {
        Figured::None => UNNAMED.to_owned(),
        Figured::Weak(name) | Figured::Strong(name) => name,
    }
}

fn figure(expr: &Expr) -> Figured {
    match expr {
        Expr::Identifier(ident) => Figured::Strong(fold(ident)),
        Expr::CompoundIdentifier(idents) => idents.last().map_or(Figured::None, |ident| Figured::Strong(fold(ident))),
        Expr::CompoundFieldAccess { root, access_chain } => figure_access(root, access_chain),
        Expr::Nested(inner) => figure(inner),
        Expr::Collate { expr, .. } => figure(expr),
        Expr::Function(function) => figure_function(function),
        Expr::Cast { expr, data_type, .. } => or_weak(figure(expr), || type_name(data_type)),
        Expr::TypedString(literal) => Figured::Weak(type_name(&literal.data_type)),
        Expr::Interval(_) => weak("interval"),
        Expr::Case { else_result, .. } => {
            or_weak(else_result.as_ref().map_or(Figured::None, |otherwise| figure(otherwise)), || "case".to_owned())
        }
        Expr::Exists { negated: false, .. } => strong("exists"),
        Expr::Subquery(query) => figure_subquery(query),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Extract { .. } => strong("extract"),
        Expr::Position { .. } => strong("position"),
        Expr::Substring { shorthand, .. } => strong(if *shorthand { "substr" } else { "substring" }),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::BinaryOp { op: BinaryOperator::Overlaps, .. } => strong("overlaps"),
        Expr::Ceil { field: CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_), .. } => strong("ceil"),
        Expr::Floor { field: CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_), .. } => strong("floor"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            Some(TrimWhereField::Both) | None => "btrim",
        }),
        // PostgreSQL's grammar makes a cast of it.
        Expr::Value(value) if matches!(value.value, Value::NationalStringLiteral(_)) => weak("bpchar"),
        _ => Figured::None,
    }
}

fn strong(name: &str) -> Figured {
    Figured::Strong(name.to_owned())
}

fn weak(name: &str) -> Figured {
    Figured::Weak(name.to_owned())
}

fn or_weak(inner: Figured, name: impl FnOnce() -> String) -> Figured {
    match inner {
        Figured::Strong(name) => Figured::Strong(name),
        Figured::None | Figured::Weak(_) => Figured::Weak(name()),
    }
}

/// The last field that is named; a subscript has the name of what it looks into.
fn figure_access(root: &Expr, chain: &[AccessExpr]) -> Figured {
    for access in chain.iter().rev() {
        match access {
            AccessExpr::Dot(field) => return figure(field),
            AccessExpr::Subscript(Subscript::Index { .. } | Subscript::Slice { .. }) => {}
        }
    }
    figure(root)
}

fn figure_function(function: &Function) -> Figured {
    strong(&last_name(&function.name))
}

fn last_name(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(|| name.to_string(), fold)
}

/// A scalar subquery is called like its one column.
fn figure_subquery(query: &Query) -> Figured {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::Select(select) => {
                return match select.projection.first() {
                    Some(SelectItem::UnnamedExpr(expr)) => figure(expr),
                    Some(SelectItem::ExprWithAlias { alias, .. }) => Figured::Strong(fold(alias)),
                    _ => Figured::None,
                };
            }
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            SetExpr::Query(inner) => body = inner.body.as_ref(),
            SetExpr::Values(_) => return strong("column1"),
            _ => return Figured::None,
        }
    }
}

/// `pg_type.typname` of a cast's type, without the `_` of an array.
fn type_name(data_type: &DataType) -> String {
    let last = TypeName::new(data_type).ok().and_then(|name| name.names.into_iter().last());
    last.unwrap_or_else(|| data_type.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use sqlparser::{dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    #[track_caller]
    fn check(expression: &str, name: &str) {
        let parsed = Parser::new(&PostgreSqlDialect {})
            .try_with_sql(expression)
            .and_then(|mut parser| parser.parse_expr())
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(figure_column_name(&parsed), name, "{expression}");
    }

    #[test]
    fn columns_keep_their_names() {
        check("id", "id");
        check("ID", "id");
        check("\"ID\"", "ID");
        check("t.id", "id");
        check("s.t.\"Id\"", "Id");
        check("(id)", "id");
        check("names[1]", "names");
        check("id COLLATE \"C\"", "id");
    }

    #[test]
    fn functions_name_their_results() {
        check("count(*)", "count");
        check("COUNT(*)", "count");
        check("sum(a + b)", "sum");
        check("pg_catalog.version()", "version");
        check("coalesce(a, b)", "coalesce");
        check("nullif(a, b)", "nullif");
        check("greatest(a, b)", "greatest");
        check("row_number() OVER (ORDER BY a)", "row_number");
        check("current_user", "current_user");
        check("current_date", "current_date");
        check("current_timestamp", "current_timestamp");
        check("trim(a)", "btrim");
        check("trim(leading 'x' from a)", "ltrim");
        check("trim(trailing 'x' from a)", "rtrim");
        check("extract(year from a)", "extract");
        check("substring(a from 1 for 2)", "substring");
        check("position('x' in a)", "position");
        check("overlay(a placing 'x' from 1)", "overlay");
        check("a AT TIME ZONE 'UTC'", "timezone");
        check("ceil(a)", "ceil");
        check("floor(a)", "floor");
        check("array_agg(a)", "array_agg");
        check("ARRAY(SELECT 1)", "array");
        check("char_length(a)", "char_length");
    }

    #[test]
    fn a_cast_keeps_a_strong_name() {
        check("id::text", "id");
        check("cast(t.id AS bigint)", "id");
        check("count(*)::int", "count");
        check("1::int", "int4");
        check("1::bigint", "int8");
        check("'1'::smallint", "int2");
        check("'a'::varchar(3)", "varchar");
        check("'a'::char(3)", "bpchar");
        check("'a'::text", "text");
        check("1::numeric(4,1)", "numeric");
        check("1::decimal", "numeric");
        check("1::real", "float4");
        check("1::double precision", "float8");
        check("'t'::boolean", "bool");
        check("'2020-01-01'::timestamp", "timestamp");
        check("'2020-01-01'::timestamptz", "timestamptz");
        check("'2020-01-01'::timestamp with time zone", "timestamptz");
        check("'{1}'::int[]", "int4");
        check("'x'::name", "name");
        check("'x'::regclass", "regclass");
        check("'{}'::jsonb", "jsonb");
        check("date '2020-01-01'", "date");
        check("interval '1 day'", "interval");
        check("(1 + 1)::int", "int4");
        check("(CASE WHEN a THEN 1 END)::int", "int4");
    }

    #[test]
    fn constructs_have_names_of_their_own() {
        check("CASE WHEN a THEN 1 ELSE 2 END", "case");
        check("CASE WHEN a THEN b ELSE c END", "c");
        check("CASE WHEN a THEN b END", "case");
        check("EXISTS (SELECT 1)", "exists");
        check("ARRAY[1, 2]", "array");
        check("(a, b)", "row");
        check("(SELECT max(x) FROM t)", "max");
        check("(SELECT x AS y FROM t)", "y");
        check("(SELECT 1)", "?column?");
    }

    #[test]
    fn everything_else_is_unnamed() {
        check("1", "?column?");
        check("true", "?column?");
        check("-1", "?column?");
        check("'a'", "?column?");
        check("NULL", "?column?");
        check("a + b", "?column?");
        check("a || b", "?column?");
        check("a = b", "?column?");
        check("NOT a", "?column?");
        check("a IS NULL", "?column?");
        check("a LIKE 'x'", "?column?");
        check("a IN (1, 2)", "?column?");
        check("a BETWEEN 1 AND 2", "?column?");
        check("NOT EXISTS (SELECT 1)", "?column?");
        check("$1", "?column?");
    }
}

//! The rows of an INSERT as a query, in which constants without a type have that of the column they are for.
//!
//! In PostgreSQL `'2026-01-01'`, `NULL` and `$1` have no type of their own there. DEFAULT stands for what the table gives a row that
//! does not mention the column, so that the column is not mentioned then.

use datafusion::sql::sqlparser::ast::{CastKind, DataType, Expr, Query, Select, SelectItem, SetExpr, Spanned, Value, Values};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use spi::types::{PgType, oid, to_arrow};
use spi::{Code, Error, Result};

use super::Target;
use super::target::TargetColumn;
use crate::parse::{SourceText, fold};

/// What is to be planned.
pub(crate) struct Rows {
    pub(crate) query: Query,
    /// The types of the parameters, 0 where neither the client nor a column says it.
    pub(crate) parameter_types: Vec<u32>,
    /// For each value of a row whether it is a constant without a type in every row.
    pub(crate) untyped: Vec<bool>,
}

/// The rows of a statement; none of `query` means one row of defaults. Columns that get nothing but defaults leave the target.
pub(crate) fn rows(query: Option<&Query>, target: &mut Target, given: &[u32], source: &SourceText) -> Result<Rows> {
    let mut rows = Rows { query: one_row()?, parameter_types: given.to_vec(), untyped: Vec::new() };
    let Some(query) = query else {
        target.columns.clear();
        return Ok(rows);
    };
    rows.query = query.clone();
    match rows.query.body.as_mut() {
        SetExpr::Values(values) => {
            let width = width(values, source)?;
            let first = values.rows.first();
            let surplus = first.and_then(|row| row.get(target.columns.len()).or(row.last()));
            target.take(width).map_err(|error| at(error, surplus, source))?;
            take_defaults(values, target, source)?;
            rows.untyped = (0..target.columns.len()).map(|column| values.rows.iter().all(|row| is_untyped(&row[column]))).collect();
            let mut types = Types { target: &target.columns, parameters: &mut rows.parameter_types };
            values.rows.iter_mut().for_each(|row| types.apply(row.iter_mut()));
            if let [only] = values.rows.as_slice() {
                // A row by itself is typed as a select list is, value by value.
                let row = only.content.clone();
                *rows.query.body = *one_row()?.body;
                if let SetExpr::Select(select) = rows.query.body.as_mut() {
                    select.projection = row.into_iter().map(SelectItem::UnnamedExpr).collect();
                }
            }
        }
        SetExpr::Select(select) => {
            let constants = leading(select);
            rows.untyped = constants.iter().map(|expr| is_untyped(expr)).collect();
            Types { target: &target.columns, parameters: &mut rows.parameter_types }.apply(constants.into_iter());
        }
        _ => {}
    }
    Ok(rows)
}

/// A query of one row, whose value nobody wants.
fn one_row() -> Result<Query> {
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql("SELECT 1").and_then(|mut parser| parser.parse_query());
    parsed.map(|query| *query).map_err(|error| Error::internal(format!("a row of defaults cannot be written: {error}")))
}

/// How many values each row has.
fn width(values: &Values, source: &SourceText) -> Result<usize> {
    let width = values.rows.first().map_or(0, |row| row.len());
    match values.rows.iter().find(|row| row.len() != width) {
        Some(row) => Err(at(Error::new(Code::Syntax, "VALUES lists must all be the same length"), row.first(), source)),
        None => Ok(width),
    }
}

/// Takes the columns that are DEFAULT in every row out of the rows and the target.
fn take_defaults(values: &mut Values, target: &mut Target, source: &SourceText) -> Result<()> {
    for column in (0..target.columns.len()).rev() {
        let mut typed = values.rows.iter().filter(|row| !is_default(&row[column]));
        let Some(default) = values.rows.iter().map(|row| &row[column]).find(|expr| is_default(expr)) else { continue };
        if typed.next().is_some() {
            let error = Error::new(Code::Unsupported, "DEFAULT beside values for the same column is not supported")
                .hint("INSERT the rows with DEFAULT by a statement of their own.");
            return Err(at(error, Some(default), source));
        }
        values.rows.iter_mut().for_each(|row| drop(row.content.remove(column)));
        target.columns.remove(column);
    }
    if target.columns.is_empty() {
        let one = || Expr::Value(Value::Number("1".to_owned(), false).with_empty_span());
        values.rows.iter_mut().for_each(|row| row.content = vec![one()]);
    }
    Ok(())
}

/// The expressions of a select list whose places are known: those in front of a `*`.
fn leading(select: &mut Select) -> Vec<&mut Expr> {
    let expressions = select.projection.iter_mut().map_while(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    });
    expressions.collect()
}

fn is_default(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(ident) if ident.quote_style.is_none() && fold(ident) == "default")
}

/// Whether an expression is a constant that has no type of its own.
fn is_untyped(expr: &Expr) -> bool {
    let Expr::Value(value) = expr else { return matches!(expr, Expr::Nested(inner) if is_untyped(inner)) };
    matches!(
        value.value,
        Value::SingleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::UnicodeStringLiteral(_)
            | Value::DollarQuotedString(_)
            | Value::Null
            | Value::Placeholder(_)
    )
}

/// The number of a parameter.
fn parameter(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Nested(inner) => parameter(inner),
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => name.strip_prefix('$')?.parse().ok().filter(|number| *number > 0),
            _ => None,
        },
        _ => None,
    }
}

/// Gives constants the types of the columns they are for.
struct Types<'a> {
    target: &'a [TargetColumn],
    parameters: &'a mut Vec<u32>,
}

impl Types<'_> {
    fn apply<'b>(&mut self, row: impl Iterator<Item = &'b mut Expr>) {
        for (expr, column) in row.zip(self.target).filter(|(expr, _)| is_untyped(expr)) {
            if let Some(number) = parameter(expr).filter(|number| *number <= usize::from(u16::MAX)) {
                self.declare(number, column.pg_type);
            }
            let value = Box::new(std::mem::replace(expr, Expr::Tuple(Vec::new())));
            let data_type = written_type(column.pg_type);
            *expr = Expr::Cast { kind: CastKind::DoubleColon, expr: value, data_type, array: false, format: None };
        }
    }

    fn declare(&mut self, number: usize, pg_type: PgType) {
        if self.parameters.len() < number {
            self.parameters.resize(number, 0);
        }
        let declared = &mut self.parameters[number - 1];
        if matches!(*declared, 0 | oid::UNKNOWN) {
            *declared = pg_type.oid;
        }
    }
}

/// The type in which a constant is read for a column. What is held as text stays text, for the source to read: an explicit cast
/// would cut it to its length.
fn written_type(pg_type: PgType) -> DataType {
    let parsed = || Parser::new(&PostgreSqlDialect {}).try_with_sql(&pg_type.format()).and_then(|mut parser| parser.parse_data_type());
    match to_arrow(pg_type) {
        arrow::datatypes::DataType::Utf8 => DataType::Text,
        _ => parsed().unwrap_or(DataType::Text),
    }
}

fn at(error: Error, expr: Option<&Expr>, source: &SourceText) -> Error {
    match expr.map(|expr| expr.span().start).filter(|place| place.line > 0) {
        Some(place) => error.position(source.character(place)),
        None => error,
    }
}

#[cfg(test)]
mod tests;

//! The calls of `query` in the text of a statement.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, Query, TableAlias, TableFactor, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Location;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::Native;
use crate::output::pg_type;
use crate::parse::{SourceText, fold};

/// The function's name.
const QUERY: &str = "query";

/// A call that was replaced by the name of a relation.
pub(crate) struct Call {
    /// What the statement calls it now. No name that is written without quotes is like it.
    pub(crate) relation: String,
    pub(crate) native: Native,
    pub(crate) location: Location,
}

/// Replaces the calls of `query` in FROM by names of relations.
pub(crate) fn take(query: &mut Query, source: &SourceText) -> Result<Vec<Call>> {
    let mut calls = Calls { source, found: Vec::new() };
    match query.visit(&mut calls) {
        ControlFlow::Continue(()) => Ok(calls.found),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Calls<'a> {
    source: &'a SourceText,
    found: Vec<Call>,
}

impl VisitorMut for Calls<'_> {
    type Break = Error;

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        let (name, arguments, alias, with_ordinality) = match factor {
            TableFactor::Table { name, args: Some(args), alias, with_ordinality, .. } => (&*name, &args.args, alias, *with_ordinality),
            // LATERAL, which means nothing to constants.
            TableFactor::Function { name, args, alias, with_ordinality, .. } => (&*name, &*args, alias, *with_ordinality),
            _ => return ControlFlow::Continue(()),
        };
        let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return ControlFlow::Continue(()) };
        if fold(ident) != QUERY {
            return ControlFlow::Continue(());
        }
        let location = ident.span.start;
        let native = match native(arguments, with_ordinality) {
            Ok(native) => native,
            Err(error) => return ControlFlow::Break(error.position(self.source.character(location))),
        };
        let relation = format!("{QUERY}({})", self.found.len() + 1);
        *factor = named(&relation, alias.take());
        self.found.push(Call { relation, native, location });
        ControlFlow::Continue(())
    }
}

fn native(arguments: &[FunctionArg], with_ordinality: bool) -> Result<Native> {
    if with_ordinality {
        return Err(Error::new(Code::Unsupported, "WITH ORDINALITY is not supported for function query"));
    }
    let [source, text] = arguments else {
        return Err(Error::new(Code::UndefinedFunction, format!("function query with {} arguments does not exist", arguments.len()))
            .hint("query(name, statement) takes the name of a data source and a query in its own language."));
    };
    match (constant(source), constant(text)) {
        (Some(source), Some(text)) => Ok(Native { source: source.into(), text: text.into() }),
        _ => Err(Error::new(Code::Unsupported, "arguments of function query must be text constants")
            .detail("The columns of its rows are asked of the data source before the statement has any values.")
            .hint("Write the values into the query itself.")),
    }
}

/// The text of an argument that is one.
fn constant(argument: &FunctionArg) -> Option<&str> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else { return None };
    literal(expr)
}

fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::Cast { expr: inner, data_type, .. } => {
            pg_type(data_type).filter(|pg_type| matches!(pg_type.oid, oid::TEXT | oid::NAME)).and_then(|_| literal(inner))
        }
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) | Value::UnicodeStringLiteral(text) => Some(text),
            Value::DollarQuotedString(quoted) => Some(&quoted.value),
            _ => None,
        },
        _ => None,
    }
}

/// The relation, under the alias that the statement gives it, or the function's name.
fn named(relation: &str, alias: Option<TableAlias>) -> TableFactor {
    let alias = alias.unwrap_or_else(|| TableAlias { explicit: true, name: Ident::new(QUERY), columns: Vec::new(), at: None });
    TableFactor::Table {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', relation))]),
        alias: Some(alias),
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::{dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    fn taken(sql: &str) -> Result<(String, Vec<Call>)> {
        let mut query = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).expect("tokens").parse_query().expect("a query");
        let calls = take(&mut query, &SourceText(sql.into()))?;
        Ok((query.to_string(), calls))
    }

    #[test]
    fn calls_become_relations_wherever_they_stand() {
        let (sql, calls) = taken(
            "SELECT * FROM query('shop', 'SELECT 1'), t JOIN LATERAL Query(('bank'), $$SELECT 'x'$$::text) AS q(a, b) ON true \
             WHERE EXISTS (SELECT 1 FROM query('shop', E'a\\nb') x)",
        )
        .expect("calls");
        assert_eq!(
            sql,
            "SELECT * FROM \"query(1)\" AS query, t JOIN \"query(2)\" AS q (a, b) ON true WHERE EXISTS (SELECT 1 FROM \"query(3)\" x)"
        );
        let natives: Vec<(&str, &str)> = calls.iter().map(|call| (&*call.native.source, &*call.native.text)).collect();
        assert_eq!(natives, [("shop", "SELECT 1"), ("bank", "SELECT 'x'"), ("shop", "a\nb")]);
        assert_eq!(calls[0].location.column, 15);
    }

    #[test]
    fn only_calls_are_taken() {
        for sql in ["SELECT * FROM query", "SELECT * FROM s.query('a', 'b')", "SELECT query('a', 'b')"] {
            assert_eq!(taken(sql).expect("a query").1.len(), 0, "{sql}");
        }
    }

    #[test]
    fn arguments_are_two_constants() {
        for (call, code, message) in [
            ("query('shop')", Code::UndefinedFunction, "function query with 1 arguments does not exist"),
            ("query('shop', $1)", Code::Unsupported, "arguments of function query must be text constants"),
            ("query('shop', t.x)", Code::Unsupported, "arguments of function query must be text constants"),
            ("query('shop', 1)", Code::Unsupported, "arguments of function query must be text constants"),
            ("query('shop', 'x') WITH ORDINALITY", Code::Unsupported, "WITH ORDINALITY is not supported for function query"),
        ] {
            let error = taken(&format!("SELECT * FROM {call}")).err().expect(call);
            assert_eq!((error.code, error.message.as_str(), error.position), (code, message, Some(15)), "{call}");
        }
    }
}

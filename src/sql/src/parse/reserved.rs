//! Words that PostgreSQL reserves, where the parser library takes them for names: `SELECT 1 FROM WHERE`, `WHERE a = AND`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Ident, ObjectName, Query, Visit, Visitor};

/// Those of PostgreSQL's reserved words that are no expressions by themselves, as `current_user` is.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "not",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "union",
    "unique",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

/// The first reserved word that stands where a column or a table must be named.
pub(super) fn find(query: &Query) -> Option<Ident> {
    match query.visit(&mut Names) {
        ControlFlow::Break(word) => Some(word),
        ControlFlow::Continue(()) => None,
    }
}

struct Names;

impl Visitor for Names {
    type Break = Ident;

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Ident> {
        relation.0.first().and_then(|part| part.as_ident()).map_or(ControlFlow::Continue(()), check)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Ident> {
        match expr {
            Expr::Identifier(ident) => check(ident),
            Expr::CompoundIdentifier(idents) => idents.first().map_or(ControlFlow::Continue(()), check),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn check(ident: &Ident) -> ControlFlow<Ident> {
    let reserved = ident.quote_style.is_none() && RESERVED.iter().any(|word| ident.value.eq_ignore_ascii_case(word));
    if reserved { ControlFlow::Break(ident.clone()) } else { ControlFlow::Continue(()) }
}

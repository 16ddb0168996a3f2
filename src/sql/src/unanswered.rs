//! What clients asked of PostgreSQL's catalog and did not get: functions that do not exist, and forms that are not supported.
//!
//! Kept by this node since it began, for `admin.unanswered`, so that gaps show themselves.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::sql::sqlparser::ast::{Expr, Query, Value, VisitMut, VisitorMut};
use spi::{Code, Error};

use crate::session::now;

/// How many different statements are kept; what comes after them is not counted.
const STATEMENTS_MAX: usize = 1000;
/// What is kept of a statement, and of what was wrong with it, in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// All of them.
#[derive(Default)]
pub(crate) struct Unanswered(Mutex<HashMap<Key, Counted>>);

/// A statement without its literals, and the client that sent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) statement: Arc<str>,
    pub(crate) application_name: Arc<str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) sqlstate: &'static str,
    pub(crate) message: String,
    pub(crate) count: u64,
    /// Microseconds since 1970 UTC.
    pub(crate) first_seen_at: i64,
    pub(crate) last_seen_at: i64,
}

impl Unanswered {
    pub(crate) fn count(&self, query: &Query, application_name: &str, error: &Error) {
        let key = Key { statement: shape(query), application_name: application_name.into() };
        let at = now();
        let mut counted = self.lock();
        if let Some(counted) = counted.get_mut(&key) {
            counted.count += 1;
            counted.last_seen_at = at;
        } else if counted.len() < STATEMENTS_MAX {
            let sqlstate = error.code.sqlstate();
            // Only the names of functions are known to hold no literal.
            let message = if error.code == Code::UndefinedFunction { shortened(error.message.clone()) } else { String::new() };
            counted.insert(key, Counted { sqlstate, message, count: 1, first_seen_at: at, last_seen_at: at });
        }
    }

    pub(crate) fn all(&self) -> Vec<(Key, Counted)> {
        self.lock().iter().map(|(key, counted)| (key.clone(), counted.clone())).collect()
    }

    /// Counts are changed one by one, and any of them is valid with any other.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The statement with `?` for each literal, which may hold secrets and tells statements of one kind apart.
fn shape(query: &Query) -> Arc<str> {
    let mut query = query.clone();
    // The visitor never breaks.
    let _ = query.visit(&mut Literals);
    shortened(query.to_string()).into()
}

fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    text
}

struct Literals;

impl VisitorMut for Literals {
    type Break = Infallible;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Infallible> {
        match expr {
            Expr::Value(value) if !matches!(value.value, Value::Null | Value::Boolean(_) | Value::Placeholder(_)) => {
                value.value = Value::Placeholder("?".to_owned());
            }
            Expr::TypedString(typed) => typed.value.value = Value::Placeholder("?".to_owned()),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::sql::sqlparser::{ast::Statement, dialect::PostgreSqlDialect, parser::Parser};

    #[test]
    fn statements_of_one_shape_are_counted_together() {
        let unanswered = Unanswered::default();
        let error = Error::new(Code::UndefinedFunction, "function f(integer) does not exist");
        for text in ["SELECT f(1, 'secret'), NULL WHERE date '2024-01-01' < $1", "SELECT f(22, ''), NULL WHERE date '2025-01-01' < $1"] {
            let Statement::Query(query) = Parser::parse_sql(&PostgreSqlDialect {}, text).expect("a query").remove(0) else {
                panic!("{text}")
            };
            unanswered.count(&query, "psql", &error);
        }
        let all = unanswered.all();
        let [(key, counted)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(&*key.statement, "SELECT f(?, ?), NULL WHERE DATE ? < $1");
        assert_eq!((counted.count, counted.sqlstate), (2, "42883"));
    }
}

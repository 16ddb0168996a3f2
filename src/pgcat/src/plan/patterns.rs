//! Conditions that say how texts begin: LIKE, regular expressions, `starts_with`.

use crate::expr::Expr;
use crate::functions::beginning;
use crate::relation::Relation;
use crate::value::Value;

use super::Pattern;

/// A text, and the pattern that a condition says it to match.
pub(super) fn pattern(expr: &Expr) -> Option<(&Expr, Pattern)> {
    match expr {
        Expr::Call(call) if beginning::tells(call.function.oid) => match call.arguments.as_slice() {
            [text, pattern] => Some((text, Pattern { function: call.function.oid, pattern: pattern.clone() })),
            _ => None,
        },
        _ => None,
    }
}

/// The only text that a pattern without wildcards lets a text be, so that the condition is an equality.
pub(super) fn whole(expr: &Expr) -> Option<(&Expr, Value)> {
    let (text, pattern) = pattern(expr)?;
    let beginning = pattern.beginning()?;
    beginning.is_whole.then(|| (text, beginning.text.into()))
}

/// How many rows of a relation begin as a pattern says; all where that is not known before the statement runs.
pub(super) fn rows(relation: &dyn Relation, column: usize, pattern: &Pattern) -> f64 {
    let beginning = pattern.beginning();
    beginning.map_or(relation.count() as f64, |beginning| relation.begin_with(column, &beginning.text).len() as f64)
}

impl Pattern {
    fn beginning(&self) -> Option<beginning::Beginning> {
        match &self.pattern {
            Expr::Constant(Value::Text(pattern)) => beginning::of(self.function, pattern),
            _ => None,
        }
    }
}

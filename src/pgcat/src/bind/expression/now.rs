//! Functions that are words of the language and are called without parentheses.

use spi::Result;
use sqlparser::ast::Ident;

use crate::bind::Binder;
use crate::expr::{Expr, Now, Typed};
use crate::types::{Type, oid};

/// Words that call a function of `pg_catalog` under its name.
const FUNCTIONS: &[(&str, &str)] = &[
    ("current_catalog", "current_database"),
    ("current_role", "current_user"),
    ("current_schema", "current_schema"),
    ("current_user", "current_user"),
    ("session_user", "session_user"),
    ("user", "current_user"),
];

impl Binder<'_> {
    /// What a word calls; `None` where it is a name. In double quotes each is a name.
    pub(super) fn keyword_function(&mut self, ident: &Ident) -> Result<Option<Typed>> {
        if ident.quote_style.is_some() {
            return Ok(None);
        }
        let word = ident.value.to_ascii_lowercase();
        if let Some(now) = moment(&word, None) {
            return Ok(Some(now));
        }
        match FUNCTIONS.iter().find(|(known, _)| *known == word) {
            Some((_, function)) => self.call_named(function, Vec::new()).map(Some),
            None => Ok(None),
        }
    }
}

/// A moment of the statement's transaction, with so many digits of a second.
pub(super) fn moment(word: &str, precision: Option<i32>) -> Option<Typed> {
    let (now, type_oid) = match word {
        "current_date" => (Now::CurrentDate, oid::DATE),
        "current_time" => (Now::CurrentTime { precision }, oid::TIMETZ),
        "current_timestamp" => (Now::CurrentTimestamp { precision }, oid::TIMESTAMPTZ),
        "localtime" => (Now::LocalTime { precision }, oid::TIME),
        "localtimestamp" => (Now::LocalTimestamp { precision }, oid::TIMESTAMP),
        _ => return None,
    };
    Some(Typed::new(Expr::Now(now), Type::new(type_oid).with_typmod(precision.unwrap_or(-1))))
}

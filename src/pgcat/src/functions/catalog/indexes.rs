//! The SQL of indexes: `pg_get_indexdef`.

use std::sync::Arc;

use spi::Result;

use super::expressions::{expression, expressions, is_call, is_pretty};
use super::names::{self, Naming, integers};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::resolve::quote_identifier;
use crate::types::DEFAULT_COLLATION;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] =
    &[ScalarEntry::new("pg_get_indexdef", whole), ScalarEntry::new("pg_get_indexdef_ext", whole_or_column)];

/// The only method of PostgreSQL whose indexes have an order.
const BTREE: u32 = 403;
/// Bits of `pg_index.indoption`.
const DESCENDING: i64 = 1;
const NULLS_FIRST: i64 = 2;

fn whole(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let index = Described::of(context, arguments.oid(0)?, false);
    Ok(index.and_then(|index| index.definition()).into())
}

/// The whole definition, or with a number, from 1, only that column.
fn whole_or_column(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (number, is_pretty) = (arguments.int(1)?, is_pretty(arguments, 2)?);
    let Some(index) = Described::of(context, arguments.oid(0)?, is_pretty) else { return Ok(Value::Null) };
    if number == 0 {
        return Ok(index.definition().into());
    }
    let place = usize::try_from(number - 1).ok();
    Ok(place.and_then(|place| index.column(place)).unwrap_or_default().into())
}

/// An index with what its definition says.
struct Described<'a> {
    naming: Naming<'a>,
    is_pretty: bool,
    index: CatalogRow<'a>,
    /// Its row in `pg_class`.
    class: CatalogRow<'a>,
    table: u32,
    /// Numbers of the table's columns; 0 where it is an expression.
    columns: Vec<i64>,
    expressions: Vec<String>,
    /// The statement that made it, where a source keeps it.
    written: Option<Arc<str>>,
}

impl<'a> Described<'a> {
    fn of(context: &Context<'a>, index: u32, is_pretty: bool) -> Option<Self> {
        let catalog = context.catalog;
        let row = catalog.find_one(oid::PG_INDEX, &["indexrelid"], &[Value::oid(index)])?;
        let texts = row.text("indexprs").unwrap_or_default();
        Some(Self {
            naming: Naming::new(context),
            is_pretty,
            class: catalog.by_oid(oid::PG_CLASS, index)?,
            table: row.oid("indrelid")?,
            columns: integers(&row.get("indkey")),
            expressions: expressions(&texts).into_iter().map(|text| expression(bare(text), is_pretty).into_owned()).collect(),
            written: catalog.definition(oid::PG_CLASS, index),
            index: row,
        })
    }

    fn definition(&self) -> Option<String> {
        let keys = self.index.int("indnkeyatts")? as usize;
        let parts: Vec<String> = (0..keys).filter_map(|place| Some(self.column(place)? + &self.order(place))).collect();
        let mut text = format!(
            "CREATE {}INDEX {} ON {}{} USING {} ({})",
            if self.index.bool("indisunique") == Some(true) { "UNIQUE " } else { "" },
            quote_identifier(&self.class.text("relname")?),
            if self.class.char("relkind") == Some(b'I') { "ONLY " } else { "" },
            self.naming.relation(self.table, !self.is_pretty)?,
            quote_identifier(&self.naming.catalog.by_oid(oid::PG_AM, self.method())?.text("amname")?),
            parts.join(", ")
        );
        if let Some(carried) = self.columns.get(keys..).filter(|carried| !carried.is_empty()) {
            text += &format!(" INCLUDE ({})", self.naming.columns(self.table, carried));
        }
        match self.written.as_deref().and_then(options) {
            Some(options) => text += options,
            None => text += &self.options(),
        }
        if let Some(condition) = self.index.text("indpred") {
            text += &format!(" WHERE {}", expression(&condition, self.is_pretty));
        }
        Some(text)
    }

    /// What follows the columns.
    fn options(&self) -> String {
        let mut text = String::new();
        if self.index.bool("indnullsnotdistinct") == Some(true) {
            text += " NULLS NOT DISTINCT";
        }
        let options: Vec<String> = names::texts(&self.class.get("reloptions")).iter().map(|option| storage_option(option)).collect();
        if !options.is_empty() {
            text += &format!(" WITH ({})", options.join(", "));
        }
        text
    }

    fn class_parameters(&self, place: usize) -> Vec<String> {
        let own = self.index.oid("indexrelid").and_then(|index| self.naming.attribute(index, place as i64 + 1));
        let parameters = own.map(|own| names::texts(&own.get("attoptions"))).unwrap_or_default();
        parameters.iter().map(|parameter| storage_option(parameter)).collect()
    }

    fn method(&self) -> u32 {
        self.class.oid("relam").unwrap_or_default()
    }

    /// A column's name, or an expression, which has parentheses around it unless it is a call.
    fn column(&self, place: usize) -> Option<String> {
        match *self.columns.get(place)? {
            0 => {
                let before = self.columns[..place].iter().filter(|number| **number == 0).count();
                let text = self.expressions.get(before)?;
                Some(if is_call(text) { text.clone() } else { format!("({text})") })
            }
            number => self.naming.column(self.table, number),
        }
    }

    /// How a column is compared and ordered, where that is not as usual.
    fn order(&self, place: usize) -> String {
        let attribute = self.naming.attribute(self.table, self.columns[place]);
        let item = |column| integers(&self.index.get(column)).get(place).copied().unwrap_or_default();
        let class = item("indclass") as u32;
        let mut text = comparison(&self.naming, attribute.as_ref(), item("indcollation") as u32, class);
        let parameters = self.class_parameters(place);
        if !parameters.is_empty() {
            // The parameters need a class that they are of.
            if is_own_class(&self.naming, class, attribute.and_then(|row| row.oid("atttypid"))) {
                text += &self.naming.name(&names::OPERATOR_CLASS, class).map(|name| format!(" {name}")).unwrap_or_default();
            }
            text += &format!(" ({})", parameters.join(", "));
        }
        if self.method() == BTREE {
            let options = item("indoption");
            text += match (options & DESCENDING != 0, options & NULLS_FIRST != 0) {
                (true, true) => " DESC",
                (true, false) => " DESC NULLS LAST",
                (false, true) => " NULLS FIRST",
                (false, false) => "",
            };
        }
        text
    }
}

/// By what collation and operator class a column or expression is compared, where those are not its own.
pub(super) fn comparison(naming: &Naming<'_>, attribute: Option<&CatalogRow<'_>>, collation: u32, class: u32) -> String {
    let own = attribute.map_or(DEFAULT_COLLATION, |row| row.oid("attcollation").unwrap_or_default());
    let mut text = String::new();
    if collation != 0 && collation != own {
        text += &naming.name(&names::COLLATION, collation).map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    }
    if !is_own_class(naming, class, attribute.and_then(|row| row.oid("atttypid"))) {
        text += &naming.name(&names::OPERATOR_CLASS, class).map(|name| format!(" {name}")).unwrap_or_default();
    }
    text
}

/// Whether an operator class is the one that a column of the type has by itself. The type of an expression is not known here.
fn is_own_class(naming: &Naming<'_>, class: u32, type_oid: Option<u32>) -> bool {
    let Some(row) = naming.catalog.by_oid(oid::PG_OPCLASS, class) else { return true };
    if row.bool("opcdefault") != Some(true) {
        return false;
    }
    let Some(type_oid) = type_oid.map(|type_oid| naming.catalog.base_type(type_oid, -1).0) else { return true };
    if row.oid("opcintype") == Some(type_oid) {
        return true;
    }
    let others = naming.catalog.find(oid::PG_OPCLASS, &["opcmethod"], &[row.get("opcmethod")]);
    !others.iter().any(|other| other.oid("opcintype") == Some(type_oid) && other.bool("opcdefault") == Some(true))
}

/// An expression without the parentheses that stand around it in the list of an index.
fn bare(text: &str) -> &str {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inside.filter(|inside| inside.starts_with('(') && closing(inside) == Some(inside.len() - 1)).unwrap_or(text)
}

/// What stands between the columns of an index, also those that it only carries, and its condition.
fn options(statement: &str) -> Option<&str> {
    let (_, rest) = statement.split_once(" USING ")?;
    let list = &rest[rest.find('(')?..];
    let mut rest = &list[closing(list)? + 1..];
    if let Some(carried) = rest.strip_prefix(" INCLUDE ") {
        rest = &carried[closing(carried)? + 1..];
    }
    let end = rest.find(" WHERE ").unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(';'))
}

/// The place of the parenthesis that closes the one at the beginning.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (place, character) in text.char_indices() {
        match (quote, character) {
            (Some(mark), _) if mark == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') if depth <= 1 => return Some(place),
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `fillfactor=70` as `fillfactor='70'`.
fn storage_option(option: &str) -> String {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let value = if quote_identifier(value) == value { value.to_owned() } else { literal(value) };
    format!("{}={value}", quote_identifier(name))
}

/// A text in quotes, in which a backslash is one like any other letter.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_between_columns_and_condition() {
        let statement = "CREATE UNIQUE INDEX ui ON s2.u USING btree (a, lower(')'::text)) INCLUDE (b) WITH (fillfactor='70') WHERE (a > 1)";
        assert_eq!(options(statement), Some(" WITH (fillfactor='70')"));
        assert_eq!(options("CREATE INDEX i ON t USING btree (b) NULLS NOT DISTINCT"), Some(" NULLS NOT DISTINCT"));
        assert_eq!(options("CREATE INDEX i ON t (b)"), None);
    }

    #[test]
    fn literals_have_no_escapes() {
        assert_eq!(literal("it's a\\b"), "'it''s a\\b'");
    }

    #[test]
    fn only_doubled_parentheses_are_taken_away() {
        assert_eq!(bare("((a + b))"), "(a + b)");
        assert_eq!(bare("((a) + (b))"), "((a) + (b))");
        assert_eq!(bare("lower(a)"), "lower(a)");
    }
}

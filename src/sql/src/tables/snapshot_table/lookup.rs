//! Which names can satisfy a condition on a name, where the condition says so: what turns a scan into a lookup.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Like;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// How the names that can satisfy a condition are found among sorted ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// These and no others, and each of them does satisfy it.
    Names(Vec<String>),
    /// Among those that begin so.
    Prefix(String),
}

/// The lookup for a condition on one name: `name = 'a'`, `name IN ('a', 'b')`, either of them, or `name LIKE 'a%'`.
pub(super) fn lookup(condition: &Expr) -> Option<Lookup> {
    if let Some(names) = names(condition) {
        return Some(Lookup::Names(names));
    }
    match condition {
        Expr::Like(like) => prefix(like).map(Lookup::Prefix),
        _ => None,
    }
}

fn names(condition: &Expr) -> Option<Vec<String>> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            let literal = if is_name(left) { right } else { is_name(right).then_some(left)? };
            Some(literal_text(literal)?.into_iter().collect())
        }
        Expr::InList(list) if !list.negated && is_name(&list.expr) => {
            list.list.iter().map(literal_text).collect::<Option<Vec<_>>>().map(|names| names.into_iter().flatten().collect())
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let mut either = names(left)?;
            either.extend(names(right)?);
            Some(either)
        }
        _ => None,
    }
}

/// What the pattern of a LIKE begins with, up to its first wildcard.
fn prefix(like: &Like) -> Option<String> {
    if like.negated || like.case_insensitive || like.escape_char.is_some() || !is_name(&like.expr) {
        return None;
    }
    let pattern = literal_text(&like.pattern)??;
    let mut prefix = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' | '_' => break,
            '\\' => prefix.push(characters.next()?),
            other => prefix.push(other),
        }
    }
    (!prefix.is_empty()).then_some(prefix)
}

/// The name itself, also where the plan reads it as another kind of text.
fn is_name(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) => true,
        Expr::Cast(cast) => is_text(cast.field.data_type()) && is_name(&cast.expr),
        _ => false,
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
}

/// The text of a literal: `Some(None)` for a null one, which no name equals.
fn literal_text(expr: &Expr) -> Option<Option<String>> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text), _) => Some(text.clone()),
        Expr::Cast(cast) if is_text(cast.field.data_type()) => literal_text(&cast.expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{cast, col, lit};

    use super::*;

    #[test]
    fn equality_names_its_candidates() {
        let name = || col("table_name");
        let view = |text: &str| lit(ScalarValue::Utf8View(Some(text.to_owned())));
        for (condition, expected) in [
            (name().eq(lit("a")), Some(vec!["a"])),
            (lit("a").eq(name()), Some(vec!["a"])),
            (cast(name(), DataType::Utf8).eq(view("a")), Some(vec!["a"])),
            (name().eq(cast(lit("a"), DataType::Utf8View)), Some(vec!["a"])),
            (name().in_list(vec![lit("a"), view("b")], false), Some(vec!["a", "b"])),
            (name().eq(lit("a")).or(name().eq(lit("b"))), Some(vec!["a", "b"])),
            (name().eq(lit(ScalarValue::Utf8(None))), Some(vec![])),
            (name().in_list(vec![lit("a")], true), None),
            (name().not_eq(lit("a")), None),
            (name().eq(lit("a")).or(name().like(lit("b%"))), None),
            (cast(name(), DataType::Binary).eq(lit("a")), None),
        ] {
            let expected = expected.map(|names| Lookup::Names(names.into_iter().map(str::to_owned).collect()));
            assert_eq!(lookup(&condition), expected, "{condition}");
        }
    }

    #[test]
    fn a_pattern_names_what_it_begins_with() {
        for (pattern, expected) in [("ab%", Some("ab")), ("a_b", Some("a")), ("a\\_b%", Some("a_b")), ("%a", None), ("a\\", None)] {
            let condition = col("table_name").like(lit(pattern));
            assert_eq!(lookup(&condition), expected.map(|prefix| Lookup::Prefix(prefix.to_owned())), "{pattern}");
        }
        assert_eq!(lookup(&col("table_name").ilike(lit("ab%"))), None);
        assert_eq!(lookup(&col("table_name").not_like(lit("ab%"))), None);
    }
}

//! Conditions that DataFusion does not read: `LIKE … ESCAPE` with another character than a backslash, and comparisons of rows.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value, ValueWithSpan};

/// Rewrites the condition, if it is one of these. All of them are unnamed in a select list, before and after.
pub(super) fn rewrite(expr: &mut Expr) {
    match expr {
        Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => escape_by_backslash(pattern, escape_char),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            if let (Expr::Tuple(left), Expr::Tuple(right)) = (left.as_ref(), right.as_ref())
                && let Some(equal) = rows_equal(left, right)
            {
                *expr = equal;
            }
        }
        Expr::InList { expr: row, list, negated } => {
            if let Expr::Tuple(row) = row.as_ref()
                && let Some(any) = row_in(row, list)
            {
                *expr = if *negated { negation(any) } else { any };
            }
        }
        _ => {}
    }
}

/// A pattern whose special characters are escaped by a backslash, as DataFusion has it. Only a literal can be rewritten.
fn escape_by_backslash(pattern: &mut Expr, escape_char: &mut Option<ValueWithSpan>) {
    let Some(Value::SingleQuotedString(escape)) = escape_char.as_ref().map(|escape| &escape.value) else { return };
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = pattern else { return };
    let mut characters = escape.chars();
    let (escape, None) = (characters.next(), characters.next()) else { return };
    let mut rewritten = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if Some(character) == escape {
            rewritten.push('\\');
            rewritten.extend(rest.next());
        } else if character == '\\' {
            rewritten.push_str("\\\\");
        } else {
            rewritten.push(character);
        }
    }
    *text = rewritten;
    *escape_char = None;
}

/// `(a, b) = (c, d)` is `a = c AND b = d`.
fn rows_equal(left: &[Expr], right: &[Expr]) -> Option<Expr> {
    if left.len() != right.len() {
        return None;
    }
    let equal = |(left, right): (&Expr, &Expr)| binary(left.clone(), BinaryOperator::Eq, right.clone());
    left.iter().zip(right).map(equal).reduce(|all, one| binary(all, BinaryOperator::And, one)).map(nested)
}

/// `(a, b) IN ((c, d), (e, f))` is `(a, b) = (c, d) OR (a, b) = (e, f)`.
fn row_in(row: &[Expr], list: &[Expr]) -> Option<Expr> {
    let equal = |item: &Expr| match item {
        Expr::Tuple(item) => rows_equal(row, item),
        _ => None,
    };
    let any: Option<Vec<Expr>> = list.iter().map(equal).collect();
    any?.into_iter().reduce(|any, one| binary(any, BinaryOperator::Or, one)).map(nested)
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

fn negation(expr: Expr) -> Expr {
    Expr::UnaryOp { op: datafusion::sql::sqlparser::ast::UnaryOperator::Not, expr: Box::new(expr) }
}

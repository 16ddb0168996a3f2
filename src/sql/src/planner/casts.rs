//! Casts mean what they mean in PostgreSQL.
//!
//! - `varchar(n)` cuts and `char(n)` cuts and pads; DataFusion takes both as text of any length.
//! - A plain `numeric` keeps the digits of a literal; DataFusion's decimals have a fixed scale.
//! - `'{1,2}'::int[]` is an array of two; DataFusion makes an array of one text.
//! - `INTERVAL '1' DAY` is read as `'1 day'::interval` is, which knows all of PostgreSQL's notations.
//!
//! What the values become is in [`conversion`].

pub(crate) mod conversion;
mod json;
mod number;
mod syntax;
mod time;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Array, ArrayElemTypeDef, CastKind, CharacterLength, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr, Interval,
    Query, Value, ValueWithSpan, VisitMut, VisitorMut, WindowFrameBound, WindowType,
};

use super::results::call;

/// The most digits that a decimal of 128 bits holds.
const DECIMAL_DIGITS: u64 = 38;

/// Rewrites the casts of a query. Its columns are named already: a cast names them in ways that the rewritten one would not.
pub(super) fn rewrite(query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Casts);
}

struct Casts;

impl VisitorMut for Casts {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Some(function) = syntax::called(expr) {
            *expr = Expr::Function(function);
        }
        match expr {
            Expr::Interval(interval) => {
                if let Some(text) = interval_text(interval) {
                    *expr = cast_to(Some(text), &DataType::Interval { fields: None, precision: None });
                }
                return ControlFlow::Continue(());
            }
            Expr::Function(function) => literal_intervals(function),
            _ => {}
        }
        let Expr::Cast { expr: inner, data_type, .. } = expr else { return ControlFlow::Continue(()) };
        if let Some((function, length)) = limit(data_type) {
            let cast = std::mem::replace(expr, Expr::Tuple(Vec::new()));
            let arguments = [cast, number(&length.to_string())].map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
            *expr = Expr::Function(call(function, arguments.into()));
        } else if is_plain_numeric(data_type) {
            if let Some(scale) = literal_text(inner).and_then(scale) {
                *data_type = DataType::Numeric(ExactNumberInfo::PrecisionAndScale(DECIMAL_DIGITS, scale));
            }
        } else if let DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) = data_type
            && let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = inner.as_ref()
            && let Some(elements) = elements(text)
            && !elements.is_empty()
        {
            let cast = |value: Option<String>| cast_to(value, element);
            *expr = Expr::Array(Array { elem: elements.into_iter().map(cast).collect(), named: true });
        }
        ControlFlow::Continue(())
    }
}

/// What an interval literal says: `INTERVAL '1' DAY` says `1 day`. One with two fields, such as `DAY TO HOUR`, is left as it is.
fn interval_text(interval: &Interval) -> Option<String> {
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = interval.value.as_ref() else { return None };
    match (&interval.leading_field, &interval.last_field) {
        (None, None) => Some(text.clone()),
        (Some(field), None) if text.trim().parse::<f64>().is_ok() => Some(format!("{text} {}", field.to_string().to_lowercase())),
        _ => None,
    }
}

/// A window's frame must say its interval as a literal.
fn literal_intervals(function: &mut Function) {
    let Some(WindowType::WindowSpec(spec)) = &mut function.over else { return };
    let bounds = spec.window_frame.iter_mut().flat_map(|frame| std::iter::once(&mut frame.start_bound).chain(&mut frame.end_bound));
    for bound in bounds {
        if let WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) = bound
            && let Expr::Cast { expr: value, data_type: DataType::Interval { .. }, .. } = expr.as_mut()
        {
            let value = std::mem::replace(value, Box::new(Expr::Tuple(Vec::new())));
            let interval =
                Interval { value, leading_field: None, leading_precision: None, last_field: None, fractional_seconds_precision: None };
            **expr = Expr::Interval(interval);
        }
    }
}

/// The function that keeps text to the length of its type.
fn limit(data_type: &DataType) -> Option<(&'static str, u64)> {
    let (function, length) = match data_type {
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::CharVarying(length) => ("left", (*length)?),
        DataType::Char(length) | DataType::Character(length) => {
            ("bpchar", length.unwrap_or(CharacterLength::IntegerLength { length: 1, unit: None }))
        }
        _ => return None,
    };
    match length {
        CharacterLength::IntegerLength { length, .. } => Some((function, length)),
        CharacterLength::Max => None,
    }
}

fn is_plain_numeric(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Numeric(ExactNumberInfo::None) | DataType::Decimal(ExactNumberInfo::None) | DataType::Dec(ExactNumberInfo::None)
    )
}

fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(text, _) | Value::SingleQuotedString(text), .. }) => Some(text.trim()),
        Expr::Nested(inner) => literal_text(inner),
        _ => None,
    }
}

/// The digits behind the point of a number without an exponent.
fn scale(number: &str) -> Option<i64> {
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    let fits = whole.len() + fraction.len() <= DECIMAL_DIGITS as usize && !digits.is_empty();
    i64::try_from(fraction.len()).ok().filter(|_| all_digits && fits)
}

fn number(digits: &str) -> Expr {
    Expr::Value(Value::Number(digits.to_owned(), false).with_empty_span())
}

fn cast_to(value: Option<String>, element: &DataType) -> Expr {
    let value = value.map_or(Value::Null, Value::SingleQuotedString);
    Expr::Cast {
        kind: CastKind::DoubleColon,
        expr: Box::new(Expr::Value(value.with_empty_span())),
        data_type: element.clone(),
        array: false,
        format: None,
    }
}

/// The elements of an array's text form, of one dimension; `None` where it is not of that form.
fn elements(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inner.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut elements = Vec::new();
    let mut characters = inner.chars().peekable();
    loop {
        while characters.next_if(|character| character.is_whitespace()).is_some() {}
        let (mut value, quoted) = (String::new(), characters.next_if_eq(&'"').is_some());
        loop {
            match characters.peek() {
                None | Some(',') if !quoted => break,
                None => return None,
                Some('"') if quoted => break,
                Some('{' | '}' | '"') if !quoted => return None,
                Some('\\') => {
                    characters.next();
                    value.push(characters.next()?);
                }
                Some(_) => value.extend(characters.next()),
            }
        }
        if quoted {
            // The quote that was peeked at.
            characters.next();
            while characters.next_if(|character| character.is_whitespace()).is_some() {}
            elements.push(Some(value));
        } else {
            let value = value.trim_end();
            if value.is_empty() {
                return None;
            }
            elements.push((!value.eq_ignore_ascii_case("null")).then(|| value.to_owned()));
        }
        match characters.next() {
            None => return Some(elements),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_arrays_in_text_form() {
        let some = |value: &str| Some(value.to_owned());
        assert_eq!(elements("{1, 2}"), Some(vec![some("1"), some("2")]));
        assert_eq!(elements("{a b,\"c,\\\"d\",NULL,\"null\"}"), Some(vec![some("a b"), some("c,\"d"), None, some("null")]));
        assert_eq!(elements("{}"), Some(vec![]));
        for malformed in ["1,2", "{1,}", "{{1}}", "{\"a}", "{\"a\"b}", "{a}b"] {
            assert_eq!(elements(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn counts_the_digits_behind_the_point() {
        assert_eq!((scale("1"), scale("-1.50"), scale(".5"), scale("1e3"), scale("x")), (Some(0), Some(2), Some(1), None, None));
    }
}

//! One-dimensional arrays, in text and in binary form.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use spi::types::{self, BuiltinType, PgType, oid};

use super::{Refused, binary, null_of, text};

/// `{1,NULL,"a, b"}`, with bounds in front or without.
pub(super) fn parse(written: &str, element: &BuiltinType, time_zone: &str) -> Result<ScalarValue, Refused> {
    let refused = || Refused::Syntax(written.to_owned());
    let trimmed = written.trim();
    let body = match trimmed.starts_with('[') {
        true => trimmed.split_once('=').ok_or_else(refused)?.1.trim_start(),
        false => trimmed,
    };
    let body = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).ok_or_else(refused)?;
    let values = items(body).map_err(|nested| if nested { Refused::Unsupported } else { refused() })?;
    let value = |item: Option<String>| match item {
        Some(item) => text::decode(&item, element.oid, time_zone),
        None => null_of(element.oid),
    };
    list(values.into_iter().map(value).collect::<Result<_, _>>()?, element)
}

/// PostgreSQL's binary form: dimensions, flags, the element type, length and lower bound of each dimension, then the elements.
pub(super) fn from_binary(bytes: &[u8], element: &BuiltinType) -> Result<ScalarValue, Refused> {
    let mut rest = bytes;
    let (dimensions, _flags, oid) = (word(&mut rest)?, word(&mut rest)?, word(&mut rest)?);
    if oid as u32 != element.oid {
        return Err(Refused::Binary);
    }
    let length = match dimensions {
        0 => 0,
        1 => {
            let (length, _lower_bound) = (word(&mut rest)?, word(&mut rest)?);
            // Every element takes at least the four bytes of its length, so no length can ask for more memory than was sent.
            usize::try_from(length).ok().filter(|length| *length <= rest.len() / 4).ok_or(Refused::Binary)?
        }
        _ => return Err(Refused::Unsupported),
    };
    let mut values = Vec::with_capacity(length);
    for _ in 0..length {
        values.push(match word(&mut rest)? {
            -1 => null_of(element.oid)?,
            length => {
                let length = usize::try_from(length).map_err(|_| Refused::Binary)?;
                let (value, after) = rest.split_at_checked(length).ok_or(Refused::Binary)?;
                rest = after;
                binary::decode(value, element.oid)?
            }
        });
    }
    if rest.is_empty() { list(values, element) } else { Err(Refused::Binary) }
}

/// The items between the braces; `None` is NULL. The error says whether the array is nested.
fn items(body: &str) -> Result<Vec<Option<String>>, bool> {
    let mut items = Vec::new();
    let mut characters = body.trim().chars().peekable();
    if characters.peek().is_none() {
        return Ok(items);
    }
    loop {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        let mut item = String::new();
        let quoted = characters.next_if_eq(&'"').is_some();
        if quoted {
            loop {
                match characters.next().ok_or(false)? {
                    '"' => break,
                    '\\' => item.push(characters.next().ok_or(false)?),
                    character => item.push(character),
                }
            }
            while characters.next_if(|c| c.is_whitespace()).is_some() {}
        } else {
            while let Some(character) = characters.next_if(|c| *c != ',') {
                match character {
                    '{' | '}' => return Err(true),
                    '"' => return Err(false),
                    '\\' => item.push(characters.next().ok_or(false)?),
                    character => item.push(character),
                }
            }
            item.truncate(item.trim_end().len());
            if item.is_empty() {
                return Err(false);
            }
        }
        items.push(if !quoted && item.eq_ignore_ascii_case("null") { None } else { Some(item) });
        match characters.next() {
            None => return Ok(items),
            Some(',') => {}
            Some(_) => return Err(false),
        }
    }
}

/// Decimals of one array may be written with different widths, but have one type.
fn list(values: Vec<ScalarValue>, element: &BuiltinType) -> Result<ScalarValue, Refused> {
    let data_type = match element.oid {
        oid::NUMERIC => common_decimal(&values),
        oid => types::to_arrow(PgType::new(oid)),
    };
    let cast = |value: ScalarValue| value.cast_to(&data_type).map_err(|_| Refused::Range("array".to_owned()));
    let values: Vec<ScalarValue> = values.into_iter().map(cast).collect::<Result<_, _>>()?;
    Ok(ScalarValue::List(ScalarValue::new_list_nullable(&values, &data_type)))
}

fn common_decimal(values: &[ScalarValue]) -> DataType {
    let sizes = values.iter().filter(|value| !value.is_null()).filter_map(|value| match value.data_type() {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => Some((precision - scale as u8, scale as u8)),
        _ => None,
    });
    let (whole, scale) = sizes.fold((1, 0), |(whole, scale), size| (whole.max(size.0), scale.max(size.1)));
    match whole + scale {
        precision @ ..=38 => DataType::Decimal128(precision, scale as i8),
        precision => DataType::Decimal256(precision.min(76), scale as i8),
    }
}

/// The next four bytes as a number.
fn word(bytes: &mut &[u8]) -> Result<i32, Refused> {
    let (word, rest) = bytes.split_first_chunk::<4>().ok_or(Refused::Binary)?;
    *bytes = rest;
    Ok(i32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_may_be_quoted() {
        let item = |text: &str| Some(text.to_owned());
        assert_eq!(items(""), Ok(vec![]));
        assert_eq!(items(" a b , NULL,\"NULL\" ,\"x\\\"y,\", \\,z"), Ok(vec![item("a b"), None, item("NULL"), item("x\"y,"), item(",z")]));
        assert_eq!(items("\"\""), Ok(vec![item("")]));
        for wrong in ["a,", ",a", "\"a", "\"a\"b", "a\"b\""] {
            assert_eq!(items(wrong), Err(false), "{wrong}");
        }
        assert_eq!(items("{1},{2}"), Err(true));
    }

    #[test]
    fn decimals_of_an_array_have_one_type() {
        let numeric = PgType::new(oid::NUMERIC);
        let list = parse("{1.5,100,NULL}", numeric.builtin().expect("numeric"), "UTC").expect("an array");
        assert_eq!(list.data_type(), DataType::new_list(DataType::Decimal128(4, 1), true));
    }

    #[test]
    fn no_length_is_believed() {
        let int4 = PgType::new(oid::INT4);
        let bytes: Vec<u8> = [1, 0, 23, i32::MAX, 1].iter().flat_map(|word: &i32| word.to_be_bytes()).collect();
        assert_eq!(from_binary(&bytes, int4.builtin().expect("int4")), Err(Refused::Binary));
    }
}

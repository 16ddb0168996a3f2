//! How many bytes a value takes: `pg_column_size`.
//!
//! What a source keeps of its values is not known here: this is the size of a value that is not stored, in PostgreSQL's own form.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::io::numeric;
use crate::io::registered::type_name;
use crate::types::oid;
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("pg_column_size", pg_column_size)];

/// The bytes that tell the length of what has no fixed one.
const LENGTH_BYTES: usize = 4;

fn pg_column_size(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<Value> {
    let type_oid = signature.arguments.first().map_or(oid::TEXT, |argument| argument.oid);
    let fixed = context.catalog.type_info(type_oid).and_then(|info| usize::try_from(info.length).ok());
    let size = match (&arguments[0], fixed) {
        (_, Some(length)) => length,
        // A text without a type ends with a zero.
        (Value::Text(text), None) if matches!(type_oid, oid::UNKNOWN | oid::CSTRING) => text.len() + 1,
        (Value::Text(text), None) if matches!(type_oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::JSON | oid::XML) => {
            LENGTH_BYTES + text.len()
        }
        (Value::Bytes(bytes), None) => LENGTH_BYTES + bytes.len(),
        (Value::Numeric(number), None) => LENGTH_BYTES + of_number(number),
        _ => {
            let message = format!("the size of a value of type {} is not known", type_name(context, type_oid));
            return Err(Error::new(Code::Unsupported, message));
        }
    };
    Ok(Value::Int(size as i64))
}

/// Two bytes for sign, scale and weight, and two for four digits each, where all of them are small; two more where one is not.
fn of_number(number: &Numeric) -> usize {
    const GROUP: i64 = 4;
    const SHORT_SCALE_MAX: i64 = 63;
    const SHORT_WEIGHTS: std::ops::RangeInclusive<i64> = -64..=63;
    let Numeric::Finite(number) = number else { return 2 };
    let (digits, scale) = number.as_bigint_and_exponent();
    let text = digits.magnitude().to_string();
    let significant = text.trim_end_matches('0');
    if significant.is_empty() {
        return if scale > SHORT_SCALE_MAX { 4 } else { 2 };
    }
    // Powers of ten of the first and of the last digit that is not zero.
    let first = numeric::decimal_digits(&digits) - scale - 1;
    let last = (text.len() - significant.len()) as i64 - scale;
    let (weight, end) = (first.div_euclid(GROUP), last.div_euclid(GROUP));
    let header = if scale <= SHORT_SCALE_MAX && SHORT_WEIGHTS.contains(&weight) { 2 } else { 4 };
    header + 2 * (weight - end + 1) as usize
}

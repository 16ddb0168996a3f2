//! Concatenation, and strings of bits.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("textcat", |_, _, a| Ok(Value::from([a.text(0)?, a.text(1)?].concat()))),
    ScalarEntry::new("byteacat", |_, _, a| Ok(Value::Bytes([a.bytes(0)?, a.bytes(1)?].concat().into()))),
    ScalarEntry::new("nameconcatoid", |_, _, a| Ok(name_with_oid(a.text(0)?, a.oid(1)?).into())),
    ScalarEntry::new("bitcat", |_, _, a| Ok(Value::from([a.text(0)?, a.text(1)?].concat()))),
    ScalarEntry::new("bitnot", not),
    ScalarEntry::new("bit_and", |_, _, a| combine(a, "AND", |left, right| left && right)),
    ScalarEntry::new("bit_or", |_, _, a| combine(a, "OR", |left, right| left || right)),
    ScalarEntry::new("bitxor", |_, _, a| combine(a, "XOR", |left, right| left != right)),
    ScalarEntry::new("bitshiftleft", |_, _, a| shift(a.text(0)?, a.int(1)?)),
    ScalarEntry::new("bitshiftright", |_, _, a| shift(a.text(0)?, -a.int(1)?)),
];

/// A name and a number behind it, the name cut so that both fit.
fn name_with_oid(name: &str, oid: u32) -> String {
    const NAME_BYTES_MAX: usize = 63;
    let suffix = format!("_{oid}");
    let mut end = name.len().min(NAME_BYTES_MAX - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

fn not(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let turned = arguments.text(0)?.chars().map(|bit| if bit == '0' { '1' } else { '0' });
    Ok(Value::from(turned.collect::<String>()))
}

fn combine(arguments: &[Value], operation: &str, with: fn(bool, bool) -> bool) -> Result<Value> {
    let (left, right) = (arguments.text(0)?, arguments.text(1)?);
    if left.len() != right.len() {
        return Err(Error::new(Code::LengthMismatch, format!("cannot {operation} bit strings of different sizes")));
    }
    let bits = left.bytes().zip(right.bytes()).map(|(left, right)| if with(left == b'1', right == b'1') { '1' } else { '0' });
    Ok(Value::from(bits.collect::<String>()))
}

/// To the left, or to the right for a count below zero; the length stays.
fn shift(bits: &str, count: i64) -> Result<Value> {
    let length = bits.len();
    let moved = usize::try_from(count.unsigned_abs()).map_or(length, |moved| moved.min(length));
    let zeros = "0".repeat(moved);
    Ok(Value::from(match count < 0 {
        false => [&bits[moved..], &zeros].concat(),
        true => [&zeros, &bits[..length - moved]].concat(),
    }))
}

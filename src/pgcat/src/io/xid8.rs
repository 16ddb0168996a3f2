//! `xid8`: the number of a transaction, in 64 bits without sign. Its value is kept as the text, ordered by the number.

use spi::Result;

use super::integer;
use crate::value::Value;

pub fn value(number: u64) -> Value {
    Value::ordered(number.to_be_bytes(), number.to_string())
}

pub fn read(text: &str) -> Result<u64> {
    integer::read_unsigned(text, 64, "xid8")
}

//! Bits of strings of bytes: how many are set, and single bytes.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("bytea_bit_count", |_, _, arguments| {
        Ok(Value::Int(arguments.bytes(0)?.iter().map(|byte| i64::from(byte.count_ones())).sum()))
    }),
    ScalarEntry::new("byteaGetByte", |_, _, arguments| {
        let bytes = arguments.bytes(0)?;
        Ok(Value::Int(i64::from(bytes[place(arguments.int(1)?, bytes.len())?])))
    }),
    ScalarEntry::new("byteaSetByte", |_, _, arguments| {
        let mut bytes = arguments.bytes(0)?.to_vec();
        let place = place(arguments.int(1)?, bytes.len())?;
        bytes[place] = arguments.int(2)? as u8;
        Ok(Value::Bytes(bytes.into()))
    }),
    ScalarEntry::new("byteaGetBit", |_, _, arguments| {
        let bytes = arguments.bytes(0)?;
        let bit = place(arguments.int(1)?, bytes.len() * 8)?;
        Ok(Value::Int(i64::from(bytes[bit / 8] >> (bit % 8) & 1)))
    }),
    ScalarEntry::new("byteaSetBit", |_, _, arguments| {
        let mut bytes = arguments.bytes(0)?.to_vec();
        let bit = place(arguments.int(1)?, bytes.len() * 8)?;
        let mask = 1 << (bit % 8);
        match arguments.int(2)? {
            0 => bytes[bit / 8] &= !mask,
            1 => bytes[bit / 8] |= mask,
            _ => return Err(Error::new(Code::InvalidArgument, "new bit must be 0 or 1")),
        }
        Ok(Value::Bytes(bytes.into()))
    }),
];

fn place(number: i64, count: usize) -> Result<usize> {
    let last = count as i64 - 1;
    match usize::try_from(number) {
        Ok(place) if place < count => Ok(place),
        _ => Err(Error::new(Code::Subscript, format!("index {number} out of valid range, 0..{last}"))),
    }
}

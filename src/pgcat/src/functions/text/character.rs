//! Characters by their numbers: `ascii`, `chr`, `to_hex`.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("ascii", |_, _, arguments| {
        Ok(Value::Int(arguments.text(0)?.chars().next().map_or(0, |letter| i64::from(u32::from(letter)))))
    }),
    ScalarEntry::new("chr", |_, _, arguments| chr(arguments.int(0)?)),
    ScalarEntry::new("to_hex32", |_, _, arguments| Ok(format!("{:x}", arguments.int(0)? as i32).into())),
    ScalarEntry::new("to_hex64", |_, _, arguments| Ok(format!("{:x}", arguments.int(0)?).into())),
];

fn chr(number: i64) -> Result<Value> {
    match number {
        ..0 => Err(Error::new(Code::InvalidArgument, "character number must be positive")),
        0 => Err(Error::new(Code::Limit, "null character not permitted")),
        0x11_0000.. => Err(Error::new(Code::Limit, format!("requested character too large for encoding: {number}"))),
        _ => match char::from_u32(number as u32) {
            Some(letter) => Ok(letter.to_string().into()),
            None => Err(Error::new(Code::Limit, format!("requested character not valid for encoding: {number}"))),
        },
    }
}

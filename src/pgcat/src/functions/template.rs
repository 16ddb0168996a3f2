//! Numbers and moments by templates: `to_char`.

mod moment;
mod number;
pub mod words;

use bigdecimal::BigDecimal;
use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::is_infinite;
use crate::io::zone::Zone;
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("int4_to_char", |_, _, arguments| integer(arguments)),
    ScalarEntry::new("int8_to_char", |_, _, arguments| integer(arguments)),
    ScalarEntry::new("numeric_to_char", |_, _, arguments| number::write(arguments.numeric(0)?, arguments.text(1)?).map(Value::from)),
    ScalarEntry::new("float4_to_char", |_, _, arguments| float(arguments, 6)),
    ScalarEntry::new("float8_to_char", |_, _, arguments| float(arguments, 15)),
    ScalarEntry::new("timestamp_to_char", |_, _, arguments| {
        let local = arguments.timestamp(0)?;
        if is_infinite(local) || arguments.text(1)?.is_empty() {
            return Ok(Value::Null);
        }
        Ok(moment::write(&moment::Moment::of_local(local), arguments.text(1)?)?.into())
    }),
    ScalarEntry::new("timestamptz_to_char", |context, _, arguments| {
        let (moment, zone) = (arguments.timestamp(0)?, Zone::of(context.host));
        if is_infinite(moment) || arguments.text(1)?.is_empty() {
            return Ok(Value::Null);
        }
        Ok(moment::write(&moment::Moment::in_zone(moment, &zone), arguments.text(1)?)?.into())
    }),
    ScalarEntry::new("interval_to_char", |_, _, arguments| {
        if arguments.text(1)?.is_empty() {
            return Ok(Value::Null);
        }
        Ok(moment::write(&moment::Moment::of_interval(arguments.interval(0)?), arguments.text(1)?)?.into())
    }),
];

fn integer(arguments: &[Value]) -> Result<Value> {
    let number = Numeric::Finite(BigDecimal::from(arguments.int(0)?));
    number::write(&number, arguments.text(1)?).map(Value::from)
}

/// With the digits that the type is sure of.
fn float(arguments: &[Value], digits: usize) -> Result<Value> {
    let float = arguments.float(0)?;
    let number = if float.is_nan() {
        Numeric::NaN
    } else if float.is_infinite() {
        if float > 0.0 { Numeric::Infinity } else { Numeric::NegativeInfinity }
    } else {
        let text = format!("{float:.*e}", digits - 1);
        // What Rust prints of a finite number is one.
        Numeric::Finite(text.parse().unwrap_or_default())
    };
    number::write(&number, arguments.text(1)?).map(Value::from)
}

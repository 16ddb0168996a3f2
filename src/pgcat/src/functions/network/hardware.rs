//! `macaddr` and `macaddr8`: each as the other, their makers' half, and the bits of the longer one.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::{macaddr, macaddr8};
use crate::value::Value;
use crate::value::compare::compare;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("macaddr_cmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
    ScalarEntry::new("macaddr8_cmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
    ScalarEntry::new("macaddr_trunc", |_, _, a| {
        let [first, second, third, ..] = macaddr::read(a.text(0)?)?;
        Ok(Value::from(macaddr::text([first, second, third, 0, 0, 0])))
    }),
    ScalarEntry::new("macaddr8_trunc", |_, _, a| {
        let [first, second, third, ..] = macaddr8::read(a.text(0)?)?;
        Ok(value([first, second, third, 0, 0, 0, 0, 0]))
    }),
    ScalarEntry::new("macaddrtomacaddr8", |_, _, a| Ok(value(macaddr8::extended(macaddr::read(a.text(0)?)?)))),
    ScalarEntry::new("macaddr8tomacaddr", |_, _, a| shortened(macaddr8::read(a.text(0)?)?)),
    // The seventh bit says that an address is given locally.
    ScalarEntry::new("macaddr8_set7bit", |_, _, a| {
        let mut bytes = macaddr8::read(a.text(0)?)?;
        bytes[0] |= 0x02;
        Ok(value(bytes))
    }),
    ScalarEntry::new("macaddr8_not", |_, _, a| Ok(value(macaddr8::read(a.text(0)?)?.map(|byte| !byte)))),
    ScalarEntry::new("macaddr8_and", |_, _, a| combined(a, |left, right| left & right)),
    ScalarEntry::new("macaddr8_or", |_, _, a| combined(a, |left, right| left | right)),
];

fn value(bytes: [u8; 8]) -> Value {
    Value::from(macaddr8::text(bytes))
}

fn shortened(bytes: [u8; 8]) -> Result<Value> {
    match bytes {
        [a, b, c, 0xff, 0xfe, d, e, f] => Ok(Value::from(macaddr::text([a, b, c, d, e, f]))),
        _ => {
            let error = Error::new(Code::OutOfRange, "macaddr8 data out of range to convert to macaddr");
            Err(error.hint(
                "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example \
                 xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.",
            ))
        }
    }
}

fn combined(arguments: &[Value], with: fn(u8, u8) -> u8) -> Result<Value> {
    let (mut left, right) = (macaddr8::read(arguments.text(0)?)?, macaddr8::read(arguments.text(1)?)?);
    left.iter_mut().zip(right).for_each(|(left, right)| *left = with(*left, right));
    Ok(value(left))
}

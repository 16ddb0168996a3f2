//! Numbers and moments by templates: `to_char`, `to_number`, `to_date` and `to_timestamp`.

mod moment;
mod node;
mod number;
pub mod words;

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::{self, is_infinite, out_of_range};
use crate::io::zone::Zone;
use crate::value::{Numeric, Value};
use moment::Moment;
use number::{Digits, Precision, Template, Width};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("int4_to_char", |_, _, arguments| {
        let integer = arguments.int(0)?;
        number(arguments, |template| number::of_integer(integer, Width::Integer, template))
    }),
    ScalarEntry::new("int8_to_char", |_, _, arguments| {
        let integer = arguments.int(0)?;
        number(arguments, |template| number::of_integer(integer, Width::Bigint, template))
    }),
    ScalarEntry::new("numeric_to_char", |_, _, arguments| {
        let numeric = arguments.numeric(0)?;
        number(arguments, |template| number::of_numeric(numeric, template))
    }),
    ScalarEntry::new("float4_to_char", |_, _, arguments| {
        let float = arguments.float(0)?;
        number(arguments, |template| Ok(number::of_float(float, Precision::Real, template)))
    }),
    ScalarEntry::new("float8_to_char", |_, _, arguments| {
        let float = arguments.float(0)?;
        number(arguments, |template| Ok(number::of_float(float, Precision::Double, template)))
    }),
    ScalarEntry::new("numeric_to_number", |_, _, arguments| to_number(arguments)),
    ScalarEntry::new("timestamp_to_char", |_, _, arguments| {
        let local = arguments.timestamp(0)?;
        if is_infinite(local) { Ok(Value::Null) } else { moment(arguments, &Moment::of_local(local)) }
    }),
    ScalarEntry::new("timestamptz_to_char", |context, _, arguments| {
        let (instant, zone) = (arguments.timestamp(0)?, Zone::of(context.host));
        if is_infinite(instant) { Ok(Value::Null) } else { moment(arguments, &Moment::in_zone(instant, &zone)) }
    }),
    ScalarEntry::new("interval_to_char", |_, _, arguments| moment(arguments, &Moment::of_interval(arguments.interval(0)?))),
    ScalarEntry::new("to_date", |_, _, arguments| to_date(arguments)),
    ScalarEntry::new("to_timestamp", |context, _, arguments| to_timestamp(arguments, &Zone::of(context.host))),
];

fn number(arguments: &[Value], digits: impl FnOnce(&mut Template) -> Result<Digits>) -> Result<Value> {
    let mut template = Template::parse(arguments.text(1)?)?;
    let digits = digits(&mut template)?;
    Ok(number::write(digits, template)?.into())
}

fn to_number(arguments: &[Value]) -> Result<Value> {
    let template = arguments.text(1)?;
    if template.is_empty() {
        return Ok(Value::Null);
    }
    let number: Numeric = number::read(arguments.text(0)?, Template::parse(template)?)?;
    Ok(Value::Numeric(Box::new(number)))
}

fn moment(arguments: &[Value], moment: &Moment) -> Result<Value> {
    match arguments.text(1)? {
        "" => Ok(Value::Null),
        template => Ok(moment::write(moment, template)?.into()),
    }
}

fn to_date(arguments: &[Value]) -> Result<Value> {
    let text = arguments.text(0)?;
    let read = moment::read_moment(text, arguments.text(1)?)?;
    let days = read.local.days().and_then(|days| calendar::date(days.into()));
    days.map(Value::Date).ok_or_else(|| Error::new(Code::DatetimeRange, format!("date out of range: \"{text}\"")))
}

fn to_timestamp(arguments: &[Value], zone: &Zone) -> Result<Value> {
    let read = moment::read_moment(arguments.text(0)?, arguments.text(1)?)?;
    let local = read.local.timestamp().ok_or_else(|| out_of_range("timestamp"))?;
    let east = read.east.unwrap_or_else(|| zone.east_at_local(local));
    let moment = local.checked_sub(i64::from(east) * calendar::SECOND).and_then(calendar::timestamp);
    let moment = moment.ok_or_else(|| out_of_range("timestamp"))?;
    Ok(Value::Timestamp(read.precision.map_or(moment, |precision| calendar::rounded(moment, precision))))
}

//! `sum` and `avg`.
//!
//! Whole numbers are summed without loss; the sum is a `bigint` of the smaller types and a `numeric` of `bigint`.

use spi::{Code, Error, Result};

use crate::function::{Accumulator, AggregateEntry, Context, Signature};
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::functions::operators::times::intervals;
use crate::types::oid;
use crate::value::{Interval, Numeric, Value};

pub const AGGREGATES: &[AggregateEntry] =
    &[AggregateEntry::new("sum", |signature| begin(signature, false)), AggregateEntry::new("avg", |signature| begin(signature, true))];

fn begin(signature: &Signature, is_average: bool) -> Box<dyn Accumulator> {
    match signature.arguments.first().map_or(0, |argument| argument.oid) {
        oid::INT2 | oid::INT4 | oid::INT8 | oid::MONEY => Box::new(Integers { sum: 0, count: 0, is_average, result: signature.result.oid }),
        oid::FLOAT4 | oid::FLOAT8 => Box::new(Floats { sum: 0.0, count: 0, is_average, is_single: signature.result.oid == oid::FLOAT4 }),
        oid::INTERVAL => Box::new(Intervals { sum: Interval { months: 0, days: 0, microseconds: 0 }, count: 0, is_average }),
        _ => Box::new(Numerics { sum: Numeric::Finite(0.into()), count: 0, is_average }),
    }
}

struct Integers {
    sum: i128,
    count: i64,
    is_average: bool,
    result: u32,
}

impl Accumulator for Integers {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.sum += i128::from(arguments.int(0)?);
        self.count += 1;
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        if self.count == 0 {
            return Ok(Value::Null);
        }
        let sum = Numeric::Finite(self.sum.into());
        if self.is_average {
            return numerics::divide(&sum, &Numeric::Finite(self.count.into())).map(numerics::value);
        }
        if self.result == oid::NUMERIC {
            return Ok(numerics::value(sum));
        }
        let type_name = if self.result == oid::MONEY { "money" } else { "bigint" };
        let sum = i64::try_from(self.sum).map_err(|_| Error::new(Code::OutOfRange, format!("{type_name} out of range")))?;
        Ok(Value::Int(sum))
    }
}

struct Floats {
    sum: f64,
    count: i64,
    is_average: bool,
    /// Whether each sum is rounded to a `real`.
    is_single: bool,
}

impl Accumulator for Floats {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let number = arguments.float(0)?;
        let sum = self.sum + number;
        let sum = if self.is_single { f64::from(sum as f32) } else { sum };
        if sum.is_infinite() && self.sum.is_finite() && number.is_finite() {
            return Err(Error::new(Code::OutOfRange, "value out of range: overflow"));
        }
        self.sum = sum;
        self.count += 1;
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(match (self.count, self.is_average) {
            (0, _) => Value::Null,
            (_, false) => Value::Float(self.sum),
            (count, true) => Value::Float(self.sum / count as f64),
        })
    }
}

struct Numerics {
    sum: Numeric,
    count: i64,
    is_average: bool,
}

impl Accumulator for Numerics {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.sum = numerics::add(&self.sum, arguments.numeric(0)?)?;
        self.count += 1;
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        match (self.count, self.is_average) {
            (0, _) => Ok(Value::Null),
            (_, false) => Ok(numerics::value(self.sum.clone())),
            (count, true) => numerics::divide(&self.sum, &Numeric::Finite(count.into())).map(numerics::value),
        }
    }
}

struct Intervals {
    sum: Interval,
    count: i64,
    is_average: bool,
}

impl Accumulator for Intervals {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.sum = intervals::sum(self.sum, arguments.interval(0)?)?;
        self.count += 1;
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(match (self.count, self.is_average) {
            (0, _) => Value::Null,
            (_, false) => Value::Interval(Box::new(self.sum)),
            (count, true) => Value::Interval(Box::new(intervals::divided(self.sum, count as f64)?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::fixture::session::Session;
    use crate::types::Type;

    fn total(name: &str, argument: u32, result: u32, values: Vec<Value>) -> String {
        let catalog = Catalog::new(0, 0, Vec::new());
        let session = Session::new();
        let context = Context { catalog: &catalog, host: &session };
        let signature = Signature { arguments: vec![Type::new(argument)], result: Type::new(result), is_variadic: false };
        let mut state = (crate::functions::aggregate(name).unwrap().begin)(&signature);
        for value in values {
            state.add(&context, &[value]).unwrap();
        }
        crate::io::output(&context, result, &state.finish(&context).unwrap()).unwrap()
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn sums_and_averages() {
        let ints = |numbers: &[i64]| numbers.iter().map(|number| Value::Int(*number)).collect::<Vec<_>>();
        assert_eq!(total("sum", oid::INT4, oid::INT8, ints(&[1, 2])), "3");
        assert_eq!(total("avg", oid::INT4, oid::NUMERIC, ints(&[1, 2])), "1.5000000000000000");
        assert_eq!(total("avg", oid::INT4, oid::NUMERIC, ints(&[1])), "1.00000000000000000000");
        assert_eq!(total("avg", oid::INT8, oid::NUMERIC, ints(&[10_000, 20_001, 20_001])), "16667.333333333333");
        assert_eq!(total("sum", oid::INT8, oid::NUMERIC, ints(&[i64::MAX, 1])), "9223372036854775808");
        assert_eq!(total("stddev", oid::INT4, oid::NUMERIC, ints(&[1, 2, 4])), "1.5275252316519467");
        assert_eq!(total("var_pop", oid::INT4, oid::NUMERIC, ints(&[1, 2, 4])), "1.5555555555555556");
        assert_eq!(total("var_pop", oid::INT4, oid::NUMERIC, ints(&[1])), "0");
        assert_eq!(total("sum", oid::INT4, oid::INT8, Vec::new()), "");
        let floats = [1.5, 2.25, 4.125].map(Value::Float).to_vec();
        assert_eq!(total("variance", oid::FLOAT8, oid::FLOAT8, floats), "1.828125");
        let hours = |days, hours: i64| Value::Interval(Box::new(Interval { months: 0, days, microseconds: hours * 3_600_000_000 }));
        assert_eq!(total("avg", oid::INTERVAL, oid::INTERVAL, vec![hours(1, 2), hours(0, -3)]), "11:30:00");
    }
}

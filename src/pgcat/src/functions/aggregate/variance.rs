//! Variances and standard deviations, of `numeric` exactly and of floating-point numbers by the recurrence of Youngs and Cramer.

use bigdecimal::BigDecimal;
use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context, Signature};
use crate::functions::Arguments;
use crate::functions::math::root::square_root_to;
use crate::functions::operators::numerics;
use crate::types::oid;
use crate::value::{Numeric, Value};

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("variance", |signature| begin(signature, Measure { of_sample: true, is_deviation: false })),
    AggregateEntry::new("var_samp", |signature| begin(signature, Measure { of_sample: true, is_deviation: false })),
    AggregateEntry::new("var_pop", |signature| begin(signature, Measure { of_sample: false, is_deviation: false })),
    AggregateEntry::new("stddev", |signature| begin(signature, Measure { of_sample: true, is_deviation: true })),
    AggregateEntry::new("stddev_samp", |signature| begin(signature, Measure { of_sample: true, is_deviation: true })),
    AggregateEntry::new("stddev_pop", |signature| begin(signature, Measure { of_sample: false, is_deviation: true })),
];

#[derive(Clone, Copy)]
struct Measure {
    /// Divided by one less than the count.
    of_sample: bool,
    /// The root of the variance.
    is_deviation: bool,
}

fn begin(signature: &Signature, measure: Measure) -> Box<dyn Accumulator> {
    match signature.arguments.first().map_or(0, |argument| argument.oid) {
        oid::FLOAT4 | oid::FLOAT8 => Box::new(Floats { measure, count: 0.0, sum: 0.0, squares: 0.0 }),
        _ => Box::new(Numerics { measure, count: 0, sum: Numeric::Finite(0.into()), squares: Numeric::Finite(0.into()) }),
    }
}

struct Floats {
    measure: Measure,
    count: f64,
    sum: f64,
    /// The sum of the squares of the differences from the mean.
    squares: f64,
}

impl Accumulator for Floats {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let number = arguments.float(0)?;
        self.count += 1.0;
        self.sum += number;
        if self.count > 1.0 {
            let difference = number * self.count - self.sum;
            self.squares += difference * difference / (self.count * (self.count - 1.0));
        } else if !number.is_finite() {
            self.squares = f64::NAN;
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        let divisor = if self.measure.of_sample { self.count - 1.0 } else { self.count };
        if divisor <= 0.0 {
            return Ok(Value::Null);
        }
        let variance = self.squares / divisor;
        Ok(Value::Float(if self.measure.is_deviation { variance.sqrt() } else { variance }))
    }
}

struct Numerics {
    measure: Measure,
    count: i64,
    sum: Numeric,
    squares: Numeric,
}

impl Accumulator for Numerics {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let number = match &arguments[0] {
            Value::Int(number) => Numeric::Finite(BigDecimal::from(*number)),
            _ => arguments.numeric(0)?.clone(),
        };
        self.sum = numerics::add(&self.sum, &number)?;
        self.squares = numerics::add(&self.squares, &numerics::multiply(&number, &number)?)?;
        self.count += 1;
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        let divisor = if self.measure.of_sample { self.count - 1 } else { self.count };
        if divisor <= 0 {
            return Ok(Value::Null);
        }
        let (Numeric::Finite(sum), Numeric::Finite(squares)) = (&self.sum, &self.squares) else {
            return Ok(numerics::value(Numeric::NaN));
        };
        let count = BigDecimal::from(self.count);
        let spread = squares * &count - sum * sum;
        // Without a spread it is the zero without digits behind the point.
        if spread.sign() != bigdecimal::num_bigint::Sign::Plus {
            return Ok(numerics::value(Numeric::Finite(0.into())));
        }
        let variance = numerics::divide(&Numeric::Finite(spread), &Numeric::Finite(count * BigDecimal::from(divisor)))?;
        match variance {
            Numeric::Finite(variance) if self.measure.is_deviation => {
                Ok(numerics::value(Numeric::Finite(square_root_to(&variance, variance.fractional_digit_count()))))
            }
            variance => Ok(numerics::value(variance)),
        }
    }
}

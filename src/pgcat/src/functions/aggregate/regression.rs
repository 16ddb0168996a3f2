//! Correlation, covariance and linear regression of pairs (y, x), by the recurrence of Youngs and Cramer.

use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context};
use crate::functions::Arguments;
use crate::value::Value;

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("regr_count", |_| begin(|pairs| Value::Int(pairs.count as i64))),
    AggregateEntry::new("regr_sxx", |_| begin(|pairs| pairs.unless_empty(pairs.xx))),
    AggregateEntry::new("regr_syy", |_| begin(|pairs| pairs.unless_empty(pairs.yy))),
    AggregateEntry::new("regr_sxy", |_| begin(|pairs| pairs.unless_empty(pairs.xy))),
    AggregateEntry::new("regr_avgx", |_| begin(|pairs| pairs.unless_empty(pairs.x / pairs.count))),
    AggregateEntry::new("regr_avgy", |_| begin(|pairs| pairs.unless_empty(pairs.y / pairs.count))),
    AggregateEntry::new("covar_pop", |_| begin(|pairs| pairs.unless_empty(pairs.xy / pairs.count))),
    AggregateEntry::new("covar_samp", |_| begin(|pairs| pairs.only_if(pairs.count > 1.0, pairs.xy / (pairs.count - 1.0)))),
    AggregateEntry::new("corr", |_| {
        begin(|pairs| pairs.only_if(pairs.xx != 0.0 && pairs.yy != 0.0, pairs.xy / (pairs.xx * pairs.yy).sqrt()))
    }),
    AggregateEntry::new("regr_r2", |_| {
        begin(|pairs| {
            // A horizontal line fits perfectly.
            let fit = if pairs.yy == 0.0 { 1.0 } else { pairs.xy * pairs.xy / (pairs.xx * pairs.yy) };
            pairs.only_if(pairs.xx != 0.0, fit)
        })
    }),
    AggregateEntry::new("regr_slope", |_| begin(|pairs| pairs.only_if(pairs.xx != 0.0, pairs.xy / pairs.xx))),
    AggregateEntry::new("regr_intercept", |_| {
        begin(|pairs| pairs.only_if(pairs.xx != 0.0, (pairs.y - pairs.x * pairs.xy / pairs.xx) / pairs.count))
    }),
];

#[derive(Clone, Copy, Default)]
struct Pairs {
    count: f64,
    x: f64,
    y: f64,
    /// Sums of products of differences from the means.
    xx: f64,
    yy: f64,
    xy: f64,
}

struct Regression {
    pairs: Pairs,
    result: fn(&Pairs) -> Value,
}

fn begin(result: fn(&Pairs) -> Value) -> Box<dyn Accumulator> {
    Box::new(Regression { pairs: Pairs::default(), result })
}

impl Pairs {
    fn unless_empty(&self, number: f64) -> Value {
        self.only_if(true, number)
    }

    fn only_if(&self, defined: bool, number: f64) -> Value {
        if defined && self.count > 0.0 { Value::Float(number) } else { Value::Null }
    }
}

impl Accumulator for Regression {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let (y, x) = (arguments.float(0)?, arguments.float(1)?);
        let pairs = &mut self.pairs;
        pairs.count += 1.0;
        pairs.x += x;
        pairs.y += y;
        if pairs.count > 1.0 {
            let (x_difference, y_difference) = (x * pairs.count - pairs.x, y * pairs.count - pairs.y);
            let scale = 1.0 / (pairs.count * (pairs.count - 1.0));
            pairs.xx += x_difference * x_difference * scale;
            pairs.yy += y_difference * y_difference * scale;
            pairs.xy += x_difference * y_difference * scale;
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok((self.result)(&self.pairs))
    }
}

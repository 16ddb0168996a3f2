//! `range_agg` and `range_intersect_agg`, of ranges and of multiranges.

use std::sync::Arc;

use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context};
use crate::functions::limits::within_limit;
use crate::functions::range::combine::intersection;
use crate::value::Value;
use crate::value::range::{Multirange, Range, Span, normalised};

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("range_agg", |_| Box::new(Union { range_type: None, spans: Vec::new(), size: 0 })),
    AggregateEntry::new("range_intersect_agg", |_| Box::new(Intersection(Value::Null))),
];

/// What is in any of them; null where there are none.
struct Union {
    range_type: Option<u32>,
    spans: Vec<Span>,
    /// Bytes of them.
    size: usize,
}

impl Accumulator for Union {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.size += arguments[0].size();
        within_limit(self.size)?;
        match &arguments[0] {
            Value::Range(range) => {
                self.range_type = Some(range.type_oid);
                self.spans.extend_from_slice(range.spans());
            }
            Value::Multirange(multirange) => {
                self.range_type = Some(multirange.range_type);
                self.spans.extend_from_slice(&multirange.spans);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        let made = |range_type| Multirange { range_type, spans: normalised(range_type, self.spans.clone()) };
        Ok(self.range_type.map_or(Value::Null, |range_type| Value::Multirange(Arc::new(made(range_type)))))
    }

    fn size(&self) -> usize {
        self.size
    }
}

/// What is in all of them.
struct Intersection(Value);

impl Accumulator for Intersection {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.0 = match (&self.0, &arguments[0]) {
            (Value::Range(kept), Value::Range(range)) => {
                let span = intersection(kept.spans(), range.spans()).pop();
                Value::Range(Arc::new(Range { type_oid: kept.type_oid, span }))
            }
            (Value::Multirange(kept), Value::Multirange(multirange)) => {
                let spans = intersection(&kept.spans, &multirange.spans);
                Value::Multirange(Arc::new(Multirange { range_type: kept.range_type, spans }))
            }
            (_, first) => first.clone(),
        };
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(self.0.clone())
    }
}

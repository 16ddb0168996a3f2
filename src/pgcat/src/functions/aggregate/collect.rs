//! Aggregates that keep all values: `array_agg` and `string_agg`.

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::function::{Accumulator, AggregateEntry, Context};
use crate::functions::array::element::element_type;
use crate::functions::limits::within_limit;
use crate::io::array::check_dimensions;
use crate::value::{Array, Dimension, Value};

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::with_nulls("array_agg", |signature| {
        Box::new(Elements {
            array_type: signature.result.oid,
            argument_type: signature.arguments.first().map_or(0, |argument| argument.oid),
            values: Vec::new(),
            size: 0,
        })
    }),
    AggregateEntry::with_nulls("string_agg", |_| Box::new(Joined { text: None })),
];

struct Elements {
    array_type: u32,
    /// The same as the type of the result where the elements are arrays, which become one of one dimension more.
    argument_type: u32,
    values: Vec<Value>,
    size: usize,
}

impl Accumulator for Elements {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        if self.array_type == self.argument_type {
            self.check_array(&arguments[0])?;
        }
        self.size += arguments[0].size();
        within_limit(self.size)?;
        self.values.push(arguments[0].clone());
        Ok(())
    }

    fn finish(&self, context: &Context<'_>) -> Result<Value> {
        let Some(first) = self.values.first() else { return Ok(Value::Null) };
        let element = element_type(context, self.array_type);
        match first {
            Value::Array(array) if self.array_type == self.argument_type => {
                let mut dimensions = vec![Dimension { length: self.values.len() as i32, lower: 1 }];
                dimensions.extend(&array.dimensions);
                let values = self.values.iter().filter_map(Value::as_array).flat_map(|array| array.values.iter().cloned()).collect();
                Ok(Value::Array(Arc::new(Array { element, dimensions, values })))
            }
            _ => Ok(Value::array(element, self.values.clone())),
        }
    }

    fn size(&self) -> usize {
        self.size
    }
}

impl Elements {
    fn check_array(&self, value: &Value) -> Result<()> {
        let Value::Array(array) = value else { return Err(Error::new(Code::NullValue, "cannot accumulate null arrays")) };
        if array.dimensions.is_empty() {
            return Err(Error::new(Code::Subscript, "cannot accumulate empty arrays"));
        }
        check_dimensions(array.dimensions.len() + 1)?;
        match self.values.first() {
            Some(Value::Array(first)) if first.dimensions != array.dimensions => {
                Err(Error::new(Code::Subscript, "cannot accumulate arrays of different dimensionality"))
            }
            _ => Ok(()),
        }
    }
}

/// Texts, or strings of bytes. The separator before the first value that is not null is not written.
struct Joined {
    text: Option<Kept>,
}

enum Kept {
    Text(String),
    Bytes(Vec<u8>),
}

impl Accumulator for Joined {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let size = match (&mut self.text, &arguments[0], &arguments[1]) {
            (_, Value::Null, _) => return Ok(()),
            (kept @ None, Value::Bytes(bytes), _) => {
                *kept = Some(Kept::Bytes(bytes.to_vec()));
                bytes.len()
            }
            (kept @ None, value, _) => {
                let text = value.as_str().unwrap_or_default();
                *kept = Some(Kept::Text(text.to_owned()));
                text.len()
            }
            (Some(Kept::Bytes(kept)), Value::Bytes(bytes), separator) => {
                if let Value::Bytes(separator) = separator {
                    kept.extend_from_slice(separator);
                }
                kept.extend_from_slice(bytes);
                kept.len()
            }
            (Some(Kept::Text(kept)), value, separator) => {
                kept.push_str(separator.as_str().unwrap_or_default());
                kept.push_str(value.as_str().unwrap_or_default());
                kept.len()
            }
            (Some(Kept::Bytes(_)), value, _) => return Err(Error::internal(format!("{value:?} among strings of bytes"))),
        };
        within_limit(size)
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(match &self.text {
            None => Value::Null,
            Some(Kept::Text(text)) => text.as_str().into(),
            Some(Kept::Bytes(bytes)) => Value::Bytes(bytes.as_slice().into()),
        })
    }

    fn size(&self) -> usize {
        match &self.text {
            None => 0,
            Some(Kept::Text(text)) => text.len(),
            Some(Kept::Bytes(bytes)) => bytes.len(),
        }
    }
}

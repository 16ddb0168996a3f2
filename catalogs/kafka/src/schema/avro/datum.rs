//! Reads a value of Avro's binary form. What is not wanted is passed over.
//!
//! Source: the section on binary encoding of Avro's specification.

use std::borrow::Cow;
use std::fmt;

use spi::documents::Document;
use spi::documents::json::{DEPTH_MAX, Wanted};

use super::logical;
use super::{Avro, Type, Unit};
use crate::schema::frame::zigzag;

/// How many values a message may hold beside one for each of its bytes, those within others too. Some take no bytes, so that a short
/// message could hold any number.
const VALUES_MORE: usize = 1_000_000;

/// What is wrong with a value, and at which byte behind the schema's number, counted from 0.
#[derive(Debug, PartialEq)]
pub(super) struct AvroError {
    position: usize,
    problem: &'static str,
}

impl fmt::Display for AvroError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid Avro at byte {}: {}", self.position, self.problem)
    }
}

const ENDS_TOO_EARLY: &str = "the value ends too early";

/// Reads a whole value.
pub(super) fn read<'v>(avro: &'v Avro, bytes: &'v [u8], wanted: &Wanted) -> Result<Document<'v>, AvroError> {
    let mut reader = Reader { avro, bytes, position: 0, values_left: bytes.len().saturating_add(VALUES_MORE) };
    let document = reader.value(&avro.root, Some(wanted), 0)?;
    match reader.position == bytes.len() {
        true => Ok(document),
        false => Err(reader.error("there is more behind the value")),
    }
}

struct Reader<'v> {
    avro: &'v Avro,
    bytes: &'v [u8],
    position: usize,
    values_left: usize,
}

impl<'v> Reader<'v> {
    /// The next value. Where nothing of it is wanted it is checked, and null is returned.
    fn value(&mut self, value_type: &'v Type, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'v>, AvroError> {
        if depth >= DEPTH_MAX {
            return Err(self.error("it is nested too deeply"));
        }
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| self.error("there are too many values in it"))?;
        Ok(match value_type {
            Type::Null => Document::Null,
            Type::Boolean => match self.take(1)? {
                [0] => Document::Bool(false),
                [1] => Document::Bool(true),
                _ => return Err(self.error("a boolean was expected")),
            },
            Type::Int => Document::Int(self.int()?.into()),
            Type::Long => Document::Int(self.long()?),
            Type::Float => Document::Float(f32::from_le_bytes(self.array()?).into()),
            Type::Double => Document::Float(f64::from_le_bytes(self.array()?)),
            Type::Bytes => Document::Bytes(self.sized()?.into()),
            Type::Fixed(size) => Document::Bytes(self.take(*size)?.into()),
            Type::Text => Document::text(self.text()?),
            Type::Enum(symbols) => {
                let symbol = usize::try_from(self.int()?).ok().and_then(|place| symbols.get(place));
                Document::text(symbol.ok_or_else(|| self.error("the enum has no such symbol"))?.as_str())
            }
            Type::Union(branches) => {
                let branch = usize::try_from(self.long()?).ok().and_then(|place| branches.get(place));
                let branch = branch.ok_or_else(|| self.error("the union has no such branch"))?;
                self.value(branch, wanted, depth + 1)?
            }
            Type::Array(item) => self.array_of(item, wanted, depth)?,
            Type::Map(value) => self.map_of(value, wanted, depth)?,
            Type::Record(record) => self.record(*record, wanted, depth)?,
            Type::Decimal { scale, size, .. } => {
                let digits = if let Some(size) = size { self.take(*size)? } else { self.sized()? };
                logical::decimal(digits, *scale as i64)
            }
            Type::BigDecimal => {
                let mut inner = Reader { bytes: self.sized()?, position: 0, ..*self };
                let digits = inner.sized()?;
                logical::decimal(digits, inner.long()?)
            }
            Type::UuidText => Document::text(self.text()?),
            Type::UuidBytes => logical::uuid(self.sized()?),
            Type::UuidFixed(size) => logical::uuid(self.take(*size)?),
            Type::Date => Document::Date(self.int()?),
            Type::TimeMillis => logical::time_of_day(i64::from(self.int()?) * 1000),
            Type::TimeMicros => logical::time_of_day(self.long()?),
            Type::Moment(unit) => self.micros(*unit)?.map_or_else(|far| far, Document::TimestampTz),
            Type::LocalTime(unit) => self.micros(*unit)?.map_or_else(|far| far, Document::Timestamp),
            Type::Duration => logical::duration(self.array()?),
        })
    }

    fn record(&mut self, record: usize, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'v>, AvroError> {
        let avro = self.avro;
        let mut fields = Vec::new();
        for (name, field_type, _) in &avro.records[record].fields {
            let wanted = of_field(wanted, name);
            let value = self.value(field_type, wanted, depth + 1)?;
            if wanted.is_some() {
                fields.push((Cow::Borrowed(name.as_str()), value));
            }
        }
        Ok(Document::Object(fields))
    }

    fn array_of(&mut self, item: &'v Type, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'v>, AvroError> {
        let wanted = match wanted {
            Some(Wanted::Items(item)) => Some(&**item),
            Some(Wanted::Fields(_)) => None,
            all_or_nothing => all_or_nothing,
        };
        let mut items = Vec::new();
        while let Some(count) = self.block()? {
            for _ in 0..count {
                let value = self.value(item, wanted, depth + 1)?;
                if wanted.is_some() {
                    items.push(value);
                }
            }
        }
        Ok(Document::List(items))
    }

    fn map_of(&mut self, value: &'v Type, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'v>, AvroError> {
        let mut fields = Vec::new();
        while let Some(count) = self.block()? {
            for _ in 0..count {
                let name = self.text()?;
                let wanted = of_field(wanted, name);
                let value = self.value(value, wanted, depth + 1)?;
                if wanted.is_some() {
                    fields.push((Cow::Borrowed(name), value));
                }
            }
        }
        Ok(Document::Object(fields))
    }

    /// How many items the next block of a list or map has; none at the end of it. A negative number is followed by the block's bytes.
    fn block(&mut self) -> Result<Option<u64>, AvroError> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        Ok((count != 0).then_some(count.unsigned_abs()))
    }

    /// Microseconds since 1970, or what is beyond them.
    fn micros(&mut self, unit: Unit) -> Result<Result<i64, Document<'v>>, AvroError> {
        let count = self.long()?;
        Ok(match unit {
            Unit::Millis => count.checked_mul(1000).ok_or_else(|| Document::Unreadable(format!("{count} ms since 1970").into())),
            Unit::Micros => Ok(count),
            Unit::Nanos => Ok(logical::rounded_to_micros(count)),
        })
    }

    fn int(&mut self) -> Result<i32, AvroError> {
        let number = self.long()?;
        number.try_into().map_err(|_| self.error("a whole number of 32 bits was expected"))
    }

    fn long(&mut self) -> Result<i64, AvroError> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let (number, rest) = zigzag(rest).ok_or_else(|| self.error("a whole number was expected"))?;
        self.position = self.bytes.len() - rest.len();
        Ok(number)
    }

    fn text(&mut self) -> Result<&'v str, AvroError> {
        let bytes = self.sized()?;
        std::str::from_utf8(bytes).map_err(|_| self.error("the text is not valid UTF-8"))
    }

    /// Bytes behind their number.
    fn sized(&mut self) -> Result<&'v [u8], AvroError> {
        let size = self.long()?;
        let size = usize::try_from(size).map_err(|_| self.error("a length was expected"))?;
        self.take(size)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AvroError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| self.error(ENDS_TOO_EARLY))
    }

    fn take(&mut self, size: usize) -> Result<&'v [u8], AvroError> {
        let end = self.position.checked_add(size);
        let bytes = end.and_then(|end| self.bytes.get(self.position..end)).ok_or_else(|| self.error(ENDS_TOO_EARLY))?;
        self.position += size;
        Ok(bytes)
    }

    fn error(&self, problem: &'static str) -> AvroError {
        AvroError { position: self.position, problem }
    }
}

/// What of a record's field is wanted.
fn of_field<'w>(wanted: Option<&'w Wanted>, name: &str) -> Option<&'w Wanted> {
    match wanted {
        Some(Wanted::Fields(fields)) => fields.get(name),
        Some(Wanted::Items(item)) => of_field(Some(item), name),
        all_or_nothing => all_or_nothing,
    }
}

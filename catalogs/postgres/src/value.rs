//! Values in PostgreSQL's binary form into Arrow columns: exactly, or not at all. The table in `types.rs` says what is read as what.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder, Float32Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, IntervalMonthDayNanoBuilder, ListArray, NullBufferBuilder, StringBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, FieldRef, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use spi::{Error, Result};

use crate::array::{Elements, NoList};
use crate::dialect::{EPOCH_DAYS, EPOCH_MICROSECONDS};
use crate::numeric::Numeric;

/// 24:00:00, which PostgreSQL's `time` has and Arrow's does not.
const DAY_MICROSECONDS: i64 = 86_400_000_000;

/// Values of one column of a batch.
pub(crate) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    /// An `oid`: a number without sign in four bytes.
    Oid(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Interval(IntervalMonthDayNanoBuilder),
    Decimal128(Decimal128Builder, u8, i8),
    Decimal256(Decimal256Builder, u8, i8),
    Text(StringBuilder),
    Binary(BinaryBuilder),
    List(Box<ListBuilder>),
}

/// Lists of one column. Arrow's own builder would ask for the element's builder by its type.
pub(crate) struct ListBuilder {
    field: FieldRef,
    elements: ColumnBuilder,
    lengths: Vec<usize>,
    present: NullBufferBuilder,
}

/// The value does not fit the column's Arrow type; this is what an error says of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit(pub(crate) String);

impl Misfit {
    /// Bytes that no value of the type has.
    fn damaged(bytes: &[u8]) -> Self {
        Self(format!("{} bytes that are not a value of the type", bytes.len()))
    }
}

impl ColumnBuilder {
    /// A builder of values that come as `sent_oid`, for a column of that Arrow type.
    pub(crate) fn new(data_type: &DataType, sent_oid: u32) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int16 => Self::Int16(Int16Builder::new()),
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 if is_oid(sent_oid) => Self::Oid(Int64Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::Float32 => Self::Float32(Float32Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => Self::Interval(IntervalMonthDayNanoBuilder::new()),
            DataType::Decimal128(precision, scale) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(*precision, *scale)?;
                Self::Decimal128(builder, *precision, *scale)
            }
            DataType::Decimal256(precision, scale) => {
                let builder = Decimal256Builder::new().with_precision_and_scale(*precision, *scale)?;
                Self::Decimal256(builder, *precision, *scale)
            }
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::List(field) => Self::List(Box::new(ListBuilder {
                field: Arc::clone(field),
                elements: Self::new(field.data_type(), sent_oid)?,
                lengths: Vec::new(),
                present: NullBufferBuilder::new(0),
            })),
            other => return Err(Error::internal(format!("PostgreSQL columns are never of type {other}, but the snapshot has one"))),
        })
    }

    pub(crate) fn append(&mut self, value: Option<&[u8]>) -> Result<(), Misfit> {
        match self {
            Self::Boolean(builder) => builder.append_option(read(value, |bytes| Ok(fixed::<1>(bytes)?[0] != 0))?),
            Self::Int16(builder) => builder.append_option(read(value, |bytes| Ok(i16::from_be_bytes(fixed(bytes)?)))?),
            Self::Int32(builder) => builder.append_option(read(value, |bytes| Ok(i32::from_be_bytes(fixed(bytes)?)))?),
            Self::Int64(builder) => builder.append_option(read(value, |bytes| Ok(i64::from_be_bytes(fixed(bytes)?)))?),
            Self::Oid(builder) => builder.append_option(read(value, |bytes| Ok(i64::from(u32::from_be_bytes(fixed(bytes)?))))?),
            Self::Float32(builder) => builder.append_option(read(value, |bytes| Ok(f32::from_be_bytes(fixed(bytes)?)))?),
            Self::Float64(builder) => builder.append_option(read(value, |bytes| Ok(f64::from_be_bytes(fixed(bytes)?)))?),
            Self::Date(builder) => builder.append_option(read(value, date)?),
            Self::Time(builder) => builder.append_option(read(value, time)?),
            Self::Timestamp(builder) => builder.append_option(read(value, timestamp)?),
            Self::Interval(builder) => builder.append_option(read(value, interval)?),
            Self::Decimal128(builder, precision, scale) => {
                builder.append_option(read(value, |bytes| decimal128(bytes, *precision, *scale))?);
            }
            Self::Decimal256(builder, precision, scale) => {
                builder.append_option(read(value, |bytes| decimal256(bytes, *precision, *scale))?);
            }
            Self::Text(builder) => builder.append_option(read(value, text)?),
            Self::Binary(builder) => builder.append_option(value),
            Self::List(builder) => builder.append(value)?,
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) | Self::Oid(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Interval(builder) => Arc::new(builder.finish()),
            Self::Decimal128(builder, ..) => Arc::new(builder.finish()),
            Self::Decimal256(builder, ..) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
            Self::List(builder) => Arc::new(builder.finish()?),
        })
    }
}

impl ListBuilder {
    fn append(&mut self, value: Option<&[u8]>) -> Result<(), Misfit> {
        let mut length = 0;
        for element in value.map(Elements::parse).transpose().map_err(no_list)?.into_iter().flatten() {
            self.elements.append(element.map_err(no_list)?).map_err(|Misfit(what)| Misfit(format!("an array with {what}")))?;
            length += 1;
        }
        self.lengths.push(length);
        self.present.append(value.is_some());
        Ok(())
    }

    fn finish(&mut self) -> Result<ListArray> {
        let offsets = OffsetBuffer::from_lengths(self.lengths.drain(..));
        Ok(ListArray::try_new(Arc::clone(&self.field), offsets, self.elements.finish()?, self.present.finish())?)
    }
}

/// Whether the type is `oid` or its array.
fn is_oid(sent_oid: u32) -> bool {
    spi::types::BUILTIN_TYPES.iter().any(|one| one.oid == spi::types::oid::OID && (sent_oid == one.oid || sent_oid == one.array_oid))
}

/// A value that is present, converted.
fn read<'a, T>(value: Option<&'a [u8]>, convert: impl Fn(&'a [u8]) -> Result<T, Misfit>) -> Result<Option<T>, Misfit> {
    value.map(convert).transpose()
}

/// The bytes of a type of that length.
fn fixed<const LENGTH: usize>(bytes: &[u8]) -> Result<[u8; LENGTH], Misfit> {
    bytes.try_into().map_err(|_| Misfit::damaged(bytes))
}

fn text(bytes: &[u8]) -> Result<&str, Misfit> {
    std::str::from_utf8(bytes).map_err(|_| Misfit(format!("{} bytes that are not UTF-8", bytes.len())))
}

fn date(bytes: &[u8]) -> Result<i32, Misfit> {
    match i32::from_be_bytes(fixed(bytes)?) {
        i32::MAX => Err(Misfit("infinity".to_owned())),
        i32::MIN => Err(Misfit("-infinity".to_owned())),
        days => days.checked_add(EPOCH_DAYS).ok_or_else(|| Misfit(format!("the date {days} days after 2000-01-01"))),
    }
}

fn time(bytes: &[u8]) -> Result<i64, Misfit> {
    match i64::from_be_bytes(fixed(bytes)?) {
        microseconds @ 0..DAY_MICROSECONDS => Ok(microseconds),
        DAY_MICROSECONDS => Err(Misfit("24:00:00".to_owned())),
        _ => Err(Misfit::damaged(bytes)),
    }
}

fn timestamp(bytes: &[u8]) -> Result<i64, Misfit> {
    match i64::from_be_bytes(fixed(bytes)?) {
        i64::MAX => Err(Misfit("infinity".to_owned())),
        i64::MIN => Err(Misfit("-infinity".to_owned())),
        microseconds => microseconds
            .checked_add(EPOCH_MICROSECONDS)
            .ok_or_else(|| Misfit(format!("the moment {microseconds} microseconds after 2000-01-01"))),
    }
}

fn interval(bytes: &[u8]) -> Result<IntervalMonthDayNano, Misfit> {
    let bytes = fixed::<16>(bytes)?;
    let (microseconds, rest) = bytes.split_at(8);
    let (days, months) = rest.split_at(4);
    let microseconds = i64::from_be_bytes(fixed(microseconds)?);
    let (days, months) = (i32::from_be_bytes(fixed(days)?), i32::from_be_bytes(fixed(months)?));
    // An infinite interval has the largest or smallest of each, whose nanoseconds do not fit either.
    let Some(nanoseconds) = microseconds.checked_mul(1_000) else {
        return Err(Misfit(match (months, days, microseconds) {
            (i32::MAX, i32::MAX, i64::MAX) => "infinity".to_owned(),
            (i32::MIN, i32::MIN, i64::MIN) => "-infinity".to_owned(),
            _ => format!("an interval of {months} months, {days} days and {microseconds} microseconds"),
        }));
    };
    Ok(IntervalMonthDayNano::new(months, days, nanoseconds))
}

fn decimal128(bytes: &[u8], precision: u8, scale: i8) -> Result<i128, Misfit> {
    let number = Numeric::parse(bytes).ok_or_else(|| Misfit::damaged(bytes))?;
    number.decimal(precision, scale).ok_or_else(|| Misfit(number.describe().to_owned()))
}

fn decimal256(bytes: &[u8], precision: u8, scale: i8) -> Result<arrow::datatypes::i256, Misfit> {
    let number = Numeric::parse(bytes).ok_or_else(|| Misfit::damaged(bytes))?;
    let fits = |value: &arrow::datatypes::i256| value.to_string().trim_start_matches('-').len() <= usize::from(precision);
    number.scaled(scale).filter(fits).ok_or_else(|| Misfit(number.describe().to_owned()))
}

fn no_list(reason: NoList) -> Misfit {
    Misfit(match reason {
        NoList::Dimensions(dimensions) => format!("an array of {dimensions} dimensions"),
        NoList::FirstIndex(first) => format!("an array whose first index is {first}"),
        NoList::Damaged => "bytes that are not an array".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrow_does_not_have_is_refused_by_name() {
        assert_eq!(date(&i32::MAX.to_be_bytes()), Err(Misfit("infinity".to_owned())));
        assert_eq!(date(&0i32.to_be_bytes()), Ok(10_957));
        assert_eq!(timestamp(&i64::MIN.to_be_bytes()), Err(Misfit("-infinity".to_owned())));
        assert_eq!(timestamp(&0i64.to_be_bytes()), Ok(946_684_800_000_000));
        assert!(timestamp(&(i64::MAX - 1).to_be_bytes()).is_err());
        assert_eq!(time(&DAY_MICROSECONDS.to_be_bytes()), Err(Misfit("24:00:00".to_owned())));
        assert_eq!(text(&[0xff]).map_err(|Misfit(what)| what), Err("1 bytes that are not UTF-8".to_owned()));
        let infinite: Vec<u8> = [&i64::MAX.to_be_bytes()[..], &i32::MAX.to_be_bytes(), &i32::MAX.to_be_bytes()].concat();
        assert_eq!(interval(&infinite), Err(Misfit("infinity".to_owned())));
    }

    #[test]
    fn a_type_of_another_length_is_refused() {
        let mut column = ColumnBuilder::new(&DataType::Int32, spi::types::oid::INT4).expect("a builder");
        assert!(column.append(Some(&[0, 0, 0, 1])).is_ok() && column.append(None).is_ok());
        assert!(column.append(Some(&[0, 1])).is_err());
        assert_eq!(column.finish().expect("an array").len(), 2);
    }
}

//! The values of one column of a batch.

use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder, Float32Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, ListArray, StringBuilder, StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, FieldRef, Fields};

use super::place::Place;
use super::scalar;
use crate::documents::field_type::FieldType;
use crate::documents::json_text::{self, Separator};
use crate::documents::path::write_step;
use crate::documents::shown::shown;
use crate::documents::value::Document;
use crate::error::{Error, Result};
use crate::types::{PgType, oid};

/// What a value of fixed size takes in a batch, at most. A null takes as much.
const FIXED_BYTES: usize = 16;

/// Takes documents, and makes a column of them.
pub(super) struct ColumnBuilder {
    values: Values,
    /// The type as messages name it.
    type_name: String,
    declared: bool,
    /// What a null takes in a batch, at most: that of a struct is one in each of its members.
    null_bytes: usize,
}

enum Values {
    Bool(BooleanBuilder),
    Int2(Int16Builder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    Float4(Float32Builder),
    Float8(Float64Builder),
    /// With precision and scale.
    Decimal128(Decimal128Builder, u8, u8),
    Decimal256(Decimal256Builder, u8, u8),
    Bytea(BinaryBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    TimestampTz(TimestampMicrosecondBuilder),
    Text(StringBuilder, TextKind),
    List {
        item: FieldRef,
        /// Where each list ends in the items, after a zero.
        offsets: Vec<i32>,
        nulls: NullBufferBuilder,
        items: Box<ColumnBuilder>,
    },
    Struct {
        fields: Fields,
        nulls: NullBufferBuilder,
        members: Vec<(String, ColumnBuilder)>,
    },
}

/// What text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextKind {
    /// With the most characters that it may have.
    Text(Option<usize>),
    Numeric,
    Uuid,
    Json,
}

/// A value does not fit; the reason where it is not just that it is of another type.
struct Misfit(Option<&'static str>);

const OTHER_TYPE: Misfit = Misfit(None);
const NUL_CHARACTER: Misfit = Misfit(Some("a character of code 0, which text in PostgreSQL does not have"));
const TOO_LONG: Misfit = Misfit(Some("more than a batch of rows holds"));

impl ColumnBuilder {
    pub(super) fn new(field_type: &FieldType, declared: bool) -> Self {
        let values = match (field_type, field_type.data_type()) {
            _ if field_type.is_json() => Values::Text(StringBuilder::new(), TextKind::Json),
            (FieldType::List(inner), DataType::List(item)) => {
                let items = Box::new(ColumnBuilder::new(inner, declared));
                Values::List { item, offsets: vec![0], nulls: NullBufferBuilder::new(0), items }
            }
            (FieldType::Struct(inner), DataType::Struct(fields)) => {
                let members = inner.iter().map(|(name, member)| (name.clone(), ColumnBuilder::new(member, declared))).collect();
                Values::Struct { fields, nulls: NullBufferBuilder::new(0), members }
            }
            (field_type, data_type) => scalar_values(field_type.pg_type(), data_type),
        };
        let null_bytes = match &values {
            Values::Struct { members, .. } => FIXED_BYTES + members.iter().map(|(_, member)| member.null_bytes).sum::<usize>(),
            _ => FIXED_BYTES,
        };
        Self { values, type_name: field_type.to_string(), declared, null_bytes }
    }

    /// Appends a value, or null where there is none or it does not fit.
    pub(super) fn append(&mut self, value: Option<&Document<'_>>, place: &mut Place) {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            place.take(self.null_bytes);
            return self.append_null();
        };
        place.take(FIXED_BYTES);
        let Err(Misfit(reason)) = self.append_value(value.plain(), place) else { return };
        place.take(self.null_bytes - FIXED_BYTES);
        place.misfit(match reason {
            Some(reason) => format!("{} has {reason}", shown(value)),
            None => format!("{} is not {}", shown(value), self.type_name),
        });
        self.append_null();
    }

    /// Appends a value that is not null. Where it does not fit, nothing is appended.
    fn append_value(&mut self, value: &Document<'_>, place: &mut Place) -> Result<(), Misfit> {
        let declared = self.declared;
        match &mut self.values {
            Values::Bool(builder) => builder.append_value(scalar::boolean(value, declared).ok_or(OTHER_TYPE)?),
            Values::Int2(builder) => builder.append_value(integer(value, declared)?),
            Values::Int4(builder) => builder.append_value(integer(value, declared)?),
            Values::Int8(builder) => builder.append_value(integer(value, declared)?),
            Values::Float4(builder) => builder.append_value(scalar::real(value, declared).ok_or(OTHER_TYPE)?),
            Values::Float8(builder) => builder.append_value(scalar::double(value, declared).ok_or(OTHER_TYPE)?),
            Values::Decimal128(builder, precision, scale) => {
                let unscaled = scalar::unscaled(value, *precision, *scale, declared).and_then(|unscaled| unscaled.to_i128());
                builder.append_value(unscaled.ok_or(OTHER_TYPE)?);
            }
            Values::Decimal256(builder, precision, scale) => {
                builder.append_value(scalar::unscaled(value, *precision, *scale, declared).ok_or(OTHER_TYPE)?);
            }
            Values::Bytea(builder) => {
                let bytes = scalar::bytes(value, declared).ok_or(OTHER_TYPE)?;
                take(bytes.len(), place)?;
                builder.append_value(bytes);
            }
            Values::Date(builder) => builder.append_value(scalar::date(value, declared).ok_or(OTHER_TYPE)?),
            Values::Timestamp(builder) => builder.append_value(scalar::timestamp(value, declared).ok_or(OTHER_TYPE)?),
            Values::TimestampTz(builder) => builder.append_value(scalar::timestamptz(value, declared).ok_or(OTHER_TYPE)?),
            Values::Text(builder, kind) => match (value, *kind) {
                (Document::Text(text), TextKind::Text(length)) => append_text(text, length, builder, place)?,
                (value, kind) => append_text(&text_of(value, kind, declared)?, kind.length(), builder, place)?,
            },
            Values::List { offsets, nulls, items, .. } => {
                let Document::List(values) = value else { return Err(OTHER_TYPE) };
                // Each item takes some bytes, so that offsets cannot overflow; and an item that is short in the document may be long here.
                if values.len().saturating_mul(items.null_bytes) > place.bytes_left() {
                    return Err(TOO_LONG);
                }
                for (number, value) in values.iter().enumerate() {
                    place.of(|| format!("[{number}]"), |place| items.append(Some(value), place));
                }
                offsets.push(offsets.last().copied().unwrap_or_default() + values.len() as i32);
                nulls.append_non_null();
            }
            Values::Struct { nulls, members, .. } => {
                if !matches!(value, Document::Object(_)) {
                    return Err(OTHER_TYPE);
                }
                for (name, member) in members {
                    place.of(|| step(name), |place| member.append(value.get(name), place));
                }
                nulls.append_non_null();
            }
        }
        Ok(())
    }

    pub(super) fn append_null(&mut self) {
        match &mut self.values {
            Values::Bool(builder) => builder.append_null(),
            Values::Int2(builder) => builder.append_null(),
            Values::Int4(builder) => builder.append_null(),
            Values::Int8(builder) => builder.append_null(),
            Values::Float4(builder) => builder.append_null(),
            Values::Float8(builder) => builder.append_null(),
            Values::Decimal128(builder, _, _) => builder.append_null(),
            Values::Decimal256(builder, _, _) => builder.append_null(),
            Values::Bytea(builder) => builder.append_null(),
            Values::Date(builder) => builder.append_null(),
            Values::Timestamp(builder) | Values::TimestampTz(builder) => builder.append_null(),
            Values::Text(builder, _) => builder.append_null(),
            Values::List { offsets, nulls, .. } => {
                offsets.push(offsets.last().copied().unwrap_or_default());
                nulls.append_null();
            }
            Values::Struct { nulls, members, .. } => {
                members.iter_mut().for_each(|(_, member)| member.append_null());
                nulls.append_null();
            }
        }
    }

    /// Appends a text of our own making to a column of text.
    pub(super) fn append_error(&mut self, error: Option<&str>) {
        if let Values::Text(builder, _) = &mut self.values {
            builder.append_option(error);
        }
    }

    /// The values since the last call. The builder is empty then.
    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match &mut self.values {
            Values::Bool(builder) => Arc::new(builder.finish()),
            Values::Int2(builder) => Arc::new(builder.finish()),
            Values::Int4(builder) => Arc::new(builder.finish()),
            Values::Int8(builder) => Arc::new(builder.finish()),
            Values::Float4(builder) => Arc::new(builder.finish()),
            Values::Float8(builder) => Arc::new(builder.finish()),
            Values::Decimal128(builder, precision, scale) => {
                Arc::new(builder.finish().with_precision_and_scale(*precision, *scale as i8).map_err(Error::from)?)
            }
            Values::Decimal256(builder, precision, scale) => {
                Arc::new(builder.finish().with_precision_and_scale(*precision, *scale as i8).map_err(Error::from)?)
            }
            Values::Bytea(builder) => Arc::new(builder.finish()),
            Values::Date(builder) => Arc::new(builder.finish()),
            Values::Timestamp(builder) => Arc::new(builder.finish()),
            Values::TimestampTz(builder) => Arc::new(builder.finish().with_timezone("UTC")),
            Values::Text(builder, _) => Arc::new(builder.finish()),
            Values::List { item, offsets, nulls, items } => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, vec![0])));
                Arc::new(ListArray::try_new(Arc::clone(item), offsets, items.finish()?, nulls.finish())?)
            }
            Values::Struct { fields, nulls, members } => {
                let arrays = members.iter_mut().map(|(_, member)| member.finish()).collect::<Result<_>>()?;
                Arc::new(StructArray::try_new(fields.clone(), arrays, nulls.finish())?)
            }
        })
    }
}

impl TextKind {
    /// The most characters of a `varchar(n)`.
    fn length(self) -> Option<usize> {
        if let TextKind::Text(length) = self { length } else { None }
    }
}

fn scalar_values(pg_type: PgType, data_type: DataType) -> Values {
    match (pg_type.oid, data_type) {
        (oid::BOOL, _) => Values::Bool(BooleanBuilder::new()),
        (oid::INT2, _) => Values::Int2(Int16Builder::new()),
        (oid::INT4, _) => Values::Int4(Int32Builder::new()),
        (oid::INT8, _) => Values::Int8(Int64Builder::new()),
        (oid::FLOAT4, _) => Values::Float4(Float32Builder::new()),
        (oid::FLOAT8, _) => Values::Float8(Float64Builder::new()),
        // The precision of our types is at most 76, and the scale no greater.
        (_, DataType::Decimal128(precision @ ..=DECIMAL128_MAX_PRECISION, scale)) => {
            Values::Decimal128(Decimal128Builder::new(), precision, scale as u8)
        }
        (_, DataType::Decimal256(precision, scale)) => Values::Decimal256(Decimal256Builder::new(), precision, scale as u8),
        (oid::BYTEA, _) => Values::Bytea(BinaryBuilder::new()),
        (oid::DATE, _) => Values::Date(Date32Builder::new()),
        (oid::TIMESTAMP, _) => Values::Timestamp(TimestampMicrosecondBuilder::new()),
        (oid::TIMESTAMPTZ, _) => Values::TimestampTz(TimestampMicrosecondBuilder::new()),
        (oid::NUMERIC, _) => Values::Text(StringBuilder::new(), TextKind::Numeric),
        (oid::UUID, _) => Values::Text(StringBuilder::new(), TextKind::Uuid),
        _ => {
            let length = pg_type.character_maximum_length().and_then(|length| usize::try_from(length).ok());
            Values::Text(StringBuilder::new(), TextKind::Text(length))
        }
    }
}

fn integer<I: TryFrom<i64>>(value: &Document<'_>, declared: bool) -> Result<I, Misfit> {
    scalar::integer(value, declared).and_then(|value| value.try_into().ok()).ok_or(OTHER_TYPE)
}

fn append_text(text: &str, length: Option<usize>, builder: &mut StringBuilder, place: &mut Place) -> Result<(), Misfit> {
    if text.as_bytes().contains(&0) {
        return Err(NUL_CHARACTER);
    }
    if length.is_some_and(|length| text.chars().nth(length).is_some()) {
        return Err(OTHER_TYPE);
    }
    take(text.len(), place)?;
    builder.append_value(text);
    Ok(())
}

/// The text of a value that is not just text.
fn text_of(value: &Document<'_>, kind: TextKind, declared: bool) -> Result<String, Misfit> {
    match (kind, value) {
        (TextKind::Numeric, value) => Ok(scalar::decimal(value, declared).ok_or(OTHER_TYPE)?.to_string()),
        (TextKind::Uuid, value) => scalar::uuid(value).ok_or(OTHER_TYPE),
        (TextKind::Text(_), Document::Unreadable(_)) => Err(OTHER_TYPE),
        (TextKind::Json, value) | (TextKind::Text(_), value @ (Document::List(_) | Document::Object(_))) => {
            json_text::write(value).map_err(|_| NUL_CHARACTER)
        }
        (TextKind::Text(_), value) => {
            let mut text = String::new();
            json_text::write_scalar(value, Separator::Space, &mut text);
            Ok(text)
        }
    }
}

fn take(bytes: usize, place: &mut Place) -> Result<(), Misfit> {
    if bytes > place.bytes_left() {
        return Err(TOO_LONG);
    }
    place.take(bytes);
    Ok(())
}

fn step(name: &str) -> String {
    let mut step = String::new();
    write_step(name, &mut step);
    format!(".{step}")
}

//! How a value is written, as far as its PostgreSQL type decides that.

use arrow::datatypes::DataType;
use spi::types::{PgType, oid};

/// Families of PostgreSQL types that are written in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    /// Unsigned 32 bits: `oid` and its aliases.
    Oid,
    /// One byte: `"char"`.
    Char,
    Float4,
    Float8,
    Numeric,
    /// Whatever is sent as its text in both formats.
    Text,
    Json,
    Jsonb,
    Inet,
    Uuid,
    Bytea,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    /// An array with elements of this type.
    Array(PgType),
    /// `int2vector` and `oidvector`: arrays that count from 0 and print without braces.
    Vector(PgType),
}

const INT2VECTOR: u32 = 22;
const OIDVECTOR: u32 = 30;

impl Kind {
    /// The kind of a declared type over an array of that type; none if the array must be cast first.
    pub(super) fn of(pg_type: PgType, data_type: &DataType) -> Option<Kind> {
        match Kind::declared(pg_type) {
            Some(kind) if kind.fits(data_type) => Some(kind),
            // Text can be made of anything.
            Some(Kind::Text) => Some(if data_type.is_nested() { Kind::Json } else { Kind::Text }),
            // A type that we do not know is most likely held by an array that is like it: `xid8` in 64 bits, `aclitem[]` in a list.
            None => Kind::declared(PgType::from_arrow(data_type)),
            Some(_) => None,
        }
    }

    fn declared(pg_type: PgType) -> Option<Kind> {
        if let Some(element) = pg_type.element() {
            return Some(Kind::Array(PgType::new(element.oid)));
        }
        Some(match pg_type.oid {
            oid::BOOL => Kind::Bool,
            oid::INT2 => Kind::Int2,
            oid::INT4 => Kind::Int4,
            oid::INT8 => Kind::Int8,
            // xid, cid, and from regprocedure to regrole.
            oid::OID | oid::REGPROC | 28 | 29 | 2202..=2206 | 3734 | 3769 | 4089 | 4096 | 4191 => Kind::Oid,
            oid::CHAR => Kind::Char,
            oid::FLOAT4 => Kind::Float4,
            oid::FLOAT8 => Kind::Float8,
            oid::NUMERIC => Kind::Numeric,
            oid::JSON => Kind::Json,
            oid::JSONB => Kind::Jsonb,
            oid::INET => Kind::Inet,
            oid::UUID => Kind::Uuid,
            oid::BYTEA => Kind::Bytea,
            oid::DATE => Kind::Date,
            oid::TIME => Kind::Time,
            oid::TIMESTAMP => Kind::Timestamp,
            oid::TIMESTAMPTZ => Kind::TimestampTz,
            oid::INTERVAL => Kind::Interval,
            oid::TEXT | oid::NAME | oid::VARCHAR | oid::BPCHAR | oid::UNKNOWN | oid::VOID | oid::RECORD => Kind::Text,
            INT2VECTOR => Kind::Vector(PgType::new(oid::INT2)),
            OIDVECTOR => Kind::Vector(PgType::new(oid::OID)),
            _ => return None,
        })
    }

    /// Whether values of this kind can be read from an array of that type.
    fn fits(self, data_type: &DataType) -> bool {
        use DataType::*;
        match self {
            Kind::Bool => matches!(data_type, Boolean),
            Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid => data_type.is_integer(),
            Kind::Char => is_string(data_type) || matches!(data_type, Int8 | UInt8),
            Kind::Float4 | Kind::Float8 => data_type.is_floating(),
            Kind::Numeric => data_type.is_integer() || data_type.is_decimal() || is_string(data_type),
            Kind::Text | Kind::Inet => is_string(data_type),
            Kind::Json | Kind::Jsonb => is_string(data_type) || data_type.is_nested(),
            Kind::Uuid => is_string(data_type) || matches!(data_type, FixedSizeBinary(16)),
            Kind::Bytea => matches!(data_type, Binary | LargeBinary | BinaryView | FixedSizeBinary(_)),
            Kind::Date => matches!(data_type, Date32 | Date64),
            Kind::Time => matches!(data_type, Time32(_) | Time64(_)),
            Kind::Timestamp | Kind::TimestampTz => matches!(data_type, Timestamp(_, _)),
            Kind::Interval => matches!(data_type, Interval(_) | Duration(_)),
            Kind::Array(_) | Kind::Vector(_) => {
                matches!(data_type, List(_) | LargeList(_) | FixedSizeList(_, _) | ListView(_) | LargeListView(_))
            }
        }
    }
}

pub(super) fn is_string(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

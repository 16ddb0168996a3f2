//! What `information_schema` says about a type: length, precision, scale and names.
//!
//! After PostgreSQL's `_pg_char_max_length`, `_pg_numeric_precision` and their siblings in `information_schema.sql`.

use spi::types::{PgType, oid};

/// The most bytes that a character of UTF-8 has.
const CHARACTER_BYTES_MAX: i32 = 4;
/// What a character string without a declared length may have, in bytes.
const TEXT_BYTES_MAX: i32 = 1 << 30;

/// `data_type`: the type without its modifier, and `ARRAY` for any array.
pub(super) fn data_type(pg_type: PgType) -> String {
    match pg_type.element() {
        Some(_) => "ARRAY".to_owned(),
        None => PgType::new(pg_type.oid).format(),
    }
}

/// `character_octet_length`.
pub(super) fn character_octet_length(pg_type: PgType) -> Option<i32> {
    match pg_type.character_maximum_length() {
        Some(length) => Some(length.saturating_mul(CHARACTER_BYTES_MAX)),
        None => matches!(pg_type.oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR).then_some(TEXT_BYTES_MAX),
    }
}

/// `numeric_precision`, in digits of [`numeric_precision_radix`].
pub(super) fn numeric_precision(pg_type: PgType) -> Option<i32> {
    match pg_type.oid {
        oid::INT2 => Some(16),
        oid::INT4 => Some(32),
        oid::INT8 => Some(64),
        oid::FLOAT4 => Some(24),
        oid::FLOAT8 => Some(53),
        _ => pg_type.numeric_precision_scale().map(|(precision, _)| precision),
    }
}

/// `numeric_precision_radix`.
pub(super) fn numeric_precision_radix(pg_type: PgType) -> Option<i32> {
    match pg_type.oid {
        oid::INT2 | oid::INT4 | oid::INT8 | oid::FLOAT4 | oid::FLOAT8 => Some(2),
        oid::NUMERIC => Some(10),
        _ => None,
    }
}

/// `numeric_scale`.
pub(super) fn numeric_scale(pg_type: PgType) -> Option<i32> {
    match pg_type.oid {
        oid::INT2 | oid::INT4 | oid::INT8 => Some(0),
        _ => pg_type.numeric_precision_scale().map(|(_, scale)| scale),
    }
}

/// `datetime_precision`, in digits of a second.
pub(super) fn datetime_precision(pg_type: PgType) -> Option<i32> {
    match pg_type.oid {
        oid::DATE => Some(0),
        oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ | oid::INTERVAL => Some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL 16 says about columns of these types.
    #[test]
    fn types_are_described_as_postgresql_does() {
        let described = |pg_type: PgType| {
            let lengths = (pg_type.character_maximum_length(), character_octet_length(pg_type));
            let numbers = (numeric_precision(pg_type), numeric_precision_radix(pg_type), numeric_scale(pg_type));
            (data_type(pg_type), lengths, numbers, datetime_precision(pg_type))
        };
        let none = (None, None, None);
        for (pg_type, expected) in [
            (PgType::varchar(20), ("character varying", (Some(20), Some(80)), none, None)),
            (PgType::new(oid::TEXT), ("text", (None, Some(1 << 30)), none, None)),
            (PgType::numeric(12, 2), ("numeric", (None, None), (Some(12), Some(10), Some(2)), None)),
            (PgType::new(oid::NUMERIC), ("numeric", (None, None), (None, Some(10), None), None)),
            (PgType::new(oid::INT8), ("bigint", (None, None), (Some(64), Some(2), Some(0)), None)),
            (PgType::new(oid::FLOAT8), ("double precision", (None, None), (Some(53), Some(2), None), None)),
            (PgType::new(oid::TIMESTAMPTZ), ("timestamp with time zone", (None, None), none, Some(6))),
            (PgType::new(1009), ("ARRAY", (None, None), none, None)),
        ] {
            let (data_type, lengths, numbers, precision) = expected;
            assert_eq!(described(pg_type), (data_type.to_owned(), lengths, numbers, precision));
        }
    }
}

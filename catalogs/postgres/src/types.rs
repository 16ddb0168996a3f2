//! Which type a column has, and in which form its values travel.
//!
//! A domain counts as its base type. The native type always tells the rest.
//!
//! | column | type that clients see | Arrow type of `read` | travels as |
//! | --- | --- | --- | --- |
//! | `bool`, `int2`, `int4`, `int8`, `oid` | the same | Boolean, Int16, Int32, Int64, Int64 | binary |
//! | `float4`, `float8` | the same | Float32, Float64 | binary |
//! | `numeric(p,s)`, 0 <= s <= p <= 76 | the same | Decimal128 up to 38 digits, else Decimal256 | binary |
//! | any other `numeric` | `numeric` | Utf8 | text |
//! | `text`, `varchar`, `bpchar`, `name`, `json` | the same | Utf8; `char(n)` with its blanks | binary |
//! | `uuid`, `jsonb`, `inet`, `"char"`, `regproc` | the same | Utf8 | text |
//! | `bytea` | the same | Binary | binary |
//! | `date`, `time` | the same | Date32, Time64(microseconds) | binary |
//! | `timestamp`, `timestamptz` | the same | Timestamp(microseconds), in UTC for the latter | binary |
//! | `interval` | the same | Interval(MonthDayNano) | binary |
//! | an array over one of these | the same | List of the element's Arrow type | binary, elements as above |
//! | an enumeration, `money`, `bit`, `timetz`, `macaddr`, `xml`, a range, a composite, a geometry, anything else | `text` | Utf8 | text |
//!
//! Values that the Arrow type cannot hold are errors that name table, column and value: `infinity` and `-infinity` of dates,
//! timestamps and intervals, `NaN` of a `numeric(p,s)`, `24:00:00`, intervals whose time part is beyond 292 years, and arrays of
//! several dimensions or whose first index is not 1.

use arrow::datatypes::DataType;
use spi::types::{PgType, oid, to_arrow};

/// The largest precision that an Arrow decimal has.
const PRECISION_MAX: i32 = 76;

/// The form in which the server is asked for the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The type's own binary form.
    Binary,
    /// The text that the server prints for it.
    Text,
    /// The same of each element.
    TextArray,
}

/// The OID of `text[]`.
const TEXT_ARRAY: u32 = 1009;

/// The type that clients see, of a column whose type, or base type, this is.
pub(crate) fn pg_type(native_oid: u32, typmod: i32) -> PgType {
    let native = PgType { oid: native_oid, typmod };
    if native.element().is_some() {
        return PgType::new(native_oid);
    }
    if native.builtin().is_none() {
        return PgType::new(oid::TEXT);
    }
    match native.numeric_precision_scale() {
        Some((precision @ 1..=PRECISION_MAX, scale)) if (0..=precision).contains(&scale) => native,
        Some(_) => PgType::new(oid::NUMERIC),
        None if matches!(native_oid, oid::VARCHAR | oid::BPCHAR) => native,
        // A precision of a time says how it was rounded when it was stored.
        None => PgType::new(native_oid),
    }
}

/// The form in which values of the type come.
pub(crate) fn form(native_oid: u32, typmod: i32) -> Form {
    let pg_type = pg_type(native_oid, typmod);
    match pg_type.element() {
        Some(element) if has_binary_form(PgType::new(element.oid)) => Form::Binary,
        Some(_) => Form::TextArray,
        None if native_oid == pg_type.oid && has_binary_form(pg_type) => Form::Binary,
        None => Form::Text,
    }
}

/// The type that the server says the values have that it sends.
pub(crate) fn sent_oid(native_oid: u32, form: Form) -> u32 {
    match form {
        Form::Binary => native_oid,
        Form::Text => oid::TEXT,
        Form::TextArray => TEXT_ARRAY,
    }
}

/// Whether values that are sent as the type are read as that Arrow type.
pub(crate) fn is_read_as(sent_oid: u32, data_type: &DataType) -> bool {
    match (data_type, sent_oid) {
        (DataType::Utf8, oid) => matches!(oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::JSON),
        (DataType::Decimal128(..) | DataType::Decimal256(..), oid) => oid == oid::NUMERIC,
        (data_type, oid) => to_arrow(pg_type(oid, -1)) == *data_type,
    }
}

/// Whether `value.rs` reads the binary form of a type that is no array.
fn has_binary_form(pg_type: PgType) -> bool {
    match to_arrow(pg_type) {
        DataType::Utf8 => matches!(pg_type.oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::JSON),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_line() {
        const MONEY: u32 = 790;
        const INT4_ARRAY: u32 = 1007;
        const UUID_ARRAY: u32 = 2951;
        for (native, formatted, arrow, expected) in [
            (PgType::new(oid::INT4), "integer", DataType::Int32, Form::Binary),
            (PgType::varchar(9), "character varying(9)", DataType::Utf8, Form::Binary),
            (PgType::numeric(38, 2), "numeric(38,2)", DataType::Decimal128(38, 2), Form::Binary),
            (PgType::numeric(76, 76), "numeric(76,76)", DataType::Decimal256(76, 76), Form::Binary),
            (PgType::numeric(77, 0), "numeric", DataType::Utf8, Form::Text),
            (PgType::numeric(3, 5), "numeric", DataType::Utf8, Form::Text),
            (PgType::numeric(3, -2), "numeric", DataType::Utf8, Form::Text),
            (PgType::new(oid::NUMERIC), "numeric", DataType::Utf8, Form::Text),
            (PgType { oid: oid::TIMESTAMP, typmod: 3 }, "timestamp without time zone", to_arrow(PgType::new(oid::TIMESTAMP)), Form::Binary),
            (PgType::new(oid::UUID), "uuid", DataType::Utf8, Form::Text),
            (PgType::new(MONEY), "text", DataType::Utf8, Form::Text),
            (PgType::new(INT4_ARRAY), "integer[]", DataType::new_list(DataType::Int32, true), Form::Binary),
            (PgType::new(UUID_ARRAY), "uuid[]", DataType::new_list(DataType::Utf8, true), Form::TextArray),
        ] {
            let seen = pg_type(native.oid, native.typmod);
            assert_eq!(
                (seen.format().as_str(), to_arrow(seen), form(native.oid, native.typmod)),
                (formatted, arrow, expected),
                "{native:?}"
            );
        }
    }
}

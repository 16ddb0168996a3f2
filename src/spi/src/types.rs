//! PostgreSQL's types, as far as columns of data sources have them.
//!
//! Source of OIDs, lengths and names: PostgreSQL 16, `pg_type.dat`.

use arrow::datatypes::{DataType, TimeUnit};

/// A PostgreSQL type with its modifier, for example `varchar(20)` is `{oid: 1043, typmod: 24}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PgType {
    /// `pg_type.oid`.
    pub oid: u32,
    /// `pg_attribute.atttypmod`; -1 where the type has none.
    pub typmod: i32,
}

/// One built-in type.
#[derive(Debug)]
pub struct BuiltinType {
    pub oid: u32,
    /// `pg_type.typname`, which is `information_schema.columns.udt_name`.
    pub name: &'static str,
    /// The name that the SQL standard has for it, as `format_type` prints it.
    pub sql_name: &'static str,
    /// `pg_type.typlen`; -1 for a variable length.
    pub length: i16,
    /// The OID of the array over it.
    pub array_oid: u32,
}

macro_rules! builtin_types {
    ($($constant:ident = $oid:literal, $name:literal, $sql_name:literal, $length:literal, $array_oid:literal;)*) => {
        /// OIDs of the built-in types.
        pub mod oid {
            $(pub const $constant: u32 = $oid;)*
        }
        /// Every built-in type that a column of ours can have, in the order of their OIDs.
        pub const BUILTIN_TYPES: &[BuiltinType] = &[
            $(BuiltinType { oid: $oid, name: $name, sql_name: $sql_name, length: $length, array_oid: $array_oid },)*
        ];
    };
}

builtin_types! {
    BOOL = 16, "bool", "boolean", 1, 1000;
    BYTEA = 17, "bytea", "bytea", -1, 1001;
    CHAR = 18, "char", "\"char\"", 1, 1002;
    NAME = 19, "name", "name", 64, 1003;
    INT8 = 20, "int8", "bigint", 8, 1016;
    INT2 = 21, "int2", "smallint", 2, 1005;
    INT4 = 23, "int4", "integer", 4, 1007;
    REGPROC = 24, "regproc", "regproc", 4, 1008;
    TEXT = 25, "text", "text", -1, 1009;
    OID = 26, "oid", "oid", 4, 1028;
    JSON = 114, "json", "json", -1, 199;
    FLOAT4 = 700, "float4", "real", 4, 1021;
    FLOAT8 = 701, "float8", "double precision", 8, 1022;
    UNKNOWN = 705, "unknown", "unknown", -2, 0;
    INET = 869, "inet", "inet", -1, 1041;
    BPCHAR = 1042, "bpchar", "character", -1, 1014;
    VARCHAR = 1043, "varchar", "character varying", -1, 1015;
    DATE = 1082, "date", "date", 4, 1182;
    TIME = 1083, "time", "time without time zone", 8, 1183;
    TIMESTAMP = 1114, "timestamp", "timestamp without time zone", 8, 1115;
    TIMESTAMPTZ = 1184, "timestamptz", "timestamp with time zone", 8, 1185;
    INTERVAL = 1186, "interval", "interval", 16, 1187;
    NUMERIC = 1700, "numeric", "numeric", -1, 1231;
    RECORD = 2249, "record", "record", -1, 2287;
    VOID = 2278, "void", "void", 4, 0;
    UUID = 2950, "uuid", "uuid", 16, 2951;
    JSONB = 3802, "jsonb", "jsonb", -1, 3807;
}

/// What PostgreSQL adds to a declared length or precision in a typmod (`VARHDRSZ`).
const TYPMOD_HEADER: i32 = 4;

impl PgType {
    pub const fn new(oid: u32) -> Self {
        Self { oid, typmod: -1 }
    }

    pub const fn varchar(length: i32) -> Self {
        Self { oid: oid::VARCHAR, typmod: length + TYPMOD_HEADER }
    }

    pub const fn bpchar(length: i32) -> Self {
        Self { oid: oid::BPCHAR, typmod: length + TYPMOD_HEADER }
    }

    pub const fn numeric(precision: i32, scale: i32) -> Self {
        Self { oid: oid::NUMERIC, typmod: ((precision << 16) | (scale & 0x7ff)) + TYPMOD_HEADER }
    }

    /// The declared length of `varchar(n)` or `char(n)`.
    pub fn character_maximum_length(self) -> Option<i32> {
        (matches!(self.oid, oid::VARCHAR | oid::BPCHAR) && self.typmod >= TYPMOD_HEADER).then(|| self.typmod - TYPMOD_HEADER)
    }

    /// Precision and scale of `numeric(p, s)`. The scale is an 11-bit signed number (`numeric_typmod_scale`).
    pub fn numeric_precision_scale(self) -> Option<(i32, i32)> {
        (self.oid == oid::NUMERIC && self.typmod >= TYPMOD_HEADER).then(|| {
            let modifier = self.typmod - TYPMOD_HEADER;
            ((modifier >> 16) & 0xffff, ((modifier & 0x7ff) ^ 1024) - 1024)
        })
    }

    /// The built-in type itself, or for an array its element.
    pub fn builtin(self) -> Option<&'static BuiltinType> {
        BUILTIN_TYPES.iter().find(|builtin| builtin.oid == self.oid)
    }

    /// The element type, where this is an array over a built-in type.
    pub fn element(self) -> Option<&'static BuiltinType> {
        BUILTIN_TYPES.iter().find(|builtin| builtin.array_oid == self.oid && self.oid != 0)
    }

    /// `pg_type.typlen`.
    pub fn length(self) -> i16 {
        self.builtin().map_or(-1, |builtin| builtin.length)
    }

    /// `pg_type.typname`: `int4`, and `_int4` for its array.
    pub fn type_name(self) -> String {
        match (self.builtin(), self.element()) {
            (Some(builtin), _) => builtin.name.to_owned(),
            (None, Some(element)) => format!("_{}", element.name),
            (None, None) => "text".to_owned(),
        }
    }

    /// As `format_type(oid, typmod)` prints it: `character varying(20)`, `numeric(10,2)`, `integer[]`.
    pub fn format(self) -> String {
        let Some(builtin) = self.builtin() else {
            return match self.element() {
                Some(element) => format!("{}[]", element.sql_name),
                None => "text".to_owned(),
            };
        };
        match (self.character_maximum_length(), self.numeric_precision_scale()) {
            (Some(length), _) => format!("{}({length})", builtin.sql_name),
            (None, Some((precision, scale))) => format!("numeric({precision},{scale})"),
            (None, None) => builtin.sql_name.to_owned(),
        }
    }

    /// The type under which values of an Arrow type travel, where a source declares nothing narrower.
    /// Unsigned numbers take the next wider signed type, and unsigned 64-bit ones `numeric(20,0)`.
    pub fn from_arrow(data_type: &DataType) -> PgType {
        match data_type {
            DataType::Boolean => PgType::new(oid::BOOL),
            DataType::Int8 | DataType::UInt8 | DataType::Int16 => PgType::new(oid::INT2),
            DataType::UInt16 | DataType::Int32 => PgType::new(oid::INT4),
            DataType::UInt32 | DataType::Int64 => PgType::new(oid::INT8),
            DataType::UInt64 => PgType::numeric(20, 0),
            DataType::Float16 | DataType::Float32 => PgType::new(oid::FLOAT4),
            DataType::Float64 => PgType::new(oid::FLOAT8),
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => PgType::numeric(i32::from(*precision), i32::from(*scale)),
            DataType::Date32 | DataType::Date64 => PgType::new(oid::DATE),
            DataType::Time32(_) | DataType::Time64(_) => PgType::new(oid::TIME),
            DataType::Timestamp(_, None) => PgType::new(oid::TIMESTAMP),
            DataType::Timestamp(_, Some(_)) => PgType::new(oid::TIMESTAMPTZ),
            DataType::Interval(_) | DataType::Duration(_) => PgType::new(oid::INTERVAL),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => PgType::new(oid::BYTEA),
            DataType::Struct(_) | DataType::Map(_, _) | DataType::Union(_, _) => PgType::new(oid::JSONB),
            DataType::Dictionary(_, value) => PgType::from_arrow(value),
            DataType::RunEndEncoded(_, values) => PgType::from_arrow(values.data_type()),
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item) => PgType::array_of(item.data_type()),
            DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => PgType::new(oid::TEXT),
        }
    }

    /// PostgreSQL's arrays have any number of dimensions, so a list of lists has the type of its innermost array.
    fn array_of(item: &DataType) -> PgType {
        let item = PgType::from_arrow(item);
        match item.builtin() {
            Some(builtin) => PgType::new(builtin.array_oid),
            None => item,
        }
    }
}

/// The Arrow type in which values of a PostgreSQL type are held. Types without a form of their own are text.
pub fn to_arrow(pg_type: PgType) -> DataType {
    if let Some(element) = pg_type.element() {
        return DataType::new_list(to_arrow(PgType::new(element.oid)), true);
    }
    match pg_type.oid {
        oid::BOOL => DataType::Boolean,
        oid::BYTEA => DataType::Binary,
        oid::INT2 => DataType::Int16,
        oid::INT4 => DataType::Int32,
        oid::INT8 | oid::OID => DataType::Int64,
        oid::FLOAT4 => DataType::Float32,
        oid::FLOAT8 => DataType::Float64,
        oid::DATE => DataType::Date32,
        oid::TIME => DataType::Time64(TimeUnit::Microsecond),
        oid::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        oid::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        oid::INTERVAL => DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano),
        oid::NUMERIC => match pg_type.numeric_precision_scale() {
            Some((precision @ 1..=38, scale @ 0..=38)) => DataType::Decimal128(precision as u8, scale as i8),
            Some((precision @ 39..=76, scale @ 0..=76)) => DataType::Decimal256(precision as u8, scale as i8),
            _ => DataType::Utf8,
        },
        _ => DataType::Utf8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_types_as_postgresql_does() {
        for (pg_type, name, formatted) in [
            (PgType::new(oid::INT4), "int4", "integer"),
            (PgType::varchar(20), "varchar", "character varying(20)"),
            (PgType::bpchar(5), "bpchar", "character(5)"),
            (PgType::numeric(12, 2), "numeric", "numeric(12,2)"),
            (PgType::numeric(3, -2), "numeric", "numeric(3,-2)"),
            (PgType::new(oid::NUMERIC), "numeric", "numeric"),
            (PgType::new(1007), "_int4", "integer[]"),
        ] {
            assert_eq!((pg_type.type_name().as_str(), pg_type.format().as_str()), (name, formatted));
        }
    }

    #[test]
    fn arrow_types_survive_the_way_through_postgresql() {
        for data_type in [
            DataType::Boolean,
            DataType::Int16,
            DataType::Int64,
            DataType::Decimal128(12, 2),
            DataType::Decimal256(50, 3),
            DataType::Binary,
            DataType::Date32,
        ] {
            assert_eq!(to_arrow(PgType::from_arrow(&data_type)), data_type);
        }
        assert_eq!(PgType::from_arrow(&DataType::new_list(DataType::Int32, true)).format(), "integer[]");
    }
}

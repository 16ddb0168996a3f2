//! Which type a column of a native type has, how its values are asked for, and how they are read.
//!
//! | native type | type | values |
//! | --- | --- | --- |
//! | `bit` | `boolean` | |
//! | `tinyint`, `smallint` | `smallint` | |
//! | `int` | `integer` | |
//! | `bigint` | `bigint` | |
//! | `decimal(p,s)`, `numeric(p,s)` | `numeric(p,s)` | up to 38 digits |
//! | `money`, `smallmoney` | `numeric(19,4)`, `numeric(10,4)` | |
//! | `real`, `float` | `real`, `double precision` | all bits |
//! | `char(n)`, `nchar(n)`, `varchar(n)`, `nvarchar(n)`, `sysname` | `varchar(n)` | with the blanks that the server keeps |
//! | `varchar(max)`, `nvarchar(max)`, `text`, `ntext`, `xml` | `text` | |
//! | `json` | `jsonb` | the server's text |
//! | `binary(n)`, `varbinary(n)`, `varbinary(max)`, `image` | `bytea` | |
//! | `rowversion`, which the server calls `timestamp` | `bytea` | 8 bytes |
//! | `uniqueidentifier` | `uuid` | |
//! | `date` | `date` | |
//! | `time(n)` | `time` | |
//! | `smalldatetime`, `datetime`, `datetime2(n)` | `timestamp` | a `datetime` has the milliseconds that the server shows |
//! | `datetimeoffset(n)` | `timestamptz` | the moment, without its offset |
//! | `sql_variant` | `text` | the value's text, of numbers and moments with all their digits |
//! | `hierarchyid` and other types of the CLR | `text` | what their `ToString()` says |
//! | `geometry`, `geography` | `bytea` | WKB, without the SRID and the third dimension |
//! | an alias type | as its base type | |
//! | anything else | `text` | |
//!
//! `time(7)`, `datetime2(7)` and `datetimeoffset(7)` are kept with their nanoseconds, of which a client sees the microseconds, as it does
//! of those in files. Nanoseconds end in the years 1677 and 2262: a moment beyond is an error that names it, and so is text with a zero
//! byte, which PostgreSQL's cannot have. Text of any collation is read as Unicode; half a surrogate pair is an error.

use arrow::datatypes::{DataType, TimeUnit};
use spi::types::{PgType, oid, to_arrow};

use crate::dialect::text_of;

/// The longest `varchar(n)` and `nvarchar(n)`, in characters of the latter.
const NVARCHAR_MAX: i32 = 4_000;

/// Digits after the point of a second that microseconds have, and nanoseconds at least.
const MICROSECOND_DIGITS: u8 = 6;

/// What the catalogs say for `max`.
const MAX: i32 = -1;

/// A native type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Native {
    /// In lower case.
    pub(crate) name: String,
    /// Of text in characters, else in bytes; -1 for `max`.
    length: i32,
    precision: u8,
    scale: u8,
    /// Made of a class, by the server or by its users.
    clr: bool,
}

impl Native {
    /// Of what `sys.columns` and `sys.types` say about it.
    pub(crate) fn of_catalog(name: &str, max_length: i64, precision: i64, scale: i64, clr: bool) -> Self {
        let name = name.to_ascii_lowercase();
        let bytes = i32::try_from(max_length).unwrap_or(MAX);
        let length = if matches!(name.as_str(), "nchar" | "nvarchar" | "sysname") && bytes > 0 { bytes / 2 } else { bytes };
        let digits = |number: i64| u8::try_from(number).unwrap_or_default();
        Self { name, length, precision: digits(precision), scale: digits(scale), clr }
    }

    /// Of the text that [`Native::text`] gives, or that the server has for a column of a query; `None` for types of users.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, arguments) = text.split_once('(').unwrap_or((text, ""));
        let mut arguments = arguments.trim_end_matches(')').split(',').map(str::trim);
        let first = arguments.next().unwrap_or_default();
        let (first, second) = (first.parse().unwrap_or(MAX), arguments.next().and_then(|scale| scale.parse().ok()).unwrap_or(0));
        let mut native = Self { name: name.to_ascii_lowercase(), length: first, precision: 0, scale: 0, clr: false };
        match native.name.as_str() {
            "decimal" | "numeric" => (native.precision, native.scale) = (u8::try_from(first).ok()?, second),
            "time" | "datetime2" | "datetimeoffset" => native.scale = u8::try_from(first).unwrap_or(7),
            "hierarchyid" | "geometry" | "geography" => native.clr = true,
            "sysname" => native.length = 128,
            "bit" | "tinyint" | "smallint" | "int" | "bigint" | "money" | "smallmoney" | "real" | "float" => {}
            "char" | "varchar" | "nchar" | "nvarchar" | "text" | "ntext" | "xml" | "json" | "uniqueidentifier" | "sql_variant" => {}
            "binary" | "varbinary" | "image" | "timestamp" | "rowversion" => {}
            "date" | "smalldatetime" | "datetime" => {}
            _ => return None,
        }
        Some(native)
    }

    /// As the server writes it.
    pub(crate) fn text(&self) -> String {
        let name = &self.name;
        match name.as_str() {
            "decimal" | "numeric" => format!("{name}({},{})", self.precision, self.scale),
            "time" | "datetime2" | "datetimeoffset" => format!("{name}({})", self.scale),
            "char" | "varchar" | "nchar" | "nvarchar" | "binary" | "varbinary" if self.length == MAX => format!("{name}(max)"),
            "char" | "varchar" | "nchar" | "nvarchar" | "binary" | "varbinary" => format!("{name}({})", self.length),
            _ => name.clone(),
        }
    }

    pub(crate) fn pg_type(&self) -> PgType {
        match self.name.as_str() {
            "bit" => PgType::new(oid::BOOL),
            "tinyint" | "smallint" => PgType::new(oid::INT2),
            "int" => PgType::new(oid::INT4),
            "bigint" => PgType::new(oid::INT8),
            "decimal" | "numeric" => PgType::numeric(self.precision.into(), self.scale.into()),
            "money" => PgType::numeric(19, 4),
            "smallmoney" => PgType::numeric(10, 4),
            "real" => PgType::new(oid::FLOAT4),
            "float" => PgType::new(oid::FLOAT8),
            "char" | "varchar" | "nchar" | "nvarchar" | "sysname" if self.length > 0 => PgType::varchar(self.length),
            "json" => PgType::new(oid::JSONB),
            "binary" | "varbinary" | "image" | "timestamp" | "rowversion" | "geometry" | "geography" => PgType::new(oid::BYTEA),
            "uniqueidentifier" => PgType::new(oid::UUID),
            "date" => PgType::new(oid::DATE),
            "time" => PgType::new(oid::TIME),
            "smalldatetime" | "datetime" | "datetime2" => PgType::new(oid::TIMESTAMP),
            "datetimeoffset" => PgType::new(oid::TIMESTAMPTZ),
            _ => PgType::new(oid::TEXT),
        }
    }

    /// The type in which values are held.
    pub(crate) fn data_type(&self) -> DataType {
        let fine = self.scale > MICROSECOND_DIGITS;
        match (self.name.as_str(), to_arrow(self.pg_type())) {
            ("time", _) if fine => DataType::Time64(TimeUnit::Nanosecond),
            ("datetime2" | "datetimeoffset", DataType::Timestamp(_, zone)) if fine => DataType::Timestamp(TimeUnit::Nanosecond, zone),
            (_, other) => other,
        }
    }

    /// A column of the type in the form in which its values are read and compared.
    pub(crate) fn value_of(&self, column: &str) -> String {
        match self.name.as_str() {
            // The driver reads them as floating-point numbers.
            "money" => format!("CONVERT(decimal(19, 4), {column})"),
            "smallmoney" => format!("CONVERT(decimal(10, 4), {column})"),
            // The server knows the characters of all its code pages.
            "char" | "varchar" if (1..=NVARCHAR_MAX).contains(&self.length) => format!("CONVERT(nvarchar({}), {column})", self.length),
            "char" | "varchar" | "text" | "ntext" | "xml" | "json" => format!("CONVERT(nvarchar(max), {column})"),
            "nchar" | "nvarchar" | "sysname" => column.to_owned(),
            "image" => format!("CONVERT(varbinary(max), {column})"),
            "uniqueidentifier" => format!("LOWER(CONVERT(nvarchar(36), {column}))"),
            // Compared as it is, it would have a third of a millisecond more.
            "datetime" => format!("CONVERT(datetime2(3), {column})"),
            "smalldatetime" => format!("CONVERT(datetime2(0), {column})"),
            "sql_variant" => text_of(column),
            "geometry" | "geography" => format!("{column}.STAsBinary()"),
            _ if self.clr => format!("{column}.ToString()"),
            _ if self.data_type() == DataType::Utf8 => format!("CONVERT(nvarchar(max), {column})"),
            _ => column.to_owned(),
        }
    }

    /// Whether the driver reads a value of it without [`Native::value_of`] as the same.
    pub(crate) fn is_read_plainly(&self) -> bool {
        !self.clr && !matches!(self.name.as_str(), "sql_variant" | "money" | "smallmoney")
    }

    /// Whether texts of it can be compared as they are, by the column's own collation.
    pub(crate) fn is_compared(&self) -> bool {
        matches!(self.name.as_str(), "char" | "varchar" | "nchar" | "nvarchar" | "sysname")
    }

    /// Whether it has characters of one code page only.
    pub(crate) fn has_code_page(&self) -> bool {
        matches!(self.name.as_str(), "char" | "varchar" | "text")
    }

    /// Whether a value that is read as it is can also be added as that: classes have forms of their own.
    pub(crate) fn is_written(&self) -> bool {
        !self.clr
    }

    /// Whether a moment with these nanoseconds of a minute is kept as it is.
    pub(crate) fn keeps(&self, nanos: i64) -> bool {
        match self.name.as_str() {
            "time" | "datetime2" | "datetimeoffset" => nanos % 10_i64.pow(9_u32.saturating_sub(self.scale.into())) == 0,
            "datetime" => nanos % 1_000_000 == 0 && matches!(nanos.div_euclid(1_000_000).rem_euclid(10), 0 | 3 | 7),
            "smalldatetime" => nanos.rem_euclid(60_000_000_000) == 0,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Native;

    /// Native type, type, and the form in which a column is read.
    const TABLE: &[(&str, &str, &str)] = &[
        ("bit", "boolean", "c"),
        ("tinyint", "smallint", "c"),
        ("smallint", "smallint", "c"),
        ("int", "integer", "c"),
        ("bigint", "bigint", "c"),
        ("decimal(38,10)", "numeric(38,10)", "c"),
        ("numeric(5,0)", "numeric(5,0)", "c"),
        ("money", "numeric(19,4)", "CONVERT(decimal(19, 4), c)"),
        ("smallmoney", "numeric(10,4)", "CONVERT(decimal(10, 4), c)"),
        ("real", "real", "c"),
        ("float", "double precision", "c"),
        ("char(3)", "character varying(3)", "CONVERT(nvarchar(3), c)"),
        ("varchar(8000)", "character varying(8000)", "CONVERT(nvarchar(max), c)"),
        ("varchar(max)", "text", "CONVERT(nvarchar(max), c)"),
        ("nchar(3)", "character varying(3)", "c"),
        ("nvarchar(4000)", "character varying(4000)", "c"),
        ("nvarchar(max)", "text", "c"),
        ("sysname", "character varying(128)", "c"),
        ("text", "text", "CONVERT(nvarchar(max), c)"),
        ("ntext", "text", "CONVERT(nvarchar(max), c)"),
        ("xml", "text", "CONVERT(nvarchar(max), c)"),
        ("json", "jsonb", "CONVERT(nvarchar(max), c)"),
        ("binary(16)", "bytea", "c"),
        ("varbinary(max)", "bytea", "c"),
        ("image", "bytea", "CONVERT(varbinary(max), c)"),
        ("timestamp", "bytea", "c"),
        ("uniqueidentifier", "uuid", "LOWER(CONVERT(nvarchar(36), c))"),
        ("date", "date", "c"),
        ("time(3)", "time without time zone", "c"),
        ("smalldatetime", "timestamp without time zone", "CONVERT(datetime2(0), c)"),
        ("datetime", "timestamp without time zone", "CONVERT(datetime2(3), c)"),
        ("datetime2(7)", "timestamp without time zone", "c"),
        ("datetimeoffset(0)", "timestamp with time zone", "c"),
        ("hierarchyid", "text", "c.ToString()"),
        ("geometry", "bytea", "c.STAsBinary()"),
        ("geography", "bytea", "c.STAsBinary()"),
    ];

    #[test]
    fn native_types_are_what_the_table_says() {
        for (text, expected, form) in TABLE {
            let native = Native::parse(text).expect(text);
            assert_eq!(
                (native.text().as_str(), native.pg_type().format().as_str(), native.value_of("c").as_str()),
                (*text, *expected, *form)
            );
        }
        assert_eq!(Native::parse("dbo.Phone"), None);
        let variant = Native::parse("sql_variant").expect("a type");
        assert!(variant.pg_type().format() == "text" && variant.value_of("c").starts_with("CASE"));
    }

    #[test]
    fn the_catalogs_count_bytes() {
        for (name, max_length, precision, scale, expected) in [
            ("nvarchar", 100, 0, 0, "nvarchar(50)"),
            ("nvarchar", -1, 0, 0, "nvarchar(max)"),
            ("varchar", 100, 0, 0, "varchar(100)"),
            ("decimal", 9, 12, 2, "decimal(12,2)"),
            ("datetime2", 8, 27, 7, "datetime2(7)"),
            ("float", 8, 53, 0, "float"),
            ("xml", -1, 0, 0, "xml"),
        ] {
            assert_eq!(Native::of_catalog(name, max_length, precision, scale, false).text(), expected);
        }
    }

    #[test]
    fn the_seventh_digit_of_a_second_is_kept() {
        for (native, data_type) in [
            ("datetime2(6)", "Timestamp(µs)"),
            ("datetime2(7)", "Timestamp(ns)"),
            ("datetimeoffset(7)", "Timestamp(ns, \"UTC\")"),
            ("time(7)", "Time64(ns)"),
            ("time(0)", "Time64(µs)"),
        ] {
            assert_eq!(Native::parse(native).expect("a type").data_type().to_string(), data_type);
        }
    }
}

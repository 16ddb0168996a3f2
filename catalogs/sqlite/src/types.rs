//! Which type a column of a declared type has.
//!
//! SQLite stores any value in any column; a declared type only says which conversions are tried (its *affinity*). The gateway
//! gives every column one type. A stored value that the type cannot hold exactly is an error when it is read, never another value.
//! Upper and lower case mean the same; the first line that fits counts.
//!
//! | declared type | type | stored values that are read |
//! | --- | --- | --- |
//! | none, `ANY` | `text` | text; integers in decimal; reals in the shortest form that reads back as the same number (`1.0`, `1e300`) |
//! | `BOOL`, `BOOLEAN` | `boolean` | integers 1 and 0; text `true`, `false`, `t`, `f` |
//! | `DATE` | `date` | a moment at midnight |
//! | `DATETIME`, `TIMESTAMP`, `TIMESTAMP WITHOUT TIME ZONE` | `timestamp` | a moment |
//! | `TIMESTAMPTZ`, `TIMESTAMP WITH TIME ZONE` | `timestamptz` | a moment |
//! | `DEC`, `DECIMAL`, `NUMERIC`, `NUMBER` with (p) or (p,s), p up to 76 | `numeric(p,s)` | integers and text that fit exactly; reals by their shortest decimal form, rounded to s digits |
//! | the same without a usable precision, `NUM` | `double precision` | reals; integers that a double holds exactly |
//! | contains `INT` | `bigint` | integers |
//! | contains `CHAR`, with (n) | `varchar(n)` | as text; SQLite does not enforce n, and longer values are read whole |
//! | contains `CHAR`, `CLOB` or `TEXT` | `text` | as for no type |
//! | contains `BLOB` | `bytea` | blobs |
//! | contains `REAL`, `FLOA` or `DOUB` | `double precision` | reals; integers that a double holds exactly |
//! | anything else | `text` | as for no type |
//!
//! A *moment* is what SQLite's date functions take: text `YYYY-MM-DD`, with ` HH:MM`, ` HH:MM:SS` or ` HH:MM:SS.SSS` after it (or `T`
//! in place of the space), and perhaps `Z` or `+HH:MM`; an integer, the seconds since 1970; a real, the Julian day number. A time
//! zone is applied and the value held in UTC, years are 0000 to 9999, and digits beyond the microsecond are rounded as PostgreSQL does.
//!
//! SQLite itself makes a real of most numbers with more digits than a 64-bit integer has, when they are inserted into a numeric column.
//! A computed column of a view has no type; where it must have one, `CAST` in the view gives it.
//! A column of a compound view whose parts are of different types has SQLite's type `BLOB`, and needs a `CAST` as well.

use spi::types::{PgType, oid};

/// The largest precision that an Arrow decimal has.
const PRECISION_MAX: i32 = 76;

/// The largest length that PostgreSQL's `varchar` takes.
const LENGTH_MAX: i32 = 10_485_760;

/// The type of a column that is declared so.
pub(crate) fn declared(declared: &str) -> PgType {
    let Declared { name, arguments } = parse(declared);
    match name.as_str() {
        "" | "ANY" => return PgType::new(oid::TEXT),
        "BOOL" | "BOOLEAN" => return PgType::new(oid::BOOL),
        "DATE" => return PgType::new(oid::DATE),
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => return PgType::new(oid::TIMESTAMP),
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => return PgType::new(oid::TIMESTAMPTZ),
        "DEC" | "DECIMAL" | "NUMERIC" | "NUMBER" | "NUM" => return decimal(&arguments),
        _ => {}
    }
    // The order is that of SQLite's affinity rules (https://sqlite.org/datatype3.html#determination_of_column_affinity).
    let contains = |part: &str| name.contains(part);
    if contains("INT") {
        PgType::new(oid::INT8)
    } else if contains("CHAR") && matches!(arguments[..], [1..=LENGTH_MAX]) {
        PgType::varchar(arguments[0])
    } else if contains("CHAR") || contains("CLOB") || contains("TEXT") {
        PgType::new(oid::TEXT)
    } else if contains("BLOB") {
        PgType::new(oid::BYTEA)
    } else if contains("REAL") || contains("FLOA") || contains("DOUB") {
        PgType::new(oid::FLOAT8)
    } else {
        PgType::new(oid::TEXT)
    }
}

fn decimal(arguments: &[i32]) -> PgType {
    match *arguments {
        [precision @ 1..=PRECISION_MAX] => PgType::numeric(precision, 0),
        [precision @ 1..=PRECISION_MAX, scale] if (0..=precision).contains(&scale) => PgType::numeric(precision, scale),
        _ => PgType::new(oid::FLOAT8),
    }
}

/// A declared type, taken apart.
struct Declared {
    /// In upper case, with single spaces.
    name: String,
    arguments: Vec<i32>,
}

fn parse(declared: &str) -> Declared {
    let (before, rest) = declared.split_once('(').unwrap_or((declared, ""));
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let words: Vec<String> = before.split_whitespace().chain(after.split_whitespace()).map(str::to_ascii_uppercase).collect();
    let arguments = inside.split(',').map(|argument| argument.trim().parse().unwrap_or(-1));
    Declared { name: words.join(" "), arguments: if inside.trim().is_empty() { Vec::new() } else { arguments.collect() } }
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn declared_types_are_what_the_table_says() {
        for (native, expected) in [
            ("", "text"),
            ("any", "text"),
            ("INTEGER", "bigint"),
            ("int unsigned", "bigint"),
            ("TINYINT(1)", "bigint"),
            ("FLOATING POINT", "bigint"),
            ("Boolean", "boolean"),
            ("DATE", "date"),
            ("datetime", "timestamp without time zone"),
            ("TIMESTAMP(6)", "timestamp without time zone"),
            ("timestamp  with time zone", "timestamp with time zone"),
            ("TIMESTAMP(3) WITH TIME ZONE", "timestamp with time zone"),
            ("DECIMAL(10,2)", "numeric(10,2)"),
            ("numeric( 5 )", "numeric(5,0)"),
            ("NUMERIC(76,76)", "numeric(76,76)"),
            ("NUMERIC(77,2)", "double precision"),
            ("NUMERIC(2,3)", "double precision"),
            ("NUMERIC(3,-2)", "double precision"),
            ("NUMERIC", "double precision"),
            ("NUM", "double precision"),
            ("VARCHAR(20)", "character varying(20)"),
            ("NATIVE CHARACTER(70)", "character varying(70)"),
            ("VARCHAR", "text"),
            ("VARCHAR(0)", "text"),
            ("CLOB", "text"),
            ("BLOB", "bytea"),
            ("REAL", "double precision"),
            ("DOUBLE PRECISION", "double precision"),
            ("JSON", "text"),
            ("unheard of", "text"),
        ] {
            assert_eq!(declared(native).format(), expected, "{native}");
        }
    }
}

//! What a file's name says: the table's name, the format and the compression.

use spi::connector::{Compression, FileFormat};
use spi::{Code, Error, Result};

/// The format of a file, as far as its name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv(Compression),
    /// CSV whose delimiter is the tabulator.
    Tsv(Compression),
    JsonLines(Compression),
    Parquet,
    Arrow,
}

impl Format {
    /// Splits a file's name into the name of its table and its format; `None` if the file is not data that we know.
    pub(crate) fn of(file_name: &str) -> Option<(&str, Format)> {
        let (name, compression) = match split_ending(file_name) {
            Some((name, ending)) if ending == "gz" => (name, Compression::Gzip),
            Some((name, ending)) if ending == "zst" => (name, Compression::Zstd),
            _ => (file_name, Compression::None),
        };
        let (table, ending) = split_ending(name)?;
        let format = match (ending.as_str(), compression) {
            ("csv", compression) => Format::Csv(compression),
            ("tsv", compression) => Format::Tsv(compression),
            ("jsonl" | "ndjson" | "json", compression) => Format::JsonLines(compression),
            ("parquet", Compression::None) => Format::Parquet,
            ("arrow" | "ipc", Compression::None) => Format::Arrow,
            _ => return None,
        };
        Some((table, format))
    }

    /// The word for it in the table option `format`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Csv(_) => "csv",
            Format::Tsv(_) => "tsv",
            Format::JsonLines(_) => "json lines",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        }
    }

    /// How the whole file is compressed. Parquet and Arrow files compress inside, which is not meant.
    pub(crate) fn compression(self) -> Compression {
        match self {
            Format::Csv(compression) | Format::Tsv(compression) | Format::JsonLines(compression) => compression,
            Format::Parquet | Format::Arrow => Compression::None,
        }
    }

    /// Whether a file of no bytes is a file of the format: one without rows.
    pub(crate) fn may_be_empty(self) -> bool {
        !matches!(self, Format::Parquet | Format::Arrow) && self.compression() == Compression::None
    }

    /// How a CSV file of the format is written, in a source of the given dialect.
    pub(crate) fn dialect(self, of_source: CsvDialect) -> CsvDialect {
        let delimiter = if matches!(self, Format::Tsv(_)) { b'\t' } else { of_source.delimiter };
        CsvDialect { delimiter, ..of_source }
    }

    /// The format as the query engine is told.
    pub(crate) fn plan(self, of_source: CsvDialect) -> FileFormat {
        let CsvDialect { header, delimiter, quote } = self.dialect(of_source);
        match self {
            Format::Csv(compression) | Format::Tsv(compression) => FileFormat::Csv { header, delimiter, quote, compression },
            Format::JsonLines(compression) => FileFormat::JsonLines { compression },
            Format::Parquet => FileFormat::Parquet,
            Format::Arrow => FileFormat::Arrow,
        }
    }
}

/// The word for a compression in the table option `compression`.
pub(crate) fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}

/// The name before the last dot, and the lower-cased ending after it. Neither may be empty.
fn split_ending(name: &str) -> Option<(&str, String)> {
    name.rsplit_once('.')
        .filter(|(name, ending)| !name.is_empty() && !ending.is_empty())
        .map(|(name, end)| (name, end.to_ascii_lowercase()))
}

/// How the CSV files of a source are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsvDialect {
    pub(crate) header: bool,
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
}

impl CsvDialect {
    pub(crate) fn new(header: bool, delimiter: &str, quote: &str) -> Result<Self> {
        let dialect = Self { header, delimiter: character("csv_delimiter", delimiter)?, quote: character("csv_quote", quote)? };
        if dialect.delimiter == dialect.quote {
            return Err(Error::new(Code::InvalidArgument, "options \"csv_delimiter\" and \"csv_quote\" must differ"));
        }
        Ok(dialect)
    }
}

fn character(option: &str, text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n') => Ok(*byte),
        _ => Err(Error::new(Code::InvalidArgument, format!("option \"{option}\" must be one ASCII character other than a line break"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_table_and_format() {
        for (name, expected) in [
            ("orders.csv", Some(("orders", Format::Csv(Compression::None)))),
            ("Orders.CSV.GZ", Some(("Orders", Format::Csv(Compression::Gzip)))),
            ("a.b.jsonl.zst", Some(("a.b", Format::JsonLines(Compression::Zstd)))),
            ("part-0.snappy.parquet", Some(("part-0.snappy", Format::Parquet))),
            ("orders.parquet.gz", None),
            ("orders.arrow", Some(("orders", Format::Arrow))),
            (".csv", None),
            ("csv", None),
            ("orders.txt", None),
            ("orders.gz", None),
        ] {
            assert_eq!(Format::of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_dialect_needs_two_different_characters() {
        for (delimiter, quote) in [("", "\""), (",,", "\""), ("\n", "\""), (",", ","), ("é", "\"")] {
            assert!(CsvDialect::new(true, delimiter, quote).is_err(), "{delimiter:?} {quote:?}");
        }
    }
}

//! The columns of a CSV file.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema};

use super::text::Text;
use super::{Columns, Sample};
use crate::format::CsvDialect;
use crate::inference::Inferred;

/// Looks at the records in a text, or says what is wrong with them.
pub(crate) fn sample(text: &Text, dialect: CsvDialect) -> Result<Sample, String> {
    let records = if text.whole { &text.bytes[..] } else { whole_records(&text.bytes, dialect.quote) };
    if records.is_empty() && !text.bytes.is_empty() {
        return Err("the first record does not end where records should have ended; check option csv_quote".to_owned());
    }
    let format = Format::default().with_header(dialect.header).with_delimiter(dialect.delimiter).with_quote(dialect.quote);
    let (header, _) = format.infer_schema(records, Some(0)).map_err(|error| error.to_string())?;
    let names = column_names(&header)?;
    if names.is_empty() {
        return Ok(Sample { columns: Columns::Inferred(Vec::new()), rows: text.whole.then_some(0) });
    }

    let fields: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    let batches =
        ReaderBuilder::new(Arc::new(Schema::new(fields))).with_format(format).build_buffered(records).map_err(|error| error.to_string())?;
    let mut types = vec![Inferred::Unknown; names.len()];
    let mut rows = 0;
    for batch in batches {
        let batch = batch.map_err(|error| error.to_string())?;
        rows += batch.num_rows() as u64;
        for (inferred, values) in types.iter_mut().zip(batch.columns()) {
            for value in values.as_string::<i32>().iter().flatten() {
                *inferred = std::mem::take(inferred).merge(Inferred::of_text(value));
            }
        }
    }
    Ok(Sample { columns: Columns::Inferred(names.into_iter().zip(types).collect()), rows: text.whole.then_some(rows) })
}

/// The text up to the last line break that is not inside quotes.
fn whole_records(text: &[u8], quote: u8) -> &[u8] {
    let mut quoted = false;
    let mut end = 0;
    for (place, byte) in text.iter().enumerate() {
        if *byte == quote {
            quoted = !quoted;
        } else if *byte == b'\n' && !quoted {
            end = place + 1;
        }
    }
    &text[..end]
}

/// The names in the header. A column without a name is called by its place, as all are in a file without a header.
fn column_names(header: &Schema) -> Result<Vec<String>, String> {
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(header.fields().len());
    for (place, field) in header.fields().iter().enumerate() {
        let name = if field.name().is_empty() { format!("column_{}", place + 1) } else { field.name().clone() };
        if !seen.insert(name.clone()) {
            return Err(format!("the header names column \"{name}\" twice"));
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns with their types, and the rows.
    type Found<'a> = (&'a [(&'a str, Inferred)], Option<u64>);

    const DIALECT: CsvDialect = CsvDialect { header: true, delimiter: b',', quote: b'"' };

    fn check(text: &str, whole: bool, dialect: CsvDialect, expected: Result<Found<'_>, &str>) {
        let found = sample(&Text { bytes: text.as_bytes().to_vec(), whole }, dialect);
        match (found, expected) {
            (Ok(found), Ok((columns, rows))) => {
                let columns = columns.iter().map(|(name, inferred)| ((*name).to_owned(), inferred.clone())).collect();
                assert_eq!((found.columns, found.rows), (Columns::Inferred(columns), rows), "{text:?}");
            }
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, _) => panic!("{text:?} gave {found:?}"),
        }
    }

    #[test]
    fn finds_columns_and_types() {
        use Inferred::*;
        check("a,b\n1,x\n,\"2\"\n", true, DIALECT, Ok((&[("a", BigInt), ("b", Mixed)], Some(2))));
        check("\u{feff}a,\n1,2\n", true, DIALECT, Ok((&[("a", BigInt), ("column_2", BigInt)], Some(1))));
        check("a,b\n", true, DIALECT, Ok((&[("a", Unknown), ("b", Unknown)], Some(0))));
        check("1,x\n2,y", true, CsvDialect { header: false, ..DIALECT }, Ok((&[("column_1", BigInt), ("column_2", Text)], Some(2))));
        check(
            "a;b\n1;'x;\ny'\n",
            true,
            CsvDialect { delimiter: b';', quote: b'\'', ..DIALECT },
            Ok((&[("a", BigInt), ("b", Text)], Some(1))),
        );
    }

    #[test]
    fn a_cut_record_does_not_count() {
        use Inferred::*;
        check("a,b\n1,x\n2", false, DIALECT, Ok((&[("a", BigInt), ("b", Text)], None)));
        check("a,b\n1,x\n2.5,\"y\nz", false, DIALECT, Ok((&[("a", BigInt), ("b", Text)], None)));
    }

    #[test]
    fn says_what_is_wrong() {
        check("a,a\n1,2\n", true, DIALECT, Err("column \"a\" twice"));
        check("a,b\n1\n", true, DIALECT, Err("incorrect number of fields"));
        check("\"a,b\n1,2\n", false, DIALECT, Err("check option csv_quote"));
    }
}

//! The columns of a file, and how those of several files become the columns of a table.

use arrow::datatypes::{Field, FieldRef, Fields};

use crate::format::Format;
use crate::inference::Inferred;

/// The columns of a file, as far as the file says their types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Columns {
    /// Of a textual format: types follow from the values seen.
    Inferred(Vec<(String, Inferred)>),
    /// Of a format that has a schema.
    Typed(Fields),
}

impl Columns {
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Columns::Inferred(columns) => columns.iter().map(|(name, _)| name.as_str()).collect(),
            Columns::Typed(fields) => fields.iter().map(|field| field.name().as_str()).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Columns::Inferred(columns) => columns.is_empty(),
            Columns::Typed(fields) => fields.is_empty(),
        }
    }

    /// The columns of a table of files with these columns, or why they are not one table. CSV and Arrow files are read by
    /// the place of a column, so that all must have the same; of JSON lines and Parquet files some may lack columns.
    pub(crate) fn merge(self, other: Columns, format: Format) -> Result<Columns, String> {
        match (self, other, format) {
            (one, other, _) if other.is_empty() => Ok(one),
            (one, other, _) if one.is_empty() => Ok(other),
            (Columns::Inferred(one), Columns::Inferred(other), Format::JsonLines(_)) => Ok(Columns::Inferred(union(one, other))),
            (Columns::Inferred(one), Columns::Inferred(other), _) => same_places(one, other).map(Columns::Inferred),
            (Columns::Typed(one), Columns::Typed(other), Format::Parquet) => union_typed(&one, &other).map(Columns::Typed),
            (Columns::Typed(one), Columns::Typed(other), _) if one == other => Ok(Columns::Typed(one)),
            _ => Err("its columns are not those of the files before it".to_owned()),
        }
    }
}

fn union(mut one: Vec<(String, Inferred)>, other: Vec<(String, Inferred)>) -> Vec<(String, Inferred)> {
    for (name, inferred) in other {
        match one.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = std::mem::take(known).merge(inferred),
            None => one.push((name, inferred)),
        }
    }
    one
}

fn same_places(one: Vec<(String, Inferred)>, other: Vec<(String, Inferred)>) -> Result<Vec<(String, Inferred)>, String> {
    if !one.iter().map(|(name, _)| name).eq(other.iter().map(|(name, _)| name)) {
        return Err("its columns have other names, or another order, than those of the files before it".to_owned());
    }
    Ok(one.into_iter().zip(other).map(|((name, one), (_, other))| (name, one.merge(other))).collect())
}

/// A column that some file lacks or allows to be null is one that may be null.
fn union_typed(one: &Fields, other: &Fields) -> Result<Fields, String> {
    let mut fields: Vec<FieldRef> = Vec::with_capacity(one.len());
    for field in one {
        let nullable = match other.find(field.name()) {
            Some((_, same)) if same.data_type() != field.data_type() => {
                return Err(format!(
                    "column \"{}\" has type {}, but {} in the files before it",
                    field.name(),
                    same.data_type(),
                    field.data_type()
                ));
            }
            Some((_, same)) => field.is_nullable() || same.is_nullable(),
            None => true,
        };
        fields.push(Field::new(field.name(), field.data_type().clone(), nullable).into());
    }
    let added = other.iter().filter(|field| one.find(field.name()).is_none());
    fields.extend(added.map(|field| FieldRef::new(Field::new(field.name(), field.data_type().clone(), true))));
    Ok(fields.into())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use spi::connector::Compression;

    use super::*;

    const CSV: Format = Format::Csv(Compression::None);
    const JSON: Format = Format::JsonLines(Compression::None);

    fn inferred(columns: &[(&str, Inferred)]) -> Columns {
        Columns::Inferred(columns.iter().map(|(name, inferred)| ((*name).to_owned(), inferred.clone())).collect())
    }

    fn typed(columns: &[(&str, DataType, bool)]) -> Columns {
        Columns::Typed(columns.iter().map(|(name, data_type, nullable)| Field::new(*name, data_type.clone(), *nullable)).collect())
    }

    #[test]
    fn csv_files_must_agree_on_names_and_order() {
        let one = inferred(&[("a", Inferred::BigInt), ("b", Inferred::Text)]);
        let other = inferred(&[("a", Inferred::Double), ("b", Inferred::Text)]);
        assert_eq!(one.clone().merge(other.clone(), CSV), Ok(other));
        assert!(one.clone().merge(inferred(&[("b", Inferred::Text), ("a", Inferred::BigInt)]), CSV).is_err());
        assert!(one.clone().merge(inferred(&[("a", Inferred::BigInt)]), CSV).is_err());
        assert_eq!(one.clone().merge(inferred(&[]), CSV), Ok(one));
    }

    #[test]
    fn json_and_parquet_files_may_lack_columns() {
        let merged = inferred(&[("a", Inferred::BigInt)]).merge(inferred(&[("b", Inferred::Text), ("a", Inferred::Text)]), JSON);
        assert_eq!(merged, Ok(inferred(&[("a", Inferred::Mixed), ("b", Inferred::Text)])));
        let one = typed(&[("a", DataType::Int32, false), ("b", DataType::Utf8, false)]);
        let merged = one.clone().merge(typed(&[("a", DataType::Int32, true), ("c", DataType::Utf8, false)]), Format::Parquet);
        assert_eq!(merged, Ok(typed(&[("a", DataType::Int32, true), ("b", DataType::Utf8, true), ("c", DataType::Utf8, true)])));
        assert!(one.clone().merge(typed(&[("a", DataType::Int64, false)]), Format::Parquet).is_err());
        assert!(one.merge(typed(&[("a", DataType::Int32, false)]), Format::Arrow).is_err());
    }
}

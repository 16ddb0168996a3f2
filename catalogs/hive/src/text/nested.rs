//! Arrays, maps and structs in delimited text, whose parts further separators part, one or two for each level.
//!
//! Source of the rules: Hive's `LazyArray`, `LazyMap` and `LazyStruct`, and its `LazyFactory`, which says what separator is whose.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::filter;
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use spi::predicate::Value;

use super::fields::{position, split, unescaped};
use super::values::ColumnBuilder;
use crate::format::Delimiters;

/// Collects the values of one column, or of a part of one.
pub(super) enum Builder {
    Scalar(ColumnBuilder),
    List { item: FieldRef, lengths: Vec<usize>, valid: Vec<bool>, items: Box<Builder> },
    Map { entries: FieldRef, lengths: Vec<usize>, valid: Vec<bool>, keys: Box<Builder>, values: Box<Builder> },
    Struct { fields: Fields, valid: Vec<bool>, parts: Vec<Builder> },
}

impl Builder {
    /// Of a part of a value, the native type is not known.
    pub(super) fn new(data_type: &DataType, native_type: &str) -> Self {
        let part = |field: &FieldRef| Self::new(field.data_type(), "");
        match data_type {
            DataType::List(item) => {
                Self::List { item: Arc::clone(item), lengths: Vec::new(), valid: Vec::new(), items: Box::new(part(item)) }
            }
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(parts) if parts.len() == 2 => Self::Map {
                    entries: Arc::clone(entries),
                    lengths: Vec::new(),
                    valid: Vec::new(),
                    keys: Box::new(part(&parts[0])),
                    values: Box::new(part(&parts[1])),
                },
                _ => Self::Scalar(ColumnBuilder::new(data_type, native_type)),
            },
            DataType::Struct(fields) => {
                Self::Struct { fields: fields.clone(), valid: Vec::new(), parts: fields.iter().map(part).collect() }
            }
            _ => Self::Scalar(ColumnBuilder::new(data_type, native_type)),
        }
    }

    /// Appends what is written; `None` where nothing is. The value's parts are between separators of this level, from 0, and further ones:
    /// there are as many as [`levels`](crate::hive_type::levels) says.
    pub(super) fn append(&mut self, written: Option<&[u8]>, format: &Delimiters, level: usize) {
        let written = written.filter(|written| *written != format.null);
        let escape = format.escape;
        match self {
            Self::Scalar(builder) => builder.append_text(written.map(|written| unescaped(written, escape)).as_deref()),
            Self::List { lengths, valid, items, .. } => {
                valid.push(written.is_some());
                let mut length = 0;
                // What is empty has no parts, not one.
                if let Some(written) = written.filter(|written| !written.is_empty()) {
                    for place in split(written, format.separators[level], escape) {
                        items.append(Some(&written[place]), format, level + 1);
                        length += 1;
                    }
                }
                lengths.push(length);
            }
            Self::Map { lengths, valid, keys, values, .. } => {
                valid.push(written.is_some());
                let mut length = 0;
                if let Some(written) = written.filter(|written| !written.is_empty()) {
                    for place in split(written, format.separators[level], escape) {
                        let entry = &written[place];
                        let end = position(entry, format.separators[level + 1], escape);
                        keys.append(Some(&entry[..end.unwrap_or(entry.len())]), format, level + 2);
                        values.append(end.map(|end| &entry[end + 1..]), format, level + 2);
                        length += 1;
                    }
                }
                lengths.push(length);
            }
            Self::Struct { valid, parts, .. } => {
                valid.push(written.is_some());
                let mut places = written.map(|written| split(written, format.separators[level], escape));
                for part in parts {
                    let place = places.as_mut().and_then(Iterator::next);
                    part.append(place.zip(written).map(|(place, written)| &written[place]), format, level + 1);
                }
            }
        }
    }

    /// Appends a text that has no parts.
    pub(super) fn append_text(&mut self, text: Option<&[u8]>) {
        if let Self::Scalar(builder) = self {
            builder.append_text(text);
        }
    }

    /// Appends the value of a partition key, which has no parts.
    pub(super) fn append_value(&mut self, value: &Value) {
        if let Self::Scalar(builder) = self {
            builder.append_value(value);
        }
    }

    /// Errors are of columns with more values than one array holds.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Scalar(builder) => builder.finish(),
            Self::List { item, lengths, valid, items } => {
                let offsets = OffsetBuffer::from_lengths(std::mem::take(lengths));
                Arc::new(ListArray::try_new(Arc::clone(item), offsets, items.finish()?, nulls(valid))?)
            }
            Self::Map { entries, lengths, valid, keys, values } => {
                let DataType::Struct(parts) = entries.data_type() else {
                    return Err(ArrowError::SchemaError("entries of maps are structs".to_owned()));
                };
                let (keys, values) = with_keys(lengths, keys.finish()?, values.finish()?)?;
                let pairs = StructArray::try_new(parts.clone(), vec![keys, values], None)?;
                let offsets = OffsetBuffer::from_lengths(std::mem::take(lengths));
                Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, nulls(valid), false)?)
            }
            Self::Struct { fields, valid, parts } => {
                let length = valid.len();
                let parts = parts.iter_mut().map(Self::finish).collect::<Result<_, _>>()?;
                Arc::new(StructArray::try_new_with_length(fields.clone(), parts, nulls(valid), length)?)
            }
        })
    }
}

fn nulls(valid: &mut Vec<bool>) -> Option<NullBuffer> {
    Some(NullBuffer::from(std::mem::take(valid)))
}

/// Leaves out entries whose key is NULL, or is not of its type; of entries of a map with the same key, the first one counts.
fn with_keys(lengths: &mut [usize], keys: ArrayRef, values: ArrayRef) -> Result<(ArrayRef, ArrayRef), ArrowError> {
    let comparable = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?.convert_columns(&[Arc::clone(&keys)])?;
    let mut is_kept = Vec::with_capacity(keys.len());
    for length in lengths {
        let (first, mut seen) = (is_kept.len(), HashSet::with_capacity(*length));
        is_kept.extend((first..first + *length).map(|place| keys.is_valid(place) && seen.insert(comparable.row(place))));
        *length = is_kept[first..].iter().filter(|is_kept| **is_kept).count();
    }
    if is_kept.iter().all(|is_kept| *is_kept) {
        return Ok((keys, values));
    }
    let is_kept = BooleanArray::from(is_kept);
    Ok((filter(&keys, &is_kept)?, filter(&values, &is_kept)?))
}

/// What is expected here is what `LazySimpleSerDe` of Hive 3.1.3 itself makes of these texts.
#[cfg(test)]
mod tests {
    use arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::*;
    use crate::hive_type;

    /// Texts as values of a type, each as text again.
    fn read(native_type: &str, texts: &[&str]) -> Vec<String> {
        let format = Delimiters { separators: b"|,:;/".to_vec(), escape: Some(b'\\'), null: b"\\N".to_vec() };
        let data_type = hive_type::parse(native_type).data_type;
        assert!(hive_type::levels(&data_type) < format.separators.len(), "{native_type}");
        let mut builder = Builder::new(&data_type, native_type);
        texts.iter().for_each(|text| builder.append(Some(text.as_bytes()), &format, 1));
        builder.append(None, &format, 1);
        let values = builder.finish().expect("values");
        assert_eq!((values.data_type(), values.len()), (&data_type, texts.len() + 1));
        let shown = ArrayFormatter::try_new(values.as_ref(), &FormatOptions::new().with_null("NULL")).expect("a formatter");
        assert_eq!(shown.value(texts.len()).to_string(), "NULL");
        (0..texts.len()).map(|row| shown.value(row).to_string()).collect()
    }

    #[test]
    fn arrays() {
        assert_eq!(read("array<int>", &["1,2", "", "\\N", ",x,\\N,3"]), ["[1, 2]", "[]", "NULL", "[NULL, NULL, NULL, 3]"]);
        assert_eq!(read("array<string>", &["a\\,b,\\\\,", "\\N,N"]), ["[a,b, \\, ]", "[NULL, N]"]);
        assert_eq!(read("array<array<string>>", &["a:b,,\\N", "a\\:b"]), ["[[a, b], [], NULL]", "[[a:b]]"]);
    }

    #[test]
    fn maps() {
        let maps = ["a:1,b:2", "", "\\N", "a,b:,c:x,d:\\N", "a:1,a:2", "a:1:2,\\N:3,b\\:c:4", ":1"];
        let shown = ["{a: 1, b: 2}", "{}", "NULL", "{a: NULL, b: NULL, c: NULL, d: NULL}", "{a: 1}", "{a: NULL, b:c: 4}", "{: 1}"];
        assert_eq!(read("map<string,int>", &maps), shown);
        assert_eq!(read("map<int,string>", &["x:1,2:y", "x:1", "1:", "1:a,01:b", "1:c"]), ["{2: y}", "{}", "{1: }", "{1: a}", "{1: c}"]);
        assert_eq!(read("map<string,array<int>>", &["a:1;2,b:,c"]), ["{a: [1, 2], b: [], c: NULL}"]);
    }

    #[test]
    fn structs() {
        let structs = ["1,x", "1", "", "\\N", "1,x,more", "y,\\N", ","];
        let shown =
            ["{a: 1, b: x}", "{a: 1, b: NULL}", "{a: NULL, b: NULL}", "NULL", "{a: 1, b: x}", "{a: NULL, b: NULL}", "{a: NULL, b: }"];
        assert_eq!(read("struct<a:int,b:string>", &structs), shown);
        let nested = "struct<a:array<int>,b:struct<c:map<string,int>>>";
        assert_eq!(
            read(nested, &["1:2,x/1;y/2", "\\N,", ""]),
            ["{a: [1, 2], b: {c: {x: 1, y: 2}}}", "{a: NULL, b: {c: {}}}", "{a: [], b: NULL}",]
        );
    }
}

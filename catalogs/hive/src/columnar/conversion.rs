//! How values of a file's type become values of the type that the table declares, as Hive's readers do it: a file may be older than the
//! last `ALTER TABLE`.
//!
//! A value that the table's type does not have, such as a number that is too large, is NULL. Pairs of types for which Hive's result hangs
//! on how Java writes a value as text are deliberately absent, as are those of which Hive makes nothing.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, ListArray, MapArray, StringBuilder, StructArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Date32Type, FieldRef, Fields, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use spi::types::oid;

use super::calendar;
use crate::hive_type;
use crate::text::ColumnBuilder;

/// What a file says of its values, beside their types.
pub(super) struct Writer {
    /// Whether its old dates are of Java's former calendar.
    pub(super) is_hybrid: bool,
    /// In which time zone moments are the times of day that were written.
    pub(super) zone: Option<Tz>,
    /// Whether dates and times are no more than a way to see numbers, as in Avro.
    pub(super) has_logical_types: bool,
}

/// What is done to the values of a column, or of a part of one.
pub(super) enum Conversion {
    Steps(Vec<Step>),
    List {
        item: FieldRef,
        conversion: Box<Conversion>,
    },
    Map {
        entries: FieldRef,
        key: Box<Conversion>,
        value: Box<Conversion>,
    },
    /// For each field where it is in the file's struct; those that are not there are NULL.
    Struct {
        fields: Fields,
        sources: Vec<Option<(usize, Conversion)>>,
    },
}

pub(super) enum Step {
    Cast(DataType),
    /// Texts, as the values that they write.
    Parse {
        data_type: DataType,
        native_type: String,
    },
    /// Old dates become those of the Gregorian calendar.
    Proleptic,
    /// Moments become the time of day there.
    Local(Tz),
    /// Texts are cut off after so many characters, or filled up with blanks.
    Fit {
        chars: usize,
        is_padded: bool,
    },
}

const MICROS: TimeUnit = TimeUnit::Microsecond;

/// How a type becomes a wanted one, whose native type says more where it is known; `None` if it cannot.
pub(super) fn new(found: &DataType, wanted: &DataType, native_type: &str, writer: &Writer) -> Option<Conversion> {
    match (found, wanted) {
        (DataType::List(found), DataType::List(item)) => {
            let conversion = new(found.data_type(), item.data_type(), "", writer)?;
            Some(Conversion::List { item: Arc::clone(item), conversion: Box::new(conversion) })
        }
        (DataType::Map(found, _), DataType::Map(entries, _)) => {
            let (DataType::Struct(found), DataType::Struct(wanted)) = (found.data_type(), entries.data_type()) else { return None };
            let part = |place: usize| new(found.get(place)?.data_type(), wanted.get(place)?.data_type(), "", writer).map(Box::new);
            Some(Conversion::Map { entries: Arc::clone(entries), key: part(0)?, value: part(1)? })
        }
        (DataType::Struct(found), DataType::Struct(fields)) => {
            let names: Vec<&str> = found.iter().map(|field| field.name().as_str()).collect();
            let source = |field: &FieldRef| match position(&names, field.name()) {
                None => Some(None),
                Some(place) => Some(Some((place, new(found[place].data_type(), field.data_type(), "", writer)?))),
            };
            Some(Conversion::Struct { fields: fields.clone(), sources: fields.iter().map(source).collect::<Option<_>>()? })
        }
        _ => steps(found, wanted, native_type, writer).map(Conversion::Steps),
    }
}

/// Where a name is among those of a file. The metastore keeps names in lower case, files as they were written.
pub(super) fn position(names: &[&str], wanted: &str) -> Option<usize> {
    let exact = names.iter().position(|name| *name == wanted);
    exact.or_else(|| names.iter().position(|name| name.to_lowercase() == wanted.to_lowercase()))
}

fn steps(found: &DataType, wanted: &DataType, native_type: &str, writer: &Writer) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut found = found.clone();
    if let DataType::Timestamp(unit, zone) = &found
        && *unit != MICROS
        && *wanted != DataType::Int64
    {
        found = DataType::Timestamp(MICROS, zone.clone());
        steps.push(Step::Cast(found.clone()));
    }
    if let (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, None) | DataType::Date32, Some(zone)) = (&found, wanted, writer.zone) {
        found = DataType::Timestamp(MICROS, None);
        steps.push(Step::Local(zone));
    }
    if writer.is_hybrid && matches!(found, DataType::Date32 | DataType::Timestamp(MICROS, _)) && *wanted != DataType::Int64 {
        steps.push(Step::Proleptic);
    }
    let pg_type = hive_type::parse(native_type).pg_type;
    if native_type.eq_ignore_ascii_case("tinyint") && is_number(&found) && found != DataType::Int8 {
        found = DataType::Int8;
        steps.push(Step::Cast(found.clone()));
    }
    match (&found, wanted) {
        (found, wanted) if found == wanted => {}
        (DataType::Utf8, DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Float32 | DataType::Float64)
        | (DataType::Utf8, DataType::Decimal128(..) | DataType::Date32 | DataType::Timestamp(MICROS, None)) => {
            steps.push(Step::Parse { data_type: wanted.clone(), native_type: native_type.to_owned() });
        }
        (found, wanted) if is_cast(found, wanted) || writer.has_logical_types && is_number_seen_otherwise(found, wanted) => {
            steps.push(Step::Cast(wanted.clone()));
        }
        _ => return None,
    }
    if let (DataType::Utf8, Some(chars)) = (wanted, pg_type.character_maximum_length()) {
        steps.push(Step::Fit { chars: usize::try_from(chars).ok()?, is_padded: pg_type.oid == oid::BPCHAR });
    }
    Some(steps)
}

/// Whether Hive makes the same of the values as a cast of columns does.
fn is_cast(found: &DataType, wanted: &DataType) -> bool {
    match (found, wanted) {
        (DataType::Null, _) => true,
        (DataType::Boolean, wanted) => is_integer(wanted) || wanted.is_floating(),
        (found, DataType::Boolean) => is_integer(found),
        (found, wanted) if is_integer(found) => is_number(wanted) || *wanted == DataType::Utf8,
        (DataType::Float32 | DataType::Float64, wanted) => is_integer(wanted) || wanted.is_floating(),
        (DataType::Decimal128(..) | DataType::Decimal256(..), wanted) => is_number(wanted),
        (DataType::Date32, DataType::Utf8 | DataType::Timestamp(MICROS, _)) => true,
        (DataType::Timestamp(MICROS, _), DataType::Date32 | DataType::Timestamp(MICROS, _)) => true,
        (DataType::Utf8 | DataType::FixedSizeBinary(_), DataType::Binary) => true,
        // Names of an enumeration.
        (DataType::Dictionary(_, names), DataType::Utf8) => **names == DataType::Utf8,
        _ => false,
    }
}

/// Whether a date or time is wanted as the number that it is in the file.
fn is_number_seen_otherwise(found: &DataType, wanted: &DataType) -> bool {
    match found {
        DataType::Date32 | DataType::Time32(_) => *wanted == DataType::Int32,
        DataType::Time64(_) | DataType::Timestamp(..) => *wanted == DataType::Int64,
        _ => false,
    }
}

fn is_integer(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64)
}

fn is_number(data_type: &DataType) -> bool {
    is_integer(data_type) || data_type.is_floating() || matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..))
}

impl Conversion {
    /// The values as they are wanted. Errors are of files whose NULLs are where none may be.
    pub(super) fn apply(&self, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Steps(steps) => steps.iter().try_fold(Arc::clone(values), |values, step| step.apply(&values))?,
            Self::List { item, conversion } => {
                let lists = values.as_list::<i32>();
                let items = conversion.apply(lists.values())?;
                Arc::new(ListArray::try_new(Arc::clone(item), lists.offsets().clone(), items, lists.nulls().cloned())?)
            }
            Self::Map { entries, key, value } => {
                let maps = values.as_map();
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(ArrowError::SchemaError("entries of maps are structs".to_owned()));
                };
                let parts = vec![key.apply(maps.keys())?, value.apply(maps.values())?];
                let parts = StructArray::try_new(fields.clone(), parts, None)?;
                Arc::new(MapArray::try_new(Arc::clone(entries), maps.offsets().clone(), parts, maps.nulls().cloned(), false)?)
            }
            Self::Struct { fields, sources } => {
                let structs = values.as_struct();
                let part = |(field, source): (&FieldRef, &Option<(usize, Conversion)>)| match source {
                    Some((place, conversion)) => conversion.apply(structs.column(*place)),
                    None => Ok(new_null_array(field.data_type(), structs.len())),
                };
                let parts = fields.iter().zip(sources).map(part).collect::<Result<Vec<_>, ArrowError>>()?;
                Arc::new(StructArray::try_new_with_length(fields.clone(), parts, structs.nulls().cloned(), structs.len())?)
            }
        })
    }
}

impl Step {
    fn apply(&self, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Cast(data_type) => cast_with_options(values, data_type, &CastOptions { safe: true, ..CastOptions::default() })?,
            Self::Parse { data_type, native_type } => {
                let mut builder = ColumnBuilder::new(data_type, native_type);
                values.as_string::<i32>().iter().for_each(|text| builder.append_text(text.map(str::as_bytes)));
                builder.finish()
            }
            Self::Proleptic if *values.data_type() == DataType::Date32 => {
                let moved: Date32Array = values.as_primitive::<Date32Type>().unary(calendar::proleptic_day);
                Arc::new(moved)
            }
            Self::Proleptic => {
                let moments = values.as_primitive::<TimestampMicrosecondType>();
                let moved: TimestampMicrosecondArray = moments.unary(calendar::proleptic_micros);
                Arc::new(moved.with_data_type(values.data_type().clone()))
            }
            Self::Local(zone) => {
                let moments = values.as_primitive::<TimestampMicrosecondType>();
                let local: TimestampMicrosecondArray = moments.unary_opt(|moment| local(*zone, moment));
                Arc::new(local)
            }
            Self::Fit { chars, is_padded } => {
                let mut builder = StringBuilder::new();
                values.as_string::<i32>().iter().for_each(|text| builder.append_option(text.map(|text| fit(text, *chars, *is_padded))));
                Arc::new(builder.finish())
            }
        })
    }
}

/// The time of day of a moment, in microseconds since 1970.
fn local(zone: Tz, moment: i64) -> Option<i64> {
    let utc = DateTime::from_timestamp_micros(moment)?.naive_utc();
    moment.checked_add(i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1_000_000)
}

fn fit(text: &str, chars: usize, is_padded: bool) -> String {
    let mut fitted: String = text.chars().take(chars).collect();
    if is_padded {
        let missing = chars - fitted.chars().count();
        fitted.extend(std::iter::repeat_n(' ', missing));
    }
    fitted
}

#[cfg(test)]
mod tests {
    use arrow::array::{BinaryArray, Decimal128Array, Int32Array, Int64Array, StringArray, TimestampMillisecondArray};
    use arrow::datatypes::Field;
    use arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::*;

    const PLAIN: Writer = Writer { is_hybrid: false, zone: None, has_logical_types: false };

    /// The values as a type of Hive's, each as text; `None` if there is no way.
    fn converted(values: impl Array + 'static, native_type: &str, writer: &Writer) -> Option<Vec<String>> {
        let values: ArrayRef = Arc::new(values);
        let wanted = hive_type::parse(native_type).data_type;
        let conversion = new(values.data_type(), &wanted, native_type, writer)?;
        let values = conversion.apply(&values).expect("values");
        assert_eq!(*values.data_type(), wanted);
        let options = FormatOptions::new().with_null("NULL");
        let shown = ArrayFormatter::try_new(values.as_ref(), &options).expect("a formatter");
        Some((0..values.len()).map(|row| shown.value(row).to_string()).collect())
    }

    #[test]
    fn numbers_that_do_not_fit_are_null() {
        let numbers = || Int64Array::from(vec![Some(1), Some(128), Some(40_000), None]);
        assert_eq!(converted(numbers(), "tinyint", &PLAIN).expect("a way"), ["1", "NULL", "NULL", "NULL"]);
        assert_eq!(converted(numbers(), "smallint", &PLAIN).expect("a way"), ["1", "128", "NULL", "NULL"]);
        assert_eq!(converted(numbers(), "decimal(5,2)", &PLAIN).expect("a way"), ["1.00", "128.00", "NULL", "NULL"]);
        assert_eq!(converted(numbers(), "double", &PLAIN).expect("a way"), ["1.0", "128.0", "40000.0", "NULL"]);
        let decimals = Decimal128Array::from(vec![1_005, -1_005, 99_999_995]).with_precision_and_scale(10, 3).expect("decimals");
        assert_eq!(converted(decimals, "decimal(6,2)", &PLAIN).expect("a way"), ["1.01", "-1.01", "NULL"]);
        assert_eq!(converted(StringArray::from(vec!["7", "x"]), "int", &PLAIN).expect("a way"), ["7", "NULL"]);
    }

    #[test]
    fn texts_fit_their_column() {
        let texts = || StringArray::from(vec!["äöüß", "a"]);
        assert_eq!(converted(texts(), "varchar(2)", &PLAIN).expect("a way"), ["äö", "a"]);
        assert_eq!(converted(texts(), "char(3)", &PLAIN).expect("a way"), ["äöü", "a  "]);
        assert_eq!(converted(Int32Array::from(vec![-12]), "string", &PLAIN).expect("a way"), ["-12"]);
    }

    #[test]
    fn what_hive_does_not_convert_is_refused() {
        assert!(converted(BinaryArray::from(vec![&b"x"[..]]), "int", &PLAIN).is_none());
        assert!(converted(Int32Array::from(vec![1]), "array<int>", &PLAIN).is_none());
        assert!(converted(Int32Array::from(vec![1]), "date", &PLAIN).is_none());
    }

    #[test]
    fn structs_evolve_by_name() {
        let inner = StructArray::from(vec![(
            Arc::new(Field::new("B", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef,
        )]);
        assert_eq!(
            converted(inner.clone(), "struct<a:string,b:bigint>", &PLAIN).expect("a way"),
            ["{a: NULL, b: 1}", "{a: NULL, b: NULL}"]
        );
        assert!(converted(inner, "struct<b:array<int>>", &PLAIN).is_none());
    }

    #[test]
    fn moments_are_the_times_that_were_written() {
        let tokyo = Writer { is_hybrid: true, zone: Some(chrono_tz::Asia::Tokyo), has_logical_types: true };
        let moments = || TimestampMillisecondArray::from(vec![0, -62_135_769_600_000]).with_timezone("+00:00");
        let shown = converted(moments(), "timestamp", &tokyo).expect("a way");
        assert_eq!(shown[0], "1970-01-01T09:00:00");
        assert!(shown[1].starts_with("0001-01-01T"), "{}", shown[1]);
        assert_eq!(converted(moments(), "bigint", &tokyo).expect("a way")[0], "0");
        assert_eq!(converted(Date32Array::from(vec![-719_164]), "date", &tokyo).expect("a way"), ["0001-01-01"]);
        assert_eq!(converted(Date32Array::from(vec![-719_162]), "date", &PLAIN).expect("a way"), ["0001-01-01"]);
    }
}

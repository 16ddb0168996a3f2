//! Which partitions of a table can hold a wanted row.
//!
//! Conditions that the metastore understands are its filter; all of them are then applied to the values of what it gives. Where it
//! understands none, refuses the filter or finds too many, the names of all partitions are listed, and only those partitions are read
//! that their names do not rule out.

use arrow::compute::kernels::cast_utils::Parser;
use arrow::datatypes::{DataType, Float64Type, TimeUnit};
use futures::TryStreamExt;
use hive_metastore::{Partition, Table};
use pilota::FastStr;
use spi::Result;
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};
use spi::types::oid;

use crate::client::Client;
use crate::failure::Failure;
use crate::hive_type::{self, ColumnType};
use crate::options::Settings;
use crate::partitions::Partitioned;
use crate::{filter, format, partitions, questions, text};

/// A partition key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    column_type: ColumnType,
}

impl Key {
    pub(crate) fn new(name: &str, native_type: &str) -> Self {
        Self { name: name.to_owned(), column_type: hive_type::parse(native_type) }
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self.column_type.data_type, DataType::Int16 | DataType::Int32 | DataType::Int64)
    }

    /// Text that compares by its bytes; `char(n)` has blanks that do not count.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.column_type.pg_type.oid, oid::TEXT | oid::VARCHAR)
    }

    /// What a partition's value is in the type of the key; `None` if it is not of that type.
    pub(crate) fn value(&self, written: &str) -> Option<Value> {
        let Some(written) = partitions::value(written) else { return Some(Value::Null) };
        match &self.column_type.data_type {
            DataType::Boolean => written.to_ascii_lowercase().parse().ok().map(Value::Bool),
            DataType::Int16 => written.parse::<i16>().ok().map(|number| Value::Int(number.into())),
            DataType::Int32 => written.parse::<i32>().ok().map(|number| Value::Int(number.into())),
            DataType::Int64 => written.parse().ok().map(Value::Int),
            DataType::Float32 | DataType::Float64 => Float64Type::parse(written).map(Value::Float),
            DataType::Decimal128(precision, scale) => {
                text::decimal(written, *precision, *scale).map(|digits| Value::Decimal { digits, scale: *scale })
            }
            DataType::Date32 => text::date(written).map(Value::Date),
            DataType::Timestamp(TimeUnit::Microsecond, None) => text::timestamp_or_date(written).map(Value::Timestamp),
            DataType::Utf8 => Some(Value::Text(written.to_owned())),
            _ => None,
        }
    }
}

/// A partition that may hold a wanted row.
pub(crate) struct Found {
    /// As its name has them, in the order of the keys.
    pub(crate) values: Vec<FastStr>,
    pub(crate) location: Option<FastStr>,
    /// Whether its files are read as the table says.
    pub(crate) is_alike: bool,
}

impl Found {
    fn new(table: &Table, partition: Partition) -> Self {
        Self {
            is_alike: format::is_alike(table, &partition),
            values: partition.values.unwrap_or_default(),
            location: partition.sd.and_then(|storage| storage.location),
        }
    }
}

/// The partition keys of a table.
pub(crate) fn keys(table: &Table) -> Vec<Key> {
    let keys = table.partition_keys.iter().flatten();
    keys.map(|key| Key::new(key.name.as_deref().unwrap_or_default(), key.r#type.as_deref().unwrap_or_default())).collect()
}

/// The partitions that may hold a row of the request.
pub(crate) async fn partitions(
    client: &Client,
    settings: &Settings,
    table: &Table,
    keys: &[Key],
    request: &ReadRequest,
) -> Result<Vec<Found>> {
    let of = Partitioned::new(&request.schema, &request.table, table);
    let failed =
        |failure: Failure| failure.into_error(client, &format!("find the partitions of table \"{}.{}\" of", of.database, of.table));
    // Only what is wanted of a page is kept, before the next one comes.
    let take = |page: Vec<Partition>| {
        let may_hold = |partition: &Partition| {
            let values: Vec<String> = partition.values.iter().flatten().map(FastStr::to_string).collect();
            may_hold(&request.predicates, keys, &values)
        };
        page.into_iter().filter(may_hold).map(|partition| Found::new(table, partition)).collect::<Vec<_>>()
    };
    let found = match filtered(client, &of, keys, request).await.map_err(failed)? {
        Some(found) => take(found),
        None => {
            let mut names = questions::partition_names(client, &of.database, &of.table).await.map_err(failed)?;
            names.retain(|name| {
                let values = partitions::values_of(name, &of.keys);
                values.is_none_or(|values| may_hold(&request.predicates, keys, &values))
            });
            if names.len() > settings.partitions_max {
                return Err(partitions::too_many(client, settings, &of));
            }
            partitions::pages(client, settings, &of, &names).map_ok(take).try_concat().await.map_err(failed)?
        }
    };
    if found.len() > settings.partitions_max {
        return Err(partitions::too_many(client, settings, &of));
    }
    Ok(found)
}

/// What the metastore itself finds; `None` where it cannot be asked, or would answer with more than a page.
async fn filtered(client: &Client, of: &Partitioned, keys: &[Key], request: &ReadRequest) -> Result<Option<Vec<Partition>>, Failure> {
    let Some(filter) = filter::write(&request.predicates, keys) else { return Ok(None) };
    let max = i16::try_from(of.per_page).unwrap_or(i16::MAX);
    match questions::partitions_by_filter(client, &of.database, &of.table, &filter, max).await {
        Ok(found) if found.len() < of.per_page => Ok(Some(found)),
        Ok(_) => Ok(None),
        // Some metastores cannot compare numbers, or take a key's name for a word of the language.
        Err(failure) if failure.is_refusal() && !failure.is_missing() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether rows with these values of the keys can fulfil the conditions.
fn may_hold(predicates: &[Predicate], keys: &[Key], values: &[String]) -> bool {
    predicates.iter().all(|predicate| may_be_true(predicate, keys, values))
}

fn may_be_true(predicate: &Predicate, keys: &[Key], values: &[String]) -> bool {
    let value = |column: &str| {
        let place = keys.iter().position(|key| key.name == column)?;
        Some((&keys[place], keys[place].value(values.get(place)?)?))
    };
    match predicate {
        Predicate::Compare { column, comparison, value: wanted } => {
            value(column).is_none_or(|(key, value)| may_compare(key, &value, *comparison, wanted))
        }
        Predicate::In { column, values } => {
            value(column).is_none_or(|(key, value)| values.iter().any(|wanted| may_compare(key, &value, Comparison::Equal, wanted)))
        }
        Predicate::IsNull { column } => value(column).is_none_or(|(_, value)| value == Value::Null),
        Predicate::IsNotNull { column } => value(column).is_none_or(|(_, value)| value != Value::Null),
        Predicate::And(all) => all.iter().all(|predicate| may_be_true(predicate, keys, values)),
        Predicate::Or(any) => any.iter().any(|predicate| may_be_true(predicate, keys, values)),
    }
}

/// Whether a comparison can be true. What only the gateway compares, can.
fn may_compare(key: &Key, value: &Value, comparison: Comparison, wanted: &Value) -> bool {
    let ordering = match (value, wanted) {
        (Value::Null, _) => return false,
        (Value::Int(value), Value::Int(wanted)) => value.cmp(wanted),
        (Value::Date(value), Value::Date(wanted)) => value.cmp(wanted),
        (Value::Timestamp(value), Value::Timestamp(wanted)) => value.cmp(wanted),
        (Value::Bool(value), Value::Bool(wanted)) => value.cmp(wanted),
        // As the gateway compares: by the bytes.
        (Value::Text(value), Value::Text(wanted)) if key.is_text() => value.cmp(wanted),
        (Value::Text(value), Value::Text(wanted)) => match comparison {
            // Blanks at the end do not count.
            Comparison::Equal => return value.trim_end() == wanted.trim_end(),
            _ => return true,
        },
        _ => return true,
    };
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_ruled_out_by_their_values() {
        let keys = [
            Key::new("day", "date"),
            Key::new("n", "int"),
            Key::new("name", "string"),
            Key::new("place", "string"),
            Key::new("c", "char(3)"),
        ];
        let values = ["1970-01-03", "07", "__HIVE_DEFAULT_PARTITION__", "Köln", "a"].map(str::to_owned);
        let text = |text: &str| Value::Text(text.to_owned());
        let compare = |column: &str, comparison, value| Predicate::Compare { column: column.to_owned(), comparison, value };
        for (predicate, expected) in [
            (compare("day", Comparison::Equal, Value::Date(2)), true),
            (compare("day", Comparison::Less, Value::Date(2)), false),
            (compare("n", Comparison::Equal, Value::Int(7)), true),
            (compare("n", Comparison::Greater, Value::Int(7)), false),
            (compare("name", Comparison::Equal, Value::Text("a".to_owned())), false),
            (compare("place", Comparison::Greater, text("Kyoto")), true),
            (compare("place", Comparison::Less, text("Kyoto")), false),
            (compare("place", Comparison::LessOrEqual, text("Köln")), true),
            (compare("place", Comparison::NotEqual, text("Köln")), false),
            (compare("place", Comparison::Equal, text("Köln ")), false),
            (compare("c", Comparison::Equal, text("a  ")), true),
            (compare("c", Comparison::NotEqual, text("a")), true),
            (compare("other", Comparison::Equal, Value::Int(1)), true),
            (compare("n", Comparison::Equal, Value::Float(1.0)), true),
            (Predicate::IsNull { column: "name".to_owned() }, true),
            (Predicate::IsNotNull { column: "name".to_owned() }, false),
            (Predicate::In { column: "n".to_owned(), values: vec![Value::Int(6), Value::Int(8)] }, false),
        ] {
            assert_eq!(may_hold(std::slice::from_ref(&predicate), &keys, &values), expected, "{predicate:?}");
        }
    }
}

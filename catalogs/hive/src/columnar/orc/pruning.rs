//! Which stripes cannot hold a wanted row, by the smallest and largest values of their columns that a file keeps.
//!
//! Only whole numbers, dates and equality of texts, of which all writers mean the same. NULLs are never ruled out.

use arrow::datatypes::DataType;
use orc_rust::schema::{DataType as OrcType, RootDataType};
use orc_rust::statistics::{ColumnStatistics, TypeStatistics};
use orc_rust::stripe::StripeMetadata;
use spi::predicate::{Comparison, Predicate, Value};

use super::super::assembly::{FileColumn, place_in_file};
use super::super::{Column, Wanted};
use super::tail::Tail;

/// The predicates of a read, for one file.
pub(super) struct Conditions<'a> {
    predicates: &'a [Predicate],
    /// The columns that statistics say something of, and where their statistics are.
    columns: Vec<(&'a str, usize)>,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(root: &RootDataType, columns: &[FileColumn], is_positional: bool, tail: &Tail, wanted: &Wanted<'a>) -> Self {
        let known = |column: &'a Column| {
            let of = root.children().get(place_in_file(column, columns, is_positional)?)?.data_type();
            says_something(of, column, tail).then_some((column.field.name().as_str(), of.column_index()))
        };
        Self { predicates: wanted.predicates, columns: wanted.columns.iter().filter_map(known).collect() }
    }

    pub(super) fn may_hold(&self, stripe: &StripeMetadata) -> bool {
        self.predicates.iter().all(|predicate| self.may_be_true(predicate, stripe.column_statistics()))
    }

    fn may_be_true(&self, predicate: &Predicate, statistics: &[ColumnStatistics]) -> bool {
        let of = |column: &str| {
            let (_, place) = self.columns.iter().find(|(name, _)| *name == column)?;
            statistics.get(*place)?.type_statistics()
        };
        match predicate {
            Predicate::Compare { column, comparison, value } => of(column).is_none_or(|of| may_compare(of, *comparison, value)),
            Predicate::In { column, values } => {
                of(column).is_none_or(|of| values.iter().any(|value| may_compare(of, Comparison::Equal, value)))
            }
            Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => true,
            Predicate::And(all) => all.iter().all(|predicate| self.may_be_true(predicate, statistics)),
            Predicate::Or(any) => any.iter().any(|predicate| self.may_be_true(predicate, statistics)),
        }
    }
}

/// Whether the values that the table has are those that the statistics are of, or NULL.
fn says_something(of: &OrcType, column: &Column, tail: &Tail) -> bool {
    match of {
        _ if !tail.has_true_statistics => false,
        OrcType::Byte { .. } | OrcType::Short { .. } | OrcType::Int { .. } | OrcType::Long { .. } => {
            matches!(column.field.data_type(), DataType::Int16 | DataType::Int32 | DataType::Int64)
        }
        OrcType::Date { .. } => *column.field.data_type() == DataType::Date32 && !tail.is_hybrid,
        OrcType::String { .. } => column.native_type.eq_ignore_ascii_case("string"),
        _ => false,
    }
}

fn may_compare(of: &TypeStatistics, comparison: Comparison, value: &Value) -> bool {
    match (of, value) {
        // Two zeros are also how statistics look that are not there.
        (TypeStatistics::Integer { min: 0, max: 0, .. } | TypeStatistics::Date { min: 0, max: 0 }, _) => true,
        (TypeStatistics::Integer { min, max, .. }, Value::Int(value)) => may_be(*min, *max, comparison, *value),
        (TypeStatistics::Date { min, max }, Value::Date(value)) => may_be(*min, *max, comparison, *value),
        // So are two empty texts. Greater and less depend on a collation, equality does not.
        (TypeStatistics::String { lower_bound, upper_bound, .. }, Value::Text(value)) if comparison == Comparison::Equal => {
            upper_bound.is_empty() || may_be(lower_bound.as_str(), upper_bound.as_str(), comparison, value.as_str())
        }
        _ => true,
    }
}

/// Whether a value between these two may compare so.
fn may_be<T: PartialOrd>(min: T, max: T, comparison: Comparison, value: T) -> bool {
    match comparison {
        Comparison::Equal => min <= value && value <= max,
        Comparison::NotEqual => true,
        Comparison::Less => min < value,
        Comparison::LessOrEqual => min <= value,
        Comparison::Greater => max > value,
        Comparison::GreaterOrEqual => max >= value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_outside_is_ruled_out() {
        let numbers = TypeStatistics::Integer { min: -5, max: 10, sum: None };
        for (comparison, value, expected) in [
            (Comparison::Equal, -5, true),
            (Comparison::Equal, 11, false),
            (Comparison::NotEqual, 11, true),
            (Comparison::Less, -5, false),
            (Comparison::LessOrEqual, -5, true),
            (Comparison::Greater, 10, false),
            (Comparison::GreaterOrEqual, 10, true),
        ] {
            assert_eq!(may_compare(&numbers, comparison, &Value::Int(value)), expected, "{comparison:?} {value}");
        }
        assert!(may_compare(&TypeStatistics::Integer { min: 0, max: 0, sum: None }, Comparison::Equal, &Value::Int(7)));
        assert!(may_compare(&numbers, Comparison::Equal, &Value::Float(11.0)));
    }

    #[test]
    fn texts_are_ruled_out_by_their_bytes_alone() {
        let bounds = |lower: &str, upper: &str| TypeStatistics::String {
            lower_bound: lower.to_owned(),
            upper_bound: upper.to_owned(),
            sum: 0,
            is_exact_min: true,
            is_exact_max: true,
        };
        let text = |value: &str| Value::Text(value.to_owned());
        assert!(!may_compare(&bounds("b", "d"), Comparison::Equal, &text("a")));
        assert!(may_compare(&bounds("b", "d"), Comparison::Less, &text("a")));
        assert!(may_compare(&bounds("", ""), Comparison::Equal, &text("a")));
    }
}

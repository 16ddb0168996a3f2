//! Ranges and multiranges: stretches of values of one type between two bounds.

use std::cmp::Ordering;

use spi::{Code, Error, Result};

use super::Value;
use super::compare::{compare, identical};
use crate::types::oid;

/// A range of a range type.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// `pg_range.rngtypid`.
    pub type_oid: u32,
    /// None where nothing is in it.
    pub span: Option<Span>,
}

/// Ranges of a range type that neither overlap nor touch, the least first.
#[derive(Clone, Debug, PartialEq)]
pub struct Multirange {
    /// The type of the ranges, `pg_range.rngtypid`.
    pub range_type: u32,
    pub spans: Vec<Span>,
}

/// What is between two bounds, which is not nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub lower: Bound,
    pub upper: Bound,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// None where there is no bound.
    pub value: Option<Value>,
    /// Whether the value itself is in the range. Never of a bound that is not there.
    pub is_inclusive: bool,
}

/// A bound and which of the two it is.
#[derive(Clone, Copy)]
pub enum Side<'a> {
    Lower(&'a Bound),
    Upper(&'a Bound),
}

impl Bound {
    pub fn new(value: Option<Value>, is_inclusive: bool) -> Self {
        Self { is_inclusive: is_inclusive && value.is_some(), value }
    }
}

impl Range {
    /// The range between two bounds, with its bounds as its type has them.
    pub fn new(type_oid: u32, lower: Bound, upper: Bound) -> Result<Self> {
        Ok(Self { type_oid, span: Span::new(type_oid, lower, upper)? })
    }

    /// The only span, or none.
    pub fn spans(&self) -> &[Span] {
        self.span.as_slice()
    }
}

impl Span {
    /// None where nothing is between the bounds. Ranges of whole numbers and days become such that have their lower bound in them.
    pub fn new(range_type: u32, lower: Bound, upper: Bound) -> Result<Option<Self>> {
        match compare_values(Side::Lower(&lower), Side::Upper(&upper)) {
            Ordering::Greater => return Err(reversed()),
            Ordering::Equal if !(lower.is_inclusive && upper.is_inclusive) => return Ok(None),
            _ => {}
        }
        if !is_discrete(range_type) {
            return Ok(Some(Self { lower, upper }));
        }
        let lower = if lower.is_inclusive { lower } else { next(range_type, lower, true)? };
        let upper = if upper.is_inclusive { next(range_type, upper, false)? } else { upper };
        let is_empty = compare_values(Side::Lower(&lower), Side::Upper(&upper)).is_eq() && !(lower.is_inclusive && upper.is_inclusive);
        Ok((!is_empty).then_some(Self { lower, upper }))
    }

    pub fn contains(&self, other: &Self) -> bool {
        compare_bounds(Side::Lower(&self.lower), Side::Lower(&other.lower)).is_le()
            && compare_bounds(Side::Upper(&self.upper), Side::Upper(&other.upper)).is_ge()
    }

    pub fn contains_value(&self, value: &Value) -> bool {
        let only = Bound::new(Some(value.clone()), true);
        self.contains(&Self { lower: only.clone(), upper: only })
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        compare_bounds(Side::Lower(&self.lower), Side::Upper(&other.upper)).is_le()
            && compare_bounds(Side::Lower(&other.lower), Side::Upper(&self.upper)).is_le()
    }

    /// Whether one ends where the other begins.
    pub fn is_adjacent(&self, other: &Self, range_type: u32) -> bool {
        touch(&self.upper, &other.lower, range_type) || touch(&other.upper, &self.lower, range_type)
    }

    /// From the lesser lower to the greater upper bound.
    pub fn merged(&self, other: &Self) -> Self {
        let is_first = compare_bounds(Side::Lower(&self.lower), Side::Lower(&other.lower)).is_le();
        let is_last = compare_bounds(Side::Upper(&self.upper), Side::Upper(&other.upper)).is_ge();
        Self {
            lower: if is_first { &self.lower } else { &other.lower }.clone(),
            upper: if is_last { &self.upper } else { &other.upper }.clone(),
        }
    }

    /// What is in both.
    pub fn intersected(&self, other: &Self) -> Option<Self> {
        let is_last = compare_bounds(Side::Lower(&self.lower), Side::Lower(&other.lower)).is_ge();
        let is_first = compare_bounds(Side::Upper(&self.upper), Side::Upper(&other.upper)).is_le();
        self.overlaps(other).then(|| Self {
            lower: if is_last { &self.lower } else { &other.lower }.clone(),
            upper: if is_first { &self.upper } else { &other.upper }.clone(),
        })
    }

    /// What of it is before and what is behind another one.
    pub fn without(&self, other: &Self, range_type: u32) -> Result<Vec<Self>> {
        if !self.overlaps(other) {
            return Ok(vec![self.clone()]);
        }
        let flipped = |bound: &Bound| Bound::new(bound.value.clone(), !bound.is_inclusive);
        let mut rest = Vec::new();
        if compare_bounds(Side::Lower(&self.lower), Side::Lower(&other.lower)).is_lt() {
            rest.extend(Self::new(range_type, self.lower.clone(), flipped(&other.lower))?);
        }
        if compare_bounds(Side::Upper(&self.upper), Side::Upper(&other.upper)).is_gt() {
            rest.extend(Self::new(range_type, flipped(&other.upper), self.upper.clone())?);
        }
        Ok(rest)
    }
}

/// About how many bytes spans take.
pub fn size(spans: &[Span]) -> usize {
    let of_bound = |bound: &Bound| size_of::<Bound>() + bound.value.as_ref().map_or(0, Value::size);
    spans.iter().map(|span| of_bound(&span.lower) + of_bound(&span.upper)).sum()
}

/// Sorts spans and makes one of those that overlap or touch.
pub fn normalised(range_type: u32, mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(compare_spans);
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.overlaps(&span) || last.is_adjacent(&span, range_type) => *last = last.merged(&span),
            _ => merged.push(span),
        }
    }
    merged
}

/// Whether an upper bound ends where a lower one begins, with nothing between them and nothing in both.
fn touch(upper: &Bound, lower: &Bound, range_type: u32) -> bool {
    match compare_values(Side::Upper(upper), Side::Lower(lower)) {
        Ordering::Equal => upper.value.is_some() && upper.is_inclusive != lower.is_inclusive,
        Ordering::Less if is_discrete(range_type) => {
            let flipped = |bound: &Bound| Bound::new(bound.value.clone(), !bound.is_inclusive);
            matches!(Span::new(range_type, flipped(upper), flipped(lower)), Ok(None))
        }
        _ => false,
    }
}

/// By the lower bounds, then by the upper ones.
pub fn compare_spans(left: &Span, right: &Span) -> Ordering {
    compare_bounds(Side::Lower(&left.lower), Side::Lower(&right.lower))
        .then_with(|| compare_bounds(Side::Upper(&left.upper), Side::Upper(&right.upper)))
}

/// By the spans from the first on, then by how many there are; nothing is before everything.
pub fn compare_span_lists(left: &[Span], right: &[Span]) -> Ordering {
    let differing = left.iter().zip(right).map(|(left, right)| compare_spans(left, right)).find(|order| order.is_ne());
    differing.unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// Whether nothing differs between spans, whose equal bounds may still look different.
pub fn all_identical_spans(left: &[Span], right: &[Span]) -> bool {
    let same = |left: &Bound, right: &Bound| {
        left.is_inclusive == right.is_inclusive
            && match (&left.value, &right.value) {
                (Some(left), Some(right)) => identical(left, right),
                (left, right) => left.is_none() && right.is_none(),
            }
    };
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| same(&left.lower, &right.lower) && same(&left.upper, &right.upper))
}

/// The order of two bounds as places: an exclusive lower bound is behind its value, an exclusive upper one before it.
pub fn compare_bounds(left: Side<'_>, right: Side<'_>) -> Ordering {
    compare_values(left, right).then_with(|| left.offset().cmp(&right.offset()))
}

/// The order of two bounds, whether their values are in the range or not.
pub fn compare_values(left: Side<'_>, right: Side<'_>) -> Ordering {
    match (left.value(), right.value()) {
        (Some(left), Some(right)) => compare(left, right),
        (None, None) => left.end().cmp(&right.end()),
        (None, Some(_)) => left.end().cmp(&0),
        (Some(_), None) => 0.cmp(&right.end()),
    }
}

impl<'a> Side<'a> {
    fn value(self) -> Option<&'a Value> {
        match self {
            Side::Lower(bound) | Side::Upper(bound) => bound.value.as_ref(),
        }
    }

    /// Where a bound that is not there is.
    fn end(self) -> i8 {
        match self {
            Side::Lower(_) => -1,
            Side::Upper(_) => 1,
        }
    }

    fn offset(self) -> i8 {
        match self {
            Side::Lower(bound) if bound.value.is_some() && !bound.is_inclusive => 1,
            Side::Upper(bound) if bound.value.is_some() && !bound.is_inclusive => -1,
            _ => 0,
        }
    }
}

/// The last day of the calendar, 5874897-12-31.
const LAST_DAY: i32 = 2_145_031_948;

/// Whether a range type has a next value for each: those of whole numbers and of days.
fn is_discrete(range_type: u32) -> bool {
    matches!(range_type, oid::INT4RANGE | oid::INT8RANGE | oid::DATERANGE)
}

/// The same place in front of the next value.
fn next(range_type: u32, bound: Bound, is_inclusive: bool) -> Result<Bound> {
    let (type_name, most) = if range_type == oid::INT4RANGE { ("integer", i32::MAX.into()) } else { ("bigint", i64::MAX) };
    let value = match bound.value {
        Some(Value::Int(number)) if number < most => Value::Int(number + 1),
        Some(Value::Int(_)) => return Err(Error::new(Code::OutOfRange, format!("{type_name} out of range"))),
        Some(Value::Date(LAST_DAY)) => return Err(Error::new(Code::DatetimeRange, "date out of range")),
        Some(Value::Date(days)) if days != i32::MIN && days != i32::MAX => Value::Date(days + 1),
        // The infinite days have no next ones, as what is no bound has none.
        _ => return Ok(bound),
    };
    Ok(Bound::new(Some(value), is_inclusive))
}

fn reversed() -> Error {
    Error::new(Code::BadData, "range lower bound must be less than or equal to range upper bound")
}

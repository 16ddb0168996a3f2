//! What was seen at one place of the documents, and which type that makes.

use std::borrow::Cow;
use std::collections::HashMap;

use super::InferenceOptions;
use crate::documents::calendar;
use crate::documents::decimal::Decimal;
use crate::documents::evidence::{Evidence, FieldEvidence, TypeCount, confidence};
use crate::documents::field_type::{DIMENSIONS_MAX, FieldType};
use crate::documents::path::write_step;
use crate::documents::shown::shown;
use crate::documents::value::Document;

/// Whole numbers up to here are exact in a double.
const EXACT_IN_DOUBLE_MAX: u64 = 1 << 53;

/// What may still be remembered.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) fields_left: usize,
    /// Whether something had to be left out.
    pub(super) exhausted: bool,
}

/// Kinds of values that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Float,
    Decimal,
    Text,
    Bytes,
    Date,
    Timestamp,
    TimestampTz,
    List,
    Object,
}

const KINDS: usize = 11;

/// Kinds that share a type without becoming text.
const FAMILIES: [&[Kind]; 8] = [
    &[Kind::Bool],
    &[Kind::Int, Kind::Float, Kind::Decimal],
    &[Kind::Text],
    &[Kind::Bytes],
    &[Kind::Date, Kind::Timestamp],
    &[Kind::TimestampTz],
    &[Kind::List],
    &[Kind::Object],
];

/// All values at one place.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// Values that are not null.
    present: u64,
    nulls: u64,
    types: Vec<(&'static str, u64)>,
    kinds: [u64; KINDS],
    numbers: Numbers,
    /// Some date is beyond all timestamps.
    beyond_timestamps: bool,
    /// The first value, and the first of another family.
    first: Option<(Kind, String)>,
    conflict: Option<String>,
    /// Something was nested too deeply to look into.
    is_deep: bool,
    /// The keys are data.
    is_map: bool,
    fields: Vec<(String, Observed)>,
    places: HashMap<String, usize>,
    items: Option<Box<Observed>>,
}

/// What all numbers at a place have in common.
#[derive(Debug, Default)]
struct Numbers {
    /// Some whole number is not exact in a double.
    beyond_doubles: bool,
    /// Some number is not finite.
    not_finite: bool,
    /// The most digits before the point, and behind it.
    whole: usize,
    scale: usize,
}

impl Observed {
    /// The fields of a document. However many keys there are, it is no map.
    pub(super) fn add_root(&mut self, fields: &[(Cow<'_, str>, Document<'_>)], options: &InferenceOptions, budget: &mut Budget) {
        for (name, value) in fields {
            match self.field(name, budget) {
                Some(field) => field.add(value, 0, options, budget),
                None => budget.exhausted = true,
            }
        }
    }

    /// One more value, so deep below the document's own fields.
    fn add(&mut self, value: &Document<'_>, depth: usize, options: &InferenceOptions, budget: &mut Budget) {
        if value.is_null() {
            self.nulls += 1;
            return;
        }
        self.present += 1;
        match self.types.iter_mut().find(|(name, _)| *name == value.type_name()) {
            Some((_, count)) => *count += 1,
            None => self.types.push((value.type_name(), 1)),
        }
        let plain = value.plain();
        // What is unreadable says nothing about the type.
        let Some(kind) = kind(plain) else { return };
        self.kinds[kind as usize] += 1;
        self.remember(kind, value);
        match plain {
            Document::Int(number) => self.numbers.add_int(*number),
            Document::Float(number) => self.numbers.add(&Decimal::from_f64(*number)),
            Document::Decimal(number) => self.numbers.add(number),
            Document::Date(days) => self.beyond_timestamps |= !calendar::is_date_of_timestamp(*days),
            Document::List(_) | Document::Object(_) if depth >= options.depth_max => self.is_deep = true,
            Document::List(items) => {
                let observed = self.items.get_or_insert_default();
                items.iter().for_each(|item| observed.add(item, depth + 1, options, budget));
            }
            Document::Object(fields) if !self.is_map => self.add_fields(fields, depth, options, budget),
            _ => {}
        }
    }

    fn add_fields(&mut self, fields: &[(Cow<'_, str>, Document<'_>)], depth: usize, options: &InferenceOptions, budget: &mut Budget) {
        for (name, value) in fields {
            if self.fields.len() > options.keys_max {
                break;
            }
            match self.field(name, budget) {
                Some(field) => field.add(value, depth + 1, options, budget),
                None => self.is_map = true,
            }
        }
        if self.is_map || self.fields.len() > options.keys_max {
            self.is_map = true;
            // Others may be remembered instead.
            budget.fields_left += self.fields.iter().map(|(_, field)| 1 + field.remembered()).sum::<usize>();
            self.fields = Vec::new();
            self.places = HashMap::new();
        }
    }

    /// How many fields are remembered from here on down.
    fn remembered(&self) -> usize {
        let fields = self.fields.iter().map(|(_, field)| 1 + field.remembered()).sum::<usize>();
        fields + self.items.as_ref().map_or(0, |items| items.remembered())
    }

    fn field(&mut self, name: &str, budget: &mut Budget) -> Option<&mut Observed> {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                budget.fields_left = budget.fields_left.checked_sub(1)?;
                self.places.insert(name.to_owned(), self.fields.len());
                self.fields.push((name.to_owned(), Observed::default()));
                self.fields.len() - 1
            }
        };
        Some(&mut self.fields[place].1)
    }

    fn remember(&mut self, kind: Kind, value: &Document<'_>) {
        match &self.first {
            None => self.first = Some((kind, shown(value))),
            Some((first, text)) if self.conflict.is_none() && family(*first) != family(kind) => {
                self.conflict = Some(format!("{text}, but {}", shown(value)));
            }
            Some(_) => {}
        }
    }

    pub(super) fn fields(&self) -> &[(String, Observed)] {
        &self.fields
    }

    /// The narrowest type of all values.
    pub(super) fn field_type(&self) -> FieldType {
        self.type_in(0)
    }

    fn type_in(&self, dimensions: usize) -> FieldType {
        let seen = |kind: Kind| self.kinds[kind as usize] > 0;
        let is_scalar = self.kinds[..Kind::List as usize].iter().any(|count| *count > 0);
        match (is_scalar, seen(Kind::List), seen(Kind::Object)) {
            _ if self.is_deep => FieldType::JSONB,
            (false, false, false) => FieldType::Unknown,
            (true, false, false) => self.scalar_type(),
            (false, true, false) if dimensions == DIMENSIONS_MAX => FieldType::JSONB,
            (false, true, false) => FieldType::list(self.items.as_ref().map_or(FieldType::Unknown, |items| items.type_in(dimensions + 1))),
            (false, false, true) if self.is_map => FieldType::JSONB,
            (false, false, true) => FieldType::Struct(self.fields.iter().map(|(name, field)| (name.clone(), field.field_type())).collect()),
            _ => FieldType::JSONB,
        }
    }

    fn scalar_type(&self) -> FieldType {
        let seen: Vec<usize> = (0..KINDS).filter(|kind| self.kinds[*kind] > 0).collect();
        let all = |kinds: &[Kind]| seen.iter().all(|seen| kinds.iter().any(|kind| *kind as usize == *seen));
        match () {
            () if all(&[Kind::Bool]) => FieldType::BOOL,
            () if all(&[Kind::Int]) => FieldType::INT8,
            () if all(&[Kind::Float]) => FieldType::FLOAT8,
            () if all(&[Kind::Int, Kind::Float]) && !self.numbers.beyond_doubles => FieldType::FLOAT8,
            () if all(&[Kind::Int, Kind::Float, Kind::Decimal]) => self.numbers.field_type(),
            () if all(&[Kind::Bytes]) => FieldType::BYTEA,
            () if all(&[Kind::Date]) => FieldType::DATE,
            () if all(&[Kind::Date, Kind::Timestamp]) && !self.beyond_timestamps => FieldType::TIMESTAMP,
            () if all(&[Kind::TimestampTz]) => FieldType::TIMESTAMPTZ,
            () => FieldType::TEXT,
        }
    }

    pub(super) fn evidence(&self, sampled: u64) -> Evidence {
        let mut types: Vec<TypeCount> =
            self.types.iter().map(|(name, count)| TypeCount { name: (*name).to_owned(), count: *count }).collect();
        // The sort is stable: among equals the first seen stays first.
        types.sort_by_key(|seen| std::cmp::Reverse(seen.count));
        let of_family = |family: &&[Kind]| family.iter().map(|kind| self.kinds[*kind as usize]).sum();
        let agreeing = FAMILIES.iter().map(of_family).max().unwrap_or(0);
        let (present, nulls, conflict) = (self.present, self.nulls, self.conflict.clone());
        Evidence { sampled, present, nulls, types, conflict, confidence: confidence(agreeing, present) }
    }

    /// The evidence of all that is within, as far as it is typed.
    pub(super) fn nested(&self, path: &str, sampled: u64) -> Vec<FieldEvidence> {
        let field_type = self.field_type();
        let mut found = Vec::new();
        let mut add = |path: String, observed: &Observed, sampled: u64| {
            found.push(FieldEvidence { path: path.clone(), field_type: observed.field_type(), evidence: observed.evidence(sampled) });
            found.extend(observed.nested(&path, sampled));
        };
        match (&field_type, &self.items) {
            (FieldType::Struct(_), _) => {
                for (name, field) in &self.fields {
                    let mut path = path.to_owned();
                    write_step(name, &mut path);
                    add(path, field, sampled);
                }
            }
            (FieldType::List(_), Some(items)) => add(format!("{path}[]"), items, items.present + items.nulls),
            _ => {}
        }
        found
    }
}

impl Numbers {
    fn add_int(&mut self, number: i64) {
        self.beyond_doubles |= number.unsigned_abs() > EXACT_IN_DOUBLE_MAX;
        self.whole = self.whole.max(number.unsigned_abs().checked_ilog10().map_or(0, |power| power as usize + 1));
    }

    fn add(&mut self, number: &Decimal) {
        match number.digits() {
            Some((whole, scale)) => (self.whole, self.scale) = (self.whole.max(whole), self.scale.max(scale)),
            None => self.not_finite = true,
        }
    }

    fn field_type(&self) -> FieldType {
        if self.not_finite { FieldType::NUMERIC } else { FieldType::numeric(self.whole, self.scale) }
    }
}

fn kind(value: &Document<'_>) -> Option<Kind> {
    Some(match value {
        Document::Bool(_) => Kind::Bool,
        Document::Int(_) => Kind::Int,
        Document::Float(_) => Kind::Float,
        Document::Decimal(_) => Kind::Decimal,
        Document::Text(_) => Kind::Text,
        Document::Bytes(_) => Kind::Bytes,
        Document::Date(_) => Kind::Date,
        Document::Timestamp(_) => Kind::Timestamp,
        Document::TimestampTz(_) => Kind::TimestampTz,
        Document::List(_) => Kind::List,
        Document::Object(_) => Kind::Object,
        Document::Null | Document::Native(..) | Document::Unreadable(_) => return None,
    })
}

fn family(kind: Kind) -> usize {
    FAMILIES.iter().position(|family| family.contains(&kind)).unwrap_or(FAMILIES.len())
}

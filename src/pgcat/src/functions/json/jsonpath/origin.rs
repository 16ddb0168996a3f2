//! Which object `.keyvalue()` was taken from: the number that PostgreSQL has for it, its place in the bytes of the `jsonb` that it is
//! part of, and which `jsonb` that is.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use spi::Result;

use crate::io::json::Json;
use crate::io::numeric;
use crate::value::Numeric;

/// How far apart the numbers of objects of different values are.
const VALUES_APART: u64 = 10_000_000_000;

/// Bytes in front of the parts of an array or object, for each item, and for each key or value.
const HEADER_BYTES: u64 = 4;
const ENTRY_BYTES: u64 = 4;
/// Numbers, arrays and objects begin at multiples of it.
const ALIGNMENT: u64 = 4;
/// Bytes in front of the digits of a number, in its short form and its long one, and for each four digits.
const SHORT_NUMBER_BYTES: u64 = 6;
const LONG_NUMBER_BYTES: u64 = 8;
const GROUP_BYTES: u64 = 2;
/// What has the short form: so many digits behind the point, and groups of digits in front of it and behind.
const SHORT_SCALE_MAX: u16 = 63;
const SHORT_WEIGHT_MAX: i16 = 63;
const SHORT_WEIGHT_MIN: i16 = -64;

/// The value that the item at hand is part of.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) tree: Rc<Json>,
    /// The number of the value: of the target, of the variables, or of what `.keyvalue()` gave.
    pub(super) number: u64,
    /// Where the value was taken from, if it is the copy of a part of another.
    part_of: Option<Rc<(Origin, usize)>>,
    /// Where the arrays and objects in it begin, by their addresses, once that was asked for.
    places: Rc<OnceCell<HashMap<usize, u64>>>,
}

impl Origin {
    pub(super) fn new(tree: Rc<Json>, number: u64) -> Self {
        Self { tree, number, part_of: None, places: Rc::default() }
    }

    /// The copy of an item of it.
    pub(super) fn part(&self, item: &Json) -> Self {
        let place = (self.clone(), std::ptr::from_ref(item).addr());
        Self { part_of: Some(Rc::new(place)), ..Self::new(Rc::new(item.clone()), self.number) }
    }

    /// The number of an object in it.
    pub(super) fn id(&self, object: &Json) -> Result<u64> {
        Ok(self.offset(std::ptr::from_ref(object).addr())? + self.number * VALUES_APART)
    }

    fn offset(&self, address: usize) -> Result<u64> {
        let start = match &self.part_of {
            Some(place) => place.0.offset(place.1)?,
            None => 0,
        };
        if self.places.get().is_none() {
            let mut layout = Layout::default();
            layout.container(&self.tree, 0)?;
            // Nobody has set it since.
            let _ = self.places.set(layout.places);
        }
        let place = self.places.get().and_then(|places| places.get(&address));
        Ok(start + place.copied().unwrap_or_default())
    }
}

/// Where arrays and objects begin, by their addresses.
#[derive(Default)]
struct Layout {
    places: HashMap<usize, u64>,
}

impl Layout {
    /// Where an array or object ends that begins at a place.
    fn container(&mut self, json: &Json, start: u64) -> Result<u64> {
        self.places.insert(std::ptr::from_ref(json).addr(), start);
        match json {
            Json::Array(items) => {
                let mut end = start + HEADER_BYTES + ENTRY_BYTES * items.len() as u64;
                for item in items {
                    end = self.item(item, end)?;
                }
                Ok(end)
            }
            Json::Object(members) => {
                let keys: u64 = members.iter().map(|(key, _)| key.len() as u64).sum();
                let mut end = start + HEADER_BYTES + 2 * ENTRY_BYTES * members.len() as u64 + keys;
                for (_, value) in members {
                    end = self.item(value, end)?;
                }
                Ok(end)
            }
            _ => Ok(start),
        }
    }

    fn item(&mut self, json: &Json, start: u64) -> Result<u64> {
        let aligned = start.next_multiple_of(ALIGNMENT);
        match json {
            Json::Null | Json::Bool(_) => Ok(start),
            Json::String(text) => Ok(start + text.len() as u64),
            Json::Number(digits) => Ok(aligned + number_bytes(&numeric::read(digits)?)),
            Json::Array(_) | Json::Object(_) => {
                stacker::maybe_grow(super::run::STACK_LEVEL_BYTES, super::run::STACK_ADDED_BYTES, || self.container(json, aligned))
            }
        }
    }
}

fn number_bytes(number: &Numeric) -> u64 {
    let numeric::Groups { count, weight, scale } = numeric::groups(number);
    let is_short = scale <= SHORT_SCALE_MAX && (SHORT_WEIGHT_MIN..=SHORT_WEIGHT_MAX).contains(&weight);
    (if is_short { SHORT_NUMBER_BYTES } else { LONG_NUMBER_BYTES }) + GROUP_BYTES * u64::from(count)
}

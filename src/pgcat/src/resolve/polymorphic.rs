//! Functions that take and give any type: what `anyelement`, `anyarray`, `anycompatible` and their like are in one call.
//!
//! After `check_generic_type_consistency` and `enforce_generic_type_consistency` of PostgreSQL (`parse_coerce.c`).

use spi::{Code, Error, Result};

use super::{Names, format_type};
use crate::catalog::oid as catalog_oid;
use crate::types::{TypeKind, oid};
use crate::value::Value;

/// Whether a type stands for others.
pub(crate) fn is_polymorphic(type_oid: u32) -> bool {
    is_simple(type_oid) || is_compatible(type_oid)
}

/// The family whose members mean exactly one type in a call.
fn is_simple(type_oid: u32) -> bool {
    matches!(type_oid, oid::ANYELEMENT | oid::ANYARRAY | oid::ANYNONARRAY | oid::ANYENUM | oid::ANYRANGE | oid::ANYMULTIRANGE)
}

/// The family whose members mean the common type of the arguments.
fn is_compatible(type_oid: u32) -> bool {
    matches!(
        type_oid,
        oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLEARRAY | oid::ANYCOMPATIBLENONARRAY | oid::ANYCOMPATIBLERANGE | oid::ANYCOMPATIBLEMULTIRANGE
    )
}

/// Whether arguments of these types can be passed for the declared ones, looking at the polymorphic ones only.
pub(super) fn is_consistent(names: Names<'_>, given: &[u32], declared: &[u32]) -> bool {
    let Ok(gathered) = gather(names, given, declared) else { return false };
    gathered.check(names).is_ok()
}

/// What the polymorphic types of one call are.
pub(super) struct Resolved {
    pub declared: Vec<u32>,
    pub results: Vec<u32>,
}

/// The declared types of the arguments and of the results, with what the polymorphic ones are in a call with arguments of these types.
pub(super) fn resolve(names: Names<'_>, given: &[u32], declared: &[u32], results: &[u32]) -> Result<Resolved> {
    if !declared.iter().any(|declared| is_polymorphic(*declared)) {
        return Ok(Resolved { declared: declared.to_vec(), results: results.to_vec() });
    }
    let gathered = gather(names, given, declared)?;
    let actual = gathered.decide(names, declared)?;
    let declared = declared.iter().map(|declared| actual.replace(*declared)).collect::<Result<_>>()?;
    let results = results.iter().map(|result| actual.replace(*result)).collect::<Result<_>>()?;
    Ok(Resolved { declared, results })
}

/// What the arguments say about the polymorphic types.
#[derive(Default)]
struct Gathered {
    element: Option<u32>,
    array: Option<u32>,
    range: Option<u32>,
    multirange: Option<u32>,
    is_nonarray: bool,
    is_enum: bool,
    /// Types of `anycompatible` arguments, those of elements of arrays among them.
    compatible: Vec<u32>,
    compatible_range: Option<u32>,
    compatible_multirange: Option<u32>,
    is_compatible_nonarray: bool,
}

fn mismatch(message: impl Into<String>) -> Error {
    Error::new(Code::DatatypeMismatch, message)
}

fn not_alike(names: Names<'_>, what: &str, first: u32, second: u32) -> Error {
    let (first, second) = (format_type(names, first, None), format_type(names, second, None));
    mismatch(format!("arguments declared \"{what}\" are not all alike")).detail(format!("{first} versus {second}"))
}

fn gather(names: Names<'_>, given: &[u32], declared: &[u32]) -> Result<Gathered> {
    let mut gathered = Gathered::default();
    for (declared, given) in declared.iter().zip(given) {
        if is_polymorphic(*declared) {
            gathered.add(names, *declared, *given)?;
        }
    }
    Ok(gathered)
}

/// Sets what is not known yet, and compares what is.
fn agree(names: Names<'_>, known: &mut Option<u32>, given: u32, what: &str) -> Result<()> {
    match *known {
        Some(known) if known != given => Err(not_alike(names, what, known, given)),
        _ => {
            *known = Some(given);
            Ok(())
        }
    }
}

impl Gathered {
    fn add(&mut self, names: Names<'_>, declared: u32, given: u32) -> Result<()> {
        self.is_nonarray |= declared == oid::ANYNONARRAY;
        self.is_enum |= declared == oid::ANYENUM;
        self.is_compatible_nonarray |= declared == oid::ANYCOMPATIBLENONARRAY;
        if given == oid::UNKNOWN {
            return Ok(());
        }
        let base = names.base(given);
        match declared {
            oid::ANYELEMENT | oid::ANYNONARRAY | oid::ANYENUM => agree(names, &mut self.element, given, "anyelement"),
            oid::ANYARRAY => agree(names, &mut self.array, base, "anyarray"),
            oid::ANYRANGE => agree(names, &mut self.range, base, "anyrange"),
            oid::ANYMULTIRANGE => agree(names, &mut self.multirange, base, "anymultirange"),
            oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLENONARRAY => {
                self.compatible.push(given);
                Ok(())
            }
            oid::ANYCOMPATIBLEARRAY => {
                let element = names.element(base).ok_or_else(|| not_an(names, "anycompatiblearray", "an array", base))?;
                self.compatible.push(element);
                Ok(())
            }
            oid::ANYCOMPATIBLERANGE => agree(names, &mut self.compatible_range, base, "anycompatiblerange"),
            _ => agree(names, &mut self.compatible_multirange, base, "anycompatiblemultirange"),
        }
    }

    /// The type of the elements, where the arguments say it without contradiction.
    fn element(&self, names: Names<'_>) -> Result<Option<u32>> {
        let mut element = self.element;
        if let Some(array) = self.array {
            // `anyarray` itself is the type of columns of `pg_statistic`, whose elements are of any type.
            let found = if array == oid::ANYARRAY { Some(oid::ANYELEMENT) } else { names.element(array) };
            let found = found.ok_or_else(|| not_an(names, "anyarray", "an array", array))?;
            fit(names, &mut element, found, "anyarray")?;
        }
        let range = match self.multirange {
            Some(multirange) => {
                let found = range_of(names, multirange).ok_or_else(|| not_an(names, "anymultirange", "a multirange type", multirange))?;
                if self.range.is_some_and(|range| range != found) {
                    return Err(mismatch("argument declared anymultirange is not consistent with argument declared anyrange"));
                }
                Some(found)
            }
            None => self.range,
        };
        if let Some(range) = range {
            let found = subtype_of(names, range).ok_or_else(|| not_an(names, "anyrange", "a range type", range))?;
            fit(names, &mut element, found, "anyrange")?;
        }
        Ok(element)
    }

    /// What must hold for any call.
    fn check(&self, names: Names<'_>) -> Result<()> {
        match self.element(names)? {
            Some(element) => self.check_element(names, element)?,
            None if self.is_enum => return Err(mismatch("type matched to anyenum is not an enum type: unknown")),
            None => {}
        }
        if !self.compatible.is_empty() || self.compatible_range.is_some() {
            self.compatible_type(names)?;
        }
        Ok(())
    }

    fn check_element(&self, names: Names<'_>, element: u32) -> Result<()> {
        if self.is_nonarray && names.base_element(element).is_some() {
            let message = format!("type matched to anynonarray is an array type: {}", format_type(names, element, None));
            return Err(mismatch(message));
        }
        if self.is_enum && !names.info(names.base(element)).is_some_and(|info| info.kind == TypeKind::Enum) {
            return Err(mismatch(format!("type matched to anyenum is not an enum type: {}", format_type(names, element, None))));
        }
        Ok(())
    }

    /// The common type of the `anycompatible` family.
    fn compatible_type(&self, names: Names<'_>) -> Result<Option<u32>> {
        let range = self.compatible_range.or(self.compatible_multirange.and_then(|multirange| range_of(names, multirange)));
        let mut types = self.compatible.clone();
        if let Some(range) = range {
            let subtype = subtype_of(names, range).ok_or_else(|| not_an(names, "anycompatiblerange", "a range type", range))?;
            types.push(subtype);
        }
        if types.is_empty() {
            return Ok(None);
        }
        let chosen = names.common_type_if_any(&types);
        let chosen = chosen.ok_or_else(|| mismatch("arguments of anycompatible family cannot be cast to a common type"))?;
        if self.is_compatible_nonarray && names.base_element(chosen).is_some() {
            let message = format!("type matched to anycompatiblenonarray is an array type: {}", format_type(names, chosen, None));
            return Err(mismatch(message));
        }
        Ok(Some(chosen))
    }

    fn decide(&self, names: Names<'_>, declared: &[u32]) -> Result<Actual> {
        let element = self.element(names)?;
        match element {
            Some(element) => self.check_element(names, element)?,
            None if declared.iter().any(|declared| is_simple(*declared)) => {
                return Err(mismatch("could not determine polymorphic type because input has type unknown"));
            }
            None => {}
        }
        // Only unknown literals: they are text.
        let compatible = match self.compatible_type(names)? {
            None if declared.iter().any(|declared| is_compatible(*declared)) => Some(oid::TEXT),
            found => found,
        };
        let range = self.range.or(self.multirange.and_then(|multirange| range_of(names, multirange)));
        let compatible_range = self.compatible_range.or(self.compatible_multirange.and_then(|multirange| range_of(names, multirange)));
        Ok(Actual {
            element,
            element_name: element.map(|oid| format_type(names, oid, None)).unwrap_or_default(),
            array: self.array.or(element.and_then(|element| names.array(element))),
            range,
            multirange: self.multirange.or(range.and_then(|range| multirange_of(names, range))),
            compatible,
            compatible_array: compatible.and_then(|compatible| names.array(compatible)),
            compatible_range,
            compatible_multirange: self.compatible_multirange.or(compatible_range.and_then(|range| multirange_of(names, range))),
        })
    }
}

/// The types of one call.
struct Actual {
    element: Option<u32>,
    /// For the message that there is no array type over it.
    element_name: String,
    array: Option<u32>,
    range: Option<u32>,
    multirange: Option<u32>,
    compatible: Option<u32>,
    compatible_array: Option<u32>,
    compatible_range: Option<u32>,
    compatible_multirange: Option<u32>,
}

impl Actual {
    /// The type that a declared one is in this call.
    fn replace(&self, declared: u32) -> Result<u32> {
        let found = match declared {
            oid::ANYELEMENT | oid::ANYNONARRAY | oid::ANYENUM => self.element,
            oid::ANYARRAY => self.array,
            oid::ANYRANGE => self.range,
            oid::ANYMULTIRANGE => self.multirange,
            oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLENONARRAY => self.compatible,
            oid::ANYCOMPATIBLEARRAY => self.compatible_array,
            oid::ANYCOMPATIBLERANGE => self.compatible_range,
            oid::ANYCOMPATIBLEMULTIRANGE => self.compatible_multirange,
            other => return Ok(other),
        };
        found.ok_or_else(|| {
            if declared == oid::ANYARRAY {
                return Error::new(Code::UndefinedObject, format!("could not find array type for data type {}", self.element_name));
            }
            mismatch("could not determine polymorphic type because input has type unknown")
        })
    }
}

fn not_an(names: Names<'_>, declared: &str, what: &str, given: u32) -> Error {
    mismatch(format!("argument declared {declared} is not {what} but type {}", format_type(names, given, None)))
}

/// Sets the type of the elements by what contains them, or compares.
fn fit(names: Names<'_>, element: &mut Option<u32>, found: u32, container: &str) -> Result<()> {
    match *element {
        Some(known) if known != found => {
            let (known, found) = (format_type(names, known, None), format_type(names, found, None));
            let message = format!("argument declared {container} is not consistent with argument declared anyelement");
            Err(mismatch(message).detail(format!("{found} versus {known}")))
        }
        _ => {
            *element = Some(found);
            Ok(())
        }
    }
}

fn subtype_of(names: Names<'_>, range: u32) -> Option<u32> {
    names.catalog.find_one(catalog_oid::PG_RANGE, &["rngtypid"], &[Value::oid(range)])?.oid("rngsubtype")
}

fn range_of(names: Names<'_>, multirange: u32) -> Option<u32> {
    names.catalog.find_one(catalog_oid::PG_RANGE, &["rngmultitypid"], &[Value::oid(multirange)])?.oid("rngtypid")
}

fn multirange_of(names: Names<'_>, range: u32) -> Option<u32> {
    names.catalog.find_one(catalog_oid::PG_RANGE, &["rngtypid"], &[Value::oid(range)])?.oid("rngmultitypid")
}

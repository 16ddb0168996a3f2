//! Functions and operators over `jsonb`, as the catalog's evaluator computes them. A struct is given to them as the JSON that it is.

use datafusion::logical_expr::Volatility;
use spi::types::oid;

use super::plain::{Plain, Returns, Work};

const fn function(name: &'static str, ways: &'static [&'static [u32]], returns: u32) -> Plain {
    let (returns, volatility) = (Returns::Type(returns), Volatility::Immutable);
    Plain { name, aliases: &[], ways, returns, volatility, work: Work::Catalog(name) }
}

/// `jsonb -> text`: the value of a key.
pub(super) static OBJECT_FIELD: Plain = function("jsonb_object_field", &[&[oid::JSONB, oid::TEXT]], oid::JSONB);
/// `jsonb ->> text`: the value of a key, as text.
pub(super) static OBJECT_FIELD_TEXT: Plain = function("jsonb_object_field_text", &[&[oid::JSONB, oid::TEXT]], oid::TEXT);
/// `jsonb -> integer`: an element, from 0; from the end where the place is negative.
pub(super) static ARRAY_ELEMENT: Plain = function("jsonb_array_element", &[&[oid::JSONB, oid::INT4]], oid::JSONB);
/// `jsonb ->> integer`: an element, as text.
pub(super) static ARRAY_ELEMENT_TEXT: Plain = function("jsonb_array_element_text", &[&[oid::JSONB, oid::INT4]], oid::TEXT);
/// `jsonb @> jsonb`: whether the first has all that the second has.
pub(super) static CONTAINS: Plain = function("jsonb_contains", &[&[oid::JSONB, oid::JSONB]], oid::BOOL);
/// `jsonb <@ jsonb`: whether the second has all that the first has.
pub(super) static CONTAINED: Plain = function("jsonb_contained", &[&[oid::JSONB, oid::JSONB]], oid::BOOL);
/// `jsonb ? text`: whether there is such a key, or such a text in an array.
pub(super) static EXISTS: Plain = function("jsonb_exists", &[&[oid::JSONB, oid::TEXT]], oid::BOOL);
/// The number of elements of an array.
pub(super) static ARRAY_LENGTH: Plain = function("jsonb_array_length", &[&[oid::JSONB]], oid::INT4);
/// A document with line breaks and indentation.
pub(super) static PRETTY: Plain = function("jsonb_pretty", &[&[oid::JSONB]], oid::TEXT);
/// What kind of value it is: object, array, string, number, boolean or null.
pub(super) static TYPEOF: Plain = function("jsonb_typeof", &[&[oid::JSONB]], oid::TEXT);

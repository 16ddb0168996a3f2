//! What types must have for their values to be compared while a statement runs: an equality, or an order.

use spi::{Code, Error, Result};

use crate::function::Context;
use crate::io::registered::type_name;
use crate::resolve::Names;
use crate::types::oid;

/// Types that are compared most often, and that have both.
const USUAL: [u32; 7] = [oid::TEXT, oid::INT4, oid::OID, oid::INT2, oid::INT8, oid::NAME, oid::CHAR];

pub fn check_equality(context: &Context<'_>, type_oid: u32) -> Result<()> {
    check(context, type_oid, "=", "an equality operator")
}

pub fn check_order(context: &Context<'_>, type_oid: u32) -> Result<()> {
    check(context, type_oid, "<", "a comparison function")
}

/// Arrays have what their elements have.
fn check(context: &Context<'_>, type_oid: u32, operator: &str, kind: &str) -> Result<()> {
    let names = Names::new(context.catalog, &[]);
    let compared = names.element(type_oid).unwrap_or(type_oid);
    let operator = || ["pg_catalog".to_owned(), operator.to_owned()];
    if USUAL.contains(&compared) || names.operator(&operator(), &[compared, compared]).is_ok() {
        return Ok(());
    }
    Err(Error::new(Code::UndefinedFunction, format!("could not identify {kind} for type {}", type_name(context, type_oid))))
}

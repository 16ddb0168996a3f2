//! Access lists as values: `acldefault`, `aclexplode` and `makeaclitem`.

use spi::{Code, Error, Result};

use super::words;
use crate::catalog::oid as catalog_oid;
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::functions::catalog::records::{Columns, columns, record};
use crate::io::acl::{AclItem, parsed, text};
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("acldefault_sql", acldefault), ScalarEntry::new("makeaclitem", makeaclitem)];

pub const SETS: &[SetEntry] = &[SetEntry::new("aclexplode", aclexplode)];

fn acldefault(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let letter = arguments.text(0)?.bytes().next().unwrap_or_default();
    if default_bits(letter).is_none() {
        let message = format!("unrecognized object type abbreviation: {}", char::from(letter));
        return Err(Error::internal(message));
    }
    Ok(by_default(context, letter, arguments.oid(1)?))
}

/// The access list of an object to which nothing was granted yet: what everybody may, and what the owner may.
pub(super) fn by_default(context: &Context<'_>, letter: u8, owner: u32) -> Value {
    let (public, of_owner) = default_bits(letter).unwrap_or_default();
    let owner = role_name(context, owner);
    let grants = [(String::new(), public), (owner.clone(), of_owner)];
    let items = grants.into_iter().filter(|(_, privileges)| *privileges != 0);
    let texts = items.map(|(grantee, privileges)| text(&AclItem { grantee, privileges, options: 0, grantor: owner.clone() }).into());
    Value::array(oid::ACLITEM, texts.collect())
}

/// The privileges of everybody and of the owner, for each kind of object.
fn default_bits(letter: u8) -> Option<(u32, u32)> {
    let bits = |privileges: &[&str]| privileges.iter().filter_map(|privilege| words::bit(privilege)).sum();
    Some(match letter {
        b'c' => (0, 0),
        b'r' => (0, bits(words::TABLE)),
        b's' => (0, bits(words::SEQUENCE)),
        b'd' => (bits(&["TEMPORARY", "CONNECT"]), bits(&["CREATE", "TEMPORARY", "CONNECT"])),
        b'f' => (bits(words::EXECUTE), bits(words::EXECUTE)),
        b'l' | b'T' => (bits(words::USAGE), bits(words::USAGE)),
        b'L' => (0, bits(&["SELECT", "UPDATE"])),
        b'n' => (0, bits(words::SCHEMA)),
        b'p' => (0, bits(words::PARAMETER)),
        b't' => (0, bits(words::CREATE)),
        b'F' | b'S' => (0, bits(words::USAGE)),
        _ => return None,
    })
}

/// The name of a role; its number where there is none.
fn role_name(context: &Context<'_>, role: u32) -> String {
    let name = context.catalog.by_oid(catalog_oid::PG_AUTHID, role).and_then(|row| row.text("rolname"));
    name.map_or_else(|| role.to_string(), |name| name.to_string())
}

const EXPLODED: Columns = &[("grantor", oid::OID), ("grantee", oid::OID), ("privilege_type", oid::TEXT), ("is_grantable", oid::BOOL)];

/// A row for every privilege of every item.
fn aclexplode(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    let role = |name: &str| match name {
        "" => 0,
        _ => {
            let row = context.catalog.find_one(catalog_oid::PG_AUTHID, &["rolname"], &[name.into()]);
            row.and_then(|row| row.oid("oid")).or_else(|| name.parse().ok()).unwrap_or_default()
        }
    };
    let fields = columns(EXPLODED);
    let mut rows = Vec::new();
    for item in arguments.array(0)?.values.iter().filter_map(Value::as_str).filter_map(parsed) {
        let (grantor, grantee) = (Value::oid(role(&item.grantor)), Value::oid(role(&item.grantee)));
        for (place, privilege) in words::ALL.iter().enumerate().filter(|(place, _)| item.privileges >> place & 1 == 1) {
            let is_grantable = item.options >> place & 1 == 1;
            rows.push(record(&fields, vec![grantor.clone(), grantee.clone(), (*privilege).into(), is_grantable.into()]));
        }
    }
    Ok(Box::new(rows.into_iter().map(Ok)))
}

fn makeaclitem(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (grantee, grantor, list, is_grantable) = (arguments.oid(0)?, arguments.oid(1)?, arguments.text(2)?, arguments.bool(3)?);
    let mut privileges = 0;
    for word in list.split(',').map(str::trim) {
        let known =
            words::ALL.iter().find(|other| other.eq_ignore_ascii_case(if word.eq_ignore_ascii_case("temp") { "temporary" } else { word }));
        let unknown = || Error::new(Code::InvalidArgument, format!("unrecognized privilege type: \"{word}\""));
        privileges |= words::bit(known.ok_or_else(unknown)?).unwrap_or_default();
    }
    let grantee = if grantee == 0 { String::new() } else { role_name(context, grantee) };
    let options = if is_grantable { privileges } else { 0 };
    Ok(text(&AclItem { grantee, privileges, options, grantor: role_name(context, grantor) }).into())
}

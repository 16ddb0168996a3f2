//! Which roles are members of which: `pg_has_role`, and names of roles.

use spi::Result;

use super::words::{self, Wanted};
use super::{current_role, text};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::catalog::lookup;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_has_role_name", pg_has_role),
    ScalarEntry::new("pg_has_role_id", pg_has_role),
    ScalarEntry::new("pg_has_role_name_name", pg_has_role),
    ScalarEntry::new("pg_has_role_name_id", pg_has_role),
    ScalarEntry::new("pg_has_role_id_name", pg_has_role),
    ScalarEntry::new("pg_has_role_id_id", pg_has_role),
    ScalarEntry::new("pg_get_userbyid", pg_get_userbyid),
];

fn pg_has_role(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (privileges, roles) = arguments.split_last().unwrap_or((&Value::Null, &[]));
    let by = |value: &Value| match value {
        Value::Text(name) => lookup::role(context, name),
        other => Ok(other.as_oid().unwrap_or_default()),
    };
    let (member, role) = match roles {
        [member, role] => (by(member)?, by(role)?),
        [role] => (current_role(context), by(role)?),
        _ => return Ok(Value::Null),
    };
    let wanted = words::parse(words::ROLE, text(privileges))?;
    Ok(wanted.iter().any(|wanted| has(context, member, role, *wanted)).into())
}

/// A role is a member of itself, but cannot make others so.
fn has(context: &Context<'_>, member: u32, role: u32, wanted: Wanted) -> bool {
    if is_superuser(context, member) {
        return true;
    }
    if wanted.with_grant_option {
        return reaches(context, member, role, |_| true, |grant| grant.bool("admin_option") == Some(true));
    }
    member == role
        || match wanted.privilege {
            "USAGE" => inherits(context, member, role),
            "SET" => reaches(context, member, role, can_set, can_set),
            _ => reaches(context, member, role, |_| true, |_| true),
        }
}

fn can_set(grant: &CatalogRow<'_>) -> bool {
    grant.bool("set_option") == Some(true)
}

/// Whether a role has the privileges of another without doing anything for it.
pub(super) fn inherits(context: &Context<'_>, member: u32, role: u32) -> bool {
    let is_inherited = |grant: &CatalogRow<'_>| grant.bool("inherit_option") == Some(true);
    member == role || is_superuser(context, member) || reaches(context, member, role, is_inherited, is_inherited)
}

/// Whether grants lead from a member to a role: the last of them must be of one sort, those before of another.
fn reaches(
    context: &Context<'_>,
    member: u32,
    role: u32,
    leads: impl Fn(&CatalogRow<'_>) -> bool,
    ends: impl Fn(&CatalogRow<'_>) -> bool,
) -> bool {
    let mut members = vec![member];
    let mut next = 0;
    while let Some(member) = members.get(next).copied() {
        next += 1;
        for grant in context.catalog.find(oid::PG_AUTH_MEMBERS, &["member"], &[Value::oid(member)]) {
            let Some(of) = grant.oid("roleid") else { continue };
            if of == role && ends(&grant) {
                return true;
            }
            if leads(&grant) && !members.contains(&of) {
                members.push(of);
            }
        }
    }
    false
}

pub(super) fn is_superuser(context: &Context<'_>, role: u32) -> bool {
    context.catalog.by_oid(oid::PG_AUTHID, role).and_then(|row| row.bool("rolsuper")) == Some(true)
}

fn pg_get_userbyid(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let role = arguments.oid(0)?;
    let name = context.catalog.by_oid(oid::PG_AUTHID, role).map(|row| row.get("rolname"));
    Ok(name.unwrap_or_else(|| format!("unknown (OID={role})").into()))
}

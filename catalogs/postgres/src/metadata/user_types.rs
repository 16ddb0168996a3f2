//! Enumerations, domains and composite types, and what the base type of each domain is.

use std::collections::HashMap;

use spi::Result;
use spi::metadata::{Harvest, TypeKind, TypeRow};

use super::statement::{Found, Statements, names};

/// Domains of every schema, because columns of the shown ones may have them; of the others only those that are shown.
const STATEMENT: &str = "SELECT t.oid, t.typnamespace, t.typname::text, t.typtype::text, t.typbasetype, t.typtypmod, \
     CASE t.typtype \
     WHEN 'e' THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) \
     WHEN 'd' THEN ARRAY[format_type(t.typbasetype, t.typtypmod)] \
     ELSE ARRAY(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a \
     WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) END, \
     obj_description(t.oid, 'pg_type'), \
     t.typnamespace = ANY ($1) AND $2::text IS NULL AND has_type_privilege(t.oid, 'USAGE') \
     FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid \
     WHERE t.typtype = 'd' OR t.typnamespace = ANY ($1) AND (t.typtype = 'e' OR t.typtype = 'c' AND c.relkind = 'c')";

/// The type right below each domain, with its modifier.
#[derive(Default)]
pub(super) struct Domains(HashMap<u32, (u32, i32)>);

impl Domains {
    /// The type below any chain of domains.
    pub(super) fn base(&self, mut oid: u32, mut typmod: i32) -> (u32, i32) {
        // The server allows no domain over itself.
        while let Some((base, base_typmod)) = self.0.get(&oid) {
            (oid, typmod) = (*base, *base_typmod);
        }
        (oid, typmod)
    }
}

/// Pushes the types of users, and gives the domains.
pub(super) async fn push(statements: &mut Statements<'_>, harvest: &mut Harvest) -> Result<Domains> {
    let schemas = statements.schemas;
    let mut domains = Domains::default();
    let push = |found: &Found<'_>| {
        let kind: &str = found.get(3)?;
        if kind == "d" {
            domains.0.insert(found.oid(0)?, (found.oid(4)?, found.get(5)?));
        }
        let Some(schema) = schemas.get(&found.oid(1)?).filter(|_| matches!(found.get(8), Ok(true))) else { return Ok(()) };
        let members: Vec<String> = found.get(6)?;
        harvest.user_type(TypeRow { schema, name: found.get(2)?, kind: kind_of(kind), members: &names(&members), comment: found.get(7)? });
        Ok(())
    };
    statements.each(STATEMENT, push).await?;
    Ok(domains)
}

/// `pg_type.typtype`.
fn kind_of(typtype: &str) -> TypeKind {
    match typtype {
        "e" => TypeKind::Enum,
        "d" => TypeKind::Domain,
        _ => TypeKind::Composite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_over_a_domain_ends_at_the_base_type() {
        let domains = Domains(HashMap::from([(100, (101, -1)), (101, (1043, 24))]));
        assert_eq!(domains.base(100, -1), (1043, 24));
        assert_eq!(domains.base(23, -1), (23, -1));
    }
}

//! The columns of the tables.

use spi::Result;
use spi::metadata::{ColumnRow, Generated, Harvest};
use spi::types::to_arrow;

use super::statement::{Found, Statements};
use super::tables::Tables;
use super::user_types::Domains;
use crate::types;
use crate::variant::Lineage;

/// Since when columns say whether an expression makes them.
const GENERATED_SINCE: u32 = 120_000;

/// Pushes the columns that may be read. `version` is the server's, as far as it tells.
pub(super) async fn push(
    statements: &mut Statements<'_>,
    version: Option<u32>,
    tables: &Tables,
    domains: &Domains,
    harvest: &mut Harvest,
) -> Result<()> {
    let sql = match statements.server.variant.lineage {
        Lineage::Recent => statement("a.attidentity::text", generated_column(version)),
        Lineage::OpenGauss => statement("''", "''"),
    };
    statements.each(&sql, |found| push_column(found, tables, domains, harvest)).await
}

/// Defaults and comments are joined: asked for by functions, each would be one more look-up per column.
/// A collation is one that the column does not have from its type, and a domain may forbid nulls as well as the column.
fn statement(identity: &str, generated: &str) -> String {
    format!(
        "SELECT a.attrelid, a.attname::text, a.attnum, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), \
         a.attnotnull OR coalesce(t.typnotnull, false), \
         pg_get_expr(f.adbin, f.adrelid), {identity}, {generated}, d.description, \
         a.attacl IS NOT NULL AND has_column_privilege(a.attrelid, a.attnum, 'SELECT'), o.collname::text \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum \
         LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum \
         LEFT JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation o ON o.oid = a.attcollation AND o.oid <> t.typcollation \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)"
    )
}

fn generated_column(version: Option<u32>) -> &'static str {
    if version.is_some_and(|version| version < GENERATED_SINCE) { "''" } else { "a.attgenerated::text" }
}

fn push_column(found: &Found<'_>, tables: &Tables, domains: &Domains, harvest: &mut Harvest) -> Result<()> {
    let Some(table) = tables.get(&found.oid(0)?) else { return Ok(()) };
    if !table.readable && !found.get::<bool>(11)? {
        return Ok(());
    }
    let (base, typmod) = domains.base(found.oid(3)?, found.get(4)?);
    let pg_type = types::pg_type(base, typmod);
    let (identity, generated): (&str, &str) = (found.get(8)?, found.get(9)?);
    harvest.column(ColumnRow {
        schema: &table.schema,
        table: &table.name,
        name: found.get(1)?,
        ordinal: found.get::<i16>(2)?.into(),
        data_type: &to_arrow(pg_type),
        pg_type,
        native_type: found.get(5)?,
        nullable: !found.get::<bool>(6)?,
        default: found.get(7)?,
        generated: generated_by(identity, generated),
        collation: found.get(12)?,
        comment: found.get(10)?,
    })
}

/// `pg_attribute.attidentity` and `attgenerated`.
fn generated_by(identity: &str, generated: &str) -> Option<Generated> {
    match (identity, generated) {
        ("a", _) => Some(Generated::IdentityAlways),
        ("d", _) => Some(Generated::IdentityByDefault),
        (_, "s") => Some(Generated::Stored),
        (_, "v") => Some(Generated::Virtual),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_11_is_not_asked_for_generated_columns() {
        assert_eq!(generated_column(Some(110_022)), "''");
        assert_eq!((generated_column(Some(120_000)), generated_column(None)), ("a.attgenerated::text", "a.attgenerated::text"));
        assert_eq!((generated_by("d", ""), generated_by("", "v")), (Some(Generated::IdentityByDefault), Some(Generated::Virtual)));
    }
}

//! The partitions of partitioned tables. Each is also a table of its own.

use spi::Result;
use spi::metadata::{Harvest, PartitionRow};

use super::open_gauss;
use super::statement::{Found, Statements};
use super::tables::Tables;
use crate::variant::Lineage;

const STATEMENT: &str = "SELECT h.inhparent, n.nspname::text, p.relname::text, pg_get_partkeydef(h.inhparent), \
     pg_get_expr(p.relpartbound, p.oid), \
     CASE WHEN p.reltuples > 0 OR (p.reltuples = 0 AND p.relpages > 0) THEN p.reltuples::int8 END, \
     CASE WHEN p.relpages > 0 THEN p.relpages::int8 * current_setting('block_size')::int8 END \
     FROM pg_class p JOIN pg_inherits h ON h.inhrelid = p.oid JOIN pg_namespace n ON n.oid = p.relnamespace \
     JOIN pg_class c ON c.oid = h.inhparent \
     WHERE p.relispartition AND c.relkind = 'p' AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)";

/// Pushes the partitions of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let sql = match statements.server.variant.lineage {
        Lineage::Recent => STATEMENT,
        Lineage::OpenGauss => open_gauss::PARTITIONS,
    };
    statements.each(sql, |found| push_partition(found, tables, harvest)).await
}

fn push_partition(found: &Found<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some(table) = tables.get(&found.oid(0)?) else { return Ok(()) };
    let (schema, name): (&str, &str) = (found.get(1)?, found.get(2)?);
    let (method, expression) = partition_key(found.get(3)?);
    harvest.partition(PartitionRow {
        schema: &table.schema,
        table: &table.name,
        name: &if schema == table.schema { name.to_owned() } else { format!("{schema}.{name}") },
        method: &method,
        expression,
        description: found.get(4)?,
        location: None,
        row_estimate: found.get(5)?,
        size_bytes: found.get(6)?,
    })
}

/// `RANGE (a, lower(b))` as method and expression.
fn partition_key(definition: &str) -> (String, &str) {
    let (method, key) = definition.split_once(' ').unwrap_or((definition, ""));
    (method.to_lowercase(), key.strip_prefix('(').and_then(|key| key.strip_suffix(')')).unwrap_or(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_method_and_its_expression() {
        assert_eq!(partition_key("RANGE (d)"), ("range".to_owned(), "d"));
        assert_eq!(partition_key("LIST (lower(b))"), ("list".to_owned(), "lower(b)"));
    }
}

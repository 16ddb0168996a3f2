//! Indexes, also those of primary keys and unique constraints.

use spi::Result;
use spi::metadata::{Harvest, IndexRow};

use super::statement::{Found, Statements, names};
use super::tables::Tables;

/// `indkey` begins at 0. The columns are those that the index is searched by; those that it only carries are in its definition. An
/// expression that is no call of a function is printed within parentheses, which are no part of it.
const STATEMENT: &str = "SELECT i.indrelid, x.relname::text, i.indisunique, i.indisprimary, m.amname::text, \
     ARRAY(SELECT coalesce(\
     (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[place]), \
     (SELECT CASE WHEN e LIKE '(%' THEN substr(e, 2, length(e) - 2) ELSE e END FROM pg_get_indexdef(i.indexrelid, place + 1, false) e)) \
     FROM generate_subscripts(i.indkey, 1) place WHERE place < i.indnkeyatts ORDER BY place), \
     pg_get_expr(i.indpred, i.indrelid), pg_get_indexdef(i.indexrelid), d.description \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam \
     LEFT JOIN pg_description d ON d.objoid = x.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
     WHERE i.indisready AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)";

/// Pushes the indexes of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    statements.each(STATEMENT, |found| push_index(found, tables, harvest)).await
}

fn push_index(found: &Found<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some(table) = tables.get(&found.oid(0)?) else { return Ok(()) };
    let columns: Vec<String> = found.get(5)?;
    harvest.index(IndexRow {
        schema: &table.schema,
        table: &table.name,
        name: found.get(1)?,
        unique: found.get(2)?,
        primary: found.get(3)?,
        method: found.get(4)?,
        columns: &names(&columns),
        predicate: found.get(6)?,
        definition: found.get(7)?,
        comment: found.get(8)?,
    })
}

//! Tables, partitioned tables, foreign tables, views and materialised views; with them the sequences, which are relations as well.

use std::collections::HashMap;

use spi::Result;
use spi::metadata::{Harvest, TableKind, TableOptionRow, TableRow, ViewRow};

use super::open_gauss;
use super::sequences;
use super::statement::{Found, Statements};
use crate::variant::Lineage;

/// The place of the first column that only sequences have.
const SEQUENCE_COLUMNS: usize = 13;

/// `relpages` and `reltuples` are what VACUUM or ANALYZE last saw: asking for sizes themselves would open every file of every table.
/// Before version 14 a table that was never analysed has 0 of both, since then -1 rows.
fn statement() -> String {
    format!(
        "SELECT c.oid, c.relnamespace, c.relname::text, c.relkind::text, pg_get_userbyid(c.relowner)::text, d.description, \
         CASE WHEN c.reltuples > 0 OR (c.reltuples = 0 AND c.relpages > 0) THEN c.reltuples::int8 END, \
         CASE WHEN c.relkind IN ('r', 'm') AND c.relpages > 0 THEN c.relpages::int8 * current_setting('block_size')::int8 END, \
         has_table_privilege(c.oid, 'SELECT'), \
         CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, \
         CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, false) & 20 = 20 ELSE false END, \
         c.reloptions, s.srvname::text, {} \
         FROM pg_class c LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
         LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver {} \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relnamespace = ANY ($1) AND CASE c.relkind \
         WHEN 'S' THEN $2::text IS NULL AND has_sequence_privilege(c.oid, 'SELECT, USAGE, UPDATE') \
         ELSE ($2::text IS NULL OR c.relname = $2) AND has_any_column_privilege(c.oid, 'SELECT') END",
        sequences::COLUMNS,
        sequences::JOIN
    )
}

/// The shown tables by their OIDs.
pub(super) type Tables = HashMap<u32, Table>;

/// What belongs to a table needs this of it.
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    /// Whether all columns may be read, whatever the privileges on each are.
    pub(super) readable: bool,
}

/// Pushes the tables and sequences, and gives the names of the tables by their OIDs.
pub(super) async fn push(statements: &mut Statements<'_>, harvest: &mut Harvest) -> Result<Tables> {
    let schemas = statements.schemas;
    let mut tables = HashMap::new();
    let push = |found: &Found<'_>| {
        // The statement asks for these schemas only.
        let Some(schema) = schemas.get(&found.oid(1)?) else { return Ok(()) };
        let (name, kind): (String, String) = (found.get(2)?, found.get(3)?);
        if matches!(&kind[..], "S" | "L") {
            return sequences::push(found, schema, &name, SEQUENCE_COLUMNS, harvest);
        }
        push_table(found, schema, &name, kind_of(&kind), harvest)?;
        tables.insert(found.oid(0)?, Table { schema: schema.clone(), name, readable: found.get(8)? });
        Ok(())
    };
    let sql = match statements.server.variant.lineage {
        Lineage::Recent => statement(),
        Lineage::OpenGauss => open_gauss::TABLES.to_owned(),
    };
    statements.each(&sql, push).await?;
    Ok(tables)
}

fn push_table(found: &Found<'_>, schema: &str, name: &str, kind: TableKind, harvest: &mut Harvest) -> Result<()> {
    let (owner, comment) = (found.get(4)?, found.get(5)?);
    harvest.table(TableRow { schema, name, kind, owner, comment, row_estimate: found.get(6)?, size_bytes: found.get(7)? })?;
    if let Some(definition) = found.get(9)? {
        harvest.view(ViewRow { schema, name, definition, query: None, updatable: found.get(10)? })?;
    }
    for option in found.get::<Option<Vec<String>>>(11)?.unwrap_or_default() {
        let (option, value) = option.split_once('=').unwrap_or((&option, ""));
        harvest.table_option(TableOptionRow { schema, table: name, name: option, value })?;
    }
    match found.get(12)? {
        Some(value) => harvest.table_option(TableOptionRow { schema, table: name, name: "foreign_server", value }),
        None => Ok(()),
    }
}

/// `pg_class.relkind`.
fn kind_of(relkind: &str) -> TableKind {
    match relkind {
        "p" => TableKind::PartitionedTable,
        "v" => TableKind::View,
        "m" => TableKind::MaterializedView,
        _ => TableKind::Table,
    }
}

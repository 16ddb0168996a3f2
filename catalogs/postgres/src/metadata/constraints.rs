//! Primary keys, unique, foreign key and check constraints.

use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, ReferentialAction};

use super::statement::{Found, Statements, names};
use super::tables::Tables;

/// Constraints of domains have no table, and those of triggers and exclusion are of other kinds.
const STATEMENT: &str = "SELECT k.conrelid, k.conname::text, k.contype::text, \
     ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, place) \
     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place), \
     n.nspname::text, r.relname::text, \
     ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(number, place) \
     JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place), \
     k.confupdtype::text, k.confdeltype::text, k.condeferrable, k.condeferred, \
     CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) END \
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
     LEFT JOIN pg_class r ON r.oid = k.confrelid LEFT JOIN pg_namespace n ON n.oid = r.relnamespace \
     WHERE k.contype IN ('p', 'u', 'f', 'c') AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)";

/// Pushes the constraints of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    statements.each(STATEMENT, |found| push_constraint(found, tables, harvest)).await
}

fn push_constraint(found: &Found<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some(table) = tables.get(&found.oid(0)?) else { return Ok(()) };
    let (columns, referenced): (Vec<String>, Vec<String>) = (found.get(3)?, found.get(6)?);
    let referenced_columns = names(&referenced);
    let kind = match found.get(2)? {
        "p" => ConstraintKind::PrimaryKey,
        "u" => ConstraintKind::Unique,
        "f" => ConstraintKind::ForeignKey {
            referenced_schema: found.get(4)?,
            referenced_table: found.get(5)?,
            referenced_columns: &referenced_columns,
            on_update: action(found.get(7)?),
            on_delete: action(found.get(8)?),
        },
        _ => ConstraintKind::Check { expression: found.get(11)? },
    };
    harvest.constraint(ConstraintRow {
        schema: &table.schema,
        table: &table.name,
        name: found.get(1)?,
        kind,
        columns: &names(&columns),
        deferrable: found.get(9)?,
        initially_deferred: found.get(10)?,
    })
}

/// `pg_constraint.confupdtype` and `confdeltype`.
fn action(letter: &str) -> ReferentialAction {
    match letter {
        "r" => ReferentialAction::Restrict,
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

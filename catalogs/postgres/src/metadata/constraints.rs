//! Primary keys, unique, foreign key, check and exclusion constraints.

use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, ReferentialAction};

use super::statement::{Found, Statements, names};
use super::tables::Tables;

/// Constraints of domains have no table, and triggers that are one are among the triggers. A column that may not be null
/// is one since version 18, but the column itself says so. An expression of an exclusion is column 0.
const STATEMENT: &str = "SELECT k.conrelid, k.conname::text, k.contype::text, \
     ARRAY(SELECT (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[place]) \
     FROM generate_subscripts(k.conkey, 1) place WHERE k.conkey[place] <> 0 ORDER BY place), \
     n.nspname::text, r.relname::text, \
     ARRAY(SELECT (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = k.confkey[place]) \
     FROM generate_subscripts(k.confkey, 1) place ORDER BY place), \
     k.confupdtype::text, k.confdeltype::text, k.condeferrable, k.condeferred, \
     CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) WHEN 'x' THEN pg_get_constraintdef(k.oid) END, d.description \
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
     LEFT JOIN pg_class r ON r.oid = k.confrelid LEFT JOIN pg_namespace n ON n.oid = r.relnamespace \
     LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0 \
     WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)";

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
        "x" => ConstraintKind::Exclusion { definition: found.get(11)? },
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
        comment: found.get(12)?,
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

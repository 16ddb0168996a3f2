//! Sequences. The server lists them among the relations, and so they come with the tables; also those of serial and identity columns.

use spi::Result;
use spi::metadata::{Harvest, SequenceRow};

use super::statement::Found;
use crate::types;

/// What the statement of the tables asks of each sequence, and the join that it takes. The column it belongs to is `a`uto-dropped with
/// it or, for an identity, an `i`nternal part of it.
pub(super) const COLUMNS: &str = "q.seqtypid, format_type(q.seqtypid, NULL), q.seqstart::text, q.seqmin::text, q.seqmax::text, \
     q.seqincrement::text, q.seqcycle, \
     CASE WHEN c.relkind = 'S' THEN ARRAY(SELECT unnest(ARRAY[o.relname::text, a.attname::text]) FROM pg_depend p \
     JOIN pg_class o ON o.oid = p.refobjid JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = p.refobjsubid \
     WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid AND p.objsubid = 0 AND p.refclassid = 'pg_class'::regclass \
     AND p.refobjsubid > 0 AND p.deptype IN ('a', 'i') AND has_column_privilege(o.oid, a.attnum, 'SELECT')) END";
pub(super) const JOIN: &str = "LEFT JOIN pg_sequence q ON q.seqrelid = c.oid";

/// Pushes a sequence of the statement's rows, where `first` is the place of the first of [`COLUMNS`].
pub(super) fn push(found: &Found<'_>, schema: &str, name: &str, first: usize, harvest: &mut Harvest) -> Result<()> {
    let owner: Vec<String> = found.get(first + 7)?;
    harvest.sequence(SequenceRow {
        schema,
        name,
        owner: found.get(4)?,
        comment: found.get(5)?,
        native_type: found.get(first + 1)?,
        pg_type: types::pg_type(found.oid(first)?, -1),
        start: found.get(first + 2)?,
        minimum: found.get(first + 3)?,
        maximum: found.get(first + 4)?,
        increment: found.get(first + 5)?,
        cycle: found.get(first + 6)?,
        owned_by: match &owner[..] {
            [table, column] => Some((table, column)),
            _ => None,
        },
    });
    Ok(())
}

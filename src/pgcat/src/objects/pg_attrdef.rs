//! `pg_attrdef`: the defaults of columns, and the expressions that generate them. `adbin` is the expression as the source writes it.

use spi::metadata::Relation;

use super::columns::pg_attrdef as column;
use super::context::At;
use super::ids;
use super::layout::{Cells, columns};
use super::part::Part;
use super::schema::{Class, Schema};
use crate::relation::{Row, Rows};
use crate::value::Value;

pub(crate) struct Defaults(pub(crate) At);

impl Part for Defaults {
    fn count(&self) -> Row {
        self.0.schema().defaults().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let cell = schema.defaults()[row as usize] as usize;
        let of_column = || place_of(schema, cell);
        match column {
            column::OID => Value::oid(oid(schema, cell)),
            column::ADRELID => Value::oid(schema.table_oid(schema.table_of(cell))),
            column::ADNUM => Value::Int(of_column().1.into()),
            _ => schema.batch(Relation::Columns).name(columns::DEFAULT, cell).into(),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        let [column::ADRELID, rest @ ..] = columns else { return None };
        let class = schema.class_row_of(key[0].as_oid()?).map(|row| schema.class(row));
        let Some(Class::Table(table)) = class else { return Some(Rows::NONE) };
        let (defaults, cells) = (schema.defaults(), schema.columns_of(table));
        let place = |cell: usize| defaults.partition_point(|other| (*other as usize) < cell) as Row;
        let rows = place(cells.start)..place(cells.end);
        match rest {
            [] => Some(Rows::Range(rows)),
            [column::ADNUM] => Some(Rows::List(rows.filter(|row| self.value(*row, column::ADNUM) == key[1]).collect())),
            _ => None,
        }
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::ADRELID).then_some(&self.0)
    }
}

/// The OID of the default of a column, which is a row of the metadata.
pub(crate) fn oid(schema: &Schema, cell: usize) -> u32 {
    let (table, number) = place_of(schema, cell);
    ids::default(schema.table_oid(table), number)
}

/// The table of a column, and the column's number there.
pub(crate) fn place_of(schema: &Schema, cell: usize) -> (usize, i16) {
    let table = schema.table_of(cell);
    let place = cell - schema.columns_of(table).start;
    (table, schema.attributes().number(schema, table, place).unwrap_or_default())
}

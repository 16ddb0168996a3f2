//! `pg_description`: comments. Those of columns are a part of their own, because there may be millions: they are found by their table.

use spi::metadata::Relation;

use super::columns::pg_description as column;
use super::context::At;
use super::layout::{Cells, columns, constraints, indexes, routines, sequences, tables, triggers, types};
use super::lookup::equals;
use super::part::{Part, found};
use super::pg_attrdef::place_of;
use super::schema::Class;
use crate::catalog::oid;
use crate::relation::{Row, Rows};
use crate::value::Value;

/// The relations whose objects have comments, where those stand, and the catalog of the objects.
pub(crate) const COMMENTED: [(Relation, usize, u32); 7] = [
    (Relation::Tables, tables::COMMENT, oid::PG_CLASS),
    (Relation::Indexes, indexes::COMMENT, oid::PG_CLASS),
    (Relation::Sequences, sequences::COMMENT, oid::PG_CLASS),
    (Relation::Constraints, constraints::COMMENT, oid::PG_CONSTRAINT),
    (Relation::Routines, routines::COMMENT, oid::PG_PROC),
    (Relation::Types, types::COMMENT, oid::PG_TYPE),
    (Relation::Triggers, triggers::COMMENT, oid::PG_TRIGGER),
];

/// The comment of the schema, if there is one, and those of its objects.
pub(crate) struct ObjectComments(pub(crate) At);

impl Part for ObjectComments {
    fn count(&self) -> Row {
        let schema = self.0.schema();
        (usize::from(schema.metadata.comment.is_some()) + schema.comments().len()) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let before = usize::from(schema.metadata.comment.is_some());
        let (class, object, comment) = match (row as usize).checked_sub(before) {
            None => (oid::PG_NAMESPACE, schema.oid(), schema.metadata.comment.as_deref()),
            Some(place) => {
                let (kind, row) = schema.comments()[place];
                let (relation, place, class) = COMMENTED[usize::from(kind)];
                (class, schema.object(relation, row as usize), schema.batch(relation).text(place, row as usize))
            }
        };
        match column {
            column::OBJOID => Value::oid(object),
            column::CLASSOID => Value::oid(class),
            column::OBJSUBID => Value::Int(0),
            _ => comment.into(),
        }
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::OBJOID).then_some(&self.0)
    }

    /// All indexes begin with the object.
    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let (schema, object) = (self.0.schema(), key[0].as_oid()?);
        let before = usize::from(schema.metadata.comment.is_some());
        let commented = (0..).zip(COMMENTED).find_map(|(kind, (relation, ..))| Some((kind, schema.row_of(relation, object)? as u32)));
        let place = match commented {
            Some(object) => schema.comments().binary_search(&object).ok().map(|place| before + place),
            None => (before == 1 && object == schema.oid()).then_some(0),
        };
        Some(found(place.filter(|place| equals(self, columns, *place as Row, key))))
    }
}

/// The comments of columns.
pub(crate) struct ColumnComments(pub(crate) At);

impl Part for ColumnComments {
    fn count(&self) -> Row {
        self.0.schema().column_comments().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let cell = schema.column_comments()[row as usize] as usize;
        match column {
            column::OBJOID => Value::oid(schema.table_oid(schema.table_of(cell))),
            column::CLASSOID => Value::oid(oid::PG_CLASS),
            column::OBJSUBID => Value::Int(place_of(schema, cell).1.into()),
            _ => schema.batch(Relation::Columns).text(columns::COMMENT, cell).into(),
        }
    }

    /// All indexes begin with the object.
    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        let class = key[0].as_oid().and_then(|object| schema.class_row_of(object)).map(|row| schema.class(row));
        let Some(Class::Table(table)) = class else { return Some(Rows::NONE) };
        let (commented, cells) = (schema.column_comments(), schema.columns_of(table));
        let place = |cell: usize| commented.partition_point(|other| (*other as usize) < cell) as Row;
        let rows = place(cells.start)..place(cells.end);
        Some(Rows::List(rows.filter(|row| equals(self, columns, *row, key)).collect()))
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::OBJOID).then_some(&self.0)
    }
}

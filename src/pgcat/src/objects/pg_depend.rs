//! `pg_depend`: what belongs to what, as far as it is known. What views and functions read is not.

use spi::metadata::Relation;

use super::columns::pg_depend as column;
use super::context::At;
use super::index_keys;
use super::keys;
use super::layout::{Cells, columns, constraints, partitions, sequences, triggers};
use super::part::Part;
use super::pg_attrdef;
use super::pg_trigger;
use super::schema::Schema;
use crate::catalog::oid;
use crate::relation::Row;
use crate::value::Value;

/// Made when it is first looked at, since most of it is of many kinds of objects at once.
pub(crate) struct Dependencies(pub(crate) At);

/// A row.
pub(crate) struct Dependency {
    of: Object,
    on: Object,
    kind: Kind,
}

/// An object, or a column of a relation.
#[derive(Clone, Copy)]
struct Object {
    class: u32,
    oid: u32,
    number: i16,
}

/// `deptype`.
#[derive(Clone, Copy)]
enum Kind {
    Normal,
    /// It goes with the other one.
    Auto,
    /// It is a part of the other one.
    Internal,
}

impl Dependencies {
    fn rows(&self) -> &[Dependency] {
        self.0.context.dependencies(self.0.place, || {
            let mut rows = Vec::new();
            self.relations(&mut rows);
            self.defaults(&mut rows);
            self.constraints(&mut rows);
            self.indexes(&mut rows);
            self.sequences(&mut rows);
            self.triggers(&mut rows);
            rows
        })
    }

    /// Relations, routines and types are in their schema, and rules of views are a part of these. Partitions go with their table.
    fn relations(&self, rows: &mut Vec<Dependency>) {
        let schema = self.0.schema();
        let namespace = Object { class: oid::PG_NAMESPACE, oid: schema.oid(), number: 0 };
        for table in 0..schema.len(Relation::Tables) {
            rows.push(Dependency { of: relation(schema.table_oid(table)), on: namespace, kind: Kind::Normal });
            if let Some(child) = self.0.context.child(self.0.place, table) {
                let parents = &self.0.context.schemas[child.schema];
                let parent = parents.batch(Relation::Partitions).number(partitions::TABLE, child.row) as usize;
                let parent = relation(parents.table_oid(parent));
                rows.push(Dependency { of: relation(schema.table_oid(table)), on: parent, kind: Kind::Auto });
            }
        }
        for view in schema.views() {
            let view = schema.table_oid(*view as usize);
            rows.push(Dependency { of: Object { class: oid::PG_REWRITE, oid: view, number: 0 }, on: relation(view), kind: Kind::Internal });
        }
        for sequence in 0..schema.len(Relation::Sequences) {
            let sequence = relation(schema.object(Relation::Sequences, sequence));
            rows.push(Dependency { of: sequence, on: namespace, kind: Kind::Normal });
        }
        for (relation, class) in [(Relation::Routines, oid::PG_PROC), (Relation::Types, oid::PG_TYPE)] {
            let objects = (0..schema.len(relation)).map(|row| Object { class, oid: schema.object(relation, row), number: 0 });
            rows.extend(objects.map(|of| Dependency { of, on: namespace, kind: Kind::Normal }));
        }
    }

    /// Defaults go with their column; what generates a column is a part of it.
    fn defaults(&self, rows: &mut Vec<Dependency>) {
        let schema = self.0.schema();
        for cell in schema.defaults() {
            let cell = *cell as usize;
            let (table, number) = pg_attrdef::place_of(schema, cell);
            let is_generated = schema.batch(Relation::Columns).word(columns::GENERATED, cell).is_some();
            rows.push(Dependency {
                of: Object { class: oid::PG_ATTRDEF, oid: pg_attrdef::oid(schema, cell), number: 0 },
                on: attribute(schema, table, number),
                kind: if is_generated { Kind::Internal } else { Kind::Auto },
            });
        }
    }

    /// Constraints go with their columns, and foreign keys also need those that they refer to, and the index of these.
    fn constraints(&self, rows: &mut Vec<Dependency>) {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Constraints);
        for row in 0..batch.num_rows() {
            let of = Object { class: oid::PG_CONSTRAINT, oid: schema.object(Relation::Constraints, row), number: 0 };
            let table = keys::table(schema, row);
            let numbers = keys::numbers(schema, table, &batch.list(constraints::COLUMNS, row));
            rows.extend(numbers.into_iter().map(|number| Dependency { of, on: attribute(schema, table, number), kind: Kind::Auto }));
            let Some((place, table)) = keys::referenced_table(&self.0.context, self.0.place, row) else { continue };
            let other = &self.0.context.schemas[place];
            let numbers = keys::numbers(other, table, &batch.list(constraints::REFERENCED_COLUMNS, row));
            rows.extend(numbers.into_iter().map(|number| Dependency { of, on: attribute(other, table, number), kind: Kind::Normal }));
            if let Some((place, index)) = keys::referenced_index(&self.0.context, self.0.place, row) {
                let index = self.0.context.schemas[place].object(Relation::Indexes, index);
                rows.push(Dependency { of, on: relation(index), kind: Kind::Normal });
            }
        }
    }

    /// An index is a part of its constraint, or goes with the columns that it is on.
    fn indexes(&self, rows: &mut Vec<Dependency>) {
        let schema = self.0.schema();
        for index in 0..schema.len(Relation::Indexes) {
            let of = relation(schema.object(Relation::Indexes, index));
            if let Some(constraint) = keys::constraint_of(schema, index) {
                let on = Object { class: oid::PG_CONSTRAINT, oid: schema.object(Relation::Constraints, constraint), number: 0 };
                rows.push(Dependency { of, on, kind: Kind::Internal });
                continue;
            }
            let numbers = index_keys::keys(&self.0, index).into_iter().map(|key| key.number).filter(|number| *number != 0);
            let table = schema.index_table(index);
            rows.extend(numbers.map(|number| Dependency { of, on: attribute(schema, table, number), kind: Kind::Auto }));
        }
    }

    /// A sequence is a part of the identity whose numbers it gives, or goes with the column that it was made for.
    fn sequences(&self, rows: &mut Vec<Dependency>) {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Sequences);
        for row in 0..batch.num_rows() {
            let owner = batch.name(sequences::OWNER_TABLE, row).and_then(|table| schema.metadata.table(table));
            let (Some(table), Some(column)) = (owner, batch.name(sequences::OWNER_COLUMN, row)) else { continue };
            let Some(number) = schema.attribute_number(table, column) else { continue };
            let cell = schema.attributes().column(schema, table, number);
            let generated = cell.and_then(|cell| schema.batch(Relation::Columns).word(columns::GENERATED, cell));
            rows.push(Dependency {
                of: relation(schema.object(Relation::Sequences, row)),
                on: attribute(schema, table, number),
                kind: if generated.is_some_and(|word| word.starts_with("identity")) { Kind::Internal } else { Kind::Auto },
            });
        }
    }

    /// A trigger goes with its table, and needs its function.
    fn triggers(&self, rows: &mut Vec<Dependency>) {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Triggers);
        for row in 0..batch.num_rows() {
            let of = Object { class: oid::PG_TRIGGER, oid: schema.object(Relation::Triggers, row), number: 0 };
            let table = schema.table_oid(batch.number(triggers::TABLE, row) as usize);
            rows.push(Dependency { of, on: relation(table), kind: Kind::Auto });
            if let Some(function) = pg_trigger::function(&self.0, batch.text(triggers::ACTION, row).unwrap_or_default()) {
                let on = Object { class: oid::PG_PROC, oid: function, number: 0 };
                rows.push(Dependency { of, on, kind: Kind::Normal });
            }
        }
    }
}

impl Part for Dependencies {
    fn count(&self) -> Row {
        self.rows().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let row = &self.rows()[row as usize];
        match column {
            column::CLASSID => Value::oid(row.of.class),
            column::OBJID => Value::oid(row.of.oid),
            column::OBJSUBID => Value::Int(row.of.number.into()),
            column::REFCLASSID => Value::oid(row.on.class),
            column::REFOBJID => Value::oid(row.on.oid),
            column::REFOBJSUBID => Value::Int(row.on.number.into()),
            _ => match row.kind {
                Kind::Normal => "n".into(),
                Kind::Auto => "a".into(),
                Kind::Internal => "i".into(),
            },
        }
    }

    /// Foreign keys and trigger functions may be of other schemas, which decides about the rows behind theirs as well.
    fn looks_beyond_schema(&self, _column: usize) -> bool {
        true
    }
}

fn relation(oid: u32) -> Object {
    Object { class: oid::PG_CLASS, oid, number: 0 }
}

fn attribute(schema: &Schema, table: usize, number: i16) -> Object {
    Object { number, ..relation(schema.table_oid(table)) }
}

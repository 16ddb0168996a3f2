//! The texts that a source keeps of its objects, beyond what the catalogs have a place for.

use std::sync::Arc;

use spi::metadata::Relation;

use super::context::Context;
use super::layout::{Cells, constraints, indexes, routines, triggers, views};
use super::schema::{Class, Schema};
use crate::catalog::{Definitions, oid};

impl Definitions for Context {
    fn definition(&self, class: u32, object: u32) -> Option<Arc<str>> {
        self.schemas.iter().find_map(|schema| definition(schema, class, object)).map(Arc::from)
    }
}

fn definition(schema: &Schema, class: u32, object: u32) -> Option<&str> {
    let of = |relation, place| schema.batch(relation).text(place, schema.row_of(relation, object)?);
    match class {
        oid::PG_CLASS => match schema.class(schema.class_row_of(object)?) {
            Class::Index(index) => schema.batch(Relation::Indexes).text(indexes::DEFINITION, index),
            Class::Table(table) => schema.batch(Relation::Views).text(views::DEFINITION, schema.rows_of(Relation::Views, table).next()?),
            Class::Sequence(_) | Class::Composite(_) => None,
        },
        oid::PG_CONSTRAINT => of(Relation::Constraints, constraints::EXPRESSION),
        oid::PG_PROC => of(Relation::Routines, routines::DEFINITION),
        oid::PG_TRIGGER => of(Relation::Triggers, triggers::ACTION),
        _ => None,
    }
}

//! `pg_rewrite`: the rule of each view that makes it one. `ev_action` is the view's query as the source writes it.

use spi::metadata::Relation;

use super::columns::pg_rewrite as column;
use super::context::At;
use super::layout::{Cells, views};
use super::part::{Part, found};
use crate::relation::{Row, Rows};
use crate::value::Value;

pub(crate) struct Rules(pub(crate) At);

impl Part for Rules {
    fn count(&self) -> Row {
        self.0.schema().views().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let view = schema.views()[row as usize] as usize;
        match column {
            // Numbers are unique in this catalog, where a view has one row.
            column::OID | column::EV_CLASS => Value::oid(schema.table_oid(view)),
            column::RULENAME => "_RETURN".into(),
            column::EV_TYPE => "1".into(),
            column::EV_ENABLED => "O".into(),
            column::IS_INSTEAD => true.into(),
            column::EV_QUAL => "<>".into(),
            _ => {
                let definition = schema.rows_of(Relation::Views, view).next();
                definition.and_then(|row| schema.batch(Relation::Views).text(views::DEFINITION, row)).unwrap_or_default().into()
            }
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let ([column::OID] | [column::EV_CLASS]) = columns else { return None };
        let schema = self.0.schema();
        let view = schema.row_of(Relation::Tables, key[0].as_oid()?);
        Some(found(view.and_then(|view| schema.views().binary_search(&(view as u32)).ok())))
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::EV_CLASS).then_some(&self.0)
    }
}

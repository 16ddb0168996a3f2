//! Rows of the catalog on their way to a client.

use std::fmt;
use std::sync::Arc;

use pgcat::catalog::Catalog;
use pgcat::function::Context;
use pgcat::host::Host;
use pgcat::io;
use pgcat::types::Type;
use pgcat::value::Value;
use spi::Result;

use crate::answer::Format;
use crate::encode::Cell;

/// Some rows. Their values are written with the names of one generation of the catalog, and as the session wants to see them.
#[derive(Clone)]
pub struct Tuples {
    rows: Arc<Vec<Vec<Value>>>,
    offset: usize,
    length: usize,
    world: Arc<World>,
}

/// What values mean, beside themselves.
pub(super) struct World {
    pub(super) types: Vec<Type>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) host: Arc<dyn Host>,
}

impl World {
    pub(super) fn context(&self) -> Context<'_> {
        Context { catalog: &self.catalog, host: self.host.as_ref() }
    }
}

impl Tuples {
    pub(super) fn new(rows: Arc<Vec<Vec<Value>>>, world: &Arc<World>) -> Self {
        Self { offset: 0, length: rows.len(), rows, world: Arc::clone(world) }
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.length
    }

    pub(crate) fn num_columns(&self) -> usize {
        self.world.types.len()
    }

    /// Some of the rows. Nothing is copied.
    pub(crate) fn slice(&self, offset: usize, length: usize) -> Self {
        Self { offset: self.offset + offset, length, ..self.clone() }
    }

    /// How the values of a column are to be written.
    pub(crate) fn cell(&self, column: usize, format: Format) -> Cell {
        let (nulls, values) = (self.clone(), self.clone());
        let type_oid = self.world.types[column].oid;
        let is_null = move |row: usize| nulls.value(row, column).is_null();
        match format {
            Format::Text => Cell::of(is_null, move |row, out| {
                match values.value(row, column) {
                    // Most values are their texts.
                    Value::Text(text) => out.extend_from_slice(text.as_bytes()),
                    value => out.extend_from_slice(io::output(&values.world.context(), type_oid, value)?.as_bytes()),
                }
                Ok(())
            }),
            Format::Binary => {
                Cell::of(is_null, move |row, out| io::send(&values.world.context(), type_oid, values.value(row, column), out))
            }
        }
    }

    pub(super) fn world(&self) -> &World {
        &self.world
    }

    pub(super) fn row(&self, row: usize) -> &[Value] {
        &self.rows[self.offset + row]
    }

    /// A value's text; `None` is null.
    pub(super) fn text(&self, row: usize, column: usize) -> Result<Option<String>> {
        match self.value(row, column) {
            Value::Null => Ok(None),
            value => io::output(&self.world.context(), self.world.types[column].oid, value).map(Some),
        }
    }

    pub(super) fn value(&self, row: usize, column: usize) -> &Value {
        &self.rows[self.offset + row][column]
    }
}

impl fmt::Debug for Tuples {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tuples").field("rows", &&self.rows[self.offset..self.offset + self.length]).finish_non_exhaustive()
    }
}

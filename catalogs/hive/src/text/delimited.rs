//! Lines in which values follow each other, of LazySimpleSerDe and OpenCSVSerde.

use arrow::array::ArrayRef;
use spi::predicate::Value;

use super::fields::Fields;
use super::values::ColumnBuilder;
use super::{Column, Place};
use crate::format::TextFormat;

/// The wanted values of lines.
pub(super) struct Delimited<'a> {
    format: &'a TextFormat,
    columns: &'a [Column],
    folder: &'a [Value],
    builders: Vec<ColumnBuilder>,
    fields: Fields,
}

impl<'a> Delimited<'a> {
    /// Why such columns are not read, as a sentence.
    pub(super) fn new(format: &'a TextFormat, columns: &'a [Column], folder: &'a [Value]) -> Result<Self, String> {
        if let Some(column) = columns.iter().find(|column| column.field.data_type().is_nested()) {
            return Err(format!("The column \"{}\" is of a nested type, which is not read from delimited text.", column.field.name()));
        }
        let builders = columns.iter().map(|column| ColumnBuilder::new(column.field.data_type(), &column.native_type)).collect();
        Ok(Self { format, columns, folder, builders, fields: Fields::default() })
    }

    pub(super) fn append(&mut self, line: &[u8]) {
        match self.format {
            TextFormat::Quoted(marks) => self.fields.split_quoted(line, *marks),
            TextFormat::Delimited(format) => self.fields.split_delimited(line, format),
        }
        for (column, builder) in self.columns.iter().zip(&mut self.builders) {
            match column.place {
                Place::Line(place) => builder.append_text(self.fields.get(place)),
                Place::Folder(place) => builder.append_value(&self.folder[place]),
            }
        }
    }

    /// The columns of the lines since the last time.
    pub(super) fn finish(&mut self) -> Vec<ArrayRef> {
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

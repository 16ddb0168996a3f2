//! Lines in which values follow each other, of LazySimpleSerDe and OpenCSVSerde.

use std::ops::Range;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use spi::predicate::Value;

use super::fields::split;
use super::nested::Builder;
use super::{Column, Place, quoted};
use crate::format::TextFormat;
use crate::hive_type;

/// The wanted values of lines.
pub(super) struct Delimited<'a> {
    format: &'a TextFormat,
    columns: &'a [Column],
    folder: &'a [Value],
    builders: Vec<Builder>,
    /// Where the values of the last line are: in it, or without their quotes in `unquoted`. The memory of both is used again for the next.
    fields: Vec<Range<usize>>,
    unquoted: Vec<u8>,
}

impl<'a> Delimited<'a> {
    /// Why such columns are not read, as a sentence.
    pub(super) fn new(format: &'a TextFormat, columns: &'a [Column], folder: &'a [Value]) -> Result<Self, String> {
        let levels = match format {
            TextFormat::Quoted(_) => 0,
            TextFormat::Delimited(format) => format.separators.len() - 1,
        };
        // A table that was declared anew since the columns were harvested.
        if let Some(column) = columns.iter().find(|column| hive_type::levels(column.field.data_type()) > levels) {
            return Err(format!("The column \"{}\" is not of its nested type any more.", column.field.name()));
        }
        let builders = columns.iter().map(|column| Builder::new(column.field.data_type(), &column.native_type)).collect();
        Ok(Self { format, columns, folder, builders, fields: Vec::new(), unquoted: Vec::new() })
    }

    pub(super) fn append(&mut self, line: &[u8]) {
        self.fields.clear();
        match self.format {
            TextFormat::Quoted(marks) => {
                self.unquoted.clear();
                let mut start = 0;
                quoted::split(line, *marks, &mut self.unquoted, |end| {
                    self.fields.push(start..end);
                    start = end;
                });
            }
            TextFormat::Delimited(format) => self.fields.extend(split(line, format.separators[0], format.escape)),
        }
        for (column, builder) in self.columns.iter().zip(&mut self.builders) {
            let field = match column.place {
                Place::Line(place) => self.fields.get(place).cloned(),
                Place::Folder(place) => {
                    builder.append_value(&self.folder[place]);
                    continue;
                }
            };
            match self.format {
                TextFormat::Quoted(_) => builder.append_text(field.map(|field| &self.unquoted[field])),
                TextFormat::Delimited(format) => builder.append(field.map(|field| &line[field]), format, 1),
            }
        }
    }

    /// The columns of the lines since the last time.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.builders.iter_mut().map(Builder::finish).collect()
    }
}

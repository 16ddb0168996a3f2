//! Arrays: `{1,NULL,"a b"}` in text, dimensions and elements in binary.
//!
//! A list of lists is one array with more dimensions, as PostgreSQL has it. Lists whose inner lists differ in length have no
//! binary form there: as text they are shown as they are, in binary they are refused.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListLikeArray};
use bytes::{BufMut, BytesMut};
use spi::types::PgType;
use spi::{Code, Error, Result};

use super::{Cell, Style, Write, cell, read};
use crate::answer::Format;

/// The index of an array's first element.
pub(super) const COUNTED_FROM_ONE: i32 = 1;
/// `int2vector` and `oidvector` are older than the rule.
pub(super) const COUNTED_FROM_ZERO: i32 = 0;

/// PostgreSQL's MAXDIM.
const DIMENSIONS_MAX: usize = 6;

pub(super) fn text_writer(array: &ArrayRef, element: PgType, style: &Style) -> Result<Write> {
    let level = Level::new(array, element, Format::Text, style)?;
    Ok(Box::new(move |row, out| {
        if level.is_without_elements(row) {
            out.extend_from_slice(b"{}");
            return Ok(());
        }
        level.put_text(row, out)
    }))
}

/// `1 2 3`
pub(super) fn vector_text_writer(array: &ArrayRef, element: PgType, style: &Style) -> Result<Write> {
    let list = list_of(array)?;
    let elements = cell(list.values(), element, Format::Text, style)?;
    Ok(Box::new(move |row, out| {
        let range = list.element_range(row);
        for index in range.clone() {
            if index > range.start {
                out.put_u8(b' ');
            }
            elements.put(index, out)?;
        }
        Ok(())
    }))
}

pub(super) fn binary_writer(array: &ArrayRef, element: PgType, first_index: i32, style: &Style) -> Result<Write> {
    let level = Level::new(array, element, Format::Binary, style)?;
    Ok(Box::new(move |row, out| {
        let mut dimensions = Vec::with_capacity(1);
        if !level.is_without_elements(row) {
            level.measure(row, 0, &mut dimensions)?;
        }
        let start = out.len();
        out.put_i32(dimensions.len() as i32);
        out.put_i32(0);
        out.put_u32(element.oid);
        for &length in &dimensions {
            out.put_i32(super::size(length)?);
            out.put_i32(first_index);
        }
        let mut has_nulls = false;
        if !dimensions.is_empty() {
            level.put_elements(row, &mut has_nulls, out)?;
        }
        out[start + 7] = has_nulls.into();
        Ok(())
    }))
}

fn list_of(array: &ArrayRef) -> Result<Arc<dyn ListLikeArray>> {
    read::lists(array).ok_or_else(|| Error::internal(format!("{} is not a list", array.data_type())))
}

/// One dimension of an array.
struct Level {
    list: Arc<dyn ListLikeArray>,
    below: Below,
}

enum Below {
    Dimension(Box<Level>),
    Elements(Cell),
}

impl Level {
    fn new(array: &ArrayRef, element: PgType, format: Format, style: &Style) -> Result<Self> {
        let list = list_of(array)?;
        let below = match read::lists(list.values()) {
            Some(_) => Below::Dimension(Box::new(Level::new(list.values(), element, format, style)?)),
            None => Below::Elements(cell(list.values(), element, format, style)?),
        };
        Ok(Self { list, below })
    }

    /// Arrays without elements have no dimensions either, whatever they consist of.
    fn is_without_elements(&self, row: usize) -> bool {
        match &self.below {
            Below::Elements(_) => self.list.element_range(row).is_empty(),
            Below::Dimension(level) => self.list.element_range(row).all(|row| !level.list.is_null(row) && level.is_without_elements(row)),
        }
    }

    fn put_text(&self, row: usize, out: &mut BytesMut) -> Result<()> {
        out.put_u8(b'{');
        let range = self.list.element_range(row);
        for index in range.clone() {
            if index > range.start {
                out.put_u8(b',');
            }
            match &self.below {
                Below::Dimension(level) if level.list.is_null(index) => out.extend_from_slice(b"NULL"),
                Below::Dimension(level) => level.put_text(index, out)?,
                Below::Elements(elements) => {
                    let start = out.len();
                    match elements.put(index, out)? {
                        true => quote(start, out),
                        false => out.extend_from_slice(b"NULL"),
                    }
                }
            }
        }
        out.put_u8(b'}');
        Ok(())
    }

    /// Collects the length of each dimension, or finds that they differ.
    fn measure(&self, row: usize, depth: usize, dimensions: &mut Vec<usize>) -> Result<()> {
        let range = self.list.element_range(row);
        if depth == DIMENSIONS_MAX {
            let message = format!("number of array dimensions exceeds the maximum allowed ({DIMENSIONS_MAX})");
            return Err(Error::new(Code::Limit, message));
        }
        match dimensions.get(depth) {
            None => dimensions.push(range.len()),
            Some(&length) if length == range.len() => {}
            Some(_) => return Err(ragged()),
        }
        if let Below::Dimension(level) = &self.below {
            for index in range {
                if level.list.is_null(index) {
                    return Err(ragged());
                }
                level.measure(index, depth + 1, dimensions)?;
            }
        }
        Ok(())
    }

    fn put_elements(&self, row: usize, has_nulls: &mut bool, out: &mut BytesMut) -> Result<()> {
        for index in self.list.element_range(row) {
            match &self.below {
                Below::Dimension(level) => level.put_elements(index, has_nulls, out)?,
                Below::Elements(elements) => {
                    *has_nulls |= elements.is_null(index);
                    elements.put_sized(index, out)?;
                }
            }
        }
        Ok(())
    }
}

fn ragged() -> Error {
    Error::new(Code::BadData, "multidimensional arrays must have sub-arrays with matching dimensions")
        .detail("A list of lists of different lengths has no binary form.")
        .hint("Ask for the text format.")
}

/// Quotes what was written from `start` on, if the array syntax would read it as something else.
fn quote(start: usize, out: &mut BytesMut) {
    let element = &out[start..];
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',' | b' ' | b'\t'..=b'\r');
    if !element.is_empty() && !element.iter().any(special) && !element.eq_ignore_ascii_case(b"null") {
        return;
    }
    let element = element.to_vec();
    out.truncate(start);
    out.put_u8(b'"');
    for byte in element {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(byte);
    }
    out.put_u8(b'"');
}

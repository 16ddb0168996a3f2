//! A table of texts, held as one text.

/// What stands for NULL in the file; no value of the catalog is this text.
const NULL: &str = "\u{1}";

/// The rows of a table. Values are the texts that PostgreSQL writes.
///
/// All values are one string, column after column, with a zero byte behind each: a table of a hundred thousand values is two
/// allocations.
#[derive(Debug)]
pub struct StaticRows {
    text: String,
    /// Where each value ends.
    ends: Vec<u32>,
    rows: usize,
    columns: usize,
}

impl StaticRows {
    pub(super) fn new(text: String, columns: usize) -> Self {
        // Texts of the file are some 100 kB long.
        let ends: Vec<u32> = text.bytes().zip(0..).filter_map(|(byte, at)| (byte == 0).then_some(at)).collect();
        let rows = ends.len() / columns;
        StaticRows { text, ends, rows, columns }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A value, by the numbers of its row and its column, both from 0; `None` is NULL.
    pub fn get(&self, row: usize, column: usize) -> Option<&str> {
        assert!(row < self.rows && column < self.columns, "row {row}, column {column} of {} x {}", self.rows, self.columns);
        let at = column * self.rows + row;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize + 1);
        let value = &self.text[start..self.ends[at] as usize];
        (value != NULL).then_some(value)
    }

    /// A value of a column without NULLs.
    pub(super) fn text(&self, row: usize, column: usize) -> &str {
        self.get(row, column).unwrap_or_default()
    }

    /// A value of a column of numbers without NULLs.
    pub(super) fn number<T: std::str::FromStr>(&self, row: usize, column: usize) -> T {
        self.text(row, column).parse().unwrap_or_else(|_| panic!("{:?} of the static part is no number", self.get(row, column)))
    }

    /// A value of a column of truth values without NULLs.
    pub(super) fn truth(&self, row: usize, column: usize) -> bool {
        self.get(row, column) == Some("t")
    }

    /// Memory taken.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_are_two_values() {
        let rows = StaticRows::new("a\0\0\u{1}\0é\0".to_owned(), 2);
        assert_eq!((rows.len(), rows.columns(), rows.is_empty()), (2, 2, false));
        let values: Vec<_> = (0..2).map(|row| (rows.get(row, 0), rows.get(row, 1))).collect();
        assert_eq!(values, [(Some("a"), None), (Some(""), Some("é"))]);
    }

    #[test]
    fn no_values_are_no_rows() {
        assert!(StaticRows::new(String::new(), 3).is_empty());
    }
}

//! The file: a directory and packed tables.
//!
//! First the length of the directory, packed and unpacked (four bytes each, little end first), then the directory, then the sections in
//! its order, each packed on its own. The directory is a table too: name, number of columns, packed length, unpacked length.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::rows::StaticRows;

/// Part of the program, and what a test compares with a real server: reading it cannot fail.
const FILE: &[u8] = include_bytes!("postgresql16.bin");

/// The name, number of columns, packed and unpacked length of a section.
const DIRECTORY_COLUMNS: usize = 4;

struct Section {
    packed: &'static [u8],
    columns: usize,
    unpacked_bytes: usize,
    rows: OnceLock<StaticRows>,
}

static DIRECTORY: LazyLock<HashMap<&'static str, Section>> = LazyLock::new(|| {
    static NAMES: OnceLock<StaticRows> = OnceLock::new();
    let (packed_bytes, unpacked_bytes) = (length(0), length(4));
    let (packed, mut rest) = FILE[8..].split_at(packed_bytes);
    let directory = NAMES.get_or_init(|| unpacked(packed, unpacked_bytes, DIRECTORY_COLUMNS));
    let mut sections = HashMap::new();
    for row in 0..directory.len() {
        let (packed, others) = rest.split_at(directory.number(row, 2));
        let (columns, unpacked_bytes) = (directory.number(row, 1), directory.number(row, 3));
        sections.insert(directory.text(row, 0), Section { packed, columns, unpacked_bytes, rows: OnceLock::new() });
        rest = others;
    }
    sections
});

fn length(at: usize) -> usize {
    FILE[at..at + 4].iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte))
}

/// The table of a section of the file, unpacked when it is first asked for.
pub(super) fn section(name: &str) -> &'static StaticRows {
    let section = DIRECTORY.get(name).unwrap_or_else(|| panic!("the static part has no section {name}"));
    section.rows.get_or_init(|| unpacked(section.packed, section.unpacked_bytes, section.columns))
}

fn unpacked(packed: &[u8], unpacked_bytes: usize, columns: usize) -> StaticRows {
    let text = zstd::bulk::decompress(packed, unpacked_bytes).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    StaticRows::new(text.unwrap_or_else(|| panic!("the static part is damaged")), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sections_are_whole_and_small() {
        let sizes: Vec<usize> = DIRECTORY.keys().map(|name| section(name).bytes()).collect();
        assert!(sizes.len() > 68, "{} sections", sizes.len());
        let bytes: usize = sizes.iter().sum();
        assert!((2_000_000..15_000_000).contains(&bytes), "{bytes} bytes in memory");
    }
}

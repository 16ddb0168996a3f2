//! The form of the file, from the writer's side.
//!
//! A file is the length of its directory, packed and unpacked, then the directory, then the sections. All of them are tables of texts,
//! column after column (neighbours are alike, so this packs best), each value ended by a zero byte, and all are packed on their own.

use std::io::Write;

/// A table.
#[derive(Debug, PartialEq)]
pub struct Section {
    pub name: String,
    pub columns: usize,
    /// Column after column.
    pub values: Vec<Option<String>>,
}

/// The highest level that needs no more memory to read than lower ones.
const LEVEL: i32 = 19;

/// What stands for NULL. No value of the catalog is this text.
const NULL: &str = "\u{1}";

/// What the directory says of a section: its name, number of columns, and lengths, packed and unpacked.
const DIRECTORY_COLUMNS: usize = 4;

/// The file of these sections.
pub fn write(sections: &[Section]) -> Vec<u8> {
    let mut directory = vec![Vec::new(); DIRECTORY_COLUMNS];
    let mut body = Vec::new();
    for section in sections {
        let plain = plain(section);
        let packed = packed(&plain);
        let entry = [section.name.clone(), section.columns.to_string(), packed.len().to_string(), plain.len().to_string()];
        for (column, value) in directory.iter_mut().zip(entry) {
            column.push(Some(value));
        }
        body.extend(packed);
    }
    let directory = Section { name: "directory".to_owned(), columns: DIRECTORY_COLUMNS, values: directory.into_iter().flatten().collect() };
    let plain = plain(&directory);
    let packed = packed(&plain);
    [length(&packed).as_slice(), length(&plain).as_slice(), &packed, &body].concat()
}

fn plain(section: &Section) -> Vec<u8> {
    let mut plain = Vec::new();
    for value in &section.values {
        let value = value.as_deref().inspect(|value| assert!(*value != NULL && !value.contains('\0'))).unwrap_or(NULL);
        plain.extend(value.as_bytes());
        plain.push(0);
    }
    plain
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).expect("an encoder");
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("a short file").to_le_bytes()
}

/// The sections of a file.
pub fn read(file: &[u8]) -> Vec<Section> {
    let (packed, rest) = file.split_at(4);
    let packed = u32::from_le_bytes(packed.try_into().expect("four bytes")) as usize;
    let (directory, mut rest) = rest[4..].split_at(packed);
    let directory = table("directory", DIRECTORY_COLUMNS, directory);
    let entries = directory.values.len() / DIRECTORY_COLUMNS;
    let entry = |row: usize, column: usize| directory.values[column * entries + row].as_deref().expect("a value");
    let mut sections = Vec::new();
    for row in 0..entries {
        let (packed, others) = rest.split_at(entry(row, 2).parse().expect("a length"));
        sections.push(table(entry(row, 0), entry(row, 1).parse().expect("a number"), packed));
        rest = others;
    }
    assert!(rest.is_empty(), "{} bytes behind the last section", rest.len());
    sections
}

fn table(name: &str, columns: usize, packed: &[u8]) -> Section {
    let plain = String::from_utf8(zstd::decode_all(packed).expect("packed data")).expect("text");
    let values = plain.split_terminator('\0').map(|value| (value != NULL).then(|| value.to_owned())).collect();
    Section { name: name.to_owned(), columns, values }
}

//! Partitions of a table as the metastore gives them, page by page, and the values that their names say.

use futures::{StreamExt, stream};
use hive_metastore::{Partition, Table};
use pilota::FastStr;
use spi::{Code, Error};

use crate::changes::Name;
use crate::client::Client;
use crate::failure::Failure;
use crate::options::Settings;
use crate::questions;

/// A page of partitions takes a metastore some seconds.
const PARTITIONS_PER_PAGE: usize = 5000;

/// Each partition comes with all columns of its table, so that pages of a wide table are shorter: their answers are some ten megabytes.
const COLUMNS_PER_PAGE: usize = 200_000;

/// The value that stands for NULL in names of partitions.
const NULL_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// A table whose partitions are asked for.
pub(crate) struct Partitioned {
    pub(crate) database: String,
    pub(crate) table: String,
    pub(crate) keys: Vec<FastStr>,
    /// How many partitions are asked for at once.
    pub(crate) per_page: usize,
}

impl Partitioned {
    pub(crate) fn new(database: &str, name: &str, table: &Table) -> Self {
        let columns = table.sd.as_ref().and_then(|storage| storage.cols.as_ref()).map_or(0, Vec::len);
        Self {
            database: database.to_owned(),
            table: name.to_owned(),
            keys: table.partition_keys.iter().flatten().filter_map(|key| key.name.clone()).collect(),
            // A partition without columns is not without size.
            per_page: (COLUMNS_PER_PAGE / (columns + 10)).clamp(1, PARTITIONS_PER_PAGE),
        }
    }

    pub(crate) fn name(&self) -> Name {
        (self.database.clone(), self.table.clone())
    }
}

/// The partitions of these names, in pages, some of them asked for at a time.
pub(crate) fn pages<'a>(
    client: &'a Client,
    settings: &'a Settings,
    of: &'a Partitioned,
    names: &'a [FastStr],
) -> impl futures::Stream<Item = Result<Vec<Partition>, Failure>> + 'a {
    let pages: Vec<Vec<FastStr>> = names.chunks(of.per_page).map(<[FastStr]>::to_vec).collect();
    let read = move |page: Vec<FastStr>| async move { questions::partitions(client, &of.database, &of.table, &page).await };
    stream::iter(pages).map(read).buffered(settings.pages_at_once)
}

/// More partitions than the options allow.
pub(crate) fn too_many(client: &Client, settings: &Settings, of: &Partitioned) -> Error {
    let source = client.source();
    Error::source(Code::Limit, source, format!("could not read table \"{}.{}\" of data source \"{source}\"", of.database, of.table))
        .detail(format!("It would read more than {} partitions.", settings.partitions_max))
        .hint("Ask for fewer by conditions on the partition keys, or raise the option \"partitions_max\".")
}

/// The value of a partition key; `None` for NULL.
pub(crate) fn value(text: &str) -> Option<&str> {
    Some(text).filter(|text| *text != NULL_VALUE)
}

/// The values that a name says, in the order of the keys; `None` for what is no such name.
pub(crate) fn values_of(name: &str, keys: &[FastStr]) -> Option<Vec<String>> {
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() != keys.len() {
        return None;
    }
    parts.into_iter().map(|part| part.split_once('=').and_then(|(_, value)| unescape(value))).collect()
}

/// `key=value/key=value`, escaped as the metastore does.
pub(crate) fn name_of(keys: &[FastStr], values: &[&str]) -> String {
    let parts: Vec<String> = keys.iter().zip(values).map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    parts.join("/")
}

/// Source: Hive's `FileUtils.escapePathName`.
fn escape(text: &str) -> String {
    const ESCAPED: &str = "\"#%'*/:=?\\{[]^\x7f";
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_ascii_control() || ESCAPED.contains(character) {
            true => escaped.push_str(&format!("%{:02X}", character as u32)),
            false => escaped.push(character),
        }
    }
    escaped
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = || std::str::from_utf8(after.get(..2)?).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (*first == b'%').then(code).flatten() {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_values() {
        let keys = [FastStr::from_static_str("day"), FastStr::from_static_str("place")];
        for values in [["2024-01-01", "Köln"], ["a=b", "c/d"], ["100%", "12:30"], ["", "\n"]] {
            assert_eq!(values_of(&name_of(&keys, &values), &keys).expect("values"), values);
        }
        assert_eq!(name_of(&keys, &["12:30", "é"]), "day=12%3A30/place=é");
        assert_eq!(values_of("day=1", &keys), None);
        assert_eq!(values_of("day=%zz/place=%", &keys).expect("values"), ["%zz", "%"]);
    }
}

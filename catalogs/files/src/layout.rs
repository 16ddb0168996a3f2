//! Which table each file belongs to. The rules are in the crate's documentation; this is all of them, without any I/O.

use std::collections::{BTreeMap, BTreeSet};

use object_store::ObjectMeta;
use object_store::path::Path;

use crate::format::Format;

/// The schema of files that are in no folder, and of partitioned tables directly in the source's folder.
pub(crate) const PUBLIC: &str = "public";

/// What Hive writes into a folder's name for the partition of rows without a value.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// A table: all files that belong to it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) format: Format,
    /// The folder of the table, or its file if it has no folder.
    pub(crate) location: Path,
    pub(crate) partition_keys: Vec<String>,
    pub(crate) files: Vec<DataFile>,
    /// Why the files are not one table, as a sentence.
    pub(crate) problem: Option<String>,
}

/// A file of a table.
#[derive(Clone, Debug)]
pub(crate) struct DataFile {
    pub(crate) object: ObjectMeta,
    /// The value of each partition key; `None` is null.
    pub(crate) partition_values: Vec<Option<String>>,
}

/// Folders directly below the source's folder that are partitioned tables: nothing but `key=value` folders is in them.
pub(crate) fn partitioned_folders(objects: &[ObjectMeta]) -> BTreeSet<String> {
    let mut folders: BTreeMap<String, bool> = BTreeMap::new();
    for object in objects {
        let parts = parts(&object.location);
        if let [folder, inner, rest @ ..] = parts.as_slice()
            && data_format(object).is_some()
        {
            *folders.entry(folder.clone()).or_insert(true) &= !rest.is_empty() && partition(inner).is_some();
        }
    }
    folders.into_iter().filter_map(|(folder, partitioned)| partitioned.then_some(folder)).collect()
}

/// The tables of some files, sorted by schema and name, each with its files sorted by path.
pub(crate) fn tables(mut objects: Vec<ObjectMeta>, partitioned: &BTreeSet<String>) -> Vec<Table> {
    objects.sort_by(|left, right| left.location.cmp(&right.location));
    objects.dedup_by(|left, right| left.location == right.location);
    let mut tables: BTreeMap<(String, String), Table> = BTreeMap::new();
    for object in objects {
        let Some(place) = place(&object, partitioned) else { continue };
        let table = tables.entry((place.schema.clone(), place.table.clone())).or_insert_with(|| Table {
            schema: place.schema.clone(),
            name: place.table.clone(),
            format: place.format,
            location: place.location.clone(),
            partition_keys: place.partitions.iter().map(|(key, _)| key.clone()).collect(),
            files: Vec::new(),
            problem: None,
        });
        if table.problem.is_none() {
            table.problem = problem(table, &object, &place);
        }
        table.files.push(DataFile { object, partition_values: place.partitions.into_iter().map(|(_, value)| value).collect() });
    }
    tables.into_values().collect()
}

/// Whether a file or folder of this name, and all that is in it, is no part of the source.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

/// Where a file belongs.
struct Place {
    schema: String,
    table: String,
    format: Format,
    location: Path,
    partitions: Vec<(String, Option<String>)>,
    /// A folder below the table that is not `key=value`.
    stray_folder: Option<String>,
}

fn place(object: &ObjectMeta, partitioned: &BTreeSet<String>) -> Option<Place> {
    let (stem, format) = data_format(object)?;
    let parts = parts(&object.location);
    // The parts end with the file's name: `data_format` found it.
    let (_, folders) = parts.split_last()?;
    let (schema, table, below) = match folders {
        [] => (PUBLIC, stem.as_str(), &[][..]),
        [top, below @ ..] if partitioned.contains(top) => (PUBLIC, top.as_str(), below),
        [schema] => (schema.as_str(), stem.as_str(), &[][..]),
        [schema, table, below @ ..] => (schema.as_str(), table.as_str(), below),
    };
    let own_folder = folders.len() - below.len();
    let in_folder = folders.len() > 1 || folders.first().is_some_and(|top| partitioned.contains(top));
    let location = if in_folder { object.location.parts().take(own_folder).collect() } else { object.location.clone() };
    Some(Place {
        schema: schema.to_owned(),
        table: table.to_owned(),
        format,
        location,
        partitions: below.iter().filter_map(|folder| partition(folder)).collect(),
        stray_folder: below.iter().find(|folder| partition(folder).is_none()).cloned(),
    })
}

/// Why a file does not fit to those that the table has already, as a sentence.
fn problem(table: &Table, object: &ObjectMeta, place: &Place) -> Option<String> {
    let first = table.files.first().map_or(&object.location, |file| &file.object.location);
    if let Some(folder) = &place.stray_folder {
        return Some(format!("Below a table only key=value folders are expected, but there is \"{folder}\" in \"{}\".", object.location));
    }
    if table.format != place.format {
        return Some(format!("The files of the table differ in format or compression: \"{first}\" and \"{}\".", object.location));
    }
    if !table.partition_keys.iter().eq(place.partitions.iter().map(|(key, _)| key)) {
        return Some(format!("The files of the table differ in their key=value folders: \"{first}\" and \"{}\".", object.location));
    }
    None
}

/// The table name in the file's name, and its format; `None` for everything that is no part of the source.
fn data_format(object: &ObjectMeta) -> Option<(String, Format)> {
    if object.location.parts().any(|part| is_hidden(part.as_ref())) {
        return None;
    }
    let (stem, format) = Format::of(object.location.filename()?)?;
    (object.size > 0 || format.may_be_empty()).then(|| (stem.to_owned(), format))
}

fn parts(path: &Path) -> Vec<String> {
    path.parts().map(|part| part.as_ref().to_owned()).collect()
}

/// The key and value of a `key=value` folder. Hive percent-encodes characters that a file system may refuse.
fn partition(folder: &str) -> Option<(String, Option<String>)> {
    let (key, value) = folder.split_once('=').filter(|(key, _)| !key.is_empty())?;
    Some((percent_decode(key), (value != NULL_PARTITION).then(|| percent_decode(value))))
}

/// Text with each `%xx` replaced by the byte that it means; the text itself where that gives no text.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.first_chunk::<2>().filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())).map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(paths: &[&str]) -> Vec<Table> {
        let objects: Vec<ObjectMeta> = paths
            .iter()
            .map(|path| ObjectMeta {
                location: Path::parse(path).expect("a path"),
                last_modified: std::time::SystemTime::UNIX_EPOCH.into(),
                size: 1,
                e_tag: None,
                version: None,
            })
            .collect();
        let partitioned = partitioned_folders(&objects);
        tables(objects, &partitioned)
    }

    fn check(paths: &[&str], expected: &[(&str, &str, &str, &[&str])]) {
        let found = layout(paths);
        let found: Vec<_> = found
            .iter()
            .map(|table| {
                assert_eq!(table.problem, None);
                let keys: Vec<&str> = table.partition_keys.iter().map(String::as_str).collect();
                (table.schema.as_str(), table.name.as_str(), table.location.as_ref(), keys)
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(schema, table, location, keys)| (*schema, *table, *location, keys.to_vec())).collect();
        assert_eq!(found, expected, "{paths:?}");
    }

    #[test]
    fn a_path_says_the_table() {
        check(&["orders.csv"], &[("public", "orders", "orders.csv", &[])]);
        check(&["shop/orders.csv"], &[("shop", "orders", "shop/orders.csv", &[])]);
        check(&["shop/orders/1.csv", "shop/orders/2.csv"], &[("shop", "orders", "shop/orders", &[])]);
        check(&["shop/orders/y=1/m=2/1.csv"], &[("shop", "orders", "shop/orders", &["y", "m"])]);
        check(&["orders/y=1/1.csv", "orders/y=2/1.csv"], &[("public", "orders", "orders", &["y"])]);
        check(&["shop/y=1/1.csv", "shop/x.csv"], &[("shop", "x", "shop/x.csv", &[]), ("shop", "y=1", "shop/y=1", &[])]);
        check(&["_x/a.csv", ".b.csv", "s/.t/a.csv", "s/t/_c.csv", "readme.txt"], &[]);
    }

    #[test]
    fn partition_values_are_decoded() {
        let tables = layout(&["t/k=a%20b%2Fc/1.csv", "t/k=__HIVE_DEFAULT_PARTITION__/1.csv", "t/k=100%/1.csv", "t/k=/1.csv"]);
        let values: Vec<_> = tables[0].files.iter().map(|file| file.partition_values[0].as_deref()).collect();
        assert_eq!(values, [Some(""), Some("100%"), None, Some("a b/c")]);
    }

    #[test]
    fn files_that_do_not_fit_are_a_problem_of_their_table_alone() {
        for (paths, part) in [
            (["s/t/1.csv", "s/t/2.parquet"], "format or compression"),
            (["s/t/1.csv", "s/t/2.csv.gz"], "format or compression"),
            (["s/t/a=1/1.csv", "s/t/b=1/2.csv"], "key=value folders"),
            (["s/t/1.csv", "s/t/b=1/2.csv"], "key=value folders"),
            (["s/t/1.csv", "s/t/deep/2.csv"], "only key=value folders"),
            (["t.csv", "public/t.parquet"], "format or compression"),
        ] {
            let tables = layout(&[paths[0], paths[1], "s/fine.csv"]);
            assert!(tables.iter().any(|table| table.problem.as_ref().is_some_and(|problem| problem.contains(part))), "{paths:?}");
            assert!(tables.iter().any(|table| table.name == "fine" && table.problem.is_none()), "{paths:?}");
        }
    }

    #[test]
    fn empty_files_are_files_only_of_plain_text() {
        let object = |path: &str| ObjectMeta { size: 0, ..layout(&[path])[0].files[0].object.clone() };
        let objects = vec![object("a.csv"), object("b.csv.gz"), object("c.parquet"), object("d.arrow")];
        let names: Vec<_> = tables(objects, &BTreeSet::new()).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["a"]);
    }
}

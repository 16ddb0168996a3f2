//! The list of relations: that it is complete, in order, and exactly PostgreSQL's where the standard has a say.

use std::collections::BTreeSet;
use std::path::Path;

use spi::types::{PgType, oid};

use super::*;

/// Files in the folders of schemas that are no relation.
const NO_RELATIONS: [&str; 2] = ["information_schema.referenced_key", "information_schema.types"];

#[test]
fn every_file_is_a_relation_and_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tables");
    let mut files = BTreeSet::new();
    for (schema, _) in SCHEMAS {
        for entry in std::fs::read_dir(folder.join(schema)).expect("the schema's folder") {
            let path = entry.expect("a file").path();
            files.insert(format!("{schema}.{}", path.file_stem().and_then(|stem| stem.to_str()).expect("a name")));
        }
    }
    let helpers = NO_RELATIONS.map(str::to_owned);
    let listed: BTreeSet<String> = all().map(|table| format!("{}.{}", table.schema(), table.name())).chain(helpers).collect();
    assert_eq!(files, listed);
}

/// OIDs are given in this order.
#[test]
fn relations_are_in_order() {
    let names: Vec<_> = all().map(|table| (table.schema(), table.name())).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(SCHEMAS.is_sorted());
    let schemas: BTreeSet<&str> = names.iter().map(|(schema, _)| *schema).collect();
    assert!(schemas.into_iter().eq(SCHEMAS.iter().map(|(name, _)| *name)));
}

/// Every column of PostgreSQL 16's relation comes first, in its order and of its type; ours follow.
#[test]
fn information_schema_is_that_of_postgresql_16() {
    let mut known = BTreeSet::new();
    for line in include_str!("tests/information_schema_16.txt").lines() {
        let (name, columns) = line.split_once(": ").expect("a relation and its columns");
        let table = find("information_schema", name).unwrap_or_else(|| panic!("there is no {name}"));
        let expected: Vec<(&str, PgType)> = columns.split(", ").map(standard_column).collect();
        let ours: Vec<(&str, PgType)> = table.columns().iter().map(|column| (column.name.as_str(), column.pg_type)).collect();
        assert_eq!(ours[..expected.len()], expected, "{name}");
        let extra: Vec<&str> = ours[expected.len()..].iter().map(|(name, _)| *name).collect();
        assert!(extra.iter().all(|name| ["native_type", "comment", "observed_at"].contains(name)), "{name}: {extra:?}");
        known.insert(name);
    }
    let ours: BTreeSet<&str> = all().filter(|table| table.in_every_database()).map(|table| table.name()).collect();
    assert_eq!(ours.difference(&known).collect::<Vec<_>>(), [&"partitions"]);
}

fn standard_column(column: &str) -> (&str, PgType) {
    let (name, domain) = column.split_once(' ').expect("a column and its domain");
    let pg_type = match domain {
        "N" => PgType::new(oid::NAME),
        "C" => PgType::new(oid::VARCHAR),
        "Y" => PgType::varchar(3),
        "I" => PgType::new(oid::INT4),
        "T" => PgType::new(oid::TIMESTAMPTZ),
        other => panic!("no domain {other}"),
    };
    (name, pg_type)
}

/// Small relations send what their columns say.
#[test]
fn columns_of_rows_have_the_types_that_are_sent() {
    for table in all() {
        for (column, field) in table.columns().iter().zip(table.arrow_schema().fields()) {
            let (name, sent) = (format!("{}.{}.{}", table.schema(), table.name(), column.name), field.data_type());
            assert_eq!(&column.arrow, sent, "{name}");
            let is_text = matches!(sent, arrow::datatypes::DataType::Utf8 | arrow::datatypes::DataType::Utf8View);
            let expected = PgType::from_arrow(sent).oid;
            assert!(is_text || column.pg_type.oid == expected, "{name} is {} and sent as {sent}", column.pg_type.format());
        }
    }
}

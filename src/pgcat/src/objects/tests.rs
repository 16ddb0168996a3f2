//! What holds for all relations of the fixture's databases.

mod sales;
mod shop;

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::{Catalog, CatalogRow, oid};
use crate::fixture;
use crate::relation::{Relation, Row};
use crate::statics;
use crate::value::Value;

/// Every lookup gives the rows that reading all gives.
#[test]
fn lookups_find_what_reading_all_rows_finds() {
    for catalog in [fixture::sales(), fixture::shop(), fixture::metagate()] {
        let mut lookups = 0;
        for relation in relations(&catalog) {
            for (number, index) in relation.indexes().iter().enumerate() {
                let mut expected: HashMap<String, (Vec<Value>, Vec<Row>)> = HashMap::new();
                for row in 0..relation.count() {
                    let key: Vec<Value> = index.columns.iter().map(|column| relation.value(row, *column)).collect();
                    if !key.iter().any(Value::is_null) {
                        expected.entry(format!("{key:?}")).or_insert_with(|| (key, Vec::new())).1.push(row);
                    }
                }
                for (key, expected) in expected.values() {
                    let found = relation.lookup(number, key);
                    let rows: Vec<Row> = (0..found.len()).filter_map(|place| found.get(place)).collect();
                    assert_eq!(&rows, expected, "{} {:?} {key:?}", relation.name(), index.columns);
                    assert!(!index.unique || rows.len() == 1, "{} {key:?}", index.name);
                    lookups += 1;
                }
            }
        }
        assert!(lookups > 20_000, "{lookups} lookups");
    }
}

/// Every reference that PostgreSQL says its catalogs have leads to a row.
#[test]
fn every_reference_resolves() {
    for catalog in [fixture::sales(), fixture::shop(), fixture::metagate()] {
        for key in statics::catalog_foreign_keys() {
            let from = catalog.relation(key.table).expect("a relation");
            let place = |name: &str| from.columns().iter().position(|column| &*column.name == name).expect("a column");
            let columns: Vec<usize> = key.columns.iter().map(|name| place(name)).collect();
            let known = known(&catalog, key.referenced_table, &key.referenced_columns);
            for row in 0..from.count() {
                let mut values: Vec<Value> = columns.iter().map(|column| from.value(row, *column)).collect();
                let items = match (key.is_array, values.pop().expect("a column")) {
                    (true, Value::Array(array)) => array.values.clone(),
                    (_, value) => vec![value],
                };
                // A trigger of a source whose triggers have a body has no function.
                let may_lack = key.is_optional || key.columns == ["tgfoid"];
                for item in items.into_iter().filter(|item| !(item.is_null() || may_lack && *item == Value::Int(0))) {
                    let value: Vec<Value> = values.iter().cloned().chain([item]).collect();
                    assert!(known.contains_key(&format!("{value:?}")), "{} {:?} {value:?}", from.name(), key.columns);
                }
            }
        }
    }
}

fn known(catalog: &Catalog, relation: u32, columns: &[&str]) -> HashMap<String, Row> {
    let relation = catalog.relation(relation).expect("a relation");
    let place = |name: &&str| relation.columns().iter().position(|column| &*column.name == *name).expect("a column");
    let columns: Vec<usize> = columns.iter().map(place).collect();
    let key = |row| columns.iter().map(|column| relation.value(row, *column)).collect::<Vec<_>>();
    (0..relation.count()).map(|row| (format!("{:?}", key(row)), row)).collect()
}

/// A column that may not be null is not.
#[test]
fn values_are_of_their_columns() {
    for catalog in [fixture::sales(), fixture::shop(), fixture::metagate()] {
        for relation in relations(&catalog) {
            for row in 0..relation.count() {
                for (place, column) in relation.columns().iter().enumerate() {
                    let value = relation.value(row, place);
                    assert!(!(column.not_null && value.is_null()), "{}.{} of row {row}", relation.name(), column.name);
                }
            }
        }
    }
}

/// Relations and types know each other, and arrays their elements.
#[test]
fn pg_type_and_pg_class_agree() {
    for catalog in [fixture::sales(), fixture::shop(), fixture::metagate()] {
        let mut seen = 0;
        for class in rows(&catalog, oid::PG_CLASS).filter(|class| class.oid("reltype") != Some(0)) {
            let row_type = catalog.by_oid(oid::PG_TYPE, class.oid("reltype").expect("a type")).expect("the row type");
            assert_eq!((row_type.oid("typrelid"), row_type.get("typname")), (class.oid("oid"), class.get("relname")));
            seen += 1;
        }
        for of in rows(&catalog, oid::PG_TYPE).filter(|of| of.oid("typarray") != Some(0)) {
            let array = catalog.by_oid(oid::PG_TYPE, of.oid("typarray").expect("an array")).expect("the array");
            assert_eq!((array.oid("typelem"), array.get("typnamespace")), (of.oid("oid"), of.get("typnamespace")));
            seen += 1;
        }
        assert!(seen > 400, "{seen}");
    }
}

/// A relation has as many columns as it says, numbered without gaps.
#[test]
fn pg_attribute_agrees_with_pg_class() {
    for catalog in [fixture::sales(), fixture::shop(), fixture::metagate()] {
        for class in rows(&catalog, oid::PG_CLASS) {
            let columns = catalog.find(oid::PG_ATTRIBUTE, &["attrelid"], &[class.get("oid")]);
            let mut numbers: Vec<i64> = columns.iter().filter_map(|column| column.int("attnum")).filter(|number| *number > 0).collect();
            numbers.sort_unstable();
            assert!(numbers.iter().copied().eq(1..=class.int("relnatts").expect("a number")), "{:?}: {numbers:?}", class.text("relname"));
        }
    }
}

/// Nothing of a source is in the catalog of another, and the gateway's own database has both.
#[test]
fn a_database_shows_nothing_of_another() {
    let names = |catalog: &Catalog| {
        let of = relations(catalog).into_iter().flat_map(|relation| {
            let cells =
                (0..relation.count()).flat_map(move |row| (0..relation.columns().len()).map(move |column| relation.value(row, column)));
            cells.filter_map(|value| value.as_str().map(str::to_owned))
        });
        of.collect::<std::collections::HashSet<String>>()
    };
    let (sales, shop, metagate) = (names(&fixture::sales()), names(&fixture::shop()), names(&fixture::metagate()));
    assert!(sales.contains("customers") && !sales.contains("events") && !sales.contains("what happened"));
    assert!(shop.contains("events") && !shop.contains("customers") && !shop.contains("public"));
    assert!(["customers", "events", "sales.crm", "shop.shop"].iter().all(|name| metagate.contains(*name)));
}

/// A schema that did not change is not looked through again.
#[test]
fn generations_share_what_did_not_change() {
    let schemas = fixture::numbered(fixture::sales_harvest());
    let first = fixture::one_source(fixture::SALES, &schemas, None);
    let mut changed = schemas.clone();
    changed[1] = Arc::new((*schemas[1]).clone());
    let second = fixture::one_source(fixture::SALES, &changed, Some(&first));
    let shared: Vec<bool> = first.schemas.iter().zip(&second.schemas).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(shared, [true, false, true]);
}

/// The objects of one source have the OIDs of its snapshot, and those of many keep apart.
#[test]
fn objects_have_the_numbers_of_their_snapshot() {
    let oid_of = |catalog: &Catalog, namespace: &str, name: &str| {
        let namespace = catalog.namespace(namespace).expect("a namespace");
        catalog.class(namespace, name).expect("a relation").oid("oid").expect("a number")
    };
    let schemas = fixture::numbered(fixture::sales_harvest());
    let crm = schemas.iter().find(|schema| schema.name == "crm").expect("a schema");
    let in_snapshot = crm.table_oid(crm.table("orders").expect("a table"));
    assert_eq!(oid_of(&fixture::sales(), "crm", "orders"), in_snapshot);
    let both = fixture::metagate();
    assert_ne!(oid_of(&both, "sales.crm", "orders"), oid_of(&both, "shop.shop", "events"));
    assert_eq!(oid_of(&both, "sales.crm", "orders") % 16384, in_snapshot % 16384);
}

#[test]
fn the_server_is_shared() {
    let catalog = fixture::sales();
    let databases: Vec<_> = rows(&catalog, oid::PG_DATABASE).map(|row| row.text("datname").expect("a name").to_string()).collect();
    assert_eq!(databases, ["metagate", "sales", "shop"]);
    let role = |name: &str| catalog.find_one(oid::PG_AUTHID, &["rolname"], &[name.into()]);
    assert_eq!(role("admin").and_then(|role| role.oid("oid")), Some(10));
    assert!(role("postgres").is_none() && role("pg_monitor").is_some());
    assert_eq!(role("alice").map(|role| (role.bool("rolsuper"), role.get("rolvaliduntil"))), Some((Some(false), Value::Timestamp(0))));
    let membership = catalog.find_one(oid::PG_AUTH_MEMBERS, &["member"], &[Value::Int(16411)]).expect("a membership");
    assert_eq!(membership.oid("roleid"), Some(16410));
    let comment = catalog.find_one(oid::PG_SHDESCRIPTION, &["objoid", "classoid"], &[Value::oid(fixture::SALES), Value::Int(1262)]);
    assert_eq!(comment.and_then(|row| row.text("description")).as_deref(), Some("sales source"));
}

/// The rows of a catalog.
fn rows(catalog: &Catalog, relation: u32) -> impl Iterator<Item = CatalogRow<'_>> {
    catalog.find(relation, &[], &[]).into_iter()
}

fn relations(catalog: &Catalog) -> Vec<&dyn Relation> {
    statics::relations().iter().map(|relation| catalog.relation(relation.oid).expect("a relation").as_ref()).collect()
}

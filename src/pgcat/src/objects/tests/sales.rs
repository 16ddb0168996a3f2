//! The rows of `sales` are those that PostgreSQL 16 has for the same objects: `sales.txt` was read from one, with numbers of objects
//! replaced by their names.

use std::collections::HashMap;

use super::{relations, rows};
use crate::catalog::{Catalog, oid};
use crate::fixture;
use crate::relation::Relation;
use crate::statics;
use crate::value::Value;

/// Where numbers of users' objects begin.
const FIRST: u32 = 16384;

#[test]
fn rows_are_those_of_postgresql() {
    let catalog = fixture::sales();
    let names = names(&catalog);
    let mut sections = 0;
    for section in include_str!("sales.txt").split("# ").filter(|section| !section.is_empty()) {
        let (head, expected) = section.split_once('\n').expect("a head");
        let mut columns = head.split(' ');
        let name = columns.next().expect("a relation");
        let relation = relations(&catalog).into_iter().find(|relation| relation.name() == name).expect("a relation");
        let columns: Vec<&str> = columns.collect();
        let mut lines: Vec<String> = (0..relation.count()).filter_map(|row| line(relation, &columns, row, &names)).collect();
        lines.sort();
        let mut expected: Vec<&str> = expected.lines().filter(|line| !line.is_empty()).collect();
        expected.sort_unstable();
        let missing: Vec<_> = expected.iter().filter(|line| !lines.iter().any(|other| other == *line)).collect();
        let surplus: Vec<_> = lines.iter().filter(|line| !expected.contains(&line.as_str())).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "{name} lacks {missing:#?}\nand has {surplus:#?}");
        sections += 1;
    }
    assert_eq!(sections, 13);
}

/// A row that says something of an object of users.
fn line(relation: &dyn Relation, columns: &[&str], row: u64, names: &HashMap<(u32, u32), String>) -> Option<String> {
    let mut is_of_users = false;
    let cells: Vec<String> = columns
        .iter()
        .map(|column| {
            let place = relation.columns().iter().position(|other| &*other.name == *column).expect("a column");
            let target = target(relation, row, column);
            text(&relation.value(row, place), &mut |number| {
                let name = target.filter(|_| number >= i64::from(FIRST)).and_then(|target| names.get(&(target, number as u32)));
                is_of_users |= name.is_some();
                name.cloned().unwrap_or_else(|| number.to_string())
            })
        })
        .collect();
    is_of_users.then(|| cells.join(" | ").trim_end().to_owned())
}

/// The catalog to which the numbers of a column lead.
fn target(relation: &dyn Relation, row: u64, column: &str) -> Option<u32> {
    match column {
        "oid" => Some(relation.oid()),
        "objoid" => relation.value(row, 1).as_oid(),
        column => {
            let leads = |key: &&statics::CatalogForeignKey| key.table == relation.oid() && key.columns == [column];
            statics::catalog_foreign_keys().iter().find(leads).map(|key| key.referenced_table)
        }
    }
}

fn text(value: &Value, number: &mut impl FnMut(i64) -> String) -> String {
    match value {
        Value::Null => "<N>".to_owned(),
        Value::Bool(truth) => if *truth { "t" } else { "f" }.to_owned(),
        Value::Int(value) => number(*value),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => text.replace('\n', "\\n"),
        Value::Array(array) => {
            let items: Vec<String> = array.values.iter().map(|item| text(item, number)).collect();
            match array.dimensions.first().map(|dimension| dimension.lower) {
                Some(0) => items.join(" "),
                _ => format!("{{{}}}", items.join(",")),
            }
        }
        other => panic!("{other:?}"),
    }
}

/// The names of the objects of users by their catalog and number.
fn names(catalog: &Catalog) -> HashMap<(u32, u32), String> {
    let mut names = HashMap::new();
    for namespace in rows(catalog, oid::PG_NAMESPACE) {
        let name = namespace.text("nspname").expect("a name").to_string();
        names.insert((oid::PG_NAMESPACE, namespace.oid("oid").expect("a number")), name);
    }
    for (relation, name, namespace) in [
        (oid::PG_CLASS, "relname", "relnamespace"),
        (oid::PG_TYPE, "typname", "typnamespace"),
        (oid::PG_PROC, "proname", "pronamespace"),
        (oid::PG_CONSTRAINT, "conname", "connamespace"),
    ] {
        for row in rows(catalog, relation) {
            let namespace = &names[&(oid::PG_NAMESPACE, row.oid(namespace).expect("a namespace"))];
            let name = format!("{namespace}.{}", row.text(name).expect("a name"));
            names.insert((relation, row.oid("oid").expect("a number")), name);
        }
    }
    for row in rows(catalog, oid::PG_TRIGGER) {
        names.insert((oid::PG_TRIGGER, row.oid("oid").expect("a number")), format!("trg {}", row.text("tgname").expect("a name")));
    }
    for row in rows(catalog, oid::PG_ATTRDEF) {
        let relation = &names[&(oid::PG_CLASS, row.oid("adrelid").expect("a relation"))];
        let name = format!("def {relation}.{}", row.int("adnum").expect("a number"));
        names.insert((oid::PG_ATTRDEF, row.oid("oid").expect("a number")), name);
    }
    names
}

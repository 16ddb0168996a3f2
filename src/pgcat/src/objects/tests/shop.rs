//! What of a MariaDB PostgreSQL has no like for.

use crate::catalog::{Catalog, CatalogRow, oid};
use crate::fixture;
use crate::value::Value;

fn events(catalog: &Catalog) -> CatalogRow<'_> {
    catalog.class(catalog.namespace("shop").expect("a namespace"), "events").expect("the table")
}

#[test]
fn a_place_without_a_column_is_a_dropped_one() {
    let catalog = fixture::shop();
    let key = [events(&catalog).get("oid"), Value::Int(3)];
    let dropped = catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &key).expect("a row");
    assert_eq!((dropped.bool("attisdropped"), dropped.oid("atttypid")), (Some(true), Some(0)));
    assert_eq!(dropped.text("attname").as_deref(), Some("........pg.dropped.3........"));
    let key = [events(&catalog).get("oid"), "happened".into()];
    let happened = catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attname"], &key).expect("a row");
    assert_eq!((happened.int("attnum"), happened.oid("atttypid")), (Some(5), Some(1114)));
}

#[test]
fn native_types_are_what_clients_see() {
    let catalog = fixture::shop();
    let columns = catalog.find(oid::PG_ATTRIBUTE, &["attrelid"], &[events(&catalog).get("oid")]);
    let types: Vec<_> =
        columns.iter().filter(|row| row.int("attnum") > Some(0)).map(|row| (row.oid("atttypid"), row.int("atttypmod"))).collect();
    let expected = [(23, -1), (25, -1), (0, -1), (1043, 204), (1114, -1)];
    assert_eq!(types, expected.map(|(type_oid, typmod)| (Some(type_oid), Some(typmod))));
}

#[test]
fn sizes_rows_and_options_are_told() {
    let catalog = fixture::shop();
    let events = events(&catalog);
    assert_eq!((events.int("relpages"), events.get("reltuples")), (Some(3), Value::Float(1200.0)));
    assert_eq!(events.get("reloptions"), Value::array(25, vec!["engine=InnoDB".into()]));
    assert_eq!((events.char("relkind"), events.bool("relhassubclass"), events.oid("relam")), (Some(b'p'), Some(true), Some(0)));
}

#[test]
fn partitions_are_found_by_their_table_and_listed_nowhere_else() {
    let catalog = fixture::shop();
    let inherits = catalog.find(oid::PG_INHERITS, &["inhparent"], &[events(&catalog).get("oid")]);
    let children: Vec<_> =
        inherits.iter().map(|row| catalog.by_oid(oid::PG_CLASS, row.oid("inhrelid").expect("a child")).expect("a row")).collect();
    let shown: Vec<_> = children.iter().map(|row| (row.text("relname"), row.text("relpartbound"), row.char("relkind"))).collect();
    assert_eq!(
        shown,
        [("shop.events#p2023", "2024"), ("shop.events#pmax", "MAXVALUE")].map(|(name, bound)| (
            Some(name.into()),
            Some(bound.into()),
            Some(b't')
        ))
    );
    assert!(children.iter().all(|row| row.oid("relnamespace") == Some(99) && row.bool("relispartition") == Some(true)));
    let key = catalog.find_one(oid::PG_PARTITIONED_TABLE, &["partrelid"], &[events(&catalog).get("oid")]).expect("a key");
    assert_eq!((key.char("partstrat"), key.text("partexprs").as_deref()), (Some(b'r'), Some("year(`happened`)")));
    assert_eq!(key.get("partattrs"), Value::vector(21, vec![Value::Int(0)]));
}

#[test]
fn indexes_of_the_first_letters_are_on_the_column() {
    let catalog = fixture::shop();
    let shop = catalog.namespace("shop").expect("a namespace");
    let index = |name: &str| {
        let class = catalog.class(shop, name).expect("an index");
        (class.oid("relam"), catalog.find_one(oid::PG_INDEX, &["indexrelid"], &[class.get("oid")]).expect("a row").get("indkey"))
    };
    let numbers = |numbers: &[i64]| Value::vector(21, numbers.iter().copied().map(Value::Int).collect());
    assert_eq!(index("title"), (Some(403), numbers(&[4, 2])));
    // Indexes of words are likened to GIN.
    assert_eq!(index("words"), (Some(2742), numbers(&[4])));
}

#[test]
fn triggers_and_routines_with_a_body_keep_it() {
    let catalog = fixture::shop();
    let trigger = catalog.find_one(oid::PG_TRIGGER, &["tgrelid"], &[events(&catalog).get("oid")]).expect("a trigger");
    assert_eq!((trigger.oid("tgfoid"), trigger.int("tgtype")), (Some(0), Some(1 | 2 | 16)));
    let body = catalog.definition(oid::PG_TRIGGER, trigger.oid("oid").expect("a number"));
    assert_eq!(body.as_deref(), Some("BEGIN SET NEW.happened = now(3); END"));
    let twice = catalog.find_one(oid::PG_PROC, &["proname"], &["twice".into()]).expect("a function");
    assert_eq!(
        (twice.oid("prorettype"), twice.oids("proargtypes"), twice.text("prosrc").as_deref()),
        (Some(23), vec![23], Some("RETURN x * 2"))
    );
    assert_eq!(catalog.definition(oid::PG_CLASS, 1259), None);
}

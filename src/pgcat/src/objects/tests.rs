//! What holds for all relations of the fixture's databases.

mod definitions;
mod large;
mod sales;
mod shop;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::context::Context;
use super::ids::Ids;
use super::schema::Schema;
use crate::catalog::{Catalog, CatalogRow, oid};
use crate::database::{Database, DatabaseCatalog, DatabaseSchema, Numbering, RoleRow};
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

/// How a name begins finds all rows whose names begin so, in their order, and few others where parts have them sorted.
#[test]
fn beginnings_find_what_begins_so() {
    for catalog in [fixture::sales(), fixture::shop(), fixture::metagate()] {
        let mut seen = 0;
        for relation in relations(&catalog) {
            for column in relation.columns_by_beginning() {
                let names: Vec<Value> = (0..relation.count()).map(|row| relation.value(row, *column)).collect();
                let names: Vec<&str> = names.iter().map(|name| name.as_str().expect("a name")).collect();
                let first = statics::relation(relation.oid()).expect("a relation").count();
                let own = names.get(first as usize..).unwrap_or_default();
                let ends = |name: &'_ str| name.char_indices().skip(1).map(|(end, _)| end).chain([name.len()]).collect::<Vec<_>>();
                let beginnings: HashSet<&str> = own.iter().flat_map(|name| ends(name).into_iter().map(|end| &name[..end])).collect();
                for beginning in beginnings {
                    let found = relation.begin_with(*column, beginning);
                    let found: Vec<Row> = (0..found.len()).filter_map(|place| found.get(place)).collect();
                    assert!(found.is_sorted_by(|one, other| one < other), "{beginning}");
                    let expected = || (0..).zip(&names).filter(|(_, name)| name.starts_with(beginning)).map(|(row, _)| row);
                    assert!(expected().all(|row: Row| found.binary_search(&row).is_ok()), "{} {beginning}", relation.name());
                    let others = found.iter().filter(|row| **row >= first && !names[**row as usize].starts_with(beginning)).count();
                    let is_sorted = [oid::PG_CLASS, oid::PG_PROC, oid::PG_TYPE].contains(&relation.oid());
                    assert!(!is_sorted || others <= 2, "{} {beginning}: {others}", relation.name());
                    seen += 1;
                }
            }
        }
        assert!(seen > 40, "{seen}");
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
        of.collect::<HashSet<String>>()
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
    let shared: Vec<bool> = first.context.schemas.iter().zip(&second.context.schemas).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(shared, [true, false, true]);
    assert!(!Arc::ptr_eq(&first.context, &second.context));
}

/// What was found out of schemas together is kept as long as none of them changes, but not who owns them.
#[test]
fn generations_share_what_schemas_know_of_each_other() {
    let schemas = fixture::numbered(fixture::sales_harvest());
    let first = fixture::one_source(fixture::SALES, &schemas, None);
    let shown = |metadata: &Arc<spi::metadata::SchemaMetadata>| DatabaseSchema {
        source: fixture::SALES,
        name: metadata.name.clone(),
        metadata: Arc::clone(metadata),
    };
    let schemas = schemas.iter().map(shown).collect();
    let mut server = fixture::server();
    server.roles.push(RoleRow { oid: 16413, name: "postgres".to_owned(), ..RoleRow::default() });
    let database = Database { oid: fixture::SALES, generation: 2, schemas, numbering: Numbering::OneSource };
    let second = DatabaseCatalog::new(&Arc::new(server), &database, Some(&first));
    assert!(Arc::ptr_eq(&first.context, &second.context));
    let owner = |made: &DatabaseCatalog| made.catalog.find_one(oid::PG_CLASS, &["relname"], &["customers".into()])?.oid("relowner");
    assert_eq!((owner(&first), owner(&second)), (Some(10), Some(16413)));
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

/// What a relation, routine, type or namespace is of follows from its OID, in a database of one source as in one of many.
#[test]
fn oids_tell_the_source() {
    let one = |source, harvest| fixture::one_source(source, &fixture::numbered(harvest), None);
    let databases = [one(fixture::SALES, fixture::sales_harvest()), one(fixture::SHOP, fixture::shop_harvest()), fixture::many_sources()];
    let mut seen = [0; 4];
    for (database, own) in databases.iter().zip([Some(fixture::SALES), Some(fixture::SHOP), None]) {
        for (class, column) in
            [(oid::PG_NAMESPACE, "oid"), (oid::PG_CLASS, "relnamespace"), (oid::PG_PROC, "pronamespace"), (oid::PG_TYPE, "typnamespace")]
        {
            let base = statics::relation(class).expect("a relation");
            let fixed: HashSet<Option<u32>> = (0..base.count()).map(|row| base.value(row, 0).as_oid()).collect();
            for row in rows(&database.catalog, class) {
                let object = row.oid("oid").expect("a number");
                let partition = database.catalog.find_one(oid::PG_INHERITS, &["inhrelid"], &[Value::oid(object)]);
                let of = partition.clone().and_then(|row| database.catalog.by_oid(oid::PG_CLASS, row.oid("inhparent")?));
                let namespace = of.as_ref().unwrap_or(&row).oid(if of.is_some() { "relnamespace" } else { column });
                let namespace = database.catalog.by_oid(oid::PG_NAMESPACE, namespace.expect("a number")).expect("a namespace");
                let name = namespace.text("nspname").expect("a name");
                let of = match name.split_once('.') {
                    _ if fixed.contains(&Some(object)) => None,
                    Some(("sales", _)) => Some(fixture::SALES),
                    Some(("shop", _)) => Some(fixture::SHOP),
                    _ => own,
                };
                assert_eq!(database.source_of(object), of, "{object} of {name}");
                let kinds = [of == Some(fixture::SALES), of == Some(fixture::SHOP), of.is_none() && object > 14000, partition.is_some()];
                seen.iter_mut().zip(kinds).for_each(|(seen, is_it)| *seen += usize::from(is_it));
            }
        }
    }
    assert!(seen[0] > 90 && seen[1] > 10 && seen[2] > 3 && seen[3] > 3, "{seen:?}");
}

/// Objects for which there was no room keep their source as well, and so does what belongs to them.
#[test]
fn hashes_tell_the_source_too() {
    let schemas = fixture::numbered(fixture::sales_harvest());
    let mut database = fixture::many_sources();
    let crowded = |metadata: &Arc<spi::metadata::SchemaMetadata>| {
        let name = format!("sales.{}", metadata.name).as_str().into();
        Arc::new(Schema::new(fixture::SALES, name, Arc::clone(metadata), Ids::Moved(Arc::new([0, 0]))))
    };
    database.context = Arc::new(Context::new(schemas.iter().map(crowded).collect()));
    let (relations, _) = super::relations(&Arc::new(fixture::server()), &database.context);
    database.catalog = Arc::new(Catalog::new(fixture::METAGATE, 2, relations));
    let crm = database.catalog.namespace("sales.crm").expect("a namespace");
    let orders = database.catalog.class(crm, "orders").expect("a table");
    let (orders, row_type) = (orders.oid("oid").expect("a number"), orders.oid("reltype").expect("a type"));
    assert!([crm, orders, row_type].iter().all(|oid| *oid >= 1 << 30 && database.source_of(*oid) == Some(fixture::SALES)));
    assert_eq!(database.source_of((1 << 30) + 1), None);
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

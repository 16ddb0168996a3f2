//! What PostgreSQL's own definitions of objects say beyond the metadata's columns, as PostgreSQL 16 has it in its catalogs.

use std::sync::Arc;

use spi::metadata::*;
use spi::types::{PgType, to_arrow};

use crate::catalog::{Catalog, CatalogRow, oid};
use crate::fixture;
use crate::types::oid as type_oid;
use crate::value::Value;

const SCHEMA: &str = "s";
const TABLE: &str = "t";

fn harvest() -> Harvest {
    let mut harvest = Harvest::new();
    harvest.schema(SchemaRow { name: SCHEMA, ..SchemaRow::default() });
    columns(&mut harvest);
    indexes(&mut harvest);
    routines(&mut harvest);
    let members = &["ends with a blank  character varying(9)"];
    harvest.user_type(TypeRow { schema: SCHEMA, name: "c", kind: TypeKind::Composite, members, comment: None });
    harvest
}

fn columns(harvest: &mut Harvest) {
    for (table, kind) in [(TABLE, TableKind::Table), ("v", TableKind::View)] {
        let row = TableRow { schema: SCHEMA, name: table, kind, owner: None, comment: None, row_estimate: None, size_bytes: None };
        harvest.table(row).expect("a new table");
        let columns = [
            ("span", PgType::new(type_oid::INTERVAL), "interval year to month"),
            ("words", PgType::new(1015), "character varying(20)[]"),
            ("quo\"ted", PgType::new(type_oid::INT4), "integer"),
        ];
        for (place, (name, pg_type, native_type)) in columns.into_iter().enumerate() {
            let column = ColumnRow {
                schema: SCHEMA,
                table,
                name,
                ordinal: place as i32 + 1,
                data_type: &to_arrow(pg_type),
                pg_type,
                native_type,
                nullable: true,
                default: None,
                generated: None,
                collation: None,
                comment: None,
            };
            harvest.column(column).expect("a column of a known table");
        }
    }
}

fn indexes(harvest: &mut Harvest) {
    let mut index = |name, unique, method, columns: &[&str], definition| {
        let (schema, table, primary, predicate, comment) = (SCHEMA, TABLE, false, None, None);
        harvest
            .index(IndexRow { schema, table, name, unique, primary, method, columns, predicate, definition: Some(definition), comment })
            .expect("an index of a known table");
    };
    let definition = "CREATE UNIQUE INDEX i ON s.t USING btree (span) INCLUDE (\"quo\"\"ted\") NULLS NOT DISTINCT WITH (fillfactor='80')";
    index("i", true, "btree", &["span"], definition);
    index("g", false, "gin", &["words"], "CREATE INDEX g ON s.t USING gin (words) WITH (fastupdate=off)");
    let definition = "CREATE INDEX p ON s.t USING gist (to_tsvector('simple'::regconfig, ''::text) tsvector_ops (siglen='100'))";
    index("p", false, "gist", &["to_tsvector('simple'::regconfig, ''::text)"], definition);
    let twice = "CREATE INDEX w ON s.t USING btree (words, ((words[1])), words) INCLUDE (words)";
    index("w", false, "btree", &["words", "words[1]", "words"], twice);
    let definition = "CREATE INDEX e ON s.t USING btree ((words[1]), ((\"quo\"\"ted\" IS NULL)), COALESCE(\"quo\"\"ted\", 0))";
    index("e", false, "btree", &["words[1]", "(\"quo\"\"ted\" IS NULL)", "COALESCE(\"quo\"\"ted\", 0)"], definition);
}

fn routines(harvest: &mut Harvest) {
    let mut routine = |name, parameters: &[&str], language, return_type, definition: Option<&str>| {
        let (schema, kind, comment) = (SCHEMA, RoutineKind::Function, None);
        let row = RoutineRow { schema, name, specific_name: name, kind, language, return_type: Some(return_type), definition, comment };
        harvest.routine(row).expect("a new routine");
        for (place, native_type) in parameters.iter().enumerate() {
            let (ordinal, pg_type) = (place as i32 + 1, PgType::new(type_oid::TEXT));
            let (schema, specific_name, mode) = (SCHEMA, name, "IN");
            harvest
                .parameter(ParameterRow { schema, specific_name, ordinal, mode, name: None, native_type, pg_type, default: None })
                .expect("a parameter of a known routine");
        }
    };
    let definition = "CREATE OR REPLACE FUNCTION s.many(box, VARIADIC integer[])\n RETURNS text\n LANGUAGE sql\n \
                      SET search_path TO 'pg_catalog', 'pg_temp'\nAS $function$ select '' $function$\n";
    routine("many", &["box", "integer[]"], "sql", "text", Some(definition));
    let definition = "CREATE OR REPLACE FUNCTION s.inner_one(internal)\n RETURNS internal\n LANGUAGE internal\n \
                      STRICT\nAS $function$int4_sum$function$\n";
    routine("inner_one", &["internal"], "internal", "internal", Some(definition));
    routine("total", &["integer"], "internal", "bigint", None);
}

fn catalog() -> Arc<Catalog> {
    fixture::one_source(fixture::SALES, &fixture::numbered(harvest()), None).catalog
}

fn class<'a>(catalog: &'a Catalog, name: &str) -> CatalogRow<'a> {
    catalog.class(catalog.namespace(SCHEMA).expect("a namespace"), name).expect("a relation")
}

fn column<'a>(catalog: &'a Catalog, relation: &str, number: i64) -> CatalogRow<'a> {
    let key = [class(catalog, relation).get("oid"), Value::Int(number)];
    catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &key).expect("a column")
}

fn index<'a>(catalog: &'a Catalog, name: &str) -> CatalogRow<'a> {
    catalog.find_one(oid::PG_INDEX, &["indexrelid"], &[class(catalog, name).get("oid")]).expect("an index")
}

fn routine<'a>(catalog: &'a Catalog, name: &str) -> CatalogRow<'a> {
    catalog.find_one(oid::PG_PROC, &["proname"], &[name.into()]).expect("a routine")
}

#[test]
fn columns_have_the_modifiers_of_their_native_types() {
    let catalog = catalog();
    let shown = |relation, number| {
        let row = column(&catalog, relation, number);
        (row.oid("atttypid"), row.int("atttypmod"), row.int("attndims"))
    };
    assert_eq!(shown(TABLE, 1), (Some(type_oid::INTERVAL), Some(0x0006_ffff), Some(0)));
    assert_eq!(shown(TABLE, 2), (Some(1015), Some(24), Some(1)));
    // What a view gives has no declared dimensions.
    assert_eq!(shown("v", 2), (Some(1015), Some(24), Some(0)));
}

#[test]
fn a_field_may_have_a_name_that_ends_with_a_blank() {
    let catalog = catalog();
    let field = column(&catalog, "c", 1);
    assert_eq!((field.text("attname").as_deref(), field.int("atttypmod")), (Some("ends with a blank "), Some(13)));
}

#[test]
fn definitions_of_indexes_say_how_they_are_made() {
    let catalog = catalog();
    assert_eq!(
        (index(&catalog, "i").bool("indnullsnotdistinct"), index(&catalog, "g").bool("indnullsnotdistinct")),
        (Some(true), Some(false))
    );
    assert_eq!(index(&catalog, "i").get("indkey"), Value::vector(type_oid::INT2, vec![Value::Int(1), Value::Int(3)]));
    assert_eq!(class(&catalog, "i").get("reloptions"), Value::array(type_oid::TEXT, vec!["fillfactor=80".into()]));
    assert_eq!(class(&catalog, "g").get("reloptions"), Value::array(type_oid::TEXT, vec!["fastupdate=off".into()]));
    assert_eq!(column(&catalog, "p", 1).get("attoptions"), Value::array(type_oid::TEXT, vec!["siglen=100".into()]));
}

#[test]
fn columns_of_indexes_have_the_types_that_are_kept() {
    let catalog = catalog();
    // GIN keeps the elements of arrays.
    assert_eq!(column(&catalog, "g", 1).oid("atttypid"), Some(type_oid::VARCHAR));
    assert_eq!(column(&catalog, "i", 1).oid("atttypid"), Some(type_oid::INTERVAL));
}

#[test]
fn expressions_of_indexes_are_named_as_in_a_select_list() {
    let catalog = catalog();
    let names = [1, 2, 3].map(|number| column(&catalog, "e", number).text("attname"));
    assert_eq!(names.each_ref().map(Option::as_deref), [Some("words"), Some("expr"), Some("coalesce")]);
    let names = [1, 2, 3, 4].map(|number| column(&catalog, "w", number).text("attname"));
    assert_eq!(names.each_ref().map(Option::as_deref), [Some("words"), Some("words1"), Some("words2"), Some("words3")]);
}

#[test]
fn definitions_of_routines_say_what_they_take() {
    let catalog = catalog();
    let many = routine(&catalog, "many");
    assert_eq!((many.oids("proargtypes"), many.oid("provariadic")), (vec![type_oid::BOX, 1007], Some(type_oid::INT4)));
    assert_eq!(many.get("proargmodes"), Value::array(type_oid::CHAR, vec!["i".into(), "v".into()]));
    assert_eq!(many.oids("proallargtypes"), [type_oid::BOX, 1007]);
    assert_eq!(many.get("proconfig"), Value::array(type_oid::TEXT, vec!["search_path=pg_catalog, pg_temp".into()]));
    let inner = routine(&catalog, "inner_one");
    assert_eq!((inner.oids("proargtypes"), inner.get("procost")), (vec![type_oid::INTERNAL], Value::Float(1.0)));
    assert_eq!((inner.oid("provariadic"), inner.get("proargmodes"), inner.char("prokind")), (Some(0), Value::Null, Some(b'f')));
}

#[test]
fn a_function_of_the_server_without_a_definition_is_an_aggregate() {
    let catalog = catalog();
    let total = routine(&catalog, "total");
    assert_eq!(
        (total.char("prokind"), total.text("prosrc").as_deref(), total.char("provolatile")),
        (Some(b'a'), Some("aggregate_dummy"), Some(b'i'))
    );
}

//! The static part against figures of a real PostgreSQL 16, and against itself.

use std::collections::HashSet;

use super::*;
use crate::relation::Relation;
use crate::types::oid;
use crate::value::Value;

/// Rows of a new database, as `count(*)` said them.
const ROWS: &[(&str, usize)] = &[
    ("pg_aggregate", 157),
    ("pg_am", 7),
    ("pg_amop", 945),
    ("pg_amproc", 696),
    ("pg_attribute", 3108),
    ("pg_authid", 15),
    ("pg_cast", 229),
    ("pg_class", 413),
    ("pg_constraint", 112),
    ("pg_conversion", 128),
    ("pg_database", 3),
    ("pg_index", 164),
    ("pg_init_privs", 220),
    ("pg_namespace", 4),
    ("pg_opclass", 177),
    ("pg_operator", 799),
    ("pg_proc", 3297),
    ("pg_range", 6),
    ("pg_rewrite", 143),
    ("pg_statistic", 0),
    ("pg_trigger", 0),
    ("pg_ts_config_map", 551),
    ("pg_type", 613),
];

#[test]
fn relations_are_those_of_a_real_server() {
    assert_eq!(relations().len(), 68);
    assert_eq!(relations().iter().filter(|relation| relation.shared).count(), 11);
    for (name, rows) in ROWS {
        assert_eq!((name, pg_catalog(name).rows().len()), (name, *rows));
    }
    let features = relation_named("information_schema", "sql_features").expect("a relation");
    assert_eq!(features.rows().len(), 755);
    for relation in relations() {
        assert_eq!(relation.columns.len(), relation.rows().columns(), "columns of {}", relation.name);
    }
}

#[test]
fn pg_class_is_found_by_oid_and_by_name() {
    let pg_class = relation(1259).expect("pg_class");
    assert_eq!((pg_class.schema, pg_class.name, pg_class.shared, pg_class.columns.len()), ("pg_catalog", "pg_class", false, 33));
    let names: Vec<_> = pg_class.columns.iter().take(3).map(|column| (&*column.name, column.type_.oid, column.not_null)).collect();
    assert_eq!(names, [("oid", 26, true), ("relname", 19, true), ("relnamespace", 26, true)]);
    assert_eq!(relation_named("pg_catalog", "pg_class").map(|relation| relation.oid), Some(1259));
    assert!(relation_named("information_schema", "pg_class").is_none() && relation(1).is_none() && rows(1).is_none());
    let row = row_of(pg_class, "1259");
    let get = |name: &str| pg_class.rows().get(row, pg_class.column(name).expect("a column"));
    assert_eq!((get("relname"), get("relnamespace"), get("reltuples")), (Some("pg_class"), Some("11"), Some("-1")));
    assert_eq!((get("relacl"), get("reloptions"), get("relpartbound")), (Some("{postgres=arwdDxt/postgres,=r/postgres}"), None, None));
}

/// Every reference that PostgreSQL says its catalogs have leads to a row.
#[test]
fn every_reference_resolves() {
    let keys = catalog_foreign_keys();
    assert!(keys.len() > 200, "{} references", keys.len());
    let mut checked = 0;
    for key in keys {
        let (from, to) = (relation(key.table).expect("a relation"), relation(key.referenced_table).expect("a relation"));
        let known: HashSet<Vec<&str>> = {
            let columns: Vec<usize> = key.referenced_columns.iter().map(|name| to.column(name).expect("a column")).collect();
            (0..to.rows().len()).map(|row| columns.iter().map(|column| to.rows().get(row, *column).unwrap_or_default()).collect()).collect()
        };
        let columns: Vec<usize> = key.columns.iter().map(|name| from.column(name).expect("a column")).collect();
        for row in 0..from.rows().len() {
            let Some(values) = columns.iter().map(|column| from.rows().get(row, *column)).collect::<Option<Vec<&str>>>() else { continue };
            let (last, first) = values.split_last().expect("a column");
            let items: Vec<&str> = match key.is_array {
                true => last.trim_matches(['{', '}']).split([',', ' ']).filter(|item| !item.is_empty()).collect(),
                false => vec![last],
            };
            for item in items.into_iter().filter(|item| !(key.is_optional && *item == "0")) {
                let value: Vec<&str> = first.iter().copied().chain([item]).collect();
                assert!(known.contains(&value), "{}{:?} = {value:?} is not in {}", from.name, key.columns, to.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 30_000, "{checked} values");
}

/// The columns of the static relations are those that pg_attribute says.
#[test]
fn pg_attribute_agrees() {
    let pg_attribute = pg_catalog("pg_attribute");
    let column = |name: &str| pg_attribute.column(name).expect("a column");
    let (relid, name, kind, number) = (column("attrelid"), column("attname"), column("atttypid"), column("attnum"));
    let mut seen = 0;
    for row in 0..pg_attribute.rows().len() {
        let get = |column| pg_attribute.rows().get(row, column).expect("a value");
        let number: i16 = get(number).parse().expect("a number");
        let Some(relation) = relation(get(relid).parse().expect("an oid")) else { continue };
        let Some(column) = usize::try_from(number - 1).ok().and_then(|at| relation.columns.get(at)) else { continue };
        assert_eq!((&*column.name, column.type_.oid.to_string().as_str()), (get(name), get(kind)));
        seen += 1;
    }
    assert_eq!(seen, relations().iter().map(|relation| relation.columns.len()).sum::<usize>());
}

/// Every text becomes a value, and texts stay texts only in columns of text.
#[test]
fn values_have_the_types_of_their_columns() {
    const TEXTS: &[u32] = &[oid::CHAR, oid::NAME, oid::TEXT, oid::PG_NODE_TREE];
    for relation in relations() {
        for (place, column) in relation.columns.iter().enumerate() {
            for row in 0..relation.rows().len() {
                let (text, value) = (relation.rows().get(row, place), relation.value(row as u64, place));
                assert_eq!(value.is_null(), text.is_none(), "{}.{} {text:?}", relation.name, column.name);
                let is_domain = relation.schema == "information_schema";
                let is_right = !matches!(value, Value::Text(_)) || is_domain || TEXTS.contains(&column.type_.oid);
                assert!(is_right, "{}.{} {value:?}", relation.name, column.name);
            }
        }
    }
    let sizing = relation_named("information_schema", "sql_sizing").expect("a relation");
    assert_eq!((sizing.value(0, 0), sizing.value(0, 1)), (Value::Int(0), Value::from("MAXIMUM DRIVER CONNECTIONS")));
}

#[test]
fn indexes_are_those_of_a_real_server_and_more() {
    let own = |name: &str| {
        let relation = pg_catalog(name);
        let names =
            |columns: &[usize]| columns.iter().map(|column| relation.columns[*column].name.to_string()).collect::<Vec<_>>().join(" ");
        let indexes = relation.indexes().iter();
        indexes
            .map(|index| format!("{}{} ({})", if index.unique { "unique " } else { "" }, index.name, names(&index.columns)))
            .collect::<Vec<_>>()
    };
    let pg_attribute = [
        "unique pg_attribute_relid_attnam_index (attrelid attname)",
        "unique pg_attribute_relid_attnum_index (attrelid attnum)",
        "pg_attribute_relid_attnam_index (attrelid)",
        "pg_attribute_atttypid_index (atttypid)",
    ];
    assert_eq!(own("pg_attribute"), pg_attribute);
    assert_eq!(own("pg_namespace"), ["unique pg_namespace_nspname_index (nspname)", "unique pg_namespace_oid_index (oid)"]);
    let with_oid = relations().iter().filter(|relation| relation.column("oid").is_some());
    for relation in with_oid {
        assert!(relation.indexes().iter().any(|index| index.unique && index.columns == [0]), "{} by oid", relation.name);
    }
}

#[test]
fn definitions_are_what_the_functions_give() {
    let pg_class = pg_catalog("pg_class");
    let kind = pg_class.column("relkind").expect("a column");
    let oids = |of: &'static str| {
        let rows = pg_class.rows();
        (0..rows.len()).filter(move |row| rows.get(*row, kind) == Some(of)).map(|row| rows.number::<u32>(row, 0))
    };
    assert_eq!(oids("v").filter(|oid| view_definition(*oid, false).is_some() && view_definition(*oid, true).is_some()).count(), 141);
    assert_eq!(oids("i").filter(|oid| index_definition(*oid).is_some()).count(), 164);
    assert_eq!(view_definition(1259, false), None);
    let index = index_definition(2663).expect("pg_class_relname_nsp_index");
    assert_eq!(index.text(true), "CREATE UNIQUE INDEX pg_class_relname_nsp_index ON pg_class USING btree (relname, relnamespace)");
    assert_eq!(
        index.text(false),
        "CREATE UNIQUE INDEX pg_class_relname_nsp_index ON pg_catalog.pg_class USING btree (relname, relnamespace)"
    );

    let jsonb_set = signature(3305).expect("jsonb_set");
    let named = "jsonb_in jsonb, path text[], replacement jsonb, create_if_missing boolean";
    assert_eq!((jsonb_set.identity_arguments, jsonb_set.result), (named, Some("jsonb")));
    assert_eq!(jsonb_set.arguments, format!("{named} DEFAULT true"));
    assert_eq!((function_default(3305, 3), function_default(3305, 4)), (None, Some("true")));
}

#[test]
fn checks_are_sql() {
    let pg_constraint = pg_catalog("pg_constraint");
    let column = |name: &str| pg_constraint.column(name).expect("a column");
    let (name, check, rows) = (column("conname"), column("conbin"), pg_constraint.rows());
    let row = (0..rows.len()).find(|row| rows.get(*row, name) == Some("cardinal_number_domain_check")).expect("a check");
    assert_eq!(rows.get(row, check), Some("(VALUE >= 0)"));
    let definition = constraint_definition(rows.number(row, 0)).expect("a definition");
    assert_eq!((definition.plain, definition.pretty), ("CHECK ((VALUE >= 0))", "CHECK (VALUE >= 0)"));
}

#[test]
fn functions_in_sql_have_their_text() {
    let pg_proc = pg_catalog("pg_proc");
    let column = |name: &str| pg_proc.column(name).expect("a column");
    let (source, rows) = (column("prosrc"), pg_proc.rows());
    let (mut expressions, mut statements) = (0, Vec::new());
    for oid in (0..rows.len()).map(|row| rows.number::<u32>(row, 0)) {
        match sql_function(oid) {
            Some(SqlFunction::Return(_)) => expressions += 1,
            Some(SqlFunction::Statements(text)) => statements.push(text),
            None => {}
        }
    }
    assert_eq!((expressions, statements.len()), (49, 12));
    assert!(statements.iter().all(|text| text.to_lowercase().starts_with("select ")), "{statements:#?}");
    // bit_length(text)
    assert_eq!(sql_function(1811), Some(SqlFunction::Return("(octet_length($1) * 8)")));
    // The function of an aggregate is none of SQL.
    let count = row_of(pg_proc, "2803");
    assert_eq!((rows.get(count, source), sql_function(2803)), (Some("aggregate_dummy"), None));
}

#[test]
fn the_server_says_of_itself() {
    assert_eq!((settings().len(), keywords().len(), time_zone_abbreviations().len()), (358, 471, 195));
    let setting = |name: &str| settings().iter().find(|setting| setting.name == name).expect("a setting");
    let max_connections = setting("max_connections");
    assert_eq!((max_connections.setting, max_connections.vartype, max_connections.min_val), (Some("100"), "integer", Some("1")));
    assert_eq!((setting("listen_addresses").setting, setting("TimeZone").setting), (Some("localhost"), Some("UTC")));
    assert_eq!((setting("client_encoding").setting, setting("client_encoding").source), (Some("UTF8"), "default"));
    assert!(settings().iter().all(|setting| ["default", "configuration file", "override"].contains(&setting.source)));
    let select = keywords().iter().find(|keyword| keyword.word == "select").expect("a key word");
    assert_eq!((select.catcode, select.barelabel, select.catdesc), ("R", true, "reserved"));
    assert_eq!((setting("search_path").flags, setting("in_hot_standby").flags), ("{EXPLAIN}", "{NOT_IN_SAMPLE}"));
    let token_type = &text_search_token_types()[2];
    assert_eq!((token_type.tokid, token_type.alias, token_type.description), (3, "numword", "Word, letters and digits"));
    assert_eq!(configuration_names().next(), Some("BINDIR"));
    let extensions: Vec<_> = available_extensions().iter().map(|extension| (extension.name, extension.version)).collect();
    assert_eq!(extensions, [("plpgsql", "1.0")]);
}

fn pg_catalog(name: &str) -> &'static StaticRelation {
    relation_named("pg_catalog", name).expect("a relation")
}

/// The row whose OID, which is its first column, is this.
fn row_of(relation: &StaticRelation, oid: &str) -> usize {
    (0..relation.rows().len()).find(|row| relation.rows().get(*row, 0) == Some(oid)).expect("a row")
}

//! What a harvest finds.

use spi::connector::Scope;
use spi::metadata::{Relation, SchemaMetadata};

use crate::fixture::{Fixture, database, database_with, execute, harvest, relation};

const RICH: &str = r#"
    CREATE TABLE parent (a INTEGER, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
    CREATE TABLE "odd ""name"", (ü" (
        id INTEGER PRIMARY KEY,
        "sp ace" VARCHAR(20) NOT NULL DEFAULT 'it''s' UNIQUE,
        amount DECIMAL(10,2) CONSTRAINT positive CHECK (amount > 0),
        twice REAL GENERATED ALWAYS AS (amount * 2) VIRTUAL,
        kept TEXT AS (upper("sp ace")) STORED,
        pa INT, pb TEXT,
        CONSTRAINT to_parent FOREIGN KEY (pb, pa) REFERENCES PARENT ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
        FOREIGN KEY (pa) REFERENCES missing, FOREIGN KEY (id) REFERENCES missing(x),
        CONSTRAINT pair UNIQUE (pa, pb)
    );
    CREATE TABLE strict_one (k TEXT PRIMARY KEY, v ANY) STRICT;
    CREATE TABLE loose (k TEXT PRIMARY KEY, v);
    CREATE UNIQUE INDEX by_expression ON loose (lower(k) DESC, v) WHERE v IS NOT NULL;
    CREATE VIEW view_one (x, y) AS SELECT k, v + 1 FROM loose;
    CREATE VIEW broken AS SELECT * FROM nowhere;
    CREATE VIEW view_two AS SELECT 1 AS one;
    CREATE VIEW broken_too AS SELECT missing FROM loose;
    CREATE VIRTUAL TABLE search USING fts5(title, body);
    CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);
    ANALYZE;
"#;

async fn main_schema(fixture: &Fixture) -> SchemaMetadata {
    fixture.harvest().await.into_iter().find(|schema| schema.name == "main").expect("schema main")
}

/// The rows of a relation that belong to a table.
fn of_table(schema: &SchemaMetadata, of: Relation, table: &str, columns: &[&str]) -> Vec<String> {
    let rows = schema.rows_of(of, schema.table(table).expect("the table"));
    relation(schema, of, columns)[rows].to_vec()
}

#[tokio::test]
async fn tables_views_and_virtual_tables_are_found() {
    let schema = main_schema(&database(RICH).await).await;
    assert_eq!(
        relation(&schema, Relation::Tables, &["name", "kind"]),
        [
            "broken|view",
            "broken_too|view",
            "counted|table",
            "loose|table",
            "odd \"name\", (ü|table",
            "parent|table",
            "search|table",
            "strict_one|table",
            "view_one|view",
            "view_two|view",
        ]
    );
    assert_eq!(
        relation(&schema, Relation::Views, &["definition"]),
        ["SELECT * FROM nowhere", "SELECT missing FROM loose", "SELECT k, v + 1 FROM loose", "SELECT 1 AS one"]
    );
    assert_eq!(
        relation(&schema, Relation::TableOptions, &["name", "value"]),
        ["without_rowid|true", "using|fts5(title, body)", "strict|true"]
    );
}

#[tokio::test]
async fn columns_have_their_types_defaults_and_nullability() {
    let schema = main_schema(&database(RICH).await).await;
    let columns = |table: &str| -> Vec<String> {
        let range = schema.columns_of(schema.table(table).expect("the table"));
        let rows = relation(&schema, Relation::Columns, &["name", "ordinal", "nullable", "default", "generated"]);
        let typed = range.map(|column| {
            let column_type = schema.column_type(column);
            format!("{}|{}|{}", rows[column], column_type.native, column_type.pg.format())
        });
        typed.collect()
    };
    assert_eq!(
        columns("odd \"name\", (ü"),
        [
            "id|1|false|NULL|NULL|INTEGER|bigint",
            "sp ace|2|false|'it''s'|NULL|VARCHAR(20)|character varying(20)",
            "amount|3|true|NULL|NULL|DECIMAL(10,2)|numeric(10,2)",
            "twice|4|true|amount * 2|virtual|REAL|double precision",
            "kept|5|true|upper(\"sp ace\")|stored|TEXT|text",
            "pa|6|true|NULL|NULL|INT|bigint",
            "pb|7|true|NULL|NULL|TEXT|text",
        ]
    );
    // Only WITHOUT ROWID, STRICT and INTEGER keys refuse nulls.
    assert_eq!(columns("loose"), ["k|1|true|NULL|NULL|TEXT|text", "v|2|true|NULL|NULL||text"]);
    assert_eq!(columns("strict_one"), ["k|1|false|NULL|NULL|TEXT|text", "v|2|true|NULL|NULL|ANY|text"]);
    assert_eq!(columns("parent"), ["a|1|false|NULL|NULL|INTEGER|bigint", "b|2|false|NULL|NULL|TEXT|text"]);
    assert_eq!(columns("view_one"), ["x|1|true|NULL|NULL|TEXT|text", "y|2|true|NULL|NULL||text"]);
    assert_eq!(columns("search"), ["title|1|true|NULL|NULL||text", "body|2|true|NULL|NULL||text"]);
    assert_eq!(columns("view_two"), ["one|1|true|NULL|NULL||text"]);
    assert_eq!((columns("broken").len(), columns("broken_too").len()), (0, 0));
}

#[tokio::test]
async fn constraints_are_complete() {
    let schema = main_schema(&database(RICH).await).await;
    let columns = [
        "name",
        "kind",
        "columns",
        "referenced_table",
        "referenced_columns",
        "on_update",
        "on_delete",
        "expression",
        "deferrable",
        "initially_deferred",
    ];
    let odd = "odd \"name\", (ü";
    assert_eq!(
        of_table(&schema, Relation::Constraints, odd, &columns),
        [
            format!("{odd}_id_fkey|FOREIGN KEY|[id]|missing|[x]|NO ACTION|NO ACTION|NULL|false|false"),
            format!("{odd}_pkey|PRIMARY KEY|[id]|NULL|NULL|NULL|NULL|NULL|false|false"),
            format!("{odd}_sp ace_key|UNIQUE|[sp ace]|NULL|NULL|NULL|NULL|NULL|false|false"),
            "pair|UNIQUE|[pa, pb]|NULL|NULL|NULL|NULL|NULL|false|false".to_owned(),
            "positive|CHECK|[amount]|NULL|NULL|NULL|NULL|amount > 0|false|false".to_owned(),
            "to_parent|FOREIGN KEY|[pb, pa]|parent|[b, a]|SET NULL|CASCADE|NULL|true|true".to_owned(),
        ]
    );
    assert_eq!(of_table(&schema, Relation::Constraints, "parent", &columns[..3]), ["parent_pkey|PRIMARY KEY|[b, a]"]);
}

#[tokio::test]
async fn indexes_have_expressions_conditions_and_definitions() {
    let schema = main_schema(&database(RICH).await).await;
    assert_eq!(
        of_table(&schema, Relation::Indexes, "loose", &["name", "unique", "primary", "method", "columns", "predicate", "definition"]),
        [
            "by_expression|true|false|btree|[lower(k), v]|v IS NOT NULL|\
             CREATE UNIQUE INDEX by_expression ON loose (lower(k) DESC, v) WHERE v IS NOT NULL",
            "sqlite_autoindex_loose_1|true|true|btree|[k]|NULL|NULL",
        ]
    );
    assert_eq!(of_table(&schema, Relation::Indexes, "parent", &["name", "primary", "columns"]), ["sqlite_autoindex_parent_1|true|[b, a]"]);
}

#[tokio::test]
async fn two_harvests_of_one_state_are_equal() {
    let fixture = database(RICH).await;
    assert_eq!(fixture.harvest().await, fixture.harvest().await);
    execute(&fixture.path(), "ALTER TABLE loose ADD COLUMN w").await;
    let schema = main_schema(&fixture).await;
    assert_eq!(schema.columns_of(schema.table("loose").expect("the table")).len(), 3);
}

#[tokio::test]
async fn a_harvest_takes_as_many_calls_for_many_tables_as_for_few() {
    let mut calls = Vec::new();
    for tables in [3, 300] {
        let table = |number| format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, x TEXT UNIQUE, y REFERENCES t{number});");
        let fixture = database(&(0..tables).map(table).collect::<String>()).await;
        let schema = main_schema(&fixture).await;
        assert_eq!((schema.table_count(), schema.column_count()), (tables, tables * 3));
        calls.push(fixture.remote_calls.total());
    }
    // Opening, the begin and end of the transaction, and five statements.
    assert_eq!(calls, [8, 8]);
}

#[tokio::test]
async fn attached_files_are_schemas() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("archive ?mode=rwc.db");
    execute(&archive, "CREATE TABLE old (id INTEGER PRIMARY KEY); INSERT INTO old VALUES (7);").await;
    let attach = serde_json::json!({ "attach": { "the \"archive\"": archive } });
    let fixture = database_with("CREATE TABLE new (id INTEGER PRIMARY KEY)", attach).await;
    let found: Vec<_> =
        fixture.harvest().await.iter().map(|schema| (schema.name.clone(), relation(schema, Relation::Tables, &["name"]))).collect();
    assert_eq!(found, [("main".to_owned(), vec!["new".to_owned()]), ("the \"archive\"".to_owned(), vec!["old".to_owned()])]);
    let request = fixture.request("the \"archive\"", "old").await;
    assert_eq!(fixture.rows(request).await.expect("rows"), ["7"]);
    assert_eq!(fixture.connector.default_schema(), "main");
}

#[tokio::test]
async fn a_scope_is_only_that_part() {
    let fixture = database(RICH).await;
    let scope = |schema: &str, table: Option<&str>| Scope { schema: Some(schema.to_owned()), table: table.map(str::to_owned) };
    let found = harvest(&*fixture.connector, &scope("main", Some("odd \"name\", (ü"))).await.expect("a harvest");
    assert_eq!((found[0].table_count(), found[0].column_count()), (1, 7));
    let key = of_table(&found[0], Relation::Constraints, "odd \"name\", (ü", &["referenced_columns"]);
    assert!(key.contains(&"[b, a]".to_owned()), "the referenced table is outside of the scope: {key:?}");
    assert_eq!(harvest(&*fixture.connector, &scope("other", None)).await.expect("a harvest"), []);
}

#[tokio::test]
async fn columns_of_views_have_the_type_that_sqlite_finds() {
    let fixture = database(
        "CREATE TABLE t (a INTEGER, b TEXT, d DECIMAL(10,2), x BLOB);
         CREATE VIEW v AS SELECT a, d, x, CAST(b AS INTEGER) AS cast_int, CAST(b AS REAL) AS cast_real, CAST(a AS TEXT) AS cast_text,
         CAST(a AS NUMERIC) AS cast_num, count(*) AS counted, sum(a) AS summed, a || b AS joined, 1 AS one, 1.5 AS half FROM t;
         CREATE VIEW w AS SELECT a, b, a AS c FROM t UNION ALL SELECT a, a, 'x' FROM t;",
    )
    .await;
    let schema = main_schema(&fixture).await;
    let types = |view: &str| -> Vec<String> {
        let columns = schema.columns_of(schema.table(view).expect("the view"));
        columns.map(|column| format!("{} {}", schema.column_name(column), schema.column_type(column).pg.format())).collect()
    };
    assert_eq!(
        types("v"),
        [
            "a bigint",
            "d numeric(10,2)",
            "x bytea",
            "cast_int bigint",
            "cast_real double precision",
            "cast_text text",
            "cast_num double precision",
            "counted text",
            "summed text",
            "joined text",
            "one text",
            "half text",
        ]
    );
    // SQLite calls columns of mixed parts BLOB, like those that hold blobs: reading them asks for a cast.
    assert_eq!(types("w"), ["a bigint", "b bytea", "c bytea"]);
}

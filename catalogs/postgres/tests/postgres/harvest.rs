//! What is harvested is what the server's own catalogs say.

use serde_json::json;
use spi::connector::Scope;
use spi::metadata::Relation;

use crate::fixture::{Fixture, database, harvest, has_generated_columns, open, options, relation, run, texts, with};

/// A database with an object of every kind.
const OBJECTS: &str = r#"
CREATE SCHEMA crm; CREATE SCHEMA "Mixed Case"; COMMENT ON SCHEMA crm IS 'crm schema';
CREATE TYPE crm.status AS ENUM ('new','paid','void');
CREATE TYPE crm.addr AS (street text, zip varchar(10));
CREATE DOMAIN crm.email AS text CHECK (VALUE ~ '@');
CREATE TABLE crm.customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(100) NOT NULL, email crm.email UNIQUE, created timestamptz DEFAULT now(), meta jsonb, tags text[], balance numeric(12,2) DEFAULT 0 CHECK (balance >= 0), home crm.addr);
COMMENT ON TABLE crm.customers IS 'customer master'; COMMENT ON COLUMN crm.customers.name IS 'full name';
CREATE TABLE crm.orders (id serial, customer_id bigint NOT NULL REFERENCES crm.customers(id) ON DELETE CASCADE, line int NOT NULL, st crm.status DEFAULT 'new', placed date, ts timestamp(3), t time, iv interval, u uuid, b bytea, f8 double precision, f4 real, flag boolean, c char(5), ip inet, PRIMARY KEY (id, line));
CREATE INDEX orders_placed_idx ON crm.orders (placed DESC, lower(c)) WHERE flag;
CREATE TABLE crm.order_items (order_id int, line int, sku text, qty int, CONSTRAINT oi_fk FOREIGN KEY (order_id, line) REFERENCES crm.orders(id, line) DEFERRABLE INITIALLY DEFERRED);
CREATE VIEW crm.paid_orders AS SELECT o.id, o.customer_id FROM crm.orders o WHERE st='paid';
CREATE MATERIALIZED VIEW crm.mv_orders AS SELECT customer_id, count(*) n FROM crm.orders GROUP BY 1;
CREATE TABLE public.t1 (a int PRIMARY KEY, b text COLLATE "C" DEFAULT 'x', g int GENERATED ALWAYS AS (a*2) STORED) WITH (fillfactor = 70);
CREATE TABLE "Mixed Case"."Weird""Tab" ("Col 1" int, gone int, "select" text);
ALTER TABLE "Mixed Case"."Weird""Tab" DROP COLUMN gone;
CREATE TABLE public.part (d date, v int) PARTITION BY RANGE (d);
CREATE TABLE public.part_2024 PARTITION OF public.part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE SEQUENCE crm.seq1;
CREATE FUNCTION crm.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'select a+b';
CREATE PROCEDURE crm.noop(INOUT x int) LANGUAGE plpgsql AS $$ begin x:=x; end $$;
CREATE FUNCTION crm.trg() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$;
CREATE TRIGGER tr BEFORE INSERT ON crm.orders FOR EACH ROW EXECUTE FUNCTION crm.trg();
INSERT INTO crm.customers(name,email) VALUES ('a','a@b.c'),('b','b@c.d');
INSERT INTO crm.orders(customer_id,line,st,placed) VALUES (1,1,'new','2024-01-02');
ANALYZE crm.customers;
"#;

const SHOWN: &str = "IN ('crm', 'public', 'Mixed Case')";

/// What was harvested of a relation is what the server answers.
async fn same(fixture: &Fixture, kind: Relation, columns: &[&str], sql: &str) {
    let harvested = relation(&fixture.harvest().await, kind, columns);
    let mut answer = fixture.answer(sql).await;
    answer.sort();
    assert!(!answer.is_empty(), "{kind:?}");
    assert_eq!(harvested, answer, "{kind:?}");
}

#[tokio::test]
async fn every_object_is_harvested_as_the_server_has_it() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let tables = format!(
        "SELECT ARRAY[n.nspname::text, c.relname, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'p' THEN 'partitioned table' \
         ELSE 'materialized view' END, r.rolname, obj_description(c.oid), CASE c.relname WHEN 'customers' THEN '2' END] \
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_roles r ON r.oid = relowner \
         WHERE nspname {SHOWN} AND relkind IN ('r', 'v', 'p', 'm')"
    );
    same(&fixture, Relation::Tables, &["name", "kind", "owner", "comment", "row_estimate"], &tables).await;
    let views = format!(
        "SELECT ARRAY[schemaname::text, viewname, definition, 'true'] FROM pg_views WHERE schemaname {SHOWN} \
         UNION ALL SELECT ARRAY[schemaname::text, matviewname, definition, 'false'] FROM pg_matviews"
    );
    same(&fixture, Relation::Views, &["definition", "updatable"], &views).await;
    let constraints = format!(
        "SELECT ARRAY[n.nspname::text, c.relname, k.conname, CASE contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' \
         ELSE 'CHECK' END, (SELECT '[' || string_agg(attname, ', ' ORDER BY array_position(conkey, attnum)) || ']' FROM pg_attribute \
         WHERE attrelid = conrelid AND attnum = ANY (conkey)), confrelid::regclass::text, \
         (SELECT '[' || string_agg(attname, ', ' ORDER BY array_position(confkey, attnum)) || ']' FROM pg_attribute \
         WHERE attrelid = confrelid AND attnum = ANY (confkey)), \
         CASE WHEN contype = 'f' THEN CASE confdeltype WHEN 'c' THEN 'CASCADE' ELSE 'NO ACTION' END END, \
         substring(pg_get_constraintdef(k.oid) from '^CHECK \\((.*)\\)$'), condeferrable::text, condeferred::text] \
         FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid JOIN pg_namespace n ON n.oid = relnamespace \
         WHERE contype IN ('p', 'u', 'f', 'c') AND nspname {SHOWN}"
    );
    let constraints = constraints.replace("confrelid::regclass::text", "(SELECT relname FROM pg_class WHERE oid = confrelid)");
    let columns = [
        "name",
        "kind",
        "columns",
        "referenced_table",
        "referenced_columns",
        "on_delete",
        "expression",
        "deferrable",
        "initially_deferred",
    ];
    same(&fixture, Relation::Constraints, &columns, &constraints).await;
    let indexes = format!("SELECT ARRAY[schemaname::text, tablename, indexname, indexdef] FROM pg_indexes WHERE schemaname {SHOWN}");
    same(&fixture, Relation::Indexes, &["name", "definition"], &indexes).await;
    let routines = format!(
        "SELECT ARRAY[routine_schema::text, routine_name, routine_type, lower(external_language)] FROM information_schema.routines \
         WHERE routine_schema {SHOWN}"
    );
    same(&fixture, Relation::Routines, &["name", "kind", "language"], &routines).await;
}

#[tokio::test]
async fn every_column_is_harvested_as_the_server_has_it() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let schemas = fixture.harvest().await;
    let mut harvested = Vec::new();
    for schema in &schemas {
        for table in 0..schema.table_count() {
            for column in schema.columns_of(table) {
                let kind = schema.column_type(column);
                let names = [schema.name.as_str(), schema.table_names().value(table), schema.column_name(column)];
                harvested.push(format!("{}|{}|{}", names.join("|"), kind.native, kind.pg.format()));
            }
        }
    }
    harvested.sort();
    let answer = format!(
        "SELECT ARRAY[nspname::text, relname, attname, format_type(atttypid, atttypmod), \
         CASE WHEN atttypid IN ('crm.status'::regtype, 'crm.addr'::regtype, 'crm.email'::regtype) THEN 'text' \
         WHEN attname = 'ts' THEN 'timestamp without time zone' ELSE format_type(atttypid, atttypmod) END] \
         FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace \
         WHERE nspname {SHOWN} AND relkind IN ('r', 'v', 'p', 'm') AND attnum > 0 AND NOT attisdropped"
    );
    assert_eq!(harvested, fixture.answer(&answer).await);
    let crm = schemas.iter().find(|schema| schema.name == "public").expect("the schema");
    let columns = crm.relation(Relation::Columns);
    let places: Vec<usize> = ["name", "ordinal", "nullable", "default", "generated"]
        .iter()
        .map(|name| columns.schema().index_of(name).expect("a column"))
        .collect();
    let rows = texts(&columns.project(&places).expect("a projection"));
    let generated = has_generated_columns(&*fixture.other.lock().await);
    let generated = if generated { "g|3|true|(a * 2)|stored" } else { "g|3|true|NULL|NULL" };
    for expected in ["a|1|false|NULL|NULL", "b|2|true|'x'::text|NULL", generated] {
        assert!(rows.iter().any(|row| row == expected), "{expected}: {rows:?}");
    }
    let identities = relation(&schemas, Relation::Columns, &["name", "generated", "comment"]);
    assert!(identities.iter().any(|row| row == "crm|id|identity always|NULL"), "{identities:?}");
    assert!(identities.iter().any(|row| row == "crm|name|NULL|full name"), "{identities:?}");
}

#[tokio::test]
async fn types_parameters_partitions_and_options_are_harvested() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let schemas = fixture.harvest().await;
    assert_eq!(
        relation(&schemas, Relation::Types, &["name", "kind", "members"]),
        ["crm|addr|composite|[street text, zip character varying(10)]", "crm|email|domain|[text]", "crm|status|enum|[new, paid, void]"]
    );
    assert_eq!(
        relation(&schemas, Relation::Parameters, &["ordinal", "mode", "name", "default"]),
        ["crm|1|INOUT|x|NULL", "crm|1|IN|a|NULL", "crm|2|IN|b|1"]
    );
    assert_eq!(
        relation(&schemas, Relation::Partitions, &["name", "method", "expression", "description"]),
        ["public|part|part_2024|range|d|FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"]
    );
    assert_eq!(relation(&schemas, Relation::TableOptions, &["name", "value"]), ["public|t1|fillfactor|70"]);
    assert_eq!(
        relation(&schemas, Relation::Routines, &["specific_name", "return_type"]),
        ["crm|add(integer, integer)|integer", "crm|noop(integer)|NULL", "crm|trg()|trigger"]
    );
    let crm = schemas.iter().find(|schema| schema.name == "crm").expect("the schema");
    assert_eq!((crm.owner.as_deref(), crm.comment.as_deref()), (Some(fixture.server.user.as_str()), Some("crm schema")));
    let indexes = relation(&schemas, Relation::Indexes, &["name", "unique", "primary", "method", "columns", "predicate"]);
    assert!(indexes.contains(&"crm|orders|orders_placed_idx|false|false|btree|[placed, lower((c)::text)]|flag".to_owned()), "{indexes:?}");
}

#[tokio::test]
async fn a_scope_covers_its_schema_or_its_table_only() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let scope = Scope { schema: Some("crm".to_owned()), table: None };
    let whole: Vec<_> = fixture.harvest().await.into_iter().filter(|schema| schema.name == "crm").collect();
    assert_eq!(harvest(&*fixture.connector, &scope).await.expect("a harvest"), whole);
    let scope = Scope { schema: Some("crm".to_owned()), table: Some("orders".to_owned()) };
    let table = harvest(&*fixture.connector, &scope).await.expect("a harvest");
    assert_eq!(relation(&table, Relation::Tables, &["name"]), ["crm|orders"]);
    assert_eq!(table[0].column_count(), 15);
    assert_eq!(relation(&table, Relation::Constraints, &["kind"]), ["crm|orders|FOREIGN KEY", "crm|orders|PRIMARY KEY"]);
}

#[tokio::test]
async fn schemas_are_included_and_excluded_by_name() {
    let Some(fixture) = database(OBJECTS).await else { return };
    for (more, expected) in [
        (json!({"schemas": ["crm", "public"]}), &["crm", "public"][..]),
        (json!({"exclude_schemas": ["public"]}), &["Mixed Case", "crm"]),
        (json!({"schemas": ["crm"], "exclude_schemas": ["crm"]}), &[]),
    ] {
        let connector = open(with(options(fixture.server, &fixture.name), more)).await.expect("a connector");
        let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
        assert_eq!(schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn what_the_login_may_not_read_is_absent() {
    let Some(fixture) = database(OBJECTS).await else { return };
    let role = &fixture.name;
    let mut admin = crate::fixture::login(fixture.server, &fixture.name).await;
    let grants = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA crm TO {role}; GRANT SELECT ON crm.orders TO {role}; \
         GRANT SELECT (id, name) ON crm.customers TO {role}; REVOKE EXECUTE ON FUNCTION crm.add FROM PUBLIC; GRANT SELECT ON public.t1 TO {role}; \
         REVOKE USAGE ON SCHEMA public FROM PUBLIC"
    );
    run(&mut admin, &grants).await;
    let connector = open(with(options(fixture.server, role), json!({"user": role, "password": "secret"}))).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    assert_eq!(relation(&schemas, Relation::Tables, &["name"]), ["crm|customers", "crm|orders"]);
    assert_eq!(schemas[0].columns_of(0).map(|column| schemas[0].column_name(column)).collect::<Vec<_>>(), ["id", "name"]);
    assert_eq!(relation(&schemas, Relation::Routines, &["name"]), ["crm|noop", "crm|trg"]);
}

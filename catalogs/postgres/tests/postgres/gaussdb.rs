//! The statements for openGauss's catalogs say of a PostgreSQL database what the others say, as far as both can.
//!
//! PostgreSQL has all that they ask for but the list of partitions: a stand-in with that table's columns is made for the test.

use catalog_postgres::{Gaussdb, Postgresql};
use spi::connector::{Capabilities, ConnectorKind, Scope};
use spi::metadata::Relation;
use spi::predicate::Predicate;

use crate::fixture::{Fixture, harvest, has_generated_columns, login, new_database, open_as, options, relation, run};
use crate::server;

/// Everything that both kinds harvest.
const OBJECTS: &str = r#"
CREATE SCHEMA crm; CREATE SCHEMA sys; COMMENT ON SCHEMA crm IS 'crm schema';
CREATE TYPE crm.status AS ENUM ('new', 'paid');
CREATE TYPE crm.addr AS (street text, zip varchar(10));
CREATE TABLE crm.customers (id bigserial PRIMARY KEY, name varchar(100) COLLATE "C" NOT NULL,
    balance numeric(12,2) DEFAULT 0 CHECK (balance >= 0), st crm.status);
CREATE TABLE crm.orders (id int, line int, placed date,
    customer_id bigint CONSTRAINT of_customer REFERENCES crm.customers ON DELETE CASCADE, PRIMARY KEY (line, id));
CREATE INDEX orders_idx ON crm.orders (placed DESC, abs(line)) INCLUDE (id) WHERE line > 0;
COMMENT ON TABLE crm.orders IS 'all of them'; COMMENT ON COLUMN crm.orders.id IS 'with its line';
COMMENT ON CONSTRAINT of_customer ON crm.orders IS 'whose'; COMMENT ON INDEX crm.orders_idx IS 'newest first';
CREATE TABLE crm.visits (during tsrange, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&));
CREATE VIEW crm.paid AS SELECT id FROM crm.customers WHERE st = 'paid';
CREATE MATERIALIZED VIEW crm.kept AS SELECT id FROM crm.customers;
CREATE FUNCTION crm.add(a int, VARIADIC b int[] DEFAULT '{1}') RETURNS int LANGUAGE sql AS 'select a';
CREATE PROCEDURE crm.noop(INOUT x int) LANGUAGE plpgsql AS $$ BEGIN x := x; END $$;
CREATE FUNCTION crm.trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER tr BEFORE UPDATE OF placed, line ON crm.orders FOR EACH ROW WHEN (new.line > 1) EXECUTE FUNCTION crm.trg();
CREATE SEQUENCE crm.down INCREMENT -3 MINVALUE -30 MAXVALUE 30 START 20 CYCLE;
INSERT INTO crm.customers (name, st) VALUES ('', 'new'), ('b', 'paid');
"#;

/// Two ranges of `crm.orders` by its column `placed`.
const PARTITIONS: &str = r#"
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_partition (relname name, parttype "char", parentid oid, partstrategy "char", relpages float8, reltuples float8,
    partkey int2vector, boundaries text[]);
GRANT SELECT ON pg_catalog.pg_partition TO PUBLIC;
INSERT INTO pg_catalog.pg_partition SELECT name, type::"char", 'crm.orders'::regclass, 'r'::"char", pages, 10 * pages,
    key::int2vector, bounds::text[]
    FROM (VALUES ('orders', 'r', 0, '3 2', NULL), ('p1', 'p', 2, NULL, '{2024-01-01,5}'), ('rest', 'p', 0, NULL, '{NULL,NULL}'))
    AS v(name, type, pages, key, bounds);
"#;

/// A database that looks like one of openGauss.
async fn database() -> Option<Fixture> {
    let server = server::shared_own()?;
    let name = new_database(server, OBJECTS).await;
    let mut connection = login(server, &name).await;
    if !has_generated_columns(&connection) {
        eprintln!("skipped: before version 12 nobody can add a catalog");
        return None;
    }
    run(&mut connection, PARTITIONS).await;
    let connector = open_as(&Gaussdb, options(server, &name)).await.expect("a connector");
    Some(Fixture { connector, ..Fixture::new(server, name).await })
}

#[tokio::test]
async fn the_old_statements_say_what_the_others_say() {
    let Some(fixture) = database().await else { return };
    let recent = open_as(&Postgresql, options(fixture.server, &fixture.name)).await.expect("a connector");
    let mut expected = harvest(&*recent, &Scope::default()).await.expect("a harvest");
    expected.retain(|schema| schema.name != "sys");
    let found = fixture.harvest().await;
    for (kind, columns) in [
        (Relation::Tables, &["name", "owner", "comment", "row_estimate", "size_bytes"][..]),
        (Relation::Columns, &["name", "ordinal", "type", "nullable", "default", "generated", "collation", "comment"]),
        (Relation::Views, &["definition"]),
        (
            Relation::Constraints,
            &["name", "kind", "columns", "referenced_table", "referenced_columns", "on_delete", "expression", "comment"],
        ),
        (Relation::Indexes, &["name", "unique", "primary", "method", "columns", "predicate", "definition", "comment"]),
        (Relation::Routines, &["name", "specific_name", "kind", "language", "return_type", "comment"]),
        (Relation::Parameters, &["ordinal", "mode", "name", "type"]),
        (Relation::Types, &["name", "kind", "members", "comment"]),
        (Relation::Triggers, &["name", "timing", "events", "columns", "for_each_row", "condition", "action", "enabled", "comment"]),
        (
            Relation::Sequences,
            &["name", "owner", "type", "start", "minimum", "maximum", "increment", "cycle", "owner_table", "owner_column"],
        ),
    ] {
        let rows = relation(&found, kind, columns);
        assert!(!rows.is_empty(), "{kind:?}");
        assert_eq!(rows, relation(&expected, kind, columns), "{kind:?}");
    }
    assert_eq!(
        relation(&found, Relation::Partitions, &["name", "method", "expression", "description", "row_estimate", "size_bytes"]),
        [
            "crm|orders|p1|range|placed, line|VALUES LESS THAN (2024-01-01, 5)|20|16384",
            "crm|orders|rest|range|placed, line|VALUES LESS THAN (MAXVALUE, MAXVALUE)|NULL|NULL"
        ]
    );
    let kinds = relation(&found, Relation::Tables, &["name", "kind"]);
    assert!(kinds.contains(&"crm|orders|partitioned table".to_owned()) && kinds.contains(&"crm|visits|table".to_owned()), "{kinds:?}");
    assert!(relation(&found, Relation::Routines, &["name", "definition"]).contains(&"crm|add|select a".to_owned()));
    let scope = Scope { schema: Some("crm".to_owned()), table: Some("orders".to_owned()) };
    let table = harvest(&*fixture.connector, &scope).await.expect("a harvest");
    assert_eq!(relation(&table, Relation::Tables, &["name"]), ["crm|orders"]);
    assert_eq!(table[0].relation(Relation::Partitions).num_rows(), 2);
}

/// An empty text is a null there, and so nothing that compares, joins or adds up is left to the server.
#[tokio::test]
async fn nothing_but_whole_columns_is_asked_for() {
    let Some(fixture) = database().await else { return };
    assert_eq!(Gaussdb::CAPABILITIES, Capabilities::NONE);
    assert!(fixture.connector.dialect().is_none() && fixture.connector.is_read_only());
    assert!(!fixture.connector.applies(&Predicate::IsNotNull { column: "name".to_owned() }));
    assert_eq!(fixture.connector.fingerprint().await.expect("an answer"), None);
    let request = fixture.request("crm", "customers").await;
    assert_eq!(fixture.rows(request).await.expect("rows"), ["1||0.00|new", "2|b|0.00|paid"]);
}

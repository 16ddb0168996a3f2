//! The connector against a real server, where there is one.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use spi::connector::{Connector, ReadRequest, Scope};
use spi::metadata::Relation;
use spi::predicate::{Comparison, Predicate, Value as Constant};

use crate::fixture::{harvest, open, rows, stream, texts, with};

/// The options of a data source on a new database of the real server that the statements fill; `None` where there is none.
async fn database(statements: &[&str]) -> Option<Value> {
    let Ok(named) = std::env::var("METAGATE_TEST_SQLSERVER") else {
        println!("skipped: METAGATE_TEST_SQLSERVER does not name a server as host:port:user:password");
        return None;
    };
    let [host, port, user, password] = named.splitn(4, ':').collect::<Vec<_>>()[..] else {
        panic!("METAGATE_TEST_SQLSERVER must be host:port:user:password");
    };
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("metagate_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let port: u16 = port.parse().expect("a port");
    let options = json!({"host": host, "port": port, "database": "master", "user": user, "password": password,
        "trust_server_certificate": true, "read_only": false});
    let master = open(options.clone()).await.expect("a connector");
    master.execute(&format!("CREATE DATABASE {name} COLLATE Latin1_General_CI_AS"), "test").await.expect("a database");
    let options = with(options, json!({"database": name}));
    let connector = open(options.clone()).await.expect("a connector");
    for statement in statements {
        connector.execute(statement, "test").await.expect(statement);
    }
    Some(options)
}

async fn request(connector: &dyn Connector, table: &str) -> ReadRequest {
    let schemas = harvest(connector, &Scope::default()).await.expect("a harvest");
    let metadata = schemas.iter().find(|found| found.name == "dbo").expect("the schema");
    let columns = metadata.arrow_fields(metadata.table(table).expect("the table"));
    let (schema, table) = ("dbo".to_owned(), table.to_owned());
    ReadRequest { schema, table, columns, user: "test".to_owned(), ..ReadRequest::default() }
}

#[tokio::test]
async fn a_connection_passes_every_stage() {
    let Some(options) = database(&[]).await else { return };
    let stages = open(options).await.expect("a connector").test().await;
    assert!(stages.iter().all(|stage| stage.outcome.is_ok()) && stages.len() == 5, "{stages:?}");
}

#[tokio::test]
async fn values_are_read_as_they_are() {
    let table = "CREATE TABLE t (a int IDENTITY PRIMARY KEY, money money, name varchar(9), id uniqueidentifier, at datetime, \
                 fine datetime2, zoned datetimeoffset(0), variant sql_variant, path hierarchyid, place geometry, doc xml)";
    let row = "INSERT INTO t (money, name, id, at, fine, zoned, variant, path, place, doc) VALUES (922337203685477.5807, 'é ', \
               '6F9619FF-8B86-D011-B42D-00C04FC964FF', '2024-02-29T12:00:00.003', '2024-02-29T12:00:00.1234567', \
               '2024-02-29T12:00:00+02:00', CONVERT(float, 0.1), '/1/2/', geometry::Point(1, 2, 0), '<a/>')";
    let Some(options) = database(&[table, row]).await else { return };
    let connector = open(options).await.expect("a connector");
    let found = rows(stream(&*connector, request(&*connector, "t").await).await).await.expect("rows");
    assert_eq!(
        found,
        ["1|922337203685477.5807|é |6f9619ff-8b86-d011-b42d-00c04fc964ff|2024-02-29T12:00:00.003|2024-02-29T12:00:00.123456700|\
         2024-02-29T10:00:00Z|0.10000000000000001|/1/2/|0101000000000000000000f03f0000000000000040|<a/>"]
    );
}

#[tokio::test]
async fn text_is_equal_with_its_case_and_its_blanks() {
    let row = "INSERT INTO t VALUES (N'a', 'a'), (N'A', 'A'), (N'a ', 'a '), (N'ä', 'ä')";
    let Some(options) = database(&["CREATE TABLE t (n nvarchar(9), v varchar(9))", row]).await else { return };
    let connector = open(options).await.expect("a connector");
    for column in ["n", "v"] {
        for (comparison, constant, expected) in [
            (Comparison::Equal, "a", vec!["a|a"]),
            (Comparison::Equal, "a ", vec!["a |a "]),
            (Comparison::NotEqual, "a", vec!["A|A", "a |a ", "ä|ä"]),
        ] {
            let mut wanted = request(&*connector, "t").await;
            let value = Constant::Text(constant.to_owned());
            wanted.predicates = vec![Predicate::Compare { column: column.to_owned(), comparison, value }];
            assert_eq!(rows(stream(&*connector, wanted).await).await.expect("rows"), expected, "{column} {comparison:?}");
        }
    }
}

#[tokio::test]
async fn metadata_is_that_of_the_catalogs() {
    let statements = [
        "CREATE SCHEMA sales",
        "CREATE TYPE sales.Phone FROM nvarchar(20)",
        "CREATE TABLE sales.customers (id int CONSTRAINT pk_customers PRIMARY KEY, phone sales.Phone)",
        "CREATE TABLE sales.orders (id int IDENTITY, customer int CONSTRAINT fk REFERENCES sales.customers ON DELETE CASCADE, \
         total decimal(12,2) CONSTRAINT positive CHECK (total > 0))",
        "CREATE INDEX by_total ON sales.orders (total) WHERE total > 10",
        "CREATE VIEW sales.latest AS SELECT TOP (1) id FROM sales.orders ORDER BY id DESC",
        "CREATE SEQUENCE sales.numbers AS bigint START WITH 5",
        "CREATE PROCEDURE sales.p @a int AS SELECT @a",
        "CREATE TRIGGER sales.changed ON sales.orders AFTER INSERT, DELETE AS RETURN",
        "EXEC sp_addextendedproperty 'MS_Description', 'one a day', 'SCHEMA', 'sales', 'TABLE', 'orders'",
    ];
    let Some(options) = database(&statements).await else { return };
    let connector = open(options).await.expect("a connector");
    let before = connector.fingerprint().await.expect("a fingerprint");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    let sales = schemas.iter().find(|schema| schema.name == "sales").expect("the schema");
    let names = |relation| {
        let batch = sales.relation(relation);
        let place = batch.schema().index_of("name").expect("names");
        texts(&batch.project(&[place]).expect("a projection"))
    };
    assert_eq!(names(Relation::Tables), ["customers", "latest", "orders"]);
    assert_eq!(names(Relation::Constraints), ["pk_customers", "fk", "positive"]);
    assert_eq!(
        (names(Relation::Indexes), names(Relation::Triggers)),
        (vec!["pk_customers".to_owned(), "by_total".to_owned()], vec!["changed".to_owned()])
    );
    assert_eq!((names(Relation::Sequences), names(Relation::Routines)), (vec!["numbers".to_owned()], vec!["p".to_owned()]));
    assert_eq!(connector.fingerprint().await.expect("a fingerprint"), before);
    connector.execute("ALTER TABLE sales.orders ADD comment nvarchar(9)", "test").await.expect("a column");
    assert_ne!(connector.fingerprint().await.expect("a fingerprint"), before);
}

//! Metadata as the metastore has it.

use std::sync::Arc;

use arrow::array::Array;
use hive_metastore::{AddForeignKeyRequest, AddPrimaryKeyRequest, SqlForeignKey, SqlPrimaryKey};
use libtest_mimic::Trial;
use pilota::FastStr;
use serde_json::json;
use spi::connector::Scope;
use spi::metadata::Relation;

use crate::fixture::*;
use crate::server::Server;
use crate::{Shared, trials as trials_of};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    [
        trials_of(shared, "tables_and_columns_are_listed", tables_and_columns),
        trials_of(shared, "partitions_are_listed", partitions),
        trials_of(shared, "keys_are_listed", keys),
        trials_of(shared, "views_have_their_text", views),
        trials_of(shared, "calls_do_not_grow_with_tables", calls),
        trials_of(shared, "changes_are_noticed_at_once", changes),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn tables_and_columns(server: &Server) {
    let folder = database(server, "listed").await;
    let columns = ["id bigint", "name varchar(20)", "tags array<string>", "at struct<x:double,y:double>"];
    let mut orders = table(&folder, "listed", "orders", SEQUENCE, &columns, &["day date"]);
    for (name, value) in [("comment", "All orders"), ("numRows", "42"), ("totalSize", "4200"), ("jdbc.password", "hush")] {
        set(&mut orders, name, value);
    }
    create(server, &orders).await;
    let schema = source(server).await.harvest("listed").await;
    assert_eq!((schema.owner.as_deref(), schema.comment.as_deref()), (Some("ann"), Some("made by a test")));
    assert_eq!(
        columns_of(&schema, "orders"),
        [
            "id bigint bigint",
            "name character varying(20) varchar(20)",
            "tags text[] array<string>",
            "at jsonb struct<x:double,y:double>",
            "day date date"
        ]
    );
    let tables = lines(schema.relation(Relation::Tables)).join("\n");
    for expected in ["|orders|partitioned table|", "|ann|All orders|42|4200"] {
        assert!(tables.contains(expected), "{tables}");
    }
    let options = relation(&schema, Relation::TableOptions, "orders").join("\n");
    for expected in
        ["|format|sequencefile", "|unreadable|Its format is sequencefile, and only parquet, orc, avro, json, csv and text are read."]
    {
        assert!(options.contains(expected), "{options}");
    }
    assert!(!options.contains("hush"), "{options}");
}

async fn partitions(server: &Server) {
    let folder = database(server, "parted").await;
    let events = table(&folder, "parted", "events", TEXT, &["n int"], &["day string", "hour int"]);
    create(server, &events).await;
    add_partitions(server, &events, &[vec!["2024-01-01", "1"], vec!["2024-01-01", "2"]]).await;
    let source = source(server).await;
    let rows = relation(&source.harvest("parted").await, Relation::Partitions, "events");
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|row| row.contains("day=2024-01-01/hour=2") && row.ends_with("|7|70")), "{rows:?}");
    let without = source_with(server, json!({"partitions": false})).await;
    assert!(relation(&without.harvest("parted").await, Relation::Partitions, "events").is_empty());
}

async fn keys(server: &Server) {
    let folder = database(server, "keyed").await;
    create(server, &table(&folder, "keyed", "parents", TEXT, &["a int", "b int"], &[])).await;
    create(server, &table(&folder, "keyed", "children", TEXT, &["x int", "y int"], &[])).await;
    let text = |text: &str| Some(FastStr::new(text));
    let primary = |column, place| SqlPrimaryKey {
        table_db: text("keyed"),
        table_name: text("parents"),
        column_name: text(column),
        key_seq: Some(place),
        pk_name: text("parents_pk"),
        enable_cstr: Some(false),
        validate_cstr: Some(false),
        rely_cstr: Some(false),
    };
    done(server.client().add_primary_key(AddPrimaryKeyRequest { primary_key_cols: vec![primary("b", 1), primary("a", 2)] }).await);
    let foreign = |column, referenced, place| SqlForeignKey {
        pktable_db: text("keyed"),
        pktable_name: text("parents"),
        pkcolumn_name: text(referenced),
        fktable_db: text("keyed"),
        fktable_name: text("children"),
        fkcolumn_name: text(column),
        key_seq: Some(place),
        update_rule: Some(0),
        delete_rule: Some(0),
        fk_name: text("children_fk"),
        pk_name: text("parents_pk"),
        enable_cstr: Some(false),
        validate_cstr: Some(false),
        rely_cstr: Some(false),
    };
    done(
        server.client().add_foreign_key(AddForeignKeyRequest { foreign_key_cols: vec![foreign("x", "b", 1), foreign("y", "a", 2)] }).await,
    );
    for options in [json!({}), json!({"primary_keys_max": 0})] {
        let schema = source_with(server, options).await.harvest("keyed").await;
        let parents = relation(&schema, Relation::Constraints, "parents").join("\n");
        let children = relation(&schema, Relation::Constraints, "children").join("\n");
        assert!(parents.contains("parents_pk|PRIMARY KEY|[b, a]"), "{parents}");
        assert!(children.contains("children_fk|FOREIGN KEY|[x, y]|keyed|parents|[b, a]"), "{children}");
    }
}

async fn views(server: &Server) {
    database(server, "viewed").await;
    create_view(server, "viewed", "v", &["n int"], "select `t`.`n` from `viewed`.`t`").await;
    create_view(server, "viewed", "own", &["n int"], "select `t`.`n` / 2 from `viewed`.`t`").await;
    let source = source(server).await;
    let schema = source.harvest("viewed").await;
    let text = relation(&schema, Relation::Views, "v");
    assert!(text[0].contains("select `t`.`n` from `viewed`.`t`"), "{text:?}");
    let query = |view: &str| schema.view_query(schema.table(view).expect("a view"));
    assert_eq!((query("v"), query("own")), (Some(r#"SELECT "t"."n" FROM "viewed"."t""#), None));
    let error = source.rows(source.request("viewed", "own").await).await.expect_err("no rows");
    let why = "It is a view whose query is not run here. It has the operator /, which Hive may take otherwise.";
    assert_eq!(error.detail.as_deref(), Some(why));
}

async fn calls(server: &Server) {
    let folder = database(server, "many").await;
    let parted = table(&folder, "many", "parted", PARQUET, &["x int"], &["n int"]);
    create(server, &parted).await;
    let count = async || {
        let source = source(server).await;
        let schema = source.harvest_of(Scope { schema: Some("many".to_owned()), table: None }).await;
        (schema.table_names().len(), relation(&schema, Relation::Partitions, "parted").len(), source.remote_calls.total())
    };
    // The questions for primary keys are limited, too.
    let client = server.client();
    let create = async |number: usize| {
        done(client.create_table(table(&folder, "many", &format!("t{number}"), TEXT, &["n int"], &[])).await);
    };
    for number in 0..40 {
        create(number).await;
    }
    let (_, _, before) = count().await;
    for number in 40..500 {
        create(number).await;
    }
    let numbers: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    add_partitions(server, &parted, &numbers.iter().map(|number| vec![number.as_str()]).collect::<Vec<_>>()).await;
    let (tables, partitions, calls) = count().await;
    assert_eq!((tables, partitions), (501, 1000));
    // Two more: so many partitions are listed by their names first. Connections and logins are counted as well.
    assert_eq!(calls, before + 2);
    assert!(calls <= 20, "{calls} calls");
}

async fn changes(server: &Server) {
    let folder = database(server, "changing").await;
    let source = source(server).await;
    let fingerprint = async || source.connector.fingerprint().await.expect("an answer");
    let first = fingerprint().await;
    assert_eq!(first.is_some(), server.announces_changes());
    // A connection, a login and a question; then a question.
    assert_eq!(source.remote_calls.total(), 3);
    assert_eq!(fingerprint().await, first);
    assert_eq!(source.remote_calls.total(), 4);
    if server.announces_changes() {
        create(server, &table(&folder, "changing", "new", TEXT, &["n int"], &[])).await;
        assert_ne!(fingerprint().await, first);
    }
}

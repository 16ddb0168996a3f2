//! Roles see and read what they were granted, and nothing else.

use libtest_mimic::{Failed, Trial};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::fault::{gateway_with_shop, state};
use crate::gateway::Gateway;
use crate::shop;

pub fn trials() -> Vec<Trial> {
    vec![
        crate::trial("roles::a_role_sees_what_it_was_granted".to_owned(), a_role_sees_what_it_was_granted),
        crate::trial("roles::nothing_of_a_hidden_source_shows".to_owned(), nothing_of_a_hidden_source_shows),
    ]
}

async fn a_role_sees_what_it_was_granted() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let admin = gateway.connect("metagate").await;
    admin.batch_execute("CREATE ROLE ana LOGIN PASSWORD 'correct horse'; GRANT USAGE ON FOREIGN SERVER shop TO ana").await?;

    assert_eq!(catalogs(&gateway).await?, ["shop"]);
    let ana = gateway.connect_as("ana", "correct horse", "metagate").await?;
    assert_eq!(ana.query("SELECT * FROM shop.main.orders", &[]).await?.len(), 5);
    assert_eq!(ana.query("SELECT name FROM admin.data_sources", &[]).await?.len(), 1);
    for (statement, expected) in [
        ("SELECT * FROM sample.public.orders", "3D000"),
        ("CALL pause_datasource('shop')", "42501"),
        ("CALL create_datasource('mine', 'files', '{\"path\": \"/tmp\"}')", "42501"),
        ("CREATE ROLE eva", "42501"),
        ("GRANT USAGE ON FOREIGN SERVER sample TO ana", "42501"),
    ] {
        let Err(error) = ana.simple_query(statement).await else { return Err(format!("{statement} was allowed").into()) };
        assert_eq!(state(&error), expected, "{statement}: {error}");
    }
    let Err(error) = gateway.connect_as("ana", "correct horse", "sample").await else { return Err("a hidden database".into()) };
    assert_eq!(state(&error), "3D000");

    admin.batch_execute("REVOKE USAGE ON FOREIGN SERVER shop FROM ana").await?;
    assert!(catalogs(&gateway).await?.is_empty());
    let Err(error) = ana.simple_query("SELECT * FROM shop.main.orders").await else { return Err("a revoked source was read".into()) };
    assert_eq!(state(&error), "3D000");
    admin.batch_execute("DROP ROLE ana").await?;
    assert!(gateway.connect_as("ana", "correct horse", "metagate").await.is_err());
    Ok(())
}

/// Every object of the hidden source has this word in its name.
const MARK: &str = "zebra";

const HIDDEN: &str = "
CREATE TABLE zebra_parents (zebra_id INTEGER PRIMARY KEY, zebra_name TEXT DEFAULT 'zebra' CHECK (zebra_name <> 'zebra2'));
CREATE TABLE zebra_children (id INTEGER PRIMARY KEY, zebra_parent INTEGER REFERENCES zebra_parents (zebra_id));
CREATE UNIQUE INDEX zebra_index ON zebra_children (zebra_parent);
CREATE VIEW zebra_view AS SELECT zebra_name FROM zebra_parents;
CREATE TRIGGER zebra_trigger AFTER INSERT ON zebra_children BEGIN DELETE FROM zebra_parents; END;
";

/// No relation of any catalog tells a role of what it may not see.
async fn nothing_of_a_hidden_source_shows() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let admin = gateway.connect("metagate").await;
    let path = gateway.folder().join("hidden.db");
    shop::execute(&path, HIDDEN).await;
    let create = format!("CALL create_datasource('{MARK}', 'sqlite', '{{\"path\": \"{}\"}}')", path.display());
    for statement in [
        create.as_str(),
        "CALL comment_datasource('zebra', 'all about the zebra')",
        "CREATE ROLE ana LOGIN PASSWORD 'ana'; GRANT USAGE ON FOREIGN SERVER shop TO ana; CREATE ROLE eva LOGIN PASSWORD 'eva'",
        "PREPARE zebra AS SELECT 1",
    ] {
        admin.simple_query(statement).await?;
    }
    // What a session did last is told of it as long as it does nothing else.
    let other = gateway.connect(MARK).await;
    other.simple_query("SELECT * FROM zebra_parents").await?;

    let seen = relations_with(&other, MARK).await?;
    assert!(seen.len() >= 20, "an administrator sees it in {seen:?} only");
    let seen = relations_with(&admin, MARK).await?;
    assert!(seen.len() >= 20, "an administrator sees it from outside in {seen:?} only");
    for (role, database, word) in
        [("ana", "shop", MARK), ("ana", "metagate", MARK), ("eva", "metagate", MARK), ("eva", "metagate", "order_lines")]
    {
        let client = gateway.connect_as(role, role, database).await?;
        let seen = relations_with(&client, word).await?;
        assert!(seen.is_empty(), "{role} sees {word} from {database} in {seen:?}");
    }
    let ana = gateway.connect_as("ana", "ana", "shop").await?;
    assert!(!relations_with(&ana, "order_lines").await?.is_empty());
    Ok(())
}

/// The relations of the catalogs that say a word somewhere.
async fn relations_with(client: &Client, word: &str) -> Result<Vec<String>, Failed> {
    let relations = "SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'v') AND nspname IN ('pg_catalog', 'information_schema', 'admin', 'metadata', 'cluster') ORDER BY 1";
    let mut found = Vec::new();
    for relation in client.query(relations, &[]).await? {
        let relation: String = relation.get(0);
        let messages = client.simple_query(&format!("SELECT * FROM {relation}")).await.map_err(|error| format!("{relation}: {error}"))?;
        let says = |row: &SimpleQueryRow| (0..row.len()).any(|column| row.get(column).is_some_and(|value| value.contains(word)));
        if messages.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if says(row))) {
            found.push(relation);
        }
    }
    Ok(found)
}

/// The data sources whose tables the role sees.
async fn catalogs(gateway: &Gateway) -> Result<Vec<String>, Failed> {
    let ana = gateway.connect_as("ana", "correct horse", "metagate").await?;
    let statement = "SELECT DISTINCT table_catalog FROM information_schema.tables WHERE table_catalog <> 'metagate' ORDER BY 1";
    Ok(ana.query(statement, &[]).await?.iter().map(|row| row.get(0)).collect())
}

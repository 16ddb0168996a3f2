//! A whole server as one registered data source: each of its databases is a database of the gateway.

use libtest_mimic::Failed;
use serde_json::json;

use super::servers::{PostgreSql, register, rows};
use crate::gateway::Gateway;

pub async fn each_database_of_a_server_is_a_database_of_the_gateway() -> Result<(), Failed> {
    let (crm, web) = (PostgreSql::create("members_crm").await, PostgreSql::create("members_web").await);
    crm.client.batch_execute("CREATE TABLE customers (id int, name text); INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob')").await?;
    web.client.batch_execute("CREATE TABLE visits (customer int); INSERT INTO visits VALUES (1), (1), (2)").await?;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    let mut options = crm.options();
    let all = options.as_object_mut().expect("an object");
    all.remove("database");
    all.insert("databases".to_owned(), json!("*"));
    register(&client, "pg", "postgresql", &options).await;

    let members = "SELECT name, member_of, state FROM admin.data_sources WHERE name LIKE 'pg_members_%' AND dropped_at IS NULL ORDER BY 1";
    assert_eq!(rows(&client, members).await?, ["pg_members_crm|pg|published", "pg_members_web|pg|published"]);
    let joined = "SELECT c.name, count(*) FROM pg_members_crm.public.customers c JOIN pg_members_web.public.visits v ON v.customer = c.id \
                  GROUP BY 1 ORDER BY 1";
    assert_eq!(rows(&client, joined).await?, ["Ada|2", "Bob|1"]);
    let inside = gateway.connect("pg_members_web").await;
    assert_eq!(rows(&inside, "SELECT count(*) FROM visits").await?, ["3"]);
    let alone = rows(&client, "CALL drop_datasource('pg_members_web')").await.expect_err("a database of a server");
    assert_eq!(alone, "55000: data source \"pg_members_web\" is a database of data source \"pg\"");

    let new = PostgreSql::create("members_new").await;
    new.client.batch_execute("CREATE TABLE t (id int); INSERT INTO t VALUES (7)").await?;
    rows(&client, "CALL refresh_metadata('pg')").await?;
    assert_eq!(rows(&client, "SELECT id FROM pg_members_new.public.t").await?, ["7"]);
    rows(&gateway.connect("pg_members_new").await, "SELECT id FROM t").await?;

    crm.client.batch_execute("DROP DATABASE members_new WITH (FORCE)").await?;
    rows(&client, "CALL refresh_metadata('pg')").await?;
    assert_eq!(rows(&client, members).await?, ["pg_members_crm|pg|published", "pg_members_web|pg|published"]);
    let gone = rows(&client, "SELECT id FROM pg_members_new.public.t").await.expect_err("a database that is gone");
    assert!(gone.starts_with("42P01") || gone.starts_with("3D000"), "{gone}");

    rows(&client, "CALL drop_datasource('pg')").await?;
    assert_eq!(rows(&client, members).await?, Vec::<String>::new());
    Ok(())
}

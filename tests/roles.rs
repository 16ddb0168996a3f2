//! Roles see and read what they were granted, and nothing else.

use libtest_mimic::{Failed, Trial};

use crate::fault::{gateway_with_shop, state};
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![crate::trial("roles::a_role_sees_what_it_was_granted".to_owned(), a_role_sees_what_it_was_granted)]
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

/// The data sources whose tables the role sees.
async fn catalogs(gateway: &Gateway) -> Result<Vec<String>, Failed> {
    let ana = gateway.connect_as("ana", "correct horse", "metagate").await?;
    let statement = "SELECT DISTINCT table_catalog FROM information_schema.tables WHERE table_catalog <> 'metagate' ORDER BY 1";
    Ok(ana.query(statement, &[]).await?.iter().map(|row| row.get(0)).collect())
}

//! Many clients change one source at the same time: no update is lost, and each conflict is named.

use futures::future::try_join_all;
use libtest_mimic::{Failed, Trial};

use super::{gateway_with_shop, state, trial};

const CLIENTS: usize = 16;
const ALTERATIONS: usize = 4;

pub fn trials() -> Vec<Trial> {
    vec![trial("concurrency::sixteen_clients_alter_one_source", sixteen_clients_alter_one_source)]
}

/// Each client alters the version that it has read, and reads again when somebody was quicker.
async fn sixteen_clients_alter_one_source() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let alterations = (0..CLIENTS).map(|number| {
        let gateway = &gateway;
        async move {
            let client = gateway.connect("metagate").await;
            let mut conflicts = 0;
            for alteration in 0..ALTERATIONS {
                loop {
                    let row = client.query_one("SELECT current_version FROM admin.data_sources WHERE name = 'shop'", &[]).await?;
                    let version: i64 = row.get(0);
                    let timeout = 1_000 + number * ALTERATIONS + alteration;
                    let statement =
                        format!("CALL alter_datasource('shop', '{{\"busy_timeout_ms\": {timeout}}}', expected_version => {version})");
                    match client.simple_query(&statement).await {
                        Ok(_) => break,
                        Err(error) if state(&error) == "40001" => conflicts += 1,
                        Err(error) => return Err(error),
                    }
                }
            }
            Ok(conflicts)
        }
    });
    let conflicts: usize = try_join_all(alterations).await?.into_iter().sum();
    let client = gateway.connect("metagate").await;
    let row = client
        .query_one(
            "SELECT count(*), max(version), count(DISTINCT options::text) FROM admin.data_source_versions WHERE data_source = 'shop'",
            &[],
        )
        .await?;
    let versions = (1 + CLIENTS * ALTERATIONS) as i64;
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (versions, versions, versions));
    assert!(conflicts > 0, "sixteen clients never met");
    Ok(())
}

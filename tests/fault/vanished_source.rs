//! A source whose file has vanished: its metadata is still served, nothing else is affected, and reading it says what happened.

use libtest_mimic::{Failed, Trial};

use super::{gateway_with_shop, state, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("vanished_source", vanished_source)]
}

async fn vanished_source() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let client = gateway.connect("metagate").await;
    let observed = "SELECT count(*), max(observed_at)::text FROM information_schema.tables WHERE table_catalog = 'shop'";
    let before = client.query_one(observed, &[]).await?;
    std::fs::rename(gateway.folder().join("shop.db"), gateway.folder().join("gone.db"))?;

    let Err(error) = client.simple_query("SELECT * FROM shop.main.orders").await else { return Err("rows of a vanished file".into()) };
    assert!(["58030", "08001"].contains(&state(&error)), "{error}");
    let message = error.as_db_error().ok_or("no answer")?.message().to_owned();
    assert!(message.contains("\"shop\""), "{message}");

    let Err(error) = client.simple_query("CALL refresh_metadata('shop')").await else { return Err("a refresh of a vanished file".into()) };
    assert!(["58030", "08001"].contains(&state(&error)), "{error}");
    let after = client.query_one(observed, &[]).await?;
    assert_eq!(after.get::<_, i64>(0), 4);
    assert_eq!(before.get::<_, Option<String>>(1), after.get::<_, Option<String>>(1), "the last good look still counts");
    let freshness = client.query_one("SELECT last_error FROM metadata.freshness WHERE data_source = 'shop'", &[]).await?;
    assert!(freshness.get::<_, Option<String>>(0).is_some_and(|error| error.contains("shop")));
    assert_eq!(client.query_one("SELECT count(*) FROM sample.public.orders", &[]).await?.get::<_, i64>(0), 400);

    std::fs::rename(gateway.folder().join("gone.db"), gateway.folder().join("shop.db"))?;
    assert_eq!(client.query_one("SELECT count(*) FROM shop.main.orders", &[]).await?.get::<_, i64>(0), 5);
    Ok(())
}

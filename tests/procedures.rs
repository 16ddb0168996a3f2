//! Procedures whose answers hold times, so that no file can expect them word for word.

use libtest_mimic::{Failed, Trial};
use tokio_postgres::SimpleQueryMessage;

use crate::fault::gateway_with_shop;

pub fn trials() -> Vec<Trial> {
    vec![crate::trial("procedures::test_datasource".to_owned(), test_datasource)]
}

/// A connection test answers stage by stage, up to the first that fails, for saved sources and for options that are not saved yet.
async fn test_datasource() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let client = gateway.connect("metagate").await;
    let missing = gateway.folder().join("missing.db").display().to_string();
    let unsaved = format!("CALL test_datasource(type => 'sqlite', options => '{{\"path\": \"{missing}\"}}')");
    for (call, expected) in [
        ("CALL test_datasource('shop')", &[("resolve", "t"), ("connect", "t"), ("query", "t")][..]),
        ("CALL test_datasource('shop', 1)", &[("resolve", "t"), ("connect", "t"), ("query", "t")]),
        (unsaved.as_str(), &[("resolve", "f")]),
    ] {
        let messages = client.simple_query(call).await?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get("stage").unwrap_or_default(), row.get("ok").unwrap_or_default())),
            _ => None,
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected, "{call}");
    }
    Ok(())
}

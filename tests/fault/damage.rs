//! Stored data that somebody else changed is detected and named, and what is whole goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use super::{gateway_with_shop, trial};
use crate::gateway;
use crate::shop;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("damage::a_corrupt_blob_is_named_and_costs_one_source", a_corrupt_blob_is_named_and_costs_one_source),
        trial("damage::a_corrupt_log_row_is_named", a_corrupt_log_row_is_named),
    ]
}

async fn a_corrupt_blob_is_named_and_costs_one_source() -> Result<(), Failed> {
    let mut gateway = gateway_with_shop().await;
    let blobs_of_sample = files(&gateway.folder().join("data/blobs"));
    let client = gateway.connect("metagate").await;
    shop::execute(&gateway.folder().join("shop.db"), "CREATE TABLE added (id INTEGER)").await;
    client.simple_query("CALL refresh_metadata('shop')").await?;
    gateway.kill();
    for blob in files(&gateway.folder().join("data/blobs")).into_iter().filter(|blob| !blobs_of_sample.contains(blob)) {
        let mut bytes = std::fs::read(&blob)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&blob, bytes)?;
    }

    // The gateway harvests a damaged source again at once, so what it found is in the log.
    let gateway = gateway.restart(&[]);
    let client = gateway.connect("metagate").await;
    let log = std::fs::read_to_string(gateway.folder().join("log"))?;
    assert!(log.lines().any(|line| line.contains("ERROR") && line.contains("blob") && line.contains("shop")), "{log}");
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_catalog = $1";
    assert_eq!(client.query_one(tables, &[&"sample"]).await?.get::<_, i64>(0), 3);
    client.simple_query("CALL refresh_metadata('shop')").await?;
    assert_eq!(client.query_one(tables, &[&"shop"]).await?.get::<_, i64>(0), 5);
    Ok(())
}

async fn a_corrupt_log_row_is_named() -> Result<(), Failed> {
    let mut gateway = gateway_with_shop().await;
    gateway.kill();
    shop::execute(&gateway.folder().join("data/store.db"), "UPDATE log SET content = zeroblob(length(content)) WHERE rev = 2").await;
    let output = Command::new(gateway::binary()).args(["store", "verify", "--data"]).arg(gateway.folder().join("data")).output()?;
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{report}");
    assert!(report.contains("damaged: change log entry 2"), "{report}");
    Ok(())
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

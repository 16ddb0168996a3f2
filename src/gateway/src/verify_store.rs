//! `metagate store verify`: is what the store holds what was once written?

use std::process::ExitCode;

use spi::Result;
use store::DataLock;

use crate::config::Config;
use crate::serve::open_backend;

/// Checks the whole chain and prints what it found; fails when anything is damaged.
pub async fn verify_store(config: &Config) -> Result<ExitCode> {
    let _lock = DataLock::acquire(&config.data)?;
    let backend = open_backend(&config.store).await?;
    let report = store::verify::verify(backend.as_ref()).await?;
    println!("revision {}, {} changes and {} records checked", report.head.rev, report.entries, report.records);
    for damage in &report.damage {
        println!("damaged: {damage}");
    }
    Ok(if report.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

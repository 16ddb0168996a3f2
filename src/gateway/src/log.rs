//! The log: few structured lines on standard error.

use spi::{Code, Error, Result};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// The driver of SQL Server logs every error that it also returns, and rows at the finest level. A filter that names it still has its say.
const DRIVERS: &str = "tiberius=off";

/// Starts logging for the whole process; to be called once.
pub fn init(filter: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::try_new(format!("{DRIVERS},{filter}"))
        .map_err(|error| Error::new(Code::InvalidArgument, format!("\"{filter}\" is not a log filter")).detail(format!("{error}.")))?;
    // A log that cannot be written, on a full disk for example, must not end what it would have told about.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

//! The time as records hold it: microseconds since 1970 UTC.

use chrono::{DateTime, SecondsFormat, Utc};

/// The time now.
pub(crate) fn now() -> i64 {
    Utc::now().timestamp_micros()
}

/// A time as messages show it, to the second.
pub(crate) fn show(at: i64) -> String {
    match DateTime::from_timestamp_micros(at) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::Secs, true),
        None => format!("{at} µs after 1970"),
    }
}

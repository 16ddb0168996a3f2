//! `boolean`.

use spi::Result;

use super::invalid;

/// Any unambiguous beginning of `true`, `false`, `yes` and `no`, or `on`, `off`, `1` and `0`.
pub fn read(text: &str) -> Result<bool> {
    let word = text.trim_matches(super::is_space).to_ascii_lowercase();
    let begins = |full: &str| !word.is_empty() && full.starts_with(&word);
    match word.as_str() {
        "1" | "on" => Ok(true),
        "0" | "of" | "off" => Ok(false),
        _ if begins("true") || begins("yes") => Ok(true),
        _ if begins("false") || begins("no") => Ok(false),
        _ => Err(invalid("boolean", text)),
    }
}

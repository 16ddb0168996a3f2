//! Settings that take some values only: those that are honoured. What PostgreSQL would take and metagate would not honour is refused.

use spi::{Code, Error, Result};

use super::kind::{Kind, invalid_value};

/// PostgreSQL writes it into logs, and so replaces what is not printable ASCII.
pub(super) fn application_name(_name: &str, value: &str) -> Result<String> {
    let printable = |c: char| {
        if c.is_ascii_graphic() || c == ' ' { c.to_string() } else { c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect() }
    };
    Ok(value.chars().take(63).map(printable).collect())
}

pub(super) fn client_encoding(name: &str, value: &str) -> Result<String> {
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    match letters.to_ascii_lowercase().as_str() {
        "utf8" | "unicode" => Ok("UTF8".to_owned()),
        // What libpq's client_encoding=auto means is decided by the client before it asks.
        "sqlascii" | "latin1" | "latin9" | "win1252" | "win1251" | "euccn" | "eucjp" | "gbk" | "big5" | "sjis" | "koi8r" | "iso88591" => {
            Err(Error::new(Code::Unsupported, format!("conversion between {value} and UTF8 is not supported")).hint("Use UTF8."))
        }
        _ => Err(invalid_value(name, value)),
    }
}

pub(super) fn interval_style(name: &str, value: &str) -> Result<String> {
    match value.to_ascii_lowercase().as_str() {
        "postgres" => Ok("postgres".to_owned()),
        "postgres_verbose" | "sql_standard" | "iso_8601" => {
            Err(Error::new(Code::Unsupported, format!("parameter \"{name}\" cannot be \"{value}\"")).hint("Use postgres."))
        }
        _ => Err(invalid_value(name, value).hint("Available values: postgres.")),
    }
}

pub(super) fn only_on(name: &str, value: &str) -> Result<String> {
    match Kind::Bool.read(name, value)?.as_str() {
        "on" => Ok("on".to_owned()),
        _ => Err(Error::new(Code::Unsupported, format!("parameter \"{name}\" cannot be turned off"))),
    }
}

pub(super) fn only_c_locale(name: &str, value: &str) -> Result<String> {
    match value.to_ascii_lowercase().replace('-', "").as_str() {
        "" | "c" | "posix" | "c.utf8" | "en_us.utf8" => Ok(if value.is_empty() { "C".to_owned() } else { value.to_owned() }),
        _ => Err(invalid_value(name, value)),
    }
}

pub(super) fn only_role_none(name: &str, value: &str) -> Result<String> {
    match value {
        "none" => Ok("none".to_owned()),
        _ => Err(Error::new(
            Code::Unsupported,
            format!("cannot set parameter \"{name}\" to \"{value}\": changing the role is not supported"),
        )
        .hint("Log in as the role.")),
    }
}

pub(super) fn only_login_role(_name: &str, value: &str) -> Result<String> {
    Err(Error::new(Code::Unsupported, format!("cannot set session authorization to \"{value}\": changing the role is not supported"))
        .hint("Log in as the role."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_it_would_not_honour() {
        for (name, value) in [
            ("client_encoding", "LATIN1"),
            ("IntervalStyle", "iso_8601"),
            ("standard_conforming_strings", "off"),
            ("role", "postgres"),
            ("session_authorization", "postgres"),
            ("DateStyle", "German"),
        ] {
            let setting = super::super::find(name).expect("a setting");
            assert_eq!(setting.kind.read(name, value).expect_err("refused").code, Code::Unsupported, "{name}");
        }
    }
}

//! `lpad`, `rpad` and `repeat`.

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("lpad", |_, _, arguments| pad(arguments, true)),
    ScalarEntry::new("rpad", |_, _, arguments| pad(arguments, false)),
    ScalarEntry::new("repeat", |_, _, arguments| {
        let (text, count) = (arguments.text(0)?, arguments.int(1)?.max(0) as usize);
        within_limit(text.len().saturating_mul(count))?;
        Ok(text.repeat(count).into())
    }),
];

/// Fills a text up to a length with another one, on one side; a longer one is cut on the right.
fn pad(arguments: &[Value], on_left: bool) -> Result<Value> {
    let (text, wanted, fill) = (arguments.text(0)?, arguments.int(1)?.max(0) as usize, arguments.text(2)?);
    let length = text.chars().count();
    if wanted <= length || fill.is_empty() {
        return Ok(text.chars().take(wanted).collect::<String>().into());
    }
    within_limit((wanted - length).saturating_mul(fill.len().min(4)))?;
    let padding: String = fill.chars().cycle().take(wanted - length).collect();
    Ok(if on_left { padding + text } else { text.to_owned() + &padding }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn texts_are_filled_up() {
        let pad = |text: &str, length, fill: &str, on_left| pad(&[text.into(), Value::Int(length), fill.into()], on_left);
        assert_eq!(pad("abc", 5, "", true).unwrap(), "abc".into());
        assert_eq!(pad("abc", 2, " ", true).unwrap(), "ab".into());
        assert_eq!(pad("abc", -1, "x", false).unwrap(), "".into());
        assert_eq!(pad("abc", 8, "xy", true).unwrap(), "xyxyxabc".into());
        assert_eq!(pad("abc", 8, "xy", false).unwrap(), "abcxyxyx".into());
        let error = pad("abc", 2_000_000_000, "x", true).unwrap_err();
        assert_eq!((error.code.sqlstate(), error.message.as_str()), ("54000", "requested length too large"));
    }
}

//! Settings whose value is a list: `search_path` and `DateStyle`.

use spi::{Code, Error, Result};

use super::kind::invalid_value;

/// The canonical form of a list of schemas: each quoted where it must be, separated by a comma and a space.
pub(super) fn check_search_path(name: &str, value: &str) -> Result<String> {
    let schemas = identifiers(value).ok_or_else(|| invalid_value(name, value).detail("List syntax is invalid."))?;
    Ok(schemas.iter().map(|schema| quote_identifier(schema)).collect::<Vec<_>>().join(", "))
}

/// The names of a list such as `"$user", public`. Unquoted ones are lower-cased. `None` if it is no such list.
pub(crate) fn identifiers(list: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = list.trim();
    if rest.is_empty() {
        return Some(names);
    }
    loop {
        let (name, after) = identifier(rest)?;
        names.push(name);
        match after.trim_start() {
            "" => return Some(names),
            after => rest = after.strip_prefix(',')?.trim_start(),
        }
    }
}

/// The first name of a text, and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c == ',' || c == '"' || c.is_whitespace()).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_lowercase(), &text[end..]));
    };
    let mut name = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &quoted[index + 1..]));
        }
    }
    None
}

/// A name as it must be written in SQL.
pub(crate) fn quote_identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Dates are always written as ISO 8601 has them, because nothing else is unambiguous. The order of day and month would matter
/// to ambiguous input only, which is not accepted, so any is honoured.
pub(super) fn check_date_style(name: &str, value: &str) -> Result<String> {
    let mut order = "MDY";
    for word in value.split(',').map(str::trim) {
        match word.to_ascii_uppercase().as_str() {
            "ISO" | "DEFAULT" => {}
            "MDY" | "US" | "NONEURO" | "NONEUROPEAN" => order = "MDY",
            "DMY" | "EURO" | "EUROPEAN" => order = "DMY",
            "YMD" => order = "YMD",
            "SQL" | "POSTGRES" | "GERMAN" => {
                return Err(Error::new(Code::Unsupported, format!("parameter \"{name}\" cannot be \"{word}\"")).hint("Use ISO."));
            }
            _ => return Err(invalid_value(name, value).detail(format!("Unrecognized key word: \"{word}\"."))),
        }
    }
    Ok(format!("ISO, {order}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_paths_are_lists_of_identifiers() {
        for (written, kept) in [
            ("\"$user\", public", "\"$user\", public"),
            ("Public,  \"My \"\"own\"\" schema\"", "public, \"My \"\"own\"\" schema\""),
            ("", ""),
            ("shop.public", "\"shop.public\""),
        ] {
            assert_eq!(check_search_path("search_path", written).expect("a list"), kept);
        }
        for wrong in ["a,", ",a", "a b", "\"a"] {
            assert!(check_search_path("search_path", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_iso_dates() {
        assert_eq!(check_date_style("DateStyle", "iso").expect("iso"), "ISO, MDY");
        assert_eq!(check_date_style("DateStyle", "ISO, European").expect("iso"), "ISO, DMY");
        assert_eq!(check_date_style("DateStyle", "SQL, DMY").expect_err("sql").code, Code::Unsupported);
        assert_eq!(check_date_style("DateStyle", "chinese").expect_err("unknown").code, Code::InvalidArgument);
    }
}

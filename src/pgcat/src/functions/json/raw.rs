//! Parts of a JSON text as they are written in it, which is what `json` gives. The text has been checked when it became a value.

use std::borrow::Cow;

use spi::Result;

use crate::io::json::{Json, parse};

/// What a JSON text is, with its parts.
#[derive(Debug, PartialEq, Eq)]
pub enum Raw<'a> {
    /// A string, number, `true`, `false` or `null`.
    Scalar(&'a str),
    Array(Vec<&'a str>),
    /// Keys without their quotes and escapes.
    Object(Vec<(String, &'a str)>),
}

/// Takes the outermost value apart.
pub fn read(text: &str) -> Result<Raw<'_>> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.skip_blanks();
    match scanner.peek() {
        Some(b'[') => {
            scanner.at += 1;
            let mut items = Vec::new();
            while scanner.another(b']') {
                items.push(scanner.value());
            }
            Ok(Raw::Array(items))
        }
        Some(b'{') => {
            scanner.at += 1;
            let mut members = Vec::new();
            while scanner.another(b'}') {
                let key = scanner.value();
                scanner.skip_blanks();
                // The colon.
                scanner.at += 1;
                scanner.skip_blanks();
                members.push((string(key)?, scanner.value()));
            }
            Ok(Raw::Object(members))
        }
        _ => Ok(Raw::Scalar(scanner.value())),
    }
}

/// A value as `->>` gives it: a string without its quotes, `None` for null, all else as it is written.
pub fn text(value: &str) -> Result<Option<Cow<'_, str>>> {
    if value.starts_with('"') {
        return string(value).map(|text| Some(Cow::Owned(text)));
    }
    Ok(if value == "null" { None } else { Some(Cow::Borrowed(value)) })
}

fn string(quoted: &str) -> Result<String> {
    match parse(quoted)? {
        Json::String(text) => Ok(text),
        other => Err(spi::Error::internal(format!("{other:?} where a string was expected"))),
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Goes to the next part; false at the end of the array or object.
    fn another(&mut self, end: u8) -> bool {
        self.skip_blanks();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.skip_blanks();
        }
        self.peek().is_some_and(|byte| byte != end)
    }

    /// The text of the value at hand.
    fn value(&mut self) -> &'a str {
        let begin = self.at;
        let mut depth = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_string(),
                b'[' | b'{' => depth += 1,
                b']' | b'}' if depth > 0 => depth -= 1,
                b',' | b':' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => break,
                _ => {}
            }
            if byte != b'"' {
                self.at += 1;
            }
            if depth == 0 && matches!(byte, b'"' | b']' | b'}') {
                break;
            }
        }
        &self.text[begin..self.at]
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_they_are_written() {
        assert_eq!(read(" [1, \"a,]\",null, [2 ,3]] ").unwrap(), Raw::Array(vec!["1", "\"a,]\"", "null", "[2 ,3]"]));
        let object = read("{\"a\" : {\"e\" : 1}, \"\\u0062\": \"\\\"}\", \"a\":[]}").unwrap();
        let members = [("a", "{\"e\" : 1}"), ("b", "\"\\\"}\""), ("a", "[]")];
        assert_eq!(object, Raw::Object(members.map(|(key, value)| (key.to_owned(), value)).to_vec()));
        assert_eq!(read(" 1.50 ").unwrap(), Raw::Scalar("1.50"));
        assert_eq!(text("\"a\\\"b\"").unwrap().as_deref(), Some("a\"b"));
        assert_eq!(text("null").unwrap(), None);
    }
}

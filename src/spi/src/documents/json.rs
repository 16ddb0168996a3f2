//! JSON, read into documents without losing anything: whole numbers beyond 2^53, more digits than a double has, keys of any kind.
//!
//! This is not serde_json because that reads numbers as doubles (unless all of the gateway's JSON were to change), and because a projection
//! saves the work for fields that nobody wants. What is not wanted is checked all the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::decimal::Decimal;
use super::path::Path;
use super::value::Document;

/// The deepest nesting that is read. It bounds the stack of everything that walks through documents.
pub const DEPTH_MAX: usize = 128;

/// Objects of more fields than these are searched for equal names with a table.
const FIELDS_COMPARED: usize = 16;

/// All significant digits of a number that every double keeps.
const DOUBLE_DIGITS: usize = 15;

/// What is wrong with a text that is not JSON, and at which byte, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    pub position: usize,
    pub problem: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid JSON at byte {}: {}", self.position, self.problem)
    }
}

impl std::error::Error for JsonError {}

/// Which fields of a document are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever it is, with all that is in it.
    All,
    /// Of an object these fields, and of a list nothing but that it is one.
    Fields(HashMap<String, Wanted>),
    /// Of a list this of each element; of anything else this.
    Items(Box<Wanted>),
}

impl Wanted {
    /// What is wanted of documents with a list of rows at a path, of each of which this is wanted.
    pub fn of_rows(self, row_path: &Path) -> Wanted {
        match row_path.0.is_empty() {
            true => self,
            false => {
                row_path.0.iter().rev().fold(Wanted::Items(Box::new(self)), |below, name| Wanted::Fields([(name.clone(), below)].into()))
            }
        }
    }

    /// What of an object is wanted, whether it is an element or not.
    fn of_object(&self) -> &Wanted {
        if let Wanted::Items(item) = self { item.of_object() } else { self }
    }
}

/// A whole document.
pub fn read(json: &[u8]) -> Result<Document<'_>, JsonError> {
    read_wanted(json, &Wanted::All)
}

/// A document without the fields that are not wanted.
pub fn read_wanted<'a>(json: &'a [u8], wanted: &Wanted) -> Result<Document<'a>, JsonError> {
    let text =
        std::str::from_utf8(json).map_err(|error| JsonError { position: error.valid_up_to(), problem: "the text is not valid UTF-8" })?;
    let mut reader = Reader { text, position: 0 };
    let document = reader.value(Some(wanted), 0)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(document),
        Some(_) => Err(reader.error("there is more behind the document")),
    }
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Reader<'a> {
    /// The next value. Where nothing of it is wanted it is checked, and null is returned.
    fn value(&mut self, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'a>, JsonError> {
        self.skip_space();
        if depth >= DEPTH_MAX {
            return Err(self.error("it is nested too deeply"));
        }
        match self.peek() {
            Some(b'{') => self.object(wanted, depth),
            Some(b'[') => self.list(wanted, depth),
            Some(b'"') => Ok(Document::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(wanted.is_some()),
            Some(b't') => self.word("true", Document::Bool(true)),
            Some(b'f') => self.word("false", Document::Bool(false)),
            Some(b'n') => self.word("null", Document::Null),
            Some(_) => Err(self.error("a value was expected")),
            None => Err(self.error("the text ends too early")),
        }
    }

    fn object(&mut self, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'a>, JsonError> {
        self.position += 1;
        let object = wanted.map(Wanted::of_object);
        let mut fields = Vec::new();
        let mut first = true;
        while !self.ends(b'}', &mut first)? {
            if self.peek() != Some(b'"') {
                return Err(self.error("a name in double quotes was expected"));
            }
            let name = self.string()?;
            self.skip_space();
            self.expect(b':', "a colon was expected")?;
            let wanted = match object {
                Some(Wanted::Fields(fields)) => fields.get(&*name),
                all_or_nothing => all_or_nothing,
            };
            let value = self.value(wanted, depth + 1)?;
            if wanted.is_some() {
                fields.push((name, value));
            }
        }
        Ok(Document::Object(without_repeated(fields)))
    }

    fn list(&mut self, wanted: Option<&Wanted>, depth: usize) -> Result<Document<'a>, JsonError> {
        self.position += 1;
        let wanted = match wanted {
            Some(Wanted::Items(item)) => Some(&**item),
            Some(Wanted::Fields(_)) => None,
            all_or_nothing => all_or_nothing,
        };
        let mut items = Vec::new();
        let mut first = true;
        while !self.ends(b']', &mut first)? {
            let item = self.value(wanted, depth + 1)?;
            if wanted.is_some() {
                items.push(item);
            }
        }
        Ok(Document::List(items))
    }

    /// Whether the object or list ends here; else moves behind the comma to the next member.
    fn ends(&mut self, bracket: u8, first: &mut bool) -> Result<bool, JsonError> {
        self.skip_space();
        let is_first = std::mem::take(first);
        if self.peek() == Some(bracket) {
            self.position += 1;
            return Ok(true);
        }
        if !is_first {
            self.expect(b',', "a comma was expected")?;
            self.skip_space();
        }
        Ok(false)
    }

    fn number(&mut self, wanted: bool) -> Result<Document<'a>, JsonError> {
        let start = self.position;
        self.position += usize::from(self.peek() == Some(b'-'));
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes()[self.position - whole] == b'0' {
            return Err(self.error("a number begins with a needless zero"));
        }
        let (mut digits, mut is_whole) = (whole, true);
        if self.peek() == Some(b'.') {
            self.position += 1;
            digits += self.digits()?;
            is_whole = false;
        }
        let has_exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if has_exponent {
            self.position += 1;
            self.position += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
            is_whole = false;
        }
        if !wanted {
            return Ok(Document::Null);
        }
        let text = &self.text[start..self.position];
        if is_whole && let Ok(value) = text.parse() {
            return Ok(Document::Int(value));
        }
        if !is_whole
            && !has_exponent
            && digits <= DOUBLE_DIGITS
            && let Ok(double) = text.parse()
        {
            return Ok(Document::Float(double));
        }
        let problem = "a number is beyond what numeric holds";
        let decimal = Decimal::parse(text).ok_or(JsonError { position: start, problem })?;
        match decimal.exact_f64() {
            Some(double) if !is_whole => Ok(Document::Float(double)),
            _ => Ok(Document::Decimal(decimal)),
        }
    }

    fn digits(&mut self) -> Result<usize, JsonError> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.position += digits;
        if digits > 0 { Ok(digits) } else { Err(self.error("a digit was expected")) }
    }

    /// A string, borrowed where nothing in it is escaped.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.position += 1;
        let start = self.position;
        self.plain_text()?;
        if self.peek() == Some(b'"') {
            self.position += 1;
            return Ok(Cow::Borrowed(&self.text[start..self.position - 1]));
        }
        let mut text = self.text[start..self.position].to_owned();
        loop {
            self.position += 1;
            if self.text.as_bytes()[self.position - 1] == b'"' {
                return Ok(Cow::Owned(text));
            }
            text.push(self.escape()?);
            let start = self.position;
            self.plain_text()?;
            text.push_str(&self.text[start..self.position]);
        }
    }

    /// Moves to the next quote or backslash, which there is.
    fn plain_text(&mut self) -> Result<(), JsonError> {
        let end = self.rest().iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        self.position = end.map_or(self.text.len(), |end| self.position + end);
        match self.peek() {
            Some(b'"' | b'\\') => Ok(()),
            Some(_) => Err(self.error("a control character in a string is not escaped")),
            None => Err(self.error("the text ends too early")),
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(kind) = self.peek() else { return Err(self.error("the text ends too early")) };
        self.position += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => {
                self.position -= 1;
                return Err(self.error("an escape is unknown"));
            }
        })
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        let start = self.position;
        let lone = JsonError { position: start - 2, problem: "half of a surrogate pair stands alone" };
        let first = self.hex()?;
        let code = match first {
            0xd800..0xdc00 => {
                if !self.rest().starts_with(b"\\u") {
                    return Err(lone);
                }
                self.position += 2;
                match self.hex()? {
                    second @ 0xdc00..0xe000 => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                    _ => return Err(lone),
                }
            }
            other => other,
        };
        char::from_u32(code).ok_or(lone)
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.rest().get(..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else { return Err(self.error("four hexadecimal digits were expected")) };
        let value = digits.iter().fold(0, |value, digit| value * 16 + char::from(*digit).to_digit(16).unwrap_or(0));
        self.position += 4;
        Ok(value)
    }

    fn word(&mut self, word: &str, value: Document<'a>) -> Result<Document<'a>, JsonError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.error("a value was expected"));
        }
        self.position += word.len();
        Ok(value)
    }

    fn expect(&mut self, byte: u8, problem: &'static str) -> Result<(), JsonError> {
        match self.peek() {
            Some(next) if next == byte => {
                self.position += 1;
                Ok(())
            }
            Some(_) => Err(self.error(problem)),
            None => Err(self.error("the text ends too early")),
        }
    }

    fn skip_space(&mut self) {
        self.position += self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.position..]
    }

    fn error(&self, problem: &'static str) -> JsonError {
        JsonError { position: self.position, problem }
    }
}

/// Of fields with equal names the last one, at the place of the first, as `jsonb` keeps them.
fn without_repeated<'a>(fields: Vec<(Cow<'a, str>, Document<'a>)>) -> Vec<(Cow<'a, str>, Document<'a>)> {
    let repeats = |place: usize| fields[..place].iter().any(|(name, _)| *name == fields[place].0);
    if fields.len() <= FIELDS_COMPARED && !(1..fields.len()).any(repeats) {
        return fields;
    }
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::with_capacity(fields.len());
    let mut kept: Vec<(Cow<'a, str>, Document<'a>)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        match places.get(&name) {
            Some(place) => kept[*place].1 = value,
            None => {
                places.insert(name.clone(), kept.len());
                kept.push((name, value));
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests;

//! Encodings of text. Everything is UTF-8 here; the others are known by their names, and some can be converted to and from.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("getdatabaseencoding", |_, _, _| Ok("UTF8".into())),
    ScalarEntry::new("pg_client_encoding", |context, _, _| {
        Ok(context.host.setting("client_encoding").unwrap_or_else(|| "UTF8".to_owned()).into())
    }),
    ScalarEntry::new("PG_encoding_to_char", |_, _, arguments| Ok(by_number(arguments.int(0)?).map_or("", |(name, _)| name).into())),
    ScalarEntry::new("PG_char_to_encoding", |_, _, arguments| Ok(Value::Int(number(arguments.text(0)?)))),
    ScalarEntry::new("pg_encoding_max_length_sql", |_, _, arguments| {
        Ok(by_number(arguments.int(0)?).map_or(Value::Null, |(_, length)| Value::Int(*length)))
    }),
    ScalarEntry::new("length_in_encoding", |_, _, arguments| {
        Ok(Value::Int(decoded(arguments.bytes(0)?, arguments.text(1)?)?.chars().count() as i64))
    }),
    ScalarEntry::new("pg_convert_from", |_, _, arguments| Ok(decoded(arguments.bytes(0)?, arguments.text(1)?)?.into())),
    ScalarEntry::new("pg_convert", |_, _, arguments| {
        let text = decoded(arguments.bytes(0)?, arguments.text(1)?)?;
        Ok(Value::Bytes(encoded(&text, arguments.text(2)?)?.into()))
    }),
    ScalarEntry::new("pg_convert_to", |_, _, arguments| Ok(Value::Bytes(encoded(arguments.text(0)?, arguments.text(1)?)?.into()))),
];

/// Names with the most bytes of a character, by number.
const ENCODINGS: &[(&str, i64)] = &[
    ("SQL_ASCII", 1),
    ("EUC_JP", 3),
    ("EUC_CN", 3),
    ("EUC_KR", 3),
    ("EUC_TW", 4),
    ("EUC_JIS_2004", 3),
    ("UTF8", 4),
    ("MULE_INTERNAL", 4),
    ("LATIN1", 1),
    ("LATIN2", 1),
    ("LATIN3", 1),
    ("LATIN4", 1),
    ("LATIN5", 1),
    ("LATIN6", 1),
    ("LATIN7", 1),
    ("LATIN8", 1),
    ("LATIN9", 1),
    ("LATIN10", 1),
    ("WIN1256", 1),
    ("WIN1258", 1),
    ("WIN866", 1),
    ("WIN874", 1),
    ("KOI8R", 1),
    ("WIN1251", 1),
    ("WIN1252", 1),
    ("ISO_8859_5", 1),
    ("ISO_8859_6", 1),
    ("ISO_8859_7", 1),
    ("ISO_8859_8", 1),
    ("WIN1250", 1),
    ("WIN1253", 1),
    ("WIN1254", 1),
    ("WIN1255", 1),
    ("WIN1257", 1),
    ("KOI8U", 1),
    ("SJIS", 2),
    ("BIG5", 2),
    ("GBK", 2),
    ("UHC", 2),
    ("GB18030", 4),
    ("JOHAB", 3),
    ("SHIFT_JIS_2004", 2),
];

/// Other names of encodings, without what is no letter or digit.
const ALIASES: &[(&str, &str)] = &[
    ("unicode", "UTF8"),
    ("iso88591", "LATIN1"),
    ("iso88592", "LATIN2"),
    ("iso885915", "LATIN9"),
    ("windows1250", "WIN1250"),
    ("windows1251", "WIN1251"),
    ("windows1252", "WIN1252"),
    ("koi8", "KOI8R"),
    ("alt", "WIN866"),
    ("abc", "WIN1258"),
    ("tcvn", "WIN1258"),
    ("vscii", "WIN1258"),
    ("mskanji", "SJIS"),
    ("shiftjis", "SJIS"),
];

fn by_number(number: i64) -> Option<&'static (&'static str, i64)> {
    usize::try_from(number).ok().and_then(|number| ENCODINGS.get(number))
}

/// The number of an encoding, or -1. Only letters and digits of a name count, in any case.
fn number(name: &str) -> i64 {
    let simple =
        |name: &str| name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect::<String>();
    let wanted = simple(name);
    let wanted = ALIASES.iter().find(|(alias, _)| *alias == wanted).map_or(wanted, |(_, name)| simple(name));
    ENCODINGS.iter().position(|(name, _)| simple(name) == wanted).map_or(-1, |place| place as i64)
}

const SQL_ASCII: i64 = 0;
const UTF8: i64 = 6;
const LATIN1: i64 = 8;

/// Bytes of an encoding as text.
fn decoded(bytes: &[u8], encoding: &str) -> Result<String> {
    match number(encoding) {
        -1 => Err(Error::new(Code::InvalidArgument, format!("invalid source encoding name \"{encoding}\""))),
        LATIN1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        UTF8 | SQL_ASCII => valid(bytes),
        _ => Err(Error::new(Code::UndefinedFunction, no_conversion(encoding, "UTF8"))),
    }
}

fn encoded(text: &str, encoding: &str) -> Result<Vec<u8>> {
    match number(encoding) {
        -1 => Err(Error::new(Code::InvalidArgument, format!("invalid destination encoding name \"{encoding}\""))),
        UTF8 | SQL_ASCII => Ok(text.as_bytes().to_vec()),
        LATIN1 => text.chars().map(|letter| u8::try_from(letter).map_err(|_| untranslatable(letter))).collect(),
        _ => Err(Error::new(Code::UndefinedFunction, no_conversion("UTF8", encoding))),
    }
}

fn no_conversion(from: &str, to: &str) -> String {
    format!("default conversion function for encoding \"{from}\" to \"{to}\" does not exist")
}

fn untranslatable(letter: char) -> Error {
    let mut buffer = [0; 4];
    let bytes: Vec<String> = letter.encode_utf8(&mut buffer).bytes().map(|byte| format!("0x{byte:02x}")).collect();
    let message = format!("character with byte sequence {} in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"", bytes.join(" "));
    Error::new(Code::Untranslatable, message)
}

/// Text must be UTF-8 without the character zero.
fn valid(bytes: &[u8]) -> Result<String> {
    let fault = |bytes: &[u8]| {
        let shown: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
        Error::new(Code::InvalidEncoding, format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" ")))
    };
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        Ok(_) => Err(fault(&[0])),
        Err(error) => {
            let rest = &bytes[error.valid_up_to()..];
            let length = match rest[0] {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => 1,
            };
            Err(fault(&rest[..length.min(rest.len())]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn encodings_have_numbers_and_names() {
        assert_eq!((number("utf8"), number("UTF_8"), number("x"), number("latin-1")), (6, 6, -1, 8));
        assert_eq!(by_number(6).unwrap(), &("UTF8", 4));
        assert_eq!(decoded(&[0xff], "utf8").unwrap_err().message, "invalid byte sequence for encoding \"UTF8\": 0xff");
        assert_eq!(decoded(&[0], "utf8").unwrap_err().message, "invalid byte sequence for encoding \"UTF8\": 0x00");
        assert_eq!(encoded("é", "latin1").unwrap(), [0xe9]);
    }
}

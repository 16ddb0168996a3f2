//! `macaddr`: six bytes in several notations. Its value is kept as the text `08:00:2b:01:02:03`.

use spi::{Code, Error, Result};

use super::invalid;

/// How many digits the groups of a notation have, and what stands between them.
const NOTATIONS: [(usize, char); 5] = [(2, ':'), (2, '-'), (6, ':'), (6, '-'), (4, '.')];

pub fn read(text: &str) -> Result<[u8; 6]> {
    parse(text.trim_matches(super::is_space)).ok_or_else(|| invalid("macaddr", text))
}

fn parse(text: &str) -> Option<[u8; 6]> {
    let digits = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if digits(text) {
        return number(text);
    }
    for (length, separator) in NOTATIONS.into_iter().chain([(4, '-')]) {
        let groups: Vec<&str> = text.split(separator).collect();
        let whole = |group: &&str| match length {
            // Leading zeros of a byte may be left out.
            2 => matches!(group.len(), 1 | 2),
            _ => group.len() == length,
        };
        if groups.len() * length == 12 && groups.iter().all(whole) {
            let padded: String = groups.iter().map(|group| format!("{group:0>length$}")).collect();
            return digits(&padded).then(|| number(&padded))?;
        }
    }
    None
}

fn number(digits: &str) -> Option<[u8; 6]> {
    let number = u64::from_str_radix(digits, 16).ok()?.to_be_bytes();
    number.last_chunk().copied()
}

pub fn text(bytes: [u8; 6]) -> String {
    let [a, b, c, d, e, f] = bytes;
    format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
}

pub fn receive(bytes: &[u8]) -> Result<[u8; 6]> {
    bytes.try_into().map_err(|_| Error::new(Code::InvalidBinary, "incorrect binary data format"))
}

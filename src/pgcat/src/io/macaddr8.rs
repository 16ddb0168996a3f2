//! `macaddr8`: eight bytes in several notations, or the six of a `macaddr` with `ff:fe` in the middle. Its value is kept as the text
//! `08:00:2b:01:02:03:04:05`.

use spi::{Code, Error, Result};

use super::{invalid, is_space};

pub fn read(text: &str) -> Result<[u8; 8]> {
    parse(text).ok_or_else(|| invalid("macaddr8", text))
}

/// Pairs of digits, between which one kind of mark may stand, also behind the last.
fn parse(text: &str) -> Option<[u8; 8]> {
    let mut rest = text.trim_matches(is_space).as_bytes();
    let (mut bytes, mut mark) = (Vec::new(), None);
    while let [high, low, behind @ ..] = rest {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        bytes.push((digit(high)? << 4 | digit(low)?) as u8);
        rest = behind;
        if let [found @ (b':' | b'-' | b'.'), behind @ ..] = rest {
            if *mark.get_or_insert(*found) != *found {
                return None;
            }
            rest = behind;
        }
    }
    match bytes.as_slice() {
        _ if !rest.is_empty() => None,
        &[a, b, c, d, e, f] => Some(extended([a, b, c, d, e, f])),
        bytes => bytes.try_into().ok(),
    }
}

/// The eight bytes of a `macaddr`.
pub fn extended([a, b, c, d, e, f]: [u8; 6]) -> [u8; 8] {
    [a, b, c, 0xff, 0xfe, d, e, f]
}

pub fn text(bytes: [u8; 8]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

pub fn receive(bytes: &[u8]) -> Result<[u8; 8]> {
    match *bytes {
        [a, b, c, d, e, f] => Ok(extended([a, b, c, d, e, f])),
        _ => bytes.try_into().map_err(|_| Error::new(Code::InvalidBinary, "incorrect binary data format")),
    }
}

//! `uuid`.

use spi::Result;

use super::{bytea, invalid};

/// 32 digits, in braces or not, with a hyphen allowed after every fourth.
pub fn read(text: &str) -> Result<[u8; 16]> {
    parse(text.as_bytes()).ok_or_else(|| invalid("uuid", text))
}

fn parse(text: &[u8]) -> Option<[u8; 16]> {
    let mut rest = match text.strip_prefix(b"{") {
        Some(inside) => inside.strip_suffix(b"}")?,
        None => text,
    };
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let [high, low, after @ ..] = rest else { return None };
        *byte = ((*high as char).to_digit(16)? << 4 | (*low as char).to_digit(16)?) as u8;
        rest = match after {
            [b'-', after @ ..] if place % 2 == 1 && place < 15 => after,
            after => after,
        };
    }
    rest.is_empty().then_some(bytes)
}

pub fn write(bytes: &[u8; 16], out: &mut String) {
    for (place, range) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
        if place > 0 {
            out.push('-');
        }
        bytea::write_hex(&bytes[range], out);
    }
}

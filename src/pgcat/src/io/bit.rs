//! `bit` and `bit varying`. Their values are kept as text of zeros and ones.

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::wire::Input;

/// Binary digits, with `b` in front or not, or hexadecimal ones behind `x`.
pub fn read(text: &str) -> Result<String> {
    let wrong = |digit: char, kind: &str| Error::new(Code::InvalidText, format!("\"{digit}\" is not a valid {kind} digit"));
    if let Some(digits) = text.strip_prefix(['x', 'X']) {
        let nibble = |digit: char| Ok(format!("{:04b}", digit.to_digit(16).ok_or_else(|| wrong(digit, "hexadecimal"))?));
        return digits.chars().map(nibble).collect();
    }
    let digits = text.strip_prefix(['b', 'B']).unwrap_or(text);
    match digits.chars().find(|digit| !matches!(digit, '0' | '1')) {
        Some(digit) => Err(wrong(digit, "binary")),
        None => Ok(digits.to_owned()),
    }
}

/// `bit(length)`: an explicit cast cuts or fills up with zeros.
pub fn fixed(bits: &str, length: usize, explicit: bool) -> Result<String> {
    if bits.len() != length && !explicit {
        let message = format!("bit string length {} does not match type bit({length})", bits.len());
        return Err(Error::new(Code::LengthMismatch, message));
    }
    Ok(bits.chars().chain(std::iter::repeat('0')).take(length).collect())
}

/// `bit varying(length)`: an explicit cast cuts.
pub fn varying(bits: &str, length: usize, explicit: bool) -> Result<&str> {
    if bits.len() > length && !explicit {
        return Err(Error::new(Code::TooLong, format!("bit string too long for type bit varying({length})")));
    }
    Ok(bits.get(..length).unwrap_or(bits))
}

/// How many bits there are, then the bytes, the last filled up with zeros.
pub fn send(bits: &str, out: &mut BytesMut) {
    out.put_i32(bits.len() as i32);
    for byte in bits.as_bytes().chunks(8) {
        let value = byte.iter().fold(0, |value, bit| value << 1 | u8::from(*bit == b'1'));
        out.put_u8(value << (8 - byte.len()));
    }
}

pub fn receive(bytes: &[u8]) -> Result<String> {
    let mut input = Input::new(bytes);
    let length = input.i32()?;
    let length = usize::try_from(length).map_err(|_| Error::new(Code::InvalidBinary, "invalid length in external bit string"))?;
    let bytes = input.take(length.div_ceil(8))?;
    input.end()?;
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| if byte >> place & 1 == 1 { '1' } else { '0' }));
    Ok(bits.take(length).collect())
}

//! `bytea` in text: `\x0aff`, or with `bytea_output = escape` the printable bytes as they are and `\012` for the others.

use bytes::{BufMut, BytesMut};

use super::style::ByteaOutput;

pub(super) fn put_text(bytes: &[u8], output: ByteaOutput, out: &mut BytesMut) {
    match output {
        ByteaOutput::Hex => {
            out.reserve(2 + 2 * bytes.len());
            out.extend_from_slice(b"\\x");
            put_hex(bytes, out);
        }
        ByteaOutput::Escape => bytes.iter().for_each(|&byte| match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x20..=0x7e => out.put_u8(byte),
            _ => out.extend_from_slice(&[b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]),
        }),
    }
}

pub(super) fn put_hex(bytes: &[u8], out: &mut BytesMut) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.put_u16(u16::from_be_bytes([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        for (output, expected) in [(ByteaOutput::Hex, "\\x005c41ff"), (ByteaOutput::Escape, "\\000\\\\A\\377")] {
            let mut out = BytesMut::new();
            put_text(b"\0\\A\xff", output, &mut out);
            assert_eq!(std::str::from_utf8(&out), Ok(expected));
        }
    }
}

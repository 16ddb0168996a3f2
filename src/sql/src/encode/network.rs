//! Values that travel as text inside and have a binary form of their own outside: `inet` and `uuid`.

use std::net::IpAddr;

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::bytea::put_hex;

/// `network_send`: family, bits of the network, whether it is a cidr, length, address.
pub(super) fn put_inet(text: &str, out: &mut BytesMut) -> Result<()> {
    let invalid = || Error::new(Code::InvalidText, format!("invalid input syntax for type inet: \"{text}\""));
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| invalid())?)),
        None => (text, None),
    };
    // PostgreSQL's PGSQL_AF_INET and PGSQL_AF_INET6, which are the same on every platform.
    let (family, address) = match address.parse().map_err(|_| invalid())? {
        IpAddr::V4(address) => (2, address.octets().to_vec()),
        IpAddr::V6(address) => (3, address.octets().to_vec()),
    };
    let all_bits = address.len() as u8 * 8;
    let bits = bits.unwrap_or(all_bits);
    if bits > all_bits {
        return Err(invalid());
    }
    out.extend_from_slice(&[family, bits, 0, address.len() as u8]);
    out.extend_from_slice(&address);
    Ok(())
}

/// The 16 bytes of a uuid in any of the forms that PostgreSQL reads: with or without hyphens and braces.
pub(super) fn put_uuid(text: &str, out: &mut BytesMut) -> Result<()> {
    let start = out.len();
    let unbraced = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let mut digits = unbraced.bytes().filter(|&byte| byte != b'-').map(|byte| (byte as char).to_digit(16));
    while let Some(high) = digits.next() {
        let (Some(high), Some(Some(low))) = (high, digits.next()) else { break };
        out.put_u8((high << 4 | low) as u8);
    }
    if out.len() - start != 16 || digits.next().is_some() {
        return Err(Error::new(Code::InvalidText, format!("invalid input syntax for type uuid: \"{text}\"")));
    }
    Ok(())
}

pub(super) fn put_uuid_text(bytes: &[u8], out: &mut BytesMut) {
    let mut rest = bytes;
    for (index, length) in [4, 2, 2, 2, 6].into_iter().enumerate() {
        let (part, after) = rest.split_at(length.min(rest.len()));
        if index > 0 {
            out.put_u8(b'-');
        }
        put_hex(part, out);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(put: impl Fn(&mut BytesMut) -> Result<()>) -> Vec<u8> {
        let mut out = BytesMut::new();
        put(&mut out).expect("a value");
        out.to_vec()
    }

    #[test]
    fn addresses() {
        assert_eq!(written(|out| put_inet("10.0.0.1", out)), [2, 32, 0, 4, 10, 0, 0, 1]);
        assert_eq!(written(|out| put_inet("10.0.0.0/8", out)), [2, 8, 0, 4, 10, 0, 0, 0]);
        assert_eq!(written(|out| put_inet("::1/64", out)), [3, 64, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        for wrong in ["", "10.0.0", "10.0.0.1/33", "::1/", "host"] {
            assert_eq!(put_inet(wrong, &mut BytesMut::new()).expect_err(wrong).code, Code::InvalidText);
        }
    }

    #[test]
    fn uuids() {
        let bytes = [0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11];
        let text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        for form in [text.to_owned(), format!("{{{}}}", text.to_uppercase()), text.replace('-', "")] {
            assert_eq!(written(|out| put_uuid(&form, out)), bytes);
        }
        let mut out = BytesMut::new();
        put_uuid_text(&bytes, &mut out);
        assert_eq!(out, text);
        for wrong in [
            "",
            "a0eebc99",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1100",
            "x0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ] {
            assert!(put_uuid(wrong, &mut BytesMut::new()).is_err(), "{wrong}");
        }
    }
}

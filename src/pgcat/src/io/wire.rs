//! Reading and writing the parts of binary forms.

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use crate::function::Context;
use crate::value::Value;

/// Bytes that are read from their start.
pub struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(too_short)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub fn fixed<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH]> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or_else(too_short)?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub fn i16(&mut self) -> Result<i16> {
        self.fixed().map(i16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.fixed().map(u32::from_be_bytes)
    }

    pub fn i32(&mut self) -> Result<i32> {
        self.fixed().map(i32::from_be_bytes)
    }

    pub fn i64(&mut self) -> Result<i64> {
        self.fixed().map(i64::from_be_bytes)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    /// A value behind its length; -1 is null.
    pub fn field(&mut self, context: &Context<'_>, type_oid: u32, typmod: i32) -> Result<Value> {
        match self.i32()? {
            -1 => Ok(Value::Null),
            length => {
                let length = usize::try_from(length).map_err(|_| too_short())?;
                super::receive(context, type_oid, typmod, self.take(length)?)
            }
        }
    }

    /// Fails where something is left.
    pub fn end(&self) -> Result<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Error::new(Code::InvalidBinary, "incorrect binary data format")) }
    }
}

fn too_short() -> Error {
    Error::new(Code::Protocol, "insufficient data left in message")
}

/// The text of bytes that must be UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let wrong: Vec<String> = bytes[error.valid_up_to()..].iter().take(4).map(|byte| format!("0x{byte:02x}")).collect();
        let length = error.error_len().unwrap_or(wrong.len()).clamp(1, wrong.len().max(1));
        let wrong = wrong.get(..length).unwrap_or_default().join(" ");
        Error::new(Code::InvalidEncoding, format!("invalid byte sequence for encoding \"UTF8\": {wrong}"))
    })
}

/// Writes a value behind its length; null is -1.
pub fn put_field(context: &Context<'_>, type_oid: u32, value: &Value, out: &mut BytesMut) -> Result<()> {
    if value.is_null() {
        out.put_i32(-1);
        return Ok(());
    }
    let start = out.len();
    out.put_i32(0);
    super::send(context, type_oid, value, out)?;
    let length = (out.len() - start - 4) as i32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

//! `tid`: where a row stands, as `(block,offset)`.

use spi::Result;

use super::{integer, invalid};

pub fn read(text: &str) -> Result<(u32, u16)> {
    parse(text).ok_or_else(|| invalid("tid", text))
}

fn parse(text: &str) -> Option<(u32, u16)> {
    let (block, offset) = text.trim_start_matches(super::is_space).strip_prefix('(')?.split_once(',')?;
    let (offset, _) = offset.split_once(')')?;
    // A number may have space before it, but none behind it.
    let clean = |digits: &str| !digits.is_empty() && !digits.ends_with(super::is_space);
    if !clean(block) || !clean(offset) {
        return None;
    }
    let block = integer::read_unsigned(block, 32, "tid").ok()?;
    let offset = integer::read_unsigned(offset, 32, "tid").ok()?;
    Some((block as u32, u16::try_from(offset).ok()?))
}

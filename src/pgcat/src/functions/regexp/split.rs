//! `regexp_split_to_array` and `regexp_split_to_table`.

use spi::Result;

use super::matching::find_all;
use super::options::Options;
use super::pattern::Pattern;
use super::syntax::Flags;
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] =
    &[ScalarEntry::new("regexp_split_to_array", to_array), ScalarEntry::new("regexp_split_to_array_no_flags", to_array)];

pub const SETS: &[SetEntry] =
    &[SetEntry::new("regexp_split_to_table", to_table), SetEntry::new("regexp_split_to_table_no_flags", to_table)];

fn to_array(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(Value::array(oid::TEXT, parts(arguments, "regexp_split_to_array")?))
}

fn to_table(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    Ok(Box::new(parts(arguments, "regexp_split_to_table")?.into_iter().map(Ok)))
}

/// What stands between the matches. Empty matches at the begin, at the end and right behind another match do not count.
fn parts(arguments: &[Value], function: &str) -> Result<Vec<Value>> {
    let flags = if arguments.len() > 2 { Options::parse_without_global(arguments.text(2)?, function)? } else { Flags::default() };
    let text = arguments.text(0)?;
    let pattern = Pattern::get(arguments.text(1)?, flags)?;
    let (mut parts, mut copied, mut previous) = (Vec::new(), 0, 0);
    for spans in find_all(&pattern, text, 0)? {
        let Some((begin, end)) = spans[0] else { continue };
        if begin < text.len() && end > previous {
            parts.push(text[copied..begin].into());
            copied = end;
        }
        previous = end;
    }
    parts.push(text[copied..].into());
    Ok(parts)
}

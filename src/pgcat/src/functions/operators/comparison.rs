//! `=`, `<>`, `<`, `<=`, `>` and `>=` of all types whose values are in the order of [`compare`], or in one that is told here.

use std::cmp::Ordering;

use spi::Result;

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::array::check_vector;
use crate::value::Value;
use crate::value::compare::{compare, identical};

/// How the two arguments of an operator are ordered.
pub(super) type Order = fn(&Context<'_>, &Signature, &[Value]) -> Result<Ordering>;

/// The six operators of each family. A name is what stands before and behind `eq`, `ne`, `lt`, `le`, `gt` and `ge` in the symbols.
macro_rules! comparisons {
    ($($order:ident: $($prefix:literal $($suffix:literal)?),+;)+ | $($more:expr),+ $(,)?) => {
        &[
            $($(
                ScalarEntry::new(concat!($prefix, "eq" $(, $suffix)?), |c, s, a| holds($order, Ordering::is_eq, c, s, a)),
                ScalarEntry::new(concat!($prefix, "ne" $(, $suffix)?), |c, s, a| holds($order, Ordering::is_ne, c, s, a)),
                ScalarEntry::new(concat!($prefix, "lt" $(, $suffix)?), |c, s, a| holds($order, Ordering::is_lt, c, s, a)),
                ScalarEntry::new(concat!($prefix, "le" $(, $suffix)?), |c, s, a| holds($order, Ordering::is_le, c, s, a)),
                ScalarEntry::new(concat!($prefix, "gt" $(, $suffix)?), |c, s, a| holds($order, Ordering::is_gt, c, s, a)),
                ScalarEntry::new(concat!($prefix, "ge" $(, $suffix)?), |c, s, a| holds($order, Ordering::is_ge, c, s, a)),
            )+)+
            $($more,)+
        ]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = comparisons! {
    plain:
        "bool", "int2", "int4", "int8", "int24", "int42", "int28", "int82", "int48", "int84", "oid", "cash_",
        "float4", "float8", "float48", "float84", "numeric_",
        "name", "name" "text", "text" "name", "bytea", "bit", "uuid_", "macaddr_", "macaddr8_", "tid",
        "date_", "time_", "timetz_", "timestamp_", "interval_", "record_", "char", "bpchar", "network_", "pg_lsn_",
        "enum_", "range_",
        "multirange_", "xid8";
    by_length_first: "oidvector";
    |
    ScalarEntry::new("texteq", |c, s, a| holds(plain, Ordering::is_eq, c, s, a)),
    ScalarEntry::new("textne", |c, s, a| holds(plain, Ordering::is_ne, c, s, a)),
    ScalarEntry::new("text_lt", |c, s, a| holds(plain, Ordering::is_lt, c, s, a)),
    ScalarEntry::new("text_le", |c, s, a| holds(plain, Ordering::is_le, c, s, a)),
    ScalarEntry::new("text_gt", |c, s, a| holds(plain, Ordering::is_gt, c, s, a)),
    ScalarEntry::new("text_ge", |c, s, a| holds(plain, Ordering::is_ge, c, s, a)),
    ScalarEntry::new("text_pattern_lt", |c, s, a| holds(plain, Ordering::is_lt, c, s, a)),
    ScalarEntry::new("text_pattern_le", |c, s, a| holds(plain, Ordering::is_le, c, s, a)),
    ScalarEntry::new("text_pattern_gt", |c, s, a| holds(plain, Ordering::is_gt, c, s, a)),
    ScalarEntry::new("text_pattern_ge", |c, s, a| holds(plain, Ordering::is_ge, c, s, a)),
    ScalarEntry::new("bpchar_pattern_lt", |c, s, a| holds(plain, Ordering::is_lt, c, s, a)),
    ScalarEntry::new("bpchar_pattern_le", |c, s, a| holds(plain, Ordering::is_le, c, s, a)),
    ScalarEntry::new("bpchar_pattern_gt", |c, s, a| holds(plain, Ordering::is_gt, c, s, a)),
    ScalarEntry::new("bpchar_pattern_ge", |c, s, a| holds(plain, Ordering::is_ge, c, s, a)),
    ScalarEntry::new("xid8cmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
    ScalarEntry::new("xid8_larger", |_, _, a| Ok(if compare(&a[0], &a[1]).is_gt() { a[0].clone() } else { a[1].clone() })),
    ScalarEntry::new("xid8_smaller", |_, _, a| Ok(if compare(&a[0], &a[1]).is_lt() { a[0].clone() } else { a[1].clone() })),
    ScalarEntry::new("xideq", |c, s, a| holds(of_numbers, Ordering::is_eq, c, s, a)),
    ScalarEntry::new("xidneq", |c, s, a| holds(of_numbers, Ordering::is_ne, c, s, a)),
    ScalarEntry::new("cideq", |c, s, a| holds(of_numbers, Ordering::is_eq, c, s, a)),
    ScalarEntry::new("aclitem_eq", |c, s, a| holds(plain, Ordering::is_eq, c, s, a)),
    ScalarEntry::new("record_image_eq", |_, _, a| Ok(Value::Bool(identical(&a[0], &a[1])))),
    ScalarEntry::new("record_image_ne", |_, _, a| Ok(Value::Bool(!identical(&a[0], &a[1])))),
};

fn holds(order: Order, test: fn(Ordering) -> bool, context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(Value::Bool(test(order(context, signature, arguments)?)))
}

pub(super) fn plain(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(match arguments {
        // `real` against `double precision` and whole numbers of different widths are represented alike.
        [left, right] => compare(left, right),
        _ => Ordering::Equal,
    })
}

pub(super) fn by_length_first(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    let (left, right) = (arguments.array(0)?, arguments.array(1)?);
    check_vector(left)?;
    check_vector(right)?;
    Ok(left.values.len().cmp(&right.values.len()).then_with(|| compare(&arguments[0], &arguments[1])))
}

/// Numbers of 32 bits, signed ones taken as unsigned.
fn of_numbers(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(arguments.oid(0)?.cmp(&arguments.oid(1)?))
}

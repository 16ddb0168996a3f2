//! `=`, `<>`, `<`, `<=`, `>` and `>=` of all types whose values are in the order of [`compare`], or in one that is told here.

use std::cmp::Ordering;

use spi::Result;

use crate::catalog::oid as relation;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::{lsn, network, text};
use crate::value::Value;
use crate::value::compare::{compare, identical};

/// How the two arguments of an operator are ordered.
type Order = fn(&Context<'_>, &Signature, &[Value]) -> Result<Ordering>;

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
        "date_", "time_", "timetz_", "timestamp_", "interval_", "array_", "record_";
    as_bytes: "char";
    without_padding: "bpchar";
    by_length_first: "oidvector";
    of_network: "network_";
    of_log: "pg_lsn_";
    of_unsigned: "xid8";
    of_enum: "enum_";
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
    ScalarEntry::new("bpchar_pattern_lt", |c, s, a| holds(without_padding, Ordering::is_lt, c, s, a)),
    ScalarEntry::new("bpchar_pattern_le", |c, s, a| holds(without_padding, Ordering::is_le, c, s, a)),
    ScalarEntry::new("bpchar_pattern_gt", |c, s, a| holds(without_padding, Ordering::is_gt, c, s, a)),
    ScalarEntry::new("bpchar_pattern_ge", |c, s, a| holds(without_padding, Ordering::is_ge, c, s, a)),
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

fn plain(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(match arguments {
        // `real` against `double precision` and whole numbers of different widths are represented alike.
        [left, right] => compare(left, right),
        _ => Ordering::Equal,
    })
}

/// A `"char"` is a byte, whatever it is printed as.
fn as_bytes(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(text::char(arguments.text(0)?).cmp(&text::char(arguments.text(1)?)))
}

/// The spaces at the end of a `character(n)` are not part of it.
fn without_padding(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(arguments.text(0)?.trim_end_matches(' ').cmp(arguments.text(1)?.trim_end_matches(' ')))
}

fn by_length_first(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    let (left, right) = (arguments.array(0)?, arguments.array(1)?);
    Ok(left.values.len().cmp(&right.values.len()).then_with(|| compare(&arguments[0], &arguments[1])))
}

/// By family, then by the bits that both networks have, then by how many they have, then by the address.
fn of_network(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    let (left, right) = (network::read_inet(arguments.text(0)?)?, network::read_inet(arguments.text(1)?)?);
    let common = left.bits.min(right.bits);
    let begun = |network: network::Network| network::Network { bits: common, ..network }.masked().bytes;
    let order = left.is_v6.cmp(&right.is_v6).then_with(|| begun(left).cmp(&begun(right)));
    Ok(order.then(left.bits.cmp(&right.bits)).then(left.bytes.cmp(&right.bytes)))
}

fn of_log(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(lsn::read(arguments.text(0)?)?.cmp(&lsn::read(arguments.text(1)?)?))
}

fn of_unsigned(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok((arguments.int(0)? as u64).cmp(&(arguments.int(1)? as u64)))
}

/// Numbers of 32 bits, signed ones taken as unsigned.
fn of_numbers(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Ordering> {
    Ok(arguments.oid(0)?.cmp(&arguments.oid(1)?))
}

/// In the order that the labels are declared in.
fn of_enum(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<Ordering> {
    let (left, right) = (arguments.text(0)?, arguments.text(1)?);
    if left == right {
        return Ok(Ordering::Equal);
    }
    let type_oid = signature.arguments.first().map_or(0, |type_| context.catalog.base_type(type_.oid, -1).0);
    let place = |label: &str| {
        let key = [Value::oid(type_oid), Value::text(label)];
        context.catalog.find_one(relation::PG_ENUM, &["enumtypid", "enumlabel"], &key).map(|row| row.get("enumsortorder"))
    };
    Ok(match (place(left), place(right)) {
        (Some(left), Some(right)) => compare(&left, &right),
        _ => left.cmp(right),
    })
}

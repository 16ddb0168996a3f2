//! Operators of `inet` and `cidr`, `macaddr` and `pg_lsn`.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, ToPrimitive};
use spi::{Code, Error, Result};

use super::numerics;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::network::{Network, read_inet};
use crate::io::{lsn, macaddr, numeric};
use crate::value::compare::compare;
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("network_sub", |_, _, a| related(a, |left, right| left.bits > right.bits && within(left, right))),
    ScalarEntry::new("network_subeq", |_, _, a| related(a, |left, right| left.bits >= right.bits && within(left, right))),
    ScalarEntry::new("network_sup", |_, _, a| related(a, |left, right| left.bits < right.bits && within(right, left))),
    ScalarEntry::new("network_supeq", |_, _, a| related(a, |left, right| left.bits <= right.bits && within(right, left))),
    ScalarEntry::new("network_overlap", |_, _, a| {
        related(a, |left, right| if left.bits < right.bits { within(right, left) } else { within(left, right) })
    }),
    ScalarEntry::new("inetnot", not),
    ScalarEntry::new("inetand", |_, _, a| combine(a, "AND", |left, right| left & right)),
    ScalarEntry::new("inetor", |_, _, a| combine(a, "OR", |left, right| left | right)),
    ScalarEntry::new("inetpl", |_, _, a| add(read_inet(a.text(0)?)?, a.int(1)?.into())),
    ScalarEntry::new("inetmi_int8", |_, _, a| add(read_inet(a.text(0)?)?, -i128::from(a.int(1)?))),
    ScalarEntry::new("inetmi", difference),
    ScalarEntry::new("inet_to_cidr", |_, _, a| Ok(read_inet(a.text(0)?)?.masked().cidr())),
    ScalarEntry::new("network_show", |_, _, a| Ok(Value::from(read_inet(a.text(0)?)?.text()))),
    ScalarEntry::new("macaddr_not", |_, _, a| Ok(Value::from(macaddr::text(macaddr::read(a.text(0)?)?.map(|byte| !byte))))),
    ScalarEntry::new("macaddr_and", |_, _, a| combine_macaddr(a, |left, right| left & right)),
    ScalarEntry::new("macaddr_or", |_, _, a| combine_macaddr(a, |left, right| left | right)),
    ScalarEntry::new("pg_lsn_mi", |_, _, a| lsn_distance(a)),
    ScalarEntry::new("pg_wal_lsn_diff", |_, _, a| lsn_distance(a)),
    ScalarEntry::new("pg_lsn_cmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
    ScalarEntry::new("pg_lsn_larger", |_, _, a| Ok(if compare(&a[0], &a[1]).is_gt() { a[0].clone() } else { a[1].clone() })),
    ScalarEntry::new("pg_lsn_smaller", |_, _, a| Ok(if compare(&a[0], &a[1]).is_lt() { a[0].clone() } else { a[1].clone() })),
    ScalarEntry::new("numeric_pg_lsn", |_, _, a| lsn_of(a.numeric(0)?)),
    ScalarEntry::new("pg_lsn_pli", |_, _, a| move_lsn(a.text(0)?, a.numeric(1)?, 1)),
    ScalarEntry::new("pg_lsn_mii", |_, _, a| move_lsn(a.text(0)?, a.numeric(1)?, -1)),
];

fn related(arguments: &[Value], test: fn(Network, Network) -> bool) -> Result<Value> {
    let (left, right) = (read_inet(arguments.text(0)?)?, read_inet(arguments.text(1)?)?);
    Ok(Value::Bool(left.is_v6 == right.is_v6 && test(left, right)))
}

/// Whether an address is in a network.
fn within(address: Network, network: Network) -> bool {
    Network { bits: network.bits, ..address }.masked().bytes == network.masked().bytes
}

fn not(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let mut network = read_inet(arguments.text(0)?)?;
    let length = network.address().len();
    network.bytes[..length].iter_mut().for_each(|byte| *byte = !*byte);
    Ok(network.inet())
}

fn combine(arguments: &[Value], operation: &str, with: fn(u8, u8) -> u8) -> Result<Value> {
    let (mut left, right) = (read_inet(arguments.text(0)?)?, read_inet(arguments.text(1)?)?);
    if left.is_v6 != right.is_v6 {
        return Err(Error::new(Code::InvalidArgument, format!("cannot {operation} inet values of different sizes")));
    }
    left.bytes.iter_mut().zip(right.bytes).for_each(|(left, right)| *left = with(*left, right));
    left.bits = left.bits.max(right.bits);
    Ok(left.inet())
}

fn number(network: Network) -> u128 {
    network.address().iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// The address some numbers further.
fn add(mut network: Network, count: i128) -> Result<Value> {
    let out_of_range = || Error::new(Code::OutOfRange, "result is out of range");
    let moved = number(network).checked_add_signed(count).ok_or_else(out_of_range)?;
    if !network.is_v6 && moved > u128::from(u32::MAX) {
        return Err(out_of_range());
    }
    match network.is_v6 {
        true => network.bytes = moved.to_be_bytes(),
        false => network.bytes[..4].copy_from_slice(&(moved as u32).to_be_bytes()),
    }
    Ok(network.inet())
}

fn difference(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (left, right) = (read_inet(arguments.text(0)?)?, read_inet(arguments.text(1)?)?);
    if left.is_v6 != right.is_v6 {
        return Err(Error::new(Code::InvalidArgument, "cannot subtract inet values of different sizes"));
    }
    let (left, right) = (number(left), number(right));
    let distance = i64::try_from(left.abs_diff(right)).ok().map(|distance| if left < right { -distance } else { distance });
    distance.map(Value::Int).ok_or_else(|| Error::new(Code::OutOfRange, "result is out of range"))
}

fn combine_macaddr(arguments: &[Value], with: fn(u8, u8) -> u8) -> Result<Value> {
    let (mut left, right) = (macaddr::read(arguments.text(0)?)?, macaddr::read(arguments.text(1)?)?);
    left.iter_mut().zip(right).for_each(|(left, right)| *left = with(*left, right));
    Ok(Value::from(macaddr::text(left)))
}

fn lsn_distance(arguments: &[Value]) -> Result<Value> {
    let distance = i128::from(lsn::read(arguments.text(0)?)?) - i128::from(lsn::read(arguments.text(1)?)?);
    Ok(numerics::value(Numeric::Finite(BigDecimal::from(BigInt::from(distance)))))
}

fn lsn_of(bytes: &Numeric) -> Result<Value> {
    let refused = |what: &str| Error::new(Code::Unsupported, format!("cannot convert {what} to pg_lsn"));
    match bytes {
        Numeric::NaN => Err(refused("NaN")),
        Numeric::Infinity | Numeric::NegativeInfinity => Err(refused("infinity")),
        Numeric::Finite(bytes) => {
            let lsn = numeric::rounded(bytes, 0).to_u64();
            lsn.map(lsn::value).ok_or_else(|| Error::new(Code::InvalidArgument, "pg_lsn out of range"))
        }
    }
}

fn move_lsn(text: &str, bytes: &Numeric, sign: i128) -> Result<Value> {
    let verb = if sign > 0 { "add NaN to" } else { "subtract NaN from" };
    let out_of_range = || Error::new(Code::InvalidArgument, "pg_lsn out of range");
    let bytes = match bytes {
        Numeric::NaN => return Err(Error::new(Code::Unsupported, format!("cannot {verb} pg_lsn"))),
        Numeric::Finite(bytes) => numeric::rounded(bytes, 0).to_i128().ok_or_else(out_of_range)?,
        Numeric::Infinity | Numeric::NegativeInfinity => return Err(out_of_range()),
    };
    let moved = bytes.checked_mul(sign).and_then(|bytes| bytes.checked_add(lsn::read(text).ok()?.into())).ok_or_else(out_of_range)?;
    u64::try_from(moved).map(lsn::value).map_err(|_| out_of_range())
}

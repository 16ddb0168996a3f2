//! Hashes of values as partitions and indexes have them: `hashtext`, `hashint8extended`.
//!
//! A hash of 32 bits is that of PostgreSQL's hash indexes; with a seed it has 64 bits. Equal values of one type have equal hashes.

mod bytes;

use bigdecimal::num_bigint::Sign;
use spi::{Code, Error, Result};

use crate::catalog::oid as relation;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::array::check_vector;
use crate::io::registered::type_name;
use crate::io::{lsn, macaddr, network};
use crate::types::{TypeKind, oid};
use crate::value::compare::span;
use crate::value::{Numeric, Value};
use bytes::Hash;

macro_rules! hashes {
    ($($symbol:literal $extended:literal)*) => {
        &[$(
            ScalarEntry::new($symbol, |context, signature, arguments| {
                Ok(Value::Int(i64::from(of(context, signature, arguments, None)? as u32 as i32)))
            }),
            ScalarEntry::new($extended, |context, signature, arguments| {
                Ok(Value::Int(of(context, signature, arguments, Some(arguments.int(1)? as u64))? as i64))
            }),
        )*]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = hashes!(
    "hashint2" "hashint2extended"
    "hashint4" "hashint4extended"
    "hashint8" "hashint8extended"
    "hashfloat4" "hashfloat4extended"
    "hashfloat8" "hashfloat8extended"
    "hashoid" "hashoidextended"
    "hashchar" "hashcharextended"
    "hashname" "hashnameextended"
    "hashtext" "hashtextextended"
    "hashbpchar" "hashbpcharextended"
    "hashvarlena" "hashvarlenaextended"
    "hashoidvector" "hashoidvectorextended"
    "hash_array" "hash_array_extended"
    "hash_record" "hash_record_extended"
    "hash_numeric" "hash_numeric_extended"
    "hashenum" "hashenumextended"
    "hashinet" "hashinetextended"
    "hashmacaddr" "hashmacaddrextended"
    "hashtid" "hashtidextended"
    "uuid_hash" "uuid_hash_extended"
    "pg_lsn_hash" "pg_lsn_hash_extended"
    "time_hash" "time_hash_extended"
    "timetz_hash" "timetz_hash_extended"
    "timestamp_hash" "timestamp_hash_extended"
    "interval_hash" "interval_hash_extended"
);

fn of(context: &Context<'_>, signature: &Signature, arguments: &[Value], seed: Option<u64>) -> Result<u64> {
    let type_oid = signature.arguments.first().map_or(oid::TEXT, |argument| argument.oid);
    hash(context, type_oid, &arguments[0], Hash { seed })
}

fn hash(context: &Context<'_>, type_oid: u32, value: &Value, with: Hash) -> Result<u64> {
    Ok(match value {
        Value::Null => 0,
        Value::Bool(truth) => with.number(u32::from(*truth)),
        Value::Int(number) if type_oid == oid::INT8 => with.long(*number),
        Value::Int(number) => with.number(*number as u32),
        Value::Float(float) => match *float {
            // Both zeros are equal.
            0.0 => with.seed.unwrap_or(0),
            float if float.is_nan() => with.bytes(&f64::NAN.to_le_bytes()),
            float => with.bytes(&float.to_le_bytes()),
        },
        Value::Numeric(number) => numeric(number, with),
        Value::Text(text) => self::text(context, type_oid, text, with)?,
        Value::Ordered(ordered) => self::text(context, type_oid, &ordered.text, with)?,
        Value::Range(_) | Value::Multirange(_) => return Err(no_hash(context, type_oid)),
        Value::Bytes(bytes) => with.bytes(bytes),
        Value::Date(days) => with.number(*days as u32),
        Value::Time(micros) | Value::Timestamp(micros) => with.long(*micros),
        Value::TimeTz(micros, west) => with.long(*micros) ^ with.number(*west as u32),
        Value::Interval(interval) => with.long(span(interval) as i64),
        Value::Uuid(bytes) => with.bytes(&**bytes),
        Value::Tid(block, offset) => {
            let [high, low] = [(block >> 16) as u16, *block as u16];
            with.bytes(&[high, low, *offset].map(u16::to_le_bytes).concat())
        }
        Value::Array(array) if type_oid == oid::OIDVECTOR => {
            check_vector(array)?;
            let numbers = array.values.iter().filter_map(Value::as_oid);
            with.bytes(&numbers.flat_map(u32::to_le_bytes).collect::<Vec<u8>>())
        }
        Value::Array(array) => {
            let parts = array.values.iter().map(|item| hash(context, array.element, item, with));
            folded(1, parts, with)?
        }
        Value::Record(record) => {
            let parts = record.fields.iter().zip(&record.values).map(|(field, item)| hash(context, field.type_oid, item, with));
            folded(0, parts, with)?
        }
    })
}

/// The hashes of parts as one.
fn folded(start: u64, parts: impl Iterator<Item = Result<u64>>, with: Hash) -> Result<u64> {
    let mut whole = start;
    for part in parts {
        whole = (whole << 5).wrapping_sub(whole).wrapping_add(part?);
        if with.seed.is_none() {
            whole &= u64::from(u32::MAX);
        }
    }
    Ok(whole)
}

fn text(context: &Context<'_>, type_oid: u32, text: &str, with: Hash) -> Result<u64> {
    Ok(match type_oid {
        oid::TEXT | oid::VARCHAR | oid::NAME => with.bytes(text.as_bytes()),
        oid::BPCHAR => with.bytes(text.trim_end_matches(' ').as_bytes()),
        // A character is signed, and one of several bytes is its first.
        oid::CHAR => with.number(text.bytes().next().map_or(0, |byte| byte as i8 as u32)),
        oid::INET | oid::CIDR => {
            let network = network::read_inet(text)?;
            let family = if network.is_v6 { 3 } else { 2 };
            with.bytes(&[&[family, network.bits], network.address()].concat())
        }
        oid::MACADDR => with.bytes(&macaddr::read(text)?),
        oid::PG_LSN => with.long(lsn::read(text)? as i64),
        oid::XID8 => with.long(text.parse::<u64>().unwrap_or_default() as i64),
        _ => match context.catalog.type_info(type_oid) {
            Some(info) if info.kind == TypeKind::Enum => {
                let label = [Value::oid(type_oid), Value::text(text)];
                let row = context.catalog.find_one(relation::PG_ENUM, &["enumtypid", "enumlabel"], &label);
                with.number(row.and_then(|row| row.oid("oid")).unwrap_or_default())
            }
            Some(info) if info.kind == TypeKind::Domain => self::text(context, info.base, text, with)?,
            _ => return Err(no_hash(context, type_oid)),
        },
    })
}

fn no_hash(context: &Context<'_>, type_oid: u32) -> Error {
    let name = type_name(context, type_oid);
    Error::new(Code::UndefinedFunction, format!("could not identify a hash function for type {name}"))
}

/// The digits in groups of four, those that are zero at the ends left out, and where the first group stands.
fn numeric(number: &Numeric, with: Hash) -> u64 {
    const GROUP: i64 = 4;
    let Numeric::Finite(number) = number else { return with.seed.unwrap_or(0) };
    let (digits, scale) = number.as_bigint_and_exponent();
    if digits.sign() == Sign::NoSign {
        return match with.seed {
            Some(seed) => seed.wrapping_sub(1),
            None => u64::from(u32::MAX),
        };
    }
    // The point must stand between two groups.
    let padding = (GROUP - scale.rem_euclid(GROUP)) % GROUP;
    let text = digits.magnitude().to_string() + &"0".repeat(padding as usize);
    let behind = (scale + padding) / GROUP;
    let text = format!("{}{text}", "0".repeat((GROUP as usize - text.len() % GROUP as usize) % GROUP as usize));
    let groups: Vec<i16> = (0..text.len() / GROUP as usize).filter_map(|group| text[group * 4..][..4].parse().ok()).collect();
    let weight = groups.len() as i64 - behind - 1;
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let end = groups.iter().rposition(|group| *group != 0).map_or(0, |last| last + 1);
    let significant = groups[leading.min(end)..end].iter().flat_map(|group| group.to_le_bytes()).collect::<Vec<u8>>();
    let weight = weight - leading as i64;
    match with.seed {
        Some(_) => with.bytes(&significant) ^ weight as u64,
        None => with.bytes(&significant) ^ u64::from(weight as i32 as u32),
    }
}

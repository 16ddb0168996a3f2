//! Numbers of transactions and snapshots. Every transaction reads one generation of the catalog, so that a snapshot has no transactions
//! in progress but its own.

use spi::Result;

use crate::function::{Context, ScalarEntry, SetEntry};
use crate::functions::Arguments;
use crate::io::{snapshot, xid8};
use crate::types::{Type, oid};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_current_xact_id", |context, signature, _| Ok(number(signature.result, context.host.transaction_id()))),
    // A number is given to a transaction that writes, which none here does.
    ScalarEntry::new("pg_current_xact_id_if_assigned", |_, _, _| Ok(Value::Null)),
    ScalarEntry::new("pg_current_snapshot", |context, _, _| {
        let next = context.host.transaction_id();
        Ok(format!("{next}:{next}:").into())
    }),
    ScalarEntry::new("pg_snapshot_xmin", |_, signature, arguments| Ok(number(signature.result, snapshot::read(arguments.text(0)?)?.first))),
    ScalarEntry::new("pg_snapshot_xmax", |_, signature, arguments| Ok(number(signature.result, snapshot::read(arguments.text(0)?)?.next))),
    ScalarEntry::new("pg_visible_in_snapshot", |_, _, arguments| {
        let snapshot = snapshot::read(arguments.text(1)?)?;
        let number = match &arguments[0] {
            Value::Int(number) => *number as u64,
            _ => xid8::read(arguments.text(0)?)?,
        };
        Ok((number < snapshot.first || (number < snapshot.next && snapshot.running.binary_search(&number).is_err())).into())
    }),
    ScalarEntry::new("xid_age", |context, _, arguments| age(context, arguments.int(0)?)),
    ScalarEntry::new("mxid_age", |_, _, _| Ok(Value::Int(0))),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_snapshot_xip", |_, signature, arguments| {
    let running = snapshot::read(arguments.text(0)?)?.running;
    let result = signature.result;
    Ok(Box::new(running.into_iter().map(move |running| Ok(number(result, running)))))
})];

/// Numbers below this one belong to no transaction.
const FIRST_NORMAL: i64 = 3;

/// A number of a transaction: the functions of former times give a `bigint`.
fn number(type_: Type, number: u64) -> Value {
    if type_.oid == oid::XID8 { xid8::value(number) } else { Value::Int(number as i64) }
}

/// How many transactions ago it was; those that are not normal are infinitely old.
fn age(context: &Context<'_>, number: i64) -> Result<Value> {
    if number < FIRST_NORMAL {
        return Ok(Value::Int(i64::from(i32::MAX)));
    }
    let difference = (context.host.transaction_id() as u32).wrapping_sub(number as u32) as i32;
    Ok(Value::Int(i64::from(difference)))
}

//! Numbers of transactions and snapshots. Every transaction reads one generation of the catalog, so that a snapshot has no transactions
//! in progress but its own.

use spi::Result;

use crate::function::{Context, ScalarEntry, SetEntry};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_current_xact_id", |context, _, _| Ok(current(context))),
    // A number is given to a transaction that writes, which none here does.
    ScalarEntry::new("pg_current_xact_id_if_assigned", |_, _, _| Ok(Value::Null)),
    ScalarEntry::new("pg_current_snapshot", |context, _, _| {
        let next = context.host.transaction_id();
        Ok(format!("{next}:{next}:").into())
    }),
    ScalarEntry::new("pg_snapshot_xmin", |_, _, arguments| Ok(Value::Int(parts(arguments.text(0)?).0))),
    ScalarEntry::new("pg_snapshot_xmax", |_, _, arguments| Ok(Value::Int(parts(arguments.text(0)?).1))),
    ScalarEntry::new("pg_visible_in_snapshot", |_, _, arguments| {
        let (number, (first, next, running)) = (arguments.int(0)?, parts(arguments.text(1)?));
        Ok((number < first || (number < next && !running.contains(&number))).into())
    }),
    ScalarEntry::new("xid_age", |context, _, arguments| age(context, arguments.int(0)?)),
    ScalarEntry::new("mxid_age", |_, _, _| Ok(Value::Int(0))),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_snapshot_xip", |_, _, arguments| {
    Ok(Box::new(parts(arguments.text(0)?).2.into_iter().map(|number| Ok(Value::Int(number)))))
})];

/// Numbers below this one belong to no transaction.
const FIRST_NORMAL: i64 = 3;

fn current(context: &Context<'_>) -> Value {
    Value::Int(context.host.transaction_id() as i64)
}

/// `xmin:xmax:running,…`.
fn parts(snapshot: &str) -> (i64, i64, Vec<i64>) {
    let mut parts = snapshot.split(':');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or_default();
    let (first, next) = (number(), number());
    (first, next, parts.next().unwrap_or_default().split(',').filter_map(|part| part.parse().ok()).collect())
}

/// How many transactions ago it was; those that are not normal are infinitely old.
fn age(context: &Context<'_>, number: i64) -> Result<Value> {
    if number < FIRST_NORMAL {
        return Ok(Value::Int(i64::from(i32::MAX)));
    }
    let difference = (context.host.transaction_id() as u32).wrapping_sub(number as u32) as i32;
    Ok(Value::Int(i64::from(difference)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_read() {
        assert_eq!(parts("10:20:11,15"), (10, 20, vec![11, 15]));
        assert_eq!(parts("10:10:"), (10, 10, vec![]));
    }
}

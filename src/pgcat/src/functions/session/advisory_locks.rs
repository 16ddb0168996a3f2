//! Functions of [advisory locks](crate::host::AdvisoryLocks): taking one succeeds at once, and none ever blocks.

use spi::Result;

use crate::function::{Context, Scalar, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::host::{Lock, LockKey};
use crate::value::Value;

/// Those of a transaction are gone with it, and cannot be given back before: nothing is to be known of them.
const VOID: Scalar = |_: &Context<'_>, _: &Signature, _: &[Value]| Ok("".into());
const TRUE: Scalar = |_: &Context<'_>, _: &Signature, _: &[Value]| Ok(true.into());

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_advisory_lock_int8", |context, _, arguments| take(context, arguments, false, "".into())),
    ScalarEntry::new("pg_advisory_lock_int4", |context, _, arguments| take(context, arguments, false, "".into())),
    ScalarEntry::new("pg_advisory_lock_shared_int8", |context, _, arguments| take(context, arguments, true, "".into())),
    ScalarEntry::new("pg_advisory_lock_shared_int4", |context, _, arguments| take(context, arguments, true, "".into())),
    ScalarEntry::new("pg_try_advisory_lock_int8", |context, _, arguments| take(context, arguments, false, true.into())),
    ScalarEntry::new("pg_try_advisory_lock_int4", |context, _, arguments| take(context, arguments, false, true.into())),
    ScalarEntry::new("pg_try_advisory_lock_shared_int8", |context, _, arguments| take(context, arguments, true, true.into())),
    ScalarEntry::new("pg_try_advisory_lock_shared_int4", |context, _, arguments| take(context, arguments, true, true.into())),
    ScalarEntry::new("pg_advisory_unlock_int8", |context, _, arguments| release(context, arguments, false)),
    ScalarEntry::new("pg_advisory_unlock_int4", |context, _, arguments| release(context, arguments, false)),
    ScalarEntry::new("pg_advisory_unlock_shared_int8", |context, _, arguments| release(context, arguments, true)),
    ScalarEntry::new("pg_advisory_unlock_shared_int4", |context, _, arguments| release(context, arguments, true)),
    ScalarEntry::new("pg_advisory_unlock_all", |context, _, _| {
        context.host.advisory_locks().release_all();
        Ok("".into())
    }),
    ScalarEntry::new("pg_advisory_xact_lock_int8", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_int4", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_shared_int8", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_shared_int4", VOID),
    ScalarEntry::new("pg_try_advisory_xact_lock_int8", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_int4", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_shared_int8", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_shared_int4", TRUE),
];

fn take(context: &Context<'_>, arguments: &[Value], is_shared: bool, done: Value) -> Result<Value> {
    context.host.advisory_locks().take(lock(arguments, is_shared)?)?;
    Ok(done)
}

fn release(context: &Context<'_>, arguments: &[Value], is_shared: bool) -> Result<Value> {
    let was_held = context.host.advisory_locks().release(lock(arguments, is_shared)?);
    if !was_held {
        let kind = if is_shared { "ShareLock" } else { "ExclusiveLock" };
        context.host.notice("WARNING", "01000", format!("you don't own a lock of type {kind}"));
    }
    Ok(was_held.into())
}

fn lock(arguments: &[Value], is_shared: bool) -> Result<Lock> {
    let key = match arguments.len() {
        1 => LockKey::One(arguments.int(0)?),
        _ => LockKey::Two(arguments.int(0)?, arguments.int(1)?),
    };
    Ok(Lock { key, is_shared })
}

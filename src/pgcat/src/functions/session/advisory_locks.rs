//! Advisory locks, which clients take to keep migrations and jobs apart.
//!
//! Nothing can be migrated here, so that no lock is kept: taking one succeeds at once, releasing one succeeds, and none ever blocks.

use crate::function::{Context, Scalar, ScalarEntry, Signature};
use crate::value::Value;

const VOID: Scalar = |_: &Context<'_>, _: &Signature, _: &[Value]| Ok("".into());
const TRUE: Scalar = |_: &Context<'_>, _: &Signature, _: &[Value]| Ok(true.into());

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_advisory_lock_int8", VOID),
    ScalarEntry::new("pg_advisory_lock_int4", VOID),
    ScalarEntry::new("pg_advisory_lock_shared_int8", VOID),
    ScalarEntry::new("pg_advisory_lock_shared_int4", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_int8", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_int4", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_shared_int8", VOID),
    ScalarEntry::new("pg_advisory_xact_lock_shared_int4", VOID),
    ScalarEntry::new("pg_advisory_unlock_all", VOID),
    ScalarEntry::new("pg_advisory_unlock_int8", TRUE),
    ScalarEntry::new("pg_advisory_unlock_int4", TRUE),
    ScalarEntry::new("pg_advisory_unlock_shared_int8", TRUE),
    ScalarEntry::new("pg_advisory_unlock_shared_int4", TRUE),
    ScalarEntry::new("pg_try_advisory_lock_int8", TRUE),
    ScalarEntry::new("pg_try_advisory_lock_int4", TRUE),
    ScalarEntry::new("pg_try_advisory_lock_shared_int8", TRUE),
    ScalarEntry::new("pg_try_advisory_lock_shared_int4", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_int8", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_int4", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_shared_int8", TRUE),
    ScalarEntry::new("pg_try_advisory_xact_lock_shared_int4", TRUE),
];

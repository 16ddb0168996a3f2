//! Functions about recovery, in which a server here never is.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_last_wal_receive_lsn", nothing_replayed),
    ScalarEntry::new("pg_last_wal_replay_lsn", nothing_replayed),
    ScalarEntry::new("pg_last_xact_replay_timestamp", nothing_replayed),
    ScalarEntry::new("pg_is_wal_replay_paused", not_in_progress),
    ScalarEntry::new("pg_get_wal_replay_pause_state", not_in_progress),
    ScalarEntry::new("pg_wal_replay_pause", not_in_progress),
    ScalarEntry::new("pg_wal_replay_resume", not_in_progress),
];

fn nothing_replayed(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    Ok(Value::Null)
}

fn not_in_progress(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    let error = Error::new(Code::WrongState, "recovery is not in progress");
    Err(error.hint("Recovery control functions can only be executed during recovery."))
}

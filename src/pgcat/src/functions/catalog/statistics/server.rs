//! Statistics of a server's own work, and of its copies. There is no log of changes here and nothing is copied, so all is empty.

use bigdecimal::BigDecimal;
use spi::{Code, Error, Result};

use super::super::records::{Columns, nothing, nulls, rows, single};
use super::{never, no_time, reset_at, zero};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_stat_get_bgwriter_buf_written_checkpoints", zero),
    ScalarEntry::new("pg_stat_get_bgwriter_buf_written_clean", zero),
    ScalarEntry::new("pg_stat_get_bgwriter_maxwritten_clean", zero),
    ScalarEntry::new("pg_stat_get_bgwriter_requested_checkpoints", zero),
    ScalarEntry::new("pg_stat_get_bgwriter_timed_checkpoints", zero),
    ScalarEntry::new("pg_stat_get_buf_alloc", zero),
    ScalarEntry::new("pg_stat_get_buf_fsync_backend", zero),
    ScalarEntry::new("pg_stat_get_buf_written_backend", zero),
    ScalarEntry::new("pg_stat_get_checkpoint_sync_time", no_time),
    ScalarEntry::new("pg_stat_get_checkpoint_write_time", no_time),
    ScalarEntry::new("pg_stat_get_bgwriter_stat_reset_time", reset_at),
    ScalarEntry::new("pg_stat_get_snapshot_timestamp", never),
    ScalarEntry::new("pg_stat_get_archiver", archiver),
    ScalarEntry::new("pg_stat_get_wal", wal),
    ScalarEntry::new("pg_stat_get_wal_receiver", |_, _, _| Ok(nulls(WAL_RECEIVER))),
    ScalarEntry::new("pg_stat_get_replication_slot", replication_slot),
    ScalarEntry::new("pg_stat_get_subscription_stats", subscription),
    ScalarEntry::new("pg_stat_have_stats", have_statistics),
];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("pg_stat_get_slru", caches),
    SetEntry::new("pg_stat_get_recovery_prefetch", recovery_prefetch),
    SetEntry::new("pg_stat_get_io", nothing),
    SetEntry::new("pg_stat_get_wal_senders", nothing),
    SetEntry::new("pg_stat_get_subscription", nothing),
    SetEntry::new("pg_stat_get_progress_info", progress),
    SetEntry::new("pg_get_replication_slots", nothing),
    SetEntry::new("pg_stats_ext_mcvlist_items", nothing),
];

const ARCHIVER: Columns = &[
    ("archived_count", oid::INT8),
    ("last_archived_wal", oid::TEXT),
    ("last_archived_time", oid::TIMESTAMPTZ),
    ("failed_count", oid::INT8),
    ("last_failed_wal", oid::TEXT),
    ("last_failed_time", oid::TIMESTAMPTZ),
    ("stats_reset", oid::TIMESTAMPTZ),
];

fn archiver(context: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    let (none, reset) = (Value::Int(0), Value::Timestamp(context.host.started_at()));
    Ok(single(ARCHIVER, vec![none.clone(), Value::Null, Value::Null, none, Value::Null, Value::Null, reset]))
}

const WAL: Columns = &[
    ("wal_records", oid::INT8),
    ("wal_fpi", oid::INT8),
    ("wal_bytes", oid::NUMERIC),
    ("wal_buffers_full", oid::INT8),
    ("wal_write", oid::INT8),
    ("wal_sync", oid::INT8),
    ("wal_write_time", oid::FLOAT8),
    ("wal_sync_time", oid::FLOAT8),
    ("stats_reset", oid::TIMESTAMPTZ),
];

fn wal(context: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    let reset = context.host.started_at();
    let values = WAL.iter().map(|(_, type_oid)| match *type_oid {
        oid::NUMERIC => Value::Numeric(Box::new(Numeric::Finite(BigDecimal::from(0)))),
        oid::FLOAT8 => Value::Float(0.0),
        oid::TIMESTAMPTZ => Value::Timestamp(reset),
        _ => Value::Int(0),
    });
    Ok(single(WAL, values.collect()))
}

const WAL_RECEIVER: Columns = &[
    ("pid", oid::INT4),
    ("status", oid::TEXT),
    ("receive_start_lsn", oid::PG_LSN),
    ("receive_start_tli", oid::INT4),
    ("written_lsn", oid::PG_LSN),
    ("flushed_lsn", oid::PG_LSN),
    ("received_tli", oid::INT4),
    ("last_msg_send_time", oid::TIMESTAMPTZ),
    ("last_msg_receipt_time", oid::TIMESTAMPTZ),
    ("latest_end_lsn", oid::PG_LSN),
    ("latest_end_time", oid::TIMESTAMPTZ),
    ("slot_name", oid::TEXT),
    ("sender_host", oid::TEXT),
    ("sender_port", oid::INT4),
    ("conninfo", oid::TEXT),
];

const REPLICATION_SLOT: Columns = &[
    ("slot_name", oid::TEXT),
    ("spill_txns", oid::INT8),
    ("spill_count", oid::INT8),
    ("spill_bytes", oid::INT8),
    ("stream_txns", oid::INT8),
    ("stream_count", oid::INT8),
    ("stream_bytes", oid::INT8),
    ("total_txns", oid::INT8),
    ("total_bytes", oid::INT8),
    ("stats_reset", oid::TIMESTAMPTZ),
];

/// Also a slot that there is not has a row.
fn replication_slot(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(counters(REPLICATION_SLOT, arguments[0].clone(), Value::Null))
}

const SUBSCRIPTION: Columns =
    &[("subid", oid::OID), ("apply_error_count", oid::INT8), ("sync_error_count", oid::INT8), ("stats_reset", oid::TIMESTAMPTZ)];

fn subscription(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(counters(SUBSCRIPTION, arguments[0].clone(), Value::Null))
}

/// A record of a thing, its counters and when they were set to nothing.
fn counters(columns: Columns, thing: Value, reset: Value) -> Value {
    single(columns, counted(columns, thing, reset))
}

fn counted(columns: Columns, thing: Value, reset: Value) -> Vec<Value> {
    let mut values = vec![Value::Int(0); columns.len()];
    if let [first, .., last] = values.as_mut_slice() {
        (*first, *last) = (thing, reset);
    }
    values
}

fn have_statistics(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    const KINDS: [&str; 11] =
        ["database", "relation", "function", "replslot", "subscription", "archiver", "bgwriter", "checkpointer", "io", "slru", "wal"];
    let kind = arguments.text(0)?;
    if !KINDS.contains(&kind) {
        return Err(Error::new(Code::InvalidArgument, format!("invalid statistics kind: \"{kind}\"")));
    }
    Ok(false.into())
}

const CACHE: Columns = &[
    ("name", oid::TEXT),
    ("blks_zeroed", oid::INT8),
    ("blks_hit", oid::INT8),
    ("blks_read", oid::INT8),
    ("blks_written", oid::INT8),
    ("blks_exists", oid::INT8),
    ("flushes", oid::INT8),
    ("truncates", oid::INT8),
    ("stats_reset", oid::TIMESTAMPTZ),
];

/// The caches that PostgreSQL 16 has.
fn caches(context: &Context<'_>, _: &Signature, _: &[Value]) -> Result<RowSource> {
    const NAMES: [&str; 8] = ["CommitTs", "MultiXactMember", "MultiXactOffset", "Notify", "Serial", "Subtrans", "Xact", "other"];
    let reset = Value::Timestamp(context.host.started_at());
    Ok(rows(CACHE, NAMES.map(|name| counted(CACHE, name.into(), reset.clone())).to_vec()))
}

const RECOVERY_PREFETCH: Columns = &[
    ("stats_reset", oid::TIMESTAMPTZ),
    ("prefetch", oid::INT8),
    ("hit", oid::INT8),
    ("skip_init", oid::INT8),
    ("skip_new", oid::INT8),
    ("skip_fpw", oid::INT8),
    ("skip_rep", oid::INT8),
    ("wal_distance", oid::INT4),
    ("block_distance", oid::INT4),
    ("io_depth", oid::INT4),
];

fn recovery_prefetch(context: &Context<'_>, _: &Signature, _: &[Value]) -> Result<RowSource> {
    let reset = Value::Timestamp(context.host.started_at());
    Ok(rows(RECOVERY_PREFETCH, vec![counted(RECOVERY_PREFETCH, reset, Value::Int(0))]))
}

/// Commands whose progress could be followed; none of them runs here.
fn progress(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<RowSource> {
    const COMMANDS: [&str; 6] = ["VACUUM", "ANALYZE", "CLUSTER", "CREATE INDEX", "BASEBACKUP", "COPY"];
    let command = arguments.text(0)?;
    if !COMMANDS.iter().any(|other| other.eq_ignore_ascii_case(command)) {
        return Err(Error::new(Code::InvalidArgument, format!("invalid command name: \"{command}\"")));
    }
    nothing(context, signature, arguments)
}

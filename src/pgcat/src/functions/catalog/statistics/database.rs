//! Statistics of databases.

use spi::Result;

use super::{never, no_time, zero};
use crate::catalog::oid;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

/// Pages have no checksums, so none was ever wrong.
pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_stat_get_db_numbackends", sessions),
    ScalarEntry::new("pg_stat_get_db_blocks_fetched", zero),
    ScalarEntry::new("pg_stat_get_db_blocks_hit", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_all", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_bufferpin", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_lock", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_logicalslot", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_snapshot", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_startup_deadlock", zero),
    ScalarEntry::new("pg_stat_get_db_conflict_tablespace", zero),
    ScalarEntry::new("pg_stat_get_db_deadlocks", zero),
    ScalarEntry::new("pg_stat_get_db_sessions", zero),
    ScalarEntry::new("pg_stat_get_db_sessions_abandoned", zero),
    ScalarEntry::new("pg_stat_get_db_sessions_fatal", zero),
    ScalarEntry::new("pg_stat_get_db_sessions_killed", zero),
    ScalarEntry::new("pg_stat_get_db_temp_bytes", zero),
    ScalarEntry::new("pg_stat_get_db_temp_files", zero),
    ScalarEntry::new("pg_stat_get_db_tuples_deleted", zero),
    ScalarEntry::new("pg_stat_get_db_tuples_fetched", zero),
    ScalarEntry::new("pg_stat_get_db_tuples_inserted", zero),
    ScalarEntry::new("pg_stat_get_db_tuples_returned", zero),
    ScalarEntry::new("pg_stat_get_db_tuples_updated", zero),
    ScalarEntry::new("pg_stat_get_db_xact_commit", zero),
    ScalarEntry::new("pg_stat_get_db_xact_rollback", zero),
    ScalarEntry::new("pg_stat_get_db_blk_read_time", no_time),
    ScalarEntry::new("pg_stat_get_db_blk_write_time", no_time),
    ScalarEntry::new("pg_stat_get_db_session_time", no_time),
    ScalarEntry::new("pg_stat_get_db_active_time", no_time),
    ScalarEntry::new("pg_stat_get_db_idle_in_transaction_time", no_time),
    ScalarEntry::new("pg_stat_get_db_checksum_failures", never),
    ScalarEntry::new("pg_stat_get_db_checksum_last_failure", never),
    ScalarEntry::new("pg_stat_get_db_stat_reset_time", never),
];

/// The sessions of a database that the role may see.
fn sessions(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let row = context.catalog.by_oid(oid::PG_DATABASE, arguments.oid(0)?);
    let Some(name) = row.and_then(|row| row.text("datname")) else { return Ok(Value::Int(0)) };
    let count = context.host.activity().iter().filter(|activity| activity.database == name).count();
    Ok(Value::Int(count as i64))
}

//! Statistics of tables, indexes and functions.

use spi::Result;

use super::{never, zero};
use crate::catalog::oid;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

/// Functions are only in the statistics once they are called, so they have nulls.
pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_stat_get_live_tuples", live_tuples),
    ScalarEntry::new("pg_stat_get_analyze_count", zero),
    ScalarEntry::new("pg_stat_get_autoanalyze_count", zero),
    ScalarEntry::new("pg_stat_get_autovacuum_count", zero),
    ScalarEntry::new("pg_stat_get_blocks_fetched", zero),
    ScalarEntry::new("pg_stat_get_blocks_hit", zero),
    ScalarEntry::new("pg_stat_get_dead_tuples", zero),
    ScalarEntry::new("pg_stat_get_ins_since_vacuum", zero),
    ScalarEntry::new("pg_stat_get_mod_since_analyze", zero),
    ScalarEntry::new("pg_stat_get_numscans", zero),
    ScalarEntry::new("pg_stat_get_tuples_deleted", zero),
    ScalarEntry::new("pg_stat_get_tuples_fetched", zero),
    ScalarEntry::new("pg_stat_get_tuples_hot_updated", zero),
    ScalarEntry::new("pg_stat_get_tuples_inserted", zero),
    ScalarEntry::new("pg_stat_get_tuples_newpage_updated", zero),
    ScalarEntry::new("pg_stat_get_tuples_returned", zero),
    ScalarEntry::new("pg_stat_get_tuples_updated", zero),
    ScalarEntry::new("pg_stat_get_vacuum_count", zero),
    ScalarEntry::new("pg_stat_get_xact_blocks_fetched", zero),
    ScalarEntry::new("pg_stat_get_xact_blocks_hit", zero),
    ScalarEntry::new("pg_stat_get_xact_numscans", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_deleted", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_fetched", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_hot_updated", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_inserted", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_newpage_updated", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_returned", zero),
    ScalarEntry::new("pg_stat_get_xact_tuples_updated", zero),
    ScalarEntry::new("pg_stat_get_lastscan", never),
    ScalarEntry::new("pg_stat_get_last_vacuum_time", never),
    ScalarEntry::new("pg_stat_get_last_autovacuum_time", never),
    ScalarEntry::new("pg_stat_get_last_analyze_time", never),
    ScalarEntry::new("pg_stat_get_last_autoanalyze_time", never),
    ScalarEntry::new("pg_stat_get_function_calls", never),
    ScalarEntry::new("pg_stat_get_function_total_time", never),
    ScalarEntry::new("pg_stat_get_function_self_time", never),
    ScalarEntry::new("pg_stat_get_xact_function_calls", never),
    ScalarEntry::new("pg_stat_get_xact_function_total_time", never),
    ScalarEntry::new("pg_stat_get_xact_function_self_time", never),
];

/// The rows of a table as they were estimated; none where they were not.
fn live_tuples(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let row = context.catalog.by_oid(oid::PG_CLASS, arguments.oid(0)?);
    Ok(match row.map(|row| row.get("reltuples")) {
        Some(Value::Float(rows)) if rows > 0.0 => Value::Int(rows as i64),
        _ => Value::Int(0),
    })
}

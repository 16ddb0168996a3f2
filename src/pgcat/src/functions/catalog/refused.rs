//! Functions that read the files of a server or tell of its machine. There is no such server behind a catalog, so nobody may call them.

use spi::{Code, Error, Result};

use super::records::nothing;
use crate::function::{ScalarEntry, SetEntry};

macro_rules! refused {
    ($($symbol:literal of $name:literal)*) => {
        &[$(ScalarEntry::new($symbol, |_, _, _| refuse($name))),*]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = refused!(
    "pg_read_file" of "pg_read_file_old"
    "pg_read_file_all" of "pg_read_file"
    "pg_read_file_all_missing" of "pg_read_file"
    "pg_read_file_off_len" of "pg_read_file"
    "pg_read_file_off_len_missing" of "pg_read_file"
    "pg_read_binary_file_all" of "pg_read_binary_file"
    "pg_read_binary_file_all_missing" of "pg_read_binary_file"
    "pg_read_binary_file_off_len" of "pg_read_binary_file"
    "pg_read_binary_file_off_len_missing" of "pg_read_binary_file"
    "pg_stat_file" of "pg_stat_file"
    "pg_stat_file_1arg" of "pg_stat_file"
    "pg_current_logfile" of "pg_current_logfile"
    "pg_current_logfile_1arg" of "pg_current_logfile"
    "pg_reload_conf" of "pg_reload_conf"
    "pg_rotate_logfile" of "pg_rotate_logfile_old"
    "pg_rotate_logfile_v2" of "pg_rotate_logfile"
    "pg_switch_wal" of "pg_switch_wal"
    "pg_promote" of "pg_promote"
    "pg_create_restore_point" of "pg_create_restore_point"
    "pg_backup_start" of "pg_backup_start"
    "pg_backup_stop" of "pg_backup_stop"
    "pg_stat_reset" of "pg_stat_reset"
    "pg_stat_reset_shared" of "pg_stat_reset_shared"
    "pg_stat_reset_single_table_counters" of "pg_stat_reset_single_table_counters"
    "pg_stat_reset_single_function_counters" of "pg_stat_reset_single_function_counters"
    "pg_stat_reset_slru" of "pg_stat_reset_slru"
    "pg_stat_reset_replication_slot" of "pg_stat_reset_replication_slot"
    "pg_stat_reset_subscription_stats" of "pg_stat_reset_subscription_stats"
    "pg_log_backend_memory_contexts" of "pg_log_backend_memory_contexts"
    "pg_log_standby_snapshot" of "pg_log_standby_snapshot"
    "pg_create_physical_replication_slot" of "pg_create_physical_replication_slot"
    "pg_create_logical_replication_slot" of "pg_create_logical_replication_slot"
    "pg_drop_replication_slot" of "pg_drop_replication_slot"
    "pg_replication_slot_advance" of "pg_replication_slot_advance"
    "pg_copy_physical_replication_slot_a" of "pg_copy_physical_replication_slot"
    "pg_copy_physical_replication_slot_b" of "pg_copy_physical_replication_slot"
    "pg_copy_logical_replication_slot_a" of "pg_copy_logical_replication_slot"
    "pg_copy_logical_replication_slot_b" of "pg_copy_logical_replication_slot"
    "pg_copy_logical_replication_slot_c" of "pg_copy_logical_replication_slot"
    "pg_replication_origin_create" of "pg_replication_origin_create"
    "pg_replication_origin_drop" of "pg_replication_origin_drop"
    "pg_replication_origin_advance" of "pg_replication_origin_advance"
    "pg_import_system_collations" of "pg_import_system_collations"
    "pg_nextoid" of "pg_nextoid"
    "be_lo_import" of "lo_import"
    "be_lo_import_with_oid" of "lo_import"
    "be_lo_export" of "lo_export"
);

macro_rules! refused_rows {
    ($($symbol:literal)*) => {
        &[$(SetEntry::new($symbol, |_, _, _| refuse($symbol))),*]
    };
}

/// Listings of folders.
pub const FOLDERS: &[SetEntry] = refused_rows!(
    "pg_ls_logdir" "pg_ls_waldir" "pg_ls_archive_statusdir" "pg_ls_logicalsnapdir" "pg_ls_logicalmapdir" "pg_ls_replslotdir"
);

pub const SETS: &[SetEntry] = &[
    SetEntry::new("pg_ls_dir", |_, _, _| refuse("pg_ls_dir")),
    SetEntry::new("pg_ls_dir_1arg", |_, _, _| refuse("pg_ls_dir")),
    SetEntry::new("pg_ls_tmpdir_noargs", |_, _, _| refuse("pg_ls_tmpdir")),
    SetEntry::new("pg_ls_tmpdir_1arg", |_, _, _| refuse("pg_ls_tmpdir")),
    // What PostgreSQL shows to administrators has no rows here: there are no such files, and no shared memory.
    SetEntry::new("pg_config", nothing),
    SetEntry::new("pg_hba_file_rules", nothing),
    SetEntry::new("pg_ident_file_mappings", nothing),
    SetEntry::new("pg_get_shmem_allocations", nothing),
    SetEntry::new("pg_get_backend_memory_contexts", nothing),
];

fn refuse<T>(name: &str) -> Result<T> {
    Err(Error::new(Code::Privilege, format!("permission denied for function {name}")))
}

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
);

macro_rules! refused_rows {
    ($($symbol:literal)*) => {
        &[$(SetEntry::new($symbol, |_, _, _| refuse($symbol))),*]
    };
}

/// Listings of folders.
pub const FOLDERS: &[SetEntry] = refused_rows!("pg_ls_logdir" "pg_ls_waldir" "pg_ls_archive_statusdir");

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

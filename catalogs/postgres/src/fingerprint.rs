//! Whether anything may have changed since the last harvest: one statement, whose cost does not grow with the tables.
//!
//! The server counts the rows that are inserted, updated and deleted in each table, its own catalogs among them. The counters of the
//! catalogs that a harvest reads are the fingerprint, with what else decides what a harvest sees: which server, which database, who
//! asks. Any change of an object, of a privilege, a comment or a name writes a row of a catalog, and so the text is another one.
//!
//! It errs on the safe side. A session counts for itself and adds to the shared counters when its transaction ends or it goes idle, at
//! the latest when it ends; since version 15 that is after some seconds. A change that a harvest has seen before it was counted
//! makes the next fingerprint another one: one harvest too many, and none too few. Temporary tables, `TRUNCATE`, `VACUUM FULL` and a
//! refreshed materialised view write catalogs as well, to the same effect. Counters that start again, after a crash or
//! `pg_stat_reset()`, come with another time of that.
//!
//! What it does not notice in time: before version 15, a change of a session that then stays idle without ending may be counted late,
//! and is noticed only then. What it does not notice at all: estimates of rows and bytes, which the server writes in place; tables of a foreign server; what a
//! session that has switched `track_counts` off for itself has changed. Where the server counts nothing, or is a standby, which
//! replays changes without counting them, there is no fingerprint.

use std::sync::Arc;
use std::time::Duration;

use spi::{Code, Error, Result};
use sqlx::{AssertSqlSafe, Row};

use crate::failure::failure;
use crate::pool::Pool;
use crate::server::Server;

/// The statement reads counters in memory only.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sent as one, with the names of the catalogs for `{}`. Nothing that the login's search path names is called. `to_regclass` leaves
/// out what a relative of PostgreSQL does not have.
const STATEMENT: &str = "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog; \
     SELECT CASE WHEN current_setting('track_counts')::boolean AND NOT pg_is_in_recovery() THEN concat_ws(' ', \
     (SELECT string_agg(concat_ws(':', c.oid, pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), \
     pg_stat_get_tuples_deleted(c.oid)), ' ' ORDER BY c.oid) \
     FROM (SELECT to_regclass(name)::oid FROM unnest('{}'::text[]) name) c(oid) WHERE c.oid IS NOT NULL), \
     extract(epoch FROM pg_postmaster_start_time()), d.oid, extract(epoch FROM pg_stat_get_db_stat_reset_time(d.oid)), \
     current_setting('server_version_num'), current_user, current_setting('is_superuser')) END \
     FROM pg_database d WHERE d.datname = current_database(); COMMIT";

/// The catalogs that a harvest reads, also through functions that print definitions and check privileges. Those of the last line are
/// shared by all databases of the server: roles and what they are members of.
const CATALOGS: [&str; 25] = [
    "pg_am",
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_collation",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_enum",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_language",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_partitioned_table",
    "pg_proc",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
    "pg_type",
    "pg_authid",
    "pg_auth_members",
];

/// The counters as text, where the server keeps them.
pub(crate) async fn fingerprint(pool: &Arc<Pool>) -> Result<Option<String>> {
    let server = pool.server();
    let mut lease = pool.acquire("ask whether its metadata has changed".to_owned()).await?;
    let query = async {
        server.context.remote_calls.count();
        let statement = STATEMENT.replace("'{}'", &format!("'{{{}}}'", CATALOGS.join(",")));
        let rows = sqlx::raw_sql(AssertSqlSafe(statement)).fetch_all(lease.postgres()).await;
        let row = rows.and_then(|rows| rows.into_iter().next().ok_or(sqlx::Error::RowNotFound));
        row.and_then(|row| row.try_get(0)).map_err(|error| unknown(server, error))
    };
    // Dropping the lease after an error closes its connection.
    let fingerprint = server.within(STATEMENT_TIMEOUT, Code::Unavailable, "query", query).await?;
    lease.finish();
    Ok(fingerprint)
}

fn unknown(server: &Server, error: sqlx::Error) -> Error {
    let source = server.source();
    failure(source, format!("could not ask data source \"{source}\" whether its metadata has changed"), error)
}

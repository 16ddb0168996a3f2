//! Whether anything may have changed since the last harvest: two statements, whose cost does not grow with the tables.
//!
//! The server counts the statements that it executes, by their kind. All pass the place where it does: those of clients, prepared
//! ones, those in routines and events, and those that a replica applies. It counts before it executes, and so also what fails: a
//! harvest too many then, never one too few. The counters of all kinds that define something or grant a privilege are the
//! fingerprint. They start again with the server. Its start is the moment of the statement less the uptime; the server takes both
//! from one reading of its clock, so that it is the same each time. It is part of the fingerprint, as are the machine and the login.
//!
//! Because a statement is counted before its work is done, those that still run are part of it too: a harvest that saw the old
//! state is followed by another fingerprint once they have ended. A login sees the statements of others only with the privilege
//! PROCESS; without it there is no fingerprint.
//!
//! What it does not notice: estimates of rows and bytes, and what changes without a statement at this server, as in tables whose
//! engine finds them elsewhere (CONNECT, FEDERATED). Nodes of clusters that count for themselves (Galera, NDB, and all kinds but MySQL
//! and MariaDB) and replicas of shared storage, which can only read, have no fingerprint.

use std::sync::Arc;
use std::time::Duration;

use spi::{Code, Result};
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Executor};

use crate::endpoint::Endpoint;
use crate::failure::failure;
use crate::metadata::text;
use crate::pool::{Lease, Pool};

/// Both statements read what the server has in memory.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// First words of statements that change what a harvest sees. `FLUSH PRIVILEGES` makes privileges count that were written by hand.
const WORDS: &str = "create|alter|drop|rename|grant|revoke|install|uninstall|import|flush";

/// As much of a running statement is looked at, where comments may come before the first word.
const BEGINNING_CHARS: usize = 4_096;

/// The text, where this server can tell.
pub(crate) async fn fingerprint(pool: &Arc<Pool>) -> Result<Option<String>> {
    let endpoint = pool.endpoint();
    if !endpoint.flavor.original {
        return Ok(None);
    }
    let mut lease = pool.acquire("ask whether its metadata has changed".to_owned()).await?;
    // In this order: what begins between the two is counted next time.
    let asked = async {
        let counted = ask(endpoint, &mut lease, counters()).await?;
        let state = state(lease.server().mariadb);
        Ok((counted, ask(endpoint, &mut lease, state).await?))
    };
    let (counted, state) = match endpoint.within(STATEMENT_TIMEOUT, "ask for changes of", asked).await {
        // Servers before MySQL 5.7 and MariaDB 5.1 do not show the counters so.
        Err(error) if error.code == Code::UndefinedTable => return Ok(None),
        answer => answer?,
    };
    lease.finish().await;
    let is = |name: &str| state.iter().any(|(found, _)| found == name);
    let in_cluster = counted.iter().any(|(name, _)| !name.to_ascii_lowercase().starts_with("com_"));
    if in_cluster || is("physical replica") || !is("sees all") {
        return Ok(None);
    }
    let parts = state.iter().chain(&counted).map(|(name, value)| format!("{name}={value}"));
    Ok(Some(parts.collect::<Vec<_>>().join(" ")))
}

/// The counters that are not zero, and signs of a cluster, where there is one. Tables of a session alone do not count.
fn counters() -> String {
    format!(
        "SHOW GLOBAL STATUS WHERE Variable_name REGEXP '^com_({WORDS})' AND Variable_name NOT LIKE '%temporary%' AND Value <> '0' \
         OR Variable_name = 'wsrep_connected' AND Value = 'ON' OR Variable_name = 'Ndb_number_of_data_nodes' AND Value <> '0'"
    )
}

/// Pairs of what is known beside the counters.
fn state(mariadb: bool) -> String {
    let schema = if mariadb { "information_schema.GLOBAL_STATUS" } else { "performance_schema.global_status" };
    let host = "SUBSTRING_INDEX(CURRENT_USER(), '@', -1)";
    let user = format!("LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH({host}) - 1)");
    format!(
        "SELECT 'started', UNIX_TIMESTAMP() - VARIABLE_VALUE FROM {schema} WHERE VARIABLE_NAME = 'Uptime' \
         UNION ALL SELECT 'machine', CONCAT(@@hostname, ':', @@port) UNION ALL SELECT 'login', CURRENT_USER() \
         UNION ALL SELECT 'physical replica', '' FROM DUAL WHERE @@innodb_read_only \
         UNION ALL SELECT 'sees all', '' FROM information_schema.USER_PRIVILEGES \
         WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE = CONCAT('''', {user}, '''@''', {host}, '''') \
         UNION ALL SELECT 'runs', ID FROM information_schema.PROCESSLIST \
         WHERE ID <> CONNECTION_ID() AND LEFT(INFO, {BEGINNING_CHARS}) REGEXP '(^|[^a-z0-9_])({WORDS})([^a-z0-9_]|$)'"
    )
}

/// The first two values of each row, in an order that is always the same.
async fn ask(endpoint: &Endpoint, lease: &mut Lease, sql: String) -> Result<Vec<(String, String)>> {
    let source = &endpoint.context.source;
    endpoint.context.remote_calls.count();
    let rows = lease.mysql().fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    let rows = rows.map_err(|error| failure(source, format!("could not ask data source \"{source}\" for changes"), error))?;
    let value = |row: &MySqlRow, place| text(row, place).unwrap_or_default().to_owned();
    let mut pairs: Vec<_> = rows.iter().map(|row| (value(row, 0), value(row, 1))).collect();
    pairs.sort_unstable();
    Ok(pairs)
}

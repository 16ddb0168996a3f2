//! Ends the statement of a connection that nobody reads any more.
//!
//! A server that sends rows notices a closed connection at once; one that still computes the first row does not, before PostgreSQL 14
//! never. So a second connection of the same role ends the first one's process, which works with every version.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::server::{Connection, Server};

/// A busy server lets the gateway in by then; one that does not is left to notice by itself. As long, nobody else has the connection's place.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Ends the connection at the server, whatever it is doing.
///
/// The connection stays open until then, so that its process cannot have been given to somebody else.
pub(crate) async fn end(server: &Server, connection: Connection) {
    let ended = async {
        let mut other = server.connect().await?;
        server.context.remote_calls.count();
        // A constant becomes of the type that this server's function takes.
        let sql = format!("SELECT pg_catalog.pg_terminate_backend('{}')", connection.process);
        sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(&mut other).await.map(drop)
    };
    // Nobody is left to be told, and closing the connection ends the statement too, only later.
    let _ = tokio::time::timeout(TIMEOUT, ended).await;
    drop(connection);
}

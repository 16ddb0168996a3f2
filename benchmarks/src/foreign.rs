//! The peer: a PostgreSQL whose foreign tables are the tables of the sources.

use tokio_postgres::Client;

use crate::postgresql;
use crate::{Result, mariadb};

/// Whether the foreign servers of the peer have the options that are recommended for more than a few rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tuning {
    /// As they come: postgres_fdw fetches 100 rows at a time, and neither asks how many there are.
    Untuned,
    Tuned,
}

impl Tuning {
    pub const ALL: [Tuning; 2] = [Tuning::Untuned, Tuning::Tuned];

    /// The peer's schema of such foreign tables.
    pub fn schema(self) -> &'static str {
        match self {
            Tuning::Untuned => "untuned",
            Tuning::Tuned => "tuned",
        }
    }

    /// What the report calls them.
    pub fn shown(self) -> &'static str {
        match self {
            Tuning::Untuned => "foreign tables",
            Tuning::Tuned => "tuned foreign tables",
        }
    }

    fn of_postgres_fdw(self) -> &'static str {
        match self {
            Tuning::Untuned => "",
            Tuning::Tuned => ", fetch_size '50000', use_remote_estimate 'true'",
        }
    }

    /// Without `use_remote_estimate`: asked for one, MariaDB makes mysql_fdw believe in a single row, and the peer then reads the
    /// other table once for each of them.
    fn of_mysql_fdw(self) -> &'static str {
        match self {
            Tuning::Untuned => "",
            Tuning::Tuned => ", fetch_size '50000'",
        }
    }
}

/// Whether mysql_fdw is installed: it is a package of its own.
pub async fn has_mysql_fdw(peer: &Client) -> Result<bool> {
    let row = peer.query_one("SELECT count(*) FROM pg_available_extensions WHERE name = 'mysql_fdw'", &[]).await?;
    Ok(row.get::<_, i64>(0) > 0)
}

/// Makes a PostgreSQL known to the peer as a foreign server of this name.
pub async fn add_postgresql(peer: &Client, name: &str, port: u16, tuning: Tuning) -> Result<()> {
    let options = format!("host '127.0.0.1', port '{port}', dbname 'postgres'{}", tuning.of_postgres_fdw());
    let login = format!("user '{}', password '{}'", postgresql::USER, postgresql::PASSWORD);
    add(peer, name, "postgres_fdw", &options, &login).await
}

/// Makes a MariaDB known to the peer as a foreign server of this name.
pub async fn add_mariadb(peer: &Client, name: &str, port: u16, tuning: Tuning) -> Result<()> {
    let options = format!("host '127.0.0.1', port '{port}'{}", tuning.of_mysql_fdw());
    let login = format!("username '{}', password '{}'", mariadb::USER, mariadb::PASSWORD);
    add(peer, name, "mysql_fdw", &options, &login).await
}

async fn add(peer: &Client, name: &str, wrapper: &str, options: &str, login: &str) -> Result<()> {
    let script = format!(
        "CREATE EXTENSION IF NOT EXISTS {wrapper};
         CREATE SERVER {name} FOREIGN DATA WRAPPER {wrapper} OPTIONS ({options});
         CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS ({login})"
    );
    Ok(peer.batch_execute(&script).await?)
}

/// Makes the tables of a schema of a foreign server known to the peer, in a schema that may be there already.
pub async fn import(peer: &Client, server: &str, remote_schema: &str, schema: &str) -> Result<()> {
    let script = format!("CREATE SCHEMA IF NOT EXISTS {schema}; IMPORT FOREIGN SCHEMA {remote_schema} FROM SERVER {server} INTO {schema}");
    Ok(peer.batch_execute(&script).await?)
}

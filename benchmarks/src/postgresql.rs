//! A PostgreSQL server of the benchmarks' own: a source of the gateway, or its peer.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::{Client, Config};

use crate::Result;
use crate::process::{as_server, free_port, hand_over, run};
use crate::synthetic::{COLUMNS, TABLES_PER_SCHEMA, table_name};

pub const USER: &str = "postgres";
pub const PASSWORD: &str = "benchmark";
/// Where Debian's packages and most others put the server.
const BINARIES: &[&str] = &["/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin"];

/// A running PostgreSQL with the settings that it comes with, except that it does not wait for the disk.
pub struct PostgreSql {
    pub port: u16,
    folder: TempDir,
}

impl PostgreSql {
    /// Starts a server, or says why there is none to start.
    pub async fn start() -> Result<PostgreSql> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        hand_over(path)?;
        std::fs::write(path.join("password"), PASSWORD)?;
        let data = path.join("data");
        let mut initdb = as_server(&program("initdb")?);
        initdb.args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--pgdata"]);
        run(initdb.arg(&data).arg("--pwfile").arg(path.join("password")))?;
        let port = free_port()?;
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off", path.display());
        let mut start = as_server(&program("pg_ctl")?);
        run(start.args(["--wait", "--silent", "--log"]).arg(path.join("log")).arg("--pgdata").arg(&data).args(["-o", &options, "start"]))?;
        Ok(PostgreSql { port, folder })
    }

    /// Makes tables like those of the synthetic source.
    pub async fn create_tables(&self, tables: usize) -> Result<()> {
        let client = self.connect().await?;
        for first in (0..tables).step_by(TABLES_PER_SCHEMA) {
            let schema = format!("schema_{}", first / TABLES_PER_SCHEMA);
            let mut script = format!("CREATE SCHEMA {schema};");
            for table in first..(first + TABLES_PER_SCHEMA).min(tables) {
                let types = ["bigint", "varchar(40)", "decimal(12,2)", "date", "text"];
                let columns: Vec<String> = (1..COLUMNS).map(|column| format!("column_{column} {}", types[column % types.len()])).collect();
                script += &format!("CREATE TABLE {schema}.{} (column_0 bigint PRIMARY KEY, {});", table_name(table), columns.join(", "));
            }
            client.batch_execute(&script).await?;
        }
        Ok(client.batch_execute("VACUUM ANALYZE").await?)
    }

    /// What its clients connect with.
    pub fn settings(&self) -> Config {
        settings_at(self.port)
    }

    pub async fn connect(&self) -> Result<Client> {
        crate::server::connect(&self.settings()).await
    }

    /// The options of a data source on this server, reached at this port.
    pub fn options(port: u16) -> Value {
        json!({"host": "127.0.0.1", "port": port, "database": "postgres", "user": USER, "password": PASSWORD, "sslmode": "disable"})
    }
}

/// What clients connect with that reach such a server at this port.
pub fn settings_at(port: u16) -> Config {
    let mut settings = Config::new();
    settings.host("127.0.0.1").port(port).user(USER).password(PASSWORD).dbname("postgres");
    settings
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        // The folder goes with this value, so a server that does not stop in time has nothing left to write to.
        let Ok(program) = program("pg_ctl") else { return };
        let mut stop = as_server(&program);
        let _ = run(stop.args(["--wait", "--silent", "--mode=immediate", "--pgdata"]).arg(self.folder.path().join("data")).arg("stop"));
    }
}

/// One of PostgreSQL's programs. `/usr/bin/psql` of Debian is a wrapper that looks for clusters of its own.
pub fn program(name: &str) -> Result<PathBuf> {
    let found = BINARIES.iter().map(|folder| PathBuf::from(folder).join(name)).find(|program| program.exists());
    found.ok_or_else(|| format!("PostgreSQL's {name} is not installed: run tests/services/postgresql").into())
}

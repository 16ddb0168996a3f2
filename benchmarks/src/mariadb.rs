//! A MariaDB server of the benchmarks' own: a source of the gateway.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Result;
use crate::process::{as_server, free_port, hand_over, run};
use crate::synthetic::{COLUMNS, table_name};

pub const USER: &str = "bench";
pub const PASSWORD: &str = "benchmark";
/// The database that holds everything.
pub const DATABASE: &str = "shop";

/// Two busy cores start it in 4 s.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two looks at whether the server has started.
const START_INTERVAL: Duration = Duration::from_millis(50);

/// A running MariaDB. Dropping it kills it.
pub struct MariaDb {
    pub port: u16,
    process: Child,
    _folder: TempDir,
}

impl MariaDb {
    /// Starts a server with an empty database, or says why there is none to start.
    pub async fn start() -> Result<MariaDb> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        hand_over(path)?;
        let data = format!("--datadir={}", path.join("data").display());
        let mut install = as_server(Path::new("mariadb-install-db"));
        install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", &data]);
        run(&mut install).map_err(|error| format!("no MariaDB server is installed ({error}): run tests/services/mariadb"))?;
        // It comes with logins that stand in the way of this one.
        let init = format!(
            "DELETE FROM mysql.global_priv WHERE User = '' OR Host <> 'localhost';\nFLUSH PRIVILEGES;\n\
             CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL PRIVILEGES ON *.* TO {USER}@'%';\nCREATE DATABASE {DATABASE};\n"
        );
        std::fs::write(path.join("init.sql"), init)?;
        let port = free_port()?;
        let mut server = as_server(Path::new("/usr/sbin/mariadbd"));
        server.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", &data]);
        server.args([format!("--port={port}"), format!("--init-file={}", path.join("init.sql").display())]);
        server.args([format!("--socket={}", path.join("socket").display()), format!("--log-error={}", path.join("error.log").display())]);
        // The default buffers, but no waiting for the disk.
        server.args(["--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"]);
        let process = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").spawn()?;
        let server = MariaDb { port, process, _folder: folder };
        let started = Instant::now();
        while server.query("SELECT 1", server.port).is_err() {
            if started.elapsed() > START_TIMEOUT {
                return Err("MariaDB did not start in time".into());
            }
            std::thread::sleep(START_INTERVAL);
        }
        Ok(server)
    }

    /// Makes tables like those of the synthetic source, in one database.
    pub fn create_tables(&self, tables: usize) -> Result<()> {
        let types = ["bigint", "varchar(40)", "decimal(12,2)", "date", "text"];
        let columns: Vec<String> = (1..COLUMNS).map(|column| format!("column_{column} {}", types[column % types.len()])).collect();
        let columns = columns.join(", ");
        let table = |number| format!("CREATE TABLE {} (column_0 bigint PRIMARY KEY, {columns});\n", table_name(number));
        self.query(&(0..tables).map(table).collect::<String>(), self.port)?;
        Ok(())
    }

    /// Runs statements with the server's own client, which reaches it at this port, and gives the lines of the answer.
    pub fn query(&self, statements: &str, port: u16) -> Result<Vec<String>> {
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "--host=127.0.0.1", "--batch", "--quick", "--skip-column-names", "--skip-ssl", DATABASE]);
        client.args([format!("--port={port}"), format!("--user={USER}"), format!("--password={PASSWORD}")]);
        let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // Statements with long answers come alone, so the client never waits for us while we wait for it.
        client.stdin.take().ok_or("no input")?.write_all(statements.as_bytes())?;
        let output = client.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("MariaDB says: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
    }

    /// The options of a data source on this server, reached at this port.
    pub fn options(port: u16) -> Value {
        json!({
            "host": "127.0.0.1", "port": port, "databases": [DATABASE], "user": USER, "password": PASSWORD, "ssl_mode": "DISABLED"
        })
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        // Its folder goes with it, so there is nothing to save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

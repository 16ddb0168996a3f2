//! The peer: a PostgreSQL server of its own, with real tables.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tokio_postgres::Client;

use crate::Result;
use crate::synthetic::{COLUMNS, TABLES_PER_SCHEMA, table_name};

const PASSWORD: &str = "benchmark";
/// Where Debian's packages and most others put the server.
const BINARIES: &[&str] = &["/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin"];

/// A running PostgreSQL.
pub struct PostgreSql {
    binaries: PathBuf,
    folder: TempDir,
    settings: tokio_postgres::Config,
}

impl PostgreSql {
    /// Starts a server, or says why there is none to start.
    pub async fn start() -> Result<PostgreSql> {
        let binaries = BINARIES.iter().map(PathBuf::from).find(|folder| folder.join("initdb").exists());
        let binaries = binaries.ok_or("no PostgreSQL server is installed: run tests/services/postgresql")?;
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        hand_over(path)?;
        std::fs::write(path.join("password"), PASSWORD)?;
        let data = path.join("data");
        let mut initdb = as_server(&binaries.join("initdb"));
        initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--pgdata"]);
        run(initdb.arg(&data).arg("--pwfile").arg(path.join("password")))?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off", path.display());
        let mut start = as_server(&binaries.join("pg_ctl"));
        run(start.args(["--wait", "--silent", "--log"]).arg(path.join("log")).arg("--pgdata").arg(&data).args(["-o", &options, "start"]))?;
        let mut settings = tokio_postgres::Config::new();
        settings.host("127.0.0.1").port(port).user("postgres").password(PASSWORD).dbname("postgres");
        Ok(PostgreSql { binaries, folder, settings })
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

    pub async fn connect(&self) -> Result<Client> {
        crate::server::connect(&self.settings).await
    }
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        // The folder goes with this value, so a server that does not stop in time has nothing left to write to.
        let mut stop = as_server(&self.binaries.join("pg_ctl"));
        let _ = run(stop.args(["--wait", "--silent", "--mode=immediate", "--pgdata"]).arg(self.folder.path().join("data")).arg("stop"));
    }
}

/// PostgreSQL refuses to run as root, so root runs it as `nobody`.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
    command
}

fn hand_over(folder: &Path) -> Result<()> {
    if is_root() {
        run(Command::new("chown").arg("nobody:nogroup").arg(folder))?;
    }
    Ok(())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.stdout(Stdio::null()).current_dir("/").status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

//! A PostgreSQL 16 of the tests' own with the databases `sales` and `hr`, and gateways over it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;

use crate::clients::PSQL;
use crate::gateway::Gateway;
use crate::relational::servers::postgresql::{Server, own_of};
use crate::relational::servers::register;

/// What is not installed.
pub fn missing() -> Option<String> {
    (!binaries().join("initdb").exists()).then(|| format!("PostgreSQL 16 in {}", binaries().display()))
}

/// The databases, which are also the names of the data sources.
pub const DATABASES: [&str; 2] = ["sales", "hr"];

/// The server, started once for all tests.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = own_of(binaries(), false).expect("an installed server");
        for database in DATABASES {
            psql(&server, "postgres", &["--command", &format!("CREATE DATABASE {database}")]);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("pgcat/fixture.sql");
        psql(&server, "sales", &["--file", &script.to_string_lossy()]);
        server
    })
}

/// A gateway on which both databases are data sources.
pub async fn gateway() -> Gateway {
    let server = server();
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    for database in DATABASES {
        let options =
            json!({"host": server.host, "port": server.port, "database": database, "user": server.user, "password": server.password});
        register(&client, database, "postgresql", &options).await;
    }
    client.simple_query("CALL comment_datasource('sales', 'sales source')").await.expect("a comment");
    gateway
}

/// Makes a database on the server that the script fills.
pub fn run_script(database: &str, script: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script).expect("a script");
    psql(server(), "postgres", &["--command", &format!("CREATE DATABASE {database}")]);
    psql(server(), database, &["--file", &file.to_string_lossy()]);
}

fn psql(server: &Server, database: &str, what: &[&str]) {
    let mut command = Command::new(PSQL);
    command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", database]).args(what);
    command.env("PGHOST", &server.host).env("PGPORT", server.port.to_string());
    let output = command.env("PGUSER", &server.user).env("PGPASSWORD", &server.password).output().expect("psql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn binaries() -> PathBuf {
    crate::clients::cache().join("postgresql-16/bin")
}

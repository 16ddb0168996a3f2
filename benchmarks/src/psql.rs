//! psql: the client that reads whole tables, and does nothing with a row but format it.

use std::process::Command;
use std::time::{Duration, Instant};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::Result;
use crate::postgresql::program;
use crate::process::run;

/// How long psql takes to connect, to read all rows of a statement, and to write them nowhere.
pub fn read_all(settings: &Config, statement: &str) -> Result<Duration> {
    let mut psql = psql(settings)?;
    psql.args(["-c", statement]);
    let started = Instant::now();
    run(&mut psql)?;
    Ok(started.elapsed())
}

/// Runs a file of statements and of psql's own commands.
pub fn run_file(settings: &Config, file: &str) -> Result<()> {
    let mut psql = psql(settings)?;
    run(psql.args(["-f", file]))
}

fn psql(settings: &Config) -> Result<Command> {
    let Some(Host::Tcp(host)) = settings.get_hosts().first() else { return Err("no host".into()) };
    let port = settings.get_ports().first().ok_or("no port")?;
    let password = std::str::from_utf8(settings.get_password().ok_or("no password")?)?;
    let mut psql = Command::new(program("psql")?);
    psql.env("PGPASSWORD", password).env("PGSSLMODE", "disable");
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-h", host, "-p", &port.to_string()]);
    psql.args(["-U", settings.get_user().ok_or("no user")?, "-d", settings.get_dbname().ok_or("no database")?]);
    Ok(psql)
}

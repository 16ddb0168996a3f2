//! The measured gateway: this same program as a process of its own, with the connector `synthetic`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::config::{Config, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, NoTls};

use crate::Result;
use crate::synthetic::Synthetic;

/// How long a source of millions of columns may take to be registered.
const HARVEST_DEADLINE: Duration = Duration::from_secs(300);

/// Between two looks at whether it is there: the call itself waits for most sources.
const HARVEST_INTERVAL: Duration = Duration::from_millis(20);

/// Runs a gateway until it is told to stop.
pub async fn serve(data: PathBuf) -> Result<()> {
    let options = Options { listen: Some("127.0.0.1:0".to_owned()), data: Some(data), ..Options::default() };
    let mut factories = gateway::connectors::all();
    factories.push(Arc::new(Synthetic));
    Ok(gateway::serve(Config::new(options)?, factories).await?)
}

/// A running gateway.
pub struct Server {
    pub process: Child,
    pub folder: TempDir,
    /// How long it took from the start of the process to the first answered query.
    pub ready_after: Duration,
    settings: tokio_postgres::Config,
}

impl Server {
    /// Starts a gateway with one source `bench` of so many tables.
    pub async fn with_tables(tables: usize) -> Result<Server> {
        let server = Server::empty().await?;
        server.register("bench", "synthetic", &json!({"tables": tables}), tables).await?;
        Ok(server)
    }

    /// Starts a gateway that has no sources of ours yet.
    pub async fn empty() -> Result<Server> {
        Server::start(tempfile::tempdir()?).await
    }

    /// Registers a source and says how long it took until so many of its tables were there.
    pub async fn register(&self, name: &str, kind: &str, options: &Value, tables: usize) -> Result<Duration> {
        let client = self.connect().await?;
        let started = Instant::now();
        client.execute("CALL create_datasource($1, $2, $3)", &[&name, &kind, &Json(options)]).await?;
        loop {
            let row = client.query_one("SELECT count(*) FROM information_schema.tables WHERE table_catalog = $1", &[&name]).await?;
            if row.get::<_, i64>(0) >= tables as i64 {
                return Ok(started.elapsed());
            }
            if started.elapsed() > HARVEST_DEADLINE {
                return Err(format!("data source \"{name}\" was not harvested in time").into());
            }
            tokio::time::sleep(HARVEST_INTERVAL).await;
        }
    }

    /// Stops the process and starts a new one on the same data.
    pub async fn restart(mut self) -> Result<Server> {
        self.process.kill()?;
        self.process.wait()?;
        Server::start(std::mem::replace(&mut self.folder, tempfile::tempdir()?)).await
    }

    async fn start(folder: TempDir) -> Result<Server> {
        let started = Instant::now();
        let data = folder.path().join("data");
        let log = std::fs::File::options().create(true).append(true).open(folder.path().join("log"))?;
        let mut process = Command::new(std::env::current_exe()?).arg("--serve").arg(&data).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut banner = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut banner)?;
        let address = banner.split_whitespace().skip_while(|word| *word != "on").nth(1).ok_or("the gateway did not start")?;
        let (host, port) = address.rsplit_once(':').ok_or("no port")?;
        let mut settings = tokio_postgres::Config::new();
        settings.host(host).port(port.parse()?).user("admin").password(password(&data)?).dbname("metagate");
        let mut server = Server { process, folder, ready_after: Duration::ZERO, settings };
        server.connect().await?.simple_query("SELECT 1").await?;
        server.ready_after = started.elapsed();
        Ok(server)
    }

    pub async fn connect(&self) -> Result<Client> {
        connect(&self.settings).await
    }

    /// What clients of a data source connect with.
    pub fn settings_for(&self, data_source: &str) -> tokio_postgres::Config {
        let mut settings = self.settings.clone();
        settings.dbname(data_source);
        settings
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn password(data: &Path) -> Result<String> {
    Ok(std::fs::read_to_string(data.join("initial-admin-password"))?.trim().to_owned())
}

/// Connects a client; its connection ends with it.
pub async fn connect(settings: &tokio_postgres::Config) -> Result<Client> {
    let (client, connection) = settings.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

//! Starts the gateway's binary on a data folder of its own, and stops it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// A running gateway; killed when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    pub password: String,
    folder: PathBuf,
    /// Removes the folder at the end, where it is this gateway's own.
    _owned: Option<TempDir>,
    process: Child,
}

impl Gateway {
    /// Starts on an empty data folder.
    pub fn start() -> Gateway {
        Gateway::start_with(&[], &[])
    }

    /// Starts with flags and environment variables beside the usual ones.
    pub fn start_with(flags: &[&str], environment: &[(&str, &str)]) -> Gateway {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut gateway = Gateway::start_in(folder.path(), flags, environment);
        gateway._owned = Some(folder);
        gateway
    }

    /// Starts on an empty folder that the test looks after.
    pub fn start_on(folder: &Path) -> Gateway {
        Gateway::start_in(folder, &[], &[])
    }

    fn start_in(folder: &Path, flags: &[&str], environment: &[(&str, &str)]) -> Gateway {
        let (process, address) = spawn(folder, flags, environment);
        let password = std::fs::read_to_string(folder.join("data/initial-admin-password")).expect("the first password");
        Gateway { address, password: password.trim().to_owned(), folder: folder.to_owned(), _owned: None, process }
    }

    /// The folder of this gateway's files: `data` below it, and whatever the test puts beside.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A connection as role `admin`.
    pub async fn connect(&self, database: &str) -> Client {
        self.connect_as("admin", &self.password, database).await.expect("a connection")
    }

    /// A connection as any role.
    pub async fn connect_as(&self, role: &str, password: &str, database: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config.host(self.address.ip().to_string()).port(self.address.port());
        let (client, connection) = config.user(role).password(password).dbname(database).connect(NoTls).await?;
        // Ends with the client; its error is also what the client's next call says.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Ends the process at once, as a crash or the out-of-memory killer does.
    pub fn kill(&mut self) {
        self.process.kill().expect("a running gateway");
        self.process.wait().expect("the killed gateway");
    }

    /// Waits until the process has ended by itself.
    pub fn wait_for_end(&mut self) -> std::process::ExitStatus {
        self.process.wait().expect("the gateway's end")
    }

    /// Asks the process to stop, as an operator does.
    pub fn terminate(&self) {
        let status = Command::new("kill").arg(self.process.id().to_string()).status().expect("kill");
        assert!(status.success());
    }

    /// Starts again on the same data folder, after `kill`, `wait_for_end` or a crash.
    pub fn restart(mut self, environment: &[(&str, &str)]) -> Gateway {
        self.process.wait().expect("the ended gateway");
        let (process, address) = spawn(&self.folder, &[], environment);
        self.process = process;
        self.address = address;
        self
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The gateway's binary, which `cargo build` puts two folders above this test.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let binary = test.parent().and_then(Path::parent).expect("the target folder").join("metagate");
    assert!(binary.exists(), "{} does not exist: run cargo build --workspace first", binary.display());
    binary
}

/// Starts the gateway and reads from its banner where it listens.
fn spawn(folder: &Path, flags: &[&str], environment: &[(&str, &str)]) -> (Child, SocketAddr) {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).expect("a log file");
    let mut process = Command::new(binary())
        .args(["--listen", "127.0.0.1:0", "--log", "info", "--data"])
        .arg(folder.join("data"))
        .args(flags)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the gateway's binary");
    let mut banner = String::new();
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    output.read_line(&mut banner).expect("its banner");
    let address = banner.split_whitespace().skip_while(|word| *word != "on").nth(1).and_then(|word| word.parse().ok());
    let Some(address) = address else {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("the gateway did not start; its log says:\n{log}");
    };
    // The rest of its output is small, but must not block it.
    std::thread::spawn(move || output.lines().count());
    (process, address)
}

//! Servers of the tests' own, each on a free port with a temporary folder.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;

/// Two busy cores start it in a second.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two looks at whether the server has started.
const START_INTERVAL: Duration = Duration::from_millis(20);

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
    arguments: Vec<String>,
    process: Mutex<Child>,
}

impl Server {
    /// A server; `None`, with a word about it, where there is none.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(|_, _| Vec::new()).await
    }

    /// A server with further arguments, which may refer to its folder and port.
    pub(crate) async fn start_with(more: impl FnOnce(&Path, u16) -> Vec<String>) -> Option<Self> {
        if !is_installed("redis-server") || !is_installed("openssl") {
            eprintln!("skipped: redis-server or openssl is not installed; tests/services/redis installs them");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        // What was written survives a killed process.
        let own = ["--save", "", "--appendonly", "yes", "--bind", "127.0.0.1", "--databases", "20"];
        let mut arguments: Vec<String> = own.map(str::to_owned).into();
        arguments.extend(more(folder.path(), port));
        if !arguments.iter().any(|argument| argument == "--port" || argument == "--sentinel") {
            arguments.extend(["--port".to_owned(), port.to_string()]);
        }
        let process = Mutex::new(serve(folder.path(), &arguments));
        let server = Self { port, folder, arguments, process };
        server.wait().await;
        Some(server)
    }

    /// A sentinel on a configuration of its own.
    pub(crate) async fn start_sentinel(configuration: &str) -> Option<Self> {
        if !is_installed("redis-server") {
            eprintln!("skipped: redis-server is not installed; tests/services/redis installs it");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let file = folder.path().join("sentinel.conf");
        std::fs::write(&file, format!("port {port}\nbind 127.0.0.1\n{configuration}\n")).expect("a file");
        let arguments = vec![file.display().to_string(), "--sentinel".to_owned()];
        let process = Mutex::new(serve(folder.path(), &arguments));
        let server = Self { port, folder, arguments, process };
        server.wait().await;
        Some(server)
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&self) {
        let mut process = self.process.lock().expect("a lock");
        process.kill().and_then(|()| process.wait()).expect("a process that ends");
    }

    /// Starts it again on the same data and port.
    pub(crate) async fn restart(&self) {
        *self.process.lock().expect("a lock") = serve(self.folder.path(), &self.arguments);
        self.wait().await;
    }

    /// A connection without TLS, in a logical database, that waits for as long as a busy machine takes.
    pub(crate) async fn connect_to(&self, database: u16) -> MultiplexedConnection {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/{database}", self.port)).expect("an address");
        let patient = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(Some(START_TIMEOUT));
        client.get_multiplexed_async_connection_with_config(&patient).await.expect("a connection")
    }

    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        self.connect_to(0).await
    }

    /// Runs commands, one per line, their words separated by spaces.
    pub(crate) async fn run(&self, commands: &str) {
        self.run_in(0, commands).await;
    }

    pub(crate) async fn run_in(&self, database: u16, commands: &str) {
        let mut connection = self.connect_to(database).await;
        for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.split(' ');
            let mut command = redis::cmd(words.next().expect("a command"));
            words.for_each(|word| {
                command.arg(word);
            });
            let _: redis::Value = command.query_async(&mut connection).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    async fn wait(&self) {
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() || !self.answers().await {
            let ended = self.process.lock().expect("a lock").try_wait().expect("a process of ours").is_some();
            assert!(!ended && started.elapsed() < START_TIMEOUT, "the server did not start: {:?}", self.arguments);
            tokio::time::sleep(START_INTERVAL).await;
        }
    }

    /// Whether it has read its data. A server that only speaks TLS is taken at its port's word.
    async fn answers(&self) -> bool {
        if self.arguments.iter().any(|argument| argument == "--tls-port") {
            return true;
        }
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).expect("an address");
        let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
        redis::cmd("PING").query_async::<redis::Value>(&mut connection).await.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(mut process) = self.process.lock() {
            // It may have been killed already.
            let _ = process.kill().and_then(|()| process.wait());
        }
    }
}

fn serve(folder: &Path, arguments: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server")
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).exists())
}

/// An authority with a certificate for localhost and one for a client that it signed, and another authority that signed nothing.
pub(crate) fn certificates(folder: &Path) {
    let script = include_str!("../../../../tests/certificates.sh");
    let status = Command::new("bash").args(["-c", script]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("bash").success(), "openssl makes certificates");
}

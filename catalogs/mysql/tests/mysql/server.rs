//! Servers of the tests' own, each on a free port, with TLS for whoever wants it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tempfile::TempDir;

/// The login that makes what the tests look at.
pub(crate) const USER: &str = "root";
pub(crate) const PASSWORD: &str = "it's \\ secret";

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    MariaDb,
    MySql,
}

/// Two busy cores start it in 4 s.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Between two looks at whether the server has started.
const START_INTERVAL: Duration = Duration::from_millis(50);

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    pub(crate) product: Product,
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
    process: Child,
}

impl Product {
    /// The first word of a trial's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Product::MariaDb => "mariadb",
            Product::MySql => "mysql",
        }
    }

    /// Why its tests cannot run: what is not installed.
    pub(crate) fn missing(self) -> Option<&'static str> {
        match self {
            Product::MariaDb => ["mariadbd", "mariadb-install-db", "openssl"].into_iter().find(|program| !is_installed(program)),
            Product::MySql if mysqld().exists() => Some("openssl").filter(|program| !is_installed(program)),
            Product::MySql => Some("mysqld"),
        }
    }

    /// Makes the folder `data`.
    fn initialize(self, folder: &Path) {
        let data = folder.join("data");
        let mut command = match self {
            Product::MariaDb => Command::new("mariadb-install-db"),
            Product::MySql => Command::new(mysqld()),
        };
        command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        match self {
            Product::MariaDb => {
                command.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
            }
            Product::MySql => {
                command.args(["--initialize-insecure", "--innodb-redo-log-capacity=64M", "--secure-file-priv=NULL"]);
            }
        }
        if is_root() {
            command.arg("--user=nobody");
        }
        // Servers that start at once must not meet in one folder.
        let output = command.current_dir("/").env("TMPDIR", folder).output().expect("an installed program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Where `tests/services/mysql` puts it.
fn mysqld() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let caches = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    let cache = std::env::var_os("METAGATE_TEST_CACHE").map_or_else(|| caches.join("metagate/tests"), PathBuf::from);
    cache.join("mysql-8.0.33/bin/mysqld")
}

fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).chain(["/usr/sbin".into()]).any(|folder| folder.join(program).exists())
}

impl Server {
    pub(crate) fn start(product: Product) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        certificates(path);
        if is_root() {
            run(&format!("chown -R nobody:nogroup {}", path.display()));
        }
        product.initialize(path);
        let escaped = PASSWORD.replace('\\', "\\\\").replace('\'', "\\'");
        let mut init =
            format!("CREATE USER {USER}@'%' IDENTIFIED BY '{escaped}';\nGRANT ALL PRIVILEGES ON *.* TO {USER}@'%' WITH GRANT OPTION;\n");
        if product == Product::MariaDb {
            // It comes with logins that stand in the way of this one.
            init.insert_str(0, "DELETE FROM mysql.global_priv WHERE User = '' OR Host <> 'localhost';\nFLUSH PRIVILEGES;\n");
        }
        std::fs::write(path.join("init.sql"), init).expect("a file");
        run(&format!("chmod 644 {}/init.sql", path.display()));
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let process = serve(product, path, port, true);
        let mut server = Self { product, port, folder, process };
        server.wait();
        server
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("a process that ends");
    }

    /// Starts it again on the same data and port.
    pub(crate) fn restart(&mut self) {
        self.process = serve(self.product, self.folder.path(), self.port, false);
        self.wait();
    }

    /// A connection as the administrator.
    pub(crate) async fn connect(&self) -> MySqlConnection {
        self.options().connect().await.expect("a connection")
    }

    pub(crate) async fn execute(&self, sql: &str) {
        execute(&mut self.connect().await, sql).await;
    }

    fn options(&self) -> MySqlConnectOptions {
        MySqlConnectOptions::new().host("127.0.0.1").port(self.port).username(USER).password(PASSWORD).ssl_mode(MySqlSslMode::Disabled)
    }

    /// On a thread of its own: whoever needs the server may be in a runtime already.
    fn wait(&mut self) {
        let waited = std::thread::scope(|scope| scope.spawn(|| self.wait_on_thread()).join());
        waited.expect("a server that starts");
    }

    fn wait_on_thread(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let started = Instant::now();
        while let Err(error) = runtime.block_on(self.options().connect()) {
            let ended = self.process.try_wait().expect("a process of ours").is_some();
            let log = || std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
            assert!(!ended && started.elapsed() < START_TIMEOUT, "the server did not start: {error}\n{}", log());
            std::thread::sleep(START_INTERVAL);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Runs statements one after the other.
pub(crate) async fn execute(connection: &mut MySqlConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

fn serve(product: Product, folder: &Path, port: u16, first: bool) -> Child {
    let mut command = match product {
        Product::MariaDb => Command::new("mariadbd"),
        Product::MySql => Command::new(mysqld()),
    };
    command.arg("--no-defaults").arg(format!("--port={port}"));
    for (option, name) in [
        ("datadir", "data"),
        ("socket", "socket"),
        ("pid-file", "pid"),
        ("log-error", "error.log"),
        ("ssl-ca", "ca.crt"),
        ("ssl-cert", "server.crt"),
        ("ssl-key", "server.key"),
    ] {
        command.arg(format!("--{option}={}", folder.join(name).display()));
    }
    if first {
        command.arg(format!("--init-file={}", folder.join("init.sql").display()));
    }
    command.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--innodb-buffer-pool-size=32M"]);
    // What was committed survives the process; and a time zone and a mode that sessions have to change.
    command.args(["--innodb-flush-log-at-trx-commit=2", "--default-time-zone=+05:30", "--sql-mode=ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH"]);
    if is_root() {
        command.arg("--user=nobody");
    }
    if product == Product::MySql {
        command.args(["--mysqlx=OFF", "--performance-schema=OFF", "--innodb-redo-log-capacity=64M", "--secure-file-priv=NULL"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").env("TMPDIR", folder);
    command.spawn().expect("a server")
}

/// An authority, a certificate for 127.0.0.1 and localhost that it signed, and another authority that signed nothing.
fn certificates(folder: &Path) {
    let script = include_str!("../../../../tests/certificates.sh");
    let status = Command::new("bash").args(["-c", script]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("bash").success(), "openssl makes certificates");
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

fn run(command: &str) {
    let output = Command::new("bash").args(["-c", command]).current_dir("/").output().expect("bash");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

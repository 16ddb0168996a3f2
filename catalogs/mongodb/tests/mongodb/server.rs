//! Servers of the tests' own, each on a free port.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bson::doc;
use mongodb::Client;
use mongodb::options::{ClientOptions, Credential, ServerAddress, Tls, TlsOptions};
use tempfile::TempDir;

/// The login that FerretDB makes at its first start.
pub(crate) const USER: &str = "root";
pub(crate) const PASSWORD: &str = "it's a secret";

/// Two busy cores start the slower one in 8 s.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Between two looks at whether the server has started.
const START_INTERVAL: Duration = Duration::from_millis(100);

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    FerretDb,
    Java,
    JavaWithTls,
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    pub(crate) product: Product,
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
    process: Child,
}

impl Product {
    /// The first word of a trial's name, and what installs it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Product::FerretDb => "ferretdb",
            Product::Java | Product::JavaWithTls => "mongo-java-server",
        }
    }

    pub(crate) fn is_missing(self) -> bool {
        match self {
            Product::FerretDb => !ferretdb().exists(),
            Product::Java | Product::JavaWithTls => !java_server().join("classes/Server.class").exists(),
        }
    }
}

impl Server {
    pub(crate) fn start(product: Product) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if product == Product::JavaWithTls {
            certificates(folder.path());
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let process = serve(product, folder.path(), port);
        let mut server = Self { product, port, folder, process };
        server.wait();
        server
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("a process that ends");
    }

    /// Starts it again on the same port.
    pub(crate) fn restart(&mut self) {
        self.process = serve(self.product, self.folder.path(), self.port);
        self.wait();
    }

    /// A client of its own, which may do everything.
    pub(crate) fn client(&self) -> Client {
        let address = ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: Some(self.port) };
        let mut options = ClientOptions::builder().hosts(vec![address]).server_selection_timeout(Duration::from_secs(2)).build();
        if self.product == Product::FerretDb {
            options.credential = Some(Credential::builder().username(USER.to_owned()).password(PASSWORD.to_owned()).build());
        }
        if self.product == Product::JavaWithTls {
            let tls = TlsOptions::builder().ca_file_path(self.folder.path().join("ca.crt")).build();
            options.tls = Some(Tls::Enabled(tls));
        }
        Client::with_options(options).expect("a client")
    }

    /// On a thread of its own: whoever needs the server may be in a runtime already.
    fn wait(&mut self) {
        let waited = std::thread::scope(|scope| scope.spawn(|| self.wait_on_thread()).join());
        waited.expect("a server that starts");
    }

    fn wait_on_thread(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let started = Instant::now();
        let asked = || runtime.block_on(async { self.client().database("admin").run_command(doc! { "ping": 1 }).await });
        while let Err(error) = asked() {
            let log = || std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
            assert!(started.elapsed() < START_TIMEOUT, "the server did not start: {error}\n{}", log());
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

fn serve(product: Product, folder: &Path, port: u16) -> Child {
    let mut command = match product {
        Product::FerretDb => {
            let data = folder.join("data");
            std::fs::create_dir_all(&data).expect("a folder");
            let mut command = Command::new(ferretdb());
            command.env("FERRETDB_TELEMETRY", "disable").args(["--handler=sqlite", "--debug-addr=-", "--log-level=ERROR"]);
            command.arg(format!("--sqlite-url=file:{}/", data.display())).arg(format!("--state-dir={}", folder.display()));
            command.arg(format!("--listen-addr=127.0.0.1:{port}"));
            command.args(["--test-enable-new-auth", "--setup-database=admin"]);
            command.arg(format!("--setup-username={USER}")).arg(format!("--setup-password={PASSWORD}"));
            command
        }
        Product::Java | Product::JavaWithTls => {
            let server = java_server();
            let mut command = Command::new("java");
            command.args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp"]);
            command.arg(format!("{0}/classes:{0}/lib/*", server.display())).args(["Server", &port.to_string()]);
            if product == Product::JavaWithTls {
                command.arg(folder.join("server.crt")).arg(folder.join("server.key"));
            }
            command
        }
    };
    let log = std::fs::File::create(folder.join("server.log")).expect("a file");
    let errors = log.try_clone().expect("the same file");
    command.current_dir(folder).stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("an installed program")
}

/// An authority, and a certificate of it for 127.0.0.1.
fn certificates(folder: &Path) {
    let script = r#"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=ca
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=localhost
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' > server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.crt
    "#;
    let output = Command::new("sh").arg("-ec").arg(script).current_dir(folder).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Where `tests/services/ferretdb` puts it.
fn ferretdb() -> PathBuf {
    cache().join("ferretdb-v1.24.0-scram")
}

/// Where `tests/services/mongo-java-server` puts it.
fn java_server() -> PathBuf {
    cache().join("mongo-java-server-1.47.0")
}

fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let caches = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    std::env::var_os("METAGATE_TEST_CACHE").map_or_else(|| caches.join("metagate/tests"), PathBuf::from)
}

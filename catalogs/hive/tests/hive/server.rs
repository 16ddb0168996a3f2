//! A metastore of the tests' own, on a free port, with its database and warehouse in a temporary folder.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hive_metastore::{ThriftHiveMetastoreClient, ThriftHiveMetastoreClientBuilder};
use serde_json::Value;
use tempfile::TempDir;
use volo_thrift::codec::default::DefaultMakeCodec;

/// The versions that the tests run against.
pub(crate) const VERSIONS: [&str; 2] = ["3.1.3", "4.0.1"];

/// The version whose server announces its changes. Of version 4, the module that does is not published.
pub(crate) const ANNOUNCING: &str = "3.1.3";

/// Two busy cores start it in 30 s.
const START_TIMEOUT: Duration = Duration::from_secs(300);

/// Between two looks at whether the server has started.
const START_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) const JAVA: &str = "/usr/lib/jvm/java-17-openjdk-amd64/bin/java";

/// What a server asks of those who connect.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Security {
    Nothing,
    /// To speak TLS. Its certificate is one of the authority in the file [`Server::authority`].
    Encryption,
    /// To log in as [`USER`] with [`PASSWORD`].
    Password,
    /// To show a ticket for this principal, whose keys are in the keytab, of a realm that the other file describes.
    Kerberos {
        principal: String,
        keytab: PathBuf,
        realm: PathBuf,
    },
}

/// Who a server with a password lets in.
pub(crate) const USER: &str = "ann";
pub(crate) const PASSWORD: &str = "it's a secret";

/// A running metastore. Dropping it kills it.
pub(crate) struct Server {
    pub(crate) port: u16,
    version: &'static str,
    security: Security,
    /// The database is in `database`.
    pub(crate) folder: TempDir,
    process: Child,
}

/// What is not installed.
pub(crate) fn missing() -> Option<String> {
    if !Path::new(JAVA).exists() {
        return Some("Java 17".to_owned());
    }
    if !notifications().exists() {
        return Some("what announces the changes of Hive's metastore".to_owned());
    }
    let missing = VERSIONS.iter().find(|version| !installation(version).join("empty").exists());
    missing.map(|version| format!("Hive's metastore {version}"))
}

/// Where `tests/services/hive-metastore` puts things.
pub(crate) fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let caches = || std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    std::env::var_os("METAGATE_TEST_CACHE").map_or_else(|| caches().join("metagate/tests"), PathBuf::from)
}

fn installation(version: &str) -> PathBuf {
    cache().join(format!("hive-metastore-{version}"))
}

fn notifications() -> PathBuf {
    cache().join(format!("hive-notifications-{ANNOUNCING}"))
}

impl Server {
    pub(crate) fn start(version: &'static str) -> Self {
        Self::start_as(version, Security::Nothing, &Value::Null)
    }

    /// One that knows these options of Hadoop.
    pub(crate) fn start_with(version: &'static str, hadoop_options: &Value) -> Self {
        Self::start_as(version, Security::Nothing, hadoop_options)
    }

    pub(crate) fn start_secured(version: &'static str, security: Security) -> Self {
        Self::start_as(version, security, &Value::Null)
    }

    fn start_as(version: &'static str, security: Security, hadoop_options: &Value) -> Self {
        Self::start_on(version, security, hadoop_options, &installation(version).join("empty"))
    }

    /// One that begins with a copy of this database.
    pub(crate) fn start_on(version: &'static str, security: Security, hadoop_options: &Value, database: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if security == Security::Encryption {
            certificates(folder.path());
        }
        for name in ["managed", "warehouse"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        std::fs::create_dir_all(folder.path().join("conf")).expect("a folder");
        configure(folder.path(), hadoop_options);
        copy(database, &folder.path().join("database"));
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let process = serve(folder.path(), version, &security, port);
        let mut server = Self { port, version, security, folder, process };
        server.wait();
        server
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("a process that ends");
    }

    /// Starts it again on the same database and port.
    pub(crate) fn restart(&mut self) {
        self.process = serve(self.folder.path(), self.version, &self.security, self.port);
        self.wait();
    }

    /// Ends it, and starts it again as one that asks for this, and knows these options of Hadoop.
    pub(crate) fn restart_as(&mut self, security: Security, hadoop_options: &Value) {
        self.kill();
        self.security = security;
        configure(self.folder.path(), hadoop_options);
        self.restart();
    }

    pub(crate) fn announces_changes(&self) -> bool {
        self.version == ANNOUNCING
    }

    pub(crate) fn uri(&self) -> String {
        format!("thrift://127.0.0.1:{}", self.port)
    }

    pub(crate) fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// A client that can make tables.
    pub(crate) fn client(&self) -> ThriftHiveMetastoreClient {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], self.port));
        let builder = ThriftHiveMetastoreClientBuilder::new("hive").make_codec(DefaultMakeCodec::buffered());
        builder.rpc_timeout(None).disable_timeout_layer().address(address).build()
    }

    fn wait(&mut self) {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.process.try_wait().expect("a process of ours").is_some();
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(!ended && started.elapsed() < START_TIMEOUT, "the metastore did not start:\n{}", log());
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

/// An authority, and a certificate of it for this machine, with its key in a store as Java has them.
fn certificates(folder: &Path) {
    let script = r#"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=ca
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=localhost
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' > server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.crt
        openssl pkcs12 -export -in server.crt -inkey server.key -name server -passout pass:changeit -out server.p12
    "#;
    let output = Command::new("sh").arg("-ec").arg(script).current_dir(folder).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Tells the server of Hadoop.
fn configure(folder: &Path, hadoop_options: &Value) {
    let options = hadoop_options.as_object().into_iter().flatten();
    let options = configuration(options.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())));
    std::fs::write(folder.join("conf/core-site.xml"), options).expect("a file");
}

fn serve(folder: &Path, version: &str, security: &Security, port: u16) -> Child {
    for lock in ["db.lck", "dbex.lck"] {
        // A crash leaves them behind, or not.
        let _ = std::fs::remove_file(folder.join("database").join(lock));
    }
    let conf = folder.join("conf");
    let place = folder.display();
    let mut settings = vec![
        ("metastore.warehouse.dir", format!("file://{place}/managed")),
        ("metastore.warehouse.external.dir", format!("file://{place}/warehouse")),
        ("javax.jdo.option.ConnectionURL", format!("jdbc:derby:;databaseName={place}/database")),
        ("javax.jdo.option.ConnectionDriverName", "org.apache.derby.jdbc.EmbeddedDriver".to_owned()),
        ("metastore.task.threads.always", "org.apache.hadoop.hive.metastore.events.EventCleanerTask".to_owned()),
        ("metastore.task.threads.remote", "org.apache.hadoop.hive.metastore.events.EventCleanerTask".to_owned()),
        ("metastore.event.db.notification.api.auth", "false".to_owned()),
        ("metastore.metastore.event.db.notification.api.auth", "false".to_owned()),
        ("hive.metastore.event.db.notification.api.auth", "false".to_owned()),
        ("metastore.hmshandler.retry.attempts", "1".to_owned()),
        ("metastore.expression.proxy", "org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy".to_owned()),
    ];
    let mut realm = None;
    if *security == Security::Password {
        settings.extend([
            ("metastore.authentication", "CONFIG".to_owned()),
            // Nobody is believed a mere name then.
            ("metastore.execute.setugi", "false".to_owned()),
            ("metastore.authentication.config.username", USER.to_owned()),
            ("metastore.authentication.config.password", PASSWORD.to_owned()),
        ]);
    }
    if let Security::Kerberos { principal, keytab, realm: file } = security {
        settings.extend([
            ("metastore.sasl.enabled", "true".to_owned()),
            ("metastore.kerberos.principal", principal.clone()),
            ("metastore.kerberos.keytab.file", keytab.display().to_string()),
        ]);
        realm = Some(format!("-Djava.security.krb5.conf={}", file.display()));
    }
    if *security == Security::Encryption {
        settings.extend([
            ("metastore.use.SSL", "true".to_owned()),
            ("metastore.keystore.path", format!("{place}/server.p12")),
            ("metastore.keystore.password", "changeit".to_owned()),
        ]);
    }
    if version == ANNOUNCING {
        let listener = "org.apache.hive.hcatalog.listener.DbNotificationListener";
        settings.push(("metastore.transactional.event.listeners", listener.to_owned()));
    }
    let settings = configuration(settings.iter().map(|(name, value)| (*name, value.as_str())));
    std::fs::write(conf.join("metastore-site.xml"), settings).expect("a file");
    let log = std::fs::File::create(folder.join("log")).expect("a file");
    let installation = installation(version);
    Command::new(JAVA)
        // Version 4 recurses deep where there are many tables.
        .args(["-Xmx512m", "-Xss16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dderby.system.durability=test"])
        .arg(format!("-Dderby.stream.error.file={place}/derby.log"))
        .args(realm)
        .arg("-cp")
        .arg(
            [&conf, &installation.join("lib/*"), &cache().join("hadoop-3.3.6/*"), &notifications().join("*")]
                .map(|part| part.display().to_string())
                .join(":"),
        )
        .args(["org.apache.hadoop.hive.metastore.HiveMetaStore", "-p", &port.to_string()])
        .env("METASTORE_HOME", &installation)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("a metastore")
}

/// Settings as Hadoop's files have them.
fn configuration<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let property = |(name, value)| format!("<property><name>{name}</name><value>{value}</value></property>");
    format!("<configuration>{}</configuration>", settings.map(property).collect::<String>())
}

/// Runs a program of one file, in America's east, with what the newest version brings along.
pub(crate) fn run_java(program: &Path, argument: &Path) {
    let newest = installation(VERSIONS[VERSIONS.len() - 1]);
    let classes = [&newest.join("lib/*"), &cache().join("hadoop-3.3.6/*")].map(|part| part.display().to_string()).join(":");
    let output = Command::new(JAVA)
        .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.timezone=America/New_York", "-cp", &classes])
        .args([program, argument])
        .output()
        .expect("Java");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a type").is_dir() {
            true => copy(&entry.path(), &target),
            false => std::fs::copy(entry.path(), target).map(|_| ()).expect("a copy"),
        }
    }
}

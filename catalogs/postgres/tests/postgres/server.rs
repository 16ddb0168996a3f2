//! Servers for tests: one that all tests share, and more where one has to be stopped.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

const DEFAULT_BINARIES: &str = "/usr/lib/postgresql/15/bin";

/// Makes the cluster, starts the server, says so, and waits for a word; when the test process ends, its end of the pipe closes. The
/// server refuses to run as root, so root runs it as another user, on a copy of the binaries where that user may not read them.
const SCRIPT: &str = r#"
set -e
umask 022
mkdir -p "$FOLDER"; cd "$FOLDER"
as=
if [ "$(id -u)" = 0 ]; then
  as="setpriv --reuid=postgres --regid=postgres --init-groups"
  chown postgres:postgres .
  $as test -x "$BINARIES/initdb" || { [ -d copy ] || cp -r "$BINARIES/.." copy; BINARIES="$FOLDER/copy/bin"; }
fi
if [ ! -d data ]; then
  echo secret >password
  $as "$BINARIES/initdb" -D data -U admin --pwfile=password --auth-local=trust --auth-host=scram-sha-256 \
    -E UTF8 --locale=C.UTF-8 --no-sync >initdb.log 2>&1
  cat >>data/postgresql.conf <<CONF
listen_addresses = '127.0.0.1'
port = $PORT
unix_socket_directories = '$FOLDER'
fsync = off
shared_buffers = 32MB
max_connections = 50
log_statement = all
log_line_prefix = '%d|'
CONF
  if [ "$TLS" = yes ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.crt \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>openssl.log
    leaf() {
      openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>>openssl.log
      printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n%s\n' "$3" >"$1.ext"
      openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt" 2>>openssl.log
    }
    leaf server localhost 'subjectAltName=DNS:localhost'
    leaf client certified 'extendedKeyUsage=clientAuth'
    chmod 600 server.key
    cat >>data/postgresql.conf <<CONF
ssl = on
ssl_cert_file = '$FOLDER/server.crt'
ssl_key_file = '$FOLDER/server.key'
ssl_ca_file = '$FOLDER/ca.crt'
CONF
    printf 'local all all trust\nhostssl all certified all cert\nhostssl all all all scram-sha-256\n' >data/pg_hba.conf
    [ -z "$as" ] || chown postgres:postgres server.*
  fi
fi
$as "$BINARIES/pg_ctl" -D data -l server.log -w -s start </dev/null >/dev/null 2>&1
echo ready
read -r word || word=end
$as "$BINARIES/pg_ctl" -D data -m immediate -w -s stop </dev/null >/dev/null 2>&1
[ "$word" = keep ] || rm -rf "$FOLDER"
"#;

/// A server that listens.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    /// Where it lives, where it is the test's own.
    folder: Option<PathBuf>,
    tls: bool,
    binaries: PathBuf,
    running: Mutex<Option<Child>>,
}

/// The server that all tests share; `None`, with a word about it, where there is none.
pub(crate) fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(|| named().or_else(|| own(false))).as_ref()
}

/// The shared server, if it is the tests' own.
pub(crate) fn shared_own() -> Option<&'static Server> {
    let server = shared()?;
    if server.folder.is_none() {
        eprintln!("skipped: the server that METAGATE_TEST_POSTGRESQL names does not show its log");
    }
    server.folder.is_some().then_some(server)
}

fn named() -> Option<Server> {
    let named = std::env::var("METAGATE_TEST_POSTGRESQL").ok()?;
    let parts: Vec<&str> = named.splitn(4, ':').collect();
    let [host, port, user, password] = parts[..] else { panic!("METAGATE_TEST_POSTGRESQL is not host:port:user:password") };
    Some(Server {
        host: host.to_owned(),
        port: port.parse().expect("a port"),
        user: user.to_owned(),
        password: password.to_owned(),
        folder: None,
        tls: false,
        binaries: binaries(),
        running: Mutex::default(),
    })
}

/// A server of the test's own, with TLS and nothing else over the network, or without.
pub(crate) fn own(tls: bool) -> Option<Server> {
    own_of(binaries(), tls)
}

/// The same, of the version whose programs are in a folder.
pub(crate) fn own_of(binaries: PathBuf, tls: bool) -> Option<Server> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    if !binaries.join("initdb").exists() {
        eprintln!("skipped: there is no PostgreSQL server in {}", binaries.display());
        return None;
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("metagate-postgresql-{}-{number}", std::process::id()));
    // Free now; nothing else on the machine takes ports at random while the server starts.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let server = Server {
        host: if tls { "localhost" } else { "127.0.0.1" }.to_owned(),
        port,
        user: "admin".to_owned(),
        password: "secret".to_owned(),
        folder: Some(folder),
        tls,
        binaries,
        running: Mutex::default(),
    };
    server.start();
    Some(server)
}

fn binaries() -> PathBuf {
    std::env::var_os("METAGATE_TEST_POSTGRESQL_BIN").unwrap_or_else(|| DEFAULT_BINARIES.into()).into()
}

impl Server {
    /// A file of the test's own server.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.as_ref().expect("an own server").join(name)
    }

    /// What it has logged of one database.
    pub(crate) fn log_of(&self, database: &str) -> Vec<String> {
        // Each database writes in its own encoding.
        let log = String::from_utf8_lossy(&std::fs::read(self.file("server.log")).expect("the server's log")).into_owned();
        let prefix = format!("{database}|");
        log.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// Starts it, again or for the first time.
    pub(crate) fn start(&self) {
        let folder = self.folder.as_ref().expect("an own server");
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT]).env("FOLDER", folder).env("BINARIES", &self.binaries).env("PORT", self.port.to_string());
        command.env("TLS", if self.tls { "yes" } else { "no" }).current_dir(Path::new("/"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut answer = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut answer).expect("an answer");
        assert_eq!(answer, "ready\n", "the server in {} did not start", folder.display());
        *self.running.lock().expect("no panic before") = Some(child);
    }

    /// Kills it as a crash would; it can be started again.
    pub(crate) fn kill(&self) {
        let mut child = self.running.lock().expect("no panic before").take().expect("a running server");
        child.stdin.take().expect("its input").write_all(b"keep\n").expect("a listening shell");
        assert!(child.wait().expect("an end").success());
    }
}

//! A PostgreSQL 16 whose cluster has just been made, the same on every machine.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// Makes the cluster, starts the server, says so, and waits until the test closes its end of the pipe.
///
/// What the machine's environment would bring into the catalog is kept out: its locales (without a PATH, `initdb` finds no program that
/// lists them), its time zone, and variables that set settings. The server refuses to run as root, so root runs it as another user, on a
/// copy of the binaries where that user may not read them.
const SCRIPT: &str = r#"
set -e
umask 022
cd "$FOLDER"
as=
if [ "$(id -u)" = 0 ]; then
  as="setpriv --reuid=postgres --regid=postgres --init-groups"
  chown postgres:postgres .
  $as test -x "$BINARIES/initdb" || { cp -r "$BINARIES/.." copy; BINARIES="$FOLDER/copy/bin"; }
fi
as="$as env -i PATH=/nowhere TZ=UTC LC_ALL=C"
$as "$BINARIES/initdb" -D data -U postgres -E UTF8 --locale=C --no-sync >initdb.log 2>&1
options="-c listen_addresses= -c unix_socket_directories='$FOLDER'"
$as "$BINARIES/pg_ctl" -D data -l server.log -o "$options" -w -s start </dev/null >start.log 2>&1
echo ready
read -r word || $as "$BINARIES/pg_ctl" -D data -m immediate -w -s stop </dev/null >/dev/null 2>&1
"#;

/// A server that listens at a socket in its folder.
pub struct Server {
    script: Child,
    folder: TempDir,
}

/// A server; `None`, with a word about it, where its binaries are not.
pub fn start() -> Option<Server> {
    let binaries = binaries();
    if !binaries.join("initdb").exists() {
        eprintln!("skipped: there is no PostgreSQL 16 in {}; tests/services/postgresql16 gets it", binaries.display());
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]).env("FOLDER", folder.path()).env("BINARIES", binaries).current_dir(Path::new("/"));
    let mut script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut answer = String::new();
    BufReader::new(script.stdout.take().expect("its output")).read_line(&mut answer).expect("an answer");
    let log = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    assert_eq!(answer, "ready\n", "the server did not start: {}{}", log("initdb.log"), log("server.log"));
    Some(Server { script, folder })
}

fn binaries() -> PathBuf {
    let cache = std::env::var_os("METAGATE_TEST_CACHE").map(PathBuf::from);
    let caches = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    cache.unwrap_or_else(|| caches().unwrap_or_else(home).join("metagate/tests")).join("postgresql-16/bin")
}

impl Server {
    /// A connection to the database from which others are copied.
    pub async fn connect(&self) -> Client {
        let mut config = tokio_postgres::Config::new();
        let (client, connection) =
            config.host_path(self.folder.path()).user("postgres").dbname("template1").connect(NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // The folder goes after the server.
        let _ = self.script.wait();
    }
}

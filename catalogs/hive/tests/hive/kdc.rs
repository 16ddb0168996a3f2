//! A realm of the tests' own, with a KDC on a free port, and all that it keeps in a temporary folder.
//!
//! The library of Kerberos finds the realm by the environment of the process, so that there is one.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;

const KDC: &str = "/usr/sbin/krb5kdc";
const ADMIN: &str = "/usr/sbin/kadmin.local";
const DATABASE: &str = "/usr/sbin/kdb5_util";

const REALM: &str = "LAKE.TEST";

/// A principal of another realm, whose KDC is away.
pub(crate) const OF_NO_KDC: &str = "metagate@AWAY.TEST";

/// Where the library looks for the file that names the realm's KDC.
const CONFIGURATION: &str = "KRB5_CONFIG";

const START_TIMEOUT: Duration = Duration::from_secs(60);
const START_INTERVAL: Duration = Duration::from_millis(20);

/// Services and clients of the realm. Each has a keytab.
const PRINCIPALS: [&str; 6] = ["hive/localhost", "hdfs/localhost", "HTTP/localhost", "metagate", "stranger", OF_NO_KDC];

/// The realm's folder, which is named before there is anything in it.
pub(crate) struct Realm {
    folder: TempDir,
}

/// A running KDC. Dropping it kills it.
pub(crate) struct Kdc {
    folder: PathBuf,
    process: Child,
}

/// What is not installed.
pub(crate) fn missing() -> Option<String> {
    [KDC, ADMIN, DATABASE].iter().any(|program| !Path::new(program).exists()).then(|| "a KDC".to_owned())
}

impl Realm {
    /// Names the realm to the library, in this process.
    ///
    /// # Safety
    ///
    /// No other thread of the process is running.
    pub(crate) unsafe fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // SAFETY: as the caller says, nobody reads the environment meanwhile.
        unsafe { std::env::set_var(CONFIGURATION, configuration(folder.path())) };
        Self { folder }
    }

    /// Makes the realm and its principals, and starts its KDC.
    pub(crate) fn start(&self) -> Kdc {
        let folder = self.folder.path();
        let place = folder.display();
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let client = format!(
            "[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n \
             dns_canonicalize_hostname = false\n udp_preference_limit = 1\n[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n AWAY.TEST = {{\n  kdc = 127.0.0.1:1\n }}\n"
        );
        std::fs::write(configuration(folder), client).expect("a file");
        let server = format!(
            "[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n[realms]\n {REALM} = {{\n  \
             database_name = {place}/database\n  key_stash_file = {place}/stash\n }}\n[logging]\n kdc = FILE:{place}/log\n"
        );
        std::fs::write(folder.join("kdc.conf"), server).expect("a file");
        let program = |program: &str| {
            let mut command = Command::new(program);
            command.env("KRB5_KDC_PROFILE", folder.join("kdc.conf")).stdin(Stdio::null());
            command
        };
        done(program(DATABASE).args(["create", "-s", "-r", REALM, "-P", "the master's"]));
        for principal in PRINCIPALS {
            let keytab = keytab(folder, principal);
            done(program(ADMIN).args(["-r", REALM, "-q", &format!("add_principal -randkey {principal}")]));
            done(program(ADMIN).args(["-r", REALM, "-q", &format!("ktadd -k {} {principal}", keytab.display())]));
        }
        let process = program(KDC).args(["-n", "-r", REALM]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a KDC");
        let kdc = Kdc { folder: folder.to_owned(), process };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(started.elapsed() < START_TIMEOUT, "the KDC did not start:\n{}", log());
            std::thread::sleep(START_INTERVAL);
        }
        kdc
    }
}

impl Kdc {
    /// What clients in Java are told of the realm.
    pub(crate) fn configuration(&self) -> PathBuf {
        configuration(&self.folder)
    }

    pub(crate) fn keytab(&self, principal: &str) -> PathBuf {
        keytab(&self.folder, principal)
    }

    /// The keys of a principal, as the option has them.
    pub(crate) fn keys(&self, principal: &str) -> String {
        BASE64_STANDARD.encode(std::fs::read(self.keytab(principal)).expect("a keytab"))
    }

    /// A principal's whole name.
    pub(crate) fn principal(principal: &str) -> String {
        format!("{principal}@{REALM}")
    }
}

impl Drop for Kdc {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

fn configuration(folder: &Path) -> PathBuf {
    folder.join("krb5.conf")
}

fn keytab(folder: &Path, principal: &str) -> PathBuf {
    folder.join(format!("{}.keytab", principal.replace('/', ".")))
}

fn done(command: &mut Command) {
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

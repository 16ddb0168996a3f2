//! A schema registry of the tests' own, on a free port, which forgets all when it ends.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Two busy cores start it in 30 s.
const START_TIMEOUT: Duration = Duration::from_secs(300);

/// Between two looks at whether it has started.
const START_INTERVAL: Duration = Duration::from_millis(100);

/// A running registry. Dropping it kills it.
pub(crate) struct Registry {
    port: u16,
    process: Child,
    folder: TempDir,
}

/// What is not installed.
pub(crate) fn missing() -> Option<&'static str> {
    match (java().exists(), program().exists()) {
        (false, _) => Some("Java 25"),
        (_, false) => Some("the schema registry"),
        _ => None,
    }
}

/// Where `tests/services/java25` puts it.
fn java() -> PathBuf {
    cache().join("java-25.0.2.1/bin/java")
}

/// Where `tests/services/schema-registry` puts it.
fn program() -> PathBuf {
    cache().join("apicurio-registry-3.3.3/quarkus-run.jar")
}

fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let caches = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    std::env::var_os("METAGATE_TEST_CACHE").map_or_else(|| caches.join("metagate/tests"), PathBuf::from)
}

impl Registry {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = File::create(folder.path().join("registry.log")).expect("a file");
        let [port, management_port] = [(); 2].map(|()| free_port());
        let process = Command::new(java())
            .args(["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Djava.io.tmpdir={}", folder.path().display()))
            .args(["-Dquarkus.http.host=127.0.0.1", "-Dquarkus.management.host=127.0.0.1"])
            .arg(format!("-Dquarkus.http.port={port}"))
            .arg(format!("-Dquarkus.management.port={management_port}"))
            .arg("-jar")
            .arg(program())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("a registry");
        let mut registry = Self { port, process, folder };
        registry.wait().await;
        registry
    }

    /// The address of its API that is like Confluent's.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/apis/ccompat/v7", self.port)
    }

    /// Registers a schema, and returns its number. References are its names, and their subjects, in the first version.
    pub(crate) async fn register(&self, subject: &str, kind: &str, schema: &str, references: &[(&str, &str)]) -> u32 {
        let reference = |(name, subject): &(&str, &str)| json!({"name": name, "subject": subject, "version": 1});
        let references: Vec<Value> = references.iter().map(reference).collect();
        let body = json!({"schemaType": kind, "schema": schema, "references": references}).to_string();
        let request = reqwest::Client::new().post(format!("{}/subjects/{subject}/versions", self.url()));
        let answer = request.header("content-type", "application/json").body(body).send().await.expect("an answer");
        let text = answer.text().await.expect("a text");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        answer["id"].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or_else(|| panic!("{subject}: {text}"))
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("a process that ends");
    }

    /// Waits until it answers.
    async fn wait(&mut self) {
        let started = Instant::now();
        while !reqwest::get(format!("{}/subjects", self.url())).await.is_ok_and(|answer| answer.status().is_success()) {
            let log = || std::fs::read_to_string(self.folder.path().join("registry.log")).unwrap_or_default();
            assert!(self.process.try_wait().expect("a process").is_none(), "the registry has ended: {}", log());
            assert!(started.elapsed() < START_TIMEOUT, "the registry does not answer: {}", log());
            tokio::time::sleep(START_INTERVAL).await;
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

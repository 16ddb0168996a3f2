//! An HDFS of the tests' own: two namenodes, of which one is active, and one datanode, on free ports, with all that they keep in a
//! temporary folder.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hdfs_native::{Client, ClientBuilder, WriteOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{JAVA, cache};

/// The smallest blocks that namenodes take.
const BLOCK_BYTES: u64 = 1 << 20;

/// A running HDFS. It ends with its standard input.
pub(crate) struct HdfsServer {
    ports: [u16; 2],
    process: Child,
    commands: Option<ChildStdin>,
    said: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

/// What is not installed.
pub(crate) fn missing() -> Option<String> {
    (!installation().join("classes/HdfsCluster.class").exists()).then(|| "HDFS".to_owned())
}

/// Where `tests/services/hdfs` puts things.
fn installation() -> PathBuf {
    cache().join("hdfs-3.3.6")
}

impl HdfsServer {
    pub(crate) fn start() -> Self {
        Self::start_with(&[], &json!({}))
    }

    /// One whose Java has these arguments, and whose servers have these options.
    pub(crate) fn start_with(java: &[String], options: &Value) -> Self {
        let options = options.as_object().into_iter().flatten();
        let folder = tempfile::tempdir().expect("a folder");
        let classes = [&installation().join("classes"), &installation().join("lib/*"), &cache().join("hadoop-3.3.6/*")];
        let log = std::fs::File::create(folder.path().join("log")).expect("a file");
        let mut process = Command::new(JAVA)
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .args(java)
            .arg("-cp")
            .arg(classes.map(|part| part.display().to_string()).join(":"))
            .arg("HdfsCluster")
            .arg(folder.path().join("data"))
            .args(options.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())))
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("an HDFS");
        let commands = process.stdin.take();
        let mut said = BufReader::new(process.stdout.take().expect("its output")).lines();
        let ports = loop {
            let Some(Ok(line)) = said.next() else { panic!("HDFS did not start:\n{}", log_of(folder.path())) };
            // Libraries speak too.
            if let Some(ports) = line.strip_prefix("ports ") {
                break ports.split(' ').map(|port| port.parse().expect("a port")).collect::<Vec<u16>>();
            }
        };
        Self { ports: ports.try_into().expect("two ports"), process, commands, said, _folder: folder }
    }

    /// Has it done, and waits until it is.
    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.commands.as_mut().expect("its input"), "{command}").expect("a command");
        let done = self.said.by_ref().map_while(Result::ok).any(|line| line == "done");
        assert!(done, "HDFS did not {command}");
    }

    /// The active namenode, as long as they have not changed places.
    pub(crate) fn url(&self) -> String {
        format!("hdfs://127.0.0.1:{}", self.ports[0])
    }

    /// The options of Hadoop for the first namenode alone.
    pub(crate) fn options(&self) -> Value {
        json!({"fs.defaultFS": self.url()})
    }

    /// The options of Hadoop for a name service `lake` of both namenodes, the second one first. Before them stands what else is given.
    pub(crate) fn lake(&self, before: &[String]) -> Value {
        let own = [self.ports[1], self.ports[0]].map(|port| format!("127.0.0.1:{port}"));
        let addresses: Vec<&String> = before.iter().chain(&own).collect();
        let names: Vec<String> = (0..addresses.len()).map(|place| format!("nn{place}")).collect();
        let mut options = json!({
            "dfs.nameservices": "lake",
            "dfs.ha.namenodes.lake": names.join(","),
            "dfs.client.failover.proxy.provider.lake": "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
        });
        for (name, address) in names.iter().zip(addresses) {
            options[format!("dfs.namenode.rpc-address.lake.{name}")] = json!(address);
        }
        options
    }

    /// A client that may do anything, of the first namenode.
    pub(crate) fn client(&self) -> Client {
        ClientBuilder::new().with_url(self.url()).with_config_dir("/dev/null").build().expect("a client")
    }

    pub(crate) async fn write(&self, path: &str, bytes: &[u8]) {
        write_as(&self.client(), path, bytes).await;
    }
}

pub(crate) async fn write_as(client: &Client, path: &str, bytes: &[u8]) {
    let options = WriteOptions::default().block_size(BLOCK_BYTES);
    let mut file = client.create(path, options).await.expect("a file");
    // On the heap: what writing keeps is large.
    Box::pin(file.write_bytes(bytes.to_vec().into())).await.expect("bytes");
    Box::pin(file.close()).await.expect("the end");
}

impl Drop for HdfsServer {
    fn drop(&mut self) {
        self.commands = None;
        // It may have ended already.
        let _ = self.process.wait();
    }
}

fn log_of(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

//! A server of the tests' own, on free ports, with data in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Two busy cores start it in 30 s.
const START_TIMEOUT: Duration = Duration::from_secs(300);

/// Between two looks at whether the server has started.
const START_INTERVAL: Duration = Duration::from_millis(100);

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    Elasticsearch,
    Elasticsearch7,
    Elasticsearch9,
    OpenSearch,
}

const PRODUCTS: [Product; 4] = [Product::Elasticsearch, Product::Elasticsearch7, Product::Elasticsearch9, Product::OpenSearch];

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    pub(crate) product: Product,
    pub(crate) port: u16,
    folder: TempDir,
    process: Child,
}

/// What is not installed.
pub(crate) fn missing() -> Option<&'static str> {
    if let Some(product) = PRODUCTS.into_iter().find(|product| !product.java().exists()) {
        return Some(if product == Product::Elasticsearch9 { "Java 25" } else { "Java 17" });
    }
    PRODUCTS.into_iter().find(|product| !product.installation().join("classes").exists()).map(Product::name)
}

impl Product {
    fn name(self) -> &'static str {
        match self {
            Product::Elasticsearch | Product::Elasticsearch7 | Product::Elasticsearch9 => "elasticsearch",
            Product::OpenSearch => "opensearch",
        }
    }

    /// Where a script of `tests/services` puts it.
    fn installation(self) -> PathBuf {
        match self {
            Product::Elasticsearch => cache().join("elasticsearch-8.7.1"),
            Product::Elasticsearch7 => cache().join("elasticsearch-7.17.28"),
            Product::Elasticsearch9 => cache().join("elasticsearch-9.5.3"),
            Product::OpenSearch => cache().join("opensearch-2.19.1"),
        }
    }

    /// The Java that it runs on.
    fn java(self) -> PathBuf {
        match self {
            Product::Elasticsearch9 => cache().join("java-25.0.2.1/bin/java"),
            _ => PathBuf::from("/usr/lib/jvm/java-17-openjdk-amd64/bin/java"),
        }
    }

    /// The class that starts it, with what only this product needs.
    fn main(self) -> Vec<String> {
        match self {
            Product::Elasticsearch9 => {
                let libraries = self.installation().join("native");
                // Its library for vectors is not published.
                vec![
                    format!("-Des.nativelibs.path={}", libraries.display()),
                    "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false".to_owned(),
                    "Node25".to_owned(),
                ]
            }
            _ => vec!["Node17".to_owned()],
        }
    }
}

fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let caches = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    std::env::var_os("METAGATE_TEST_CACHE").map_or_else(|| caches.join("metagate/tests"), PathBuf::from)
}

impl Server {
    pub(crate) fn start(product: Product) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["config", "data", "plugins", "logs", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        std::os::unix::fs::symlink(product.installation().join("modules"), folder.path().join("modules")).expect("a link");
        let log = "status=error\nappender.c.type=Console\nappender.c.name=c\nappender.c.layout.type=PatternLayout\n\
                   appender.c.layout.pattern=[%p] %m%n%ex\nrootLogger.level=warn\nrootLogger.appenderRef.c.ref=c\n";
        std::fs::write(folder.path().join("config/log4j2.properties"), log).expect("a file");
        // Else it takes garbage that is not collected yet for memory in use, and refuses requests.
        std::fs::write(folder.path().join(format!("config/{}.yml", product.name())), "indices.breaker.total.use_real_memory: false\n")
            .expect("a file");
        let port = free_port();
        let process = serve(product, folder.path(), port);
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
        self.process = serve(self.product, self.folder.path(), self.port);
        self.wait();
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The answer to a request; a refusal is a failure of the test.
    pub(crate) async fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = request(self.port, method, path, body).await.expect("an answer");
        let (status, text) = answer;
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Makes an index with a mapping.
    pub(crate) async fn create(&self, index: &str, definition: Value) {
        self.request("PUT", &format!("/{index}"), &definition.to_string()).await;
    }

    /// Adds documents of these texts, whose identities are their places from 0, and makes them visible.
    pub(crate) async fn add(&self, index: &str, documents: &[String]) {
        for (chunk, documents) in documents.chunks(5000).enumerate() {
            let line =
                |(place, document): (usize, &String)| format!("{{\"index\":{{\"_id\":\"{}\"}}}}\n{document}\n", chunk * 5000 + place);
            let lines: String = documents.iter().enumerate().map(line).collect();
            let answer = self.request("POST", &format!("/{index}/_bulk"), &lines).await;
            assert_eq!(answer["errors"], false, "{answer}");
        }
        self.request("POST", &format!("/{index}/_refresh"), "").await;
    }

    /// On a thread of its own: whoever needs the server may be in a runtime already.
    fn wait(&mut self) {
        std::thread::scope(|scope| scope.spawn(|| self.wait_on_thread()).join()).expect("a server that starts");
    }

    fn wait_on_thread(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let started = Instant::now();
        loop {
            let health = request(self.port, "GET", "/_cluster/health?wait_for_status=yellow&timeout=1s", "");
            if matches!(runtime.block_on(health), Ok((200, _))) {
                return;
            }
            let ended = self.process.try_wait().expect("a process of ours").is_some();
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(!ended && started.elapsed() < START_TIMEOUT, "the server did not start:\n{}", log());
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

fn serve(product: Product, home: &Path, port: u16) -> Child {
    let installation = product.installation();
    let log = std::fs::File::create(home.join("log")).expect("a file");
    Command::new(product.java())
        .args(["-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.disable.jmx=true"])
        .arg(format!("-Djava.io.tmpdir={}", home.join("tmp").display()))
        .arg(format!("-Dlog4j2.configurationFile={}", home.join("config/log4j2.properties").display()))
        .arg("-cp")
        .arg(format!("{0}/classes:{0}/lib/*", installation.display()))
        .args(product.main())
        .arg(home)
        .args([port.to_string(), free_port().to_string()])
        // It ends with the tests: their end of the pipe is closed then.
        .stdin(Stdio::piped())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("a server")
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

/// Status and body of an answer.
async fn request(port: u16, method: &str, path: &str, body: &str) -> reqwest::Result<(u16, String)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let content_type = if path.ends_with("_bulk") { "application/x-ndjson" } else { "application/json" };
    let request = client.request(method, format!("http://127.0.0.1:{port}{path}")).header("Content-Type", content_type);
    let answer = request.body(body.to_owned()).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

//! A broker of the tests' own, on free ports, with data in a temporary folder.

use std::ffi::{CStr, CString, c_void};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::bindings::{rd_kafka_AclOperation_t, rd_kafka_ResourceType_t};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tempfile::TempDir;

use super::certificates;

/// Two busy cores start it in 30 s.
const START_TIMEOUT: Duration = Duration::from_secs(300);

/// Between two looks at whether the broker has started.
const START_INTERVAL: Duration = Duration::from_millis(100);

/// How long the broker may take for what tests ask of it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Where Debian keeps its Javas, in folders with their version and the machine's architecture.
const JAVAS: &str = "/usr/lib/jvm";

/// Quiet, and small.
const JAVA_OPTIONS: [&str; 5] =
    ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"];

/// A running broker. Dropping it kills it.
pub(crate) struct Server {
    /// Without a login.
    pub(crate) port: u16,
    /// With one: alice by PLAIN, carol by SCRAM.
    pub(crate) sasl_port: u16,
    /// With TLS, for who has a certificate; and for who has a login.
    pub(crate) ssl_port: u16,
    pub(crate) sasl_ssl_port: u16,
    folder: TempDir,
    process: Child,
}

/// A message that a test sends.
#[derive(Clone, Default)]
pub(crate) struct Sent {
    pub(crate) partition: i32,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(&'static str, Option<Vec<u8>>)>,
    /// In milliseconds since 1970.
    pub(crate) timestamp: Option<i64>,
}

/// A message with a value.
pub(crate) fn value(value: impl AsRef<[u8]>) -> Sent {
    Sent { value: Some(value.as_ref().to_vec()), ..Sent::default() }
}

/// What is not installed.
pub(crate) fn missing() -> Option<&'static str> {
    match (java_17(), installation().exists()) {
        (None, _) => Some("Java 17"),
        (_, false) => Some("Kafka"),
        _ => None,
    }
}

/// The Java that `JAVA_HOME` names, or else Debian's Java 17.
fn java_17() -> Option<PathBuf> {
    let named = std::env::var_os("JAVA_HOME").map(PathBuf::from).into_iter();
    let installed = std::fs::read_dir(JAVAS).into_iter().flatten().filter_map(|folder| Some(folder.ok()?.path()));
    let installed =
        installed.filter(|folder| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("java-17-openjdk-")));
    named.chain(installed).map(|home| home.join("bin/java")).find(|java| java.exists())
}

/// Where `tests/services/kafka` puts it.
fn installation() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let caches = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    let cache = std::env::var_os("METAGATE_TEST_CACHE").map_or_else(|| caches.join("metagate/tests"), PathBuf::from);
    cache.join("kafka-4.3.0/lib")
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        certificates::make(folder.path());
        let ports = [(); 5].map(|()| free_port());
        let properties = folder.path().join("server.properties");
        std::fs::write(&properties, configuration(folder.path(), ports)).expect("a file");
        let formatted = java(&["kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c"])
            .arg(&properties)
            .args(["--standalone", "--add-scram", "SCRAM-SHA-256=[name=carol,password=carol-secret]"])
            .args(["--add-scram", "SCRAM-SHA-512=[name=carol,password=carol-secret]"])
            .output()
            .expect("java");
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        let process = serve(folder.path());
        let [port, sasl_port, ssl_port, sasl_ssl_port, _] = ports;
        let mut server = Self { port, sasl_port, ssl_port, sasl_ssl_port, folder, process };
        server.wait();
        server
    }

    /// A file of its certificates.
    pub(crate) fn certificate(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("a process that ends");
    }

    /// Stops the process where it is: its connections stay open, and nothing is answered. Or lets it go on.
    pub(crate) fn hold(&self, is_held: bool) {
        let signal = if is_held { "-STOP" } else { "-CONT" };
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(status.expect("kill").success());
    }

    /// Starts it again on the same data and ports.
    pub(crate) fn restart(&mut self) {
        self.process = serve(self.folder.path());
        self.wait();
    }

    /// Waits until it answers.
    fn wait(&mut self) {
        let started = Instant::now();
        let producer = self.producer();
        while producer.client().fetch_metadata(None, START_INTERVAL).is_err() {
            let log = || std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
            assert!(self.process.try_wait().expect("a process").is_none(), "the broker has ended: {}", log());
            assert!(started.elapsed() < START_TIMEOUT, "the broker does not answer: {}", log());
            std::thread::sleep(START_INTERVAL);
        }
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.address());
        config
    }

    fn producer(&self) -> BaseProducer {
        self.config().set("linger.ms", "5").set("message.max.bytes", "20000000").create().expect("a producer")
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().expect("a client")
    }

    /// Makes a topic with a configuration of its own.
    pub(crate) async fn create(&self, topic: &str, partitions: i32, configuration: &[(&str, &str)]) {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        let new = configuration.iter().fold(new, |new, (name, value)| new.set(name, value));
        let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
        let made = self.admin().create_topics([&new], &options).await.expect("an answer");
        assert!(made.iter().all(Result::is_ok), "{made:?}");
    }

    pub(crate) async fn delete(&self, topic: &str) {
        let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
        let gone = self.admin().delete_topics(&[topic], &options).await.expect("an answer");
        assert!(gone.iter().all(Result::is_ok), "{gone:?}");
    }

    /// Makes the first messages of a topic's first partition disappear.
    pub(crate) async fn delete_before(&self, topic: &str, offset: i64) {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(topic, 0, Offset::Offset(offset)).expect("an offset");
        let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
        self.admin().delete_records(&before, &options).await.expect("an answer");
    }

    /// Sends messages in a transaction, and commits or aborts it.
    pub(crate) fn send_in_transaction(&self, topic: &str, messages: &[Sent], is_committed: bool) {
        let producer: BaseProducer = self.config().set("transactional.id", "test").create().expect("a producer");
        producer.init_transactions(REQUEST_TIMEOUT).expect("transactions");
        producer.begin_transaction().expect("a transaction");
        send(&producer, topic, messages);
        let ended = match is_committed {
            true => producer.commit_transaction(REQUEST_TIMEOUT),
            false => producer.abort_transaction(REQUEST_TIMEOUT),
        };
        ended.expect("the end of the transaction");
    }

    /// Denies a user something, for which librdkafka's Rust library has no words. Who is not logged in may do everything.
    pub(crate) fn deny(&self, user: &str, kind: rd_kafka_ResourceType_t, name: &str, operation: rd_kafka_AclOperation_t) {
        use rdkafka::bindings::*;
        let admin = self.admin();
        let [name, user, host] = [name, &format!("User:{user}"), "*"].map(|text| CString::new(text).expect("a text"));
        let (pattern, denied) = (
            rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
            rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
        );
        // SAFETY: the client and all texts are there, librdkafka copies them, and what it gives is given up once, after its use.
        let code = unsafe {
            let client = admin.inner().native_ptr();
            let (user, host, text) = (user.as_ptr(), host.as_ptr(), std::ptr::null_mut());
            let mut rules = [rd_kafka_AclBinding_new(kind, name.as_ptr(), pattern, user, host, operation, denied, text, 0)];
            let queue = rd_kafka_queue_new(client);
            rd_kafka_CreateAcls(client, rules.as_mut_ptr(), 1, std::ptr::null(), queue);
            let event = rd_kafka_queue_poll(queue, REQUEST_TIMEOUT.as_millis() as i32);
            assert!(!event.is_null(), "no answer");
            let code = rd_kafka_event_error(event);
            rd_kafka_event_destroy(event);
            rd_kafka_queue_destroy(queue);
            rd_kafka_AclBinding_destroy(rules[0]);
            code
        };
        assert_eq!(code, rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
    }

    /// Sends a message with a header whose key is any bytes, which librdkafka's Rust library has no words for.
    pub(crate) fn send_with_header(&self, topic: &str, key: &CStr, header: &[u8]) {
        use rdkafka::bindings::{rd_kafka_producev, rd_kafka_vtype_t::*};
        let producer = self.producer();
        let topic = CString::new(topic).expect("a name");
        // SAFETY: the client is there, and what follows each kind is what that kind takes; librdkafka copies it.
        let code = unsafe {
            let client = producer.client().native_ptr();
            let (value, length) = (header.as_ptr().cast::<c_void>(), header.len());
            rd_kafka_producev(
                client,
                RD_KAFKA_VTYPE_TOPIC,
                topic.as_ptr(),
                RD_KAFKA_VTYPE_HEADER,
                key.as_ptr(),
                value,
                length,
                RD_KAFKA_VTYPE_END,
            )
        };
        assert_eq!(code, rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
        producer.flush(REQUEST_TIMEOUT).expect("a message that arrives");
    }

    /// Sends messages, and waits until the broker has them.
    pub(crate) fn send(&self, topic: &str, messages: &[Sent]) {
        send(&self.producer(), topic, messages);
    }
}

fn send(producer: &BaseProducer, topic: &str, messages: &[Sent]) {
    for message in messages {
        let headers = message
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(rdkafka::message::Header { key, value: value.as_ref() }));
        let mut record: BaseRecord<'_, Vec<u8>, Vec<u8>> = BaseRecord::to(topic).partition(message.partition);
        record.key = message.key.as_ref();
        record.payload = message.value.as_ref();
        record.timestamp = message.timestamp;
        if !message.headers.is_empty() {
            record = record.headers(headers);
        }
        while let Err((_, again)) = producer.send(record) {
            producer.poll(START_INTERVAL);
            record = again;
        }
    }
    producer.flush(REQUEST_TIMEOUT).expect("messages that arrive");
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

fn configuration(folder: &Path, ports: [u16; 5]) -> String {
    let [port, sasl_port, ssl_port, sasl_ssl_port, controller_port] = ports;
    let open = format!("PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{sasl_port}");
    let encrypted = format!("SSL://localhost:{ssl_port},SASL_SSL://localhost:{sasl_ssl_port}");
    let folder = folder.display();
    // Messages of tests are of any age, and none is to be deleted for it.
    let mut text = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.bootstrap.servers=127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\nlisteners={open},{encrypted},CONTROLLER://127.0.0.1:{controller_port}\n\
         advertised.listeners={open},{encrypted}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAINTEXT\nsasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n\
         ssl.keystore.type=PEM\nssl.keystore.location={folder}/server.pem\nssl.truststore.type=PEM\n\
         ssl.truststore.location={folder}/ca.crt\nlistener.name.ssl.ssl.client.auth=required\n\
         log.dirs={folder}/data\nnum.partitions=1\nauto.create.topics.enable=false\nmessage.max.bytes=20000000\n\
         offsets.topic.num.partitions=1\noffsets.topic.replication.factor=1\ntransaction.state.log.num.partitions=1\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.num.partitions=1\nshare.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\ngroup.initial.rebalance.delay.ms=0\nnum.network.threads=1\nnum.io.threads=2\n\
         log.cleaner.dedupe.buffer.size=16777216\nlog.cleaner.backoff.ms=100\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nsuper.users=User:ANONYMOUS\n\
         allow.everyone.if.no.acl.found=true\n\
         log.retention.ms=-1\n"
    );
    for listener in ["sasl_plaintext", "sasl_ssl"].map(|name| format!("listener.name.{name}")) {
        let module = "sasl.jaas.config=org.apache.kafka.common.security";
        text.push_str(&format!(
            "{listener}.plain.{module}.plain.PlainLoginModule required user_alice=\"alice-secret\";\n\
             {listener}.scram-sha-256.{module}.scram.ScramLoginModule required;\n\
             {listener}.scram-sha-512.{module}.scram.ScramLoginModule required;\n"
        ));
    }
    text
}

fn java(arguments: &[&str]) -> Command {
    let mut command = Command::new(java_17().expect("Java 17"));
    command.args(JAVA_OPTIONS).arg(installation().join("*")).args(arguments);
    command
}

fn serve(folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("server.log")).expect("a file");
    java(&["kafka.Kafka"])
        .arg(folder.join("server.properties"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("a broker")
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

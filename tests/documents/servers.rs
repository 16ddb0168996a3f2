//! The servers, started as the connectors' own tests start them, each with a little data about the same three customers.

#[path = "../../catalogs/kafka/tests/kafka/certificates.rs"]
#[allow(dead_code)]
mod certificates;
#[path = "../../catalogs/elasticsearch/tests/elasticsearch/server.rs"]
#[allow(dead_code)]
mod elasticsearch;
#[path = "../../catalogs/kafka/tests/kafka/server.rs"]
#[allow(dead_code)]
mod kafka;
#[path = "../../catalogs/mongodb/tests/mongodb/server.rs"]
#[allow(dead_code)]
mod mongodb;
#[path = "../../catalogs/redis/tests/redis/server.rs"]
#[allow(dead_code)]
mod redis;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bson::{Bson, Document, doc};
use serde_json::{Value, json};

use super::hive::Hive;

/// A server for all tests that run at the same time: it takes a while to start, and ends with the last of them.
pub struct Shared<T>(Mutex<Weak<T>>);

impl<T> Shared<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    pub fn get(&self, start: impl FnOnce() -> T) -> Arc<T> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(start());
            *shared = Arc::downgrade(&server);
            server
        })
    }
}

/// What is not installed.
pub fn missing() -> Option<String> {
    let mongodb = [mongodb::Product::FerretDb, mongodb::Product::Java].into_iter().find(|product| product.is_missing());
    let mongodb = mongodb.map(mongodb::Product::name);
    elasticsearch::missing().or(kafka::missing()).or(mongodb).map(str::to_owned).or_else(super::hive::missing)
}

/// The server that a file of statements is named after.
pub enum Any {
    Elasticsearch(Elasticsearch),
    Hive(Hive),
    Kafka(Kafka),
    MongoDb(MongoDb),
    Redis(Redis),
}

impl Any {
    pub async fn of(name: &str) -> Option<Self> {
        match name {
            "elasticsearch" => Some(Any::Elasticsearch(Elasticsearch::shared())),
            "hive" => Some(Any::Hive(Hive::shared())),
            "kafka" => Some(Any::Kafka(Kafka::shared())),
            "mongodb" => Some(Any::MongoDb(MongoDb::start().await)),
            "redis" => Some(Any::Redis(Redis::start().await)),
            _ => None,
        }
    }

    pub fn options(&self) -> Value {
        match self {
            Any::Elasticsearch(server) => server.options(),
            Any::Hive(server) => server.options(),
            Any::Kafka(server) => server.options(),
            Any::MongoDb(server) => server.options(),
            Any::Redis(server) => server.options(),
        }
    }
}

/// A Redis server, killed when it is dropped.
pub struct Redis(redis::Server);

impl Redis {
    /// Sessions of customers, as hashes, and one page of each as JSON.
    pub async fn start() -> Self {
        let server = redis::Server::start().await.expect("an installed server");
        server
            .run(
                "HSET session:a customer 1 country DE pages 12
                 HSET session:b customer 2 country PL pages 3 coupon WELCOME
                 HSET session:c customer 3 country SE pages 7
                 SET basket:1 {\"customer\":1,\"items\":[\"tea\",\"pot\"],\"total\":24.90}
                 SET basket:2 {\"customer\":2,\"items\":[],\"total\":0}
                 RPUSH queue:mail first second
                 ZADD rank:week 12 a 3 b 7.5 c",
            )
            .await;
        Self(server)
    }

    pub fn options(&self) -> Value {
        json!({"host": "127.0.0.1", "port": self.0.port})
    }
}

pub struct Elasticsearch(Arc<elasticsearch::Server>);

impl Elasticsearch {
    /// Reviews of customers.
    pub fn shared() -> Self {
        static SHARED: Shared<elasticsearch::Server> = Shared::new();
        Self(SHARED.get(|| {
            let server = elasticsearch::Server::start(elasticsearch::Product::Elasticsearch);
            on_thread(fill(&server));
            server
        }))
    }

    pub fn options(&self) -> Value {
        json!({"hosts": [self.0.address()]})
    }
}

/// Waits for work on a thread of its own: whoever needs a server may be in a runtime already.
pub fn on_thread(work: impl Future<Output = ()> + Send) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::scope(|scope| scope.spawn(|| runtime().block_on(work)).join()).expect("work that ends well");
}

async fn fill(server: &elasticsearch::Server) {
    let definition = json!({"mappings": {"_meta": {"description": "what buyers say"}, "properties": {
        "customer": {"type": "long"}, "product": {"type": "keyword"}, "stars": {"type": "byte"}, "written": {"type": "date"},
        "text": {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 256}}},
    }}, "settings": {"number_of_shards": 1, "number_of_replicas": 0}});
    server.create("reviews", definition).await;
    let review = |customer: i64, product: &str, stars: i64, text: &str| {
        json!({"customer": customer, "product": product, "stars": stars, "text": text, "written": "2026-01-05T10:00:00Z"}).to_string()
    };
    let reviews =
        [review(1, "tea", 5, "Very good tea"), review(1, "pot", 2, "It leaks"), review(2, "tea", 4, "Good"), review(3, "cup", 3, "Fine")];
    server.add("reviews", &reviews).await;
}

pub struct Kafka(Arc<kafka::Server>);

impl Kafka {
    /// Clicks of customers and of a robot, in two partitions, and one message that is no JSON.
    pub fn shared() -> Self {
        static SHARED: Shared<kafka::Server> = Shared::new();
        Self(SHARED.get(|| {
            let server = kafka::Server::start();
            on_thread(server.create("clicks", 2, &[("retention.ms", "-1")]));
            let click = |customer: i64, page: &str, ms: i64| {
                let value = json!({"customer": customer, "page": page, "ms": ms, "from": {"ip": "10.0.0.1"}}).to_string();
                let partition = i32::from(customer > 1);
                kafka::Sent {
                    partition,
                    key: Some(format!("c{customer}").into()),
                    timestamp: Some(1_767_607_200_000 + ms),
                    ..kafka::value(value)
                }
            };
            let pages = [(1, "/", 120), (1, "/tea", 40), (2, "/", 75), (3, "/cup", 300)];
            let mut messages: Vec<kafka::Sent> = pages.map(|(customer, page, ms)| click(customer, page, ms)).into();
            messages.extend((0..6).map(|_| click(9, "/bot", 1)));
            messages.push(kafka::value("oops"));
            server.send("clicks", &messages);
            server
        }))
    }

    pub fn options(&self) -> Value {
        json!({"bootstrap_servers": self.0.address()})
    }
}

/// A server that speaks MongoDB's protocol, killed when it is dropped.
pub struct MongoDb(mongodb::Server);

impl MongoDb {
    /// FerretDB, with profiles of customers, not all alike.
    pub async fn start() -> Self {
        let server = mongodb::Server::start(mongodb::Product::FerretDb);
        let joined = |day: &str| Bson::DateTime(bson::DateTime::parse_rfc3339_str(format!("2026-01-{day}T00:00:00Z")).expect("a date"));
        let profiles: [Document; 3] = [
            doc! {"_id": 1i64, "name": {"first": "Ann", "last": "Li"}, "tags": ["gold", "tea"], "joined": joined("02"), "score": 1.5},
            doc! {"_id": 2i64, "name": {"first": "Bob"}, "tags": [], "joined": joined("03"), "score": "n/a"},
            doc! {"_id": 3i64, "name": {"first": "Cyd", "last": "Øst"}, "joined": joined("04"), "score": 2},
        ];
        server.client().database("shop").collection("profiles").insert_many(profiles).await.expect("documents");
        Self(server)
    }

    /// mongo-java-server, which filters and aggregates, without anything in it.
    pub fn start_complete() -> Self {
        Self(mongodb::Server::start(mongodb::Product::Java))
    }

    pub async fn insert(&self, collection: &str, documents: &[Document]) {
        self.0.client().database("shop").collection::<Document>(collection).insert_many(documents).await.expect("inserted documents");
    }

    pub fn options(&self) -> Value {
        match self.0.product {
            mongodb::Product::FerretDb => {
                json!({"host": "127.0.0.1", "port": self.0.port, "user": mongodb::USER, "password": mongodb::PASSWORD})
            }
            _ => json!({"host": "127.0.0.1", "port": self.0.port}),
        }
    }
}

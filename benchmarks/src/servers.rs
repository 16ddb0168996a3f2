//! Servers of documents, messages and lakes, started as the connectors' own tests start them.

#[path = "../../catalogs/kafka/tests/kafka/certificates.rs"]
#[allow(dead_code)]
mod certificates;
#[path = "../../catalogs/elasticsearch/tests/elasticsearch/server.rs"]
#[allow(dead_code)]
pub mod elasticsearch;
#[path = "../../catalogs/kafka/tests/kafka/server.rs"]
#[allow(dead_code)]
pub mod kafka;
#[path = "../../catalogs/mongodb/tests/mongodb/server.rs"]
#[allow(dead_code)]
pub mod mongodb;
#[path = "../../catalogs/redis/tests/redis/server.rs"]
#[allow(dead_code)]
pub mod redis;

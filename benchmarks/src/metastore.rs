//! A metastore of Hive, started as the connector's own tests start it.

#[path = "../../catalogs/hive/tests/hive/server.rs"]
#[allow(dead_code)]
pub mod server;
#[path = "../../catalogs/hive/tests/hive/warehouse.rs"]
#[allow(dead_code)]
pub mod warehouse;

use serde_json::{Value, json};

use self::server::Server;

/// The options of a data source on this server.
pub fn options(server: &Server) -> Value {
    json!({"uris": [server.uri()], "username": "ann", "local_folders": [server.warehouse()]})
}

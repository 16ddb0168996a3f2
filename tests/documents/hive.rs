//! A metastore of Hive, started as the connector's own tests start it, with a table.

#[path = "../../catalogs/hive/tests/hive/server.rs"]
#[allow(dead_code)]
mod server;
#[path = "../../catalogs/hive/tests/hive/warehouse.rs"]
#[allow(dead_code)]
mod warehouse;

use std::sync::Arc;

use serde_json::{Value, json};

use self::server::Server;
use super::servers::{Shared, on_thread};

/// What is not installed.
pub fn missing() -> Option<String> {
    server::missing()
}

pub struct Hive(Arc<Server>);

impl Hive {
    /// Visits of customers, as text partitioned by day.
    pub fn shared() -> Self {
        static SHARED: Shared<Server> = Shared::new();
        Self(SHARED.get(|| {
            let server = Server::start(server::ANNOUNCING);
            on_thread(make_visits(&server));
            on_thread(make_reports(&server));
            server
        }))
    }

    pub fn options(&self) -> Value {
        json!({"uris": [self.0.uri()], "username": "ann", "local_folders": [self.0.warehouse()]})
    }
}

async fn make_visits(server: &Server) {
    let folder = warehouse::database(server, "web").await;
    let (columns, keys) = (["customer bigint", "seconds int", "tags array<string>"], ["day date"]);
    let mut table = warehouse::table(&folder, "web", "visits", warehouse::TEXT, &columns, &keys);
    warehouse::set(&mut table, "comment", "how long people stay");
    warehouse::set_serde(&mut table, "field.delim", ",");
    warehouse::set_serde(&mut table, "collection.delim", "|");
    warehouse::create(server, &table).await;
    warehouse::write(&folder, "visits/day=2026-01-05/part-0", b"1,40,tea|pot\n2,7,\\N\n");
    warehouse::write(&folder, "visits/day=2026-01-06/part-0", b"1,90,tea\n3,oops,cup\n");
    warehouse::add_partitions(server, &table, &[vec!["2026-01-05"], vec!["2026-01-06"]]).await;
}

/// Views of the visits, and of a view.
async fn make_reports(server: &Server) {
    warehouse::database(server, "reports").await;
    let stays = "SELECT `visits`.`day` AS `day`, count(*) AS `visits`, sum(`visits`.`seconds`) AS `seconds` FROM `web`.`visits` \
                 WHERE `visits`.`seconds` > 5 GROUP BY `visits`.`day`";
    warehouse::create_view(server, "reports", "stays", &["day date", "visits bigint", "seconds bigint"], stays).await;
    let longest = "SELECT `s`.`day` AS `day` FROM `reports`.`stays` `s` WHERE `s`.`seconds` > 50";
    warehouse::create_view(server, "reports", "longest", &["day date"], longest).await;
    let tags = "SELECT `t`.`tag` AS `tag` FROM `web`.`visits` LATERAL VIEW explode(`visits`.`tags`) `t` AS `tag`";
    warehouse::create_view(server, "reports", "tags", &["tag string"], tags).await;
}

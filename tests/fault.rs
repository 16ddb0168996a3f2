//! What goes wrong in the world: crashes, damage, full disks, vanished sources, clients that misbehave.

mod clients;
mod concurrency;
mod crash;
mod damage;
mod disk_full;
mod operation;
mod vanished_source;

use libtest_mimic::{Failed, Trial};

use crate::gateway::Gateway;
use crate::shop;

pub fn trials() -> Vec<Trial> {
    [
        clients::trials(),
        concurrency::trials(),
        crash::trials(),
        damage::trials(),
        disk_full::trials(),
        operation::trials(),
        vanished_source::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn trial<F: Future<Output = Result<(), Failed>> + 'static>(name: &str, test: fn() -> F) -> Trial {
    crate::trial(format!("fault::{name}"), test)
}

/// A statement that registers the SQLite database `shop.db` of a gateway's folder under a name.
pub fn create_shop(gateway: &Gateway, name: &str) -> String {
    format!("CALL create_datasource('{name}', 'sqlite', '{{\"path\": \"{}\"}}')", gateway.folder().join("shop.db").display())
}

/// A gateway with the source `shop`.
pub async fn gateway_with_shop() -> Gateway {
    let gateway = Gateway::start();
    shop::create(&gateway.folder().join("shop.db")).await;
    let client = gateway.connect("metagate").await;
    client.simple_query(&create_shop(&gateway, "shop")).await.expect("the source shop");
    gateway
}

/// The SQLSTATE of an error.
pub fn state(error: &tokio_postgres::Error) -> &str {
    error.code().map_or("none", |code| code.code())
}

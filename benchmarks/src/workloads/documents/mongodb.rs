//! 100,000 documents of a collection, beside a loop over a cursor of MongoDB's driver. The server is FerretDB, which is slower than either.

use bson::Document;
use futures::TryStreamExt;
use serde_json::json;

use super::{Bench, order};
use crate::Result;
use crate::servers::mongodb::{PASSWORD, Product, Server, USER};

const DOCUMENTS: usize = 100_000;
/// What is added at a time.
const CHUNK: usize = 1_000;

pub async fn run() -> Result<()> {
    if Product::FerretDb.is_missing() {
        return Err("FerretDB is not installed: run tests/services/ferretdb".into());
    }
    let source = Server::start(Product::FerretDb);
    let orders = source.client().database("shop").collection::<Document>("orders");
    for first in (0..DOCUMENTS).step_by(CHUNK) {
        let documents: Vec<Document> =
            (first..first + CHUNK).map(|number| Ok(bson::serialize_to_document(&order(number))?)).collect::<Result<_>>()?;
        orders.insert_many(documents).await?;
    }
    let options = json!({"host": "127.0.0.1", "port": source.port, "user": USER, "password": PASSWORD});
    let bench = Bench::start("mongodb", &options, DOCUMENTS).await?;
    let theirs = bench.peer(async || {
        let mut found = orders.find(Document::new()).await?;
        let mut count = 0;
        while found.try_next().await?.is_some() {
            count += 1;
        }
        Ok(count)
    });
    let theirs = theirs.await?;
    bench.report("100,000 documents decoded", bench.decode("shop.orders").await?, &[("MongoDB's driver", theirs)])
}

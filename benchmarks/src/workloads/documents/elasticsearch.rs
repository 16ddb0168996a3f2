//! 300,000 documents of an index of one shard, beside a loop of search_after over a point in time.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, order};
use crate::Result;
use crate::servers::elasticsearch::{self, Product, Server};

const DOCUMENTS: usize = 300_000;
/// What is made and sent at a time.
const CHUNK: usize = 50_000;
/// What the loop asks for at a time: as many as there may be.
const PAGE: usize = 10_000;

pub async fn run() -> Result<()> {
    if let Some(missing) = elasticsearch::missing() {
        return Err(format!("{missing} is not installed: run tests/services/elasticsearch").into());
    }
    let source = Server::start(Product::Elasticsearch);
    fill(&source).await;
    let bench = Bench::start("elasticsearch", &json!({"hosts": [source.address()]}), DOCUMENTS).await?;
    let theirs = bench.peer(async || read(&source).await).await?;
    bench.report("300,000 documents decoded", bench.decode("orders").await?, &[("search_after and serde_json", theirs)])
}

async fn fill(source: &Server) {
    let properties = json!({
        "id": {"type": "long"}, "customer": {"type": "keyword"}, "total": {"type": "double"}, "paid": {"type": "boolean"},
        "city": {"type": "keyword"}, "placed": {"type": "date"},
    });
    let settings = json!({"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"});
    source.create("orders", json!({"mappings": {"properties": properties}, "settings": settings})).await;
    for first in (0..DOCUMENTS).step_by(CHUNK) {
        let mut lines = String::new();
        for number in first..first + CHUNK {
            lines += &format!("{{\"index\":{{}}}}\n{}\n", order(number));
        }
        source.request("POST", "/orders/_bulk?filter_path=errors", &lines).await;
    }
    source.request("POST", "/orders/_refresh", "").await;
}

async fn read(source: &Server) -> Result<usize> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    // Where nothing is to be said, the server refuses even an empty object.
    let ask = async |method: Method, path: &str, body: &Value| -> Result<Value> {
        let request = client.request(method, format!("{}{path}", source.address())).header("Content-Type", "application/json");
        let answer = request.body(if body.is_null() { String::new() } else { body.to_string() }).send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    };
    let point = ask(Method::POST, "/orders/_pit?keep_alive=1m", &Value::Null).await?;
    let mut search = json!({
        "size": PAGE, "pit": {"id": point["id"], "keep_alive": "1m"}, "sort": [{"_shard_doc": "asc"}], "track_total_hits": false,
    });
    let mut count = 0;
    loop {
        let page = ask(Method::POST, "/_search", &search).await?;
        let hits = page["hits"]["hits"].as_array().ok_or("no hits")?;
        let Some(last) = hits.last() else { break };
        count += hits.len();
        search["search_after"] = last["sort"].clone();
    }
    ask(Method::DELETE, "/_pit", &json!({"id": point["id"]})).await?;
    Ok(count)
}

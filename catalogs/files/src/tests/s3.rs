//! The connector over S3: a small service of our own answers what it asks.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const CSV: &str = "id,name\n1,a\n2,b\n";

/// The bucket's one page of `data/`, with a neighbour whose name only begins alike left out, as S3 does.
const LISTING: &str = "<?xml version=\"1.0\"?><ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated><Contents>\
    <Key>data/shop/orders.csv</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;1&quot;</ETag><Size>16</Size>\
    </Contents></ListBucketResult>";

async fn answer(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if stream.read_line(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let line = request.lines().next().unwrap_or_default();
        let (status, extra, body) = if line.starts_with("GET /bucket?") && line.contains("prefix=data%2F") {
            ("200 OK", "", LISTING)
        } else if line.starts_with("GET /bucket/data/shop/orders.csv ") {
            ("206 Partial Content", "Content-Range: bytes 0-15/16\r\n", CSV)
        } else {
            ("404 Not Found", "", "<Error><Code>NoSuchBucket</Code></Error>")
        };
        let headers = format!("Content-Length: {}\r\nETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n{extra}", body.len());
        if stream.write_all(format!("HTTP/1.1 {status}\r\n{headers}\r\n{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn connector(path: &str, port: u16, remote_calls: RemoteCalls) -> Arc<dyn Connector> {
    let options = json!({"path": path, "endpoint": format!("http://127.0.0.1:{port}"), "allow_http": true, "anonymous": true});
    let context = OpenContext { source: "x".to_owned(), remote_calls };
    ConnectorFactory::open(&Files, options.as_object().expect("options"), context).await.expect("a connector")
}

#[tokio::test]
async fn a_prefix_of_a_bucket_is_a_folder() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    let remote_calls = RemoteCalls::default();
    let bucket = connector("s3://bucket/data", port, remote_calls.clone()).await;
    let found = harvest(&*bucket, Scope::default()).await;
    assert_eq!(columns(&found, "shop", "orders"), ["id bigint", "name text"]);
    assert_eq!(option(&found, "shop", "orders", "location").as_deref(), Some("s3://bucket/data/shop/orders.csv"));
    assert_eq!(remote_calls.total(), 2);
    let plan = read(&*bucket, &found, "shop", "orders", &["id"]).await.expect("a plan");
    assert_eq!(plan.files[0].object.location.as_ref(), "shop/orders.csv");
    assert!(bucket.test().await.iter().all(|stage| stage.outcome.is_ok()));

    let nowhere = connector("s3://nowhere/data", port, RemoteCalls::default()).await;
    let error = nowhere.harvest(&Scope::default(), &mut Harvest::new()).await.expect_err("no such bucket");
    let detail = "s3://nowhere/data could not be reached: Server returned non-2xx status code: 404 Not Found.";
    assert_eq!((error.code, error.detail.as_deref()), (Code::Unreachable, Some(detail)));
}

#[tokio::test]
async fn an_unreachable_service_is_an_error_of_the_source() {
    // A port on which nobody listens: it was just free, and is given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
    let connector = connector("s3://bucket/prefix", port, RemoteCalls::default()).await;
    let error = connector.harvest(&Scope::default(), &mut Harvest::new()).await.expect_err("nobody there");
    assert_eq!((error.code, error.retryable), (Code::Unreachable, true));
    assert!(error.detail.expect("a detail").starts_with("s3://bucket/prefix could not be reached: "));
}

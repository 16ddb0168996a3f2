//! Tables whose files are in HDFS.

use std::sync::{Arc, OnceLock};

use arrow::array::{Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt, TryStreamExt};
use libtest_mimic::Trial;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use spi::Code;
use spi::connector::{Files, ReadPlan, ReadRequest};
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::*;
use crate::hdfs_server::{self, HdfsServer};
use crate::server::{Server, VERSIONS};
use crate::{NEWEST, Shared, run, trial_with};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let hdfs = Arc::new(OnceLock::new());
    vec![
        trial(shared, &hdfs, "text_in_hdfs_is_read_block_by_block", text),
        trial(shared, &hdfs, "parquet_in_hdfs_is_read_by_ranges", parquet),
        trial(shared, &hdfs, "files_of_hdfs_that_go_away_are_missed", gone),
        trial(shared, &hdfs, "hdfs_says_what_is_refused", refused),
        trial_alone("a_datanode_that_is_gone_is_an_error_until_it_is_back", datanode),
        trial_alone("namenodes_change_places", places),
    ]
}

/// A trial with the HDFS that the others have too.
fn trial(
    shared: &Arc<Shared>,
    hdfs: &Arc<OnceLock<HdfsServer>>,
    name: &str,
    test: impl AsyncFnOnce(&Server, &HdfsServer) + Send + 'static,
) -> Trial {
    let (shared, hdfs) = (Arc::clone(shared), Arc::clone(hdfs));
    let test = move || run(test(shared.0[NEWEST].get_or_init(newest), hdfs.get_or_init(HdfsServer::start)));
    skipped(trial_with(name.to_owned(), test))
}

/// A trial with an HDFS of its own, and a metastore that is told of both of its namenodes.
fn trial_alone(name: &str, test: impl AsyncFnOnce(&Server, &mut HdfsServer) + Send + 'static) -> Trial {
    let test = move || {
        let mut hdfs = HdfsServer::start();
        run(test(&Server::start_with(VERSIONS[NEWEST], &hdfs.lake(&[])), &mut hdfs))
    };
    skipped(trial_with(name.to_owned(), test))
}

fn newest() -> Server {
    Server::start(VERSIONS[NEWEST])
}

fn skipped(trial: Trial) -> Trial {
    let is_ignored = crate::server::missing().is_some() || hdfs_server::missing().is_some();
    trial.with_ignored_flag(is_ignored)
}

async fn text(server: &Server, hdfs: &HdfsServer) {
    let folder = database(server, "hdfs_text").await;
    let values = table(&folder, "hdfs_text", "vals", TEXT, &["n int", "s string"], &["part string"]);
    let values = moved(values, format!("{}/text/vals", hdfs.url()));
    create(server, &values).await;
    // Locations are no URLs: a `%` in them is one.
    add_partitions(server, &values, &[vec!["12%3A30"], vec!["b"]]).await;
    // Of three blocks, whose ends are within lines.
    let line = |number: usize| format!("{number}\u{1}{}\n", "x".repeat(100));
    let lines: String = (0..25_000).map(line).collect();
    hdfs.write("/text/vals/part=12%3A30/a", lines.as_bytes()).await;
    hdfs.write("/text/vals/part=12%3A30/below/b", b"-1\x01below\n").await;
    hdfs.write("/text/vals/part=12%3A30/_SUCCESS", b"no data").await;
    hdfs.write("/text/vals/part=12%3A30/.hidden/c", b"no data").await;
    hdfs.write("/text/vals/part=b/a", b"-2\x01b").await;

    let source = source_with(server, json!({"hadoop_options": hdfs.options()})).await;
    let mut request = source.request("hdfs_text", "vals").await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert_eq!(rows.len(), 25_002);
    assert_eq!(rows[24_999], format!("24999|{}|12%3A30", "x".repeat(100)));
    assert_eq!(rows[25_000..], ["-1|below|12%3A30", "-2|b|b"]);
    let wanted = Value::Text("b".to_owned());
    request.predicates = vec![Predicate::Compare { column: "part".to_owned(), comparison: Comparison::Equal, value: wanted }];
    assert_eq!(source.rows(request).await.expect("rows"), ["-2|b|b"]);
}

async fn parquet(server: &Server, hdfs: &HdfsServer) {
    let folder = database(server, "hdfs_parquet").await;
    let values = table(&folder, "hdfs_parquet", "vals", PARQUET, &["n int"], &["part int"]);
    let values = moved(values, format!("{}/parquet/vals", hdfs.url()));
    create(server, &values).await;
    add_partitions(server, &values, &[vec!["1"], vec!["2"]]).await;
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, true)]));
    let mut written = Vec::new();
    for part in [1, 2] {
        let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), None).expect("a writer");
        let numbers = Int32Array::from_iter_values((0..1_000_000).map(|number| number * part));
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(numbers)]).expect("a batch")).expect("rows");
        written = writer.into_inner().expect("Parquet");
        hdfs.write(&format!("/parquet/vals/part={part}/f"), &written).await;
    }
    let source = source_with(server, json!({"hadoop_options": hdfs.options()})).await;
    let mut request = source.request("hdfs_parquet", "vals").await;
    request.predicates = vec![Predicate::Compare { column: "part".to_owned(), comparison: Comparison::Equal, value: Value::Int(2) }];
    let files = planned(&source, request).await;
    assert_eq!(files.files.len(), 1);
    let object = &files.files[0].object;
    assert_eq!(object.size, written.len() as u64);
    assert!(object.size > 2 << 20, "the file has one block");
    // Parts of one block and of several, near to each other and not.
    let ranges = [0..4, 10..2_000_000, 1_048_570..1_048_580, object.size - 8..object.size];
    let parts = files.object_store.get_ranges(&object.location, &ranges).await.expect("parts");
    for (range, part) in ranges.iter().zip(&parts) {
        assert_eq!(part, &written[range.start as usize..range.end as usize], "{range:?}");
    }
    let bytes = files.object_store.get(&object.location).await.expect("the file").bytes().await.expect("its bytes");
    let batches = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("Parquet").build().expect("a reader");
    let batches: Vec<RecordBatch> = batches.collect::<Result<_, _>>().expect("rows");
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1_000_000);
    assert_eq!(lines(batches.last().expect("a batch")).last().map(String::as_str), Some("1999998"));
}

async fn planned(source: &Source, request: ReadRequest) -> Files {
    let ReadPlan::Files(files) = source.connector.read(request).await.expect("a plan") else { panic!("files are read as files") };
    files
}

async fn gone(server: &Server, hdfs: &HdfsServer) {
    let folder = database(server, "hdfs_gone").await;
    let location = |name: &str| format!("{}/gone/{name}", hdfs.url());
    create(server, &moved(table(&folder, "hdfs_gone", "pq", PARQUET, &["n int"], &[]), location("pq"))).await;
    create(server, &moved(table(&folder, "hdfs_gone", "vals", TEXT, &["n int"], &[]), location("vals"))).await;
    for name in ["a", "b", "c/d", "e/f"] {
        hdfs.write(&format!("/gone/pq/{name}"), b"x").await;
    }
    let source = source_with(server, json!({"hadoop_options": hdfs.options()})).await;
    let files = planned(&source, source.request("hdfs_gone", "pq").await).await;
    let names = |objects: &[object_store::ObjectMeta]| objects.iter().map(|object| object.location.to_string()).collect::<Vec<_>>();
    let objects: Vec<_> = files.files.iter().map(|file| file.object.clone()).collect();
    assert_eq!(names(&objects), ["gone/pq/a", "gone/pq/b", "gone/pq/c/d", "gone/pq/e/f"]);

    // Two entries are in the first page of a listing; what goes away before the second one is asked for is not in it.
    let mut listed = files.object_store.list(Some(&"gone/pq".into()));
    let mut found = vec![listed.next().await.expect("an object").expect("a file")];
    hdfs.client().delete("/gone/pq/c", true).await.expect("a folder");
    found.extend(listed.try_collect::<Vec<_>>().await.expect("the rest"));
    assert_eq!(names(&found), ["gone/pq/a", "gone/pq/b", "gone/pq/e/f"]);
    let mut listed = files.object_store.list(Some(&"gone/pq".into()));
    let mut found = vec![listed.next().await.expect("an object").expect("a file")];
    hdfs.client().delete("/gone/pq", true).await.expect("a folder");
    found.extend(listed.try_collect::<Vec<_>>().await.expect("the rest"));
    assert_eq!(names(&found), ["gone/pq/a", "gone/pq/b"]);
    let error = files.object_store.get(&objects[0].location).await.expect_err("no file");
    assert!(matches!(error, object_store::Error::NotFound { .. }), "{error:?}");

    // Files are listed before the first one is read, and opened one after the other.
    let lines: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    hdfs.write("/gone/vals/a", lines.as_bytes()).await;
    hdfs.write("/gone/vals/b", b"1\n").await;
    let plan = source.connector.read(source.request("hdfs_gone", "vals").await).await.expect("a plan");
    let ReadPlan::Rows(mut rows) = plan else { panic!("text is read as rows") };
    rows.next().await.expect("a batch").expect("rows");
    hdfs.client().delete("/gone/vals/b", false).await.expect("a file");
    let error = rows.try_collect::<Vec<_>>().await.expect_err("no file");
    assert_eq!((error.code, error.retryable), (Code::Io, true));
    assert_eq!(error.detail, Some(format!("{}/gone/vals/b does not exist.", hdfs.url())));
}

async fn refused(server: &Server, hdfs: &HdfsServer) {
    let folder = database(server, "hdfs_refused").await;
    let values = table(&folder, "hdfs_refused", "vals", TEXT, &["n int"], &[]);
    create(server, &moved(values, format!("{}/refused/vals", hdfs.url()))).await;
    hdfs.write("/refused/vals/a", b"1\n").await;
    hdfs.client().set_permission("/refused/vals", 0o700).await.expect("a folder");
    // The fixture's user is ann.
    let allowed = source_with(server, json!({"hadoop_options": hdfs.options()})).await;
    let error = allowed.rows(allowed.request("hdfs_refused", "vals").await).await.expect_err("no permission");
    let detail = error.detail.unwrap_or_default();
    assert!(detail.contains("/refused/vals was refused: Permission denied: user=ann"), "{detail}");
    assert!(!detail.contains('\n'), "{detail}");

    let elsewhere = source_with(server, json!({"hadoop_options": {"fs.defaultFS": "hdfs://nn:8020"}})).await;
    let error = elsewhere.rows(elsewhere.request("hdfs_refused", "vals").await).await.expect_err("another HDFS");
    assert_eq!(error.code, Code::Unsupported);
    assert!(error.hint.is_some_and(|hint| hint.contains("\"hadoop_options\"")));
}

async fn datanode(server: &Server, hdfs: &mut HdfsServer) {
    let folder = database(server, "hdfs_datanode").await;
    let values = table(&folder, "hdfs_datanode", "vals", TEXT, &["n int"], &[]);
    create(server, &moved(values, format!("{}/datanode/vals", hdfs.url()))).await;
    hdfs.write("/datanode/vals/a", b"1\n").await;
    let source = source_with(server, json!({"hadoop_options": hdfs.options()})).await;
    let request = source.request("hdfs_datanode", "vals").await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["1"]);
    hdfs.tell("stop the datanode");
    let error = source.rows(request.clone()).await.expect_err("no datanode");
    assert_eq!((error.code, error.retryable), (Code::Io, true));
    let expected = format!("{}/datanode/vals/a could not be read: no datanode that holds a block of it gave it.", hdfs.url());
    assert_eq!(error.detail, Some(expected));
    hdfs.tell("start the datanode");
    assert_eq!(source.rows(request).await.expect("rows"), ["1"]);
}

async fn places(server: &Server, hdfs: &mut HdfsServer) {
    let folder = database(server, "hdfs_places").await;
    let values = table(&folder, "hdfs_places", "vals", TEXT, &["n int"], &[]);
    create(server, &moved(values, "hdfs://lake/places/vals".to_owned())).await;
    hdfs.write("/places/vals/a", b"1\n").await;
    let source = source_with(server, json!({"hadoop_options": hdfs.lake(&[])})).await;
    let request = source.request("hdfs_places", "vals").await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["1"]);
    hdfs.tell("change places");
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["1"]);

    // A namenode whose machine takes connections and says nothing costs one deadline.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let source = source_with(server, json!({"hadoop_options": hdfs.lake(&[address])})).await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["1"]);

    // Namenodes that nobody runs any more.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.and_then(|socket| socket.local_addr()).expect("a free port");
    let options = json!({"dfs.nameservices": "lake", "dfs.namenode.rpc-address.lake": closed.to_string()});
    let source = source_with(server, json!({"hadoop_options": options})).await;
    let error = source.rows(request).await.expect_err("no namenode");
    assert_eq!((error.code, error.retryable), (Code::Unreachable, true));
    assert_eq!(error.detail, Some(format!("Of the namenodes of hdfs://lake, {closed} refuses connections.")));
}

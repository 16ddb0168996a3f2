//! Rows of text, and files of other formats.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;

use crate::fixture::*;
use crate::server::Server;
use crate::{Shared, trials as trials_of};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    [
        trials_of(shared, "delimited_text_is_read_as_hive_does", delimited),
        trials_of(shared, "nested_text_is_read_as_hive_does", nested),
        trials_of(shared, "quoted_text_is_read_as_hive_does", quoted),
        trials_of(shared, "parameters_of_tables_and_partitions_count", parameters),
        trials_of(shared, "a_limit_ends_the_read", limit),
        trials_of(shared, "parquet_is_files", files),
        trials_of(shared, "json_is_read_whatever_the_case_of_its_names", json),
        trials_of(shared, "what_cannot_be_read_says_so", unreadable),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn delimited(server: &Server) {
    let folder = database(server, "delimited").await;
    let columns =
        ["t tinyint", "i bigint", "f double", "d decimal(5,2)", "s string", "v varchar(2)", "b boolean", "day date", "at timestamp"];
    let mut values = table(&folder, "delimited", "vals", TEXT, &columns, &["part int"]);
    set_serde(&mut values, "field.delim", "|");
    set_serde(&mut values, "escape.delim", "\\");
    create(server, &values).await;
    add_partitions(server, &values, &[vec!["1"]]).await;
    let lines = "127|9223372036854775807|1.5|1.005|a\\|b|äöü|TRUE|0001-01-01|2024-02-29 12:00:00.25\n\
                 128|x|\\N|1000|\\N||maybe|2024-02-30|9999-12-31 23:59:59.999999\n\n5";
    write(&folder, "vals/part=1/000000_0", lines.as_bytes());
    write(&folder, "vals/part=1/_SUCCESS", b"no data");
    // Values on which other readers of text differ.
    create(server, &table(&folder, "delimited", "odd", TEXT, &["i int", "f double", "c char(3)", "day date", "at timestamp"], &[])).await;
    let lines = " 1\x01nan\x01a\x0120240101\x012024-01-01T00:00:00+02:00\n.5\x011.5f\x01abcd\x012024-2-9\x012024-2-9 3:04:05\n";
    write(&folder, "odd/f", lines.as_bytes());
    let source = source(server).await;
    let rows = source.rows(source.request("delimited", "odd").await).await.expect("rows");
    assert_eq!(rows, ["NULL|NULL|a  |NULL|NULL", "0|1.5|abc|2024-02-09|2024-02-09T03:04:05"]);
    let rows = source.rows(source.request("delimited", "vals").await).await.expect("rows");
    assert_eq!(
        rows,
        [
            "127|9223372036854775807|1.5|1.01|a|b|äö|true|0001-01-01|2024-02-29T12:00:00.250|1",
            "NULL|NULL|NULL|NULL|NULL||NULL|NULL|9999-12-31T23:59:59.999999|1",
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|1",
            "5|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|1",
        ]
    );
}

async fn nested(server: &Server) {
    let folder = database(server, "nested").await;
    let columns = ["n int", "tags array<string>", "sizes map<string,array<int>>", "place struct<zip:string,at:struct<x:double,y:double>>"];
    let plain = table(&folder, "nested", "plain", TEXT, &columns, &["part int"]);
    create(server, &plain).await;
    add_partitions(server, &plain, &[vec!["1"]]).await;
    let lines = "1\u{1}a\u{2}\\N\u{2}c\u{1}s\u{3}1\u{4}2\u{2}t\u{1}50667\u{2}1.5\u{3}2\n\
                 2\u{1}\u{1}\u{1}\n\
                 3\u{1}\\N\u{1}\\N\u{1}\\N\n\
                 4";
    write(&folder, "plain/part=1/f", lines.as_bytes());
    let source = source(server).await;
    let request = source.request("nested", "plain").await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert_eq!(
        rows,
        [
            "1|[a, NULL, c]|{s: [1, 2], t: NULL}|{zip: 50667, at: {x: 1.5, y: 2.0}}|1",
            "2|[]|{}|{zip: , at: NULL}|1",
            "3|NULL|NULL|NULL|1",
            "4|NULL|NULL|NULL|1",
        ]
    );
    // What is between the parts of values counts as much as what is between values.
    let mut other = plain.clone();
    set_serde(&mut other, "colelction.delim", ",");
    add_partitions(server, &other, &[vec!["2"]]).await;
    let error = source.rows(request).await.expect_err("another delimiter");
    assert_eq!(error.detail.as_deref(), Some("Its partition (2) has another format than the table."));

    let mut chosen = table(&folder, "nested", "chosen", TEXT, &["n int", "tags array<string>", "sizes map<string,int>"], &[]);
    for (name, value) in [("field.delim", "|"), ("collection.delim", ","), ("mapkey.delim", ":"), ("escape.delim", "\\")] {
        set_serde(&mut chosen, name, value);
    }
    create(server, &chosen).await;
    write(&folder, "chosen/f", b"1|a\\,b,c\\|d|x\\:y:1,z,z:2,\\N:3");
    let rows = source.rows(source.request("nested", "chosen").await).await.expect("rows");
    assert_eq!(rows, ["1|[a,b, c|d]|{x:y: 1, z: NULL}"]);

    let deep = format!("v {}int{}", "array<".repeat(8), ">".repeat(8));
    let mut deep = table(&folder, "nested", "deep", TEXT, &[&deep], &[]);
    create(server, &deep).await;
    let error = source.rows(source.request("nested", "deep").await).await.expect_err("too deep");
    assert_eq!(error.detail.as_deref(), Some("Its columns are nested deeper than its 8 delimiters tell apart."));
    deep.table_name = Some("deeper".into());
    set_serde(&mut deep, "hive.serialization.extend.nesting.levels", "true");
    create(server, &deep).await;
    write(&folder, "deep/f", b"1\x02\n");
    let rows = source.rows(source.request("nested", "deeper").await).await.expect("rows");
    assert_eq!(rows, ["[[[[[[[[1]]]]]]], []]"]);
}

async fn quoted(server: &Server) {
    let folder = database(server, "quoted").await;
    let mut values = table(&folder, "quoted", "vals", CSV, &["a int", "b string"], &[]);
    set(&mut values, "skip.header.line.count", "1");
    create(server, &values).await;
    write(&folder, "vals/x.csv", b"a,b\r\n\"x,y\",\"z\"\"\"\r\nplain,\r\n\r\n\"open");
    let source = source(server).await;
    // Every value is text, whatever somebody has declared.
    assert_eq!(columns_of(&source.harvest("quoted").await, "vals"), ["a text string", "b text string"]);
    let mut request = source.request("quoted", "vals").await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["x,y|z\"", "plain|", "NULL|NULL", "NULL|NULL"]);
    request.columns.remove(0);
    assert_eq!(source.rows(request).await.expect("rows"), ["z\"", "", "NULL", "NULL"]);
}

async fn parameters(server: &Server) {
    let folder = database(server, "tuned").await;
    let mut values = table(&folder, "tuned", "vals", TEXT, &["a string", "b string"], &["part int"]);
    set_serde(&mut values, "field.delim", ",");
    set(&mut values, "field.delim", ";");
    set(&mut values, "serialization.null.format", "nil");
    create(server, &values).await;
    // What reading does not look at may differ.
    let mut told = values.clone();
    set_serde(&mut told, "collection.delim", "x");
    set_serde(&mut told, "field.delim", ";");
    add_partitions(server, &told, &[vec!["1"]]).await;
    write(&folder, "vals/part=1/f", b"a,b;nil\n");
    let source = source(server).await;
    assert_eq!(source.rows(source.request("tuned", "vals").await).await.expect("rows"), ["a,b|NULL|1"]);
    // A partition's own serde counts more than its table.
    set_serde(&mut told, "field.delim", "|");
    add_partitions(server, &told, &[vec!["2"]]).await;
    let error = source.rows(source.request("tuned", "vals").await).await.expect_err("another delimiter");
    assert_eq!(error.detail.as_deref(), Some("Its partition (2) has another format than the table."));

    let mut dated = table(&folder, "tuned", "dated", TEXT, &["n int", "at timestamp"], &[]);
    set_serde(&mut dated, "timestamp.formats", "yyyyMMdd");
    create(server, &dated).await;
    write(&folder, "dated/f", b"1\x0120240229\n");
    let mut request = source.request("tuned", "dated").await;
    let error = source.rows(request.clone()).await.expect_err("a format of timestamps");
    assert!(error.detail.as_deref().is_some_and(|detail| detail.contains("timestamp.formats") && detail.contains("\"at\"")), "{error:?}");
    request.columns.pop();
    assert_eq!(source.rows(request).await.expect("rows"), ["1"]);

    // Of a partition alone they are not obeyed either.
    let mut plain = table(&folder, "tuned", "plain", TEXT, &["at timestamp"], &["part int"]);
    create(server, &plain).await;
    set_serde(&mut plain, "timestamp.formats", "yyyyMMdd");
    add_partitions(server, &plain, &[vec!["1"]]).await;
    let error = source.rows(source.request("tuned", "plain").await).await.expect_err("a partition's format of timestamps");
    assert_eq!(error.detail.as_deref(), Some("Its partition (1) has another format than the table."));

    // Among the properties of a serde, too, lines may be said to be no rows.
    for (name, property) in [("headed", "skip.header.line.count"), ("footed", "skip.footer.line.count")] {
        let mut headed = table(&folder, "tuned", name, TEXT, &["s string"], &[]);
        set_serde(&mut headed, property, "1");
        create(server, &headed).await;
        write(&folder, &format!("{name}/f"), b"\xef\xbb\xbfone\ntwo\n");
    }
    assert_eq!(source.rows(source.request("tuned", "headed").await).await.expect("rows"), ["two"]);
    let error = source.rows(source.request("tuned", "footed").await).await.expect_err("a footer");
    assert_eq!(error.detail.as_deref(), Some("Its files end with lines that are no rows."));

    let mut placed = table(&folder, "tuned", "placed", PARQUET, &["n int"], &[]);
    set(&mut placed, "parquet.column.index.access", "true");
    create(server, &placed).await;
    let error = source.files(server, source.request("tuned", "placed").await).await.expect_err("columns by place");
    assert!(error.detail.as_deref().is_some_and(|detail| detail.contains("parquet.column.index.access")), "{error:?}");

    let mut spark = table(&folder, "tuned", "spark", PARQUET, &["n int"], &[]);
    set(&mut spark, "spark.sql.sources.provider", "PARQUET");
    create(server, &spark).await;
    assert!(source.files(server, source.request("tuned", "spark").await).await.expect("files").is_empty());
}

async fn limit(server: &Server) {
    let folder = database(server, "limited").await;
    create(server, &table(&folder, "limited", "vals", TEXT, &["n int"], &[])).await;
    let lines: String = (0..50_000).map(|number| format!("{number}\n")).collect();
    for file in ["a", "b"] {
        write(&folder, &format!("vals/{file}"), lines.as_bytes());
    }
    let source = source(server).await;
    let mut request = source.request("limited", "vals").await;
    assert_eq!(source.rows(request.clone()).await.expect("rows").len(), 100_000);
    request.limit = Some(60_001);
    assert_eq!(source.rows(request.clone()).await.expect("rows").len(), 60_001);
    request.columns.clear();
    request.limit = None;
    assert_eq!(source.rows(request).await.expect("rows").len(), 100_000);
}

async fn files(server: &Server) {
    let folder = database(server, "formats").await;
    create(server, &table(&folder, "formats", "pq", PARQUET, &["n int"], &[])).await;
    for path in ["pq/b.parquet", "pq/a.parquet", "pq/.hidden", "pq/_temporary/x"] {
        write(&folder, path, b"x");
    }
    write(&folder, "pq/empty", b"");
    let source = source(server).await;
    let found = source.files(server, source.request("formats", "pq").await).await.expect("files");
    assert_eq!(found, ["/formats/pq/a.parquet []", "/formats/pq/b.parquet []"]);
}

async fn json(server: &Server) {
    let folder = database(server, "objects").await;
    let columns = [
        "userid bigint",
        "name string",
        "price decimal(38,2)",
        "tags map<string,struct<n:int>>",
        "places array<struct<zip:string>>",
        "day date",
    ];
    let objects = table(&folder, "objects", "vals", JSON, &columns, &["part string"]);
    create(server, &objects).await;
    add_partitions(server, &objects, &[vec!["p"]]).await;
    let lines = [
        r#"{"userId": 9007199254740993, "NAME": "Zoë", "price": 123456789012345678901234.56, "Tags": {"Kept": {"N": 1}}}"#,
        r#"{"userid": "7", "name": null, "places": [{"ZIP": "1"}, null], "day": "0001-01-01", "more": [1]}"#,
        r#"{"userid": {}, "name": 5, "day": "2024-02-30"}"#,
        "no object",
        "",
    ];
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, lines.join("\n").as_bytes()).expect("gzip");
    write(&folder, "vals/part=p/a.json.gz", &encoder.finish().expect("gzip"));
    let source = source(server).await;
    let mut request = source.request("objects", "vals").await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert_eq!(
        rows,
        [
            "9007199254740993|Zoë|123456789012345678901234.56|{Kept: {n: 1}}|NULL|NULL|p",
            "7|NULL|NULL|NULL|[{zip: 1}, NULL]|0001-01-01|p",
            "NULL|5|NULL|NULL|NULL|NULL|p",
            "NULL|NULL|NULL|NULL|NULL|NULL|p",
        ]
    );
    request.columns.drain(..6);
    assert_eq!(source.rows(request).await.expect("rows"), ["p"; 4]);
}

async fn unreadable(server: &Server) {
    let folder = database(server, "closed").await;
    create(server, &table(&folder, "closed", "sequence", SEQUENCE, &["n int"], &[])).await;
    let mut away = table(&folder, "closed", "away", TEXT, &["n int"], &[]);
    away.sd.as_mut().expect("storage").location = Some("hdfs://nn:8020/x".into());
    // Version 3 makes the folder of a new table, for which it would need HDFS.
    let is_made = matches!(server.client().create_table(away).await, Ok(volo_thrift::MaybeException::Ok(())));
    let allowed = source(server).await;
    let error = allowed.rows(allowed.request("closed", "sequence").await).await.expect_err("SequenceFile");
    let message = "could not read table \"closed.sequence\" of data source \"lake\"";
    assert_eq!((error.code, error.message.as_str()), (Code::Unsupported, message));
    if is_made {
        let error = allowed.rows(allowed.request("closed", "away").await).await.expect_err("HDFS");
        assert_eq!(error.code, Code::Unsupported);
        assert!(error.hint.is_some_and(|hint| hint.contains("\"hadoop_options\"")));
    }
    create(server, &table(&folder, "closed", "text", TEXT, &["n int"], &[])).await;
    let forbidden = source_with(server, json!({"local_folders": []})).await;
    let error = forbidden.rows(forbidden.request("closed", "text").await).await.expect_err("no folder");
    assert_eq!(error.code, Code::Privilege);
    // A link out of the warehouse is not followed.
    std::fs::create_dir_all(folder.join("text")).expect("a folder");
    std::os::unix::fs::symlink("/etc/passwd", folder.join("text/link")).expect("a link");
    let error = allowed.rows(allowed.request("closed", "text").await).await.expect_err("a link");
    assert_eq!(error.code, Code::Privilege);
}

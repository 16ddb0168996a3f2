//! ORC files, written by the library that Hive writes them with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use libtest_mimic::Trial;
use spi::Code;
use spi::predicate::{Comparison, Predicate, Value};
use tempfile::TempDir;

use crate::fixture::*;
use crate::server::{Server, run_java};
use crate::{Shared, trials as trials_of};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    [
        trials_of(shared, "orc_of_all_types_is_read", types),
        trials_of(shared, "orc_of_all_compressions_is_read", compressions),
        trials_of(shared, "orc_is_read_no_further_than_wanted", pruned),
        trials_of(shared, "orc_statistics_of_the_first_writer_count_for_nothing", first_writer),
        trials_of(shared, "orc_files_may_be_older_than_their_table", older),
        trials_of(shared, "orc_dates_are_those_that_were_written", calendars),
        trials_of(shared, "damaged_orc_is_an_error", damaged),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A file that the program has written.
fn file(name: &str) -> PathBuf {
    static FILES: OnceLock<TempDir> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        run_java(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hive/OrcFiles.java"), folder.path());
        folder
    });
    files.path().join(name)
}

/// Makes a table of one of the files.
async fn create_of(server: &Server, folder: &Path, name: &str, of: &str, columns: &[&str]) {
    let database = folder.file_name().and_then(|name| name.to_str()).expect("a name");
    create(server, &table(folder, database, name, ORC, columns, &[])).await;
    write(folder, &format!("{name}/{of}"), &std::fs::read(file(of)).expect("a file"));
}

async fn types(server: &Server) {
    let folder = database(server, "orc_types").await;
    let columns = [
        "t tinyint",
        "i int",
        "b bigint",
        "f float",
        "d double",
        "flag boolean",
        "name string",
        "c char(3)",
        "v varchar(2)",
        "bin binary",
        "price decimal(20,2)",
        "day date",
        "at timestamp",
        "moment timestamp with local time zone",
        "list array<int>",
        "tags map<string,int>",
        "place struct<zip:string,n:int>",
    ];
    create_of(server, &folder, "vals", "types.orc", &columns).await;
    let source = source(server).await;
    let mut request = source.request("orc_types", "vals").await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[0],
        "1|2|3|1.5|0.1|true|Zoë|ab |äö|78|12.50|2024-02-29|2024-07-01T12:34:56.789123|\
         2024-07-01T16:34:56.789123Z|[7, 8]|{Key: 0}|{zip: 00, n: 0}"
    );
    assert_eq!(rows[1], ["NULL"; 17].join("|"));
    assert_eq!(
        rows[2],
        "-128|-2147483648|9223372036854775807|-2.25|-1e300|false||abc|äö|78|-123456789012345678.99|1969-12-31|1960-01-01T00:00:00.500|\
         1960-01-01T05:00:00.500Z|[]|{Key: 2}|{zip: 02, n: 2}"
    );
    // In another order than that of the file.
    request.columns = vec![Arc::clone(&request.columns[16]), Arc::clone(&request.columns[0])];
    assert_eq!(source.rows(request).await.expect("rows"), ["{zip: 00, n: 0}|1", "NULL|NULL", "{zip: 02, n: 2}|-128"]);
}

async fn compressions(server: &Server) {
    let folder = database(server, "orc_compressed").await;
    for name in ["none", "zlib", "snappy", "lz4", "zstd"] {
        create_of(server, &folder, name, &format!("{name}.orc"), &["n bigint", "s string"]).await;
    }
    let source = source(server).await;
    for name in ["none", "zlib", "snappy", "lz4", "zstd"] {
        let rows = source.rows(source.request("orc_compressed", name).await).await.expect(name);
        let expected: Vec<String> = (0..30_000).map(|number| format!("{number}|text {number}")).collect();
        assert!(rows == expected, "{name}: {} rows", rows.len());
    }
}

async fn pruned(server: &Server) {
    let folder = database(server, "orc_pruned").await;
    let partitioned = table(&folder, "orc_pruned", "vals", ORC, &["n bigint", "s string"], &["part string"]);
    create(server, &partitioned).await;
    add_partitions(server, &partitioned, &[vec!["p"]]).await;
    write(&folder, "vals/part=p/a.orc", &std::fs::read(file("none.orc")).expect("a file"));
    // Writers leave such behind, which have no rows.
    write(&folder, "vals/part=p/b.orc", &std::fs::read(file("empty.orc")).expect("a file"));
    write(&folder, "vals/part=p/c.orc", b"");
    write(&folder, "vals/part=p/_orc_acid_version", b"2");
    let source = source(server).await;
    let whole = source.request("orc_pruned", "vals").await;
    let before = source.remote_calls.total();
    assert_eq!(source.rows(whole.clone()).await.expect("rows").len(), 30_000);
    let calls = source.remote_calls.total() - before;
    let compare = |column: &str, value: Value| Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
    for predicate in [compare("n", Value::Int(25_000)), compare("s", Value::Text("text 25000".to_owned()))] {
        let mut request = whole.clone();
        request.predicates = vec![predicate];
        let before = source.remote_calls.total();
        let rows = source.rows(request).await.expect("rows");
        assert!(rows.contains(&"25000|text 25000|p".to_owned()) && rows.len() < 30_000, "{} rows", rows.len());
        assert!(source.remote_calls.total() - before < calls);
    }
    let mut request = whole.clone();
    request.limit = Some(3);
    assert_eq!(source.rows(request).await.expect("rows"), ["0|text 0|p", "1|text 1|p", "2|text 2|p"]);
    let mut request = whole;
    request.columns.drain(..2);
    assert_eq!(source.rows(request.clone()).await.expect("rows"), vec!["p"; 30_000]);
    request.columns.clear();
    assert_eq!(source.rows(request).await.expect("rows").len(), 30_000);
}

async fn first_writer(server: &Server) {
    let folder = database(server, "orc_first").await;
    create(server, &table(&folder, "orc_first", "vals", ORC, &["n bigint", "s string"], &[])).await;
    // The last part of a file says the writer's version, and then only `ORC`, with a tag of three bytes and its length, and its own length.
    let mut bytes = std::fs::read(file("none.orc")).expect("a file");
    let version = bytes.len() - 9;
    assert_eq!((bytes[version - 1], &bytes[version + 5..version + 8]), (6 << 3, &b"ORC"[..]));
    bytes[version] = 0;
    write(&folder, "vals/a.orc", &bytes);
    let source = source(server).await;
    let mut request = source.request("orc_first", "vals").await;
    let wanted = Value::Text("text 25000".to_owned());
    request.predicates = vec![Predicate::Compare { column: "s".to_owned(), comparison: Comparison::Equal, value: wanted }];
    assert_eq!(source.rows(request).await.expect("rows").len(), 30_000);
}

async fn older(server: &Server) {
    let folder = database(server, "orc_older").await;
    create_of(server, &folder, "numbered", "positions.orc", &["a bigint", "b string", "c date"]).await;
    let columns = ["n bigint", "s varchar(3)", "kept struct<a:bigint,b:string>", "fresh int"];
    create_of(server, &folder, "named", "older.orc", &columns).await;
    create_of(server, &folder, "other", "older.orc", &["n array<int>"]).await;
    let mut forced = table(&folder, "orc_older", "forced", ORC, &["x int", "n string"], &[]);
    set(&mut forced, "orc.force.positional.evolution", "true");
    create(server, &forced).await;
    write(&folder, "forced/older.orc", &std::fs::read(file("older.orc")).expect("a file"));
    let source = source(server).await;
    for (name, expected) in [
        ("numbered", ["0|text 0|NULL", "1|text 1|NULL"]),
        ("named", ["0|tex|{a: 10, b: NULL}|NULL", "1|tex|{a: 11, b: NULL}|NULL"]),
        ("forced", ["0|text 0", "1|text 1"]),
    ] {
        assert_eq!(source.rows(source.request("orc_older", name).await).await.expect(name), expected, "{name}");
    }
    let error = source.rows(source.request("orc_older", "other").await).await.expect_err("no number is a list");
    let detail = error.detail.as_deref().unwrap_or_default();
    assert_eq!(error.code, Code::Unsupported);
    for part in ["orc_older/other/older.orc", "\"N\"", "integer", "array<int>"] {
        assert!(detail.contains(part), "{detail}");
    }
}

async fn calendars(server: &Server) {
    let folder = database(server, "orc_calendars").await;
    let source = source(server).await;
    for name in ["hybrid", "proleptic"] {
        create_of(server, &folder, name, &format!("{name}.orc"), &["day date", "at timestamp"]).await;
        let rows = source.rows(source.request("orc_calendars", name).await).await.expect(name);
        assert!(rows.len() == 1 && rows[0].starts_with("1000-01-01|1000-01-01T"), "{name}: {rows:?}");
    }
}

async fn damaged(server: &Server) {
    let folder = database(server, "orc_damaged").await;
    let whole = std::fs::read(file("zlib.orc")).expect("a file");
    let mut rotten = whole.clone();
    // The values of the first stripe.
    rotten[1000..9000].fill(0xff);
    for (name, bytes) in [("text", b"no columns, but a text".as_slice()), ("short", &whole[1000..]), ("rotten", &rotten)] {
        create(server, &table(&folder, "orc_damaged", name, ORC, &["n bigint", "s string"], &[])).await;
        write(&folder, &format!("{name}/a.orc"), bytes);
    }
    let source = source(server).await;
    for name in ["text", "short", "rotten"] {
        let error = source.rows(source.request("orc_damaged", name).await).await.expect_err(name);
        assert_eq!(error.code, Code::BadData, "{name}: {error:?}");
        assert!(error.detail.as_deref().is_some_and(|detail| detail.contains(&format!("orc_damaged/{name}/a.orc"))), "{error:?}");
    }
}

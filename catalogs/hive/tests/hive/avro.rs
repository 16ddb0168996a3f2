//! Avro files.

use std::path::Path;
use std::sync::Arc;

use libtest_mimic::Trial;
use spi::Code;

use crate::avro_file::{AvroFile, long, text};
use crate::fixture::*;
use crate::server::Server;
use crate::{Shared, trials as trials_of};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    [
        trials_of(shared, "avro_of_all_types_is_read", types),
        trials_of(shared, "avro_is_read_no_further_than_wanted", limited),
        trials_of(shared, "avro_is_read_with_the_schema_of_its_table", evolved),
        trials_of(shared, "damaged_avro_is_an_error", damaged),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What Hive would write, and names in the case that other programs write.
const TYPES: &str = r#"{"type": "record", "name": "row", "fields": [
    {"name": "userId", "type": ["null", "long"], "default": null},
    {"name": "Name", "type": ["null", "string"]},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["OLD", "NEW"]}},
    {"name": "hash", "type": {"type": "fixed", "name": "hash", "size": 2}},
    {"name": "tags", "type": {"type": "map", "values": "int"}},
    {"name": "list", "type": {"type": "array", "items": ["null", "string"]}},
    {"name": "place", "type": {"type": "record", "name": "place", "fields": [{"name": "Zip", "type": "string"}]}},
    {"name": "other", "type": "place"},
    {"name": "small", "type": "int"},
    {"name": "flag", "type": "boolean"}
]}"#;

fn row(id: i64) -> Vec<u8> {
    let (none, some) = (long(0), long(1));
    [
        [some.clone(), long(id)].concat(),
        if id == 0 { none.clone() } else { [some.clone(), text("Zoë")].concat() },
        text([0x04, 0xd2]),
        long(19_782),
        long(1_719_837_296_789),
        long(1),
        b"ab".to_vec(),
        [long(1), text("Key"), long(5), long(0)].concat(),
        [long(2), none, some, text("x"), long(0)].concat(),
        text("01"),
        text("02"),
        long(7 + 300 * id),
        vec![1],
    ]
    .concat()
}

fn create_with(folder: &Path, name: &str, bytes: &[u8]) {
    write(folder, &format!("{name}/part=p/a.avro"), bytes);
}

async fn types(server: &Server) {
    let folder = database(server, "avro_types").await;
    let columns = [
        "userid bigint",
        "name char(4)",
        "price decimal(12,1)",
        "day date",
        "at timestamp",
        "kind string",
        "hash binary",
        "tags map<string,bigint>",
        "list array<string>",
        "place struct<zip:string,more:int>",
        "other struct<zip:string>",
        "small tinyint",
        "flag boolean",
        "fresh string",
    ];
    let values = table(&folder, "avro_types", "vals", AVRO, &columns, &["part string"]);
    create(server, &values).await;
    add_partitions(server, &values, &[vec!["p"]]).await;
    let said = [("writer.time.zone", "America/New_York"), ("writer.proleptic", "true")];
    let file = AvroFile::new(TYPES, true, &said).block(&[row(0)]).block(&[row(1)]);
    create_with(&folder, "vals", &file.finish());
    let source = source(server).await;
    let mut request = source.request("avro_types", "vals").await;
    let after = "12.3|2024-02-29|2024-07-01T08:34:56.789|NEW|6162|{Key: 5}|[NULL, x]|{zip: 01, more: NULL}|{zip: 02}";
    assert_eq!(
        source.rows(request.clone()).await.expect("rows"),
        [format!("0|NULL|{after}|7|true|NULL|p"), format!("1|Zoë |{after}|NULL|true|NULL|p")]
    );
    // One that is defined at another, which is not wanted; and one alone, after the partition's key.
    let whole = request.columns.clone();
    request.columns = vec![Arc::clone(&whole[10])];
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["{zip: 02}"; 2]);
    request.columns = vec![Arc::clone(&whole[14]), Arc::clone(&whole[0])];
    assert_eq!(source.rows(request).await.expect("rows"), ["p|0", "p|1"]);
}

const NUMBERS: &str = r#"{"type": "record", "name": "row", "fields": [{"name": "n", "type": "long"}]}"#;

async fn limited(server: &Server) {
    let folder = database(server, "avro_limited").await;
    create(server, &table(&folder, "avro_limited", "vals", AVRO, &["pad string", "n bigint"], &[])).await;
    let schema = r#"{"type": "record", "name": "row", "fields": [{"name": "pad", "type": "string"}, {"name": "n", "type": "long"}]}"#;
    // Longer than what is fetched at a time, with blocks that end where they like.
    let rows = (0..30_000).map(|number| [text("pad".repeat(100)), long(number * 1_000_000)].concat()).collect::<Vec<_>>();
    let file = rows.chunks(777).fold(AvroFile::new(schema, false, &[]), AvroFile::block);
    write(&folder, "vals/a.avro", &file.finish());
    let source = source(server).await;
    let mut request = source.request("avro_limited", "vals").await;
    request.columns.remove(0);
    let before = source.remote_calls.total();
    let rows = source.rows(request.clone()).await.expect("rows");
    let calls = source.remote_calls.total() - before;
    assert_eq!(rows.len(), 30_000);
    assert!(rows.iter().enumerate().all(|(place, row)| *row == (place as i64 * 1_000_000).to_string()));
    request.limit = Some(2);
    let before = source.remote_calls.total();
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["0", "1000000"]);
    assert!(source.remote_calls.total() - before < calls);
    request.limit = None;
    request.columns.clear();
    assert_eq!(source.rows(request).await.expect("rows").len(), 30_000);
}

async fn evolved(server: &Server) {
    let folder = database(server, "avro_evolved").await;
    let schema = r#"{"type": "record", "name": "row", "fields": [
        {"name": "number", "type": "double", "aliases": ["n"]}, {"name": "Fresh", "type": "string", "default": "new"}]}"#;
    let mut given = table(&folder, "avro_evolved", "given", AVRO, &["number double", "fresh string"], &[]);
    set_serde(&mut given, "avro.schema.literal", schema);
    create(server, &given).await;
    // The same schema in a file, in which there may be more than in a property; and such that are elsewhere, not there, or no schema.
    let stored = |name: &str, place: &str| {
        let mut stored = table(&folder, "avro_evolved", name, AVRO, &["number double", "fresh string"], &[]);
        set(&mut stored, "avro.schema.url", place);
        stored
    };
    let place = |file: &str| format!("file://{}", folder.join(file).display());
    let away = stored("away", "hdfs://nn/row.avsc");
    write(&folder, "_schemas/row.avsc", schema.as_bytes());
    write(&folder, "_schemas/picture.avsc", &[0xff, 0xfe]);
    write(&folder, "_schemas/long.avsc", &vec![b' '; (16 << 20) + 1]);
    for table in [
        away,
        stored("stored", &place("_schemas/row.avsc")),
        stored("lost", &place("_schemas/lost.avsc")),
        stored("picture", &place("_schemas/picture.avsc")),
        stored("long", &place("_schemas/long.avsc")),
        stored("outside", "file:///etc/passwd"),
    ] {
        create(server, &table).await;
    }
    create(server, &table(&folder, "avro_evolved", "other", AVRO, &["n date"], &[])).await;
    let file = AvroFile::new(NUMBERS, false, &[]).block(&[long(1), long(-2)]).finish();
    for name in ["given", "other", "stored"] {
        write(&folder, &format!("{name}/a.avro"), &file);
    }
    let source = source(server).await;
    for name in ["given", "stored"] {
        let rows = source.rows(source.request("avro_evolved", name).await).await.expect("rows");
        assert_eq!(rows, ["1.0|new", "-2.0|new"]);
    }
    for (name, code, part) in [
        ("away", Code::Unsupported, "hdfs://nn/row.avsc"),
        ("lost", Code::Io, "lost.avsc does not exist"),
        ("picture", Code::BadData, "avro.schema.url"),
        ("long", Code::Limit, "16777217"),
        ("outside", Code::Privilege, "/etc/passwd"),
        ("other", Code::Unsupported, "int64"),
    ] {
        let error = source.rows(source.request("avro_evolved", name).await).await.expect_err(name);
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.detail.as_deref().is_some_and(|detail| detail.contains(part)), "{error:?}");
    }
}

async fn damaged(server: &Server) {
    let folder = database(server, "avro_damaged").await;
    let whole = AvroFile::new(NUMBERS, true, &[]).block(&[long(1), long(2)]).block(&[long(3)]).finish();
    let mut rotten = whole.clone();
    let end = rotten.len();
    // Within the rows of the last block.
    rotten[end - 18] ^= 0xff;
    rotten[end - 19] ^= 0xff;
    for (name, bytes) in
        [("text", b"no rows, but a text".as_slice()), ("short", &whole[..end - 5]), ("head", &whole[..20]), ("rotten", &rotten)]
    {
        create(server, &table(&folder, "avro_damaged", name, AVRO, &["n bigint"], &[])).await;
        write(&folder, &format!("{name}/a.avro"), bytes);
    }
    let source = source(server).await;
    for name in ["text", "short", "head", "rotten"] {
        let error = source.rows(source.request("avro_damaged", name).await).await.expect_err(name);
        assert_eq!(error.code, Code::BadData, "{name}: {error:?}");
    }
}

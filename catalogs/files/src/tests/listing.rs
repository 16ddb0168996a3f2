//! What the connector lists.

use super::*;

#[tokio::test]
async fn every_format_is_a_table() {
    let csv = b"id,name,at\n1,a,2024-01-01T00:00:00Z\n2,b,\n";
    let json = b"{\"id\": 1, \"tags\": [\"x\"], \"address\": {\"zip\": \"01\"}, \"odd\": 1}\n{\"id\": 2, \"odd\": \"1\"}\n";
    let folder = Folder::new(&[
        ("plain.csv", csv),
        ("tabs.tsv", b"id\tname\n1\ta,b\n"),
        ("gzipped.csv.gz", &gzip(csv)),
        ("s/zipped.jsonl.zst", &zstd::encode_all(&json[..], 3).expect("zstd")),
        ("s/lines.json", json),
        ("s/columns.parquet", &parquet()),
        ("s/batches.arrow", &arrow_file()),
        ("s/README.md", b"not data"),
    ]);
    let found = folder.harvest().await;
    assert_eq!(tables(&found), ["public.gzipped", "public.plain", "public.tabs", "s.batches", "s.columns", "s.lines", "s.zipped"]);
    for table in ["plain", "gzipped"] {
        assert_eq!(columns(&found, "public", table), ["id bigint", "name text", "at timestamp with time zone"]);
        assert_eq!(estimate(&found, "public", table), Some(2));
    }
    assert_eq!(columns(&found, "public", "tabs"), ["id bigint", "name text"]);
    for table in ["lines", "zipped"] {
        assert_eq!(columns(&found, "s", table), ["id bigint", "tags text[]", "address jsonb"]);
        assert_eq!(option(&found, "s", table, "columns_left_out").as_deref(), Some("odd"));
    }
    for table in ["columns", "batches"] {
        assert_eq!(columns(&found, "s", table), ["id integer", "name text"]);
    }
    assert_eq!((estimate(&found, "s", "columns"), estimate(&found, "s", "batches")), (Some(3), None));
    assert_eq!(option(&found, "s", "zipped", "format").as_deref(), Some("json lines"));
    assert_eq!(option(&found, "s", "zipped", "compression").as_deref(), Some("zstd"));
    assert_eq!(option(&found, "public", "plain", "location"), Some(folder.path("plain.csv").display().to_string()));
}

#[tokio::test]
async fn two_harvests_are_equal_and_cost_one_listing_and_a_look_at_each_file() {
    let folder = Folder::new(&[("a.csv", b"x\n1\n"), ("s/b.json", b"{\"y\": 1}"), ("s/c/k=1/d.csv", b"z\n1\n")]);
    let first = folder.harvest().await;
    assert_eq!(folder.remote_calls.total(), 1 + 3);
    assert_eq!(first, folder.harvest().await);
}

#[tokio::test]
async fn a_scope_is_honoured() {
    let folder = Folder::new(&[("a.csv", b"x\n1\n"), ("s/b.csv", b"x\n1\n"), ("s/c.csv", b"x\n1\n"), ("p/k=1/d.csv", b"x\n1\n")]);
    let connector = folder.open().await;
    for (schema, table, expected) in [
        (Some("s"), None, &["s.b", "s.c"][..]),
        (Some("s"), Some("c"), &["s.c"]),
        (Some("public"), None, &["public.a", "public.p"]),
        (Some("public"), Some("p"), &["public.p"]),
        (Some("s"), Some("none"), &[]),
        (Some(".."), Some("a"), &[]),
        (None, None, &["public.a", "public.p", "s.b", "s.c"]),
    ] {
        let scope = Scope { schema: schema.map(str::to_owned), table: table.map(str::to_owned) };
        assert_eq!(tables(&harvest(&*connector, scope).await), expected, "{schema:?} {table:?}");
    }
}

#[tokio::test]
async fn types_are_inferred_unless_they_are_given() {
    let folder = Folder::new(&[("t.csv", b"zip,n,d\n00123,1,19.99\n04103,2,5\n"), ("p/m=01/f.csv", b"x\n1\n")]);
    let found = folder.harvest().await;
    assert_eq!(columns(&found, "public", "t"), ["zip text", "n bigint", "d double precision"]);
    assert_eq!(columns(&found, "public", "p"), ["x bigint", "m text"]);
    let types = json!({"types": {"public.t.d": "numeric(10,2)", "public.t.n": "text", "public.p.m": "int"}});
    let connector = folder.open_with(types).await.expect("a connector");
    let found = harvest(&*connector, Scope::default()).await;
    assert_eq!(columns(&found, "public", "t"), ["zip text", "n text", "d numeric(10,2)"]);
    assert_eq!(columns(&found, "public", "p"), ["x bigint", "m integer"]);
    let plan = read(&*connector, &found, "public", "p", &["m"]).await.expect("a plan");
    assert_eq!(plan.files[0].partition_values, [predicate::Value::Int(1)]);
}

#[tokio::test]
async fn options_are_checked() {
    let folder = Folder::new(&[]);
    for (options, message) in [
        (json!({"csv_quote": ""}), "option \"csv_quote\" must be one ASCII character other than a line break"),
        (json!({"sample_rows": 0}), "option \"sample_rows\" must be between 1 and 100000"),
        (json!({"files_max": 5_000_000}), "option \"files_max\" must be between 1 and 1000000"),
        (json!({"types": {"a.b.c": "blob"}}), "option \"types\" gives column \"a.b.c\" the unknown type \"blob\""),
    ] {
        let error = folder.open_with(options).await.err().expect(message);
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, message));
    }
}

#[tokio::test]
async fn odd_names_survive() {
    let names = ["a b", "100%", "Größe", "say \"hi\"", "x#1", "a.b", "semi;colon", "c:d", "~t*?", "%41"];
    let files: Vec<(String, Vec<u8>)> =
        names.iter().map(|name| (format!("{name}/{name}.csv"), format!("\"{}\"\n1\n", name.replace('"', "\"\"")).into())).collect();
    let folder = Folder::new(&files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect::<Vec<_>>());
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    for name in names {
        assert_eq!(columns(&found, name, name), [format!("{name} bigint")]);
        let plan = read(&*connector, &found, name, name, &[name]).await.expect(name);
        assert!(plan.object_store.get(&plan.files[0].object.location).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_test_goes_through_all_stages() {
    let folder = Folder::new(&[("a.csv", b"x\n1\n"), ("b/c.csv", b"x\n1\n")]);
    let stages = folder.open().await.test().await;
    let outcomes: Vec<_> = stages.into_iter().map(|stage| (stage.stage, stage.outcome.expect("a good stage"))).collect();
    assert_eq!(outcomes[2], (Stage::Query, "2 tables; b/c.csv can be read.".to_owned()));

    folder.write("b/c.csv", b"x,x\n1,2\n");
    let stages = folder.open().await.test().await;
    assert_eq!(stages.last().expect("a stage").outcome.as_ref().expect_err("a bad file").code, Code::BadData);
}

#[tokio::test]
async fn a_sample_is_bounded() {
    let mut text = String::from("a,b\n");
    for number in 0..100_000 {
        text.push_str(&format!("{number},\"x\ny\"\n"));
    }
    text.push_str("not a number,z\n");
    let zeros = vec![b'0'; 64 << 20];
    let folder = Folder::new(&[
        ("long.csv", text.as_bytes()),
        ("long_zipped.csv.gz", &gzip(text.as_bytes())),
        ("one.csv.zst", &zstd::encode_all(&zeros[..], 3).expect("zstd")),
        ("two.json.gz", &gzip(&zeros)),
    ]);
    let found = folder.harvest().await;
    for table in ["long", "long_zipped"] {
        assert_eq!(
            (columns(&found, "public", table), estimate(&found, "public", table)),
            (vec!["a bigint".to_owned(), "b text".to_owned()], None)
        );
    }
    assert!(option(&found, "public", "one", "error").expect("an error").contains("the first record does not end"));
    assert!(option(&found, "public", "two", "error").expect("an error").contains("too long for a sample"));
}

#[test]
fn every_option_is_described() {
    for option in Files.options() {
        assert!(!option.description.is_empty() && option.data_type != "any", "{option:?}");
        assert_eq!(option.secret, option.name == "secret_access_key");
    }
}

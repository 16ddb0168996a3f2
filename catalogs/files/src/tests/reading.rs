//! What the connector says about reading.

use super::*;

#[tokio::test]
async fn partition_folders_are_columns_and_partitions() {
    let folder = Folder::new(&[
        ("sales/year=2023/country=DE/1.csv", b"id\n1\n2\n"),
        ("sales/year=2024/country=__HIVE_DEFAULT_PARTITION__/1.csv", b"id\n3\n"),
        ("sales/year=2024/country=a%20b/1.csv", b"id\n4\n"),
        ("sales/year=2024/country=a%20b/2.csv", b"id\n5\n"),
    ]);
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    assert_eq!(columns(&found, "public", "sales"), ["id bigint", "year bigint", "country text"]);
    assert_eq!(estimate(&found, "public", "sales"), Some(5));
    let public = schema(&found, "public");
    assert_eq!(
        public.text(Relation::Partitions, "name").iter().flatten().collect::<Vec<_>>(),
        ["year=2023/country=DE", "year=2024/country=__HIVE_DEFAULT_PARTITION__", "year=2024/country=a%20b"]
    );
    assert_eq!(
        public.text(Relation::Partitions, "description").iter().flatten().collect::<Vec<_>>(),
        ["2023, DE", "2024, NULL", "2024, a b"]
    );

    let plan = read(&*connector, &found, "public", "sales", &["country", "id", "year"]).await.expect("a plan");
    let names: Vec<_> = plan.partition_columns.iter().map(|column| column.name().as_str()).collect();
    assert_eq!((names, plan.file_schema.fields().len()), (vec!["country", "year"], 1));
    use predicate::Value::{Int, Null, Text};
    let values: Vec<_> = plan.files.iter().map(|file| file.partition_values.clone()).collect();
    let a_b = || vec![Text("a b".to_owned()), Int(2024)];
    assert_eq!(values, [vec![Text("DE".to_owned()), Int(2023)], vec![Null, Int(2024)], a_b(), a_b()]);

    folder.write("sales/year=soon/country=DE/1.csv", b"id\n6\n");
    let error = read(&*connector, &found, "public", "sales", &["year"]).await.err().expect("an error");
    assert_eq!(error.code, Code::BadData);
    assert!(error.detail.expect("a detail").contains("year=soon"));
}

#[tokio::test]
async fn what_was_inferred_can_be_read() {
    let csv = b"b,i,n,f,d,t,z,s\ntrue,1,9223372036854775808,1e3,2024-01-31,2024-01-31 12:00:00,2024-01-31T12:00:00+01:00,007\nFALSE,-1,1,.5,0001-01-01,9999-12-31 23:59:59.9,2024-01-31 12:00:00Z,\n";
    let json =
        b"{\"l\": [[1], []], \"o\": {\"a\": 1.5, \"b\": {\"c\": true}}, \"n\": 18446744073709551615}\n{\"o\": {\"a\": null}, \"n\": 1}\n";
    let folder = Folder::new(&[("t.csv", csv), ("j.jsonl", json)]);
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    let expected = [
        DataType::Boolean,
        DataType::Int64,
        DataType::Decimal128(38, 0),
        DataType::Float64,
        DataType::Date32,
        DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Utf8,
    ];
    let plan = read(&*connector, &found, "public", "t", &["b", "i", "n", "f", "d", "t", "z", "s"]).await.expect("a plan");
    assert_eq!(plan.file_schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>(), expected);
    let reader = arrow::csv::ReaderBuilder::new(plan.file_schema).with_header(true).build_buffered(&csv[..]).expect("a reader");
    assert_eq!(reader.map(|batch| batch.expect("rows").num_rows()).sum::<usize>(), 2);

    let plan = read(&*connector, &found, "public", "j", &["l", "o", "n"]).await.expect("a plan");
    let reader = arrow::json::ReaderBuilder::new(plan.file_schema).build(&json[..]).expect("a reader");
    assert_eq!(reader.map(|batch| batch.expect("rows").num_rows()).sum::<usize>(), 2);
}

#[tokio::test]
async fn a_plan_has_the_files_of_now_and_all_columns_of_formats_without_names() {
    let folder = Folder::new(&[("s/t/1.csv", b"a,b,c\n1,x,2\n"), ("s/p.parquet", &parquet()), ("s/i.arrow", &arrow_file())]);
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    folder.write("s/t/2.csv", b"a,b,c\n3,y,4\n");
    folder.write("s/t/3.csv", b"");
    let plan = read(&*connector, &found, "s", "t", &["c"]).await.expect("a plan");
    assert_eq!(plan.format, FileFormat::Csv { header: true, delimiter: b',', quote: b'"', compression: Compression::None });
    assert_eq!(plan.files.iter().map(|file| file.object.location.as_ref()).collect::<Vec<_>>(), ["s/t/1.csv", "s/t/2.csv"]);
    let types =
        |schema: &Schema| -> Vec<_> { schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect() };
    let column = |name: &str, data_type| (name.to_owned(), data_type);
    assert_eq!(types(&plan.file_schema), [column("a", DataType::Utf8), column("b", DataType::Utf8), column("c", DataType::Int64)]);
    assert_eq!(
        plan.object_store.get(&plan.files[0].object.location).await.expect("a file").bytes().await.expect("bytes"),
        "a,b,c\n1,x,2\n"
    );

    let plan = read(&*connector, &found, "s", "p", &["name"]).await.expect("a plan");
    assert_eq!(types(&plan.file_schema), [column("name", DataType::Utf8)]);
    let plan = read(&*connector, &found, "s", "i", &["name"]).await.expect("a plan");
    assert_eq!(types(&plan.file_schema), [column("id", DataType::Int32), column("name", DataType::Utf8)]);

    folder.write("s/t/2.csv", b"c,b,a\n3,y,4\n");
    let error = read(&*connector, &found, "s", "t", &["c"]).await.err().expect("an error");
    assert!(error.detail.expect("a detail").contains("s/t/2.csv: its columns are not those of the table's other files"));
}

//! What the connector refuses, and how it says so.

use super::*;

#[tokio::test]
async fn a_table_that_cannot_be_understood_says_so_and_harms_no_other() {
    let mut cut = gzip(b"a,b\n1,2\n");
    cut.truncate(cut.len() - 6);
    let folder = Folder::new(&[
        ("good.csv", b"a\n1\n"),
        ("array.json", b"[\n{\"a\": 1}\n]"),
        ("broken.parquet", b"PAR1 but not really PAR1"),
        ("short.arrow", b"ARROW1"),
        ("cut.csv.gz", &cut),
        ("nothing.csv", b""),
        ("ragged.csv", b"a,b\n1\n"),
        ("s/two/1.csv", b"a\n1\n"),
        ("s/two/2.csv", b"b\n1\n"),
        ("s/both.csv", b"a\n1\n"),
        ("s/both.json", b"{\"a\": 1}"),
        ("s/deep/er/1.csv", b"a\n1\n"),
        ("s/same/a=1/1.csv", b"a\n1\n"),
    ]);
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    assert_eq!((columns(&found, "public", "good"), option(&found, "public", "good", "error")), (vec!["a bigint".to_owned()], None));
    for (schema, table, why) in [
        ("public", "array", "line 1 is not a JSON object"),
        ("public", "broken", "broken.parquet: "),
        ("public", "short", "it is too short"),
        ("public", "cut", "decompression failed"),
        ("public", "nothing", "there are no columns in it"),
        ("public", "ragged", "incorrect number of fields"),
        ("s", "two", "its columns have other names"),
        ("s", "both", "differ in format"),
        ("s", "deep", "only key=value folders are expected"),
        ("s", "same", "column \"a\" is there twice"),
    ] {
        assert!(columns(&found, schema, table).is_empty(), "{table}");
        let listed = option(&found, schema, table, "error").expect(table);
        assert!(listed.contains(why), "{listed}");
        let error = read(&*connector, &found, schema, table, &[]).await.err().expect(table);
        assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not read data source \"x\""));
        assert_eq!(error.detail, Some(listed));
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_listed_or_read() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&[("inside.csv", b"a\n1\n"), ("s/t.csv", b"a\n1\n"), ("../secret/t.csv", b"password\nhunter2\n")]);
    let secret = folder.directory.path().join("secret");
    symlink(secret.join("t.csv"), folder.path("file.csv")).expect("a link");
    symlink(&secret, folder.path("folder")).expect("a link");
    symlink("../../secret", folder.path("s/relative")).expect("a link");
    symlink(folder.path("nowhere.csv"), folder.path("dangling.csv")).expect("a link");
    symlink(folder.path("inside.csv"), folder.path("alias.csv")).expect("a link");
    symlink(folder.path("s"), folder.path("s/again")).expect("a link");
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    assert_eq!(tables(&found), ["public.alias", "public.inside", "s.t"]);

    let plan = read(&*connector, &found, "public", "alias", &["a"]).await.expect("a link that stays inside");
    for path in ["file.csv", "folder/t.csv", "s/relative/t.csv"] {
        let error = plan.object_store.get(&Path::from(path)).await.expect_err(path);
        assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error}");
        let error = plan.object_store.get_range(&Path::from(path), 0..1).await.expect_err(path);
        assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error}");
    }
    assert!(plan.object_store.put(&Path::from("new.csv"), "x".into()).await.is_err());

    // A file that becomes a link between the harvest and the read is gone, not followed.
    std::fs::remove_file(folder.path("s/t.csv")).expect("the file");
    symlink(secret.join("t.csv"), folder.path("s/t.csv")).expect("a link");
    let error = read(&*connector, &found, "s", "t", &["a"]).await.err().expect("an error");
    assert_eq!(error.code, Code::Io);
}

#[tokio::test]
async fn what_has_vanished_is_named() {
    let folder = Folder::new(&[("a.csv", b"x\n1\n"), ("b.csv", b"x\n1\n")]);
    let connector = folder.open().await;
    let found = harvest(&*connector, Scope::default()).await;
    std::fs::remove_file(folder.path("a.csv")).expect("the file");
    let error = read(&*connector, &found, "public", "a", &["x"]).await.err().expect("an error");
    assert_eq!((error.code, error.message.as_str()), (Code::Io, "could not read data source \"x\""));
    assert!(error.detail.expect("a detail").starts_with("There are no files of table \"public.a\" below /"));
    assert!(error.hint.expect("a hint").contains("CALL refresh_metadata('x')"));

    std::fs::remove_dir_all(folder.path("")).expect("the folder");
    let error = read(&*connector, &found, "public", "b", &["x"]).await.err().expect("an error");
    assert_eq!((error.code, error.detail), (Code::Io, Some(format!("{} does not exist.", folder.path("").display()))));
    assert_eq!(connector.harvest(&Scope::default(), &mut Harvest::new()).await.expect_err("an error").code, Code::Io);
    let stages = connector.test().await;
    assert_eq!(stages.iter().map(|stage| (stage.stage, stage.outcome.is_ok())).collect::<Vec<_>>(), [(Stage::Resolve, false)]);
}

#[tokio::test]
async fn a_folder_with_too_many_files_is_refused() {
    let folder = Folder::new(&[("a.csv", b"x\n1\n"), ("b.csv", b"x\n1\n"), ("c.csv", b"x\n1\n")]);
    let connector = folder.open_with(json!({"files_max": 2})).await.expect("a connector");
    let error = connector.harvest(&Scope::default(), &mut Harvest::new()).await.expect_err("too many");
    assert_eq!((error.code, error.message.as_str()), (Code::Limit, "data source \"x\" has more than 2 files"));
}

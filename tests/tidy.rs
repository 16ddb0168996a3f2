//! Rules of the repository that a machine can check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("tidy::dependencies_point_downwards", dependencies_point_downwards),
        Trial::test("tidy::heavy_dependencies_have_one_owner", heavy_dependencies_have_one_owner),
        Trial::test("tidy::versions_are_set_once", versions_are_set_once),
        Trial::test("tidy::nothing_is_left_for_later", nothing_is_left_for_later),
        Trial::test("tidy::files_are_short", files_are_short),
        crate::trial("tidy::every_file_of_sql_is_in_sql".to_owned(), every_file_of_sql_is_in_sql),
    ]
}

/// Who may know whom. `tests` and `benchmarks` stand outside: nothing depends on them.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("spi", &[]),
    ("store", &["spi"]),
    ("domain", &["store", "spi"]),
    ("pgcat", &["spi"]),
    ("sql", &["domain", "store", "pgcat", "spi"]),
    ("wire", &["sql", "domain", "store", "pgcat", "spi"]),
    (
        "gateway",
        &[
            "wire",
            "sql",
            "domain",
            "store",
            "spi",
            "catalog-elasticsearch",
            "catalog-files",
            "catalog-hive",
            "catalog-kafka",
            "catalog-mongodb",
            "catalog-mysql",
            "catalog-postgres",
            "catalog-redis",
            "catalog-sqlite",
            "catalog-sqlserver",
        ],
    ),
    ("catalog-elasticsearch", &["spi"]),
    ("catalog-files", &["spi"]),
    ("catalog-hive", &["spi"]),
    ("catalog-kafka", &["spi"]),
    ("catalog-mongodb", &["spi"]),
    ("catalog-mysql", &["spi"]),
    ("catalog-postgres", &["spi"]),
    ("catalog-redis", &["spi"]),
    ("catalog-sqlite", &["spi"]),
    ("catalog-sqlserver", &["spi"]),
    ("tests", &[]),
    ("benchmarks", &["gateway", "spi"]),
];

/// Heavy libraries, and the crates that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("datafusion", &["sql"]),
    ("mongodb", &["benchmarks", "catalog-mongodb", "tests"]),
    ("pgwire", &["wire"]),
    ("reqwest", &["benchmarks", "catalog-elasticsearch", "catalog-kafka", "tests"]),
    ("sqlx", &["store", "catalog-mysql", "catalog-postgres", "catalog-sqlite", "tests"]),
    ("hdfs-native", &["catalog-hive"]),
    ("hive_metastore", &["benchmarks", "catalog-hive", "tests"]),
    ("apache-avro", &["catalog-kafka"]),
    ("arrow-avro", &["catalog-hive"]),
    ("orc-rust", &["catalog-hive"]),
    ("protox", &["catalog-kafka"]),
    ("rdkafka", &["benchmarks", "catalog-kafka", "tests"]),
    ("redis", &["benchmarks", "catalog-redis", "tests"]),
    ("tiberius", &["catalog-sqlserver"]),
];

fn dependencies_point_downwards() -> Result<(), Failed> {
    let dependencies = dependencies();
    for (package, known) in &dependencies {
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(name, _)| name == package) else {
            return Err(format!("crate {package} has no place in the map of crates").into());
        };
        for other in known.iter().filter(|other| dependencies.contains_key(*other)) {
            if !allowed.contains(&other.as_str()) {
                return Err(format!("{package} must not know {other}").into());
            }
        }
    }
    Ok(())
}

fn heavy_dependencies_have_one_owner() -> Result<(), Failed> {
    for (package, known) in dependencies() {
        for (library, owners) in OWNERS {
            if known.iter().any(|name| name == library) && !owners.contains(&package.as_str()) {
                return Err(format!("{package} must not know {library}: it belongs to {}", owners.join(", ")).into());
            }
        }
    }
    Ok(())
}

fn versions_are_set_once() -> Result<(), Failed> {
    for manifest in manifests() {
        let text = std::fs::read_to_string(&manifest)?;
        let dependencies =
            text.split("\n[").filter(|section| section.starts_with("dependencies]") || section.starts_with("dev-dependencies]"));
        for line in dependencies.flat_map(str::lines).skip(1).filter(|line| line.contains('=') && !line.starts_with('#')) {
            if !line.contains("workspace = true") {
                return Err(format!("{}: `{line}` belongs to the root manifest", manifest.display()).into());
            }
        }
    }
    Ok(())
}

/// Marks of unfinished work. Written in two parts here, or this file would be the first to be found.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimplemented", "!("), concat!("XX", "X:")];

fn nothing_is_left_for_later() -> Result<(), Failed> {
    for file in sources() {
        let text = std::fs::read_to_string(&file)?;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(mark) = UNFINISHED.iter().find(|mark| line.contains(**mark)) {
                return Err(format!("{}:{number} says {mark}", file.display()).into());
            }
        }
    }
    Ok(())
}

/// What nobody reads in one go does not stay understood.
const LINES_MAX: usize = 500;

fn files_are_short() -> Result<(), Failed> {
    for file in sources() {
        let lines = std::fs::read_to_string(&file)?.lines().count();
        if lines > LINES_MAX {
            return Err(format!("{} has {lines} lines; at most {LINES_MAX} are readable", file.display()).into());
        }
    }
    Ok(())
}

/// Every procedure and relation has the file of its name, and every such file is a procedure or relation that clients see.
async fn every_file_of_sql_is_in_sql() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    let names = async |statement: &str| {
        let rows = client.query(statement, &[]).await?;
        Ok::<_, Failed>(rows.iter().map(|row| row.get::<_, String>(0)).collect::<BTreeSet<String>>())
    };
    let seen = names("SELECT routine_name FROM information_schema.routines WHERE routine_catalog = 'metagate'").await?;
    let folder = root().join("src/sql/src/procedures");
    let files = modules(&folder, "    const NAME: &'static str = ")?;
    assert!(seen.len() >= 16, "only {} procedures", seen.len());
    assert_eq!(files, seen, "files of procedures, and the procedures that clients see");
    let declared_procedures = declared(&folder)?;
    assert!(files.is_subset(&declared_procedures), "files without a mod line: {:?}", files.difference(&declared_procedures));

    for schema in ["admin", "cluster", "information_schema", "metadata"] {
        let statement =
            format!("SELECT table_name FROM information_schema.tables WHERE table_catalog = 'metagate' AND table_schema = '{schema}'");
        let seen = names(&statement).await?;
        let folder = root().join("src/sql/src/tables").join(schema);
        let files = modules(&folder, "Table")?;
        assert!(!seen.is_empty(), "no relation in {schema}");
        let missing: Vec<_> = seen.difference(&files).collect();
        assert!(missing.is_empty(), "relations of {schema} without a file: {missing:?}");
        let declared = declared(&folder)?;
        let unseen: Vec<_> = files.difference(&declared).collect();
        assert!(unseen.is_empty(), "files of {schema} without a mod line: {unseen:?}");
        // A file beside the relations helps them, and then it declares none.
        for file in files.difference(&seen) {
            let text = std::fs::read_to_string(folder.join(format!("{file}.rs")))?;
            let declares = text.contains("SnapshotTable {") || text.contains("impl RowTable for") || text.contains("impl Table for");
            assert!(!declares, "{schema}/{file}.rs declares a relation that no client sees");
        }
    }
    Ok(())
}

/// The names of the files of a folder whose text holds a mark.
fn modules(folder: &Path, mark: &str) -> Result<BTreeSet<String>, Failed> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") && std::fs::read_to_string(&path)?.contains(mark) {
            names.insert(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// The modules that the file beside a folder declares.
fn declared(folder: &Path) -> Result<BTreeSet<String>, Failed> {
    let text = std::fs::read_to_string(folder.with_extension("rs"))?;
    let modules = text.lines().filter_map(|line| line.trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';'));
    Ok(modules.map(str::to_owned).collect())
}

/// All Rust files of the repository.
fn sources() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["src", "catalogs", "tests", "benchmarks"].map(|folder| root().join(folder)).to_vec();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false if entry.extension().is_some_and(|extension| extension == "rs") => files.push(entry),
                false => {}
            }
        }
    }
    files.sort();
    files
}

/// The names of what each crate of the workspace depends on, for its code and its tests.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let names = |package: &Value| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        dependencies.filter_map(|one| one["name"].as_str()).map(str::to_owned).collect()
    };
    packages().iter().map(|package| (package["name"].as_str().expect("a name").to_owned(), names(package))).collect()
}

fn manifests() -> Vec<PathBuf> {
    packages().iter().map(|package| package["manifest_path"].as_str().expect("a path").into()).collect()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder above tests")
}

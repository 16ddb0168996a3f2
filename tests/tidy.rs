//! Rules of the repository that a machine can check.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("tidy::dependencies_point_downwards", dependencies_point_downwards),
        Trial::test("tidy::heavy_dependencies_have_one_owner", heavy_dependencies_have_one_owner),
        Trial::test("tidy::versions_are_set_once", versions_are_set_once),
    ]
}

/// Who may know whom. `tests` and `benchmarks` stand outside: nothing depends on them.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("spi", &[]),
    ("store", &["spi"]),
    ("domain", &["store", "spi"]),
    ("sql", &["domain", "store", "spi"]),
    ("wire", &["sql", "domain", "store", "spi"]),
    ("gateway", &["wire", "sql", "domain", "store", "spi", "catalog-files", "catalog-sqlite"]),
    ("catalog-files", &["spi"]),
    ("catalog-sqlite", &["spi"]),
    ("tests", &[]),
    ("benchmarks", &["gateway", "spi"]),
];

/// Heavy libraries, and the crates that may name them.
const OWNERS: &[(&str, &[&str])] = &[("datafusion", &["sql"]), ("pgwire", &["wire"]), ("sqlx", &["store", "catalog-sqlite", "tests"])];

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

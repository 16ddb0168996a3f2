//! What `pg_proc` names and is not computed here, counted by what it is for. The counts may only go down.

use std::collections::BTreeMap;

use crate::functions;
use crate::statics;

/// How many functions of each sort are not computed, at most.
const CEILINGS: &[(&str, usize)] = &[
    ("XML", 22),
    ("administration", 92),
    ("bit strings", 12),
    ("called by the server only", 707),
    ("geometry", 203),
    ("hardware addresses", 14),
    ("hashes", 5),
    ("jsonpath", 12),
    ("large objects", 20),
    ("money", 26),
    ("networks", 18),
    ("others", 234),
    ("ranges", 105),
    ("text search", 79),
    ("triggers", 16),
];

/// `pg_language.oid` of functions in C that are built in.
const INTERNAL: &str = "12";

#[test]
fn fewer_functions_are_missing() {
    let missing = missing();
    let ceiling = |sort: &str| CEILINGS.iter().find(|(name, _)| *name == sort).map_or(0, |(_, ceiling)| *ceiling);
    let counts: Vec<(&str, usize)> = missing.iter().map(|(sort, names)| (*sort, names.len())).collect();
    assert!(counts.iter().all(|(sort, count)| *count <= ceiling(sort)), "{counts:?}\n{missing:#?}");
}

fn missing() -> BTreeMap<&'static str, Vec<String>> {
    let functions = statics::relation_named("pg_catalog", "pg_proc").unwrap();
    let rows = functions.rows();
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in 0..rows.len() {
        let text = |name: &str| rows.get(row, functions.column(name).unwrap()).unwrap_or_default();
        if text("prolang") != INTERNAL {
            continue;
        }
        let (name, source, arguments, result) = (text("proname"), text("prosrc"), text("proargtypes"), text("prorettype"));
        let is_known = match text("prokind") {
            "a" => functions::aggregate(name).is_some(),
            "w" => WINDOWS.contains(&name),
            _ if text("proretset") == "t" => functions::set(source).is_some(),
            _ => functions::scalar(source).is_some(),
        };
        if !is_known {
            let types: Vec<&str> = arguments.split(' ').chain([result]).collect();
            missing.entry(sort(name, &types)).or_default().push(format!("{name}({arguments})"));
        }
    }
    missing
}

/// Those that the executor computes by their names.
const WINDOWS: &[&str] =
    &["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value", "last_value", "nth_value"];

/// What a function is for, by the types that it takes and gives.
fn sort(name: &str, types: &[&str]) -> &'static str {
    let has = |oids: &[&str]| types.iter().any(|type_oid| oids.contains(type_oid));
    if has(&["2281", "2275", "325", "3115", "3310", "269", "2280"]) || name.ends_with("send") || name.ends_with("recv") {
        return "called by the server only";
    }
    match () {
        () if has(&["2279", "3838"]) => "triggers",
        () if has(&["600", "601", "602", "603", "604", "628", "718", "1017"]) => "geometry",
        () if has(&["3614", "3615", "3642", "3734", "3769"]) => "text search",
        () if has(&["142", "143"]) => "XML",
        () if has(&["3831", "4537", "5080", "4538", "3904", "3906", "3908", "3910", "3912", "3926"]) => "ranges",
        () if has(&["1560", "1562"]) => "bit strings",
        () if has(&["790"]) => "money",
        () if has(&["774", "829"]) => "hardware addresses",
        () if has(&["4072"]) => "jsonpath",
        () if has(&["5038", "2970"]) => "snapshots",
        () if has(&["650", "869"]) => "networks",
        () if name.starts_with("pg_") || name.starts_with("binary_upgrade_") => "administration",
        () if name.starts_with("lo_") || name.starts_with("lo") && name.len() < 9 => "large objects",
        () if name.starts_with("hash") || name.contains("_hash") || name.ends_with("hash") => "hashes",
        () => "others",
    }
}

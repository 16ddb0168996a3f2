//! From what was seen, and what was known before, to columns with names.

use std::collections::{HashMap, HashSet};

use super::InferenceOptions;
use super::observed::Observed;
use crate::documents::evidence::InferredColumn;
use crate::documents::field_type::FieldType;
use crate::documents::path::Path;

/// What a column is called whose field's name is empty, which PostgreSQL allows no column.
const NAMELESS: &str = "_empty";

/// What is appended to a reserved name.
const RESERVED_SUFFIX: &str = "_field";

/// The columns, and whether some had to be left out.
pub(super) fn columns(root: &Observed, sampled: u64, options: &InferenceOptions, known: &[InferredColumn]) -> (Vec<InferredColumn>, bool) {
    let known = if options.flatten { flattened(known, &options.reserved) } else { folded(known, &options.reserved) };
    let kept_whole: HashSet<&Path> = known.iter().filter(|column| !column.field_type.is_open()).map(|column| &column.path).collect();
    let mut seen = Vec::new();
    for (name, field) in root.fields() {
        collect(Path::field(name.as_str()), field, options.flatten, &kept_whole, &mut seen);
    }
    let mut by_path: HashMap<&Path, &Observed> = seen.iter().map(|(path, observed)| (path, *observed)).collect();

    let mut columns = Vec::with_capacity(known.len().max(seen.len()));
    for column in &known {
        match by_path.remove(&column.path) {
            Some(observed) => columns.push(confirmed(column, observed, sampled)),
            // What was an empty object, or null, and has columns of its own now.
            None if column.field_type.is_open() && seen.iter().any(|(path, _)| is_below(path, &column.path)) => {}
            None => columns.push(InferredColumn { confirmed: false, ..column.clone() }),
        }
    }
    let mut names: HashSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    for (path, observed) in &seen {
        if by_path.contains_key(path) && columns.len() < options.columns_max {
            columns.push(new(path, unique_name(path, &options.reserved, &mut names), observed, sampled));
        }
    }
    let left_out = seen.len() > columns.iter().filter(|column| column.confirmed).count();
    (columns, left_out)
}

/// The places that are columns: every field, or where objects are flattened every field that is none.
fn collect<'a>(path: Path, observed: &'a Observed, flatten: bool, kept_whole: &HashSet<&Path>, seen: &mut Vec<(Path, &'a Observed)>) {
    let is_record = || matches!(observed.field_type(), FieldType::Struct(fields) if !fields.is_empty());
    if flatten && !kept_whole.contains(&path) && is_record() {
        for (name, field) in observed.fields() {
            collect(path.join(name), field, flatten, kept_whole, seen);
        }
    } else {
        seen.push((path, observed));
    }
}

fn new(path: &Path, name: String, observed: &Observed, sampled: u64) -> InferredColumn {
    let (field_type, evidence) = (observed.field_type(), observed.evidence(sampled));
    let fields = observed.nested(&path.to_string(), sampled);
    InferredColumn { name, path: path.clone(), field_type, confirmed: true, evidence, fields }
}

/// A known column that was seen again. Its type may only become wider.
fn confirmed(known: &InferredColumn, observed: &Observed, sampled: u64) -> InferredColumn {
    let mut column = new(&known.path, known.name.clone(), observed, sampled);
    column.field_type = known.field_type.clone().widened(column.field_type);
    column.evidence.conflict = column.evidence.conflict.or_else(|| known.evidence.conflict.clone());
    column
}

fn is_below(path: &Path, above: &Path) -> bool {
    path.0.len() > above.0.len() && path.0.starts_with(&above.0)
}

/// A name that no other column has. It depends on nothing but the order of the columns.
fn unique_name(path: &Path, reserved: &[String], names: &mut HashSet<String>) -> String {
    // No name in PostgreSQL has a character of code 0.
    let mut name = path.0.join(".").replace('\0', "\u{fffd}");
    if name.is_empty() {
        name = NAMELESS.to_owned();
    }
    if reserved.contains(&name) {
        name.push_str(RESERVED_SUFFIX);
    }
    let is_taken = |name: &str| names.contains(name) || reserved.iter().any(|reserved| reserved == name);
    let numbered = (2u64..).map(|number| format!("{name}_{number}"));
    let unique = std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(name);
    names.insert(unique.clone());
    unique
}

/// Known columns for a table whose objects are flattened: of structs found before they were, the fields.
fn flattened(known: &[InferredColumn], reserved: &[String]) -> Vec<InferredColumn> {
    let mut columns = Vec::with_capacity(known.len());
    let mut names: HashSet<String> = known.iter().map(|column| column.name.clone()).collect();
    for column in known {
        flatten(column.clone(), reserved, &mut names, &mut columns);
    }
    columns
}

fn flatten(column: InferredColumn, reserved: &[String], names: &mut HashSet<String>, columns: &mut Vec<InferredColumn>) {
    match column.field_type {
        FieldType::Struct(fields) if !fields.is_empty() => {
            for (name, field_type) in fields {
                let path = column.path.join(&name);
                let name = unique_name(&path, reserved, names);
                let (confirmed, evidence) = (column.confirmed, column.evidence.clone());
                flatten(InferredColumn { name, path, field_type, confirmed, evidence, fields: Vec::new() }, reserved, names, columns);
            }
        }
        _ => columns.push(column),
    }
}

/// Known columns for a table whose objects are structs: those of flattened objects become fields of one column again.
fn folded(known: &[InferredColumn], reserved: &[String]) -> Vec<InferredColumn> {
    let mut columns: Vec<InferredColumn> = Vec::with_capacity(known.len());
    let mut names: HashSet<String> = known.iter().map(|column| column.name.clone()).collect();
    for column in known {
        let Some((first, below)) = column.path.0.split_first().filter(|(_, below)| !below.is_empty()) else {
            columns.push(column.clone());
            continue;
        };
        let wrap = |field_type: FieldType, name: &String| FieldType::Struct(vec![(name.clone(), field_type)]);
        let field_type = below.iter().rev().fold(column.field_type.clone(), wrap);
        let path = Path::field(first.as_str());
        match columns.iter_mut().find(|known| known.path == path) {
            Some(known) => known.field_type = known.field_type.clone().widened(field_type),
            None => {
                let name = unique_name(&path, reserved, &mut names);
                columns.push(InferredColumn { name, path, field_type, ..column.clone() });
            }
        }
    }
    columns
}

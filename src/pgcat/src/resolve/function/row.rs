//! A row of `pg_proc`, as far as calls need it.

use super::{FunctionInfo, FunctionKind};
use crate::catalog::CatalogRow;
use crate::types::oid;
use crate::value::{Field, Value};

/// A function.
pub(crate) struct FunctionRow {
    /// `pronamespace`.
    pub namespace: u32,
    pub info: FunctionInfo,
    /// `provariadic`, or 0.
    pub variadic: u32,
    /// Types of the parameters that are given in a call.
    pub arguments: Vec<u32>,
    /// How many of the last ones have defaults.
    pub defaults: usize,
    pub result: u32,
    /// What it gives, where that is a record of these columns.
    pub outputs: Vec<Field>,
}

impl FunctionRow {
    pub(crate) fn read(row: &CatalogRow<'_>) -> Option<Self> {
        let kind = match row.char("prokind")? {
            b'a' => FunctionKind::Aggregate,
            b'w' => FunctionKind::Window,
            b'p' => FunctionKind::Procedure,
            _ => FunctionKind::Function,
        };
        let result = row.oid("prorettype")?;
        let (parameter_names, outputs) = parameters(row);
        Some(FunctionRow {
            namespace: row.oid("pronamespace")?,
            info: FunctionInfo {
                oid: row.oid("oid")?,
                name: row.text("proname")?,
                kind,
                language: row.oid("prolang")?,
                source: row.text("prosrc")?,
                is_strict: row.bool("proisstrict")?,
                returns_set: row.bool("proretset")?,
                volatility: row.char("provolatile")?,
                parameter_names,
            },
            variadic: row.oid("provariadic")?,
            arguments: row.oids("proargtypes"),
            defaults: row.int("pronargdefaults")? as usize,
            result,
            outputs: if result == oid::RECORD { outputs } else { Vec::new() },
        })
    }
}

/// The names of the parameters that are given in a call, and the columns of the result.
fn parameters(row: &CatalogRow<'_>) -> (Vec<String>, Vec<Field>) {
    let names = texts(row, "proargnames");
    let modes = texts(row, "proargmodes");
    if modes.is_empty() {
        return (names, Vec::new());
    }
    let types = row.oids("proallargtypes");
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for (place, mode) in modes.iter().enumerate() {
        let name = names.get(place).map(String::as_str).unwrap_or_default();
        if matches!(mode.as_str(), "i" | "b" | "v") {
            inputs.push(name.to_owned());
        }
        if matches!(mode.as_str(), "o" | "b" | "t") {
            let name = if name.is_empty() { format!("column{}", outputs.len() + 1) } else { name.to_owned() };
            outputs.push(Field { name: name.into(), type_oid: types.get(place).copied().unwrap_or_default(), typmod: -1 });
        }
    }
    (inputs, outputs)
}

fn texts(row: &CatalogRow<'_>, column: &str) -> Vec<String> {
    match row.get(column) {
        Value::Array(array) => array.values.iter().map(|value| value.as_str().unwrap_or_default().to_owned()).collect(),
        _ => Vec::new(),
    }
}

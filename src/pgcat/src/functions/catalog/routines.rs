//! The signatures of functions: `pg_get_function_arguments` and its kin.

use spi::Result;

use super::expressions::expressions;
use super::names::{Naming, integers, texts};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::resolve::quote_identifier;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_get_function_arguments", |context, _, arguments| {
        of(context, arguments, |naming, row| Some(parameters(naming, row, Shown::WithDefaults)))
    }),
    ScalarEntry::new("pg_get_function_identity_arguments", |context, _, arguments| {
        of(context, arguments, |naming, row| Some(parameters(naming, row, Shown::WithoutDefaults)))
    }),
    ScalarEntry::new("pg_get_function_result", |context, _, arguments| of(context, arguments, result)),
    ScalarEntry::new("pg_get_function_sqlbody", |context, _, arguments| {
        of(context, arguments, |_, row| Some(row.text("prosqlbody")?.to_string()))
    }),
    ScalarEntry::new("pg_get_function_arg_default", pg_get_function_arg_default),
];

fn of(context: &Context<'_>, arguments: &[Value], text: fn(&Naming<'_>, &CatalogRow<'_>) -> Option<String>) -> Result<Value> {
    let row = context.catalog.by_oid(oid::PG_PROC, arguments.oid(0)?);
    Ok(row.and_then(|row| text(&Naming::new(context), &row)).into())
}

/// Which parameters are shown, and how.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    WithDefaults,
    WithoutDefaults,
    /// The columns of `RETURNS TABLE (…)`.
    Columns,
}

/// A parameter of a function.
struct Parameter {
    /// `i`, `o`, `b`, `v` or `t`, as in `pg_proc.proargmodes`.
    mode: u8,
    name: Option<String>,
    type_oid: u32,
    default: Option<String>,
}

impl Parameter {
    fn is_input(&self) -> bool {
        matches!(self.mode, b'i' | b'b' | b'v')
    }

    fn text(&self, naming: &Naming<'_>, is_procedure: bool, shown: Shown) -> String {
        let mode = match self.mode {
            b'i' if is_procedure => "IN ",
            b'o' => "OUT ",
            b'b' => "INOUT ",
            b'v' => "VARIADIC ",
            _ => "",
        };
        let name = self.name.as_ref().map(|name| format!("{} ", quote_identifier(name))).unwrap_or_default();
        let default = self.default.as_ref().filter(|_| shown == Shown::WithDefaults);
        let default = default.map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
        format!("{mode}{name}{}{default}", naming.type_name(self.type_oid, None))
    }
}

/// All parameters of a function, in their order.
fn all_parameters(row: &CatalogRow<'_>) -> Vec<Parameter> {
    let all = row.get("proallargtypes");
    let types = integers(&if all.is_null() { row.get("proargtypes") } else { all });
    let (modes, names) = (texts(&row.get("proargmodes")), texts(&row.get("proargnames")));
    let stored = row.text("proargdefaults").unwrap_or_default();
    let parameter = |(place, type_oid): (usize, &i64)| Parameter {
        mode: modes.get(place).and_then(|mode| mode.bytes().next()).unwrap_or(b'i'),
        name: names.get(place).filter(|name| !name.is_empty()).map(|name| name.to_string()),
        type_oid: *type_oid as u32,
        default: None,
    };
    let mut parameters: Vec<Parameter> = types.iter().enumerate().map(parameter).collect();
    // Defaults are those of the last input parameters.
    let inputs = parameters.iter_mut().filter(|parameter| parameter.is_input()).rev();
    for (parameter, default) in inputs.zip(expressions(&stored).into_iter().rev()) {
        parameter.default = Some(default.to_owned());
    }
    parameters
}

/// The parameters of a function as its declaration has them.
pub(super) fn parameters(naming: &Naming<'_>, row: &CatalogRow<'_>, shown: Shown) -> String {
    let is_procedure = row.char("prokind") == Some(b'p');
    let all = all_parameters(row);
    let wanted = all.iter().filter(|parameter| (parameter.mode == b't') == (shown == Shown::Columns));
    let texts: Vec<String> = wanted.map(|parameter| parameter.text(naming, is_procedure, shown)).collect();
    match direct_arguments(naming, row).filter(|_| shown != Shown::Columns) {
        Some(direct) => ordered_set(&texts, direct, row.oid("provariadic").is_some_and(|variadic| variadic != 0)),
        None => texts.join(", "),
    }
}

/// How many of an ordered-set aggregate's parameters stand before ORDER BY.
fn direct_arguments(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<usize> {
    if row.char("prokind") != Some(b'a') {
        return None;
    }
    let aggregate = naming.catalog.find_one(oid::PG_AGGREGATE, &["aggfnoid"], &[row.get("oid")])?;
    let is_ordered_set = aggregate.char("aggkind")? != b'n';
    is_ordered_set.then_some(aggregate.int("aggnumdirectargs")? as usize)
}

/// A variadic parameter that is both the last direct and the only ordered one stands on both sides.
fn ordered_set(texts: &[String], direct: usize, is_variadic: bool) -> String {
    let (before, after) = texts.split_at(direct.min(texts.len()));
    let after = match before.last() {
        Some(last) if after.is_empty() && is_variadic => std::slice::from_ref(last),
        _ => after,
    };
    let space = if before.is_empty() { "" } else { " " };
    format!("{}{space}ORDER BY {}", before.join(", "), after.join(", "))
}

/// What a function gives; a procedure gives nothing.
pub(super) fn result(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<String> {
    if row.char("prokind") == Some(b'p') {
        return None;
    }
    if row.bool("proretset") != Some(true) {
        return Some(naming.type_name(row.oid("prorettype")?, None));
    }
    let columns = parameters(naming, row, Shown::Columns);
    if !columns.is_empty() {
        return Some(format!("TABLE({columns})"));
    }
    Some(format!("SETOF {}", naming.type_name(row.oid("prorettype")?, None)))
}

/// The default of a parameter by its number, which counts all of them from 1.
fn pg_get_function_arg_default(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (Some(row), Ok(place)) = (context.catalog.by_oid(oid::PG_PROC, arguments.oid(0)?), usize::try_from(arguments.int(1)? - 1)) else {
        return Ok(Value::Null);
    };
    Ok(all_parameters(&row).into_iter().nth(place).and_then(|parameter| parameter.default).into())
}

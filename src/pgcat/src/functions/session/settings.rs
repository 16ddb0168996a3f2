//! Settings: `current_setting`, `set_config`, `pg_show_all_settings`.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, SetEntry};
use crate::functions::Arguments;
use crate::functions::catalog::records::{Columns, rows};
use crate::io;
use crate::statics::{self, Setting};
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("show_config_by_name", |context, _, arguments| {
        let name = arguments.text(0)?;
        shown(context, name).map(Value::from).ok_or_else(|| unrecognized(name))
    }),
    ScalarEntry::new("show_config_by_name_missing_ok", |context, _, arguments| {
        let (name, missing_ok) = (arguments.text(0)?, arguments.bool(1)?);
        match shown(context, name) {
            None if !missing_ok => Err(unrecognized(name)),
            value => Ok(value.into()),
        }
    }),
    ScalarEntry::new("set_config_by_name", |context, _, arguments| set(context, arguments)),
    ScalarEntry::new("pg_settings_get_flags", |context, _, arguments| {
        let name = arguments.text(0)?;
        let setting = statics::settings().iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
        setting.map_or(Ok(Value::Null), |setting| io::input(context, oid::TEXT_ARRAY, -1, setting.flags))
    }),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("show_all_settings", |context, _, _| Ok(rows(COLUMNS, all(context)?)))];

const COLUMNS: Columns = &[
    ("name", oid::TEXT),
    ("setting", oid::TEXT),
    ("unit", oid::TEXT),
    ("category", oid::TEXT),
    ("short_desc", oid::TEXT),
    ("extra_desc", oid::TEXT),
    ("context", oid::TEXT),
    ("vartype", oid::TEXT),
    ("source", oid::TEXT),
    ("min_val", oid::TEXT),
    ("max_val", oid::TEXT),
    ("enumvals", oid::TEXT_ARRAY),
    ("boot_val", oid::TEXT),
    ("reset_val", oid::TEXT),
    ("sourcefile", oid::TEXT),
    ("sourceline", oid::INT4),
    ("pending_restart", oid::BOOL),
];

/// The session's value, or that of a new server for what the session does not have.
fn shown(context: &Context<'_>, name: &str) -> Option<String> {
    let initial = || statics::settings().iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
    context.host.setting(name).or_else(|| initial().and_then(|setting| setting.setting.map(str::to_owned)))
}

fn unrecognized(name: &str) -> Error {
    Error::new(Code::UndefinedObject, format!("unrecognized configuration parameter \"{name}\""))
}

/// Null as the value is the default.
fn set(context: &Context<'_>, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(0) {
        return Err(Error::new(Code::NullValue, "SET requires parameter name"));
    }
    let name = arguments.text(0)?;
    let default = statics::settings().iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
    let value = match &arguments[1] {
        Value::Null => default.and_then(|setting| setting.reset_val).unwrap_or_default(),
        _ => arguments.text(1)?,
    };
    let local = !arguments.is_null(2) && arguments.bool(2)?;
    Ok(context.host.set_setting(name, value, local)?.into())
}

/// Every setting of PostgreSQL with the session's value, and what else the session knows.
fn all(context: &Context<'_>) -> Result<Vec<Vec<Value>>> {
    let known = context.host.settings();
    let mut settings = Vec::new();
    for setting in statics::settings() {
        let value = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(setting.name)).map(|(_, value)| in_unit(value, setting));
        settings.push(row(context, setting, value)?);
    }
    for (name, value) in &known {
        if statics::settings().iter().all(|setting| !setting.name.eq_ignore_ascii_case(name)) {
            settings.push(custom(name, value));
        }
    }
    settings.sort_by(|left, right| left[0].as_str().cmp(&right[0].as_str()));
    Ok(settings)
}

fn row(context: &Context<'_>, setting: &Setting, value: Option<String>) -> Result<Vec<Value>> {
    let text = |text: Option<&str>| Value::from(text);
    let is_changed = value.as_deref().is_some_and(|value| Some(value) != setting.reset_val);
    Ok(vec![
        setting.name.into(),
        value.map_or_else(|| text(setting.setting), Value::from),
        text(setting.unit),
        setting.category.into(),
        setting.short_desc.into(),
        text(setting.extra_desc),
        setting.context.into(),
        setting.vartype.into(),
        if is_changed { "session" } else { setting.source }.into(),
        text(setting.min_val),
        text(setting.max_val),
        setting.enumvals.map_or(Ok(Value::Null), |labels| io::input(context, oid::TEXT_ARRAY, -1, labels))?,
        text(setting.boot_val),
        text(setting.reset_val),
        Value::Null,
        Value::Null,
        Value::Bool(false),
    ])
}

fn custom(name: &str, value: &str) -> Vec<Value> {
    let mut row = vec![Value::Null; COLUMNS.len()];
    row[..2].clone_from_slice(&[name.into(), value.into()]);
    (row[3], row[4]) = ("Customized Options".into(), "".into());
    (row[6], row[7], row[8]) = ("user".into(), "string".into(), "session".into());
    row[16] = Value::Bool(false);
    row
}

/// A value as SHOW prints it, for example `4MB`, as a number of the setting's unit.
fn in_unit(shown: &str, setting: &Setting) -> String {
    let Some(unit) = setting.unit else { return shown.to_owned() };
    let (number, suffix) = shown.split_at(shown.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(shown.len()));
    let (block, base) = unit.split_at(unit.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(0));
    match (number.parse::<f64>(), size(suffix), size(base)) {
        (Ok(number), Some(suffix), Some(base)) => format!("{}", number * suffix / (base * block.parse().unwrap_or(1.0))),
        _ => shown.to_owned(),
    }
}

/// Units of memory in bytes, those of time in milliseconds.
fn size(unit: &str) -> Option<f64> {
    Some(match unit {
        "B" => 1.0,
        "kB" => 1024.0,
        "MB" => 1024.0 * 1024.0,
        "GB" => 1024.0 * 1024.0 * 1024.0,
        "TB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pg_settings` has numbers of the unit, SHOW the largest unit that is whole.
    #[test]
    fn values_are_numbers_of_the_unit() {
        let setting = |name: &str| statics::settings().iter().find(|setting| setting.name == name).unwrap();
        assert_eq!(in_unit("4MB", setting("work_mem")), "4096");
        assert_eq!(in_unit("128MB", setting("shared_buffers")), "16384");
        assert_eq!(in_unit("1min", setting("statement_timeout")), "60000");
        assert_eq!(in_unit("0", setting("statement_timeout")), "0");
        assert_eq!(in_unit("-1", setting("temp_file_limit")), "-1");
        assert_eq!(in_unit("on", setting("jit")), "on");
    }
}

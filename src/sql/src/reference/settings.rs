//! The page of settings.

use std::collections::BTreeMap;

use super::markdown::{code, codes, table};
use crate::settings::{SettingRow, Settings};

const INTRODUCTION: &str = "# Settings

The settings of a session, under PostgreSQL's names. `SET`, `RESET`, `SHOW`, `current_setting` and `set_config` work on them, a client
can give them at connect (`options=-c name=value`), and `SELECT * FROM admin.settings` shows what holds now. Those without a `user`
below say what metagate is and cannot be set.
";

pub(super) fn page() -> String {
    let mut categories: BTreeMap<&str, Vec<SettingRow>> = BTreeMap::new();
    for setting in Settings::default().rows() {
        categories.entry(setting.category).or_default().push(setting);
    }
    let mut text = INTRODUCTION.to_owned();
    for (category, settings) in categories {
        let header = ["setting", "default", "values", "set by", "in PostgreSQL", "here"];
        text.push_str(&format!("\n## {category}\n\n{}", table(header, settings.iter().map(row))));
    }
    text
}

fn row(setting: &SettingRow) -> [String; 6] {
    let set_by = if setting.context == "user" { "user" } else { "" };
    [
        code(&setting.name),
        code(&setting.shown),
        values(setting),
        set_by.to_owned(),
        setting.description.to_owned(),
        setting.effect.to_owned(),
    ]
}

fn values(setting: &SettingRow) -> String {
    let unit = setting.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    match (&setting.min_val, &setting.max_val) {
        _ if !setting.enumvals.is_empty() => codes(&setting.enumvals),
        (Some(least), Some(greatest)) => format!("{least} to {greatest}{unit}"),
        _ => setting.vartype.to_owned(),
    }
}

//! The server: when it began, what it has, and what it never does.

use spi::Result;

use crate::function::{Context, RowSource, ScalarEntry, SetEntry};
use crate::functions::catalog::records::{Columns, nothing, rows};
use crate::io;
use crate::statics;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_postmaster_start_time", |context, _, _| Ok(Value::Timestamp(context.host.started_at()))),
    ScalarEntry::new("pg_conf_load_time", |context, _, _| Ok(Value::Timestamp(context.host.started_at()))),
    ScalarEntry::new("pg_is_in_recovery", |_, _, _| Ok(false.into())),
    ScalarEntry::new("pg_jit_available", |_, _, _| Ok(false.into())),
    // Nobody listens, so that a notification reaches nobody.
    ScalarEntry::new("pg_notify", |_, _, _| Ok("".into())),
    ScalarEntry::new("pg_notification_queue_usage", |_, _, _| Ok(Value::Float(0.0))),
];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("pg_get_keywords", |_, _, _| {
        let keyword = |keyword: &statics::Keyword| {
            vec![keyword.word.into(), keyword.catcode.into(), keyword.barelabel.into(), keyword.catdesc.into(), keyword.baredesc.into()]
        };
        Ok(rows(KEYWORDS, statics::keywords().iter().map(keyword).collect()))
    }),
    SetEntry::new("pg_available_extensions", |_, _, _| {
        let extension =
            |extension: &statics::AvailableExtension| vec![extension.name.into(), extension.version.into(), extension.comment.into()];
        Ok(rows(EXTENSIONS, statics::available_extensions().iter().map(extension).collect()))
    }),
    SetEntry::new("pg_available_extension_versions", |context, _, _| extension_versions(context)),
    SetEntry::new("pg_timezone_abbrevs", |context, _, _| time_zone_abbreviations(context)),
    SetEntry::new("pg_lock_status", nothing),
    SetEntry::new("show_all_file_settings", nothing),
    SetEntry::new("pg_show_replication_origin_status", nothing),
];

const KEYWORDS: Columns =
    &[("word", oid::TEXT), ("catcode", oid::CHAR), ("barelabel", oid::BOOL), ("catdesc", oid::TEXT), ("baredesc", oid::TEXT)];

const EXTENSIONS: Columns = &[("name", oid::NAME), ("default_version", oid::TEXT), ("comment", oid::TEXT)];

const EXTENSION_VERSIONS: Columns = &[
    ("name", oid::NAME),
    ("version", oid::TEXT),
    ("superuser", oid::BOOL),
    ("trusted", oid::BOOL),
    ("relocatable", oid::BOOL),
    ("schema", oid::NAME),
    ("requires", oid::NAME_ARRAY),
    ("comment", oid::TEXT),
];

const ABBREVIATIONS: Columns = &[("abbrev", oid::TEXT), ("utc_offset", oid::INTERVAL), ("is_dst", oid::BOOL)];

fn extension_versions(context: &Context<'_>) -> Result<RowSource> {
    let mut versions = Vec::new();
    for extension in statics::available_extensions() {
        let requires = extension.requires.map_or(Ok(Value::Null), |names| io::input(context, oid::NAME_ARRAY, -1, names))?;
        versions.push(vec![
            extension.name.into(),
            extension.version.into(),
            extension.superuser.into(),
            extension.trusted.into(),
            extension.relocatable.into(),
            extension.schema.into(),
            requires,
            extension.comment.into(),
        ]);
    }
    Ok(rows(EXTENSION_VERSIONS, versions))
}

fn time_zone_abbreviations(context: &Context<'_>) -> Result<RowSource> {
    let mut abbreviations = Vec::new();
    for abbreviation in statics::time_zone_abbreviations() {
        let offset = io::input(context, oid::INTERVAL, -1, abbreviation.utc_offset)?;
        abbreviations.push(vec![abbreviation.abbrev.into(), offset, abbreviation.is_dst.into()]);
    }
    Ok(rows(ABBREVIATIONS, abbreviations))
}

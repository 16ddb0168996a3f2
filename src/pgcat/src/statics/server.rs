//! What a server says of itself: settings, key words, abbreviations of time zones, types of tokens, extensions.

use std::sync::LazyLock;

use super::file::section;

/// A setting as `pg_show_all_settings()` gives it on a server that nobody has configured; files and folders are left out.
///
/// Its columns `sourcefile` and `sourceline` are NULL and `pending_restart` is false.
#[derive(Debug)]
pub struct Setting {
    pub name: &'static str,
    pub setting: Option<&'static str>,
    pub unit: Option<&'static str>,
    pub category: &'static str,
    pub short_desc: &'static str,
    pub extra_desc: Option<&'static str>,
    /// `internal`, `postmaster`, `sighup`, `superuser-backend`, `backend`, `superuser` or `user`.
    pub context: &'static str,
    /// `bool`, `integer`, `real`, `string` or `enum`.
    pub vartype: &'static str,
    pub source: &'static str,
    pub min_val: Option<&'static str>,
    pub max_val: Option<&'static str>,
    /// The text of an array.
    pub enumvals: Option<&'static str>,
    pub boot_val: Option<&'static str>,
    pub reset_val: Option<&'static str>,
    /// What `pg_settings_get_flags` gives, as the text of an array.
    pub flags: &'static str,
}

/// All settings, by name.
pub fn settings() -> &'static [Setting] {
    static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
        let table = section("settings");
        let setting = |row| Setting {
            name: table.text(row, 0),
            setting: table.get(row, 1),
            unit: table.get(row, 2),
            category: table.text(row, 3),
            short_desc: table.text(row, 4),
            extra_desc: table.get(row, 5),
            context: table.text(row, 6),
            vartype: table.text(row, 7),
            source: table.text(row, 8),
            min_val: table.get(row, 9),
            max_val: table.get(row, 10),
            enumvals: table.get(row, 11),
            boot_val: table.get(row, 12),
            reset_val: table.get(row, 13),
            flags: table.text(row, 14),
        };
        (0..table.len()).map(setting).collect()
    });
    &SETTINGS
}

/// A key word as `pg_get_keywords()` gives it.
#[derive(Debug)]
pub struct Keyword {
    pub word: &'static str,
    /// `U` unreserved, `C` unreserved but no name of a function or type, `T` reserved but one, `R` reserved.
    pub catcode: &'static str,
    /// Whether it can be a column's name without AS.
    pub barelabel: bool,
    pub catdesc: &'static str,
    pub baredesc: &'static str,
}

/// All key words, by name.
pub fn keywords() -> &'static [Keyword] {
    static KEYWORDS: LazyLock<Vec<Keyword>> = LazyLock::new(|| {
        let table = section("keywords");
        let keyword = |row| Keyword {
            word: table.text(row, 0),
            catcode: table.text(row, 1),
            barelabel: table.truth(row, 2),
            catdesc: table.text(row, 3),
            baredesc: table.text(row, 4),
        };
        (0..table.len()).map(keyword).collect()
    });
    &KEYWORDS
}

/// An abbreviation as `pg_timezone_abbrevs` has it.
#[derive(Debug)]
pub struct TimeZoneAbbreviation {
    pub abbrev: &'static str,
    /// The text of an interval.
    pub utc_offset: &'static str,
    pub is_dst: bool,
}

/// All abbreviations, by name.
pub fn time_zone_abbreviations() -> &'static [TimeZoneAbbreviation] {
    static ABBREVIATIONS: LazyLock<Vec<TimeZoneAbbreviation>> = LazyLock::new(|| {
        let table = section("time_zone_abbreviations");
        let abbreviation =
            |row| TimeZoneAbbreviation { abbrev: table.text(row, 0), utc_offset: table.text(row, 1), is_dst: table.truth(row, 2) };
        (0..table.len()).map(abbreviation).collect()
    });
    &ABBREVIATIONS
}

/// A type of token as `ts_token_type` gives it for the only parser of texts, `default`.
#[derive(Debug)]
pub struct TokenType {
    pub tokid: i32,
    pub alias: &'static str,
    pub description: &'static str,
}

/// All types of tokens, by number.
pub fn text_search_token_types() -> &'static [TokenType] {
    static TYPES: LazyLock<Vec<TokenType>> = LazyLock::new(|| {
        let table = section("text_search_token_types");
        let token_type = |row| TokenType { tokid: table.number(row, 0), alias: table.text(row, 1), description: table.text(row, 2) };
        (0..table.len()).map(token_type).collect()
    });
    &TYPES
}

/// The names that `pg_config()` gives, in its order. Their values are facts of a machine.
pub fn configuration_names() -> impl ExactSizeIterator<Item = &'static str> {
    let table = section("configuration_names");
    (0..table.len()).map(|row| table.text(row, 0))
}

/// A version of an extension as `pg_available_extension_versions` has it.
#[derive(Debug)]
pub struct AvailableExtension {
    pub name: &'static str,
    pub version: &'static str,
    pub superuser: bool,
    pub trusted: bool,
    pub relocatable: bool,
    pub schema: Option<&'static str>,
    /// The text of an array.
    pub requires: Option<&'static str>,
    pub comment: Option<&'static str>,
}

/// The extensions of a server to which none was added: its procedural language.
pub fn available_extensions() -> &'static [AvailableExtension] {
    static EXTENSIONS: LazyLock<Vec<AvailableExtension>> = LazyLock::new(|| {
        let table = section("available_extensions");
        let extension = |row| AvailableExtension {
            name: table.text(row, 0),
            version: table.text(row, 1),
            superuser: table.truth(row, 2),
            trusted: table.truth(row, 3),
            relocatable: table.truth(row, 4),
            schema: table.get(row, 5),
            requires: table.get(row, 6),
            comment: table.get(row, 7),
        };
        (0..table.len()).map(extension).collect()
    });
    &EXTENSIONS
}

//! The SQL of static objects: what functions such as `pg_get_viewdef` answer for them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::file::section;
use super::relations::relation_named;
use super::rows::StaticRows;

/// The text of an object in both forms that PostgreSQL writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    pub plain: &'static str,
    /// With few parentheses, for people.
    pub pretty: &'static str,
}

impl Definition {
    /// The form that a function with an argument `pretty` is asked for.
    pub fn text(self, pretty: bool) -> &'static str {
        if pretty { self.pretty } else { self.plain }
    }
}

/// What `pg_get_viewdef(oid, pretty)` gives for a view of `pg_catalog` or `information_schema`.
pub fn view_definition(oid: u32, pretty: bool) -> Option<&'static str> {
    static PLAIN: LazyLock<Texts> = LazyLock::new(|| Texts::new("view_definitions"));
    static PRETTY: LazyLock<Texts> = LazyLock::new(|| Texts::new("view_definitions_pretty"));
    let texts: &Texts = if pretty { &PRETTY } else { &PLAIN };
    Some(texts.table.text(texts.row(oid)?, 1))
}

/// What `pg_get_ruledef` gives for a static rule that is not the `_RETURN` of a view.
pub fn rule_definition(oid: u32) -> Option<Definition> {
    static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new("rule_definitions"));
    TEXTS.definition(oid)
}

/// What `pg_get_indexdef` gives for a static index.
pub fn index_definition(oid: u32) -> Option<Definition> {
    static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new("index_definitions"));
    TEXTS.definition(oid)
}

/// What `pg_get_constraintdef` gives for a static constraint.
pub fn constraint_definition(oid: u32) -> Option<Definition> {
    static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new("constraint_definitions"));
    TEXTS.definition(oid)
}

/// The texts of a function's arguments and result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What `pg_get_function_arguments` gives.
    pub arguments: &'static str,
    /// What `pg_get_function_identity_arguments` gives.
    pub identity_arguments: &'static str,
    /// What `pg_get_function_result` gives; a procedure has none.
    pub result: Option<&'static str>,
}

/// The texts of a static function's arguments and result.
pub fn signature(oid: u32) -> Option<Signature> {
    static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new("function_signatures"));
    let (table, row) = (TEXTS.table, TEXTS.row(oid)?);
    Some(Signature { arguments: table.text(row, 1), identity_arguments: table.text(row, 2), result: table.get(row, 3) })
}

/// What `pg_get_function_arg_default` gives for an argument of a static function; arguments are counted from 1.
pub fn function_default(oid: u32, argument: usize) -> Option<&'static str> {
    static DEFAULTS: LazyLock<HashMap<(u32, usize), &'static str>> = LazyLock::new(|| {
        let table = section("function_defaults");
        (0..table.len()).map(|row| ((table.number(row, 0), table.number(row, 1)), table.text(row, 2))).collect()
    });
    DEFAULTS.get(&(oid, argument)).copied()
}

/// What a function in SQL does. Its arguments are there by number (`$1`) or, where they have names, also by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlFunction {
    /// An expression.
    Return(&'static str),
    /// Statements, each ended by a semicolon or the end of the text; the last one's rows are the result.
    Statements(&'static str),
}

/// What a static function in SQL does; `None` where it is none, or written in another language.
pub fn sql_function(oid: u32) -> Option<SqlFunction> {
    static FUNCTIONS: LazyLock<HashMap<u32, SqlFunction>> = LazyLock::new(|| sql_functions().unwrap_or_default());
    FUNCTIONS.get(&oid).copied()
}

/// The OID of the language SQL.
const SQL: u32 = 14;

fn sql_functions() -> Option<HashMap<u32, SqlFunction>> {
    let pg_proc = relation_named("pg_catalog", "pg_proc")?;
    let (language, source, parsed) = (pg_proc.column("prolang")?, pg_proc.column("prosrc")?, pg_proc.column("prosqlbody")?);
    let table = pg_proc.rows();
    let body = |row| {
        let Some(text) = table.get(row, parsed) else { return SqlFunction::Statements(table.text(row, source)) };
        if let Some(expression) = text.strip_prefix("RETURN ") {
            return SqlFunction::Return(expression);
        }
        let statements = text.strip_prefix("BEGIN ATOMIC").and_then(|text| text.strip_suffix("END"));
        SqlFunction::Statements(statements.unwrap_or(text).trim())
    };
    let rows = (0..table.len()).filter(|row| table.number::<u32>(*row, language) == SQL);
    Some(rows.map(|row| (table.number(row, 0), body(row))).collect())
}

/// A table of texts, whose first column is an OID.
struct Texts {
    table: &'static StaticRows,
    rows: HashMap<u32, usize>,
}

impl Texts {
    fn new(name: &str) -> Self {
        let table = section(name);
        Texts { table, rows: (0..table.len()).map(|row| (table.number(row, 0), row)).collect() }
    }

    fn row(&self, oid: u32) -> Option<usize> {
        self.rows.get(&oid).copied()
    }

    fn definition(&self, oid: u32) -> Option<Definition> {
        let row = self.row(oid)?;
        Some(Definition { plain: self.table.text(row, 1), pretty: self.table.text(row, 2) })
    }
}

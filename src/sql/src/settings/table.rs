//! Every setting that sessions have. SET, SHOW, RESET, `current_setting`, `set_config` and `pg_settings` all read this table.

use super::checks;
use super::kind::{Kind, Unit};
use super::lists::{check_date_style, check_search_path};
use super::time_zone;

/// One setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What holds until somebody sets something else, in canonical form.
    pub(crate) default: &'static str,
    pub(crate) context: Context,
    /// Whether clients are told about every change.
    pub(crate) reported: bool,
    /// `pg_settings.category`.
    pub(crate) category: &'static str,
    /// What it is for, in PostgreSQL's words where PostgreSQL has it.
    pub(crate) description: &'static str,
    /// What it does here.
    pub(crate) effect: &'static str,
}

/// Who can change a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// Any session, for itself.
    User,
    /// Nobody while the gateway runs.
    Postmaster,
    /// Nobody: it says what metagate is.
    Internal,
}

impl Context {
    /// `pg_settings.context`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Context::User => "user",
            Context::Postmaster => "postmaster",
            Context::Internal => "internal",
        }
    }
}

/// The version of PostgreSQL that metagate behaves as. Tools read a plain number, and choose their statements by it.
pub(crate) const SERVER_VERSION: &str = "16.10";
const SERVER_VERSION_NUM: &str = "160010";

const DEFAULTS: &str = "Client Connection Defaults / Statement Behavior";
const LOCALE: &str = "Client Connection Defaults / Locale and Formatting";
const PRELOAD: &str = "Client Connection Defaults / Shared Library Preloading";
const PRESET: &str = "Preset Options";
const LOGGING: &str = "Reporting and Logging / What to Log";
const COMPATIBLE: &str = "Version and Platform Compatibility / Previous PostgreSQL Versions";
const LIMITS: &str = "Resource Usage / Memory";
const LOCKS: &str = "Lock Management";
const METHODS: &str = "Query Tuning / Planner Method Configuration";
const PLANNER: &str = "Query Tuning / Other Planner Options";
const WRITING: &str = "Write-Ahead Log / Settings";
const AUTHENTICATION: &str = "Connections and Authentication / Authentication";

const MILLISECONDS: Kind = Kind::Integer { min: 0, max: i32::MAX as i64, unit: Unit::Milliseconds };
const MEMORY: Kind = Kind::Integer { min: 64, max: i32::MAX as i64, unit: Unit::Kilobytes };
const ISOLATION: Kind = Kind::Enum(&["serializable", "repeatable read", "read committed", "read uncommitted"]);
const MESSAGES: Kind = Kind::Enum(&["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"]);

const FIXED: &str = "A fact about metagate.";
const PRESENT: &str = "Shown and kept, because clients set it. There is nothing here that it could change.";

/// In the order of SHOW ALL: by name, without regard to case.
pub(crate) static SETTINGS: &[Setting] = &[
    user(
        "application_name",
        Kind::Checked(checks::application_name),
        "",
        LOGGING,
        "Sets the application name to be reported in statistics and logs.",
        "Shown wherever sessions are.",
    )
    .reported(),
    user(
        "array_nulls",
        Kind::Checked(checks::only_on),
        "on",
        COMPATIBLE,
        "Enable input of NULL elements in arrays.",
        "NULL is always read as a null element.",
    ),
    user(
        "backslash_quote",
        Kind::Enum(&["safe_encoding", "on", "off"]),
        "safe_encoding",
        COMPATIBLE,
        "Sets whether \"\\'\" is allowed in string literals.",
        "E'\\'' is always allowed, which is safe: the encoding is UTF8.",
    ),
    constant("block_size", "8192", PRESET, "Shows the size of a disk block.", "PostgreSQL's default. Nothing is stored in such blocks."),
    user(
        "bytea_output",
        Kind::Enum(&["escape", "hex"]),
        "hex",
        DEFAULTS,
        "Sets the output format for bytea.",
        "Text values of type bytea are written so.",
    ),
    user("check_function_bodies", Kind::Bool, "on", DEFAULTS, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.", PRESENT),
    user(
        "client_encoding",
        Kind::Checked(checks::client_encoding),
        "UTF8",
        LOCALE,
        "Sets the client's character set encoding.",
        "Text travels as UTF8, and every other encoding is refused.",
    )
    .reported(),
    user(
        "client_min_messages",
        MESSAGES,
        "notice",
        DEFAULTS,
        "Sets the message levels that are sent to the client.",
        "Notices and warnings below it are not sent.",
    ),
    user(
        "DateStyle",
        Kind::Checked(check_date_style),
        "ISO, MDY",
        LOCALE,
        "Sets the display format for date and time values.",
        "Dates are written as ISO 8601 has them, and every other format is refused.",
    )
    .reported(),
    constant("debug_assertions", "off", PRESET, "Shows whether the running server has assertion checks enabled.", FIXED),
    user(
        "default_statistics_target",
        Kind::Integer { min: 1, max: 10_000, unit: Unit::None },
        "100",
        PLANNER,
        "Sets the default statistics target.",
        PRESENT,
    ),
    user("default_table_access_method", Kind::Text, "heap", DEFAULTS, "Sets the default table access method for new tables.", PRESENT),
    user("default_tablespace", Kind::Text, "", DEFAULTS, "Sets the default tablespace to create tables and indexes in.", PRESENT),
    user("default_text_search_config", Kind::Text, "pg_catalog.simple", LOCALE, "Sets default text search configuration.", PRESENT),
    user(
        "default_transaction_deferrable",
        Kind::Bool,
        "off",
        DEFAULTS,
        "Sets the default deferrable status of new transactions.",
        "What transaction_deferrable is when a transaction begins.",
    ),
    user(
        "default_transaction_isolation",
        ISOLATION,
        "read committed",
        DEFAULTS,
        "Sets the transaction isolation level of each new transaction.",
        "What transaction_isolation is when a transaction begins.",
    ),
    user(
        "default_transaction_read_only",
        Kind::Bool,
        "off",
        DEFAULTS,
        "Sets the default read-only status of new transactions.",
        "What transaction_read_only is when a transaction begins.",
    )
    .reported(),
    user(
        "escape_string_warning",
        Kind::Bool,
        "on",
        COMPATIBLE,
        "Warn about backslash escapes in ordinary string literals.",
        "A backslash in an ordinary literal is a backslash, so there is nothing to warn about.",
    ),
    user(
        "extra_float_digits",
        Kind::Integer { min: -15, max: 3, unit: Unit::None },
        "1",
        LOCALE,
        "Sets the number of digits displayed for floating-point values.",
        "Above 0, floating-point numbers are written with as many digits as bring back the same number; otherwise with fewer.",
    ),
    user(
        "idle_in_transaction_session_timeout",
        MILLISECONDS,
        "0",
        DEFAULTS,
        "Sets the maximum allowed idle time between queries, when in a transaction.",
        "Ends a session that is idle in a transaction for longer.",
    ),
    user(
        "idle_session_timeout",
        MILLISECONDS,
        "0",
        DEFAULTS,
        "Sets the maximum allowed idle time between queries, when not in a transaction.",
        "Ends a session that is idle outside a transaction for longer.",
    ),
    constant("in_hot_standby", "off", PRESET, "Shows whether hot standby is currently active.", FIXED).reported(),
    constant("integer_datetimes", "on", PRESET, "Shows whether datetimes are integer based.", FIXED).reported(),
    user(
        "IntervalStyle",
        Kind::Checked(checks::interval_style),
        "postgres",
        LOCALE,
        "Sets the display format for interval values.",
        "Intervals are written as PostgreSQL writes them by default, and every other format is refused.",
    )
    .reported(),
    constant(
        "is_superuser",
        "off",
        PRESET,
        "Shows whether the current user is a superuser.",
        "Whether the role of the session is a superuser.",
    )
    .reported(),
    user("jit", Kind::Bool, "off", PLANNER, "Allow JIT compilation.", PRESENT),
    user(
        "lc_messages",
        Kind::Checked(checks::only_c_locale),
        "C",
        LOCALE,
        "Sets the language in which messages are displayed.",
        "Messages are in English.",
    ),
    user(
        "lc_monetary",
        Kind::Checked(checks::only_c_locale),
        "C",
        LOCALE,
        "Sets the locale for formatting monetary amounts.",
        "Amounts are numbers.",
    ),
    user(
        "lc_numeric",
        Kind::Checked(checks::only_c_locale),
        "C",
        LOCALE,
        "Sets the locale for formatting numbers.",
        "Numbers have a decimal point.",
    ),
    user(
        "lc_time",
        Kind::Checked(checks::only_c_locale),
        "C",
        LOCALE,
        "Sets the locale for formatting date and time values.",
        "Names of months are in English.",
    ),
    user(
        "lock_timeout",
        MILLISECONDS,
        "0",
        DEFAULTS,
        "Sets the maximum allowed duration of any wait for a lock.",
        "No statement waits for a lock of another session, so any is honoured.",
    ),
    constant("max_function_args", "100", PRESET, "Shows the maximum number of function arguments.", "PostgreSQL's limit."),
    constant(
        "max_identifier_length",
        "63",
        PRESET,
        "Shows the maximum identifier length.",
        "The longest name of a data source or role, in bytes.",
    ),
    constant(
        "max_index_keys",
        "32",
        PRESET,
        "Shows the maximum number of index keys.",
        "PostgreSQL's limit, by which clients unfold the columns of keys.",
    ),
    postmaster("max_locks_per_transaction", "64", LOCKS, "Sets the maximum number of locks per transaction.", PRESENT),
    postmaster(
        "max_prepared_transactions",
        "0",
        LIMITS,
        "Sets the maximum number of simultaneously prepared transactions.",
        "Transactions cannot be prepared for two-phase commit.",
    ),
    user(
        "metagate.enable_pushdown",
        Kind::Bool,
        "on",
        METHODS,
        "Enables the planner to have data sources answer whole parts of a query.",
        "When off, joins, aggregates and sorts are done by the gateway, over the rows that each source gives.",
    ),
    constant("metagate.version", "", PRESET, "Shows the version of metagate.", FIXED),
    user(
        "password_encryption",
        Kind::Enum(&["scram-sha-256"]),
        "scram-sha-256",
        AUTHENTICATION,
        "Chooses the algorithm for encrypting passwords.",
        "Passwords are kept as SCRAM-SHA-256 verifiers only.",
    ),
    user("quote_all_identifiers", Kind::Bool, "off", COMPATIBLE, "When generating SQL fragments, quote all identifiers.", PRESENT),
    user(
        "role",
        Kind::Checked(checks::only_role_none),
        "none",
        DEFAULTS,
        "Sets the current role.",
        "The role of a session is the one that logged in.",
    ),
    user("row_security", Kind::Bool, "on", DEFAULTS, "Enable row security.", "No table has row security, so either is honoured."),
    user(
        "search_path",
        Kind::Checked(check_search_path),
        "\"$user\", public",
        DEFAULTS,
        "Sets the schema search order for names that are not schema-qualified.",
        "Where names without a schema are looked up.",
    ),
    constant("segment_size", "131072", PRESET, "Shows the number of pages per disk file.", "PostgreSQL's default, in blocks."),
    constant("server_encoding", "UTF8", PRESET, "Shows the server (database) character set encoding.", FIXED).reported(),
    constant("server_version", SERVER_VERSION, PRESET, "Shows the server version.", "The version of PostgreSQL that metagate behaves as.")
        .reported(),
    constant("server_version_num", SERVER_VERSION_NUM, PRESET, "Shows the server version as an integer.", "The same as a number."),
    user(
        "session_authorization",
        Kind::Checked(checks::only_login_role),
        "",
        DEFAULTS,
        "Sets the session user name.",
        "The role that logged in.",
    )
    .reported(),
    postmaster("shared_preload_libraries", "", PRELOAD, "Lists shared libraries to preload into server.", "Libraries cannot be loaded."),
    user(
        "standard_conforming_strings",
        Kind::Checked(checks::only_on),
        "on",
        COMPATIBLE,
        "Causes '...' strings to treat backslashes literally.",
        "Always on.",
    )
    .reported(),
    user(
        "statement_timeout",
        MILLISECONDS,
        "0",
        DEFAULTS,
        "Sets the maximum allowed duration of any statement.",
        "Cancels a statement that takes longer, its planning and its last row included.",
    ),
    user(
        "synchronous_commit",
        Kind::Enum(&["local", "remote_write", "remote_apply", "on", "off"]),
        "on",
        WRITING,
        "Sets the current transaction's synchronization level.",
        "Changes are durable before they are acknowledged, which is more than any value asks for.",
    ),
    user(
        "TimeZone",
        Kind::Checked(time_zone::check),
        "UTC",
        LOCALE,
        "Sets the time zone for displaying and interpreting time stamps.",
        "Timestamps with time zone are shown in it, and read in it where they name none.",
    )
    .reported(),
    user(
        "transaction_deferrable",
        Kind::Bool,
        "off",
        DEFAULTS,
        "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.",
        "No transaction has to wait, so either is honoured.",
    ),
    user(
        "transaction_isolation",
        ISOLATION,
        "read committed",
        DEFAULTS,
        "Sets the current transaction's isolation level.",
        "A transaction sees metadata as of its first statement. Rows are as isolated as each data source isolates statements.",
    ),
    user(
        "transaction_read_only",
        Kind::Bool,
        "off",
        DEFAULTS,
        "Sets the current transaction's read-only status.",
        "Refuses administrative procedures and statements that change anything.",
    ),
    user(
        "work_mem",
        MEMORY,
        "4096",
        LIMITS,
        "Sets the maximum memory to be used for query workspaces.",
        "Shown and kept. All statements share the gateway's memory, and spill when it is used up.",
    ),
    user("xmlbinary", Kind::Enum(&["base64", "hex"]), "base64", DEFAULTS, "Sets how binary values are to be encoded in XML.", PRESENT),
    user(
        "xmloption",
        Kind::Enum(&["content", "document"]),
        "content",
        DEFAULTS,
        "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.",
        PRESENT,
    ),
];

/// The setting of a name, in any case. `TIME ZONE` and the like are the parser's.
pub(crate) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name.eq_ignore_ascii_case(name))
}

const fn user(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    category: &'static str,
    description: &'static str,
    effect: &'static str,
) -> Setting {
    Setting { name, kind, default, context: Context::User, reported: false, category, description, effect }
}

const fn constant(
    name: &'static str,
    default: &'static str,
    category: &'static str,
    description: &'static str,
    effect: &'static str,
) -> Setting {
    Setting { context: Context::Internal, ..user(name, Kind::Text, default, category, description, effect) }
}

const fn postmaster(
    name: &'static str,
    default: &'static str,
    category: &'static str,
    description: &'static str,
    effect: &'static str,
) -> Setting {
    Setting { context: Context::Postmaster, ..user(name, Kind::Text, default, category, description, effect) }
}

impl Setting {
    const fn reported(self) -> Setting {
        Setting { reported: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_defaults_are_canonical() {
        let names: Vec<String> = SETTINGS.iter().map(|setting| setting.name.to_lowercase()).collect();
        assert!(names.is_sorted());
        for setting in SETTINGS.iter().filter(|setting| setting.name != "session_authorization") {
            let default = setting.kind.read(setting.name, setting.default).expect("the default is a value");
            assert_eq!(default, setting.default, "{}", setting.name);
        }
    }
}

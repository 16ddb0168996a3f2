//! The settings of a session, and what SET, RESET, SHOW and the ends of transactions do to them.
//!
//! A [`Settings`] is immutable. [`SessionSettings`] holds the current one; changing a setting, committing and rolling back each
//! replace it as a whole, so a statement that looks at one [`Settings`] sees one state.

mod checks;
mod kind;
mod lists;
pub(crate) mod table;
mod time_zone;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use spi::{Code, Error, Result};

use crate::answer::Severity;
use crate::parse::TransactionModes;
use kind::Kind;
pub(crate) use kind::parse_bool;
pub(crate) use lists::quote_identifier;
use table::Context;
pub(crate) use table::SERVER_VERSION;
use table::{SETTINGS, Setting, find};
pub(crate) use time_zone::{arrow_time_zone, offset_name};

/// Enough for the prefixed names of any tool, and too few to fill memory with.
const CUSTOM_SETTINGS_MAX: usize = 200;
/// The prefix of our own settings: names of it that are not in the table are misspelt.
const OWN_PREFIX: &str = "metagate.";

/// Values by canonical name, in canonical form.
type Values = BTreeMap<String, Arc<str>>;

/// All settings of a session at one moment.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What RESET returns to: the values that the session was opened with. The table's defaults are below them.
    opened_with: Arc<Values>,
    /// What COMMIT keeps.
    session: Values,
    /// What holds now: the session's values, and those that were set for the transaction only.
    current: Values,
}

/// For how long a value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Until the session ends, if the transaction commits.
    Session,
    /// Until the transaction ends.
    Transaction,
}

/// A setting as `pg_settings` and SHOW ALL list it.
pub struct SettingRow {
    pub name: String,
    /// The value in base units.
    pub setting: String,
    /// The value as SHOW prints it.
    pub shown: String,
    pub unit: Option<&'static str>,
    pub category: &'static str,
    pub description: &'static str,
    pub effect: &'static str,
    pub context: &'static str,
    pub vartype: &'static str,
    /// `default`, `session` or, for what the client asked for at startup, `client`.
    pub source: &'static str,
    pub min_val: Option<String>,
    pub max_val: Option<String>,
    pub enumvals: Vec<&'static str>,
    pub boot_val: String,
    pub reset_val: String,
}

impl Settings {
    /// The value of a setting as SHOW prints it.
    pub fn show(&self, name: &str) -> Result<String> {
        self.show_if_known(name).ok_or_else(|| unrecognized(name))
    }

    /// The same, or `None` if there is no such setting, for `current_setting(name, true)`.
    pub fn show_if_known(&self, name: &str) -> Option<String> {
        match find(name) {
            Some(setting) => Some(setting.kind.show(self.value(setting))),
            None => {
                let name = name.to_ascii_lowercase();
                self.current.get(&name).or_else(|| self.opened_with.get(&name)).map(|value| value.to_string())
            }
        }
    }

    /// Every setting, by name.
    pub fn rows(&self) -> Vec<SettingRow> {
        let known = SETTINGS.iter().map(|setting| self.row(setting));
        let custom = self.current.keys().chain(self.opened_with.keys()).filter(|name| find(name).is_none());
        let mut custom: Vec<SettingRow> = custom.map(|name| self.custom_row(name)).collect();
        let mut rows: Vec<SettingRow> = known.collect();
        rows.append(&mut custom);
        rows.sort_by_cached_key(|row| row.name.to_lowercase());
        rows.dedup_by(|left, right| left.name == right.name);
        rows
    }

    /// How long a statement may take.
    pub fn statement_timeout(&self) -> Option<Duration> {
        self.timeout("statement_timeout")
    }

    /// How long the session may wait for its client within a transaction.
    pub fn idle_in_transaction_timeout(&self) -> Option<Duration> {
        self.timeout("idle_in_transaction_session_timeout")
    }

    /// How long the session may wait for its client outside one.
    pub fn idle_session_timeout(&self) -> Option<Duration> {
        self.timeout("idle_session_timeout")
    }

    /// The schemas in which names are looked up. The role's own schema stands where `$user` does. None of them need exist.
    pub fn search_path(&self, role: &str) -> Vec<String> {
        let schemas = lists::identifiers(self.known("search_path")).unwrap_or_default();
        schemas.into_iter().map(|schema| if schema == "$user" { role.to_owned() } else { schema }).collect()
    }

    /// The time zone as Arrow and DataFusion write it: a name, or an offset such as `+03:00`.
    pub fn time_zone(&self) -> String {
        time_zone::for_arrow(self.known("TimeZone"))
    }

    /// The name that the client gave itself.
    pub fn application_name(&self) -> String {
        self.known("application_name").to_string()
    }

    pub fn extra_float_digits(&self) -> i32 {
        self.known("extra_float_digits").parse().unwrap_or(1)
    }

    /// Whether bytea is written as `\x…`, not escaped.
    pub fn bytea_hex(&self) -> bool {
        self.known("bytea_output") == "hex"
    }

    /// Whether the transaction refuses everything that changes something.
    pub fn read_only(&self) -> bool {
        self.known("transaction_read_only") == "on"
    }

    /// Whether data sources are asked whole queries.
    pub(crate) fn enable_pushdown(&self) -> bool {
        self.known("metagate.enable_pushdown") == "on"
    }

    /// What the transaction is like.
    pub(crate) fn transaction_modes(&self) -> TransactionModes {
        let isolation = match self.known("transaction_isolation") {
            "serializable" => "serializable",
            "repeatable read" => "repeatable read",
            "read uncommitted" => "read uncommitted",
            _ => "read committed",
        };
        let deferrable = self.known("transaction_deferrable") == "on";
        TransactionModes { isolation: Some(isolation), read_only: Some(self.read_only()), deferrable: Some(deferrable) }
    }

    /// Whether a message of this severity is sent.
    pub fn sends(&self, severity: Severity) -> bool {
        match self.known("client_min_messages") {
            "error" => false,
            "warning" => severity >= Severity::Warning,
            _ => true,
        }
    }

    /// The reported settings with their values.
    pub(crate) fn reported(&self) -> Vec<(&'static str, String)> {
        let reported = SETTINGS.iter().filter(|setting| setting.reported);
        reported.map(|setting| (setting.name, setting.kind.show(self.value(setting)))).collect()
    }

    /// The canonical value of a setting of the table.
    fn known(&self, name: &str) -> &str {
        find(name).map_or("", |setting| self.value(setting))
    }

    fn value(&self, setting: &Setting) -> &str {
        match self.current.get(setting.name).or_else(|| self.opened_with.get(setting.name)) {
            Some(value) => value,
            // A transaction is what the session says that transactions are by default, until it says otherwise.
            None => match setting.name.strip_prefix("transaction_") {
                Some(characteristic) => self.known(&format!("default_transaction_{characteristic}")),
                None => setting.default,
            },
        }
    }

    fn timeout(&self, name: &str) -> Option<Duration> {
        let milliseconds = self.known(name).parse().ok()?;
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }

    fn row(&self, setting: &Setting) -> SettingRow {
        let value = self.value(setting);
        let (unit, min_val, max_val) = match &setting.kind {
            Kind::Integer { min, max, unit } => (unit.name(), Some(min.to_string()), Some(max.to_string())),
            _ => (None, None, None),
        };
        SettingRow {
            name: setting.name.to_owned(),
            setting: value.to_owned(),
            shown: setting.kind.show(value),
            unit,
            category: setting.category,
            description: setting.description,
            effect: setting.effect,
            context: setting.context.name(),
            vartype: setting.kind.name(),
            source: self.source(setting.name),
            min_val,
            max_val,
            enumvals: match &setting.kind {
                Kind::Enum(words) => words.to_vec(),
                _ => Vec::new(),
            },
            boot_val: setting.default.to_owned(),
            reset_val: self.opened_with.get(setting.name).map_or_else(|| setting.default.to_owned(), |value| value.to_string()),
        }
    }

    fn custom_row(&self, name: &str) -> SettingRow {
        let value = self.show_if_known(name).unwrap_or_default();
        SettingRow {
            name: name.to_owned(),
            setting: value.clone(),
            shown: value,
            unit: None,
            category: "Customized Options",
            description: "",
            effect: "Kept for the client.",
            context: Context::User.name(),
            vartype: "string",
            source: self.source(name),
            min_val: None,
            max_val: None,
            enumvals: Vec::new(),
            boot_val: String::new(),
            reset_val: self.opened_with.get(name).map(|value| value.to_string()).unwrap_or_default(),
        }
    }

    fn source(&self, name: &str) -> &'static str {
        match () {
            () if self.current.contains_key(name) => "session",
            () if self.opened_with.contains_key(name) => "client",
            () => "default",
        }
    }

    fn with(&self, name: &str, value: &str, scope: Scope) -> Result<Settings> {
        let (name, value) = checked(name, value)?;
        let mut changed = self.clone();
        changed.put(name, Some(value), scope)?;
        Ok(changed)
    }

    /// Sets a value, or with `None` returns to the one that the session was opened with.
    fn put(&mut self, name: String, value: Option<Arc<str>>, scope: Scope) -> Result<()> {
        let is_new = value.is_some() && !self.current.contains_key(&name);
        if is_new && self.current.len() >= SETTINGS.len() + CUSTOM_SETTINGS_MAX {
            return Err(Error::new(Code::Limit, "too many settings")
                .detail(format!("A session can have {CUSTOM_SETTINGS_MAX} settings of its own making.")));
        }
        let put = |values: &mut Values, name: String, value: Option<Arc<str>>| match value {
            Some(value) => values.insert(name, value),
            None => values.remove(&name),
        };
        // The characteristics of a transaction end with it, however they were set.
        if scope == Scope::Session && !name.starts_with("transaction_") {
            put(&mut self.session, name.clone(), value.clone());
        }
        put(&mut self.current, name, value);
        Ok(())
    }
}

/// The settings of one session. Clones share them, so that `set_config` can change them while a statement runs.
#[derive(Clone, Debug, Default)]
pub struct SessionSettings {
    current: Arc<RwLock<Arc<Settings>>>,
}

impl SessionSettings {
    /// The settings of a new session: what its client asked for at startup, and what the gateway knows about it.
    pub(crate) fn open(asked: &[(String, String)], known: &[(&str, String)]) -> Result<Self> {
        let mut values: Values = BTreeMap::new();
        for (name, value) in asked {
            let (name, value) = checked(name, value)?;
            values.insert(name, value);
        }
        values.extend(known.iter().map(|(name, value)| ((*name).to_owned(), Arc::from(value.as_str()))));
        let settings = Settings { opened_with: Arc::new(values), ..Settings::default() };
        Ok(Self { current: Arc::new(RwLock::new(Arc::new(settings))) })
    }

    pub fn current(&self) -> Arc<Settings> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// SET, and `set_config`.
    pub fn set(&self, name: &str, value: &str, scope: Scope) -> Result<()> {
        self.replace(|settings| settings.with(name, value, scope))
    }

    /// RESET, and SET … TO DEFAULT.
    pub(crate) fn reset(&self, name: &str, scope: Scope) -> Result<()> {
        let name = changeable_or_custom(name)?;
        self.replace(|settings| {
            let mut changed = settings.clone();
            changed.put(name.clone(), None, scope)?;
            Ok(changed)
        })
    }

    /// RESET ALL. The characteristics of the transaction stay, as in PostgreSQL.
    pub(crate) fn reset_all(&self) {
        let keep = |values: &Values| {
            values
                .iter()
                .filter(|(name, _)| name.starts_with("transaction_"))
                .map(|(name, value)| (name.clone(), Arc::clone(value)))
                .collect()
        };
        let settings = self.current();
        self.restore(Arc::new(Settings {
            opened_with: Arc::clone(&settings.opened_with),
            session: keep(&settings.session),
            current: keep(&settings.current),
        }));
    }

    /// The transaction committed: what was set for it only is over.
    pub(crate) fn commit(&self) {
        let settings = self.current();
        if settings.current != settings.session {
            self.restore(Arc::new(Settings { current: settings.session.clone(), ..Settings::clone(&settings) }));
        }
    }

    /// Settings as they were: the transaction, or a part of it, rolled back.
    pub(crate) fn restore(&self, settings: Arc<Settings>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    fn replace(&self, change: impl FnOnce(&Settings) -> Result<Settings>) -> Result<()> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(change(&current)?);
        Ok(())
    }
}

/// A setting's name as the table writes it.
pub(crate) fn canonical_name(name: &str) -> &str {
    find(name).map_or(name, |setting| setting.name)
}

/// The canonical name and value of a setting that somebody wants to set.
fn checked(name: &str, value: &str) -> Result<(String, Arc<str>)> {
    match find(name) {
        Some(setting) => {
            changeable(setting)?;
            Ok((setting.name.to_owned(), setting.kind.read(setting.name, value)?.into()))
        }
        None => Ok((custom_name(name)?, value.into())),
    }
}

fn changeable_or_custom(name: &str) -> Result<String> {
    match find(name) {
        Some(setting) => changeable(setting).map(|()| setting.name.to_owned()),
        None => custom_name(name),
    }
}

fn changeable(setting: &Setting) -> Result<()> {
    match setting.context {
        Context::User => Ok(()),
        Context::Internal => Err(Error::new(Code::FixedSetting, format!("parameter \"{}\" cannot be changed", setting.name))),
        Context::Postmaster => {
            Err(Error::new(Code::FixedSetting, format!("parameter \"{}\" cannot be changed without restarting the server", setting.name)))
        }
    }
}

/// Names with a prefix, such as `myapp.tenant`, are the client's own.
fn custom_name(name: &str) -> Result<String> {
    let lower = name.to_ascii_lowercase();
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
    };
    match lower.contains('.') && lower.split('.').all(word) && !lower.starts_with(OWN_PREFIX) && lower.len() < 128 {
        true => Ok(lower),
        false => Err(unrecognized(name)),
    }
}

fn unrecognized(name: &str) -> Error {
    let error = Error::new(Code::UndefinedObject, format!("unrecognized configuration parameter \"{name}\""));
    let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    match spi::options::did_you_mean(name, &names) {
        Some(near) => error.hint(format!("Did you mean \"{near}\"?")),
        None => error,
    }
}

#[cfg(test)]
mod tests;

//! The settings of a session that decide how values look as text.

use crate::host::Host;

/// `DateStyle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateStyle {
    pub form: DateForm,
    pub order: DateOrder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    Iso,
    Sql,
    Postgres,
    German,
    /// ISO 8601 with a `T`, as JSON has it. No setting chooses it.
    Xml,
}

/// Which part of a date of three numbers comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

/// `IntervalStyle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalStyle {
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

impl DateStyle {
    pub const ISO: Self = Self { form: DateForm::Iso, order: DateOrder::MonthDayYear };

    pub fn of(host: &dyn Host) -> Self {
        let Some(setting) = host.setting("DateStyle") else { return Self::ISO };
        let (form, order) = setting.split_once(',').unwrap_or((&setting, ""));
        let form = match form.trim().to_ascii_uppercase().as_str() {
            "SQL" => DateForm::Sql,
            "POSTGRES" => DateForm::Postgres,
            "GERMAN" => DateForm::German,
            _ => DateForm::Iso,
        };
        let order = match order.trim().to_ascii_uppercase().as_str() {
            "YMD" => DateOrder::YearMonthDay,
            "DMY" => DateOrder::DayMonthYear,
            _ => DateOrder::MonthDayYear,
        };
        Self { form, order }
    }
}

impl IntervalStyle {
    pub fn of(host: &dyn Host) -> Self {
        match host.setting("IntervalStyle").as_deref() {
            Some("postgres_verbose") => Self::PostgresVerbose,
            Some("sql_standard") => Self::SqlStandard,
            Some("iso_8601") => Self::Iso8601,
            _ => Self::Postgres,
        }
    }
}

/// `extra_float_digits`, which is 1 unless somebody changes it.
pub fn extra_float_digits(host: &dyn Host) -> i32 {
    host.setting("extra_float_digits").and_then(|digits| digits.parse().ok()).unwrap_or(1)
}

/// Whether `bytea_output` is `escape`.
pub fn escapes_bytea(host: &dyn Host) -> bool {
    host.setting("bytea_output").is_some_and(|form| form == "escape")
}

//! A session that has settings and nothing else.

use spi::{Error, Result};

use crate::host::{Activity, Cursor, Host, Object, PreparedStatement};

pub struct TestHost {
    settings: Vec<(String, String)>,
}

impl TestHost {
    /// `name=value` with semicolons between them.
    pub fn new(settings: &str) -> Self {
        let settings = settings.split(';').filter_map(|setting| setting.split_once('='));
        Self { settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }
}

impl Host for TestHost {
    fn current_user(&self) -> &str {
        "postgres"
    }

    fn session_user(&self) -> &str {
        "postgres"
    }

    fn database(&self) -> &str {
        "iorec"
    }

    fn search_path(&self) -> Vec<String> {
        vec!["public".to_owned()]
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.settings.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    fn set_setting(&self, name: &str, _value: &str, _local: bool) -> Result<String> {
        Err(Error::internal(format!("{name} cannot be set here")))
    }

    fn settings(&self) -> Vec<(String, String)> {
        self.settings.clone()
    }

    fn version(&self) -> String {
        String::new()
    }

    fn pid(&self) -> i32 {
        1
    }

    fn client(&self) -> Option<(String, i32)> {
        None
    }

    fn server(&self) -> Option<(String, i32)> {
        None
    }

    fn started_at(&self) -> i64 {
        0
    }

    fn transaction_started_at(&self) -> i64 {
        // 2026-11-21 13:00 UTC.
        848_581_200_000_000
    }

    fn statement_started_at(&self) -> i64 {
        self.transaction_started_at()
    }

    fn clock(&self) -> i64 {
        self.transaction_started_at()
    }

    fn transaction_id(&self) -> u64 {
        1
    }

    fn is_superuser(&self) -> bool {
        true
    }

    fn has_privilege(&self, _role: u32, _object: Object, _privilege: &str) -> bool {
        true
    }

    fn activity(&self) -> Vec<Activity> {
        Vec::new()
    }

    fn cancel_backend(&self, _pid: i32) -> Result<bool> {
        Ok(false)
    }

    fn terminate_backend(&self, _pid: i32) -> Result<bool> {
        Ok(false)
    }

    fn prepared_statements(&self) -> Vec<PreparedStatement> {
        Vec::new()
    }

    fn cursors(&self) -> Vec<Cursor> {
        Vec::new()
    }

    fn notice(&self, _severity: &'static str, _code: &'static str, _message: String) {}

    fn check_cancelled(&self) -> Result<()> {
        Ok(())
    }
}

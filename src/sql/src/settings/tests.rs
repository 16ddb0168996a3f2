//! Settings of a session, apart from transactions.

use super::*;

fn open(asked: &[(&str, &str)]) -> SessionSettings {
    let asked: Vec<(String, String)> = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    SessionSettings::open(&asked, &[("session_authorization", "ann".to_owned())]).expect("settings")
}

#[track_caller]
fn show(settings: &SessionSettings, name: &str) -> String {
    settings.current().show(name).expect("a setting")
}

#[test]
fn reset_returns_to_what_the_session_was_opened_with() {
    let settings = open(&[("APPLICATION_NAME", "psql"), ("lock_timeout", "1min")]);
    assert_eq!((show(&settings, "application_name"), show(&settings, "Lock_Timeout")), ("psql".to_owned(), "1min".to_owned()));
    settings.set("lock_timeout", "0", Scope::Session).expect("a value");
    settings.set("app.user", "7", Scope::Session).expect("a custom setting");
    assert_eq!((show(&settings, "lock_timeout"), show(&settings, "APP.user")), ("0".to_owned(), "7".to_owned()));
    settings.reset("lock_timeout", Scope::Session).expect("a setting");
    assert_eq!(show(&settings, "lock_timeout"), "1min");
    settings.reset_all();
    assert!(settings.current().show("app.user").is_err());
    settings.reset("session_authorization", Scope::Session).expect("a setting");
    assert_eq!(show(&settings, "session_authorization"), "ann");
}

#[test]
fn transactions_are_by_default_as_the_session_says() {
    let settings = open(&[]);
    assert_eq!((show(&settings, "transaction_isolation"), settings.current().read_only()), ("read committed".to_owned(), false));
    settings.set("default_transaction_read_only", "on", Scope::Session).expect("a value");
    assert!(settings.current().read_only());
    settings.set("transaction_read_only", "off", Scope::Session).expect("a value");
    assert!(!settings.current().read_only());
    settings.commit();
    assert!(settings.current().read_only());
}

#[test]
fn unknown_and_fixed_names_are_refused() {
    let settings = open(&[]);
    for (name, sqlstate, message) in [
        ("statement_timeot", "42704", "unrecognized configuration parameter \"statement_timeot\""),
        ("metagate.nonsense", "42704", "unrecognized configuration parameter \"metagate.nonsense\""),
        ("a..b", "42704", "unrecognized configuration parameter \"a..b\""),
        ("server_version", "55P02", "parameter \"server_version\" cannot be changed"),
        ("max_prepared_transactions", "55P02", "parameter \"max_prepared_transactions\" cannot be changed without restarting the server"),
    ] {
        let error = settings.set(name, "1", Scope::Session).expect_err(name);
        assert_eq!((error.code.sqlstate(), error.message.as_str()), (sqlstate, message));
    }
    let error = settings.current().show("statement_timeot").expect_err("unknown");
    assert_eq!(error.hint.as_deref(), Some("Did you mean \"statement_timeout\"?"));
}

#[test]
fn custom_settings_are_bounded() {
    let settings = open(&[]);
    let set = |number: usize| settings.set(&format!("app.s{number}"), "1", Scope::Session);
    let accepted = (0..1_000).take_while(|number| set(*number).is_ok()).count();
    assert!((CUSTOM_SETTINGS_MAX..1_000).contains(&accepted), "{accepted}");
    assert_eq!(set(1_000).expect_err("too many").code, Code::Limit);
    assert!(set(0).is_ok(), "one that exists can still be changed");
}

#[test]
fn every_setting_is_listed_once_with_its_source() {
    let settings = open(&[("app.tenant", "7"), ("statement_timeout", "1min")]);
    settings.set("app.tenant", "8", Scope::Session).expect("a value");
    let rows = settings.current().rows();
    let names: Vec<String> = rows.iter().map(|row| row.name.to_lowercase()).collect();
    assert!(names.is_sorted() && names.len() == SETTINGS.len() + 1);
    let row = |name: &str| rows.iter().find(|row| row.name == name).expect("a row");
    let timeout = row("statement_timeout");
    assert_eq!((timeout.setting.as_str(), timeout.shown.as_str(), timeout.unit, timeout.source), ("60000", "1min", Some("ms"), "client"));
    let tenant = row("app.tenant");
    assert_eq!((tenant.setting.as_str(), tenant.reset_val.as_str(), tenant.source), ("8", "7", "session"));
}

#[test]
fn values_have_their_effect() {
    let settings = open(&[("client_min_messages", "warning"), ("TimeZone", "-3"), ("bytea_output", "escape"), ("extra_float_digits", "0")]);
    let current = settings.current();
    assert!(current.sends(Severity::Warning) && !current.sends(Severity::Notice));
    assert_eq!((current.time_zone().as_str(), current.bytea_hex(), current.extra_float_digits()), ("-03:00", false, 0));
    assert_eq!(current.search_path("ann"), ["ann", "public"]);
    assert_eq!(current.statement_timeout(), None);
}

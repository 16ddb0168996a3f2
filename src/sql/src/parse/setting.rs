//! SET, RESET, SHOW and DISCARD, in all of PostgreSQL's forms.

use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::Tokens;
use super::transaction::{TransactionModes, parse_modes};
use super::{Command, Refused};
use crate::settings::{Scope, offset_name, quote_identifier};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SettingCommand {
    /// Without a value: to the default.
    Set {
        name: String,
        value: Option<String>,
        scope: Scope,
    },
    /// SET TRANSACTION.
    SetTransaction(TransactionModes),
    /// SET SESSION CHARACTERISTICS AS TRANSACTION.
    SetCharacteristics(TransactionModes),
    /// There are no constraints that could be deferred, so that all of them already are as wanted.
    SetConstraints,
    Reset(String),
    ResetAll,
    Show(String),
    ShowAll,
}

pub(super) fn parse_set(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("SET")?;
    if tokens.words(&["SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"]) {
        return Ok(Command::Setting(SettingCommand::SetCharacteristics(parse_modes(tokens)?)));
    }
    if tokens.word("CONSTRAINTS") {
        return parse_constraints(tokens);
    }
    let scope = match tokens.words(&["SESSION", "AUTHORIZATION"]) {
        true => return session_authorization(tokens, Scope::Session),
        false => match tokens.one_of(&["LOCAL", "SESSION"]) {
            Some("LOCAL") => Scope::Transaction,
            _ => Scope::Session,
        },
    };
    if tokens.words(&["SESSION", "AUTHORIZATION"]) {
        return session_authorization(tokens, scope);
    }
    if tokens.word("TRANSACTION") {
        return match tokens.word("SNAPSHOT") {
            true => {
                tokens.string()?;
                Ok(Command::Refused(Refused { kind: "SET TRANSACTION SNAPSHOT".to_owned(), hint: None }))
            }
            false => Ok(Command::Setting(SettingCommand::SetTransaction(parse_modes(tokens)?))),
        };
    }
    let (name, value) = if tokens.words(&["TIME", "ZONE"]) {
        ("TimeZone".to_owned(), time_zone(tokens)?)
    } else if tokens.word("NAMES") {
        ("client_encoding".to_owned(), if tokens.at_end() || tokens.word("DEFAULT") { None } else { Some(tokens.string()?) })
    } else if tokens.word("SCHEMA") {
        ("search_path".to_owned(), Some(quote_identifier(&tokens.string()?)))
    } else if tokens.word("ROLE") {
        ("role".to_owned(), Some(name_or_string(tokens)?))
    } else if tokens.words(&["XML", "OPTION"]) {
        ("xmloption".to_owned(), Some(tokens.identifier()?))
    } else {
        let name = setting_name(tokens)?;
        if !(tokens.word("TO") || tokens.token(&Token::Eq)) {
            return Err(tokens.unexpected());
        }
        let value = if tokens.word("DEFAULT") { None } else { Some(values(tokens, &name)?) };
        (name, value)
    };
    Ok(Command::Setting(SettingCommand::Set { name, value, scope }))
}

pub(super) fn parse_reset(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("RESET")?;
    Ok(Command::Setting(if tokens.word("ALL") { SettingCommand::ResetAll } else { SettingCommand::Reset(any_setting_name(tokens)?) }))
}

pub(super) fn parse_show(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("SHOW")?;
    Ok(Command::Setting(if tokens.word("ALL") { SettingCommand::ShowAll } else { SettingCommand::Show(any_setting_name(tokens)?) }))
}

pub(super) fn parse_discard(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("DISCARD")?;
    match tokens.one_of(&["ALL", "PLANS", "SEQUENCES", "TEMP", "TEMPORARY"]) {
        Some("TEMPORARY") => Ok(Command::Discard("TEMP")),
        Some(what) => Ok(Command::Discard(what)),
        None => Err(tokens.unexpected()),
    }
}

/// The name of a setting, or one of the phrases that stand for one.
fn any_setting_name(tokens: &mut Tokens<'_>) -> Result<String> {
    if tokens.words(&["TIME", "ZONE"]) {
        Ok("TimeZone".to_owned())
    } else if tokens.words(&["TRANSACTION", "ISOLATION", "LEVEL"]) {
        Ok("transaction_isolation".to_owned())
    } else if tokens.words(&["SESSION", "AUTHORIZATION"]) {
        Ok("session_authorization".to_owned())
    } else {
        setting_name(tokens)
    }
}

fn setting_name(tokens: &mut Tokens<'_>) -> Result<String> {
    let mut name = tokens.identifier()?;
    while tokens.token(&Token::Period) {
        name = format!("{name}.{}", tokens.identifier()?);
    }
    Ok(name)
}

/// The values behind `=`. Settings that are lists of names get each name quoted, so that `SET search_path = 'a, b'` is one name.
fn values(tokens: &mut Tokens<'_>, name: &str) -> Result<String> {
    let names = name.eq_ignore_ascii_case("search_path");
    let mut values = Vec::new();
    loop {
        let value = match tokens.number_if_next() {
            Some(number) => number,
            None => name_or_string(tokens)?,
        };
        values.push(if names { quote_identifier(&value) } else { value });
        if !tokens.token(&Token::Comma) {
            break;
        }
    }
    let lists = names || name.eq_ignore_ascii_case("DateStyle");
    match values.len() > 1 && !lists {
        true => Err(Error::new(Code::InvalidArgument, format!("SET {name} takes only one argument"))),
        false => Ok(values.join(", ")),
    }
}

fn name_or_string(tokens: &mut Tokens<'_>) -> Result<String> {
    match tokens.string_if_next() {
        Some(text) => Ok(text),
        None => tokens.any_word().ok_or_else(|| tokens.unexpected()),
    }
}

/// What follows TIME ZONE. A number counts hours east, an interval says the offset.
fn time_zone(tokens: &mut Tokens<'_>) -> Result<Option<String>> {
    if tokens.word("DEFAULT") || tokens.word("LOCAL") {
        return Ok(None);
    }
    if let Some(hours) = tokens.number_if_next() {
        return Ok(Some(hours));
    }
    if !tokens.word("INTERVAL") {
        return name_or_string(tokens).map(Some);
    }
    let offset = tokens.string()?;
    if tokens.word("HOUR") {
        tokens.expect_word("TO")?;
        tokens.expect_word("MINUTE")?;
    }
    let (sign, digits) = match offset.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, offset.strip_prefix('+').unwrap_or(&offset)),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    match (hours.parse::<i32>(), minutes.parse::<i32>()) {
        (Ok(hours @ 0..24), Ok(minutes @ 0..60)) => Ok(Some(offset_name(sign * (hours * 3600 + minutes * 60)))),
        _ => Err(Error::new(Code::InvalidArgument, format!("invalid interval value for time zone: \"{offset}\""))),
    }
}

fn session_authorization(tokens: &mut Tokens<'_>, scope: Scope) -> Result<Command> {
    let value = if tokens.word("DEFAULT") { None } else { Some(name_or_string(tokens)?) };
    Ok(Command::Setting(SettingCommand::Set { name: "session_authorization".to_owned(), value, scope }))
}

fn parse_constraints(tokens: &mut Tokens<'_>) -> Result<Command> {
    if !tokens.word("ALL") {
        tokens.object_name()?;
        while tokens.token(&Token::Comma) {
            tokens.object_name()?;
        }
    }
    match tokens.one_of(&["DEFERRED", "IMMEDIATE"]) {
        Some(_) => Ok(Command::Setting(SettingCommand::SetConstraints)),
        None => Err(tokens.unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;

    #[track_caller]
    fn setting(text: &str) -> SettingCommand {
        match script(text).expect("a statement")[0].command.as_ref() {
            Command::Setting(command) => command.clone(),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[track_caller]
    fn check_set(text: &str, name: &str, value: Option<&str>, scope: Scope) {
        assert_eq!(setting(text), SettingCommand::Set { name: name.to_owned(), value: value.map(str::to_owned), scope }, "{text}");
    }

    #[test]
    fn every_form_of_set() {
        check_set("SET statement_timeout = 500", "statement_timeout", Some("500"), Scope::Session);
        check_set("SET SESSION extra_float_digits TO -3", "extra_float_digits", Some("-3"), Scope::Session);
        check_set("set local Statement_Timeout to '5 s'", "statement_timeout", Some("5 s"), Scope::Transaction);
        check_set(
            "SET search_path TO \"$user\", Public, 'My, schema'",
            "search_path",
            Some("\"$user\", public, \"My, schema\""),
            Scope::Session,
        );
        check_set("SET DateStyle TO ISO, MDY", "datestyle", Some("iso, mdy"), Scope::Session);
        check_set("SET my.app.tenant = on", "my.app.tenant", Some("on"), Scope::Session);
        check_set("SET TIME ZONE 'Europe/Berlin'", "TimeZone", Some("Europe/Berlin"), Scope::Session);
        check_set("SET LOCAL TIME ZONE -7", "TimeZone", Some("-7"), Scope::Transaction);
        check_set("SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE", "TimeZone", Some("<-08>+08"), Scope::Session);
        check_set("SET TIME ZONE LOCAL", "TimeZone", None, Scope::Session);
        check_set("SET NAMES 'utf8'", "client_encoding", Some("utf8"), Scope::Session);
        check_set("SET SCHEMA 'crm'", "search_path", Some("crm"), Scope::Session);
        check_set("SET ROLE NONE", "role", Some("none"), Scope::Session);
        check_set("SET SESSION AUTHORIZATION DEFAULT", "session_authorization", None, Scope::Session);
        check_set("SET jit TO DEFAULT", "jit", None, Scope::Session);
        assert_eq!(setting("SET CONSTRAINTS ALL DEFERRED"), SettingCommand::SetConstraints);
    }

    #[test]
    fn transaction_modes_in_any_order() {
        let modes = TransactionModes { isolation: Some("serializable"), read_only: Some(true), deferrable: Some(true) };
        assert_eq!(
            setting("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"),
            SettingCommand::SetTransaction(modes.clone())
        );
        assert_eq!(
            setting("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY DEFERRABLE ISOLATION LEVEL SERIALIZABLE"),
            SettingCommand::SetCharacteristics(modes)
        );
    }

    #[test]
    fn show_and_reset() {
        assert_eq!(setting("SHOW TIME ZONE"), SettingCommand::Show("TimeZone".to_owned()));
        assert_eq!(setting("SHOW TRANSACTION ISOLATION LEVEL"), SettingCommand::Show("transaction_isolation".to_owned()));
        assert_eq!(setting("SHOW server_version;"), SettingCommand::Show("server_version".to_owned()));
        assert_eq!(setting("RESET SESSION AUTHORIZATION"), SettingCommand::Reset("session_authorization".to_owned()));
        assert_eq!((setting("show all"), setting("reset all")), (SettingCommand::ShowAll, SettingCommand::ResetAll));
    }

    #[test]
    fn refuses_what_is_no_value() {
        for (text, message) in [
            ("SET x", "syntax error at end of input"),
            ("SET x = ", "syntax error at end of input"),
            ("SET jit = on, off", "SET jit takes only one argument"),
            ("SET x == 1", "syntax error at or near \"==\""),
            ("SHOW", "syntax error at end of input"),
            ("DISCARD everything", "syntax error at or near \"everything\""),
        ] {
            assert_eq!(script(text).expect_err("refused").message, message, "{text}");
        }
    }
}

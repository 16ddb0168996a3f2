//! PostgreSQL's statements about roles and their privileges, and comments on data sources.

use datafusion::sql::sqlparser::tokenizer::Token;
use domain::access::Privilege;
use spi::{Code, Error, Result, Secret};

use super::tokens::Tokens;

#[derive(Clone, Debug)]
pub(crate) enum RoleCommand {
    Create {
        name: String,
        options: RoleOptions,
    },
    Alter {
        name: String,
        options: RoleOptions,
    },
    Drop {
        names: Vec<String>,
        if_exists: bool,
    },
    /// GRANT … ON FOREIGN SERVER.
    Grant {
        privileges: Vec<Privilege>,
        sources: Vec<String>,
        roles: Vec<String>,
    },
    /// REVOKE … ON FOREIGN SERVER.
    Revoke {
        privileges: Vec<Privilege>,
        sources: Vec<String>,
        roles: Vec<String>,
    },
    /// COMMENT ON SERVER.
    Comment {
        source: String,
        comment: Option<String>,
    },
}

/// What is said about a role; `None` is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleOptions {
    pub(crate) login: Option<bool>,
    pub(crate) superuser: Option<bool>,
    /// `Some(None)` for PASSWORD NULL.
    pub(crate) password: Option<Option<Secret<String>>>,
    /// A point in time as it is written.
    pub(crate) valid_until: Option<String>,
}

impl RoleCommand {
    /// The command tag, which is also how errors name the statement.
    pub(crate) fn tag(&self) -> &'static str {
        match self {
            RoleCommand::Create { .. } => "CREATE ROLE",
            RoleCommand::Alter { .. } => "ALTER ROLE",
            RoleCommand::Drop { .. } => "DROP ROLE",
            RoleCommand::Grant { .. } => "GRANT",
            RoleCommand::Revoke { .. } => "REVOKE",
            RoleCommand::Comment { .. } => "COMMENT",
        }
    }
}

const ROLE_WORDS: [&str; 3] = ["ROLE", "USER", "GROUP"];

/// Before which place of a GRANT or REVOKE its ON is looked for: room for each privilege a few times, and commas.
const PRIVILEGE_WORDS_MAX: usize = 30;

/// The command, or `None` with nothing consumed if the statement is about something else.
pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Option<RoleCommand>> {
    for kind in ROLE_WORDS {
        // CREATE USER MAPPING and its siblings are about something else.
        if matches!(tokens.peek_third(), Token::Word(word) if kind == "USER" && word.value.eq_ignore_ascii_case("MAPPING")) {
            continue;
        }
        if tokens.words(&["CREATE", kind]) {
            let login = (kind == "USER").then_some(true);
            let name = tokens.identifier()?;
            return options(tokens, RoleOptions { login, ..RoleOptions::default() })
                .map(|options| Some(RoleCommand::Create { name, options }));
        }
        if tokens.words(&["ALTER", kind]) {
            let name = tokens.identifier()?;
            let position = tokens.position();
            if let Some(word) = tokens.one_of(&["RENAME", "SET", "RESET", "IN", "ADD", "DROP"]) {
                return Err(Error::new(Code::Unsupported, format!("ALTER ROLE … {word} is not supported")).position(position));
            }
            return options(tokens, RoleOptions::default()).map(|options| Some(RoleCommand::Alter { name, options }));
        }
        if tokens.words(&["DROP", kind]) {
            let if_exists = tokens.words(&["IF", "EXISTS"]);
            return Ok(Some(RoleCommand::Drop { names: tokens.identifiers()?, if_exists }));
        }
    }
    if about_servers(tokens) {
        if tokens.word("GRANT") {
            return grant(tokens).map(Some);
        }
        if tokens.word("REVOKE") {
            return revoke(tokens).map(Some);
        }
    }
    if tokens.words(&["COMMENT", "ON", "SERVER"]) {
        let source = tokens.identifier()?;
        tokens.expect_word("IS")?;
        let comment = if tokens.word("NULL") { None } else { Some(tokens.string()?) };
        return Ok(Some(RoleCommand::Comment { source, comment }));
    }
    Ok(None)
}

/// Whether ON FOREIGN SERVER follows a list of privileges, which may each have a few words.
fn about_servers(tokens: &Tokens<'_>) -> bool {
    (2..PRIVILEGE_WORDS_MAX).any(|place| tokens.peek_words(place, &["ON", "FOREIGN", "SERVER"]))
}

fn grant(tokens: &mut Tokens<'_>) -> Result<RoleCommand> {
    let privileges = privileges(tokens)?;
    let sources = tokens.identifiers()?;
    tokens.expect_word("TO")?;
    let roles = roles(tokens)?;
    let position = tokens.position();
    if tokens.words(&["WITH", "GRANT", "OPTION"]) {
        return Err(grant_option("WITH GRANT OPTION", position));
    }
    Ok(RoleCommand::Grant { privileges, sources, roles })
}

fn revoke(tokens: &mut Tokens<'_>) -> Result<RoleCommand> {
    let position = tokens.position();
    if tokens.words(&["GRANT", "OPTION", "FOR"]) {
        return Err(grant_option("REVOKE GRANT OPTION", position));
    }
    let privileges = privileges(tokens)?;
    let sources = tokens.identifiers()?;
    tokens.expect_word("FROM")?;
    let roles = roles(tokens)?;
    tokens.one_of(&["CASCADE", "RESTRICT"]);
    Ok(RoleCommand::Revoke { privileges, sources, roles })
}

fn grant_option(what: &str, position: usize) -> Error {
    Error::new(Code::Unsupported, format!("{what} is not supported"))
        .hint("Only superusers grant privileges on data sources.")
        .position(position)
}

/// The privileges in front of ON FOREIGN SERVER.
fn privileges(tokens: &mut Tokens<'_>) -> Result<Vec<Privilege>> {
    let mut privileges = Vec::new();
    if tokens.word("ALL") {
        tokens.word("PRIVILEGES");
        privileges.extend(Privilege::ALL);
    } else {
        loop {
            privileges.push(privilege(tokens)?);
            if !tokens.token(&Token::Comma) {
                break;
            }
        }
    }
    ["ON", "FOREIGN", "SERVER"].into_iter().try_for_each(|word| tokens.expect_word(word))?;
    Ok(privileges)
}

fn privilege(tokens: &mut Tokens<'_>) -> Result<Privilege> {
    let position = tokens.position();
    let word = tokens.any_word().ok_or_else(|| tokens.unexpected())?;
    Privilege::named(&word).ok_or_else(|| {
        Error::new(Code::InvalidGrant, format!("invalid privilege type {} for foreign server", word.to_ascii_uppercase()))
            .hint("There are USAGE, INSERT, QUERY, EXECUTE and ALL.")
            .position(position)
    })
}

fn roles(tokens: &mut Tokens<'_>) -> Result<Vec<String>> {
    tokens.word("GROUP");
    tokens.identifiers()
}

fn options(tokens: &mut Tokens<'_>, mut options: RoleOptions) -> Result<RoleOptions> {
    tokens.word("WITH");
    while !tokens.at_end() {
        let position = tokens.position();
        let word = tokens.any_word().ok_or_else(|| tokens.unexpected())?;
        match word.as_str() {
            "login" => options.login = Some(true),
            "nologin" => options.login = Some(false),
            "superuser" => options.superuser = Some(true),
            "nosuperuser" => options.superuser = Some(false),
            "encrypted" if tokens.peek_word("PASSWORD") => {}
            "password" => options.password = Some(if tokens.word("NULL") { None } else { Some(Secret::new(tokens.string()?)) }),
            "valid" => {
                tokens.expect_word("UNTIL")?;
                options.valid_until = Some(tokens.string()?);
            }
            // What these would forbid is not possible in the first place, and roles have no members to inherit from.
            "nocreatedb" | "nocreaterole" | "noreplication" | "nobypassrls" | "inherit" | "noinherit" => {}
            "createdb" | "createrole" | "replication" | "bypassrls" | "connection" | "in" | "role" | "user" | "admin" | "sysid" => {
                return Err(Error::new(Code::Unsupported, format!("role option {} is not supported", word.to_ascii_uppercase()))
                    .hint("Roles have LOGIN, SUPERUSER, PASSWORD and VALID UNTIL.")
                    .position(position));
            }
            _ => return Err(Error::new(Code::Syntax, format!("unrecognized role option \"{word}\"")).position(position)),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};
    use super::*;

    #[track_caller]
    fn role(text: &str) -> RoleCommand {
        match script(text).expect("a statement")[0].command.as_ref() {
            Command::Role(command) => command.clone(),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn roles_have_options_in_any_order() {
        let RoleCommand::Create { name, options } =
            role("CREATE USER Ann WITH NOCREATEDB ENCRYPTED PASSWORD 'x' VALID UNTIL '2030-01-01' SUPERUSER")
        else {
            panic!("no CREATE ROLE")
        };
        assert_eq!((name.as_str(), options.login, options.superuser), ("ann", Some(true), Some(true)));
        assert_eq!((options.password, options.valid_until.as_deref()), (Some(Some(Secret::new("x".to_owned()))), Some("2030-01-01")));
        assert!(
            matches!(role("ALTER ROLE \"Ann\" PASSWORD NULL"), RoleCommand::Alter { name, options } if name == "Ann" && options.password == Some(None))
        );
        assert!(matches!(role("DROP ROLE IF EXISTS a, b"), RoleCommand::Drop { names, if_exists: true } if names == ["a", "b"]));
    }

    #[test]
    fn privileges_and_comments() {
        assert!(matches!(role("GRANT USAGE ON FOREIGN SERVER shop, \"My\" TO ann"),
            RoleCommand::Grant { privileges, sources, roles }
                if privileges == [Privilege::Usage] && sources == ["shop", "My"] && roles == ["ann"]));
        assert!(matches!(role("GRANT INSERT, query, Execute ON FOREIGN SERVER shop TO GROUP ann"),
            RoleCommand::Grant { privileges, .. } if privileges == [Privilege::Insert, Privilege::Query, Privilege::Execute]));
        for all in ["REVOKE ALL PRIVILEGES ON FOREIGN SERVER shop FROM ann CASCADE", "REVOKE ALL ON FOREIGN SERVER shop FROM ann"] {
            assert!(matches!(role(all), RoleCommand::Revoke { privileges, .. } if privileges == Privilege::ALL), "{all}");
        }
        assert!(
            matches!(role("COMMENT ON SERVER shop IS 'orders'"), RoleCommand::Comment { comment: Some(comment), .. } if comment == "orders")
        );
    }

    #[test]
    fn refuses_what_it_would_not_honour() {
        for (text, code) in [
            ("CREATE ROLE a CREATEDB", Code::Unsupported),
            ("CREATE ROLE a FAST", Code::Syntax),
            ("ALTER ROLE a RENAME TO b", Code::Unsupported),
            ("GRANT USAGE ON FOREIGN SERVER s TO a WITH GRANT OPTION", Code::Unsupported),
            ("REVOKE GRANT OPTION FOR USAGE ON FOREIGN SERVER s FROM a", Code::Unsupported),
            ("GRANT SELECT ON FOREIGN SERVER s TO a", Code::InvalidGrant),
        ] {
            assert_eq!(script(text).expect_err("refused").code, code, "{text}");
        }
    }
}

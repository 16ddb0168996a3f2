//! PostgreSQL's statements about foreign servers, which are our data sources.

use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::Tokens;

/// The options of a server have secrets among them, so neither this nor what holds it is ever logged.
#[derive(Clone)]
pub(crate) enum ServerCommand {
    Create {
        name: String,
        /// The type of the data source.
        kind: String,
        options: Vec<(String, String)>,
        if_not_exists: bool,
    },
    Alter {
        name: String,
        changes: Vec<OptionChange>,
    },
    Rename {
        name: String,
        new_name: String,
    },
    Drop {
        names: Vec<String>,
        if_exists: bool,
        cascade: bool,
    },
}

/// What happens to one option.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum OptionChange {
    Add(String, String),
    Set(String, String),
    Drop(String),
}

impl OptionChange {
    pub(crate) fn option(&self) -> &str {
        match self {
            OptionChange::Add(name, _) | OptionChange::Set(name, _) | OptionChange::Drop(name) => name,
        }
    }
}

impl ServerCommand {
    /// The command tag, which is also how errors name the statement.
    pub(crate) fn tag(&self) -> &'static str {
        match self {
            ServerCommand::Create { .. } => "CREATE SERVER",
            ServerCommand::Alter { .. } | ServerCommand::Rename { .. } => "ALTER SERVER",
            ServerCommand::Drop { .. } => "DROP SERVER",
        }
    }
}

/// The command and what it is about. Values stay hidden.
impl std::fmt::Debug for ServerCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ServerCommand::Create { name, .. } | ServerCommand::Alter { name, .. } | ServerCommand::Rename { name, .. } => {
                write!(f, "{} {name}", self.tag())
            }
            ServerCommand::Drop { names, .. } => write!(f, "{} {}", self.tag(), names.join(", ")),
        }
    }
}

/// The command, or `None` with nothing consumed if the statement is about something else.
pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Option<ServerCommand>> {
    if tokens.words(&["CREATE", "SERVER"]) {
        return create(tokens).map(Some);
    }
    if tokens.words(&["ALTER", "SERVER"]) {
        return alter(tokens).map(Some);
    }
    if tokens.words(&["DROP", "SERVER"]) {
        let if_exists = tokens.words(&["IF", "EXISTS"]);
        let names = tokens.identifiers()?;
        let cascade = tokens.one_of(&["CASCADE", "RESTRICT"]) == Some("CASCADE");
        return Ok(Some(ServerCommand::Drop { names, if_exists, cascade }));
    }
    Ok(None)
}

fn create(tokens: &mut Tokens<'_>) -> Result<ServerCommand> {
    let if_not_exists = tokens.words(&["IF", "NOT", "EXISTS"]);
    let name = tokens.identifier()?;
    refuse_one_of(tokens, "CREATE SERVER", &["TYPE", "VERSION"])?;
    ["FOREIGN", "DATA", "WRAPPER"].into_iter().try_for_each(|word| tokens.expect_word(word))?;
    let kind = tokens.identifier()?;
    let mut options: Vec<(String, String)> = Vec::new();
    if tokens.word("OPTIONS") {
        tokens.expect_token(&Token::LParen)?;
        loop {
            let position = tokens.position();
            let option = (tokens.identifier()?, tokens.string()?);
            if options.iter().any(|(name, _)| *name == option.0) {
                return Err(twice(&option.0, position));
            }
            options.push(option);
            if !tokens.token(&Token::Comma) {
                break;
            }
        }
        tokens.expect_token(&Token::RParen)?;
    }
    Ok(ServerCommand::Create { name, kind, options, if_not_exists })
}

fn alter(tokens: &mut Tokens<'_>) -> Result<ServerCommand> {
    let name = tokens.identifier()?;
    if tokens.words(&["RENAME", "TO"]) {
        return Ok(ServerCommand::Rename { name, new_name: tokens.identifier()? });
    }
    refuse_one_of(tokens, "ALTER SERVER", &["VERSION", "OWNER"])?;
    tokens.expect_word("OPTIONS")?;
    tokens.expect_token(&Token::LParen)?;
    let mut changes: Vec<OptionChange> = Vec::new();
    loop {
        let position = tokens.position();
        let change = change(tokens)?;
        if changes.iter().any(|earlier| earlier.option() == change.option()) {
            return Err(twice(change.option(), position));
        }
        changes.push(change);
        if !tokens.token(&Token::Comma) {
            break;
        }
    }
    tokens.expect_token(&Token::RParen)?;
    Ok(ServerCommand::Alter { name, changes })
}

/// `ADD name 'value'`, `SET name 'value'`, `DROP name`, or `name 'value'`, which is ADD.
fn change(tokens: &mut Tokens<'_>) -> Result<OptionChange> {
    // An option may be named like a verb: `set 'x'` adds the option "set".
    let is_name =
        matches!(tokens.peek_second(), Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_));
    match if is_name { None } else { tokens.one_of(&["ADD", "SET", "DROP"]) } {
        Some("DROP") => Ok(OptionChange::Drop(tokens.identifier()?)),
        Some("SET") => Ok(OptionChange::Set(tokens.identifier()?, tokens.string()?)),
        _ => Ok(OptionChange::Add(tokens.identifier()?, tokens.string()?)),
    }
}

fn refuse_one_of(tokens: &mut Tokens<'_>, statement: &str, words: &[&'static str]) -> Result<()> {
    let position = tokens.position();
    match tokens.one_of(words) {
        Some(word) => Err(Error::new(Code::Unsupported, format!("{statement} … {word} is not supported")).position(position)),
        None => Ok(()),
    }
}

fn twice(option: &str, position: usize) -> Error {
    Error::new(Code::AlreadyExists, format!("option \"{option}\" provided more than once")).position(position)
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};
    use super::*;

    #[track_caller]
    fn server(text: &str) -> ServerCommand {
        match script(text).expect("a statement")[0].command.as_ref() {
            Command::Server(command) => command.clone(),
            other => panic!("{text} is {other:?}"),
        }
    }

    fn option(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn servers_are_created() {
        let ServerCommand::Create { name, kind, options, if_not_exists } =
            server("CREATE SERVER IF NOT EXISTS \"Shop\" FOREIGN DATA WRAPPER sqlite OPTIONS (Path '/a''b', read_only 'true')")
        else {
            panic!("no CREATE SERVER")
        };
        assert_eq!((name.as_str(), kind.as_str(), if_not_exists), ("Shop", "sqlite", true));
        assert_eq!(options, [option("path", "/a'b"), option("read_only", "true")]);
        assert!(
            matches!(server("CREATE SERVER s FOREIGN DATA WRAPPER w"), ServerCommand::Create { options, if_not_exists: false, .. } if options.is_empty())
        );
    }

    #[test]
    fn servers_are_altered() {
        let ServerCommand::Alter { name, changes } = server("ALTER SERVER shop OPTIONS (ADD a '1', SET b '2', DROP c, d '4', set '5')")
        else {
            panic!("no ALTER SERVER")
        };
        let text = |text: &str| text.to_owned();
        let expected = [
            OptionChange::Add(text("a"), text("1")),
            OptionChange::Set(text("b"), text("2")),
            OptionChange::Drop(text("c")),
            OptionChange::Add(text("d"), text("4")),
            OptionChange::Add(text("set"), text("5")),
        ];
        assert!(name == "shop" && changes == expected);
        assert!(matches!(server("ALTER SERVER a RENAME TO b"), ServerCommand::Rename { name, new_name } if name == "a" && new_name == "b"));
    }

    #[test]
    fn servers_are_dropped() {
        assert!(matches!(server("DROP SERVER IF EXISTS a, b CASCADE"),
            ServerCommand::Drop { names, if_exists: true, cascade: true } if names == ["a", "b"]));
        assert!(matches!(server("DROP SERVER a RESTRICT"), ServerCommand::Drop { if_exists: false, cascade: false, .. }));
    }

    #[test]
    fn nothing_of_an_option_is_shown() {
        let shown =
            format!("{:?}", script("CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password 'hunter2')").expect("a statement")[0].command);
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn refuses_as_postgresql_does() {
        for (text, sqlstate, message, position) in [
            ("CREATE SERVER s TYPE 'x' FOREIGN DATA WRAPPER w", "0A000", "CREATE SERVER … TYPE is not supported", 17),
            ("ALTER SERVER s OWNER TO ann", "0A000", "ALTER SERVER … OWNER is not supported", 16),
            ("CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (a '1', a '2')", "42710", "option \"a\" provided more than once", 56),
            ("ALTER SERVER s OPTIONS (SET a '1', DROP a)", "42710", "option \"a\" provided more than once", 36),
            ("CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (a 1)", "42601", "syntax error at or near \"1\"", 51),
            ("CREATE SERVER s", "42601", "syntax error at end of input", 16),
            ("DROP SERVER", "42601", "syntax error at end of input", 12),
        ] {
            let error = script(text).expect_err("refused");
            assert_eq!((error.code.sqlstate(), error.message.as_str(), error.position), (sqlstate, message, Some(position)), "{text}");
        }
    }
}

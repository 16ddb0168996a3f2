//! `aclitem`: what a role may do, and who granted it, as `role=arw*/grantor`. Its value is kept as that text.

use spi::{Code, Error, Result};

use crate::catalog::oid as relation;
use crate::function::Context;
use crate::value::Value;

/// The letters of all privileges, in the order of their bits.
pub const PRIVILEGES: &str = "arwdDxtXUCTcsA";

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclItem {
    /// The role that may; empty for everybody.
    pub grantee: String,
    /// A bit per privilege, in the order of [`PRIVILEGES`].
    pub privileges: u32,
    /// Which of them may be granted on.
    pub options: u32,
    pub grantor: String,
}

/// Reads an item whose roles must exist; the grantor may be left out.
pub fn read(context: &Context<'_>, text: &str) -> Result<AclItem> {
    let item = parse(text, context.host)?;
    for role in [&item.grantee, &item.grantor] {
        if !role.is_empty() && context.catalog.find_one(relation::PG_AUTHID, &["rolname"], &[Value::text(role.as_str())]).is_none() {
            return Err(Error::not_found("role", role));
        }
    }
    Ok(item)
}

fn parse(text: &str, host: &dyn crate::host::Host) -> Result<AclItem> {
    let wrong = |message: String| Error::new(Code::InvalidText, message);
    let (mut grantee, mut rest) = role(text)?;
    if !rest.starts_with('=') {
        if grantee != "group" && grantee != "user" {
            let error = wrong(format!("unrecognized key word: \"{grantee}\""));
            return Err(error.hint("ACL key word must be \"group\" or \"user\"."));
        }
        (grantee, rest) = role(rest)?;
        if grantee.is_empty() {
            return Err(wrong("missing name".to_owned()).hint("A name must follow the \"group\" or \"user\" key word."));
        }
    }
    let mut rest = rest.strip_prefix('=').ok_or_else(|| wrong("missing \"=\" sign".to_owned()))?;
    let (mut privileges, mut options, mut last) = (0, 0, 0);
    while let Some(letter) = rest.chars().next().filter(|letter| letter.is_ascii_alphabetic() || *letter == '*') {
        rest = &rest[1..];
        if letter == '*' {
            options |= last;
            continue;
        }
        let bit = PRIVILEGES.find(letter);
        let bit = bit.ok_or_else(|| wrong(format!("invalid mode character: must be one of \"{PRIVILEGES}\"")))?;
        last = 1 << bit;
        privileges |= last;
    }
    let (grantor, rest) = match rest.strip_prefix('/') {
        Some(after) => {
            let (grantor, rest) = role(after)?;
            if grantor.is_empty() {
                return Err(wrong("a name must follow the \"/\" sign".to_owned()));
            }
            (grantor, rest)
        }
        None => {
            host.notice("WARNING", "0L000", "defaulting grantor to user ID 10".to_owned());
            ("postgres".to_owned(), rest)
        }
    };
    match rest.chars().all(super::is_space) {
        true => Ok(AclItem { grantee, privileges, options, grantor }),
        false => Err(wrong("extra garbage at the end of the ACL specification".to_owned())),
    }
}

/// An item as it is kept: all of its form is known to be right.
pub fn parsed(text: &str) -> Option<AclItem> {
    let (grantee, rest) = role(text).ok()?;
    let (letters, grantor) = rest.strip_prefix('=')?.split_once('/')?;
    let (mut privileges, mut options, mut last) = (0, 0, 0);
    for letter in letters.chars() {
        if letter == '*' {
            options |= last;
        } else {
            last = 1 << PRIVILEGES.find(letter)?;
            privileges |= last;
        }
    }
    Some(AclItem { grantee, privileges, options, grantor: role(grantor).ok()?.0 })
}

/// A name, perhaps in quotes, and what follows it.
fn role(text: &str) -> Result<(String, &str)> {
    let text = text.trim_start_matches(super::is_space);
    let mut name = String::new();
    let mut is_quoted = false;
    let mut end = text.len();
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        if character == '"' {
            if is_quoted && characters.next_if(|(_, next)| *next == '"').is_some() {
                name.push('"');
            } else {
                is_quoted = !is_quoted;
            }
        } else if is_quoted || !character.is_ascii() || is_plain(character) {
            name.push(character);
        } else {
            end = place;
            break;
        }
    }
    if name.len() > 63 {
        let error = Error::new(Code::NameTooLong, "identifier too long");
        return Err(error.detail("Identifier must be less than 64 characters."));
    }
    Ok((name, text[end..].trim_start_matches(super::is_space)))
}

/// The privileges in the order of their bits.
pub fn text(item: &AclItem) -> String {
    let mut out = quoted(&item.grantee);
    out.push('=');
    for (bit, letter) in PRIVILEGES.chars().enumerate() {
        if item.privileges >> bit & 1 == 1 {
            out.push(letter);
        }
        if item.options >> bit & 1 == 1 {
            out.push('*');
        }
    }
    out.push('/');
    out.push_str(&quoted(&item.grantor));
    out
}

fn quoted(name: &str) -> String {
    match name.chars().all(is_plain) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// Whether a character of a name is written without quotes.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

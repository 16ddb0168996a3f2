//! With what all texts begin that match a pattern, so that they can be looked for where names are sorted.

use super::operators::like;
use super::regexp::pattern::Pattern;
use super::regexp::syntax::Flags;

/// What is known of texts from a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    pub text: String,
    /// Whether no text matches but this one.
    pub is_whole: bool,
}

/// `pg_proc.oid` of the functions whose second argument is a pattern of LIKE that the first one matches. Source: PostgreSQL 16.
const LIKE: [u32; 4] = [850, 858, 1569, 1571];
/// The same of regular expressions.
const REGULAR: [u32; 2] = [79, 1254];
/// `starts_with`, which is also `^@`.
const STARTS_WITH: u32 = 3696;

/// Whether a function says that its first argument, a text or a name, begins as its second one says.
pub fn tells(function: u32) -> bool {
    LIKE.contains(&function) || REGULAR.contains(&function) || function == STARTS_WITH
}

/// What the second argument of such a function says; `None` where texts may begin with anything.
pub fn of(function: u32, pattern: &str) -> Option<Beginning> {
    let beginning = if LIKE.contains(&function) {
        like::beginning(pattern)
    } else if REGULAR.contains(&function) {
        // What is wrong with a pattern is told when it is matched.
        Pattern::get(pattern, Flags::default()).ok()?.beginning()?.clone()
    } else {
        Beginning { text: pattern.to_owned(), is_whole: false }
    };
    (beginning.is_whole || !beginning.text.is_empty()).then_some(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(function: u32, pattern: &str) -> String {
        match of(function, pattern) {
            None => "anything".to_owned(),
            Some(Beginning { text, is_whole }) => format!("{text}{}", if is_whole { "" } else { "…" }),
        }
    }

    #[test]
    fn patterns_of_like_begin_with_what_stands_before_the_first_wildcard() {
        for (pattern, expected) in [
            ("orders", "orders"),
            ("order%", "order…"),
            ("order_items", "order…"),
            ("order\\_items", "order_items"),
            ("a\\%b%", "a%b…"),
            ("%s", "anything"),
            ("", ""),
            ("é%", "é…"),
            ("ends\\", "ends…"),
        ] {
            assert_eq!(shown(LIKE[0], pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn regular_expressions_begin_with_what_follows_their_anchor() {
        for (pattern, expected) in [
            ("^(orders)$", "orders"),
            ("^(pg_toast.*)$", "pg_toast…"),
            ("^(?:a\\.b)$", "a.b"),
            ("^abc", "abc…"),
            ("^ab*", "a…"),
            ("^(a|b)$", "anything"),
            ("^a|b", "anything"),
            ("abc$", "anything"),
            ("(?i)^abc$", "anything"),
            ("(?n)^abc$", "anything"),
            ("***=abc", "anything"),
            ("^$", ""),
            ("^(", "anything"),
            ("^a$b", "a"),
            ("^(abc)\\1$", "anything"),
        ] {
            assert_eq!(shown(REGULAR[0], pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn starts_with_says_it_itself() {
        assert_eq!((shown(STARTS_WITH, "a%"), shown(STARTS_WITH, "")), ("a%…".to_owned(), "anything".to_owned()));
    }
}

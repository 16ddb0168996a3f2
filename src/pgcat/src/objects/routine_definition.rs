//! The statement that makes a routine, as PostgreSQL prints it: the body, and how the routine behaves.

use crate::resolve::quote_identifier;

#[derive(Debug, PartialEq)]
pub(crate) struct RoutineDefinition<'a> {
    /// What the routine does.
    pub(crate) body: &'a str,
    /// Whether the body is parsed SQL of the standard's kind, and no text in a language.
    pub(crate) is_sql_body: bool,
    /// `i`, `s` or `v`.
    pub(crate) volatility: &'static str,
    /// `s`, `r` or `u`.
    pub(crate) parallel: &'static str,
    pub(crate) is_strict: bool,
    pub(crate) is_leakproof: bool,
    pub(crate) is_security_definer: bool,
    pub(crate) is_window: bool,
    /// Whether the last input takes any number of values.
    pub(crate) is_variadic: bool,
    /// `name=value` of each setting that holds while it runs.
    pub(crate) settings: Vec<String>,
    pub(crate) cost: Option<f64>,
    pub(crate) rows: Option<f64>,
}

impl<'a> RoutineDefinition<'a> {
    /// Of other texts, all is the body.
    pub(crate) fn parse(text: &'a str) -> Self {
        let mut definition = Self {
            body: text,
            is_sql_body: false,
            volatility: "v",
            parallel: "u",
            is_strict: false,
            is_leakproof: false,
            is_security_definer: false,
            is_window: false,
            is_variadic: false,
            settings: Vec::new(),
            cost: None,
            rows: None,
        };
        let Some(language) = text.find("\n LANGUAGE ").filter(|_| text.starts_with("CREATE OR REPLACE ")) else { return definition };
        let Some((options, body, is_sql_body)) = body(&text[language + 1..]) else { return definition };
        (definition.body, definition.is_sql_body) = (body, is_sql_body);
        definition.is_variadic = has_word(&text[..language], "VARIADIC");
        let (options, settings) = options.split_once("\n SET ").unwrap_or((options, ""));
        definition.settings = settings.split("\n SET ").filter_map(setting).collect();
        let mut words = options.split_whitespace().skip(2);
        while let Some(word) = words.next() {
            match word {
                "WINDOW" => definition.is_window = true,
                "IMMUTABLE" => definition.volatility = "i",
                "STABLE" => definition.volatility = "s",
                "STRICT" => definition.is_strict = true,
                "LEAKPROOF" => definition.is_leakproof = true,
                "SECURITY" => definition.is_security_definer = words.next() == Some("DEFINER"),
                "PARALLEL" => definition.parallel = if words.next() == Some("SAFE") { "s" } else { "r" },
                "COST" => definition.cost = words.next().and_then(|word| word.parse().ok()),
                "ROWS" => definition.rows = words.next().and_then(|word| word.parse().ok()),
                _ => {}
            }
        }
        definition
    }
}

/// Whether a word of the language stands in a text outside of quotes.
fn has_word(text: &str, word: &str) -> bool {
    let is_quote = |letter: &char| matches!(letter, '"' | '\'');
    let mut quote = None;
    let outside = text.chars().map(|letter| {
        let is_outside = quote.is_none() && !is_quote(&letter);
        match quote {
            Some(open) if open == letter => quote = None,
            None if is_quote(&letter) => quote = Some(letter),
            _ => {}
        }
        if is_outside { letter } else { ' ' }
    });
    let outside: String = outside.collect();
    outside.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|other| other == word)
}

/// `name TO 'value'` as `name=value`. The value of a setting that is a list has quotes around each of its names.
fn setting(text: &str) -> Option<String> {
    const LISTS: [&str; 3] = ["local_preload_libraries", "search_path", "temp_tablespaces"];
    let (name, value) = text.trim_end().split_once(" TO ")?;
    let name = name.trim_matches('"');
    let unquoted = |text: &str| Some(text.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"));
    if !LISTS.contains(&name) {
        return Some(format!("{name}={}", unquoted(value)?));
    }
    let names: Option<Vec<String>> = value.split(", ").map(|name| Some(quote_identifier(&unquoted(name)?))).collect();
    Some(format!("{name}={}", names?.join(", ")))
}

/// The options, the body, and whether that is one of the standard's kind.
fn body(text: &str) -> Option<(&str, &str, bool)> {
    if let Some(start) = text.find("\nAS ") {
        let (options, rest) = (&text[..start], &text[start + "\nAS ".len()..]);
        // The delimiter is one that does not occur in the body.
        let open = rest.find('$')?;
        let close = open + 1 + rest[open + 1..].find('$')?;
        let delimiter = &rest[open..=close];
        let inside = &rest[close + 1..];
        return Some((options, &inside[..inside.rfind(delimiter)?], false));
    }
    let start = ["\nBEGIN ATOMIC", "\nRETURN "].iter().find_map(|word| text.find(word))?;
    Some((&text[..start], text[start + 1..].trim_end(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_body_are_told_apart() {
        let text = "CREATE OR REPLACE FUNCTION crm.f(a integer)\n RETURNS SETOF integer\n LANGUAGE plpgsql\n \
                    IMMUTABLE PARALLEL SAFE STRICT \
                    SECURITY DEFINER COST 10 ROWS 5\n SET search_path TO 'STABLE'\nAS $function$\nbegin return; -- $1\nend$function$\n";
        let definition = RoutineDefinition::parse(text);
        assert_eq!((definition.body, definition.is_sql_body), ("\nbegin return; -- $1\nend", false));
        assert_eq!((definition.volatility, definition.parallel, definition.cost, definition.rows), ("i", "s", Some(10.0), Some(5.0)));
        assert!(definition.is_strict && definition.is_security_definer && !definition.is_leakproof && !definition.is_window);
        assert_eq!((definition.is_variadic, &definition.settings[..]), (false, &["search_path=\"STABLE\"".to_owned()][..]));
    }

    #[test]
    fn settings_are_as_the_catalog_has_them() {
        let text = "CREATE OR REPLACE FUNCTION f(\"VARIADIC\" text, VARIADIC b text[])\n RETURNS text\n LANGUAGE sql\n STRICT\n \
                    SET search_path TO 'pg_catalog', 'My Schema'\n SET \"x.y\" TO 'it''s'\nAS $function$select a$function$\n";
        let definition = RoutineDefinition::parse(text);
        assert_eq!(definition.settings, ["search_path=pg_catalog, \"My Schema\"", "x.y=it's"]);
        assert!(definition.is_variadic && definition.is_strict);
        assert!(!RoutineDefinition::parse(&text.replace(", VARIADIC b", ", b")).is_variadic);
    }

    #[test]
    fn bodies_of_the_standard_and_of_other_sources() {
        let sql = RoutineDefinition::parse("CREATE OR REPLACE FUNCTION f()\n RETURNS integer\n LANGUAGE sql\n STABLE\nRETURN 1\n");
        assert_eq!((sql.body, sql.is_sql_body, sql.volatility), ("RETURN 1", true, "s"));
        let other = RoutineDefinition::parse("BEGIN RETURN x * 2; END");
        assert_eq!((other.body, other.volatility), ("BEGIN RETURN x * 2; END", "v"));
    }
}

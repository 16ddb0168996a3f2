//! The statement that makes a routine, as PostgreSQL prints it: the body, and how the routine behaves.

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
            cost: None,
            rows: None,
        };
        let Some(language) = text.find("\n LANGUAGE ").filter(|_| text.starts_with("CREATE OR REPLACE ")) else { return definition };
        let Some((options, body, is_sql_body)) = body(&text[language + 1..]) else { return definition };
        (definition.body, definition.is_sql_body) = (body, is_sql_body);
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
                // Settings follow, whose values are anything.
                "SET" => break,
                _ => {}
            }
        }
        definition
    }
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
    }

    #[test]
    fn bodies_of_the_standard_and_of_other_sources() {
        let sql = RoutineDefinition::parse("CREATE OR REPLACE FUNCTION f()\n RETURNS integer\n LANGUAGE sql\n STABLE\nRETURN 1\n");
        assert_eq!((sql.body, sql.is_sql_body, sql.volatility), ("RETURN 1", true, "s"));
        let other = RoutineDefinition::parse("BEGIN RETURN x * 2; END");
        assert_eq!((other.body, other.volatility), ("BEGIN RETURN x * 2; END", "v"));
    }
}

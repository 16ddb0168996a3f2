//! What SQLite keeps only as the text of `CREATE` statements: check constraints, names of constraints, expressions.
//!
//! SQLite has parsed each of these texts itself, so none is malformed; comments, strings and every way of quoting a name occur.
//! Words that SQLite reserves (`CHECK`, `REFERENCES`, `AS`, `ON`, …) are never names unless they are quoted, which makes
//! looking for them outside of parentheses exact.

mod token;

use token::{Token, tokens};

/// What the text of a table says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TableDefinition {
    pub(crate) primary_key: Option<String>,
    pub(crate) uniques: Vec<NamedUnique>,
    pub(crate) checks: Vec<Check>,
    /// In the order of the text.
    pub(crate) foreign_keys: Vec<ForeignKeyWords>,
    /// Column and expression.
    pub(crate) generated: Vec<(String, String)>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct NamedUnique {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) name: Option<String>,
    pub(crate) expression: String,
    /// The column in whose definition it stands.
    pub(crate) column: Option<String>,
}

/// What a foreign key says beside its columns and actions.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ForeignKeyWords {
    pub(crate) name: Option<String>,
    pub(crate) deferrable: bool,
    pub(crate) initially_deferred: bool,
}

/// What the text of an index says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct IndexDefinition {
    /// Each indexed column or expression, without its order.
    pub(crate) items: Vec<String>,
    pub(crate) predicate: Option<String>,
}

/// Reads `CREATE TABLE …`.
pub(crate) fn table(sql: &str) -> TableDefinition {
    let tokens = tokens(sql);
    let mut definition = TableDefinition::default();
    // The first parenthesis follows the name: a table made by `AS SELECT` is kept as the list of its columns too.
    if let Some(open) = tokens.iter().position(|token| token.is("(")) {
        for item in items(group(&tokens[open..])) {
            table_item(sql, item, &mut definition);
        }
    }
    definition
}

/// Reads `CREATE INDEX …`.
pub(crate) fn index(sql: &str) -> IndexDefinition {
    let tokens = tokens(sql);
    let Some(on) = tokens.iter().position(|token| token.is_word("ON")) else { return IndexDefinition::default() };
    let Some(open) = tokens[on..].iter().position(|token| token.is("(")).map(|open| on + open) else { return IndexDefinition::default() };
    let inner = group(&tokens[open..]);
    let after = &tokens[(open + inner.len() + 2).min(tokens.len())..];
    let ordered = |item: &&Token<'_>| item.is_word("ASC") || item.is_word("DESC");
    let items = items(inner).map(|item| text(sql, &item[..item.len() - item.last().iter().filter(|last| ordered(last)).count()]));
    IndexDefinition {
        items: items.collect(),
        predicate: after.iter().position(|token| token.is_word("WHERE")).map(|place| text(sql, &after[place + 1..])),
    }
}

/// Reads `CREATE VIEW …`: its query.
pub(crate) fn view(sql: &str) -> String {
    after_word(sql, "AS")
}

/// Reads `CREATE VIRTUAL TABLE …`: its module and arguments.
pub(crate) fn virtual_table(sql: &str) -> String {
    after_word(sql, "USING")
}

/// What follows the first occurrence of a reserved word.
fn after_word(sql: &str, word: &str) -> String {
    let tokens = tokens(sql);
    tokens.iter().position(|token| token.is_word(word)).map_or_else(|| sql.to_owned(), |place| text(sql, &tokens[place + 1..]))
}

/// A column definition or a constraint of a table.
fn table_item(sql: &str, item: &[Token<'_>], definition: &mut TableDefinition) {
    let of_table = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    let column = item.first().filter(|first| !of_table.iter().any(|word| first.is_word(word))).map(Token::name);
    let mut name = None;
    let mut at = usize::from(column.is_some());
    let first_foreign_key = definition.foreign_keys.len();
    while at < item.len() {
        let token = &item[at];
        let inner = || item.get(at + 1..).filter(|rest| rest.first().is_some_and(|next| next.is("("))).map(group);
        if token.is("(") {
            at += group(&item[at..]).len() + 1;
        } else if token.is_word("CONSTRAINT") {
            name = item.get(at + 1).map(Token::name);
            at += 1;
        } else if token.is_word("COLLATE") {
            at += 1;
        } else if token.is_word("PRIMARY") {
            definition.primary_key = name.take();
        } else if token.is_word("UNIQUE") {
            let columns = match &column {
                Some(column) => vec![column.clone()],
                None => inner().map(items).into_iter().flatten().filter_map(|item| item.first().map(Token::name)).collect(),
            };
            definition.uniques.extend(name.take().map(|name| NamedUnique { name, columns }));
        } else if token.is_word("CHECK") {
            let expression = inner().map(|inner| text(sql, inner)).unwrap_or_default();
            definition.checks.push(Check { name: name.take(), expression, column: column.clone() });
        } else if token.is_word("AS") {
            let expression = inner().map(|inner| text(sql, inner)).unwrap_or_default();
            definition.generated.extend(column.clone().map(|column| (column, expression)));
        } else if token.is_word("REFERENCES") {
            definition.foreign_keys.push(ForeignKeyWords { name: name.take(), ..Default::default() });
        } else if token.is_word("DEFERRABLE") {
            let deferrable = !item[at - 1].is_word("NOT");
            let deferred = item.get(at + 1).is_some_and(|next| next.is_word("INITIALLY"))
                && item.get(at + 2).is_some_and(|next| next.is_word("DEFERRED"));
            if let Some(key) = definition.foreign_keys[first_foreign_key..].last_mut() {
                (key.deferrable, key.initially_deferred) = (deferrable, deferrable && deferred);
            }
        } else if token.is_word("NULL") || token.is_word("DEFAULT") {
            // Constraints that we show as properties of the column, without their names.
            name = None;
        }
        at += 1;
    }
}

/// The tokens between a parenthesis, which comes first, and the one that closes it.
fn group<'t, 's>(tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate() {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 {
            return &tokens[1.min(place)..place];
        }
    }
    &tokens[tokens.len().min(1)..]
}

/// The parts between commas that are not inside of parentheses.
fn items<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = &'t [Token<'s>]> {
    let mut depth = 0;
    tokens
        .split(move |token| {
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            depth == 0 && token.is(",")
        })
        .filter(|item| !item.is_empty())
}

/// The text from the first token to the last.
fn text(sql: &str, tokens: &[Token<'_>]) -> String {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => sql[first.start..last.start + last.text.len()].to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_of_a_table_are_found_in_any_spelling() {
        let found = table(
            "CREATE TABLE \"a (b\" (id INTEGER CONSTRAINT \"the key\" PRIMARY KEY, -- CHECK (comment)\n\
             \"check\" TEXT DEFAULT 'x), CHECK (1)' cOnStRaInT [is ok] Check ( length(\"check\") > 2 AND 'a)' <> ')' ) /* , */,\n\
             n DECIMAL(10,2) NOT NULL CHECK(n>0), g INT GENERATED ALWAYS AS (n * (1+2)) STORED, p REFERENCES q,\n\
             r INT CONSTRAINT named REFERENCES s(a) ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED,\n\
             CONSTRAINT u UNIQUE (n COLLATE nocase, `r`), UNIQUE (p), FOREIGN KEY (p, r) REFERENCES t NOT DEFERRABLE, CHECK (p IN (1,2)))",
        );
        let check = |name: Option<&str>, expression: &str, column: Option<&str>| Check {
            name: name.map(str::to_owned),
            expression: expression.to_owned(),
            column: column.map(str::to_owned),
        };
        assert_eq!(found.primary_key.as_deref(), Some("the key"));
        assert_eq!(
            found.checks,
            [
                check(Some("is ok"), "length(\"check\") > 2 AND 'a)' <> ')'", Some("check")),
                check(None, "n>0", Some("n")),
                check(None, "p IN (1,2)", None),
            ]
        );
        assert_eq!(found.uniques, [NamedUnique { name: "u".to_owned(), columns: vec!["n".to_owned(), "r".to_owned()] }]);
        assert_eq!(found.generated, [("g".to_owned(), "n * (1+2)".to_owned())]);
        let named = ForeignKeyWords { name: Some("named".to_owned()), deferrable: true, initially_deferred: true };
        assert_eq!(found.foreign_keys, [ForeignKeyWords::default(), named, ForeignKeyWords::default()]);
    }

    #[test]
    fn indexes_give_their_expressions_and_their_condition() {
        let found =
            index("CREATE UNIQUE INDEX \"i ON (\" ON t (lower(a || ',') DESC, \"b\" , c COLLATE nocase ASC) WHERE b > (1) AND c = 'x'");
        assert_eq!(found.items, ["lower(a || ',')", "\"b\"", "c COLLATE nocase"]);
        assert_eq!(found.predicate.as_deref(), Some("b > (1) AND c = 'x'"));
        assert_eq!(index("CREATE INDEX i ON t(a)").predicate, None);
    }

    #[test]
    fn views_and_virtual_tables_give_what_follows_their_name() {
        assert_eq!(view("CREATE VIEW \"as\"(x) AS /* why */ SELECT 1 AS y"), "SELECT 1 AS y");
        assert_eq!(virtual_table("CREATE VIRTUAL TABLE f USING fts5(a, b)"), "fts5(a, b)");
    }

    #[test]
    fn any_text_is_survived() {
        for sql in
            ["", "(", ")", "CREATE TABLE t (", "CREATE TABLE t ((((a CHECK", "x ON", "x ON (", "CREATE TABLE t (CONSTRAINT", "'", "/*"]
        {
            table(sql);
            index(sql);
            view(sql);
        }
    }
}

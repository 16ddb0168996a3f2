//! The statement that makes an index, as far as it says more than the metadata: how columns are ordered, and which are only carried.

use super::quotes::unquoted;

/// The items of `CREATE INDEX … (items) INCLUDE (carried) … WITH (options) …`, each as it is written there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexDefinition<'a> {
    pub(crate) items: Vec<&'a str>,
    pub(crate) carried: Vec<&'a str>,
    /// Whether a unique index has nulls as one value.
    pub(crate) nulls_are_alike: bool,
    options: Vec<&'a str>,
}

impl<'a> IndexDefinition<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let Some((items, rest)) = list(text) else { return Self::default() };
        let (carried, rest) = clause(rest, "INCLUDE").unwrap_or((Vec::new(), rest));
        let behind = rest.trim_start().strip_prefix("NULLS NOT DISTINCT");
        let (options, _) = clause(behind.unwrap_or(rest), "WITH").unwrap_or_default();
        Self { items, carried, nulls_are_alike: behind.is_some(), options }
    }

    /// `name=value` of each storage parameter.
    pub(crate) fn options(&self) -> impl Iterator<Item = String> {
        self.options.iter().map(|option| parameter(option))
    }

    /// How many columns an index carries, without reading more of the statement than it takes.
    pub(crate) fn carried_count(text: &str) -> usize {
        if text.contains(" INCLUDE (") { IndexDefinition::parse(text).carried.len() } else { 0 }
    }
}

/// What follows the column or expression in an item.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemOptions<'a> {
    pub(crate) collation: Option<&'a str>,
    pub(crate) operator_class: Option<&'a str>,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
    /// The list behind the operator class, with its parentheses.
    parameters: Option<&'a str>,
}

impl<'a> ItemOptions<'a> {
    /// `key` is the column or expression, as the metadata has it.
    pub(crate) fn parse(item: &'a str, key: &str) -> Self {
        let rest = [format!("\"{}\"", key.replace('"', "\"\"")), format!("({key})"), key.to_owned()];
        let rest = rest.iter().find_map(|key| item.strip_prefix(key.as_str())).unwrap_or_default();
        let (mut options, mut nulls_first) = (Self::default(), None);
        let (rest, behind) = match (rest.find(" ("), rest.rfind(')')) {
            (Some(open), Some(close)) if open < close => {
                options.parameters = Some(&rest[open + 1..=close]);
                (&rest[..open], &rest[close + 1..])
            }
            _ => (rest, ""),
        };
        let mut words = rest.split_whitespace().chain(behind.split_whitespace());
        while let Some(word) = words.next() {
            match word.to_ascii_uppercase().as_str() {
                "COLLATE" => options.collation = words.next().map(name),
                "DESC" => options.descending = true,
                "ASC" => {}
                "NULLS" => nulls_first = words.next().map(|word| word.eq_ignore_ascii_case("FIRST")),
                _ => options.operator_class = Some(name(word)),
            }
        }
        options.nulls_first = nulls_first.unwrap_or(options.descending);
        options
    }

    /// `name=value` of each parameter of the operator class.
    pub(crate) fn class_parameters(&self) -> Vec<String> {
        let parameters = self.parameters.and_then(list).map(|(parameters, _)| parameters).unwrap_or_default();
        parameters.into_iter().map(parameter).collect()
    }

    /// `pg_index.indoption`.
    pub(crate) fn bits(&self) -> i64 {
        i64::from(self.descending) | i64::from(self.nulls_first) << 1
    }
}

/// The last part of a name, without quotes.
fn name(text: &str) -> &str {
    text.rsplit('.').next().unwrap_or(text).trim_matches('"')
}

/// The list behind a word at the beginning, and what follows it.
fn clause<'a>(text: &'a str, word: &str) -> Option<(Vec<&'a str>, &'a str)> {
    list(text.trim_start().strip_prefix(word)?)
}

/// `name='value'` without quotes.
fn parameter(written: &str) -> String {
    let (name, value) = written.split_once('=').unwrap_or((written, ""));
    format!("{}={}", unquoted(name), unquoted(value))
}

/// The items of the first list in parentheses, and what follows it.
fn list(text: &str) -> Option<(Vec<&str>, &str)> {
    let (mut quote, mut depth, mut start, mut items) = (None, 0, 0, Vec::new());
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(') => {
                depth += 1;
                if depth == 1 {
                    start = place + 1;
                }
            }
            (None, ',') if depth == 1 => {
                items.push(text[start..place].trim());
                start = place + 1;
            }
            (None, ')') if depth == 1 => {
                items.push(text[start..place].trim());
                return Some((items, &text[place + 1..]));
            }
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_have_their_order() {
        let text = "CREATE INDEX \"x (\" ON crm.orders USING btree (placed DESC, \
                    lower(c) COLLATE \"C\" text_pattern_ops, ((a + b)) DESC NULLS LAST) INCLUDE (d, e) WHERE flag";
        let definition = IndexDefinition::parse(text);
        assert_eq!((definition.items.len(), &definition.carried[..]), (3, &["d", "e"][..]));
        let options = |place: usize, key| ItemOptions::parse(definition.items[place], key);
        assert_eq!(options(0, "placed").bits(), 3);
        let lower = options(1, "lower(c)");
        assert_eq!((lower.collation, lower.operator_class, lower.bits()), (Some("C"), Some("text_pattern_ops"), 0));
        assert_eq!(options(2, "(a + b)").bits(), 1);
        assert_eq!(IndexDefinition::carried_count(text), 2);
        assert!(!definition.nulls_are_alike);
    }

    #[test]
    fn parameters_follow_columns_and_classes() {
        let text = "CREATE UNIQUE INDEX i ON t USING btree (a) INCLUDE (\"b\"\"c\") NULLS NOT DISTINCT \
                    WITH (fillfactor='80', \"x y\"=off) WHERE a";
        let definition = IndexDefinition::parse(text);
        assert_eq!((definition.nulls_are_alike, &definition.carried[..]), (true, &["\"b\"\"c\""][..]));
        assert_eq!(definition.options().collect::<Vec<_>>(), ["fillfactor=80", "x y=off"]);
        let text = "CREATE INDEX i ON t USING gist (\"a (\" tsvector_ops (siglen='100') DESC)";
        let definition = IndexDefinition::parse(text);
        let options = ItemOptions::parse(definition.items[0], "a (");
        assert_eq!(
            (options.operator_class, options.descending, options.class_parameters()),
            (Some("tsvector_ops"), true, vec!["siglen=100".to_owned()])
        );
    }

    #[test]
    fn other_texts_say_nothing() {
        assert_eq!(IndexDefinition::parse("nothing"), IndexDefinition::default());
        assert_eq!(ItemOptions::parse("other DESC", "name"), ItemOptions::default());
    }
}

//! The statement that makes an index, as far as it says more than the metadata: how columns are ordered, and which are only carried.

/// The items of `CREATE INDEX … (items) INCLUDE (carried) …`, each as it is written there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexDefinition<'a> {
    pub(crate) items: Vec<&'a str>,
    pub(crate) carried: Vec<&'a str>,
}

impl<'a> IndexDefinition<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let Some((items, rest)) = list(text) else { return Self::default() };
        let carried = rest.trim_start().strip_prefix("INCLUDE").and_then(list).map(|(items, _)| items).unwrap_or_default();
        Self { items, carried }
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
}

impl<'a> ItemOptions<'a> {
    /// `key` is the column or expression, as the metadata has it.
    pub(crate) fn parse(item: &'a str, key: &str) -> Self {
        let rest = [format!("\"{}\"", key.replace('"', "\"\"")), format!("({key})"), key.to_owned()];
        let rest = rest.iter().find_map(|key| item.strip_prefix(key.as_str())).unwrap_or_default();
        let mut words = rest.split_whitespace();
        let (mut options, mut nulls_first) = (Self::default(), None);
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

    /// `pg_index.indoption`.
    pub(crate) fn bits(&self) -> i64 {
        i64::from(self.descending) | i64::from(self.nulls_first) << 1
    }
}

/// The last part of a name, without quotes.
fn name(text: &str) -> &str {
    text.rsplit('.').next().unwrap_or(text).trim_matches('"')
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
    }

    #[test]
    fn other_texts_say_nothing() {
        assert_eq!(IndexDefinition::parse("nothing"), IndexDefinition::default());
        assert_eq!(ItemOptions::parse("other DESC", "name"), ItemOptions::default());
    }
}

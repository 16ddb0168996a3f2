//! What LazySimpleSerDe finds values by, and within them those of which they consist.
//!
//! Source of the properties' names and of what separates deeper levels: Hive's `serdeConstants` and `LazySerDeParameters`.

use hive_metastore::Table;

use super::byte;
use crate::hive_type;
use crate::properties::Properties;

/// Which characters stand for levels for which a table cannot choose one: those that texts hardly ever have. The last ones are bytes within
/// characters.
const CONTROLS: [(u8, u8); 5] = [(4, 8), (11, 11), (14, 26), (28, 31), (128, u8::MAX)];

/// How many levels of separators the values of the table's columns need within them.
pub(super) fn levels(table: &Table) -> usize {
    let types = table.sd.iter().flat_map(|storage| storage.cols.iter().flatten()).filter_map(|column| column.r#type.as_deref());
    let nested = types.filter(|declared| declared.contains('<'));
    nested.map(|declared| hive_type::levels(&hive_type::parse(declared).data_type)).max().unwrap_or(0)
}

/// What stands between values, and then at each level within them; why that is not known, as a sentence.
pub(super) fn separators(levels: usize, properties: &Properties<'_>) -> Result<Vec<u8>, String> {
    let chosen = [
        (properties.get("field.delim").or(properties.get("serialization.format")), 1),
        // Before version 3, and in Spark, the name is misspelled.
        (properties.get("collection.delim").or(properties.get("colelction.delim")), 2),
        (properties.get("mapkey.delim"), 3),
    ];
    let chosen =
        chosen.into_iter().map(|(given, default)| byte(given.unwrap_or_default(), default).ok_or("Its delimiter is no single byte."));
    let fixed = CONTROLS.into_iter().flat_map(|(first, last)| first..=last).map(Ok);
    let known = if properties.is_true("hive.serialization.extend.additional.nesting.levels") {
        usize::MAX
    } else if properties.is_true("hive.serialization.extend.nesting.levels") {
        24
    } else {
        8
    };
    let separators = chosen.chain(fixed).take((levels + 1).min(known)).collect::<Result<Vec<u8>, _>>()?;
    match separators.len() > levels {
        true => Ok(separators),
        false => Err(format!("Its columns are nested deeper than its {} delimiters tell apart.", separators.len())),
    }
}

#[cfg(test)]
mod tests {
    use pilota::FastStr;

    use super::*;

    fn with(levels: usize, properties: &[(&'static str, &'static str)]) -> Result<Vec<u8>, String> {
        let parameters = properties.iter().map(|(name, value)| (FastStr::new(name), FastStr::new(value))).collect();
        let table = Table { parameters: Some(parameters), ..Table::default() };
        separators(levels, &Properties::of_table(&table))
    }

    #[test]
    fn levels_have_separators_of_their_own() {
        assert_eq!(with(0, &[("mapkey.delim", "é")]).expect("one"), [1]);
        assert_eq!(with(3, &[]).expect("separators"), [1, 2, 3, 4]);
        let chosen = [("field.delim", "|"), ("collection.delim", ","), ("mapkey.delim", "58")];
        assert_eq!(with(3, &chosen).expect("separators"), [b'|', b',', b':', 4]);
        assert_eq!(with(1, &[("colelction.delim", ",")]).expect("separators"), [1, b',']);
        assert_eq!(with(2, &[("mapkey.delim", "é")]).expect_err("no byte"), "Its delimiter is no single byte.");
    }

    #[test]
    fn levels_end_where_the_serde_says() {
        assert_eq!(with(7, &[]).expect("separators").last(), Some(&8));
        assert_eq!(with(8, &[]).expect_err("too deep"), "Its columns are nested deeper than its 8 delimiters tell apart.");
        let extended = [("hive.serialization.extend.nesting.levels", "true")];
        assert_eq!(with(23, &extended).expect("separators").last(), Some(&29));
        assert!(with(24, &extended).is_err());
        let further = [("hive.serialization.extend.additional.nesting.levels", "TRUE")];
        assert_eq!(with(26, &further).expect("separators").last(), Some(&128));
    }
}

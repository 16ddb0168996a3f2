//! The columns of a file with one JSON object per line.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::text::Text;
use super::{Columns, Sample};
use crate::inference::Inferred;

/// Looks at the objects in a text, or says what is wrong with them. Columns come in the order in which they are first met.
pub(crate) fn sample(text: &Text) -> Result<Sample, String> {
    let lines = if text.whole { &text.bytes[..] } else { whole_lines(&text.bytes) };
    if lines.is_empty() && !text.bytes.is_empty() {
        return Err("the first line is too long for a sample; is it one JSON object per line?".to_owned());
    }
    let mut columns: Vec<(String, Inferred)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows = 0;
    for (number, line) in lines.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let object: Map<String, Value> =
            serde_json::from_slice(line).map_err(|error| format!("line {} is not a JSON object: {error}", number + 1))?;
        rows += 1;
        for (name, value) in object {
            let place = *places.entry(name).or_insert_with_key(|name| {
                columns.push((name.clone(), Inferred::Unknown));
                columns.len() - 1
            });
            let inferred = &mut columns[place].1;
            *inferred = std::mem::take(inferred).merge(Inferred::of_json(&value));
        }
    }
    Ok(Sample { columns: Columns::Inferred(columns), rows: text.whole.then_some(rows) })
}

fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns with their types, and the rows.
    type Found<'a> = (&'a [(&'a str, Inferred)], Option<u64>);

    fn check(text: &str, whole: bool, expected: Result<Found<'_>, &str>) {
        match (sample(&Text { bytes: text.as_bytes().to_vec(), whole }), expected) {
            (Ok(found), Ok((columns, rows))) => {
                let columns = columns.iter().map(|(name, inferred)| ((*name).to_owned(), inferred.clone())).collect();
                assert_eq!((found.columns, found.rows), (Columns::Inferred(columns), rows), "{text:?}");
            }
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, _) => panic!("{text:?} gave {found:?}"),
        }
    }

    #[test]
    fn finds_columns_in_the_order_of_their_first_use() {
        use Inferred::*;
        check("{\"b\": 1}\n\n{\"a\": \"x\", \"b\": 2.5}\n", true, Ok((&[("b", Double), ("a", Text)], Some(2))));
        check("{\"b\": 1}\n{\"b\": tr", false, Ok((&[("b", BigInt)], None)));
        check("{\"a\": [1], \"b\": {}}", true, Ok((&[("a", List(Box::new(BigInt))), ("b", Struct(Default::default()))], Some(1))));
    }

    #[test]
    fn says_what_is_wrong() {
        check("{\"a\": 1}\n[1]\n", true, Err("line 2 is not a JSON object"));
        check("{\n\"a\": 1}\n", true, Err("line 1 is not a JSON object"));
        check("{\"a\": 1", false, Err("too long for a sample"));
    }
}

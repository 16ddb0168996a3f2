//! Where names stand among sorted ones.

use std::ops::Range;

use arrow::array::{Array, StringArray};

/// The place of a name.
pub(crate) fn place(names: &StringArray, name: &str) -> Option<usize> {
    let place = first(names.len(), |place| names.value(place) >= name);
    (place < names.len() && names.value(place) == name).then_some(place)
}

/// The places of a name that may stand there several times.
pub(crate) fn places(names: &StringArray, name: &str) -> Range<usize> {
    first(names.len(), |place| names.value(place) >= name)..first(names.len(), |place| names.value(place) > name)
}

/// The places of the names that begin so.
pub(crate) fn beginning(names: &StringArray, beginning: &str) -> Range<usize> {
    beginning_of(names.len(), |place| names.value(place), beginning)
}

/// The same of names that are found by their places.
pub(crate) fn beginning_of<'a>(count: usize, name: impl Fn(usize) -> &'a str, beginning: &str) -> Range<usize> {
    let is_behind = |place| name(place) > beginning && !name(place).starts_with(beginning);
    first(count, |place| name(place) >= beginning)..first(count, is_behind)
}

/// The first place for which something is so, as it then is for all behind it.
fn first(count: usize, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) / 2;
        if is_so(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_themselves_and_by_how_they_begin() {
        let names = StringArray::from(vec!["a", "ab", "ab", "abc", "b", "é", "éa"]);
        assert_eq!((place(&names, "abc"), place(&names, "aa"), place(&names, "z")), (Some(3), None, None));
        assert_eq!((places(&names, "ab"), places(&names, "aa")), (1..3, 1..1));
        for (text, expected) in [("a", 0..4), ("ab", 1..4), ("abc", 3..4), ("abcd", 4..4), ("", 0..7), ("é", 5..7), ("z", 5..5)] {
            assert_eq!(beginning(&names, text), expected, "{text}");
        }
    }
}

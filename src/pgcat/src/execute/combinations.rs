//! All ways to take one value of each of several lists, made one at a time.

use crate::value::Value;

/// The combinations that are still to come.
pub(super) struct Combinations {
    lists: Vec<Vec<Value>>,
    /// For each list, the place of the value that is next.
    places: Vec<usize>,
    is_done: bool,
}

impl Combinations {
    pub fn new(lists: Vec<Vec<Value>>) -> Self {
        Self { places: vec![0; lists.len()], is_done: lists.iter().any(Vec::is_empty), lists }
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.lists.iter().fold(1, |count, list| count.saturating_mul(list.len() as u64))
    }

    pub fn into_lists(self) -> Vec<Vec<Value>> {
        self.lists
    }

    /// The next one: the value of the last list changes first.
    pub fn next(&mut self) -> Option<Vec<Value>> {
        if self.is_done {
            return None;
        }
        let combination = self.lists.iter().zip(&self.places).map(|(list, place)| list[*place].clone()).collect();
        self.is_done = true;
        for (list, place) in self.lists.iter().zip(&mut self.places).rev() {
            *place += 1;
            if *place < list.len() {
                self.is_done = false;
                break;
            }
            *place = 0;
        }
        Some(combination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lists: &[&[i64]]) -> (u64, Vec<Vec<i64>>) {
        let lists = lists.iter().map(|list| list.iter().map(|number| Value::Int(*number)).collect()).collect();
        let mut combinations = Combinations::new(lists);
        let count = combinations.count();
        let next = || combinations.next().map(|values| values.iter().filter_map(Value::as_int).collect());
        (count, std::iter::from_fn(next).collect())
    }

    #[test]
    fn the_last_list_changes_first() {
        let expected = [[1, 3, 4], [1, 3, 5], [2, 3, 4], [2, 3, 5]].map(Vec::from).to_vec();
        assert_eq!(all(&[&[1, 2], &[3], &[4, 5]]), (4, expected));
    }

    #[test]
    fn with_an_empty_list_there_are_none() {
        assert_eq!(all(&[&[1, 2], &[]]), (0, Vec::new()));
    }

    #[test]
    fn of_many_only_the_asked_ones_are_made() {
        let list = || (0..1_000_000).map(Value::Int).collect::<Vec<_>>();
        let mut combinations = Combinations::new(vec![list(), list(), list(), list()]);
        assert_eq!(combinations.count(), u64::MAX);
        assert_eq!(combinations.next().map(|values| values.len()), Some(4));
    }
}

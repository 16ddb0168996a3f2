//! Search among sorted numbers.

/// The place of a number. Objects that were found together are numbered in a row, so that the number itself tells nearly where it is.
pub(crate) fn place_of(sorted: &[u32], number: u32) -> Option<usize> {
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    if !(first..=last).contains(&number) {
        return None;
    }
    let part = u64::from(number - first) * (sorted.len() as u64 - 1);
    let guess = (part / u64::from((last - first).max(1))) as usize;
    // The steps grow, so that a guess that is far off costs no more than a binary search of all.
    let (mut low, mut high, mut step) = (guess, guess, 1);
    while sorted[low] > number {
        (low, high) = (low.saturating_sub(step), low);
        step *= 2;
    }
    while sorted[high] < number {
        (low, high) = (high, (high + step).min(sorted.len() - 1));
        step *= 2;
    }
    sorted[low..=high].binary_search(&number).ok().map(|place| low + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_where_they_are() {
        let lists: [&[u32]; 6] =
            [&[], &[7], &[1, 2, 3, 4, 5], &[1, 2, 3, 1_000_000, u32::MAX], &[0, 999_998, 999_999, 1_000_000], &[5, 90, 91]];
        for list in lists {
            for number in (0..100).chain([999_997, 999_998, 999_999, 1_000_000, 2_000_000, u32::MAX]) {
                assert_eq!(place_of(list, number), list.iter().position(|other| *other == number), "{number} in {list:?}");
            }
        }
    }
}

//! PostgreSQL's binary arrays, as far as a list is the same.

/// The header of an array: the dimensions, whether it has nulls, and the element's type; then length and first index per dimension.
const HEADER_WORDS: usize = 3;
const DIMENSION_WORDS: usize = 2;

/// The elements of an array, each `None` where it is null.
pub(crate) struct Elements<'a> {
    remaining: &'a [u8],
    length: usize,
}

/// Why an array is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoList {
    /// It has this many dimensions.
    Dimensions(i32),
    /// Its first index is this one.
    FirstIndex(i32),
    /// Its bytes are not those of an array.
    Damaged,
}

impl<'a> Elements<'a> {
    /// The elements of an array of at most one dimension that counts from 1, as a list does.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, NoList> {
        match word(bytes, 0)? {
            0 => Ok(Self { remaining: &[], length: 0 }),
            1 => {
                let (length, first) = (word(bytes, HEADER_WORDS)?, word(bytes, HEADER_WORDS + 1)?);
                let remaining = bytes.get(4 * (HEADER_WORDS + DIMENSION_WORDS)..).ok_or(NoList::Damaged)?;
                match first {
                    1 => Ok(Self { remaining, length: usize::try_from(length).map_err(|_| NoList::Damaged)? }),
                    _ => Err(NoList::FirstIndex(first)),
                }
            }
            dimensions => Err(NoList::Dimensions(dimensions)),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Option<&'a [u8]>, NoList>;

    fn next(&mut self) -> Option<Self::Item> {
        self.length = self.length.checked_sub(1)?;
        Some(self.element())
    }
}

impl<'a> Elements<'a> {
    fn element(&mut self) -> Result<Option<&'a [u8]>, NoList> {
        let length = word(self.remaining, 0)?;
        let rest = &self.remaining[4..];
        // A length below zero is null's.
        let Ok(length) = usize::try_from(length) else {
            self.remaining = rest;
            return Ok(None);
        };
        let (element, remaining) = rest.split_at_checked(length).ok_or(NoList::Damaged)?;
        self.remaining = remaining;
        Ok(Some(element))
    }
}

/// A 32-bit number of the bytes.
fn word(bytes: &[u8], place: usize) -> Result<i32, NoList> {
    let word = bytes.get(4 * place..4 * place + 4).and_then(|word| word.try_into().ok());
    word.map(i32::from_be_bytes).ok_or(NoList::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[i32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn elements_come_in_order() {
        let array = bytes(&[1, 1, 23, 3, 1, 4, 7, -1, 4, 8]);
        let elements: Result<Vec<_>, _> = Elements::parse(&array).expect("an array").collect();
        assert_eq!(elements, Ok(vec![Some(&[0, 0, 0, 7][..]), None, Some(&[0, 0, 0, 8][..])]));
        assert_eq!(Elements::parse(&bytes(&[0, 0, 23])).expect("an empty array").count(), 0);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(Elements::parse(&bytes(&[2, 0, 23, 1, 1, 1, 1])).err(), Some(NoList::Dimensions(2)));
        assert_eq!(Elements::parse(&bytes(&[1, 0, 23, 1, 0])).err(), Some(NoList::FirstIndex(0)));
        assert_eq!(Elements::parse(&[0]).err(), Some(NoList::Damaged));
        let short = bytes(&[1, 0, 23, 1, 1, 9]);
        assert_eq!(Elements::parse(&short).expect("a header").next(), Some(Err(NoList::Damaged)));
    }
}

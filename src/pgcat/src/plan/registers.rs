//! Sets of registers of one frame.

use crate::query::Register;

const BITS: usize = u64::BITS as usize;

/// A set of registers.
#[derive(Clone, Debug, Default)]
pub(super) struct Registers {
    words: Vec<u64>,
}

impl Registers {
    pub fn insert(&mut self, register: Register) {
        let word = register / BITS;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (register % BITS);
    }

    pub fn add(&mut self, other: &Registers) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    pub fn remove(&mut self, other: &Registers) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    pub fn union(&self, other: &Registers) -> Registers {
        let mut union = self.clone();
        union.add(other);
        union
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn contains(&self, register: Register) -> bool {
        self.word(register / BITS) & (1 << (register % BITS)) != 0
    }

    pub fn is_within(&self, other: &Registers) -> bool {
        self.words.iter().enumerate().all(|(place, word)| word & !other.word(place) == 0)
    }

    /// Whether all of these are in one of two others.
    pub fn is_within_either(&self, left: &Registers, right: &Registers) -> bool {
        self.words.iter().enumerate().all(|(place, word)| word & !(left.word(place) | right.word(place)) == 0)
    }

    pub fn iter(&self) -> impl Iterator<Item = Register> {
        let words = self.words.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(place, word)| (0..BITS).filter(move |bit| word & (1 << bit) != 0).map(move |bit| place * BITS + bit))
    }

    fn word(&self, place: usize) -> u64 {
        self.words.get(place).copied().unwrap_or(0)
    }
}

impl FromIterator<Register> for Registers {
    fn from_iter<I: IntoIterator<Item = Register>>(registers: I) -> Self {
        let mut set = Self::default();
        registers.into_iter().for_each(|register| set.insert(register));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_different_lengths_are_compared() {
        let small: Registers = [1, 3].into_iter().collect();
        let large: Registers = [1, 3, 200].into_iter().collect();
        assert!(small.is_within(&large) && !large.is_within(&small));
        let rest: Registers = [200].into_iter().collect();
        assert!(large.is_within_either(&small, &rest));
        let mut less = large.clone();
        less.remove(&small);
        assert_eq!(less.iter().collect::<Vec<_>>(), [200]);
    }
}

//! How much one pipeline should ask for: as much as fits, if it is as long as what came before.

use redis::Value;

/// Bytes that one pipeline should answer with. A value that is longer is read alone.
pub(crate) const BYTES_MAX: u64 = 4 << 20;

/// What follows short values may be long.
const GROWTH: u64 = 4;

/// How many elements, or keys, are asked for next.
pub(crate) struct Pace {
    count: u64,
    max: u64,
    is_known: bool,
}

impl Pace {
    /// So many at first, when nothing is known of their length, and never more than `max`.
    pub(crate) fn new(first: u64, max: u64) -> Self {
        Self { count: first, max, is_known: false }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether anything is known of their length.
    pub(crate) fn is_known(&self) -> bool {
        self.is_known
    }

    /// Learns that so many had so many bytes.
    pub(crate) fn note(&mut self, count: u64, bytes: u64) {
        self.is_known = true;
        if let Some(mean) = bytes.checked_div(count) {
            let fitting = BYTES_MAX / mean.max(1);
            self.count = fitting.clamp(1, (self.count * GROWTH).min(self.max));
        }
    }
}

/// How many values answers have, and how many bytes those are.
pub(crate) fn size(answers: &[Value]) -> (u64, u64) {
    fn add((values, bytes): (u64, u64), answer: &Value) -> (u64, u64) {
        match answer {
            Value::Array(items) | Value::Set(items) => items.iter().fold((values, bytes), add),
            Value::BulkString(text) => (values + 1, bytes + text.len() as u64),
            _ => (values, bytes),
        }
    }
    answers.iter().fold((0, 0), add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_make_short_answers() {
        let mut pace = Pace::new(500, 5_000);
        let mut after = |count: usize, length: usize| {
            let (values, bytes) = size(&[Value::Array(vec![Value::BulkString(vec![0; length]); count]), Value::Int(-1)]);
            pace.note(values, bytes);
            pace.count()
        };
        assert_eq!(after(500, 10), 2_000);
        assert_eq!(after(2_000, 10), 5_000);
        assert_eq!(after(0, 0), 5_000);
        assert_eq!(after(100, 1 << 20), 4);
        assert_eq!(after(1, 16 << 20), 1);
        assert_eq!(after(1, 10), 4);
    }
}

//! What one statement may use.

use std::time::{Duration, Instant};

use spi::{Code, Error, Result};

use crate::functions::limits::{SIZE_MAX, too_large};
use crate::value::Value;

/// Rows that are read, joined, sorted or computed. Ten times a hundred million columns: only a join of large relations without a
/// condition comes to that.
const ROWS_TOUCHED_MAX: u64 = 1_000_000_000;

/// Bytes of rows that are kept at once for sorting, grouping, joining and remembering. What only passes through does not count, so that
/// lists of millions of columns are possible where they need not be sorted.
const BYTES_KEPT_MAX: usize = 1 << 30;

/// Values of fewer bytes are not worth counting as long as they are not kept.
const LARGE: usize = 1 << 16;

/// How long it may compute. The time in which nobody asks for rows does not count.
const TIME_MAX: Duration = Duration::from_secs(600);

/// How many rows are touched between two looks at the clock and at the client's wish to cancel.
const ROWS_PER_CHECK: u64 = 256;

/// What is used so far.
#[derive(Debug)]
pub(super) struct Budget {
    /// How many bytes may be kept.
    bytes_max: usize,
    touched: u64,
    kept: usize,
    /// Bytes of large values that were computed since a row was touched, for the rows that are being made.
    made: usize,
    /// Before the current stretch.
    computed: Duration,
    resumed_at: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes_max: BYTES_KEPT_MAX, touched: 0, kept: 0, made: 0, computed: Duration::ZERO, resumed_at: None }
    }
}

impl Budget {
    /// The clock runs from here.
    pub fn resume(&mut self) {
        self.resumed_at = Some(Instant::now());
    }

    /// The clock stands from here.
    pub fn pause(&mut self) {
        self.computed += self.resumed_at.take().map(|at| at.elapsed()).unwrap_or_default();
    }

    /// Counts a row that is touched. True where it is time for [`Budget::check`].
    pub fn touch(&mut self) -> bool {
        self.touched += 1;
        self.made = 0;
        self.touched.is_multiple_of(ROWS_PER_CHECK)
    }

    /// Fails where too many rows were touched or the time is over.
    pub fn check(&self) -> Result<()> {
        if self.touched > ROWS_TOUCHED_MAX {
            return Err(limit(format!("a statement about the catalog must not touch more than {ROWS_TOUCHED_MAX} rows")));
        }
        if self.computed + self.resumed_at.map(|at| at.elapsed()).unwrap_or_default() > TIME_MAX {
            return Err(limit(format!("a statement about the catalog must not compute for more than {} seconds", TIME_MAX.as_secs())));
        }
        Ok(())
    }

    /// Counts bytes that are kept from here on.
    pub fn keep(&mut self, bytes: usize) -> Result<()> {
        self.kept += bytes;
        self.check_kept()
    }

    /// Counts a value that a function made.
    pub fn made(&mut self, value: &Value) -> Result<()> {
        let bytes = match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(_) | Value::Record(_) | Value::Multirange(_) => value.size(),
            _ => return Ok(()),
        };
        if bytes < LARGE {
            return Ok(());
        }
        if bytes > SIZE_MAX {
            return Err(too_large());
        }
        self.made += bytes;
        self.check_kept()
    }

    fn check_kept(&self) -> Result<()> {
        if self.kept + self.made <= self.bytes_max {
            return Ok(());
        }
        let message = format!("a statement about the catalog must not keep more than {} bytes", self.bytes_max);
        Err(Error::new(Code::OutOfMemory, message).hint(HINT))
    }

    /// Counts off what was kept.
    pub fn release(&mut self, bytes: usize) {
        self.kept = self.kept.saturating_sub(bytes);
    }
}

fn limit(message: String) -> Error {
    Error::new(Code::Limit, message).hint(HINT)
}

const HINT: &str = "Name the schema or the table, or read less at once.";

#[cfg(test)]
impl Budget {
    pub fn set_bytes_max(&mut self, bytes: usize) {
        self.bytes_max = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_limit_and_can_be_given_back() {
        let mut budget = Budget::default();
        budget.keep(BYTES_KEPT_MAX).unwrap();
        budget.release(10);
        budget.keep(10).unwrap();
        let error = budget.keep(1).unwrap_err();
        assert_eq!(error.code, Code::OutOfMemory);
        assert!(error.hint.is_some());
    }

    #[test]
    fn large_values_count_until_the_next_row() {
        let value = Value::from("x".repeat(SIZE_MAX));
        let mut budget = Budget::default();
        let count = BYTES_KEPT_MAX / SIZE_MAX;
        (0..count).for_each(|_| budget.made(&value).unwrap());
        assert_eq!(budget.made(&value).unwrap_err().code, Code::OutOfMemory);
        budget.touch();
        budget.made(&value).unwrap();
        assert_eq!(budget.made(&Value::from("x".repeat(SIZE_MAX + 1))).unwrap_err().code, Code::Limit);
    }

    #[test]
    fn touched_rows_have_a_limit() {
        let mut budget = Budget { touched: ROWS_TOUCHED_MAX - 1, ..Budget::default() };
        budget.touch();
        assert!(budget.check().is_ok());
        budget.touch();
        assert_eq!(budget.check().unwrap_err().code, Code::Limit);
    }

    #[test]
    fn every_so_many_rows_there_is_a_check() {
        let mut budget = Budget::default();
        let checks = (0..1024).filter(|_| budget.touch()).count();
        assert_eq!(checks, 4);
    }
}

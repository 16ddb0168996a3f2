//! The text of option `refresh_interval`.

use std::time::Duration;

use spi::{Code, Error, Result};

/// The shortest interval. A harvest asks the source for everything that it has; more often than this is an attack on it.
const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// The longest interval. Anything longer is a slip; `0` is how manual refreshes are asked for.
const INTERVAL_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The time between two refreshes; `None` for manual refreshes only.
pub fn parse(text: &str) -> Result<Option<Duration>> {
    let invalid = || {
        Error::new(Code::InvalidArgument, "option \"refresh_interval\" is not a duration")
            .hint("For example 30 s, 5 min, 1 h 30 min or 1 day; 0 for manual refreshes only.")
    };
    let duration = humantime::parse_duration(text.trim()).map_err(|error| invalid().detail(sentence(&error.to_string())))?;
    if duration.is_zero() {
        return Ok(None);
    }
    match (INTERVAL_MIN..=INTERVAL_MAX).contains(&duration) {
        true => Ok(Some(duration)),
        false => Err(Error::new(Code::InvalidArgument, "option \"refresh_interval\" is out of range")
            .detail("An interval lasts from one second to one year.")
            .hint("0 stands for manual refreshes only.")),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.trim_end_matches('.').chars();
    match characters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), characters.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        let seconds = |text| parse(text).expect("an interval").map(|interval| interval.as_secs());
        assert_eq!(seconds("5 min"), Some(300));
        assert_eq!(seconds(" 1h 30min "), Some(5400));
        assert_eq!(seconds("1 day"), Some(86400));
        assert_eq!(seconds("0"), None);
        assert_eq!(seconds("0 s"), None);
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for text in ["", "5", "soon", "-1 s", "5 minutse", "100 ms", "999 ms", "1000 years", "99999999999999999999 s"] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.code, Code::InvalidArgument, "{text}");
            assert!(error.hint.is_some() && error.detail.is_some_and(|detail| detail.ends_with('.')), "{text}");
        }
    }
}

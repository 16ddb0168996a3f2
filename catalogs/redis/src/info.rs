//! What the server says about itself.

/// Names and values of an answer to INFO.
pub(crate) fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.trim_end().split_once(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_no_fields() {
        let text = "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n\r\ndb3:keys=2\r\n";
        assert_eq!(fields(text).collect::<Vec<_>>(), [("db0", "keys=1,expires=0,avg_ttl=0"), ("db3", "keys=2")]);
    }
}

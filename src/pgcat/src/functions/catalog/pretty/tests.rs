//! Expressions as PostgreSQL 16 prints them in both forms.

use super::without_parentheses;

/// A line per expression: as it is stored, and as it is shown to people; line ends as `\\n`. Read from a PostgreSQL 16.
const EXPRESSIONS: &str = include_str!("postgresql16.tsv");

#[test]
fn as_postgresql() {
    let unescape = |text: &str| text.replace("\\n", "\n");
    let lines = EXPRESSIONS.lines().filter_map(|line| line.split_once('\t'));
    let lines: Vec<(String, String)> = lines.map(|(stored, shown)| (unescape(stored), unescape(shown))).collect();
    assert!(lines.len() > 100);
    let all = lines.iter().map(|(stored, shown)| (stored, shown, without_parentheses(stored)));
    let found: Vec<_> = all.filter(|(_, shown, found)| found != *shown).collect();
    assert!(found.is_empty(), "{found:#?}");
}

//! Tables in Markdown.

/// A table with a header. Text may hold anything: what would tear the table is escaped.
pub(super) fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = row(&header.map(str::to_owned));
    text.push_str(&row(&[const { "---" }; N].map(str::to_owned)));
    for cells in rows {
        text.push_str(&row(&cells.map(|cell| escape(&cell))));
    }
    text
}

/// A name or value as code.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// Names as code, one after the other.
pub(super) fn codes<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| code(name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Text on one line.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn escape(text: &str) -> String {
    line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_in_their_row() {
        let text = table(["a", "b"], [["x|y".to_owned(), "two\nlines".to_owned()]]);
        assert_eq!(text, "| a | b |\n| --- | --- |\n| x\\|y | two lines |\n");
    }
}

//! One line as OpenCSVSerde reads it: by the `CSVParser` of opencsv 2.3, whatever it makes of what is no proper CSV.
//!
//! Its rules: an escape is dropped unless a quote or another escape follows within a value; a quote that does not begin or end a value is
//! kept, but for the first three characters of a line; blanks before a quote are dropped; a value whose quote does not end is NULL, and so
//! are all values of an empty line.

/// The characters that mean something. No two of them are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) separator: u8,
    pub(crate) quote: u8,
    pub(crate) escape: u8,
}

/// Before this character of a line, counted from 0 as Java counts, quotes are never kept.
const FIRST_KEPT_QUOTE: usize = 3;

/// Appends the values of a line to `bytes`, and where each of them ends.
pub(crate) fn split(line: &[u8], marks: Marks, bytes: &mut Vec<u8>, mut end: impl FnMut(usize)) {
    let Marks { separator, quote, escape } = marks;
    if line.is_empty() {
        return;
    }
    let (mut is_quoted, mut is_within) = (false, false);
    let mut start = bytes.len();
    let (mut place, mut characters) = (0, 0);
    while place < line.len() {
        let (byte, next) = (line[place], line.get(place + 1).copied());
        let is_inside = is_quoted || is_within;
        let is_escaped = byte == escape && is_inside && next.is_some_and(|next| next == quote || next == escape);
        let is_doubled = byte == quote && is_inside && next == Some(quote);
        if is_escaped || is_doubled {
            bytes.extend(next);
        } else if byte == quote {
            let is_between = place > 0 && line[place - 1] != separator && next.is_some_and(|next| next != separator);
            if is_between && characters >= FIRST_KEPT_QUOTE {
                match bytes.len() > start && is_blank(&bytes[start..]) {
                    true => bytes.truncate(start),
                    false => bytes.push(byte),
                }
            }
            is_quoted = !is_quoted;
        } else if byte == separator && !is_quoted {
            end(bytes.len());
            start = bytes.len();
            is_within = false;
        } else if byte != escape {
            bytes.push(byte);
            is_within = true;
        }
        if byte == quote {
            is_within = !is_within;
        }
        let taken = 1 + usize::from(is_escaped || is_doubled);
        characters += line[place..place + taken].iter().map(|byte| utf16_units(*byte)).sum::<usize>();
        place += taken;
    }
    match is_quoted {
        true => bytes.truncate(start),
        false => end(bytes.len()),
    }
}

/// How many of Java's characters a byte of UTF-8 begins.
fn utf16_units(byte: u8) -> usize {
    match byte {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    }
}

/// Whether a value is nothing but what is white space for Java, whose no-break spaces are none.
fn is_blank(value: &[u8]) -> bool {
    let is_white = |character: char| match character {
        '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        '\u{1c}'..='\u{1f}' => true,
        other => other.is_whitespace(),
    };
    std::str::from_utf8(value).is_ok_and(|text| text.chars().all(is_white))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str, marks: Marks) -> Vec<String> {
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        split(line.as_bytes(), marks, &mut bytes, |end| ends.push(end));
        ends.windows(2).map(|pair| String::from_utf8_lossy(&bytes[pair[0]..pair[1]]).into_owned()).collect()
    }

    /// What opencsv 2.3 itself gives, by OpenCSVSerde's way to call it.
    #[test]
    fn lines_are_split_as_by_opencsv() {
        let usual = Marks { separator: b',', quote: b'"', escape: b'\\' };
        for (line, expected) in [
            (r#"a,"b,c","d""e","f\"g","#, &["a", "b,c", "d\"e", "f\"g", ""][..]),
            (r#"\N,a\b"#, &["N", "ab"][..]),
            (r#"a\\b,\\c,"\\d",\"e"#, &["a\\b", "c", "\\d"][..]),
            (r#""a"#, &[][..]),
            (r#"a,"b"#, &["a"][..]),
            (r#"a,bc"d"ef,g"#, &["a", "bc\"d\"ef", "g"][..]),
            (r#"a"b"c,d"#, &["ab\"c", "d"][..]),
            (r#"ab"c"d,e"#, &["abc\"d", "e"][..]),
            (r#"abc"d"e,f"#, &["abc\"d\"e", "f"][..]),
            (r#"x,  "y",z"#, &["x", "y", "z"][..]),
            (r#"  "y",z"#, &["  y", "z"][..]),
            (r#"äöü"x"y,b"#, &["äöü\"x\"y", "b"][..]),
            (r#"😀a"x"y,b"#, &["😀a\"x\"y", "b"][..]),
            (r#","","""""#, &["", "", "\""][..]),
            (r#"a""b,"",c"#, &["a\"b", "", "c"][..]),
            (r#""a"b,"c"d"#, &["ab", "c\"d"][..]),
            (r#""a" ,b"#, &["a ", "b"][..]),
            (r#"a," b",  c "#, &["a", " b", "  c "][..]),
            (r#""","#, &["", ""][..]),
            (r#""a""b"",c""#, &["a\"b\",c"][..]),
            (r#"x\",y\"#, &["x\"", "y"][..]),
            ("", &[]),
        ] {
            assert_eq!(values(line, usual), expected, "{line}");
        }
        let others = Marks { separator: b'|', quote: b'\'', escape: b'^' };
        assert_eq!(values("a|'b|c'|^'d^", others), ["a", "b|c"]);
    }
}

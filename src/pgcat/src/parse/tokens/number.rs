//! Numbers that are written in other bases, with underscores, or with something behind them that does not belong there.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::Replacement;

/// `0xFF`, `0o17`, `0b101` and `1_000` are the numbers that they are in plain digits. What follows a number without a space, `123abc`, is
/// part of one that is none.
pub(super) fn plain(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let first = rest.first()?;
    let mut written = match &first.token {
        Token::Number(digits, is_long) => format!("{digits}{}", if *is_long { "L" } else { "" }),
        // `x'FF'` has one character more.
        Token::HexStringLiteral(digits) if width(first) == Some(digits.len() as u64 + 2) => format!("0x{digits}"),
        _ => return None,
    };
    let mut length = 1;
    let adjacent = rest.get(1).filter(|next| next.span.start == first.span.end);
    if let Some(Token::Word(word)) = adjacent.map(|next| &next.token)
        && word.quote_style.is_none()
    {
        written.push_str(&word.value);
        length = 2;
    }
    let plain = decimal(&written).unwrap_or(written);
    let is_new = !matches!(&first.token, Token::Number(digits, false) if *digits == plain);
    is_new.then(|| (length, vec![TokenWithSpan::new(Token::Number(plain, false), first.span)]))
}

/// How many characters a token of one line has.
fn width(token: &TokenWithSpan) -> Option<u64> {
    let (start, end) = (token.span.start, token.span.end);
    (start.line == end.line).then(|| end.column.checked_sub(start.column)).flatten()
}

/// The digits of a number without underscores and in base 10. Larger ones in other bases stay, and are read where their value is needed.
fn decimal(written: &str) -> Option<String> {
    let digits = written.replace('_', "");
    let prefix = digits.get(..2)?.to_ascii_lowercase();
    let base = match prefix.as_str() {
        "0x" => 16,
        "0o" => 8,
        "0b" => 2,
        _ => return digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')).then_some(digits),
    };
    let is_number = digits[2..].chars().all(|digit| digit.is_digit(base)) && !written.ends_with('_') && !written.contains("__");
    u128::from_str_radix(&digits[2..], base).ok().filter(|_| is_number).map(|number| number.to_string())
}

//! `to_char` of numbers: `9,999.99`, `FM000`, `RN`, `9.99EEEE`.

use bigdecimal::num_bigint::Sign;
use bigdecimal::{BigDecimal, RoundingMode};
use spi::{Code, Error, Result};

use super::words::{ordinal, roman};
use crate::functions::limits::within_limit;
use crate::value::Numeric;

/// One thing of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Digit {
        zero: bool,
    },
    Point,
    Group,
    /// The sign of currency, which no locale gives here.
    Currency,
    Minus,
    Plus,
    Sign,
    Shift,
    Ordinal {
        upper: bool,
    },
    Roman {
        upper: bool,
    },
    Text(String),
}

/// Where the sign is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignPlace {
    /// In front of the first digit, if it is negative.
    Digits,
    /// `S` in front of the digits, and behind them.
    Before,
    Behind,
    /// `MI`, `PL` and `SG`, where they stand.
    Own,
    /// `PR`: in angle brackets.
    Brackets,
}

struct Template {
    nodes: Vec<Node>,
    /// Digits before and behind the point.
    before: usize,
    behind: usize,
    /// Digits that `V` shifts by.
    shift: usize,
    has_point: bool,
    fills: bool,
    is_exponent: bool,
    sign: SignPlace,
    /// The digits, counted from 0, between which zeros are written.
    zeros: Option<(usize, usize)>,
}

fn invalid(message: &str) -> Error {
    Error::new(Code::Syntax, message)
}

impl Template {
    fn parse(text: &str) -> Result<Self> {
        let mut template = Template {
            nodes: Vec::new(),
            before: 0,
            behind: 0,
            shift: 0,
            has_point: false,
            fills: false,
            is_exponent: false,
            sign: SignPlace::Digits,
            zeros: None,
        };
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = template.take(rest, first)?;
            rest = &rest[length..];
        }
        Ok(template)
    }

    /// Takes the first keyword or text, and gives its length.
    fn take(&mut self, rest: &str, first: char) -> Result<usize> {
        let upper: String = rest.chars().take(4).map(|letter| letter.to_ascii_uppercase()).collect();
        let keyword = ["EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "TH", "0", "9", ",", ".", "D", "G", "L", "S", "V"]
            .into_iter()
            .find(|keyword| upper.starts_with(keyword));
        if self.is_exponent && keyword.is_some() {
            return Err(invalid("\"EEEE\" must be the last pattern used"));
        }
        let is_lower = first.is_ascii_lowercase();
        match keyword {
            Some("9") => self.digit(false),
            Some("0") => self.digit(true),
            Some("," | "G") => self.nodes.push(Node::Group),
            Some("." | "D") => {
                if self.has_point {
                    return Err(invalid("multiple decimal points"));
                }
                if self.shift_was_given() {
                    return Err(invalid("cannot use \"V\" and decimal point together"));
                }
                self.has_point = true;
                self.nodes.push(Node::Point);
            }
            Some("L") => self.nodes.push(Node::Currency),
            Some("MI") => self.own_sign(Node::Minus),
            Some("PL") => self.own_sign(Node::Plus),
            Some("SG") => self.own_sign(Node::Sign),
            Some("S") => self.sign = if self.before == 0 && !self.has_point { SignPlace::Before } else { SignPlace::Behind },
            Some("PR") => self.sign = SignPlace::Brackets,
            Some("FM") => self.fills = true,
            Some("V") => self.nodes.push(Node::Shift),
            Some("TH") => self.nodes.push(Node::Ordinal { upper: !is_lower }),
            Some("RN") => self.nodes.push(Node::Roman { upper: !is_lower }),
            Some(_) => self.is_exponent = true,
            None => return Ok(self.text(rest, first)),
        }
        Ok(keyword.map_or(1, str::len))
    }

    fn shift_was_given(&self) -> bool {
        self.nodes.contains(&Node::Shift)
    }

    fn digit(&mut self, zero: bool) {
        let place = self.before + self.behind;
        if zero {
            let start = self.zeros.map_or(place, |(start, _)| start);
            self.zeros = Some((start, place));
        }
        if self.has_point {
            self.behind += 1;
        } else {
            self.before += 1;
            self.shift += usize::from(self.shift_was_given());
        }
        self.nodes.push(Node::Digit { zero });
    }

    fn own_sign(&mut self, node: Node) {
        self.sign = SignPlace::Own;
        self.nodes.push(node);
    }

    /// A text in quotes, or one character.
    fn text(&mut self, rest: &str, first: char) -> usize {
        if first == '"' {
            let inside = &rest[1..];
            let end = inside.find('"').unwrap_or(inside.len());
            self.nodes.push(Node::Text(inside[..end].to_owned()));
            return (end + 2).min(rest.len());
        }
        self.nodes.push(Node::Text(first.to_string()));
        first.len_utf8()
    }
}

/// A number in the form of a template.
pub fn write(number: &Numeric, template: &str) -> Result<String> {
    within_limit(template.len())?;
    let template = Template::parse(template)?;
    if let Some(Node::Roman { upper }) = template.nodes.iter().find(|node| matches!(node, Node::Roman { .. })) {
        return Ok(in_roman(number, *upper, template.fills));
    }
    let Numeric::Finite(number) = number else { return Ok(not_finite(number, &template)) };
    if template.is_exponent {
        return Ok(with_exponent(number, &template));
    }
    let shifted = number * BigDecimal::from(10).powi(template.shift as i64);
    let rounded = shifted.with_scale_round(template.behind as i64, RoundingMode::HalfUp);
    let mut digits = rounded.abs().to_plain_string();
    let before = digits.find('.').unwrap_or(digits.len());
    if before > template.before {
        // The number has more digits than there are places.
        digits = format!("{}{}{}", "#".repeat(template.before), if template.behind > 0 { "." } else { "" }, "#".repeat(template.behind));
    }
    let is_negative = rounded.sign() == Sign::Minus;
    Ok(Writer::new(&template, digits, is_negative).write())
}

fn not_finite(number: &Numeric, template: &Template) -> String {
    let digits = format!("{}{}{}", "#".repeat(template.before), if template.behind > 0 { "." } else { "" }, "#".repeat(template.behind));
    Writer::new(template, digits, *number == Numeric::NegativeInfinity).write()
}

fn in_roman(number: &Numeric, upper: bool, fills: bool) -> String {
    const WIDTH: usize = 15;
    let value = match number {
        Numeric::Finite(number) => number.with_scale_round(0, RoundingMode::HalfUp).to_plain_string().parse::<i64>().ok(),
        _ => None,
    };
    let text = value.filter(|value| (1..=3999).contains(value)).map_or_else(|| "#".repeat(WIDTH), |value| roman(value as i32));
    let text = if upper { text } else { text.to_lowercase() };
    if fills { text } else { format!("{text:>WIDTH$}") }
}

/// One digit before the point, and the power of ten.
fn with_exponent(number: &BigDecimal, template: &Template) -> String {
    let scale = template.behind;
    let digits = number.abs().to_plain_string();
    let significant = digits.trim_start_matches(['0', '.']);
    let mut exponent = match (significant.is_empty(), digits.find('.').unwrap_or(digits.len())) {
        (true, _) => 0,
        (false, point) => {
            let first = digits.find(|letter: char| letter.is_ascii_digit() && letter != '0').unwrap_or(0);
            if first < point { point as i64 - first as i64 - 1 } else { point as i64 - first as i64 }
        }
    };
    let mantissa =
        |exponent: i64| (number.abs() * BigDecimal::from(10).powi(-exponent)).with_scale_round(scale as i64, RoundingMode::HalfUp);
    let mut first = mantissa(exponent);
    if first >= 10 {
        exponent += 1;
        first = mantissa(exponent);
    }
    let sign = if number.sign() == Sign::Minus { "-" } else { " " };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{}e{exponent_sign}{:02}", first.to_plain_string(), exponent.abs())
}

/// Writes the digits into the places of a template, as PostgreSQL does.
struct Writer<'a> {
    template: &'a Template,
    digits: Vec<char>,
    /// The digit at hand.
    at: usize,
    /// The place of the template at hand.
    place: usize,
    /// Places before the first digit.
    blanks: usize,
    is_negative: bool,
    sign_is_written: bool,
    digit_was_written: bool,
    /// The last digit behind the point that is not a zero, where zeros at the end are left out.
    last_relevant: Option<usize>,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(template: &'a Template, digits: String, is_negative: bool) -> Self {
        let digits: Vec<char> = digits.chars().collect();
        let before = digits.iter().position(|digit| *digit == '.').unwrap_or(digits.len());
        let blanks = template.before.saturating_sub(before);
        let mut writer = Writer {
            template,
            at: 0,
            place: 0,
            blanks,
            is_negative,
            sign_is_written: false,
            digit_was_written: false,
            last_relevant: None,
            out: String::new(),
            digits,
        };
        writer.last_relevant = writer.find_last_relevant();
        // A sign of its own is written where it stands.
        writer.sign_is_written = template.sign == SignPlace::Own || (template.sign == SignPlace::Behind);
        writer
    }

    fn find_last_relevant(&self) -> Option<usize> {
        if !self.template.fills || !self.template.has_point {
            return None;
        }
        let point = self.digits.iter().position(|digit| *digit == '.')?;
        let last = (point..self.digits.len()).rev().find(|place| self.digits[*place] != '0').unwrap_or(point);
        // Zeros that the template asks for stay.
        let asked = self.template.zeros.map_or(0, |(_, end)| (end + 1).saturating_sub(self.blanks).min(self.digits.len() - 1));
        let asked = if self.template.zeros.is_some_and(|(_, end)| end >= self.template.before) { asked } else { 0 };
        Some(last.max(asked))
    }

    fn write(mut self) -> String {
        for node in &self.template.nodes {
            match node {
                Node::Digit { zero } => self.digit(*zero),
                Node::Point => self.digit(false),
                Node::Group => self.group(),
                Node::Currency => self.unless_filled(" "),
                Node::Minus => match self.is_negative {
                    true => self.out.push('-'),
                    false => self.unless_filled(" "),
                },
                Node::Plus => match self.is_negative {
                    true => self.unless_filled(" "),
                    false => self.out.push('+'),
                },
                Node::Sign => self.out.push(if self.is_negative { '-' } else { '+' }),
                Node::Shift | Node::Roman { .. } => {}
                Node::Ordinal { upper } => {
                    let has_ordinal = !self.is_negative && !self.template.has_point && self.digits.first() != Some(&'#');
                    if has_ordinal {
                        let digits: String = self.digits.iter().collect();
                        let suffix = ordinal(&digits);
                        self.out.push_str(&if *upper { suffix.to_uppercase() } else { suffix.to_owned() });
                    }
                }
                Node::Text(text) => self.out.push_str(text),
            }
        }
        self.out
    }

    fn unless_filled(&mut self, text: &str) {
        if !self.template.fills {
            self.out.push_str(text);
        }
    }

    fn has_zero_at(&self, place: usize) -> bool {
        self.template.zeros.is_some_and(|(start, _)| start <= place)
    }

    /// Whether the digit at hand is the only zero before a point, which is not written.
    fn is_zero_before_point(&self) -> bool {
        self.template.zeros.is_none() && self.at == 0 && self.digits.first() == Some(&'0') && self.template.behind != 0
    }

    fn point_is_last(&self) -> bool {
        self.last_relevant.is_some_and(|place| self.digits[place] == '.')
    }

    fn sign(&mut self) {
        let begins = self.place >= self.blanks || self.template.zeros.is_some_and(|(start, _)| start == self.place);
        if self.sign_is_written || !begins || (self.is_zero_before_point() && !self.point_is_last()) {
            return;
        }
        self.sign_is_written = true;
        match self.template.sign {
            SignPlace::Before => self.out.push(if self.is_negative { '-' } else { '+' }),
            SignPlace::Brackets => self.out.push(if self.is_negative { '<' } else { ' ' }),
            _ if self.is_negative => self.out.push('-'),
            _ => self.unless_filled(" "),
        }
    }

    fn digit(&mut self, zero: bool) {
        self.sign();
        if self.place < self.blanks && !self.has_zero_at(self.place) {
            self.unless_filled(" ");
        } else if self.place < self.blanks {
            self.out.push('0');
            self.digit_was_written = true;
        } else {
            self.number(zero);
            self.at += usize::from(self.at < self.digits.len());
        }
        self.closing_sign();
        self.place += 1;
    }

    fn number(&mut self, zero: bool) {
        let Some(digit) = self.digits.get(self.at).copied() else { return };
        if digit == '.' {
            if !self.point_is_last() || self.template.fills {
                self.out.push('.');
            }
        } else if self.last_relevant.is_some_and(|last| self.at > last) && !zero {
            // A zero at the end.
        } else if self.is_zero_before_point() {
            if !self.template.fills {
                self.out.push(' ');
            } else if self.point_is_last() {
                self.out.push('0');
            }
        } else {
            self.out.push(digit);
            self.digit_was_written = true;
        }
    }

    /// Behind the last digit.
    fn closing_sign(&mut self) {
        let count = self.template.before + self.template.behind + usize::from(self.template.has_point);
        if self.place + 1 != count {
            return;
        }
        match self.template.sign {
            SignPlace::Brackets => match self.is_negative {
                true => self.out.push('>'),
                false => self.unless_filled(" "),
            },
            SignPlace::Behind => self.out.push(if self.is_negative { '-' } else { '+' }),
            _ => {}
        }
    }

    /// Only between digits that are written.
    fn group(&mut self) {
        if self.digit_was_written {
            self.out.push(',');
        } else {
            self.unless_filled(" ");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn numbers_are_written_into_templates() {
        for (number, template, expected) in [
            ("125", "999", " 125"),
            ("125", "000000", " 000125"),
            ("-125.8", "999D99S", "125.80-"),
            ("1234567.891", "9,999,999.99", " 1,234,567.89"),
            ("12", "FM999", "12"),
            ("0.1", "0.99", " 0.10"),
            ("148.5", "999.999", " 148.500"),
            ("-0.1", "99.99", "  -.10"),
            ("1485", "9G999", " 1,485"),
            ("12", "RN", "            XII"),
            ("100000", "9.99EEEE", " 1.00e+05"),
            ("482", "999th", " 482nd"),
            ("-5", "999PR", "  <5>"),
            ("5", "MI9", " 5"),
            ("12345", "999", " ###"),
            ("0.1", "FM9.99", ".1"),
            ("148.5", "FM999.990", "148.500"),
            ("12", "99V999", " 12000"),
            ("-12", "S9999", "  -12"),
            ("12", "\"n=\"99", "n= 12"),
        ] {
            let number = Numeric::Finite(BigDecimal::from_str(number).unwrap());
            assert_eq!(write(&number, template).unwrap(), expected, "{template}");
        }
    }
}

//! A number read out of a text by a template: `to_number`.

use bigdecimal::BigDecimal;
use spi::{Code, Error, Result};

use super::{Keyword, SignPlace, Template};
use crate::functions::template::node::Node;
use crate::io::numeric;
use crate::value::Numeric;

/// Reads a number.
pub fn read(text: &str, template: Template) -> Result<Numeric> {
    let unsupported = |name: &str| Err(Error::new(Code::Unsupported, format!("\"{name}\" not supported for input")));
    if template.is_exponent {
        return unsupported("EEEE");
    }
    if template.is_roman {
        return unsupported("RN");
    }
    let mut reader = Reader { template: &template, rest: text, number: String::new(), sign: None, before: 0, behind: 0, has_point: false };
    for node in &template.nodes {
        if reader.rest.is_empty() {
            break;
        }
        reader.node(*node);
    }
    let Reader { number, sign, behind, .. } = reader;
    let number = number.strip_suffix('.').unwrap_or(&number);
    let number = numeric::read(&format!("{}{number}", sign.unwrap_or(' ')))?;
    let (precision, scale) = (template.before + template.shift + behind, behind);
    let typmod = ((precision as i32) << 16 | scale as i32) + MODIFIER_HEADER;
    match numeric::apply_modifier(&number, typmod)? {
        Numeric::Finite(number) if template.has_shift => Ok(Numeric::Finite(shifted(&number, template.shift))),
        number => Ok(number),
    }
}

/// What a modifier holds besides precision and scale.
const MODIFIER_HEADER: i32 = 4;
/// The significant digits that a power of ten is computed with.
const POWER_DIGITS: usize = 16;

/// Divided by a power of ten, with the digits that PostgreSQL's product with that power has.
fn shifted(number: &BigDecimal, places: usize) -> BigDecimal {
    let (digits, scale) = number.as_bigint_and_exponent();
    let exact = BigDecimal::new(digits, scale + places as i64);
    exact.with_scale(scale + (POWER_DIGITS + places) as i64)
}

struct Reader<'a> {
    template: &'a Template,
    rest: &'a str,
    /// Digits and point without the sign.
    number: String,
    sign: Option<char>,
    /// Digits that were read before and behind the point.
    before: usize,
    behind: usize,
    has_point: bool,
}

impl Reader<'_> {
    fn node(&mut self, node: Node<Keyword>) {
        let Node::Keyword(keyword, _) = node else {
            // Any character for each that is no keyword.
            return self.skip(1);
        };
        match keyword {
            Keyword::Nine | Keyword::Zero | Keyword::Point | Keyword::LocalePoint => {
                self.digit(keyword);
                self.skip(1);
            }
            // No digit counts as read before them, so that only a template that is not filled reads them.
            Keyword::Comma | Keyword::Group if !self.template.fills && self.rest.starts_with(',') => self.skip(1),
            Keyword::Currency => self.skip_words(1),
            Keyword::Ordinal { .. } if !self.template.has_point && self.sign != Some('#') => self.skip_words(2),
            Keyword::Minus => self.own_sign(&['-']),
            Keyword::Plus => self.own_sign(&['+']),
            Keyword::OwnSign => self.own_sign(&['-', '+']),
            _ => {}
        }
    }

    fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            let mut rest = self.rest.chars();
            rest.next();
            self.rest = rest.as_str();
        }
    }

    /// Skips characters that cannot be a part of a number.
    fn skip_words(&mut self, characters: usize) {
        for _ in 0..characters {
            if self.rest.starts_with(|character: char| "0123456789.,+-".contains(character)) {
                break;
            }
            self.skip(1);
        }
    }

    fn own_sign(&mut self, signs: &[char]) {
        match self.rest.chars().next() {
            Some(sign) if signs.contains(&sign) => {
                self.sign = Some(sign);
                self.skip(1);
            }
            _ => self.skip_words(1),
        }
    }

    /// Reads what stands at the place of a digit or point. The character at hand is left for the caller to skip.
    fn digit(&mut self, keyword: Keyword) {
        if self.rest.starts_with(' ') {
            self.skip(1);
        }
        let is_digit = matches!(keyword, Keyword::Nine | Keyword::Zero);
        if self.sign.is_none() && is_digit && self.before + self.behind == 0 {
            self.leading_sign();
        }
        let Some(character) = self.rest.chars().next() else { return };
        let mut is_read = false;
        if character.is_ascii_digit() {
            if self.has_point && self.behind == self.template.behind {
                return;
            }
            self.number.push(character);
            if self.has_point {
                self.behind += 1;
            } else {
                self.before += 1;
            }
            is_read = true;
        } else if character == '.' && self.template.has_point && !self.has_point {
            self.number.push('.');
            self.has_point = true;
            is_read = true;
        }
        if self.sign.is_none() && self.before + self.behind > 0 {
            self.trailing_sign(is_read);
        }
    }

    fn leading_sign(&mut self) {
        let sign = match self.rest.chars().next() {
            Some(sign @ ('-' | '+')) if self.template.sign != Some(SignPlace::Behind) => sign,
            Some('<') if self.template.has_brackets => '-',
            _ => return,
        };
        self.sign = Some(sign);
        self.skip(1);
    }

    /// A sign behind the last digit.
    fn trailing_sign(&mut self, is_read: bool) {
        let mut ahead = self.rest.chars();
        let here = ahead.next();
        if self.template.sign.is_some() {
            if let (true, Some(sign @ ('-' | '+'))) = (is_read, ahead.next()) {
                self.sign = Some(sign);
                self.skip(1);
            }
        } else if let (false, true, Some(sign @ ('-' | '+'))) = (is_read, self.template.has_plus || self.template.has_minus, here) {
            self.sign = Some(sign);
        }
    }
}

//! Digits in the places of a template.

use spi::{Code, Error, Result};

use super::digits::Digits;
use super::{Keyword, SignPlace, Template};
use crate::functions::template::node::Node;
use crate::functions::template::words::ordinal;

/// A number in the form of a template.
pub fn write(digits: Digits, template: Template) -> Result<String> {
    if template.is_exponent {
        return Ok(digits.text);
    }
    let mut writer = Writer::new(digits, template);
    for node in std::mem::take(&mut writer.template.nodes) {
        writer.node(node)?;
    }
    // Where digits were asked for that the number has not, PostgreSQL's text ends.
    let end = writer.out.find('\0').unwrap_or(writer.out.len());
    writer.out.truncate(end);
    Ok(writer.out)
}

struct Writer {
    template: Template,
    digits: Vec<char>,
    /// The digit at hand.
    at: usize,
    /// The place of the template at hand.
    place: usize,
    /// Places of the template for digits, and one more where the sign takes one.
    places: usize,
    blanks: usize,
    sign: char,
    sign_is_written: bool,
    /// Whether the last place had a digit.
    has_digit: bool,
    /// The last digit behind the point that is not a zero, where zeros at the end are left out.
    last_relevant: Option<usize>,
    out: String,
}

impl Writer {
    fn new(digits: Digits, mut template: Template) -> Self {
        let Digits { text, mut sign, mut blanks } = digits;
        if template.is_roman {
            (sign, blanks) = ('\0', 0);
            template = Template { nodes: template.nodes, fills: template.fills, is_roman: true, ..Template::default() };
        }
        let text: Vec<char> = text.chars().collect();
        let sign_is_written = match (template.has_plus, template.has_minus) {
            (_, true) => true,
            (true, false) => false,
            (false, false) => {
                template.has_brackets &= sign == '-' || !template.fills;
                if template.sign == Some(SignPlace::Before) && template.before == template.before_sign {
                    template.sign = Some(SignPlace::Behind);
                }
                sign == '+' && template.fills && template.sign.is_none()
            }
        };
        let last_relevant = if template.fills && template.has_point { last_relevant(&text, &template, blanks) } else { None };
        Writer {
            places: template.before + template.behind + usize::from(!sign_is_written && blanks == 0),
            template,
            digits: text,
            at: 0,
            place: 0,
            blanks,
            sign,
            sign_is_written,
            has_digit: false,
            last_relevant,
            out: String::new(),
        }
    }

    fn node(&mut self, node: Node<Keyword>) -> Result<()> {
        let keyword = match node {
            Node::Keyword(keyword, _) => keyword,
            Node::Separator(character) | Node::Space(character) | Node::Character(character) => {
                self.out.push(character);
                return Ok(());
            }
        };
        match keyword {
            Keyword::Zero | Keyword::Nine | Keyword::Point | Keyword::LocalePoint => self.digit(keyword),
            Keyword::Comma | Keyword::Group if self.has_digit => self.out.push(','),
            Keyword::Comma | Keyword::Group => self.unless_filled(' '),
            Keyword::Currency => self.out.push(' '),
            Keyword::Roman { upper } => {
                let text: String = self.digits.iter().collect();
                let text = if upper { text } else { text.to_lowercase() };
                self.out.push_str(&if self.template.fills { text } else { format!("{text:>15}") });
            }
            Keyword::Ordinal { upper } => {
                let has_none = self.template.is_roman || self.sign == '-' || self.template.has_point;
                if !has_none && self.digits.first() != Some(&'#') {
                    let digits: String = self.digits.iter().collect();
                    if !digits.ends_with(|last: char| last.is_ascii_digit()) {
                        return Err(Error::new(Code::InvalidText, format!("\"{digits}\" is not a number")));
                    }
                    let suffix = ordinal(&digits);
                    self.out.push_str(&if upper { suffix.to_uppercase() } else { suffix.to_owned() });
                }
            }
            Keyword::Minus if self.sign == '-' => self.out.push('-'),
            Keyword::Plus if self.sign == '+' => self.out.push('+'),
            Keyword::Minus | Keyword::Plus => self.unless_filled(' '),
            Keyword::OwnSign => self.out.push(self.sign),
            _ => {}
        }
        Ok(())
    }

    fn unless_filled(&mut self, character: char) {
        if !self.template.fills {
            self.out.push(character);
        }
    }

    /// Whether the digit at hand is a zero before the point, which is not written.
    fn is_zero_before_point(&self) -> bool {
        self.template.zero_start.is_none() && self.at == 0 && self.digits.first() == Some(&'0') && self.template.behind != 0
    }

    fn point_is_last(&self) -> bool {
        self.last_relevant.is_some_and(|place| self.digits[place] == '.')
    }

    fn digit(&mut self, keyword: Keyword) {
        if self.template.is_roman {
            return;
        }
        self.has_digit = false;
        self.opening_sign();
        let has_zero = self.template.zero_start.is_some_and(|start| start <= self.place);
        if self.place < self.blanks && !has_zero {
            self.unless_filled(' ');
        } else if self.place < self.blanks {
            self.out.push('0');
            self.has_digit = true;
        } else {
            self.number(keyword);
            self.at += usize::from(self.at < self.digits.len());
        }
        self.closing_sign();
        self.place += 1;
    }

    fn opening_sign(&mut self) {
        let begins = self.place >= self.blanks || self.template.zero_start == Some(self.place);
        if self.sign_is_written || !begins || (self.is_zero_before_point() && !self.point_is_last()) {
            return;
        }
        match self.template.sign {
            Some(SignPlace::Before) => self.out.push(self.sign),
            Some(SignPlace::Behind) => return,
            None if self.template.has_brackets => self.out.push(if self.sign == '+' { ' ' } else { '<' }),
            None if self.sign == '+' => self.unless_filled(' '),
            None => self.out.push('-'),
        }
        self.sign_is_written = true;
    }

    fn number(&mut self, keyword: Keyword) {
        let digit = self.digits.get(self.at).copied().unwrap_or('\0');
        if digit == '.' {
            if !self.point_is_last() || self.template.fills {
                self.out.push('.');
            }
        } else if self.last_relevant.is_some_and(|last| self.at > last) && keyword != Keyword::Zero {
            // A zero at the end.
        } else if self.is_zero_before_point() {
            if !self.template.fills {
                self.out.push(' ');
            } else if self.point_is_last() {
                self.out.push('0');
            }
        } else {
            self.out.push(digit);
            self.has_digit = true;
        }
    }

    /// Behind the last digit.
    fn closing_sign(&mut self) {
        let is_last = match self.last_relevant {
            Some(last) if last == self.at => false,
            _ => self.place + 2 == self.places + usize::from(self.blanks > 0) + usize::from(self.template.has_point),
        };
        if !is_last {
            return;
        }
        if self.sign_is_written && self.template.has_brackets {
            self.out.push(if self.sign == '+' { ' ' } else { '>' });
        } else if self.template.sign == Some(SignPlace::Behind) {
            self.out.push(self.sign);
        }
    }
}

/// The last digit that is written: not a zero, or one that the template asks for.
fn last_relevant(digits: &[char], template: &Template, blanks: usize) -> Option<usize> {
    let point = digits.iter().position(|digit| *digit == '.')?;
    let last = (point..digits.len()).rev().find(|place| digits[*place] != '0').unwrap_or(point);
    let asked = match template.zero_end > blanks {
        true => (digits.len() - 1).min(template.zero_end - blanks),
        false => 0,
    };
    Some(last.max(asked))
}

//! Templates of numbers, `9,999.99`: their keywords, how they are written (`to_char`) and read (`to_number`).

mod digits;
mod read;
mod write;

pub use digits::{Digits, Precision, Width, of_float, of_integer, of_numeric};
pub use read::read;
pub use write::write;

use spi::{Code, Error, Result};

use super::node::{Node, parse};
use crate::functions::limits::within_limit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Comma,
    Point,
    Zero,
    Nine,
    Blank,
    /// Read, and of no meaning.
    Ignored,
    /// The point of the locale, which is the same here.
    LocalePoint,
    Exponent,
    Fill,
    Group,
    Currency,
    Minus,
    Plus,
    Brackets,
    Roman {
        upper: bool,
    },
    OwnSign,
    Sign,
    Ordinal {
        upper: bool,
    },
    Shift,
}

/// Where `S` stands: in front of the first digit, or behind the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignPlace {
    Before,
    Behind,
}

/// What the keywords of a template say together.
#[derive(Clone, Debug, Default)]
pub struct Template {
    nodes: Vec<Node<Keyword>>,
    /// Digits before and behind the point.
    before: usize,
    behind: usize,
    /// Digits that `V` shifts by.
    shift: usize,
    has_point: bool,
    has_shift: bool,
    has_plus: bool,
    has_minus: bool,
    fills: bool,
    is_blank: bool,
    is_exponent: bool,
    has_brackets: bool,
    is_roman: bool,
    sign: Option<SignPlace>,
    /// How many digits stand before the sign.
    before_sign: usize,
    /// Where the first `0` stands among the digits, and how many digits there are up to the last one.
    zero_start: Option<usize>,
    zero_end: usize,
}

/// Those that begin like another one come before it. Each may also be written in small letters.
const KEYWORDS: &[(&str, Keyword)] = &[
    (",", Keyword::Comma),
    (".", Keyword::Point),
    ("0", Keyword::Zero),
    ("9", Keyword::Nine),
    ("B", Keyword::Blank),
    ("C", Keyword::Ignored),
    ("D", Keyword::LocalePoint),
    ("EEEE", Keyword::Exponent),
    ("FM", Keyword::Fill),
    ("G", Keyword::Group),
    ("L", Keyword::Currency),
    ("MI", Keyword::Minus),
    ("PL", Keyword::Plus),
    ("PR", Keyword::Brackets),
    ("RN", Keyword::Roman { upper: true }),
    ("SG", Keyword::OwnSign),
    ("SP", Keyword::Ignored),
    ("S", Keyword::Sign),
    ("TH", Keyword::Ordinal { upper: true }),
    ("V", Keyword::Shift),
];

fn keyword(text: &str) -> Option<(Keyword, usize)> {
    KEYWORDS.iter().find_map(|(name, keyword)| {
        let written = text.get(..name.len())?;
        if written == *name {
            return Some((*keyword, name.len()));
        }
        let is_lower = written.eq_ignore_ascii_case(name) && !written.contains(char::is_uppercase);
        let keyword = match keyword {
            Keyword::Roman { .. } => Keyword::Roman { upper: false },
            Keyword::Ordinal { .. } => Keyword::Ordinal { upper: false },
            other => *other,
        };
        is_lower.then_some((keyword, name.len()))
    })
}

fn invalid(message: &str) -> Error {
    Error::new(Code::Syntax, message)
}

impl Template {
    pub fn parse(text: &str) -> Result<Self> {
        within_limit(text.len())?;
        let mut template = Template { nodes: parse(text, false, keyword), ..Template::default() };
        for node in template.nodes.clone() {
            if let Node::Keyword(keyword, _) = node {
                template.take(keyword)?;
            }
        }
        Ok(template)
    }

    /// Counts a keyword, and refuses what does not go together.
    fn take(&mut self, keyword: Keyword) -> Result<()> {
        if self.is_exponent && keyword != Keyword::Exponent {
            return Err(invalid("\"EEEE\" must be the last pattern used"));
        }
        match keyword {
            Keyword::Nine if self.has_brackets => return Err(invalid("\"9\" must be ahead of \"PR\"")),
            Keyword::Nine if self.has_shift => self.shift += 1,
            Keyword::Nine => *self.digits() += 1,
            Keyword::Zero if self.has_brackets => return Err(invalid("\"0\" must be ahead of \"PR\"")),
            Keyword::Zero => {
                if self.zero_start.is_none() && !self.has_point {
                    self.zero_start = Some(self.before);
                }
                *self.digits() += 1;
                self.zero_end = self.before + self.behind;
            }
            Keyword::Blank => self.is_blank |= self.before == 0 && self.behind == 0 && self.zero_start.is_none(),
            Keyword::Point | Keyword::LocalePoint => {
                if self.has_point {
                    return Err(invalid("multiple decimal points"));
                }
                if self.has_shift {
                    return Err(invalid("cannot use \"V\" and decimal point together"));
                }
                self.has_point = true;
            }
            Keyword::Fill => self.fills = true,
            Keyword::Sign => self.take_sign()?,
            Keyword::Minus if self.sign.is_some() => return Err(invalid("cannot use \"S\" and \"MI\" together")),
            Keyword::Minus => self.has_minus = true,
            Keyword::Plus if self.sign.is_some() => return Err(invalid("cannot use \"S\" and \"PL\" together")),
            Keyword::Plus => self.has_plus = true,
            Keyword::OwnSign if self.sign.is_some() => return Err(invalid("cannot use \"S\" and \"SG\" together")),
            Keyword::OwnSign => (self.has_minus, self.has_plus) = (true, true),
            Keyword::Brackets if self.sign.is_some() || self.has_plus || self.has_minus => {
                return Err(invalid("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together"));
            }
            Keyword::Brackets => self.has_brackets = true,
            Keyword::Roman { .. } => self.is_roman = true,
            Keyword::Shift if self.has_point => return Err(invalid("cannot use \"V\" and decimal point together")),
            Keyword::Shift => self.has_shift = true,
            Keyword::Exponent => self.take_exponent()?,
            Keyword::Comma | Keyword::Group | Keyword::Currency | Keyword::Ordinal { .. } | Keyword::Ignored => {}
        }
        Ok(())
    }

    fn digits(&mut self) -> &mut usize {
        if self.has_point { &mut self.behind } else { &mut self.before }
    }

    fn take_sign(&mut self) -> Result<()> {
        if self.sign.is_some() {
            return Err(invalid("cannot use \"S\" twice"));
        }
        if self.has_plus || self.has_minus || self.has_brackets {
            return Err(invalid("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together"));
        }
        match self.has_point {
            true => self.sign = Some(SignPlace::Behind),
            false => (self.sign, self.before_sign) = (Some(SignPlace::Before), self.before),
        }
        Ok(())
    }

    fn take_exponent(&mut self) -> Result<()> {
        if self.is_exponent {
            return Err(invalid("cannot use \"EEEE\" twice"));
        }
        let has_sign = self.sign.is_some() || self.has_brackets || self.has_minus || self.has_plus;
        if self.is_blank || self.fills || has_sign || self.is_roman || self.has_shift {
            return Err(invalid("\"EEEE\" is incompatible with other formats")
                .detail("\"EEEE\" may only be used together with digit and decimal point patterns."));
        }
        self.is_exponent = true;
        Ok(())
    }
}

//! What a backslash begins: classes, assertions, references to groups, and characters.

use spi::Result;

use super::{Atom, Parser, WORD_END, WORD_START, constraint, escaped, invalid, plain};

impl Parser {
    pub(super) fn escape(&mut self) -> Result<Atom> {
        let Some(letter) = self.peek() else { return Err(invalid("invalid escape \\ sequence")) };
        self.at += 1;
        Ok(match letter {
            'A' => constraint("\\A"),
            'Z' => constraint("\\z"),
            'm' => constraint(WORD_START),
            'M' => constraint(WORD_END),
            'y' => constraint("\\b"),
            'Y' => constraint("\\B"),
            '1'..='9' => return self.back_reference(letter),
            'd' | 's' | 'w' => plain(&format!("[{}]", class_letter(letter))),
            'D' | 'S' | 'W' => plain(&self.negated(class_letter(letter.to_ascii_lowercase()))),
            letter => {
                self.at -= 1;
                debug_assert_eq!(self.peek(), Some(letter));
                plain(&escaped(self.character_escape()?))
            }
        })
    }

    /// A negated class, which leaves out line breaks where these stop.
    pub(super) fn negated(&self, class: &str) -> String {
        if self.flags.newline_stops { format!("[^\\n{class}]") } else { format!("[^{class}]") }
    }

    /// One digit is a reference; more digits are one if there are so many groups, else an octal character.
    fn back_reference(&mut self, first: char) -> Result<Atom> {
        let begin = self.at - 1;
        let mut number = first.to_digit(10).unwrap_or_default() as usize;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            let longer = number * 10 + digit as usize;
            if longer > self.opened {
                break;
            }
            number = longer;
            self.at += 1;
        }
        if self.at - begin == 1
            && self.peek().is_some_and(|letter| letter.is_digit(8))
            && first != '8'
            && first != '9'
            && number > self.opened
        {
            self.at = begin;
            return Ok(plain(&escaped(self.octal()?)));
        }
        if !self.closed.contains(&number) {
            return Err(invalid("invalid backreference number"));
        }
        self.backtracks = true;
        Ok(plain(&format!("(?:\\{number})")))
    }

    fn octal(&mut self) -> Result<char> {
        let mut code = 0;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|letter| letter.to_digit(8)) else { break };
            code = code * 8 + digit;
            self.at += 1;
        }
        char::from_u32(code).ok_or_else(|| invalid("invalid escape \\ sequence"))
    }

    /// An escape that stands for one character, behind its backslash.
    pub(super) fn character_escape(&mut self) -> Result<char> {
        let failure = || invalid("invalid escape \\ sequence");
        let letter = self.peek().ok_or_else(failure)?;
        self.at += 1;
        Ok(match letter {
            'a' => '\x07',
            'b' => '\x08',
            'B' => '\\',
            'e' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'c' => {
                let control = self.peek().ok_or_else(failure)?;
                self.at += 1;
                char::from_u32(control as u32 & 0x1f).ok_or_else(failure)?
            }
            'u' => self.hexadecimal(4, 4)?,
            'U' => self.hexadecimal(8, 8)?,
            'x' => self.hexadecimal(1, 255)?,
            '0' => {
                self.at -= 1;
                self.octal()?
            }
            letter if letter.is_ascii_alphanumeric() => return Err(failure()),
            letter => letter,
        })
    }

    fn hexadecimal(&mut self, least: usize, most: usize) -> Result<char> {
        let (mut code, mut digits) = (0u32, 0);
        while digits < most
            && let Some(digit) = self.peek().and_then(|letter| letter.to_digit(16))
        {
            code = code.checked_mul(16).ok_or_else(|| invalid("invalid escape \\ sequence"))? + digit;
            digits += 1;
            self.at += 1;
        }
        let found = char::from_u32(code).filter(|_| digits >= least);
        found.ok_or_else(|| invalid("invalid escape \\ sequence"))
    }
}

/// The class of `\d`, `\s` or `\w`, without its brackets.
pub(super) fn class_letter(letter: char) -> &'static str {
    match letter {
        'd' => "0-9",
        's' => "\\s",
        _ => "\\p{Alphabetic}\\p{Nd}_",
    }
}

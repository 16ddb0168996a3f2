//! Bracket expressions: characters, ranges and classes.

use spi::Result;

use super::escapes::class_letter;
use super::{Atom, Parser, WORD_END, WORD_START, constraint, escaped, invalid, plain};

impl Parser {
    /// A bracket expression, behind its `[`.
    pub(super) fn bracket(&mut self) -> Result<Atom> {
        if self.take("[:<:]]") {
            return Ok(constraint(WORD_START));
        }
        if self.take("[:>:]]") {
            return Ok(constraint(WORD_END));
        }
        let negated = self.take("^");
        let mut class = String::new();
        let mut first = true;
        loop {
            let letter = self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?;
            if letter == ']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            self.bracket_item(&mut class)?;
        }
        Ok(plain(&if negated { self.negated(&class) } else { format!("[{class}]") }))
    }

    /// One character, range or class inside brackets.
    fn bracket_item(&mut self, class: &mut String) -> Result<()> {
        if self.take("[:") {
            let name = self.until(":]")?;
            class.push_str(named_class(&name).ok_or_else(|| invalid("invalid character class"))?);
            return self.no_range();
        }
        if self.looking_at("\\") {
            let letter = self.characters.get(self.at + 1).copied();
            if let Some(letter @ ('d' | 's' | 'w' | 'D' | 'S' | 'W')) = letter {
                self.at += 2;
                let inside = class_letter(letter.to_ascii_lowercase());
                class.push_str(&if letter.is_ascii_uppercase() { format!("[^{inside}]") } else { inside.to_owned() });
                return self.no_range();
            }
        }
        let low = self.bracket_character()?;
        let is_range = self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|next| *next != ']');
        if !is_range {
            class.push_str(&escaped(low));
            return Ok(());
        }
        self.at += 1;
        if self.looking_at("[:") || matches!(self.characters.get(self.at..self.at + 2), Some(['\\', 'd' | 's' | 'w' | 'D' | 'S' | 'W'])) {
            return Err(invalid("invalid character range"));
        }
        let high = self.bracket_character()?;
        if high < low {
            return Err(invalid("invalid character range"));
        }
        class.push_str(&format!("{}-{}", escaped(low), escaped(high)));
        Ok(())
    }

    /// A class cannot begin a range.
    fn no_range(&self) -> Result<()> {
        let begins = self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|next| *next != ']');
        if begins { Err(invalid("invalid character range")) } else { Ok(()) }
    }

    fn bracket_character(&mut self) -> Result<char> {
        for (opening, closing) in [("[.", ".]"), ("[=", "=]")] {
            if self.take(opening) {
                let name = self.until(closing)?;
                let mut characters = name.chars();
                return match (characters.next(), characters.next()) {
                    (Some(only), None) => Ok(only),
                    _ => Err(invalid("invalid collating element")),
                };
            }
        }
        let letter = self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?;
        self.at += 1;
        if letter == '\\' { self.character_escape() } else { Ok(letter) }
    }

    fn until(&mut self, closing: &str) -> Result<String> {
        let mut name = String::new();
        while !self.take(closing) {
            name.push(self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?);
            self.at += 1;
        }
        Ok(name)
    }
}

fn named_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "\\p{Alphabetic}\\p{Nd}",
        "alpha" => "\\p{Alphabetic}",
        "ascii" => "\\x{0}-\\x{7F}",
        "blank" => "\\x{9}\\p{Zs}",
        "cntrl" => "\\p{Cc}",
        "digit" => "0-9",
        "graph" => "[^\\s\\p{Cc}\\p{Cs}\\p{Cn}]",
        "lower" => "\\p{Lowercase}",
        "print" => "[[^\\p{Cc}\\p{Cs}\\p{Cn}]&&[^\\x{9}-\\x{D}]]",
        "punct" => "\\p{P}\\p{S}",
        "space" => "\\s",
        "upper" => "\\p{Uppercase}",
        "word" => "\\p{Alphabetic}\\p{Nd}_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}

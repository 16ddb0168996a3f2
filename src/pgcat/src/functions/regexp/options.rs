//! The flags argument of the functions of regular expressions.

use spi::{Code, Error, Result};

use super::syntax::Flags;

/// What the letters say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub flags: Flags,
    /// `g`: all matches instead of the first.
    pub global: bool,
}

impl Options {
    pub fn parse(letters: &str) -> Result<Self> {
        let mut options = Options::default();
        for letter in letters.chars() {
            match letter {
                'g' => options.global = true,
                letter if options.flags.embedded(letter) => {}
                letter => return Err(Error::new(Code::InvalidArgument, format!("invalid regular expression option: \"{letter}\""))),
            }
        }
        Ok(options)
    }

    /// The flags of a function that finds matches one way only.
    pub fn parse_without_global(letters: &str, function: &str) -> Result<Flags> {
        let options = Options::parse(letters)?;
        if options.global {
            return Err(Error::new(Code::InvalidArgument, format!("{function}() does not support the \"global\" option")));
        }
        Ok(options.flags)
    }
}

//! PostgreSQL's regular expressions ("AREs"), translated into what the engines here read.
//!
//! What comes out uses only forms that both engines have: escaped characters, classes of code points, groups and assertions. Word
//! characters are those of Unicode, as in a database with a Unicode locale; digits are those of ASCII.

mod brackets;
mod escapes;

use spi::{Code, Error, Result};

/// How often an atom may be repeated at most.
const REPEATS_MAX: u32 = 255;
/// How deep parentheses may be nested, so that no pattern exhausts the stack.
const DEPTH_MAX: usize = 200;

/// What decides how a pattern is read, besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    pub ignore_case: bool,
    /// `.` and negated brackets leave out line breaks.
    pub newline_stops: bool,
    /// `^` and `$` match at line breaks.
    pub newline_anchors: bool,
    /// Blanks and comments are left out.
    pub expanded: bool,
    /// The pattern is a plain text.
    pub literal: bool,
}

/// A pattern in the engines' syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    pub text: String,
    pub groups: usize,
    /// Whether only a backtracking engine can match it: it refers to groups or looks around.
    pub needs_backtracking: bool,
    /// Whether the whole prefers the shortest match instead of the longest.
    pub prefers_short: bool,
}

/// Translates a pattern; fails with what PostgreSQL says about it.
pub fn translate(pattern: &str, flags: Flags) -> Result<Translated> {
    let (rest, flags) = directors(pattern, flags)?;
    if flags.literal {
        let text = rest.chars().map(escaped).collect();
        return Ok(Translated { text: with_case(text, flags), groups: 0, needs_backtracking: false, prefers_short: false });
    }
    let mut parser =
        Parser { characters: rest.chars().collect(), at: 0, flags, opened: 0, closed: Vec::new(), backtracks: false, depth: 0 };
    let expression = parser.alternatives()?;
    if parser.at < parser.characters.len() {
        return Err(invalid("parentheses () not balanced"));
    }
    Ok(Translated {
        text: with_case(expression.text, parser.flags),
        groups: parser.opened,
        needs_backtracking: parser.backtracks,
        prefers_short: expression.greedy == Some(false),
    })
}

/// `invalid regular expression: …`.
pub fn invalid(reason: &str) -> Error {
    Error::new(Code::InvalidRegularExpression, format!("invalid regular expression: {reason}"))
}

/// Reads `***=`, `***:` and embedded options in front of the pattern.
fn directors(pattern: &str, mut flags: Flags) -> Result<(&str, Flags)> {
    if let Some(rest) = pattern.strip_prefix("***=") {
        flags.literal = true;
        return Ok((rest, flags));
    }
    if flags.literal {
        return Ok((pattern, flags));
    }
    let rest = pattern.strip_prefix("***:").unwrap_or(pattern);
    let Some(options) = rest.strip_prefix("(?").filter(|options| options.starts_with(|letter: char| letter.is_ascii_alphabetic())) else {
        return Ok((rest, flags));
    };
    let (letters, rest) = options.split_once(')').ok_or_else(|| invalid("invalid embedded option"))?;
    for letter in letters.chars() {
        if !flags.embedded(letter) {
            return Err(invalid("invalid embedded option"));
        }
    }
    Ok((rest, flags))
}

impl Flags {
    /// An option letter inside a pattern; false if there is none of that letter.
    pub fn embedded(&mut self, letter: char) -> bool {
        match letter {
            'c' => self.ignore_case = false,
            'i' => self.ignore_case = true,
            'm' | 'n' => (self.newline_stops, self.newline_anchors) = (true, true),
            'p' => (self.newline_stops, self.newline_anchors) = (true, false),
            'q' => self.literal = true,
            's' => (self.newline_stops, self.newline_anchors) = (false, false),
            't' => self.expanded = false,
            'w' => (self.newline_stops, self.newline_anchors) = (false, true),
            'x' => self.expanded = true,
            'b' | 'e' => {}
            _ => return false,
        }
        true
    }
}

fn with_case(text: String, flags: Flags) -> String {
    if flags.ignore_case { format!("(?i:{text})") } else { text }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    flags: Flags,
    /// How many capturing groups have begun, and which have ended.
    opened: usize,
    closed: Vec<usize>,
    backtracks: bool,
    depth: usize,
}

/// A translated part, and whether it prefers the longest match, the shortest, or has no preference.
struct Part {
    text: String,
    greedy: Option<bool>,
}

/// What stands before a quantifier.
struct Atom {
    part: Part,
    /// Constraints such as `^` cannot be repeated.
    repeats: bool,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(place, letter)| self.characters.get(self.at + place) == Some(&letter))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    /// Branches with `|` between them: with more than one, the longest match is preferred.
    fn alternatives(&mut self) -> Result<Part> {
        let mut first = self.branch()?;
        while self.take("|") {
            let next = self.branch()?;
            first.text.push('|');
            first.text.push_str(&next.text);
            first.greedy = Some(true);
        }
        Ok(first)
    }

    fn branch(&mut self) -> Result<Part> {
        let mut whole = Part { text: String::new(), greedy: None };
        loop {
            self.skip_expanded();
            match self.peek() {
                None | Some('|') => return Ok(whole),
                Some(')') if self.depth > 0 => return Ok(whole),
                Some(_) => {}
            }
            let atom = self.atom()?;
            let part = self.quantified(atom)?;
            whole.greedy = whole.greedy.or(part.greedy);
            whole.text.push_str(&part.text);
        }
    }

    /// In expanded syntax, blanks and `#` comments; in any, `(?#…)`.
    fn skip_expanded(&mut self) {
        loop {
            if self.looking_at("(?#") {
                while self.peek().is_some_and(|letter| letter != ')') {
                    self.at += 1;
                }
                self.at += 1;
            } else if self.flags.expanded && self.peek().is_some_and(char::is_whitespace) {
                self.at += 1;
            } else if self.flags.expanded && self.peek() == Some('#') {
                while self.peek().is_some_and(|letter| letter != '\n') {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    fn atom(&mut self) -> Result<Atom> {
        let Some(letter) = self.peek() else { return Err(invalid("quantifier operand invalid")) };
        self.at += 1;
        match letter {
            '(' => self.parenthesis(),
            ')' => Err(invalid("parentheses () not balanced")),
            '[' => self.bracket(),
            '.' => Ok(plain(if self.flags.newline_stops { "[^\\n]" } else { "[\\x{0}-\\x{10FFFF}]" })),
            '^' => Ok(constraint(if self.flags.newline_anchors { "(?m:^)" } else { "\\A" })),
            '$' => Ok(constraint(if self.flags.newline_anchors { "(?m:$)" } else { "\\z" })),
            '*' | '+' | '?' => Err(invalid("quantifier operand invalid")),
            '{' if self.peek().is_some_and(|next| next.is_ascii_digit()) => Err(invalid("quantifier operand invalid")),
            '\\' => self.escape(),
            letter => Ok(plain(&escaped(letter))),
        }
    }

    fn parenthesis(&mut self) -> Result<Atom> {
        if self.depth == DEPTH_MAX {
            return Err(invalid("regular expression is too complex"));
        }
        let (opening, looks_around, captures) = if self.take("?:") {
            ("(?:", false, false)
        } else if let Some(opening) = ["?=", "?!", "?<=", "?<!"].into_iter().find(|opening| self.looking_at(opening)) {
            self.at += opening.len();
            (opening, true, false)
        } else if self.looking_at("?") {
            return Err(invalid("quantifier operand invalid"));
        } else {
            ("(", false, true)
        };
        let number = self.opened + 1;
        self.opened += usize::from(captures);
        self.backtracks |= looks_around;
        self.depth += 1;
        let inside = self.alternatives()?;
        self.depth -= 1;
        if !self.take(")") {
            return Err(invalid("parentheses () not balanced"));
        }
        if captures {
            self.closed.push(number);
        }
        Ok(match looks_around {
            true => constraint(&format!("({opening}{})", inside.text)),
            false => Atom { part: Part { text: format!("{opening}{})", inside.text), greedy: inside.greedy }, repeats: true },
        })
    }

    /// Reads the quantifier behind an atom, if there is one.
    fn quantified(&mut self, atom: Atom) -> Result<Part> {
        self.skip_expanded();
        // `{m}` says how often, and leaves the preference to the atom.
        let (low, high, fixed) = match self.peek() {
            Some('*') => (0, None, false),
            Some('+') => (1, None, false),
            Some('?') => (0, Some(1), false),
            Some('{') if self.characters.get(self.at + 1).is_some_and(char::is_ascii_digit) => self.bounds()?,
            _ => return Ok(atom.part),
        };
        self.at += 1;
        if !atom.repeats {
            return Err(invalid("quantifier operand invalid"));
        }
        let lazy = self.take("?");
        if matches!(self.peek(), Some('*' | '+' | '?'))
            || (self.peek() == Some('{') && self.characters.get(self.at + 1).is_some_and(char::is_ascii_digit))
        {
            return Err(invalid("quantifier operand invalid"));
        }
        let count = match (low, high) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (low, None) => format!("{{{low},}}"),
            (low, Some(high)) => format!("{{{low},{high}}}"),
        };
        let greedy = if fixed { atom.part.greedy } else { Some(!lazy) };
        let suffix = if lazy && !fixed { "?" } else { "" };
        Ok(Part { text: format!("(?:{}){count}{suffix}", atom.part.text), greedy })
    }

    /// The two numbers in braces, and whether there is only one; the place stays on the closing brace.
    fn bounds(&mut self) -> Result<(u32, Option<u32>, bool)> {
        self.at += 1;
        let low = self.number()?;
        let fixed = self.peek() != Some(',');
        let high = match self.peek() {
            Some(',') => {
                self.at += 1;
                if self.peek().is_some_and(|letter| letter.is_ascii_digit()) { Some(self.number()?) } else { None }
            }
            _ => Some(low),
        };
        if self.peek() != Some('}') {
            return Err(invalid(if self.peek().is_none() { "braces {} not balanced" } else { "invalid repetition count(s)" }));
        }
        if high.is_some_and(|high| high < low) {
            return Err(invalid("invalid repetition count(s)"));
        }
        Ok((low, high, fixed))
    }

    fn number(&mut self) -> Result<u32> {
        let mut number = 0;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            number = number * 10 + digit;
            if number > REPEATS_MAX {
                return Err(invalid("invalid repetition count(s)"));
            }
            self.at += 1;
        }
        Ok(number)
    }
}

const WORD_START: &str = "\\b{start}";
const WORD_END: &str = "\\b{end}";

fn plain(text: &str) -> Atom {
    Atom { part: Part { text: text.to_owned(), greedy: None }, repeats: true }
}

fn constraint(text: &str) -> Atom {
    Atom { part: Part { text: text.to_owned(), greedy: None }, repeats: false }
}

/// A character as itself, inside brackets as well.
fn escaped(letter: char) -> String {
    if letter.is_ascii_alphanumeric() || !letter.is_ascii() { letter.to_string() } else { format!("\\x{{{:X}}}", letter as u32) }
}

//! Where in the statement an error is.

use spi::Result;
use sqlparser::ast::{self, CastKind, Spanned};
use sqlparser::tokenizer::{Location, Span};

use crate::bind::Binder;

/// What looking for a place may take of the stack: a walk over the deepest syntax that is parsed.
const STACK_LEFT_BYTES: usize = 8 << 20;
const STACK_BYTES: usize = 16 << 20;

impl Binder<'_> {
    /// The same result, where an error says where it is unless it does so already. The place is only looked for then: it takes a walk
    /// over the syntax, as deep as that is.
    pub(crate) fn locate<T>(&self, span: impl FnOnce(&Self) -> Span, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            if error.position.is_some() || self.source.is_empty() {
                return error;
            }
            let span = stacker::maybe_grow(STACK_LEFT_BYTES, STACK_BYTES, || span(self));
            match self.position(span) {
                Some(position) => error.position(position),
                None => error,
            }
        })
    }

    /// The place of an operator between its operands, whose spans leave out parentheses and casts.
    pub(super) fn between(&self, left: Span, right: Span, operator: &str) -> Span {
        let place = offset(self.source, left.end).zip(offset(self.source, right.start)).and_then(|(start, end)| {
            let between: String = self.source.chars().skip(start).take(end.checked_sub(start)?).collect();
            let place = between.to_ascii_lowercase().find(operator)?;
            Some(moved(left.end, &between[..place]))
        });
        place.map_or(left, |start| Span::new(start, start))
    }

    /// The place of a cast: of its colons, which one for each cast inside of it stand behind the innermost operand, or of its word.
    pub(super) fn cast_position(&self, syntax: &ast::Expr) -> Span {
        let (mut casts, mut inner) = (0, syntax);
        while let ast::Expr::Cast { kind, expr, .. } = inner {
            if *kind != CastKind::DoubleColon {
                return if casts == 0 { self.word_before(syntax.span()) } else { syntax.span() };
            }
            (casts, inner) = (casts + 1, expr);
        }
        let operand = inner.span();
        let place = offset(self.source, operand.end).and_then(|start| {
            let behind: String = self.source.chars().skip(start).collect();
            let (found, _) = behind.match_indices("::").nth(casts - 1)?;
            Some(moved(operand.end, &behind[..found]))
        });
        place.map_or(operand, |start| Span::new(start, start))
    }

    /// The place of a sign in front of what a span covers.
    pub(super) fn sign_before(&self, span: Span, sign: &str) -> Span {
        let place = offset(self.source, span.start).and_then(|end| {
            let before: String = self.source.chars().take(end).collect();
            Some(moved(Location::new(1, 1), &before[..before.rfind(sign)?]))
        });
        place.map_or(span, |start| Span::new(start, start))
    }

    /// The place of the word whose parenthesis stands in front of what a span leaves it out of, such as `EXTRACT (year FROM x)`.
    pub(super) fn word_before(&self, span: Span) -> Span {
        let place = offset(self.source, span.start).and_then(|end| {
            let before: String = self.source.chars().take(end).collect();
            let word = before[..before.rfind('(')?].trim_end();
            let start = word.rfind(|character: char| !character.is_alphanumeric() && character != '_').map_or(0, |place| place + 1);
            Some(moved(Location::new(1, 1), &word[..start]))
        });
        place.map_or(span, |start| Span::new(start, start))
    }
}

/// A place in the statement as a number of 31 bits, or -1 where it is further behind than such a number can say.
pub(super) fn place_number(span: Span) -> i32 {
    match (u16::try_from(span.start.line), u16::try_from(span.start.column)) {
        (Ok(line @ 1..=0x7fff), Ok(column)) => i32::from(line) << 16 | i32::from(column),
        _ => -1,
    }
}

/// The place that a number says.
pub(super) fn numbered_place(number: i32) -> Span {
    let Ok(number) = u64::try_from(number) else { return Span::empty() };
    let start = Location::new(number >> 16, number & 0xffff);
    Span::new(start, start)
}

/// How many characters stand in front of a place.
fn offset(source: &str, place: Location) -> Option<usize> {
    if source.is_empty() || place.line == 0 {
        return None;
    }
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines.by_ref().take(usize::try_from(place.line).ok()? - 1).map(|line| line.chars().count()).sum();
    Some(before + usize::try_from(place.column).ok()?.saturating_sub(1))
}

/// A place behind a text that begins at another place.
fn moved(from: Location, text: &str) -> Location {
    text.chars().fold(from, |place, character| match character {
        '\n' => Location::new(place.line + 1, 1),
        _ => Location::new(place.line, place.column + 1),
    })
}

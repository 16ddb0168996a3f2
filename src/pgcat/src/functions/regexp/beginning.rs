//! With what all texts begin that match a regular expression.

use regex_syntax::hir::{Hir, HirKind, Look};

use crate::functions::beginning::Beginning;

/// What a pattern in the syntax of the engines says, if it is anchored at the beginning of the text.
pub fn beginning(pattern: &str) -> Option<Beginning> {
    let mut read = Read::default();
    read.on(&regex_syntax::parse(pattern).ok()?);
    let text = String::from_utf8(read.text).ok()?;
    read.is_anchored.then_some(Beginning { text, is_whole: read.is_whole })
}

#[derive(Default)]
struct Read {
    is_anchored: bool,
    text: Vec<u8>,
    is_whole: bool,
}

impl Read {
    /// Reads a part, and says whether the text goes on with what stands behind it.
    fn on(&mut self, part: &Hir) -> bool {
        match part.kind() {
            HirKind::Empty => true,
            HirKind::Look(Look::Start) if self.text.is_empty() => {
                self.is_anchored = true;
                true
            }
            HirKind::Look(Look::End) => {
                self.is_whole = self.is_anchored;
                false
            }
            HirKind::Literal(literal) if self.is_anchored => {
                self.text.extend_from_slice(&literal.0);
                true
            }
            HirKind::Capture(capture) => self.on(&capture.sub),
            HirKind::Concat(parts) => parts.iter().all(|part| self.on(part)),
            _ => false,
        }
    }
}

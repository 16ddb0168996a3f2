//! Which keys are in a table.

use crate::glob::Glob;
use crate::pattern::Pattern;

/// The keys of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// Those that look like the keys of a sample. A star of the pattern is one part of a key.
    Found { pattern: Pattern, delimiter: String },
    /// Those that somebody has said. A star of the pattern is any text.
    Defined(Glob),
}

impl Members {
    pub(crate) fn contain(&self, key: &[u8]) -> bool {
        match self {
            Members::Found { pattern, delimiter } => pattern.matches(key, delimiter.as_bytes()),
            Members::Defined(glob) => glob.matches(key),
        }
    }

    /// The only key that there can be.
    pub(crate) fn only_key(&self) -> Option<Vec<u8>> {
        match self {
            Members::Found { pattern, delimiter } => pattern.only_key(delimiter),
            Members::Defined(glob) => glob.only_key(),
        }
    }

    /// A pattern of the server that takes all of the keys, and perhaps some others.
    pub(crate) fn glob(&self) -> Vec<u8> {
        match self {
            Members::Found { pattern, delimiter } => pattern.glob(delimiter),
            Members::Defined(glob) => glob.text.clone().into_bytes(),
        }
    }

    /// For people: `user:*`.
    pub(crate) fn text(&self) -> String {
        match self {
            Members::Found { pattern, delimiter } => pattern.text(delimiter),
            Members::Defined(glob) => glob.text.clone(),
        }
    }
}

//! The one type of several expressions, for CASE, COALESCE, ARRAY, UNION and their like: `select_common_type` of PostgreSQL.

use spi::{Code, Error, Result};

use super::{Coercion, Names, format_type};
use crate::types::oid;

/// The types that can be what all become, or the two that do not fit.
enum Choice {
    Type(u32),
    /// And which of all is the second.
    Conflict(u32, u32, usize),
}

impl Names<'_> {
    /// The type that expressions of these types become, `unknown` ones too. The construct, for example `CASE`, is for the message.
    pub(crate) fn common_type(self, types: &[u32], construct: &str) -> Result<u32> {
        self.common_type_or_place(types, construct).map_err(|(error, _)| error)
    }

    /// The same; beside an error is which of the types does not fit.
    pub(crate) fn common_type_or_place(self, types: &[u32], construct: &str) -> Result<u32, (Error, usize)> {
        match self.choose(types) {
            Choice::Type(oid) => Ok(oid),
            Choice::Conflict(first, second, place) => {
                let (first, second) = (format_type(self, first, None), format_type(self, second, None));
                let message = format!("{construct} types {first} and {second} cannot be matched");
                Err((Error::new(Code::DatatypeMismatch, message), place))
            }
        }
    }

    /// The same, where there may be none. All types can become it implicitly.
    pub(crate) fn common_type_if_any(self, types: &[u32]) -> Option<u32> {
        match self.choose(types) {
            Choice::Type(oid) => types.iter().all(|from| self.can_coerce(&[*from], &[oid], Coercion::Implicit)).then_some(oid),
            Choice::Conflict(..) => None,
        }
    }

    fn choose(self, types: &[u32]) -> Choice {
        let Some((first, rest)) = types.split_first() else { return Choice::Type(oid::TEXT) };
        if *first != oid::UNKNOWN && rest.iter().all(|other| other == first) {
            return Choice::Type(*first);
        }
        let mut chosen = self.base(*first);
        for (place, other) in rest.iter().map(|other| self.base(*other)).enumerate() {
            if other == oid::UNKNOWN || other == chosen {
                continue;
            }
            if chosen == oid::UNKNOWN {
                chosen = other;
            } else if self.category(other) != self.category(chosen) {
                return Choice::Conflict(chosen, other, place + 1);
            } else if !self.is_preferred(chosen)
                && self.can_coerce(&[chosen], &[other], Coercion::Implicit)
                && !self.can_coerce(&[other], &[chosen], Coercion::Implicit)
            {
                chosen = other;
            }
        }
        Choice::Type(if chosen == oid::UNKNOWN { oid::TEXT } else { chosen })
    }

    /// `typispreferred`.
    pub(super) fn is_preferred(self, type_oid: u32) -> bool {
        self.info(type_oid).is_some_and(|info| info.is_preferred)
    }
}

//! Which types become which others, and how: `can_coerce_type` and `find_coercion_pathway` of PostgreSQL.

use super::{Names, polymorphic};
use crate::catalog::oid as catalog_oid;
use crate::types::oid;
use crate::value::Value;

/// What asks for a cast, the least that must allow it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coercion {
    Implicit,
    Assignment,
    Explicit,
}

/// How a value of one type becomes one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pathway {
    /// It is represented alike.
    Relabel,
    /// By a function, `pg_proc.oid`.
    Function(u32),
    /// Each element of the array.
    Elements,
    /// By its text.
    Text,
}

impl Names<'_> {
    /// Whether values of the types can be passed where the others are expected. Polymorphic types must fit each other.
    pub(crate) fn can_coerce(self, from: &[u32], to: &[u32], coercion: Coercion) -> bool {
        let fits = |(from, to): (&u32, &u32)| self.can_coerce_one(*from, *to, coercion);
        from.iter().zip(to).all(fits)
            && (!to.iter().any(|to| polymorphic::is_polymorphic(*to)) || polymorphic::is_consistent(self, from, to))
    }

    fn can_coerce_one(self, from: u32, to: u32, coercion: Coercion) -> bool {
        if from == to || to == oid::ANY || from == oid::UNKNOWN || polymorphic::is_polymorphic(to) {
            return true;
        }
        if self.pathway(from, to, coercion).is_some() {
            return true;
        }
        match (from, to) {
            (oid::RECORD, to) => self.is_composite(to),
            (from, oid::RECORD) => self.is_composite(from),
            (oid::RECORD_ARRAY, to) => self.is_composite_array(to),
            (from, oid::RECORD_ARRAY) => self.is_composite_array(from),
            _ => false,
        }
    }

    fn is_composite_array(self, array: u32) -> bool {
        self.element(array).is_some_and(|element| self.is_composite(element))
    }

    /// How a value of one type becomes one of another, where that is allowed.
    pub fn pathway(self, from: u32, to: u32, coercion: Coercion) -> Option<Pathway> {
        let (from, to) = (self.base(from), self.base(to));
        if from == to {
            return Some(Pathway::Relabel);
        }
        if let Some(cast) = self.catalog.find_one(catalog_oid::PG_CAST, &["castsource", "casttarget"], &[Value::oid(from), Value::oid(to)])
        {
            let needed = match cast.char("castcontext") {
                Some(b'i') => Coercion::Implicit,
                Some(b'a') => Coercion::Assignment,
                _ => Coercion::Explicit,
            };
            return (coercion >= needed).then(|| match cast.char("castmethod") {
                Some(b'f') => Pathway::Function(cast.oid("castfunc").unwrap_or_default()),
                Some(b'i') => Pathway::Text,
                _ => Pathway::Relabel,
            });
        }
        if !matches!(to, oid::OIDVECTOR | oid::INT2VECTOR)
            && let (Some(from), Some(to)) = (self.element(from), self.element(to))
            && self.pathway(from, to, coercion).is_some()
        {
            return Some(Pathway::Elements);
        }
        let to_text = coercion >= Coercion::Assignment && self.category(to) == b'S';
        let from_text = coercion == Coercion::Explicit && self.category(from) == b'S';
        (to_text || from_text).then_some(Pathway::Text)
    }

    /// Whether a type's values can be cut to a modifier, as `varchar(3)` can.
    pub(crate) fn takes_modifier(self, type_oid: u32) -> bool {
        let base = self.element(type_oid).unwrap_or(type_oid);
        self.catalog.find_one(catalog_oid::PG_CAST, &["castsource", "casttarget"], &[Value::oid(base), Value::oid(base)]).is_some()
    }
}

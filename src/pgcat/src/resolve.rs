//! What the words of a statement mean by PostgreSQL's rules: types by name, casts, functions and operators by argument types.
//!
//! Each is the algorithm of PostgreSQL 16 over the rows of the catalog; nothing here makes expressions, which is [`crate::bind`]'s.

mod candidate;
mod cast;
mod common_type;
mod format_type;
mod function;
mod identifier;
mod operator;
mod polymorphic;
#[cfg(test)]
mod tests;
mod type_name;
mod type_text;
mod typmod;

use crate::catalog::Catalog;
use crate::types::{Type, TypeInfo};

pub use cast::{Coercion, Pathway};
pub use format_type::format_type;
pub(crate) use function::FunctionRow;
pub use function::{ArgumentSource, Found, FunctionCall, FunctionInfo, FunctionKind, ResolvedFunction};
pub use identifier::{qualified_name, quote_identifier};
pub use operator::Operator;
pub(crate) use operator::OperatorRow;
pub use type_name::TypeName;
pub(crate) use type_name::{fold, interval_modifiers, parts};
pub use type_text::{type_from_text, type_name_from_text};

/// What names are looked up in: the catalog, and the namespaces in which unqualified ones are looked for, in order.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub catalog: &'a Catalog,
    pub search: &'a [u32],
}

impl<'a> Names<'a> {
    pub fn new(catalog: &'a Catalog, search: &'a [u32]) -> Self {
        Self { catalog, search }
    }

    /// A type with the collation that it has by itself.
    pub fn type_of(self, oid: u32, typmod: i32) -> Type {
        let collation = self.info(oid).map_or(0, |info| info.collation);
        Type { oid, typmod, collation }
    }

    fn info(self, oid: u32) -> Option<TypeInfo> {
        self.catalog.type_info(oid)
    }

    /// A type without its domains.
    fn base(self, oid: u32) -> u32 {
        self.catalog.base_type(oid, -1).0
    }

    /// `typcategory`; `X` for what is no type.
    fn category(self, oid: u32) -> u8 {
        self.info(oid).map_or(b'X', |info| info.category)
    }

    /// The type of an array's elements. `int2vector` and `oidvector` are arrays here, `name` and `point` are not.
    pub fn element(self, oid: u32) -> Option<u32> {
        self.info(oid).filter(|info| info.is_array && info.element != 0).map(|info| info.element)
    }

    /// [`Names::element`], also of a domain over an array.
    pub fn base_element(self, oid: u32) -> Option<u32> {
        self.element(self.base(oid))
    }

    /// The array type over a type.
    pub fn array(self, oid: u32) -> Option<u32> {
        self.info(oid).map(|info| info.array).filter(|array| *array != 0)
    }

    /// Whether it is a composite type, or a domain over one; `record` is none.
    pub fn is_composite(self, oid: u32) -> bool {
        self.info(self.base(oid)).is_some_and(|info| info.relation != 0)
    }
}

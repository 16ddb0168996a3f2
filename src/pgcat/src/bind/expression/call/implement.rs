//! How a function is computed.

use std::sync::Arc;

use spi::Result;

use crate::bind::Binder;
use crate::bind::expression::coerce::Fields;
use crate::function::{Function, Implementation, Signature};
use crate::functions;
use crate::resolve::FunctionInfo;

/// `pg_language.oid` of functions in SQL.
const SQL: u32 = 14;

impl Binder<'_> {
    /// A function for arguments of these types, with the columns of its records where it gives such.
    pub(crate) fn implement(&mut self, info: &FunctionInfo, signature: Signature, outputs: Fields) -> Result<Arc<Function>> {
        let implementation = if info.language == SQL {
            self.sql_function(info, &signature)?.map(Implementation::Sql)
        } else if info.returns_set {
            functions::set(&info.source).map(Implementation::Set)
        } else {
            functions::scalar(&info.source).map(Implementation::Scalar)
        };
        let implementation = implementation.ok_or_else(|| self.unsupported(info, &signature))?;
        Ok(Arc::new(Function {
            oid: info.oid,
            name: info.name.clone(),
            implementation,
            is_strict: info.is_strict,
            returns_set: info.returns_set,
            is_volatile: info.volatility == b'v',
            is_immutable: info.volatility == b'i',
            signature,
            outputs,
        }))
    }
}

//! The functions on what PostgreSQL itself has, against what PostgreSQL 16 said when that was recorded, and on objects of a source.

mod identify;
mod names;
mod objects;
mod privileges;
mod recorded;
mod sessions;

use std::sync::Arc;

use spi::Result;

use crate::catalog::{Catalog, oid};
use crate::fixture::{self, session::Session};
use crate::function::{Context, Signature};
use crate::functions;
use crate::types::{Type, oid as type_oid};
use crate::value::Value;

/// The catalog of the fixture and a session in it.
pub(super) struct Fixture {
    pub catalog: Arc<Catalog>,
    pub session: Session,
}

impl Fixture {
    pub fn new() -> Self {
        Self { catalog: fixture::sales(), session: Session::new() }
    }

    fn context(&self) -> Context<'_> {
        Context { catalog: &self.catalog, host: &self.session }
    }

    pub fn call(&self, symbol: &str, arguments: &[Value]) -> Result<Value> {
        let function = functions::scalar(symbol).unwrap_or_else(|| panic!("no function {symbol}"));
        let signature = Signature { arguments: Vec::new(), result: Type::new(type_oid::TEXT), is_variadic: false };
        function(&self.context(), &signature, arguments)
    }

    /// The text that a function gives.
    pub fn text(&self, symbol: &str, arguments: &[Value]) -> Option<String> {
        self.call(symbol, arguments).expect("an answer").as_str().map(str::to_owned)
    }

    /// The rows that a function gives.
    pub fn rows(&self, symbol: &str, arguments: &[Value]) -> Vec<Value> {
        let function = functions::set(symbol).unwrap_or_else(|| panic!("no function {symbol}"));
        let signature = Signature { arguments: Vec::new(), result: Type::new(type_oid::RECORD), is_variadic: false };
        function(&self.context(), &signature, arguments).expect("rows").collect::<Result<_>>().expect("rows")
    }

    /// The OID of a row of a catalog with this name.
    pub fn named(&self, catalog: u32, column: &str, name: &str) -> u32 {
        let row = self.catalog.find_one(catalog, &[column], &[name.into()]);
        row.and_then(|row| row.oid("oid")).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn relation(&self, name: &str) -> Value {
        Value::oid(self.named(oid::PG_CLASS, "relname", name))
    }
}

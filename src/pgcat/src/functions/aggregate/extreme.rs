//! `min`, `max` and `any_value`.

use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context, Scalar, Signature};
use crate::functions::scalar;
use crate::types::{TypeKind, oid};
use crate::value::Value;
use crate::value::compare::compare;

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("min", |signature| begin(signature, Wanted::Least)),
    AggregateEntry::new("max", |signature| begin(signature, Wanted::Greatest)),
    AggregateEntry::new("any_value", |signature| begin(signature, Wanted::First)),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Least,
    Greatest,
    First,
}

struct Extreme {
    wanted: Wanted,
    kept: Value,
    type_oid: u32,
    /// The types of `kept < value`.
    signature: Signature,
}

fn begin(signature: &Signature, wanted: Wanted) -> Box<dyn Accumulator> {
    let argument = signature.arguments.first().copied().unwrap_or(signature.result);
    let signature = Signature { arguments: vec![argument, argument], result: crate::types::Type::new(oid::BOOL), is_variadic: false };
    Box::new(Extreme { wanted, kept: Value::Null, type_oid: argument.oid, signature })
}

impl Accumulator for Extreme {
    fn add(&mut self, context: &Context<'_>, arguments: &[Value]) -> Result<()> {
        if self.kept.is_null() {
            self.kept = arguments[0].clone();
            return Ok(());
        }
        let replaces = match self.wanted {
            Wanted::First => false,
            Wanted::Least => self.less(context, &arguments[0], &self.kept)?,
            Wanted::Greatest => self.less(context, &self.kept, &arguments[0])?,
        };
        if replaces {
            self.kept = arguments[0].clone();
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(self.kept.clone())
    }
}

impl Extreme {
    fn less(&self, context: &Context<'_>, left: &Value, right: &Value) -> Result<bool> {
        match own_order(context, self.type_oid) {
            Some(less) => Ok(less(context, &self.signature, &[left.clone(), right.clone()])?.as_bool() == Some(true)),
            None => Ok(compare(left, right).is_lt()),
        }
    }
}

/// `<` of the types that are kept as texts but are not in the order of these.
fn own_order(context: &Context<'_>, type_oid: u32) -> Option<Scalar> {
    let symbol = match type_oid {
        oid::INT2 | oid::INT4 | oid::INT8 | oid::OID | oid::TEXT | oid::NAME | oid::NUMERIC | oid::FLOAT8 | oid::TIMESTAMPTZ => {
            return None;
        }
        oid::BPCHAR => "bpcharlt",
        oid::INET | oid::CIDR => "network_lt",
        oid::PG_LSN => "pg_lsn_lt",
        _ if context.catalog.type_info(type_oid).is_some_and(|info| info.kind == TypeKind::Enum) => "enum_lt",
        _ => return None,
    };
    scalar(symbol)
}

//! `enum_first`, `enum_last` and `enum_range`.

use spi::{Code, Error, Result};

use crate::catalog::oid as relation;
use crate::function::{Context, ScalarEntry, Signature};
use crate::io::label_value;
use crate::io::registered::type_name;
use crate::value::Value;
use crate::value::compare::compare;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("enum_first", |c, s, _| end(c, s, <[Value]>::first)),
    ScalarEntry::new("enum_last", |c, s, _| end(c, s, <[Value]>::last)),
    ScalarEntry::new("enum_range_all", |c, s, _| Ok(range(c, s, &Value::Null, &Value::Null))),
    ScalarEntry::new("enum_range_bounds", |c, s, a| Ok(range(c, s, &a[0], &a[1]))),
    ScalarEntry::new("enum_larger", |_, _, a| Ok(if compare(&a[0], &a[1]).is_gt() { a[0].clone() } else { a[1].clone() })),
    ScalarEntry::new("enum_smaller", |_, _, a| Ok(if compare(&a[0], &a[1]).is_lt() { a[0].clone() } else { a[1].clone() })),
];

/// The labels of the type of the first argument, in their order. The argument itself may be null.
fn labels(context: &Context<'_>, signature: &Signature) -> (u32, Vec<Value>) {
    let type_oid = signature.arguments.first().map_or(0, |type_| context.catalog.base_type(type_.oid, -1).0);
    let rows = context.catalog.find(relation::PG_ENUM, &["enumtypid"], &[Value::oid(type_oid)]);
    let mut labels: Vec<Value> = rows.iter().map(label_value).collect();
    labels.sort_by(compare);
    (type_oid, labels)
}

fn end(context: &Context<'_>, signature: &Signature, pick: fn(&[Value]) -> Option<&Value>) -> Result<Value> {
    let (type_oid, labels) = labels(context, signature);
    let empty = || Error::new(Code::WrongState, format!("enum {} contains no values", type_name(context, type_oid)));
    pick(&labels).cloned().ok_or_else(empty)
}

/// The labels between two, both included; a null bounds nothing.
fn range(context: &Context<'_>, signature: &Signature, lower: &Value, upper: &Value) -> Value {
    let (type_oid, labels) = labels(context, signature);
    let within = |label: &Value| (lower.is_null() || compare(lower, label).is_le()) && (upper.is_null() || compare(label, upper).is_le());
    Value::array(type_oid, labels.into_iter().filter(within).collect())
}

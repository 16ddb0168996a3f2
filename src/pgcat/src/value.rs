//! A value of any PostgreSQL type.
//!
//! The type is not in the value but in the expression that gives it: one variant serves all types that are represented alike.
//! Arrays and records carry the types of what is in them, since those are known nowhere else.

pub mod compare;
pub mod hash;
pub mod ordered;
pub mod range;

use std::sync::Arc;

use bigdecimal::BigDecimal;

pub use ordered::Ordered;
pub use range::{Multirange, Range};

/// A value, or null.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// `smallint`, `integer`, `bigint`, `oid` and its aliases (`regclass`, …), `xid`, `cid`, `money`.
    Int(i64),
    /// `real` (rounded to its precision) and `double precision`.
    Float(f64),
    /// `numeric`, with the digits behind the point that it is printed with.
    Numeric(Box<Numeric>),
    /// Everything that is its text: `text`, `varchar`, `bpchar` (padded), `name`, `"char"`, `cstring`, `unknown`, `json`, `jsonb` (as it
    /// is printed), `xml`, `aclitem`, `pg_node_tree`, `bit`, `macaddr`, `refcursor`, geometric types, ….
    Text(Arc<str>),
    /// What is shown as a text and ordered by something else: `inet`, `cidr`, labels of enums, `pg_lsn`, `xid8`, and `bpchar` that ends
    /// with blanks.
    Ordered(Arc<Ordered>),
    Bytes(Arc<[u8]>),
    /// Days since 2000-01-01; `i32::MIN` and `i32::MAX` are the infinities.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since midnight, and seconds west of UTC.
    TimeTz(i64, i32),
    /// `timestamp` and `timestamptz`: microseconds since 2000-01-01 (UTC); `i64::MIN` and `i64::MAX` are the infinities.
    Timestamp(i64),
    Interval(Box<Interval>),
    Uuid(Box<[u8; 16]>),
    /// Block and offset.
    Tid(u32, u16),
    /// Arrays, and `int2vector` and `oidvector`, whose lower bound is 0.
    Array(Arc<Array>),
    Record(Arc<Record>),
    Range(Arc<Range>),
    Multirange(Arc<Multirange>),
}

/// A number of any precision.
#[derive(Clone, Debug, PartialEq)]
pub enum Numeric {
    Finite(BigDecimal),
    Infinity,
    NegativeInfinity,
    NaN,
}

/// A span of time, in the three units that do not convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub microseconds: i64,
}

/// An array of any number of dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The type of the elements, `pg_type.oid`.
    pub element: u32,
    /// One per dimension; none for an empty array.
    pub dimensions: Vec<Dimension>,
    /// In row-major order.
    pub values: Vec<Value>,
}

/// One dimension of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    pub length: i32,
    pub lower: i32,
}

/// A row as a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The composite type, or `record` (2249).
    pub type_oid: u32,
    pub fields: Arc<[Field]>,
    pub values: Vec<Value>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Arc<str>,
    pub type_oid: u32,
    pub typmod: i32,
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Value::Text(text.into())
    }

    pub fn oid(oid: u32) -> Self {
        Value::Int(i64::from(oid))
    }

    /// A one-dimensional array that counts from 1.
    pub fn array(element: u32, values: Vec<Value>) -> Self {
        Value::Array(Arc::new(Array::new(element, values, 1)))
    }

    /// An `int2vector` or `oidvector`, which counts from 0.
    pub fn vector(element: u32, values: Vec<Value>) -> Self {
        Value::Array(Arc::new(Array { element, dimensions: vec![Dimension { length: values.len() as i32, lower: 0 }], values }))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The number, where this is one of the whole-number types.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_oid(&self) -> Option<u32> {
        self.as_int().map(|number| number as u32)
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Ordered(ordered) => Some(&ordered.text),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&Arc<Array>> {
        match self {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }

    /// About how many bytes it takes, for budgets.
    pub fn size(&self) -> usize {
        let inside = match self {
            Value::Text(text) => text.len(),
            Value::Ordered(ordered) => ordered.text.len() + ordered.key.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(array) => array.values.iter().map(Value::size).sum(),
            Value::Record(record) => record.values.iter().map(Value::size).sum(),
            Value::Range(range) => range::size(range.spans()),
            Value::Multirange(multirange) => range::size(&multirange.spans),
            _ => 0,
        };
        size_of::<Value>() + inside
    }
}

impl Array {
    /// One dimension, or none if there is nothing in it.
    pub fn new(element: u32, values: Vec<Value>, lower: i32) -> Self {
        let dimensions = if values.is_empty() { Vec::new() } else { vec![Dimension { length: values.len() as i32, lower }] };
        Self { element, dimensions, values }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Bool(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

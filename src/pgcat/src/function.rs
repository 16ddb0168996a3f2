//! How functions of `pg_proc` are computed.
//!
//! `pg_proc` says which functions there are, what they take and what they give; `prosrc` names the implementation, which is looked up in
//! the slices of [`crate::functions`]. A function that is in `pg_proc` and in no slice is one that we do not compute.

use std::sync::Arc;

use spi::Result;

use crate::catalog::Catalog;
use crate::host::Host;
use crate::query::Query;
use crate::types::Type;
use crate::value::{Field, Value};

/// What a computation may use besides its arguments.
pub struct Context<'a> {
    pub catalog: &'a Catalog,
    pub host: &'a dyn Host,
}

/// The types of one call, for functions that take or give any type.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// Of the arguments as they are given, after coercion.
    pub arguments: Vec<Type>,
    pub result: Type,
    /// Whether the last argument is an array that was given with VARIADIC, of a function that takes `VARIADIC "any"`.
    pub is_variadic: bool,
}

/// Computes one value. Strict functions are never called with nulls.
pub type Scalar = fn(&Context<'_>, &Signature, &[Value]) -> Result<Value>;

/// Computes the rows of a set-returning function. A function with several result columns gives records. Strict functions with a null
/// argument give no rows and are not called.
pub type SetReturning = fn(&Context<'_>, &Signature, &[Value]) -> Result<RowSource>;

/// Rows as they are computed.
pub type RowSource = Box<dyn Iterator<Item = Result<Value>> + Send>;

/// Begins a group of an aggregate.
pub type Aggregate = fn(&Signature) -> Box<dyn Accumulator>;

/// The state of an aggregate for one group. Rows with nulls are left out before it where the aggregate ignores them, as strict
/// transition functions do.
pub trait Accumulator: Send {
    /// Adds the arguments of one row.
    fn add(&mut self, context: &Context<'_>, arguments: &[Value]) -> Result<()>;

    /// The value of the group so far. More rows may be added afterwards, as window frames do.
    fn finish(&self, context: &Context<'_>) -> Result<Value>;

    /// About how many bytes it keeps, where these grow with the rows.
    fn size(&self) -> usize {
        0
    }
}

/// A named implementation of a scalar function.
#[derive(Clone, Copy)]
pub struct ScalarEntry {
    /// `pg_proc.prosrc`, for example `int4pl`.
    pub symbol: &'static str,
    pub call: Scalar,
}

impl ScalarEntry {
    pub const fn new(symbol: &'static str, call: Scalar) -> Self {
        Self { symbol, call }
    }
}

/// A named implementation of a set-returning function.
#[derive(Clone, Copy)]
pub struct SetEntry {
    /// `pg_proc.prosrc`, for example `generate_series_int4`.
    pub symbol: &'static str,
    pub call: SetReturning,
}

impl SetEntry {
    pub const fn new(symbol: &'static str, call: SetReturning) -> Self {
        Self { symbol, call }
    }
}

/// A named implementation of an aggregate.
#[derive(Clone, Copy)]
pub struct AggregateEntry {
    /// `pg_proc.proname`: one accumulator serves all argument types.
    pub name: &'static str,
    pub begin: Aggregate,
    /// Whether a row counts although an argument is null.
    pub takes_nulls: bool,
}

impl AggregateEntry {
    /// One that leaves out rows with nulls.
    pub const fn new(name: &'static str, begin: Aggregate) -> Self {
        Self { name, begin, takes_nulls: false }
    }

    /// One for which rows count although an argument is null.
    pub const fn with_nulls(name: &'static str, begin: Aggregate) -> Self {
        Self { name, begin, takes_nulls: true }
    }
}

/// How a resolved function is computed.
#[derive(Clone)]
pub enum Implementation {
    Scalar(Scalar),
    Set(SetReturning),
    /// The body of a function in SQL, bound with its parameters.
    Sql(Arc<Query>),
}

/// A function of `pg_proc` for one list of argument types.
#[derive(Clone)]
pub struct Function {
    /// `pg_proc.oid`.
    pub oid: u32,
    pub name: Arc<str>,
    pub implementation: Implementation,
    /// `proisstrict`: null where an argument is.
    pub is_strict: bool,
    /// `proretset`.
    pub returns_set: bool,
    /// `provolatile = 'v'`: never computed before it is run, nor remembered.
    pub is_volatile: bool,
    /// `provolatile = 'i'`: may be computed when it is bound.
    pub is_immutable: bool,
    pub signature: Signature,
    /// The columns of its records, where its result is `record` and its OUT parameters say them; else empty.
    pub outputs: Arc<[Field]>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Function").field("oid", &self.oid).field("name", &self.name).field("signature", &self.signature).finish()
    }
}

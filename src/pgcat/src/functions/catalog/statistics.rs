//! What the views of statistics read.
//!
//! Nothing is counted here, so the numbers are those of objects that nobody has touched since the server began.

pub mod backends;
pub mod database;
pub mod server;
pub mod tables;

use spi::Result;

use crate::function::{Context, Signature};
use crate::value::Value;

/// What was never done.
fn zero(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    Ok(Value::Int(0))
}

fn no_time(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    Ok(Value::Float(0.0))
}

/// What never happened.
fn never(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    Ok(Value::Null)
}

/// When the counters were set to nothing: when the server began.
fn reset_at(context: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    Ok(Value::Timestamp(context.host.started_at()))
}

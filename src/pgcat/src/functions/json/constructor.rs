//! `JSON_OBJECT(…)` and `JSON_ARRAY(…)`, which may leave out what is null and refuse keys that come twice.

use std::collections::HashSet;

use spi::{Code, Error, Result};

use super::build::Form;
use super::convert::{write, write_key};
use crate::function::{Context, Scalar, Signature};
use crate::value::Value;

/// How an object is made.
#[derive(Clone, Copy)]
pub struct Options {
    pub form: Form,
    pub leaves_out_nulls: bool,
    pub is_unique: bool,
}

macro_rules! by_options {
    ($options:expr, $work:ident) => {
        match ($options.form, $options.leaves_out_nulls, $options.is_unique) {
            (Form::Json, false, false) => |c, s, a| $work(c, s, a, Form::Json, false, false),
            (Form::Json, false, true) => |c, s, a| $work(c, s, a, Form::Json, false, true),
            (Form::Json, true, false) => |c, s, a| $work(c, s, a, Form::Json, true, false),
            (Form::Json, true, true) => |c, s, a| $work(c, s, a, Form::Json, true, true),
            (Form::Jsonb, false, false) => |c, s, a| $work(c, s, a, Form::Jsonb, false, false),
            (Form::Jsonb, false, true) => |c, s, a| $work(c, s, a, Form::Jsonb, false, true),
            (Form::Jsonb, true, false) => |c, s, a| $work(c, s, a, Form::Jsonb, true, false),
            (Form::Jsonb, true, true) => |c, s, a| $work(c, s, a, Form::Jsonb, true, true),
        }
    };
}

/// The function that makes an object of keys and values in turn.
pub fn object(options: Options) -> Scalar {
    by_options!(options, of_members)
}

/// The function that makes an array of its arguments.
pub fn array(options: Options) -> Scalar {
    by_options!(options, of_items)
}

fn of_members(
    context: &Context<'_>,
    signature: &Signature,
    arguments: &[Value],
    form: Form,
    leaves_out_nulls: bool,
    is_unique: bool,
) -> Result<Value> {
    let mut out = String::from("{");
    let mut keys = HashSet::new();
    for (pair, types) in arguments.chunks_exact(2).zip(signature.arguments.chunks_exact(2)) {
        let (key, value) = (&pair[0], &pair[1]);
        if key.is_null() {
            return Err(Error::new(Code::NullValue, "null value not allowed for object key"));
        }
        if value.is_null() && leaves_out_nulls {
            continue;
        }
        let mut quoted = String::new();
        write_key(context, types[0].oid, key, &mut quoted)?;
        if is_unique && !keys.insert(quoted.clone()) {
            let message = "duplicate JSON object key value";
            let message = if form == Form::Json { format!("{message}: {quoted}") } else { message.to_owned() };
            return Err(Error::new(Code::DuplicateJsonKey, message));
        }
        separate(&mut out);
        out.push_str(&quoted);
        out.push_str(" : ");
        write(context, types[1].oid, value, &mut out)?;
    }
    out.push('}');
    form.value(out)
}

fn of_items(
    context: &Context<'_>,
    signature: &Signature,
    arguments: &[Value],
    form: Form,
    leaves_out_nulls: bool,
    _is_unique: bool,
) -> Result<Value> {
    let mut out = String::from("[");
    for (value, type_) in arguments.iter().zip(&signature.arguments).filter(|(value, _)| !(leaves_out_nulls && value.is_null())) {
        separate(&mut out);
        write(context, type_.oid, value, &mut out)?;
    }
    out.push(']');
    form.value(out)
}

fn separate(out: &mut String) {
    if out.len() > 1 {
        out.push_str(", ");
    }
}

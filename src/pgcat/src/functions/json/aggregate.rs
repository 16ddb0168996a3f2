//! `json_agg`, `json_object_agg`, and the same for `jsonb`.

use std::collections::HashSet;

use spi::{Code, Error, Result};

use super::build::Form;
use super::convert::{write, write_key};
use crate::function::{Accumulator, AggregateEntry, Context, Signature};
use crate::functions::limits::within_limit;
use crate::types::oid;
use crate::value::Value;

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::with_nulls("json_agg", |signature| items(signature, Form::Json, false)),
    AggregateEntry::with_nulls("json_agg_strict", |signature| items(signature, Form::Json, true)),
    AggregateEntry::with_nulls("jsonb_agg", |signature| items(signature, Form::Jsonb, false)),
    AggregateEntry::with_nulls("jsonb_agg_strict", |signature| items(signature, Form::Jsonb, true)),
    AggregateEntry::with_nulls("json_object_agg", |signature| members(signature, Form::Json, false, false)),
    AggregateEntry::with_nulls("json_object_agg_strict", |signature| members(signature, Form::Json, true, false)),
    AggregateEntry::with_nulls("json_object_agg_unique", |signature| members(signature, Form::Json, false, true)),
    AggregateEntry::with_nulls("json_object_agg_unique_strict", |signature| members(signature, Form::Json, true, true)),
    AggregateEntry::with_nulls("jsonb_object_agg", |signature| members(signature, Form::Jsonb, false, false)),
    AggregateEntry::with_nulls("jsonb_object_agg_strict", |signature| members(signature, Form::Jsonb, true, false)),
    AggregateEntry::with_nulls("jsonb_object_agg_unique", |signature| members(signature, Form::Jsonb, false, true)),
    AggregateEntry::with_nulls("jsonb_object_agg_unique_strict", |signature| members(signature, Form::Jsonb, true, true)),
];

struct Items {
    form: Form,
    leaves_out_nulls: bool,
    type_oid: u32,
    /// Empty until the first row.
    text: String,
}

fn type_of(signature: &Signature, place: usize) -> u32 {
    signature.arguments.get(place).map_or(oid::TEXT, |argument| argument.oid)
}

fn items(signature: &Signature, form: Form, leaves_out_nulls: bool) -> Box<dyn Accumulator> {
    Box::new(Items { form, leaves_out_nulls, type_oid: type_of(signature, 0), text: String::new() })
}

impl Accumulator for Items {
    fn add(&mut self, context: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let value = &arguments[0];
        if self.text.is_empty() {
            self.text.push('[');
        }
        if self.leaves_out_nulls && value.is_null() {
            return Ok(());
        }
        if self.text.len() > 1 {
            // What has parts begins a line.
            self.text.push_str(if matches!(value, Value::Array(_) | Value::Record(_)) { ", \n " } else { ", " });
        }
        write(context, self.type_oid, value, &mut self.text)?;
        within_limit(self.text.len())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        if self.text.is_empty() { Ok(Value::Null) } else { self.form.value(format!("{}]", self.text)) }
    }

    fn size(&self) -> usize {
        self.text.len()
    }
}

struct Members {
    form: Form,
    leaves_out_nulls: bool,
    /// The keys that were there, where they must be unique.
    keys: Option<HashSet<String>>,
    types: (u32, u32),
    /// Empty until the first row.
    text: String,
}

fn members(signature: &Signature, form: Form, leaves_out_nulls: bool, is_unique: bool) -> Box<dyn Accumulator> {
    let types = (type_of(signature, 0), type_of(signature, 1));
    Box::new(Members { form, leaves_out_nulls, keys: is_unique.then(HashSet::new), types, text: String::new() })
}

impl Accumulator for Members {
    fn add(&mut self, context: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let (key, value) = (&arguments[0], &arguments[1]);
        if self.text.is_empty() {
            self.text.push('{');
        }
        if key.is_null() {
            return Err(match self.form {
                Form::Json => Error::new(Code::NullValue, "null value not allowed for object key"),
                Form::Jsonb => Error::new(Code::InvalidArgument, "field name must not be null"),
            });
        }
        if self.leaves_out_nulls && value.is_null() {
            return Ok(());
        }
        let mut quoted = String::new();
        write_key(context, self.types.0, key, &mut quoted)?;
        if let Some(keys) = &mut self.keys
            && !keys.insert(quoted.clone())
        {
            let message = "duplicate JSON object key value";
            return Err(Error::new(
                Code::DuplicateJsonKey,
                match self.form {
                    Form::Json => format!("{message}: {quoted}"),
                    Form::Jsonb => message.to_owned(),
                },
            ));
        }
        self.text.push_str(if self.text.len() > 1 { ", " } else { " " });
        self.text.push_str(&quoted);
        self.text.push_str(" : ");
        write(context, self.types.1, value, &mut self.text)?;
        within_limit(self.text.len())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        if self.text.is_empty() { Ok(Value::Null) } else { self.form.value(format!("{} }}", self.text)) }
    }

    /// The keys that must be unique are as long as they are in the text.
    fn size(&self) -> usize {
        if self.keys.is_some() { 2 * self.text.len() } else { self.text.len() }
    }
}

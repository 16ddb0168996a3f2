//! What indexes and aggregates ask of an order: `btint4cmp` and its kin, and the larger and the smaller of two values.

use std::cmp::Ordering;

use super::comparison::{Order, by_length_first, plain};
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::text;
use crate::value::Value;

/// Comparisons, and the larger and smaller value of each family: a name is what stands before `larger` and `smaller`.
macro_rules! ordered {
    ($($order:ident: $($compare:literal)* ; $($extreme:literal)* ;)+) => {
        &[
            $(
                $(ScalarEntry::new($compare, |context, signature, arguments| {
                    let order: Order = $order;
                    Ok(Value::Int(order(context, signature, arguments)? as i64))
                }),)*
                $(
                    ScalarEntry::new(concat!($extreme, "larger"), |context, signature, arguments| {
                        let order: Order = $order;
                        Ok(chosen(order(context, signature, arguments)?, Ordering::Greater, arguments))
                    }),
                    ScalarEntry::new(concat!($extreme, "smaller"), |context, signature, arguments| {
                        let order: Order = $order;
                        Ok(chosen(order(context, signature, arguments)?, Ordering::Less, arguments))
                    }),
                )*
            )+
            // These two give the distance.
            ScalarEntry::new("btint2cmp", |_, _, arguments| Ok(Value::Int(arguments.int(0)? - arguments.int(1)?))),
            ScalarEntry::new("btcharcmp", |_, _, arguments| {
                let (left, right) = (text::char(arguments.text(0)?), text::char(arguments.text(1)?));
                Ok(Value::Int(i64::from(left) - i64::from(right)))
            }),
        ]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = ordered! {
    plain:
        "btint4cmp" "btint8cmp" "btint24cmp" "btint42cmp" "btint28cmp" "btint82cmp" "btint48cmp" "btint84cmp" "btfloat4cmp" "btfloat8cmp"
        "btfloat48cmp" "btfloat84cmp" "btoidcmp" "btboolcmp" "btnamecmp" "btnametextcmp" "bttextnamecmp" "bttextcmp" "bttext_pattern_cmp"
        "bttidcmp" "btrecordcmp" "byteacmp" "date_cmp" "time_cmp" "timetz_cmp" "timestamp_cmp" "interval_cmp" "numeric_cmp" "uuid_cmp" "enum_cmp"
        "bpcharcmp" "btbpchar_pattern_cmp";
        "int2" "int4" "int8" "float4" "float8" "numeric_" "oid" "text_" "tid" "date_" "time_" "timetz_" "timestamp_" "interval_" "bpchar_";
    by_length_first: "btoidvectorcmp"; ;
};

/// The first value where it is in that order to the second, else the second.
fn chosen(found: Ordering, wanted: Ordering, arguments: &[Value]) -> Value {
    arguments[usize::from(found != wanted)].clone()
}

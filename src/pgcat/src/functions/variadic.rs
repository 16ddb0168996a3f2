//! The arguments of functions that take any number of values of any types.

use crate::function::Signature;
use crate::types::oid;
use crate::value::Value;

/// The values from an argument on, each with its type: the elements, where an array was given with VARIADIC. `None` where that is null.
pub fn typed_values<'a>(
    signature: &'a Signature,
    arguments: &'a [Value],
    from: usize,
) -> Option<Box<dyn Iterator<Item = (u32, &'a Value)> + 'a>> {
    let values = &arguments[from.min(arguments.len())..];
    match values {
        [Value::Array(array)] if signature.is_variadic => Some(Box::new(array.values.iter().map(|value| (array.element, value)))),
        [Value::Null] if signature.is_variadic => None,
        _ => {
            let type_of = move |place: usize| signature.arguments.get(from + place).map_or(oid::TEXT, |argument| argument.oid);
            Some(Box::new(values.iter().enumerate().map(move |(place, value)| (type_of(place), value))))
        }
    }
}

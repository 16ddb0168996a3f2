//! Functions of a plan as functions of a source's query.

use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::ScalarFunction;
use spi::query::{Expr, ExprKind, Function};

use super::expression::{Schemas, translate_all};

/// The call, if sources know such a function. Whether one has it with exactly our meaning, its dialect says.
///
/// Upper and lower case are left out on purpose: which letters they change depends on a server's locale and version.
pub(super) fn translate(call: &ScalarFunction, data_type: DataType, schemas: &Schemas<'_>) -> Option<Expr> {
    let mut arguments = translate_all(&call.args, schemas)?;
    let function = match (call.name(), arguments.len()) {
        ("character_length" | "char_length" | "length", 1) => Function::CharacterLength,
        ("substr", 2 | 3) => Function::Substring,
        ("left", 2) => Function::Left,
        ("right", 2) => Function::Right,
        ("btrim", 1) => Function::Trim,
        ("ltrim", 1) => Function::TrimStart,
        ("rtrim", 1) => Function::TrimEnd,
        ("replace", 3) => Function::Replace,
        ("strpos", 2) => Function::Position,
        ("abs", 1) => Function::Absolute,
        ("floor", 1) => Function::Floor,
        ("ceil", 1) => Function::Ceiling,
        ("round", 1 | 2) => Function::Round,
        ("coalesce", _) => Function::Coalesce,
        ("nullif", 2) => Function::NullIf,
        ("greatest", _) => Function::Greatest,
        ("least", _) => Function::Least,
        ("date_trunc", 2) => Function::DateTrunc,
        ("extract", 2) => Function::Extract,
        // A fraction as an integer: rounded, as the cast of every SQL database does it for a decimal.
        ("conversion", 1) if data_type.is_signed_integer() && arguments[0].data_type.is_decimal() => {
            return Some(Expr { kind: ExprKind::Cast(Box::new(arguments.pop()?)), data_type });
        }
        _ => return None,
    };
    Some(Expr::call(function, arguments, data_type))
}

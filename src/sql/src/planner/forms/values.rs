//! `VALUES ('2026-01-01'::date), ('2026-01-02')`: a text literal has the type of the other rows, which DataFusion wants written.

use datafusion::sql::sqlparser::ast::{CastKind, DataType, Expr, UnaryOperator, Value, ValueWithSpan, Values};

/// Casts text literals to the type that another row's expression says, by a cast or by being a number or a truth value.
pub(super) fn rewrite(values: &mut Values) {
    let width = values.rows.first().map_or(0, |row| row.len());
    for column in 0..width {
        let mut types = values.rows.iter().filter_map(|row| row.get(column)).filter_map(said_type);
        let Some(data_type) = types.next() else { continue };
        for row in &mut values.rows {
            if let Some(cell) = row.get_mut(column)
                && matches!(cell, Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), .. }))
            {
                let literal = Box::new(cell.clone());
                *cell = Expr::Cast { kind: CastKind::DoubleColon, expr: literal, data_type: data_type.clone(), array: false, format: None };
            }
        }
    }
}

fn said_type(expr: &Expr) -> Option<DataType> {
    match expr {
        Expr::Cast { data_type, .. } => Some(data_type.clone()),
        Expr::TypedString(literal) => Some(literal.data_type.clone()),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } | Expr::Nested(expr) => said_type(expr),
        Expr::Value(ValueWithSpan { value: Value::Number(digits, _), .. }) => Some(match digits {
            digits if digits.parse::<i32>().is_ok() => DataType::Integer(None),
            digits if digits.parse::<i64>().is_ok() => DataType::BigInt(None),
            _ => return None,
        }),
        Expr::Value(ValueWithSpan { value: Value::Boolean(_), .. }) => Some(DataType::Boolean),
        _ => None,
    }
}

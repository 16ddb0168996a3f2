//! Expressions of a plan as expressions of a source's query, where there are such with the same meaning.

use arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::expr::{Between, Case, InList, Like};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator};
use spi::predicate::Value;
use spi::query::{self, ExprKind, Function};

use crate::planner::operators::checked;

/// The schemas that an expression is over: that of a node's input, or those of the two sides of a join.
pub(super) type Schemas<'a> = [&'a DFSchema];

pub(super) fn translate_all(expressions: &[Expr], schemas: &Schemas<'_>) -> Option<Vec<query::Expr>> {
    expressions.iter().map(|expression| translate(expression, schemas)).collect()
}

pub(super) fn translate(expression: &Expr, schemas: &Schemas<'_>) -> Option<query::Expr> {
    match expression {
        Expr::Column(column) => place(column, schemas),
        Expr::Alias(alias) => translate(&alias.expr, schemas),
        Expr::Literal(value, _) => Some(query::Expr::constant(constant(value)?, plain(value.data_type()))),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let function = operator(*op)?;
            let (left, right) = (translate(left, schemas)?, translate(right, schemas)?);
            let data_type = match function {
                Function::Concatenate => DataType::Utf8,
                Function::Divide | Function::Modulo | Function::Add | Function::Subtract | Function::Multiply => {
                    type_of(expression, schemas)?
                }
                _ => DataType::Boolean,
            };
            Some(query::Expr::call(function, vec![left, right], data_type))
        }
        // Which letters are one but for their case depends on the source's locale.
        Expr::Like(Like { negated, expr, pattern, escape_char: None, case_insensitive: false }) => {
            let arguments = vec![translate(expr, schemas)?, translate(pattern, schemas)?];
            Some(negated_if(*negated, query::Expr::call(Function::Like, arguments, DataType::Boolean)))
        }
        Expr::Not(inner) => call(Function::Not, &[inner], DataType::Boolean, schemas),
        Expr::IsTrue(inner) => truth(inner, true, Function::IsNotDistinctFrom, schemas),
        Expr::IsNotTrue(inner) => truth(inner, true, Function::IsDistinctFrom, schemas),
        Expr::IsFalse(inner) => truth(inner, false, Function::IsNotDistinctFrom, schemas),
        Expr::IsNotFalse(inner) => truth(inner, false, Function::IsDistinctFrom, schemas),
        Expr::IsUnknown(inner) => call(Function::IsNull, &[inner], DataType::Boolean, schemas),
        Expr::IsNotUnknown(inner) => call(Function::IsNotNull, &[inner], DataType::Boolean, schemas),
        Expr::IsNull(inner) => call(Function::IsNull, &[inner], DataType::Boolean, schemas),
        Expr::IsNotNull(inner) => call(Function::IsNotNull, &[inner], DataType::Boolean, schemas),
        Expr::Between(Between { expr, negated, low, high }) => {
            let at_least = call(Function::GreaterOrEqual, &[expr, low], DataType::Boolean, schemas)?;
            let at_most = call(Function::LessOrEqual, &[expr, high], DataType::Boolean, schemas)?;
            Some(negated_if(*negated, query::Expr::call(Function::And, vec![at_least, at_most], DataType::Boolean)))
        }
        Expr::InList(InList { expr, list, negated }) if !list.is_empty() => {
            let mut arguments = vec![translate(expr, schemas)?];
            arguments.extend(translate_all(list, schemas)?);
            Some(negated_if(*negated, query::Expr::call(Function::In, arguments, DataType::Boolean)))
        }
        Expr::Cast(cast) => {
            let inner = translate(&cast.expr, schemas)?;
            let data_type = plain(cast.field.data_type().clone());
            if inner.data_type == data_type {
                return Some(inner);
            }
            Some(query::Expr { kind: ExprKind::Cast(Box::new(inner)), data_type })
        }
        Expr::Case(case) => translate_case(case, expression, schemas),
        Expr::ScalarFunction(function) => {
            if let Some(chain) = checked::chain(function) {
                return translate_chain(chain, schemas);
            }
            super::function::translate(function, type_of(expression, schemas)?, schemas)
        }
        _ => None,
    }
}

/// Text has one form in a source, and counts are numbers with a sign.
pub(super) fn plain(data_type: DataType) -> DataType {
    match data_type {
        DataType::UInt64 => DataType::Int64,
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        other => other,
    }
}

fn place(column: &Column, schemas: &Schemas<'_>) -> Option<query::Expr> {
    let mut before = 0;
    for schema in schemas {
        if let Some(place) = schema.maybe_index_of_column(column) {
            return Some(query::Expr::column(before + place, plain(schema.field(place).data_type().clone())));
        }
        before += schema.fields().len();
    }
    None
}

fn type_of(expression: &Expr, schemas: &Schemas<'_>) -> Option<DataType> {
    let [first, rest @ ..] = schemas else { return None };
    let all = rest.iter().try_fold((*first).clone(), |all, schema| all.join(schema)).ok()?;
    expression.get_type(&all).ok().map(plain)
}

fn call(function: Function, arguments: &[&Expr], data_type: DataType, schemas: &Schemas<'_>) -> Option<query::Expr> {
    let arguments = arguments.iter().map(|argument| translate(argument, schemas)).collect::<Option<_>>()?;
    Some(query::Expr::call(function, arguments, data_type))
}

/// A condition beside a truth value, which null is different from.
fn truth(condition: &Expr, value: bool, function: Function, schemas: &Schemas<'_>) -> Option<query::Expr> {
    let truth = query::Expr::constant(Value::Bool(value), DataType::Boolean);
    Some(query::Expr::call(function, vec![translate(condition, schemas)?, truth], DataType::Boolean))
}

fn negated_if(negated: bool, condition: query::Expr) -> query::Expr {
    if negated { query::Expr::call(Function::Not, vec![condition], DataType::Boolean) } else { condition }
}

fn translate_chain(chain: checked::Chain<'_>, schemas: &Schemas<'_>) -> Option<query::Expr> {
    let (first, rest) = chain.arguments.split_first()?;
    let mut value = translate(first, schemas)?;
    for (op, argument) in chain.operators.iter().zip(rest) {
        value = query::Expr::call(operator(*op)?, vec![value, translate(argument, schemas)?], chain.result.clone());
    }
    Some(value)
}

fn translate_case(case: &Case, expression: &Expr, schemas: &Schemas<'_>) -> Option<query::Expr> {
    let base = match &case.expr {
        Some(base) => Some(translate(base, schemas)?),
        None => None,
    };
    let branches = case.when_then_expr.iter().map(|(when, then)| {
        let when = translate(when, schemas)?;
        let condition = match &base {
            Some(base) => query::Expr::call(Function::Equal, vec![base.clone(), when], DataType::Boolean),
            None => when,
        };
        Some((condition, translate(then, schemas)?))
    });
    let otherwise = match &case.else_expr {
        Some(otherwise) => Some(Box::new(translate(otherwise, schemas)?)),
        None => None,
    };
    Some(query::Expr {
        kind: ExprKind::Case { branches: branches.collect::<Option<_>>()?, otherwise },
        data_type: type_of(expression, schemas)?,
    })
}

pub(super) fn operator(operator: Operator) -> Option<Function> {
    Some(match operator {
        Operator::Eq => Function::Equal,
        Operator::NotEq => Function::NotEqual,
        Operator::Lt => Function::Less,
        Operator::LtEq => Function::LessOrEqual,
        Operator::Gt => Function::Greater,
        Operator::GtEq => Function::GreaterOrEqual,
        Operator::IsDistinctFrom => Function::IsDistinctFrom,
        Operator::IsNotDistinctFrom => Function::IsNotDistinctFrom,
        Operator::And => Function::And,
        Operator::Or => Function::Or,
        Operator::Plus => Function::Add,
        Operator::Minus => Function::Subtract,
        Operator::Multiply => Function::Multiply,
        Operator::Divide => Function::Divide,
        Operator::Modulo => Function::Modulo,
        Operator::StringConcat => Function::Concatenate,
        _ => return None,
    })
}

/// The value without loss; `None` where sources have no such value.
fn constant(value: &ScalarValue) -> Option<Value> {
    match value {
        ScalarValue::Decimal128(Some(digits), _, scale) => Some(Value::Decimal { digits: *digits, scale: *scale }),
        value => crate::predicate::constant(value),
    }
}

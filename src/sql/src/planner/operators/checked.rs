//! `+`, `-` and `*` of integers, and all four operations of floating-point numbers, which fail where the result does not fit.
//!
//! A chain such as `a + b - c` is one function of three arguments: DataFusion walks nested functions by recursion, and a long
//! chain must not take the stack.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Datum};
use arrow::compute::cast;
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr_common::datum::apply;
use spi::types::PgType;
use spi::{Code, Error};

/// The operation as a function, if it is arithmetic of such numbers; else its sides, as they were.
pub(super) fn function(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> std::result::Result<Expr, (Expr, Expr)> {
    if !matches!(op, Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Divide) {
        return Err((left, right));
    }
    let (Ok(left_type), Ok(right_type)) = (type_of(&left, schema), type_of(&right, schema)) else { return Err((left, right)) };
    let Some(result) = wider(&left_type, &right_type) else { return Err((left, right)) };
    // DataFusion's division of integers fails as it should.
    if op == Operator::Divide && result.is_integer() {
        return Err((left, right));
    }
    let (mut operators, mut args) = match left {
        Expr::ScalarFunction(function) => match function.func.inner().downcast_ref::<Checked>() {
            Some(chain) if chain.result == result => (chain.operators.clone(), function.args),
            _ => (Vec::new(), vec![Expr::ScalarFunction(function)]),
        },
        left => (Vec::new(), vec![left]),
    };
    operators.push(op);
    args.push(right);
    let checked = Checked { operators, result, signature: Signature::user_defined(Volatility::Immutable) };
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(checked)), args)))
}

/// A chain of operations and what it is computed of.
pub(crate) struct Chain<'a> {
    /// What stands between the arguments.
    pub(crate) operators: &'a [Operator],
    pub(crate) arguments: &'a [Expr],
    pub(crate) result: &'a DataType,
}

/// The chain, if the function is one.
pub(crate) fn chain(function: &ScalarFunction) -> Option<Chain<'_>> {
    let chain = function.func.inner().downcast_ref::<Checked>()?;
    Some(Chain { operators: &chain.operators, arguments: &function.args, result: &chain.result })
}

/// The type of an expression, without looking at all arguments of a chain.
fn type_of(expr: &Expr, schema: &DFSchema) -> Result<DataType> {
    match expr {
        Expr::ScalarFunction(function) => match function.func.inner().downcast_ref::<Checked>() {
            Some(chain) => Ok(chain.result.clone()),
            None => expr.get_type(schema),
        },
        other => other.get_type(schema),
    }
}

/// A negated number, if it is an integer: the least one of a type has no opposite. Else the number, as it was.
pub(super) fn negation(number: Expr, schema: &DFSchema) -> std::result::Result<Expr, Expr> {
    let zero = match type_of(&number, schema) {
        Ok(DataType::Int16) => ScalarValue::Int16(Some(0)),
        Ok(DataType::Int32) => ScalarValue::Int32(Some(0)),
        Ok(DataType::Int64) => ScalarValue::Int64(Some(0)),
        _ => return Err(number),
    };
    function(Expr::Literal(zero, None), Operator::Minus, number, schema).map_err(|(_, number)| number)
}

/// The type of the result of arithmetic on two types, at least one of them floating-point or both integers.
fn wider(left: &DataType, right: &DataType) -> Option<DataType> {
    let is_number = |data_type: &DataType| data_type.is_numeric() || data_type.is_null();
    if left.is_floating() || right.is_floating() {
        let both_real = *left == DataType::Float32 && *right == DataType::Float32;
        return (is_number(left) && is_number(right)).then_some(if both_real { DataType::Float32 } else { DataType::Float64 });
    }
    let rank = |data_type: &DataType| match data_type {
        DataType::Int16 => Some(0),
        DataType::Int32 => Some(1),
        DataType::Int64 => Some(2),
        _ => None,
    };
    Some(if rank(left)? >= rank(right)? { left.clone() } else { right.clone() })
}

/// A chain of operations, computed from left to right.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    /// What stands between the arguments.
    operators: Vec<Operator>,
    result: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        "arithmetic"
    }

    /// As the operators, so that EXPLAIN reads like the statement.
    fn display_name(&self, args: &[Expr]) -> Result<String> {
        let [first, rest @ ..] = args else { return Ok(self.name().to_owned()) };
        let rest = self.operators.iter().zip(rest).map(|(op, argument)| format!(" {op} {argument}"));
        Ok(std::iter::once(first.to_string()).chain(rest).collect())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(vec![self.result.clone(); types.len()])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let mut args = args.args.into_iter();
        let first = args.next().ok_or_else(|| DataFusionError::Internal(format!("{} takes arguments", self.name())))?;
        self.operators.iter().zip(args).try_fold(first, |left, (op, right)| {
            let compute: fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError> = match op {
                Operator::Plus => numeric::add,
                Operator::Minus => numeric::sub,
                Operator::Divide => numeric::div,
                _ => numeric::mul,
            };
            apply(&left, &right, |left, right| match self.result.is_floating() {
                true => checked_float(*op, left, right, compute(left, right)?),
                false => compute(left, right).map_err(|_| self.out_of_range()),
            })
        })
    }
}

/// The result of an operation, which is infinite or no number only where one of its operands is.
fn checked_float(op: Operator, left: &dyn Datum, right: &dyn Datum, result: ArrayRef) -> Result<ArrayRef, ArrowError> {
    let ((left, left_is_scalar), (right, right_is_scalar)) = (left.get(), right.get());
    let floats = |array: &dyn Array| cast(array, &DataType::Float64).map(|array| array.as_primitive::<Float64Type>().clone());
    let (left, right, results) = (floats(left)?, floats(right)?, floats(&result)?);
    for row in 0..results.len() {
        if results.is_null(row) {
            continue;
        }
        let left = left.value(if left_is_scalar { 0 } else { row });
        let right = right.value(if right_is_scalar { 0 } else { row });
        if op == Operator::Divide && right == 0.0 && !left.is_nan() {
            return Err(ArrowError::DivideByZero);
        }
        if results.value(row).is_infinite() && left.is_finite() && right.is_finite() {
            let error = Error::new(Code::OutOfRange, "value out of range: overflow");
            return Err(ArrowError::ExternalError(Box::new(error)));
        }
    }
    Ok(result)
}

impl Checked {
    /// Integers of equal types and lengths fail to add, subtract or multiply for this reason only.
    fn out_of_range(&self) -> ArrowError {
        let name = PgType::from_arrow(&self.result).format();
        ArrowError::ExternalError(Box::new(Error::new(Code::OutOfRange, format!("{name} out of range"))))
    }
}

//! `+`, `-` and `*` of integers, which fail where the result does not fit.
//!
//! A chain such as `a + b - c` is one function of three arguments: DataFusion walks nested functions by recursion, and a long
//! chain must not take the stack.

use std::sync::Arc;

use arrow::array::{ArrayRef, Datum};
use arrow::compute::kernels::numeric;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr_common::datum::apply;
use spi::types::PgType;
use spi::{Code, Error};

/// The operation as a function, if it is arithmetic of integers; else its sides, as they were.
pub(super) fn function(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> std::result::Result<Expr, (Expr, Expr)> {
    if !matches!(op, Operator::Plus | Operator::Minus | Operator::Multiply) {
        return Err((left, right));
    }
    let (Ok(left_type), Ok(right_type)) = (type_of(&left, schema), type_of(&right, schema)) else { return Err((left, right)) };
    let Some(result) = wider(&left_type, &right_type) else { return Err((left, right)) };
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

/// The type of the result of arithmetic on two integer types.
fn wider(left: &DataType, right: &DataType) -> Option<DataType> {
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
        "integer_arithmetic"
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
                _ => numeric::mul,
            };
            apply(&left, &right, |left, right| compute(left, right).map_err(|_| self.out_of_range()))
        })
    }
}

impl Checked {
    /// Integers of equal types and lengths fail to add, subtract or multiply for this reason only.
    fn out_of_range(&self) -> ArrowError {
        let name = PgType::from_arrow(&self.result).format();
        ArrowError::ExternalError(Box::new(Error::new(Code::OutOfRange, format!("{name} out of range"))))
    }
}

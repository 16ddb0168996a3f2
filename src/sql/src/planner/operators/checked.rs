//! `+`, `-` and `*` of integers, which fail where the result does not fit.

use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Datum};
use arrow::compute::kernels::numeric;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr_common::datum::apply;
use spi::types::PgType;
use spi::{Code, Error};

/// The function of an operator, if it is arithmetic of integers.
pub(super) fn function(op: Operator, left: &DataType, right: &DataType) -> Option<&'static Arc<ScalarUDF>> {
    static FUNCTIONS: LazyLock<[Arc<ScalarUDF>; 3]> = LazyLock::new(|| {
        [Operator::Plus, Operator::Minus, Operator::Multiply].map(|op| Arc::new(ScalarUDF::new_from_impl(Checked::new(op))))
    });
    wider(left, right)?;
    match op {
        Operator::Plus => Some(&FUNCTIONS[0]),
        Operator::Minus => Some(&FUNCTIONS[1]),
        Operator::Multiply => Some(&FUNCTIONS[2]),
        _ => None,
    }
}

/// The type of the result of arithmetic on two integer types.
fn wider(left: &DataType, right: &DataType) -> Option<DataType> {
    match (left, right) {
        (DataType::Int64, DataType::Int16 | DataType::Int32 | DataType::Int64) | (DataType::Int16 | DataType::Int32, DataType::Int64) => {
            Some(DataType::Int64)
        }
        (DataType::Int32, DataType::Int16 | DataType::Int32) | (DataType::Int16, DataType::Int32) => Some(DataType::Int32),
        (DataType::Int16, DataType::Int16) => Some(DataType::Int16),
        _ => None,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    op: Operator,
    signature: Signature,
}

impl Checked {
    fn new(op: Operator) -> Self {
        Self { op, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        match self.op {
            Operator::Plus => "int_add",
            Operator::Minus => "int_subtract",
            _ => "int_multiply",
        }
    }

    /// As the operator, so that EXPLAIN reads like the statement.
    fn display_name(&self, args: &[Expr]) -> Result<String> {
        match args {
            [left, right] => Ok(format!("{left} {} {right}", self.op)),
            _ => Ok(self.name().to_owned()),
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let result = self.return_type(types)?;
        Ok(vec![result; 2])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [left, right] => wider(left, right),
            _ => None,
        }
        .ok_or_else(|| DataFusionError::Internal(format!("{} is not for {types:?}", self.name())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let compute: fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError> = match self.op {
            Operator::Plus => numeric::add,
            Operator::Minus => numeric::sub,
            _ => numeric::mul,
        };
        let name = PgType::from_arrow(args.return_type()).format();
        match args.args.as_slice() {
            [left, right] => apply(left, right, |left, right| compute(left, right).map_err(|_| out_of_range(&name))),
            _ => Err(DataFusionError::Internal(format!("{} takes two arguments", self.name()))),
        }
    }
}

/// Integers of equal types and lengths fail to add, subtract or multiply for this reason only.
fn out_of_range(name: &str) -> ArrowError {
    ArrowError::ExternalError(Box::new(Error::new(Code::OutOfRange, format!("{name} out of range"))))
}

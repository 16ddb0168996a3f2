//! A function that stands in a plan for an operator. Nobody can call it by name.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use spi::Result;

use crate::planner::casts::conversion::external;

/// What such a function computes.
pub(super) trait Compute: Debug + Eq + Hash + Send + Sync + 'static {
    const NAME: &'static str;
    const VOLATILITY: Volatility = Volatility::Immutable;

    /// The arrays are of equal length and of the types that the call was made with.
    fn compute(&self, arguments: &[ArrayRef], options: &ConfigOptions) -> Result<ArrayRef>;
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Computed<C> {
    computation: C,
    argument_types: Vec<DataType>,
    result: DataType,
    signature: Signature,
}

/// A call whose arguments are cast to these types.
pub(super) fn call<C: Compute>(computation: C, arguments: Vec<(Expr, DataType)>, result: DataType) -> Expr {
    let (arguments, argument_types) = arguments.into_iter().unzip();
    let function = Computed { computation, argument_types, result, signature: Signature::user_defined(C::VOLATILITY) };
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(function)), arguments))
}

/// Whether an expression is such a call.
pub(super) fn is_call<C: Compute>(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function) if function.func.inner().downcast_ref::<Computed<C>>().is_some())
}

impl<C: Compute> ScalarUDFImpl for Computed<C> {
    fn name(&self) -> &str {
        C::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, _: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(self.argument_types.clone())
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let is_constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let arrays = args.args.into_iter().map(|argument| argument.into_array(rows)).collect::<DataFusionResult<Vec<_>>>()?;
        let result = self.computation.compute(&arrays, &args.config_options).map_err(external)?;
        if is_constant { ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar) } else { Ok(ColumnarValue::Array(result)) }
    }
}

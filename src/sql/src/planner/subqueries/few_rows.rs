//! Functions that queries within expressions are made of.

use arrow::array::{Array, ArrayRef, AsArray, Int32Builder};
use arrow::compute::take;
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use spi::{Code, Error};

/// What `ARRAY (SELECT …)` calls.
pub(super) const ARRAY: &str = "array";

/// Two are as wrong as any more.
const ROWS_MAX: usize = 2;

/// An array of the values, at most two of them. Which rows a query is asked for is known only after it ran for all of them, so
/// that too many are not yet an error.
pub(super) fn few_rows() -> AggregateUDF {
    AggregateUDF::new_from_impl(FewRows { signature: Signature::any(1, Volatility::Immutable) })
}

/// The one value of such an array, or null; an error for two.
pub(super) fn only_row() -> ScalarUDF {
    ScalarUDF::new_from_impl(OnlyRow { signature: Signature::any(1, Volatility::Immutable) })
}

/// The mark of `ARRAY (SELECT …)`.
pub(in crate::planner) fn array_function() -> ScalarUDF {
    ScalarUDF::new_from_impl(ArrayOfQuery { signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FewRows {
    signature: Signature,
}

impl AggregateUDFImpl for FewRows {
    fn name(&self) -> &str {
        "few_rows"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [value] => Ok(DataType::new_list(value.clone(), true)),
            _ => Err(DataFusionError::Internal("few_rows takes one argument".to_owned())),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match args.return_field.data_type() {
            DataType::List(element) => Ok(Box::new(Rows { values: Vec::new(), element: element.data_type().clone() })),
            other => Err(DataFusionError::Internal(format!("few_rows makes an array, not {other}"))),
        }
    }
}

#[derive(Debug)]
struct Rows {
    values: Vec<ScalarValue>,
    element: DataType,
}

impl Rows {
    fn add(&mut self, values: &ArrayRef) -> Result<()> {
        for index in 0..values.len().min(ROWS_MAX - self.values.len()) {
            self.values.push(ScalarValue::try_from_array(values, index)?);
        }
        Ok(())
    }
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values.iter().try_for_each(|values| self.add(values))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for rows in states.iter().flat_map(|state| state.as_list::<i32>().iter()).flatten() {
            self.add(&rows)?;
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.evaluate().map(|state| vec![state])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::List(ScalarValue::new_list_nullable(&self.values, &self.element)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.iter().map(ScalarValue::size).sum::<usize>()
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OnlyRow {
    signature: Signature,
}

impl ScalarUDFImpl for OnlyRow {
    fn name(&self) -> &str {
        "only_row"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::List(element)] => Ok(element.data_type().clone()),
            _ => Err(DataFusionError::Internal("only_row takes an array".to_owned())),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [rows] = args.args.as_slice() else { return Err(DataFusionError::Internal("only_row takes an array".to_owned())) };
        let is_scalar = matches!(rows, ColumnarValue::Scalar(_));
        let rows = rows.to_array(args.number_rows)?;
        let rows = rows.as_list::<i32>();
        let mut places = Int32Builder::with_capacity(rows.len());
        for row in 0..rows.len() {
            let place = match rows.value_length(row) {
                1 if rows.is_valid(row) => Some(rows.value_offsets()[row]),
                2.. if rows.is_valid(row) => {
                    let error = Error::new(Code::Cardinality, "more than one row returned by a subquery used as an expression");
                    return Err(DataFusionError::External(Box::new(error)));
                }
                _ => None,
            };
            places.append_option(place);
        }
        let values = take(rows.values(), &places.finish(), None)?;
        if is_scalar { ScalarValue::try_from_array(&values, 0).map(ColumnarValue::Scalar) } else { Ok(ColumnarValue::Array(values)) }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ArrayOfQuery {
    signature: Signature,
}

impl ScalarUDFImpl for ArrayOfQuery {
    fn name(&self) -> &str {
        ARRAY
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [value] => Ok(DataType::new_list(value.clone(), true)),
            _ => Err(DataFusionError::Plan(format!("{ARRAY} takes one query"))),
        }
    }

    /// Only `"array"(value)` is left to run, which PostgreSQL does not have either.
    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Plan(format!("{ARRAY} takes one query")))
    }
}

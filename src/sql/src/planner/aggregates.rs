//! `sum` and `avg` with PostgreSQL's types: the sum of `bigint` is `numeric` and does not wrap, and so is the average of anything
//! exact.

mod adapted;

use std::sync::Arc;

use adapted::{Adapted, AdaptedGroups, Types};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::{AggregateFunctionParams, WindowFunctionParams};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature, Volatility};

/// A sum of as many `bigint` as there can be.
const BIGINT_SUM: DataType = DataType::Decimal128(28, 0);

/// What an average is computed of: room for every `bigint`, and four digits behind the point fewer than DataFusion answers.
pub(crate) const AVERAGED: DataType = DataType::Decimal128(34, 13);

/// What DataFusion computes then: one digit more than is answered, to round by.
const AVERAGE: DataType = DataType::Decimal128(38, 17);

/// PostgreSQL answers 16 digits behind the point for averages from 1 to 9999, and has as many digits in all for others.
pub(crate) const ROUNDED_AVERAGE: DataType = DataType::Decimal128(38, 16);

/// Both functions, for the planner.
pub(super) fn functions() -> impl Iterator<Item = AggregateUDF> {
    let exact = |(kind, inner): (Kind, Arc<AggregateUDF>)| {
        let signature = Signature::user_defined(Volatility::Immutable);
        AggregateUDF::new_from_impl(Exact { kind, aliases: vec![inner.name().to_owned()], inner, signature })
    };
    [(Kind::Sum, sum_udaf()), (Kind::Average, avg_udaf())].into_iter().map(exact)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Sum,
    Average,
}

/// DataFusion's function of arguments whose result has the right type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Exact {
    kind: Kind,
    inner: Arc<AggregateUDF>,
    aliases: Vec<String>,
    signature: Signature,
}

impl AggregateUDFImpl for Exact {
    /// DataFusion splits what it knows as `sum` into sums of sums, whose types would be others. The name that statements write is
    /// the alias, and the one that is shown.
    fn name(&self) -> &str {
        match self.kind {
            Kind::Sum => "numeric_sum",
            Kind::Average => self.inner.name(),
        }
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn schema_name(&self, params: &AggregateFunctionParams) -> Result<String> {
        self.inner.schema_name(params)
    }

    fn human_display(&self, params: &AggregateFunctionParams) -> Result<String> {
        self.inner.human_display(params)
    }

    fn display_name(&self, params: &AggregateFunctionParams) -> Result<String> {
        self.inner.display_name(params)
    }

    fn window_function_schema_name(&self, params: &WindowFunctionParams) -> Result<String> {
        self.inner.window_function_schema_name(params)
    }

    fn window_function_display_name(&self, params: &WindowFunctionParams) -> Result<String> {
        self.inner.window_function_display_name(params)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let exact = match (self.kind, types) {
            (Kind::Sum, [DataType::Int64]) => Some(BIGINT_SUM),
            // What the types were made to fit once stays as it is the next time, so these do not become `bigint`.
            (Kind::Sum, [small @ (DataType::Int16 | DataType::Int32)]) => Some(small.clone()),
            (Kind::Average, [DataType::Int16 | DataType::Int32 | DataType::Int64]) => Some(AVERAGED),
            // Numbers with more digits keep what DataFusion makes of them.
            (Kind::Average, [DataType::Decimal128(precision, scale)])
                if (0..=13).contains(scale) && i16::from(*precision) - i16::from(*scale) <= 21 =>
            {
                Some(AVERAGED)
            }
            _ => None,
        };
        match exact {
            Some(exact) => Ok(vec![exact]),
            None => {
                let fields: Vec<FieldRef> = types.iter().map(|data_type| Arc::new(Field::new("", data_type.clone(), true))).collect();
                let fields = fields_with_udf(&fields, self.inner.as_ref())?;
                Ok(fields.iter().map(|field| field.data_type().clone()).collect())
            }
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if let (Kind::Sum, [DataType::Int16 | DataType::Int32]) = (self.kind, types) {
            return Ok(DataType::Int64);
        }
        let computed = self.inner.return_type(types)?;
        Ok(if self.kind == Kind::Average && computed == AVERAGE { ROUNDED_AVERAGE } else { computed })
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match self.adapted(&args.return_field, args.expr_fields) {
            Some((return_field, types)) => {
                let inner = self.inner.accumulator(AccumulatorArgs { return_field, ..args })?;
                Ok(Box::new(Adapted { inner, types }))
            }
            None => self.inner.accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        match self.adapted(&args.return_field, args.input_fields) {
            Some((return_field, _)) => self.inner.state_fields(StateFieldsArgs { return_field, ..args }),
            None => self.inner.state_fields(args),
        }
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        match self.adapted(&args.return_field, args.expr_fields) {
            Some((return_field, types)) => {
                let inner = self.inner.create_groups_accumulator(AccumulatorArgs { return_field, ..args })?;
                Ok(Box::new(AdaptedGroups { inner, types }))
            }
            None => self.inner.create_groups_accumulator(args),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match self.adapted(&args.return_field, args.expr_fields) {
            Some((return_field, types)) => {
                let inner = self.inner.create_sliding_accumulator(AccumulatorArgs { return_field, ..args })?;
                Ok(Box::new(Adapted { inner, types }))
            }
            None => self.inner.create_sliding_accumulator(args),
        }
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

impl Exact {
    /// What DataFusion computes, where its types are others, and the types of both sides.
    fn adapted(&self, answered: &FieldRef, arguments: &[FieldRef]) -> Option<(FieldRef, Types)> {
        let argument = arguments.first()?.data_type();
        let (taken, computed) = match (self.kind, argument) {
            (Kind::Sum, DataType::Int16 | DataType::Int32) => (DataType::Int64, answered.data_type().clone()),
            (Kind::Average, averaged) if *averaged == AVERAGED => (AVERAGED, AVERAGE),
            _ => return None,
        };
        let types = Types { taken, answered: answered.data_type().clone() };
        Some((Arc::new(answered.as_ref().clone().with_data_type(computed)), types))
    }
}

//! DataFusion's accumulators with arguments and results of other types than they have.

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use arrow::util::display::FormatOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

/// A number that does not fit is an error.
const STRICT: CastOptions<'static> = CastOptions { safe: false, format_options: FormatOptions::new() };

/// The types on both sides of an accumulator. A cast rounds half away from zero, where DataFusion's averages are cut.
#[derive(Clone, Debug)]
pub(super) struct Types {
    /// What the accumulator takes.
    pub(super) taken: DataType,
    /// What its result is answered as.
    pub(super) answered: DataType,
}

impl Types {
    fn taken(&self, values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
        values.iter().map(|values| Ok(cast_with_options(values, &self.taken, &STRICT)?)).collect()
    }
}

#[derive(Debug)]
pub(super) struct Adapted {
    pub(super) inner: Box<dyn Accumulator>,
    pub(super) types: Types,
}

impl Accumulator for Adapted {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(&self.types.taken(values)?)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()?.cast_to(&self.types.answered)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(&self.types.taken(values)?)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }
}

pub(super) struct AdaptedGroups {
    pub(super) inner: Box<dyn GroupsAccumulator>,
    pub(super) types: Types,
}

impl GroupsAccumulator for AdaptedGroups {
    fn update_batch(&mut self, values: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>, count: usize) -> Result<()> {
        self.inner.update_batch(&self.types.taken(values)?, groups, filter, count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(cast_with_options(&self.inner.evaluate(emit_to)?, &self.types.answered, &STRICT)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], count: usize) -> Result<()> {
        self.inner.merge_batch(values, groups, count)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(&self.types.taken(values)?, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}

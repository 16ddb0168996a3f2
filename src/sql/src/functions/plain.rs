//! Functions that need nothing of the session but its time zone: one file each, or one for a few that belong together.

use std::sync::Arc;

use arrow::array::{ArrayRef, new_empty_array};
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DataFusionError, Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use crate::calendar::Zone;
use crate::output::arrow_type;
use crate::pg_catalog;
use crate::planner::{conversion, statement};

/// One function as it is registered.
pub(super) struct Plain {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    /// The OIDs of its arguments' types: one list for each way to call it.
    pub(super) ways: &'static [&'static [u32]],
    pub(super) returns: Returns,
    pub(super) volatility: Volatility,
    pub(super) work: Work,
}

pub(super) enum Returns {
    Type(u32),
    /// A number without a fraction.
    Whole,
    /// What the argument at this place is.
    Argument(usize),
    /// For each way to call it another type.
    OfWay(&'static [u32]),
}

/// How it is computed. Of a row with a NULL neither is asked: the result is NULL, but for `NullableRows`.
pub(super) enum Work {
    Rows(fn(Zone, &[ScalarValue]) -> Result<ScalarValue>),
    NullableRows(fn(Zone, &[ScalarValue]) -> Result<ScalarValue>),
    /// Whole arrays of equal length, which keep their nulls.
    Columns(fn(Zone, &[ArrayRef]) -> Result<ArrayRef>),
    /// As the catalog's evaluator does, by the name that `pg_proc.prosrc` has for it. Of texts and integers only.
    Catalog(&'static str),
}

impl Plain {
    pub(super) fn function(&'static self) -> ScalarUDF {
        let signature = Signature::user_defined(self.volatility);
        let aliases = self.aliases.iter().map(|&alias| alias.to_owned()).collect();
        ScalarUDF::new_from_impl(Function { plain: Named(self), aliases, signature })
    }

    /// The way of calling it that fits arguments of these types best, and its place among all.
    fn way(&self, types: &[DataType]) -> Option<(usize, &'static [u32])> {
        let fit = |way: &'static [u32]| {
            let ranks = types.iter().zip(way).map(|(from, &to)| rank(from, to));
            if way.len() == types.len() { ranks.sum::<Option<u32>>() } else { None }
        };
        let ways = self.ways.iter().enumerate().filter_map(|(place, way)| Some((fit(way)?, place, *way)));
        // Of equal ones the first: PostgreSQL prefers some types, which stand first.
        ways.max_by_key(|&(fit, place, _)| (fit, std::cmp::Reverse(place))).map(|(_, place, way)| (place, way))
    }
}

/// How well a value of one type stands for another, if PostgreSQL would take it for it at all.
fn rank(from: &DataType, to: u32) -> Option<u32> {
    let from = PgType::from_arrow(from).oid;
    match (from, to) {
        _ if from == to => Some(4),
        (oid::INT2, oid::INT4 | oid::INT8) | (oid::INT4, oid::INT8) => Some(3),
        (oid::INT2 | oid::INT4 | oid::INT8, oid::NUMERIC) | (oid::FLOAT4 | oid::NUMERIC, oid::FLOAT8) => Some(2),
        (oid::INT2 | oid::INT4 | oid::INT8, oid::FLOAT8) | (oid::DATE, oid::TIMESTAMP | oid::TIMESTAMPTZ) => Some(1),
        (oid::TIMESTAMP, oid::TIMESTAMPTZ) => Some(1),
        // A literal may be of any type; NULL has none.
        (oid::TEXT, _) => Some(0),
        _ => None,
    }
}

/// Two functions of one name are the same.
#[derive(Clone, Copy)]
struct Named(&'static Plain);

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Named {}

impl std::hash::Hash for Named {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    plain: Named,
    aliases: Vec<String>,
    signature: Signature,
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.plain.0.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Dates and times are converted when the function runs, in the session's time zone.
    fn coerce_types(&self, types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        let (_, way) = self.plain.0.way(types).ok_or_else(|| missing(self.name(), types))?;
        let coerced = |(from, &to): (&DataType, &u32)| {
            let target = arrow_type(PgType::new(to));
            let is_kept = target.is_temporal() && !from.is_null() || from.is_nested() && to == oid::JSONB;
            match is_kept || PgType::from_arrow(from).oid == to && from.is_decimal() {
                true => from.clone(),
                false => target,
            }
        };
        Ok(types.iter().zip(way).map(coerced).collect())
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        let oid = match self.plain.0.returns {
            Returns::Whole => return Ok(DataType::Decimal128(38, 0)),
            Returns::Type(oid) => Some(oid),
            Returns::Argument(place) => self.plain.0.way(types).and_then(|(_, way)| way.get(place).copied()),
            Returns::OfWay(oids) => self.plain.0.way(types).and_then(|(place, _)| oids.get(place).copied()),
        };
        oid.map(|oid| arrow_type(PgType::new(oid))).ok_or_else(|| missing(self.name(), types))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let is_constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_constant && self.plain.0.volatility != Volatility::Volatile { 1 } else { args.number_rows };
        let types: Vec<DataType> = args.args.iter().map(ColumnarValue::data_type).collect();
        let (_, way) = self.plain.0.way(&types).ok_or_else(|| missing(self.name(), &types))?;
        let result_type = args.return_type().clone();
        let mut arrays = Vec::with_capacity(way.len());
        for (argument, &to) in args.args.into_iter().zip(way) {
            let array = argument.into_array(rows)?;
            arrays.push(fitting(array, to, &args.config_options).map_err(conversion::external)?);
        }
        let result = self.plain.0.work.compute(&args.config_options, way, &arrays, rows, &result_type)?;
        if is_constant && rows == 1 {
            ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar)
        } else {
            Ok(ColumnarValue::Array(result))
        }
    }
}

/// An argument as the type that the function takes.
fn fitting(array: ArrayRef, to: u32, options: &ConfigOptions) -> Result<ArrayRef> {
    let to = PgType::new(to);
    let target = arrow_type(to);
    let is_kept = *array.data_type() == target || !(target.is_temporal() || array.data_type().is_nested());
    if is_kept { Ok(array) } else { conversion::converted(&array, to, options) }
}

impl Work {
    /// `way` are the OIDs of the arguments' types.
    fn compute(
        &self,
        options: &ConfigOptions,
        way: &[u32],
        arrays: &[ArrayRef],
        rows: usize,
        result_type: &DataType,
    ) -> DataFusionResult<ArrayRef> {
        let zone = statement::zone(options).map_err(conversion::external)?;
        let (call, strict) = match self {
            Work::Columns(compute) => return compute(zone, arrays).map_err(conversion::external),
            Work::Catalog(symbol) => {
                let types = (way, PgType::from_arrow(result_type).oid);
                let computed = pg_catalog::over_rows(statement::context(options)?, symbol, types, arrays, rows, result_type);
                return computed.map_err(conversion::external);
            }
            Work::Rows(call) => (call, true),
            Work::NullableRows(call) => (call, false),
        };
        if rows == 0 {
            return Ok(new_empty_array(result_type));
        }
        let row = |row: usize| {
            let values = arrays.iter().map(|array| ScalarValue::try_from_array(array, row)).collect::<DataFusionResult<Vec<_>>>()?;
            match strict && values.iter().any(ScalarValue::is_null) {
                true => ScalarValue::try_from(result_type),
                false => call(zone, &values).map_err(conversion::external),
            }
        };
        ScalarValue::iter_to_array((0..rows).map(row).collect::<DataFusionResult<Vec<_>>>()?)
    }
}

fn missing(name: &str, types: &[DataType]) -> DataFusionError {
    let types: Vec<String> = types.iter().map(|data_type| PgType { typmod: -1, ..PgType::from_arrow(data_type) }.format()).collect();
    let error = Error::new(Code::UndefinedFunction, format!("function {name}({}) does not exist", types.join(", ")))
        .hint("No function matches the given name and argument types. You might need to add explicit type casts.");
    conversion::external(error)
}

/// An integer argument of a row without NULLs.
pub(super) fn integer(values: &[ScalarValue], place: usize) -> i32 {
    match values.get(place) {
        Some(ScalarValue::Int32(Some(number))) => *number,
        _ => 0,
    }
}

/// A text argument of a row without NULLs.
pub(super) fn text(values: &[ScalarValue], place: usize) -> &str {
    values.get(place).and_then(|value| value.try_as_str().flatten()).unwrap_or_default()
}

/// A binary argument of a row without NULLs.
pub(super) fn bytes(values: &[ScalarValue], place: usize) -> &[u8] {
    match values.get(place) {
        Some(ScalarValue::Binary(Some(bytes))) => bytes,
        _ => &[],
    }
}

/// A floating-point argument of a row without NULLs.
pub(super) fn float(values: &[ScalarValue], place: usize) -> f64 {
    match values.get(place) {
        Some(ScalarValue::Float64(Some(number))) => *number,
        _ => 0.0,
    }
}

/// An array in one piece of memory that functions over columns answer.
pub(super) fn column(array: impl arrow::array::Array + 'static) -> Result<ArrayRef> {
    Ok(Arc::new(array))
}

#[cfg(test)]
mod tests {
    use spi::types::to_arrow;

    use super::*;

    #[test]
    fn the_best_way_is_taken() {
        let plain = &crate::functions::date_trunc::DATE_TRUNC;
        let second = |data_type: DataType| plain.way(&[DataType::Utf8, data_type]).map(|(_, way)| way[1]);
        assert_eq!(second(DataType::Date32), Some(oid::TIMESTAMPTZ));
        assert_eq!(second(to_arrow(PgType::new(oid::TIMESTAMP))), Some(oid::TIMESTAMP));
        assert_eq!(second(to_arrow(PgType::new(oid::INTERVAL))), Some(oid::INTERVAL));
        assert_eq!(second(DataType::Int32), None);
        assert_eq!(plain.way(&[DataType::Utf8]), None);
    }
}

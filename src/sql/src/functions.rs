//! Functions that know the session: one file each, named as the function.
//!
//! A new function is its file, its `mod` line and its entry in [`FUNCTIONS`]. The doc comment of its struct is what users read.
//! The functions themselves are shared by all sessions; the session comes with the statement that calls them.

mod age;
mod bpchar;
mod bytes;
mod clock_timestamp;
mod current_database;
mod current_schema;
mod current_schemas;
mod current_setting;
mod current_user;
mod date_part;
mod date_trunc;
mod format;
mod inet_client_addr;
mod isfinite;
mod json;
mod justify;
mod localtimestamp;
mod make_time;
mod now;
mod pg_advisory_unlock_all;
mod pg_backend_pid;
mod pg_client_encoding;
mod pg_get_userbyid;
mod pg_is_in_recovery;
mod pg_postmaster_start_time;
mod pg_typeof;
mod plain;
mod powers;
mod quote;
mod session_user;
mod set_config;
mod statement_timestamp;
mod timezone;
mod to_timestamp;
mod txid_current;
mod variadic;
mod version;
mod whole_numbers;

use std::any::type_name;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::{fmt, iter};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};
use spi::Result;
use spi::types::{PgType, oid, to_arrow};

use self::plain::Returns;
use crate::plan_context::PlanContext;
use crate::planner::statement;

/// A function of the session.
pub(crate) trait SessionFunction: Send + Sync + 'static {
    const NAME: &'static str;
    /// Other names of the same function.
    const ALIASES: &'static [&'static str] = &[];
    /// The types of its arguments: one list for each way to call it.
    const ARGUMENTS: &'static [&'static [DataType]] = &[&[]];
    /// The type of its result, as PostgreSQL has it.
    const RETURNS: PgType;
    /// Within a statement, equal arguments give an equal result, unless this says otherwise.
    const VOLATILITY: Volatility = Volatility::Stable;

    fn call(ctx: &PlanContext, arguments: &[ScalarValue]) -> Result<ScalarValue>;
}

/// A function as it is registered.
struct Entry {
    name: &'static str,
    aliases: &'static [&'static str],
    returns: PgType,
    make: fn() -> ScalarUDF,
}

const fn entry<F: SessionFunction>() -> Entry {
    Entry { name: F::NAME, aliases: F::ALIASES, returns: F::RETURNS, make: || ScalarUDF::new_from_impl(Function::<F>::new()) }
}

/// Every function of the session, by name.
const FUNCTIONS: &[Entry] = &[
    entry::<clock_timestamp::ClockTimestamp>(),
    entry::<current_database::CurrentDatabase>(),
    entry::<current_schema::CurrentSchema>(),
    entry::<current_schemas::CurrentSchemas>(),
    entry::<current_setting::CurrentSetting>(),
    entry::<current_user::CurrentUser>(),
    entry::<inet_client_addr::InetClientAddr>(),
    entry::<localtimestamp::Localtimestamp>(),
    entry::<now::Now>(),
    entry::<pg_advisory_unlock_all::PgAdvisoryUnlockAll>(),
    entry::<pg_backend_pid::PgBackendPid>(),
    entry::<pg_client_encoding::PgClientEncoding>(),
    entry::<pg_get_userbyid::PgGetUserbyid>(),
    entry::<pg_is_in_recovery::PgIsInRecovery>(),
    entry::<pg_postmaster_start_time::PgPostmasterStartTime>(),
    entry::<session_user::SessionUser>(),
    entry::<set_config::SetConfig>(),
    entry::<statement_timestamp::StatementTimestamp>(),
    entry::<txid_current::TxidCurrent>(),
    entry::<version::Version>(),
];

/// Every function that needs no session but its time zone.
static PLAIN_FUNCTIONS: &[&plain::Plain] = &[
    &age::AGE,
    &bpchar::BPCHAR,
    &bytes::CONVERT_FROM,
    &bytes::CONVERT_TO,
    &bytes::GET_BYTE,
    &bytes::OCTET_LENGTH,
    &date_trunc::DATE_TRUNC,
    &isfinite::ISFINITE,
    &json::ARRAY_ELEMENT,
    &json::ARRAY_ELEMENT_TEXT,
    &json::ARRAY_LENGTH,
    &json::CONTAINED,
    &json::CONTAINS,
    &json::EXISTS,
    &json::OBJECT_FIELD,
    &json::OBJECT_FIELD_TEXT,
    &json::PRETTY,
    &json::TYPEOF,
    &justify::JUSTIFY_DAYS,
    &justify::JUSTIFY_HOURS,
    &justify::JUSTIFY_INTERVAL,
    &make_time::MAKE_DATE,
    &make_time::MAKE_INTERVAL,
    &make_time::MAKE_TIMESTAMP,
    &powers::EXP,
    &powers::LN,
    &powers::LOG,
    &powers::LOG10,
    &powers::POWER,
    &powers::SQRT,
    &quote::QUOTE_IDENT,
    &quote::QUOTE_LITERAL,
    &quote::QUOTE_NULLABLE,
    &timezone::TIMEZONE,
    &to_timestamp::TO_TIMESTAMP,
    &whole_numbers::DIV,
    &whole_numbers::SIGN,
];

/// The number of bytes of a value, for whoever plans `length`.
pub(crate) fn octet_length() -> ScalarUDF {
    bytes::OCTET_LENGTH.function()
}

/// A function that needs nothing of the session but its time zone, for whoever plans an operator with it.
pub(crate) fn plain(name: &str) -> Option<ScalarUDF> {
    PLAIN_FUNCTIONS.iter().find(|plain| plain.name == name).map(|plain| plain.function())
}

/// All functions, for the planner.
pub(crate) fn all() -> impl Iterator<Item = ScalarUDF> {
    let plain = PLAIN_FUNCTIONS.iter().map(|plain| plain.function());
    let of_session = FUNCTIONS.iter().map(|function| (function.make)());
    of_session.chain(plain).chain(date_part::functions()).chain(iter::once(pg_typeof::function())).chain(variadic::functions())
}

/// The type of a function's result, where Arrow does not know it as finely as PostgreSQL.
pub(crate) fn result_type(name: &str) -> Option<PgType> {
    let of_session = FUNCTIONS.iter().find(|function| function.name == name || function.aliases.contains(&name));
    of_session.map(|function| function.returns).or_else(|| {
        let plain = PLAIN_FUNCTIONS.iter().find(|plain| plain.name == name)?;
        matches!(plain.returns, Returns::Type(oid::JSONB)).then_some(PgType::new(oid::JSONB))
    })
}

/// A function as DataFusion calls it. It has no state; two of the same type are the same function.
struct Function<F> {
    signature: Signature,
    aliases: Vec<String>,
    function: PhantomData<F>,
}

impl<F: SessionFunction> Function<F> {
    fn new() -> Self {
        let ways = F::ARGUMENTS.iter().map(|types| match types {
            [] => TypeSignature::Nullary,
            types => TypeSignature::Exact(types.to_vec()),
        });
        Self {
            signature: Signature::one_of(ways.collect(), F::VOLATILITY),
            aliases: F::ALIASES.iter().map(|&alias| alias.to_owned()).collect(),
            function: PhantomData,
        }
    }
}

impl<F> fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<F>())
    }
}

impl<F> PartialEq for Function<F> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<F> Eq for Function<F> {}

impl<F: 'static> Hash for Function<F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::any::TypeId::of::<F>().hash(state);
    }
}

impl<F: SessionFunction> ScalarUDFImpl for Function<F> {
    fn name(&self) -> &str {
        F::NAME
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(to_arrow(F::RETURNS))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let ctx = statement::context(&args.config_options)?;
        let call = |arguments: &[ScalarValue]| F::call(ctx, arguments).map_err(|error| DataFusionError::External(Box::new(error)));
        if args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_))) && F::VOLATILITY != Volatility::Volatile {
            let arguments = row(&args.args, 0)?;
            return call(&arguments).map(ColumnarValue::Scalar);
        }
        let results = (0..args.number_rows).map(|index| call(&row(&args.args, index)?)).collect::<DataFusionResult<Vec<_>>>()?;
        if results.is_empty() {
            return Ok(ColumnarValue::Array(arrow::array::new_empty_array(args.return_type())));
        }
        let array: ArrayRef = ScalarValue::iter_to_array(results)?;
        Ok(ColumnarValue::Array(array))
    }
}

/// The arguments of one row.
fn row(arguments: &[ColumnarValue], index: usize) -> DataFusionResult<Vec<ScalarValue>> {
    let value = |argument: &ColumnarValue| match argument {
        ColumnarValue::Scalar(value) => Ok(value.clone()),
        ColumnarValue::Array(array) => ScalarValue::try_from_array(array, index),
    };
    arguments.iter().map(value).collect()
}

/// Text as a result.
fn text(value: impl Into<String>) -> ScalarValue {
    ScalarValue::Utf8(Some(value.into()))
}

/// A text argument; `None` for NULL.
fn text_of(argument: Option<&ScalarValue>) -> Option<&str> {
    argument.and_then(|value| value.try_as_str().flatten())
}

/// A truth value; NULL counts as false, as in functions of PostgreSQL that are not called for NULL at all.
fn is_true(argument: Option<&ScalarValue>) -> bool {
    matches!(argument, Some(ScalarValue::Boolean(Some(true))))
}

/// A moment with a time zone as a result, in microseconds since 1970 UTC.
fn moment(micros: i64) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_arrow_type_of_their_postgresql_type() {
        assert_eq!(to_arrow(now::Now::RETURNS), moment(0).data_type());
        assert_eq!(result_type("current_catalog").map(PgType::type_name).as_deref(), Some("name"));
        assert_eq!(result_type("lower"), None);
    }

    #[test]
    fn no_name_means_two_functions() {
        let mut names: Vec<&str> =
            FUNCTIONS.iter().flat_map(|function| iter::once(&function.name).chain(function.aliases)).copied().collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

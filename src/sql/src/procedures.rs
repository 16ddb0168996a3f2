//! What CALL can do: one procedure per file, named as the procedure.
//!
//! A new procedure is its file, its `mod` line and its entry in [`ALL`]; documentation and `information_schema` follow from it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::common::ScalarValue;
use futures::StreamExt;
use futures::stream;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use spi::options::{Options, did_you_mean};
use spi::{Code, Error, Result};

use crate::answer::{Answer, Column};
use crate::arguments::{self, Argument};
use crate::audited::{Entry, audited};
use crate::call_context::CallContext;
use crate::parse::Call;
use crate::row;

mod alter_datasource;
mod comment_datasource;
mod create_datasource;
mod define_table;
mod drop_datasource;
mod drop_table_definition;
mod execute_on;
mod expire_datasource;
mod infer_table;
mod masking;
mod outcome;
mod pause_datasource;
mod publish_datasource;
mod purge_datasource;
mod refresh_metadata;
mod rename_datasource;
mod renew_datasource;
mod restore_datasource;
mod resume_datasource;
mod rollback_datasource;
mod test_datasource;
mod unpublish_datasource;

/// Every procedure, by name.
pub(crate) const ALL: &[&dyn AnyProcedure] = &[
    &alter_datasource::AlterDatasource,
    &comment_datasource::CommentDatasource,
    &create_datasource::CreateDatasource,
    &define_table::DefineTable,
    &drop_datasource::DropDatasource,
    &drop_table_definition::DropTableDefinition,
    &execute_on::ExecuteOn,
    &expire_datasource::ExpireDatasource,
    &infer_table::InferTable,
    &pause_datasource::PauseDatasource,
    &publish_datasource::PublishDatasource,
    &purge_datasource::PurgeDatasource,
    &refresh_metadata::RefreshMetadata,
    &rename_datasource::RenameDatasource,
    &renew_datasource::RenewDatasource,
    &restore_datasource::RestoreDatasource,
    &resume_datasource::ResumeDatasource,
    &rollback_datasource::RollbackDatasource,
    &test_datasource::TestDatasource,
    &unpublish_datasource::UnpublishDatasource,
];

/// The schema that all procedures are in. It need not be written.
pub(crate) const SCHEMA: &str = "admin";

/// One procedure, as its file writes it.
pub(crate) trait Procedure: Send + Sync + 'static {
    const NAME: &'static str;
    const CALLER: Caller;
    /// The arguments, in the order in which they may be given without their names. The struct's doc comment says what the
    /// procedure does, a field's what the argument is for.
    type Args: DeserializeOwned + JsonSchema + Send;
    type Row: AnswerRow;

    fn call(ctx: &CallContext, args: Self::Args) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;
}

/// A row of a procedure's answer. A field's doc comment says what its column is.
pub(crate) trait AnswerRow: Serialize + JsonSchema + Send {
    /// The revision of the store that the row tells of, for the audit journal.
    fn revision(&self) -> Option<u64> {
        None
    }
}

/// Who may call a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Superuser,
    /// Whoever may use the data source that the call names. The procedure checks it, when it knows which one that is.
    Usage,
    /// Whoever may run statements in its own language. The procedure checks this too.
    Execute,
}

impl Caller {
    /// As the documentation says it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Caller::Superuser => "superuser",
            Caller::Usage => "superuser, or USAGE on the data source",
            Caller::Execute => "superuser, or USAGE and EXECUTE on the data source",
        }
    }

    fn require(self, ctx: &CallContext, procedure: &str) -> Result<()> {
        match self {
            Caller::Superuser if !ctx.actor.superuser => Err(denied(ctx, procedure)),
            Caller::Superuser | Caller::Usage | Caller::Execute => Ok(()),
        }
    }
}

fn denied(ctx: &CallContext, procedure: &str) -> Error {
    Error::new(Code::Privilege, format!("permission denied for procedure \"{procedure}\""))
        .detail(format!("Role \"{}\" is not a superuser.", ctx.actor.role))
}

/// A [`Procedure`] as [`ALL`] holds it, the types of its arguments and rows forgotten.
#[async_trait]
pub(crate) trait AnyProcedure: Send + Sync {
    fn name(&self) -> &'static str;
    fn caller(&self) -> Caller;
    /// What it does, for operators.
    fn summary(&self) -> String;
    fn arguments(&self) -> Vec<Argument>;
    /// The columns of its answer.
    fn columns(&self) -> Vec<row::Column>;
    /// Runs it with arguments that were bound to its own.
    async fn run(&self, ctx: &CallContext, arguments: Options) -> Result<Ran>;
}

/// What a procedure answered.
pub(crate) struct Ran {
    rows: RecordBatch,
    revision: Option<u64>,
}

#[async_trait]
impl<P: Procedure> AnyProcedure for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn caller(&self) -> Caller {
        P::CALLER
    }

    fn summary(&self) -> String {
        row::summary::<P::Args>()
    }

    fn arguments(&self) -> Vec<Argument> {
        arguments::of::<P::Args>()
    }

    fn columns(&self) -> Vec<row::Column> {
        row::columns::<P::Row>()
    }

    async fn run(&self, ctx: &CallContext, arguments: Options) -> Result<Ran> {
        let rows = P::call(ctx, arguments::read(P::NAME, arguments)?).await?;
        Ok(Ran { rows: row::batch(&rows)?, revision: rows.iter().find_map(AnswerRow::revision) })
    }
}

/// What is known of a call before it runs.
pub(crate) struct Described {
    pub(crate) columns: Arc<[Column]>,
    /// The types of `$1`, `$2`, ….
    pub(crate) parameter_types: Vec<u32>,
}

/// Finds the procedure and matches the arguments to its own, without looking at their values. `declared` are the types that the
/// client declared for its parameters; 0 leaves one to be found.
pub(crate) fn describe(call: &Call, declared: &[u32]) -> Result<Described> {
    let procedure = find(call)?;
    let parameter_types = arguments::parameter_types(procedure.name(), &procedure.arguments(), &call.arguments, declared)?;
    Ok(Described { columns: answer_columns(procedure), parameter_types })
}

/// Runs a call. `values` are those of `$1`, `$2`, ….
pub(crate) async fn call(ctx: &CallContext, call: &Call, values: &[ScalarValue]) -> Result<Answer> {
    let procedure = find(call)?;
    let known = procedure.arguments();
    let bound = arguments::bind(procedure.name(), &known, &call.arguments, values, &ctx.time_zone);
    let entry = Entry {
        action: procedure.name(),
        object: bound.as_ref().ok().and_then(|bound| Some(bound.get("name").or(bound.get("data_source"))?.as_str()?.to_owned())),
        arguments: bound.as_ref().ok().map(|bound| masking::masked(&ctx.services, &known, bound).into()),
    };
    let work = async {
        procedure.caller().require(ctx, procedure.name())?;
        procedure.run(ctx, bound?).await
    };
    let ran = audited(ctx, entry, work, |ran| ran.revision).await?;
    let batches = stream::once(async move { Ok(ran.rows.into()) }).boxed();
    Ok(Answer::Rows { columns: answer_columns(procedure), batches, command: "CALL" })
}

fn answer_columns(procedure: &dyn AnyProcedure) -> Arc<[Column]> {
    procedure.columns().into_iter().map(|column| Column::new(column.name, column.pg_type)).collect()
}

/// The procedure of a call: unqualified or by its schema, in which database does not matter as the gateway has only one of each.
fn find(call: &Call) -> Result<&'static dyn AnyProcedure> {
    let parts: Vec<&str> = call.name.iter().map(String::as_str).collect();
    let known = match parts[..] {
        [name] | [SCHEMA, name] => ALL.iter().find(|procedure| procedure.name() == name),
        _ => None,
    };
    known.copied().ok_or_else(|| unknown(call))
}

fn unknown(call: &Call) -> Error {
    let types = arguments::types_as_written(&call.arguments);
    let error =
        Error::new(Code::UndefinedFunction, format!("procedure {}({types}) does not exist", call.name.join("."))).position(call.position);
    let names: Vec<&str> = ALL.iter().map(|procedure| procedure.name()).collect();
    match call.name.last().and_then(|name| did_you_mean(name, &names)) {
        Some(near) => error.hint(format!("Did you mean \"{SCHEMA}.{near}\"?")),
        None => error.hint("SELECT routine_name FROM information_schema.routines lists all procedures."),
    }
}

#[cfg(test)]
mod tests;

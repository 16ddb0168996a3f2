//! PREPARE and EXECUTE.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::Expr;
use futures::StreamExt;
use spi::types::{PgType, to_arrow};
use spi::{Code, Error, Result};

use crate::answer::Answer;
use crate::output::pg_type;
use crate::parameters;
use crate::parse::{self, Command, Execute, Prepare, SourceText, Statement};
use crate::pg_catalog;
use crate::plan::{self, Plan, Values};
use crate::plan_context::PlanContext;
use crate::planner;
use crate::prepared::{Described, Prepared};
use crate::session::Session;

pub(super) async fn prepare(session: &mut Session, context: &Arc<PlanContext>, prepare: &Prepare, statement: &Statement) -> Result<Answer> {
    let declared = |written| match pg_type(written) {
        Some(pg_type) => Ok(pg_type.oid),
        None => Err(Error::new(Code::UndefinedObject, format!("type \"{written}\" does not exist"))),
    };
    let declared: Vec<u32> = prepare.types.iter().map(declared).collect::<Result<_>>()?;
    let inner = Statement { command: Arc::clone(&prepare.command), ..statement.clone() };
    let Some(query) = inner.command.query() else { return Err(Error::internal("only queries are prepared")) };
    let plan = Arc::new(plan::plan(context, query, &inner.source, &declared).await?);
    let columns = plan.target().is_none().then(|| Arc::clone(plan.columns()));
    let described = Described { parameter_types: plan.parameter_types().to_vec(), columns, plan: Some(plan) };
    session.prepared.insert(&prepare.name, Prepared::new(inner, described, context, None))?;
    Ok(Answer::command("PREPARE"))
}

/// The plan of the prepared statement, and the values of its parameters.
pub(super) async fn plan(session: &mut Session, context: &Arc<PlanContext>, execute: &Execute) -> Result<(Arc<Plan>, Values)> {
    let Execute { name, arguments } = execute;
    let prepared = session.prepared.get_mut(name)?;
    let types = prepared.parameter_types.clone();
    if arguments.len() != types.len() {
        return Err(Error::new(Code::Syntax, format!("wrong number of parameters for prepared statement \"{name}\"")).detail(format!(
            "Expected {} parameters but got {}.",
            types.len(),
            arguments.len()
        )));
    }
    let plan = prepared.plan(context).await?;
    let plan = plan.ok_or_else(|| Error::new(Code::Unsupported, format!("prepared statement \"{name}\" is not a query")))?;
    let values = match plan.as_ref() {
        Plan::Data(_) => Values::Data(evaluate(context, arguments, &types).await?),
        Plan::Catalog(_) => Values::Catalog(pg_catalog::evaluate(context, arguments, &types)?),
    };
    Ok((plan, values))
}

/// The values of the arguments, as a query of one row computes them, in the types of the parameters.
async fn evaluate(context: &Arc<PlanContext>, arguments: &[Expr], types: &[u32]) -> Result<Vec<ScalarValue>> {
    if arguments.is_empty() {
        return Ok(Vec::new());
    }
    let written: Vec<String> = arguments.iter().map(Expr::to_string).collect();
    let row = one_row(context, &format!("SELECT {}", written.join(", "))).await?;
    let time_zone = context.settings.current().time_zone();
    let value = |(column, oid): (usize, &u32)| {
        let value = ScalarValue::try_from_array(row.column(column), 0).map_err(crate::error::from_datafusion)?;
        typed(value, *oid, &time_zone)
    };
    types.iter().enumerate().map(value).collect()
}

/// The only row of a query that is no client's: its places mean nothing to one.
async fn one_row(context: &Arc<PlanContext>, text: &str) -> Result<RecordBatch> {
    let row = async {
        let statements = parse::script(text)?;
        let (Some(Command::Query(query)), source) = (statements.first().map(|only| only.command.as_ref()), SourceText(text.into())) else {
            return Err(Error::internal("arguments are not expressions"));
        };
        let plan = planner::plan(context, query, &source, &[]).await?;
        let mut batches = plan.execute(context, Vec::new()).await?;
        while let Some(batch) = batches.next().await.transpose()? {
            if batch.num_rows() > 0 {
                return Ok(batch);
            }
        }
        Err(Error::internal("arguments have no values"))
    };
    row.await.map_err(|error: Error| Error { position: None, ..error })
}

/// A value in the type of a parameter: as it is, or through its text.
fn typed(value: ScalarValue, oid: u32, time_zone: &str) -> Result<ScalarValue> {
    if value.is_null() {
        return parameters::null(oid);
    }
    if value.data_type() == to_arrow(PgType::new(oid)) {
        return Ok(value);
    }
    match value.cast_to(&DataType::Utf8).map_err(crate::error::from_datafusion)? {
        ScalarValue::Utf8(Some(text)) => parameters::decode_text(&text, oid, time_zone),
        _ => Err(Error::internal("a value has no text")),
    }
}

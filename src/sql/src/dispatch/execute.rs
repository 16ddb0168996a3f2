//! PREPARE and EXECUTE.

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::answer::Answer;
use crate::parameters;
use crate::parse::{Execute, Prepare, SourceText, Statement};
use crate::pg_catalog;
use crate::plan::{self, Plan, Values};
use crate::plan_context::PlanContext;
use crate::prepared::{Described, Prepared};
use crate::session::Session;

pub(super) async fn prepare(session: &mut Session, context: &Arc<PlanContext>, prepare: &Prepare, statement: &Statement) -> Result<Answer> {
    let declared = pg_catalog::type_oids(context, &prepare.types)?;
    let inner = Statement { command: Arc::clone(&prepare.command), ..statement.clone() };
    let Some(query) = inner.command.query() else { return Err(Error::internal("only queries are prepared")) };
    let plan = Arc::new(plan::plan(context, query, &inner.source, &declared).await?);
    let columns = plan.target().is_none().then(|| Arc::clone(plan.columns()));
    let described = Described { parameter_types: plan.parameter_types().to_vec(), columns, plan: Some(plan) };
    session.prepared.insert(&prepare.name, Prepared::new(inner, described, context, None))?;
    Ok(Answer::command("PREPARE"))
}

/// The plan of the prepared statement, and the values of its parameters.
pub(super) async fn plan(
    session: &mut Session,
    context: &Arc<PlanContext>,
    execute: &Execute,
    source: &SourceText,
) -> Result<(Arc<Plan>, Values)> {
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
    let values = match (plan.as_ref(), arguments.is_empty()) {
        (_, true) => Values::NONE,
        (Plan::Catalog(_), _) => Values::Catalog(pg_catalog::evaluate(context, arguments, source, &types).await?.values()),
        (Plan::Data(_), _) => {
            let texts = pg_catalog::evaluate(context, arguments, source, &types).await?.texts()?;
            let time_zone = context.settings.current().time_zone();
            let decode = |(text, oid): (Option<String>, &u32)| match text {
                Some(text) => parameters::decode_text(&text, *oid, &time_zone),
                None => parameters::null(*oid),
            };
            Values::Data(texts.into_iter().zip(&types).map(decode).collect::<Result<_>>()?)
        }
    };
    Ok((plan, values))
}

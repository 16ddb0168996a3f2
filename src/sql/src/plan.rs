//! A query with its plan, whichever of the two engines answers it: DataFusion, or PostgreSQL's catalog.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast;
use futures::StreamExt;
use pgcat::value::Value;
use spi::{Code, Error, Result};

use crate::answer::{Batch, BatchStream, Column};
use crate::insert::Target;
use crate::parameters::{self, Parameter};
use crate::parse::SourceText;
use crate::pg_catalog::{self, Answerer};
use crate::plan_context::PlanContext;
use crate::planner;
use crate::planner::deep::with_stack;

/// A query that can be run any number of times.
pub(crate) enum Plan {
    /// By DataFusion: whatever reads data sources or the gateway's own relations.
    Data(Box<planner::Planned>),
    /// By pgcat: whatever reads PostgreSQL's catalog, or nothing at all.
    Catalog(Arc<pg_catalog::Planned>),
}

/// The values of `$1`, `$2`, … for a plan, in the form of its engine.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Data(Vec<ScalarValue>),
    Catalog(Vec<Value>),
}

/// Plans a query or INSERT, as [`planner::plan`] says.
pub(crate) async fn plan(
    context: &Arc<PlanContext>,
    statement: &ast::Statement,
    source: &SourceText,
    parameter_types: &[u32],
) -> Result<Plan> {
    let data = async || planner::plan(context, statement, source, parameter_types).await.map(|planned| Plan::Data(Box::new(planned)));
    let ast::Statement::Query(query) = statement else { return data().await };
    let catalog = || pg_catalog::plan(context, query, source, parameter_types).map(Plan::Catalog);
    let answerer = with_stack(source.0.len(), || pg_catalog::answerer(context, query));
    let planned = match answerer {
        Answerer::Data => data().await,
        Answerer::Catalog => catalog(),
        Answerer::DataUnlessRefused => match data().await {
            Err(refused) => catalog().map_err(|error| match (refused.code, error.code) {
                (Code::UndefinedTable, Code::UndefinedTable) => refused,
                // Of the views that only the catalog has, only that says what is wrong.
                (Code::UndefinedTable, _) => error,
                _ => refused,
            }),
            planned => planned,
        },
        Answerer::CatalogUnlessMissing => match catalog() {
            // Who knows the function says what is wrong with the query.
            Err(missing) if pg_catalog::is_gap(&missing) => data().await.map_err(|refused| match (missing.code, refused.code) {
                (_, Code::UndefinedFunction) | (Code::Unsupported, Code::Unsupported) => missing,
                _ => refused,
            }),
            planned => planned,
        },
    };
    let is_of_catalog = answerer != Answerer::Data;
    if let Some(error) = planned.as_ref().err().filter(|error| is_of_catalog && pg_catalog::is_gap(error)) {
        let application_name = context.settings.current().application_name();
        with_stack(source.0.len(), || context.engine.unanswered().count(query, &application_name, error));
    }
    planned
}

impl Plan {
    /// The columns of its rows.
    pub(crate) fn columns(&self) -> &Arc<[Column]> {
        match self {
            Plan::Data(planned) => &planned.columns,
            Plan::Catalog(planned) => &planned.columns,
        }
    }

    /// The OIDs of its parameters' types.
    pub(crate) fn parameter_types(&self) -> &[u32] {
        match self {
            Plan::Data(planned) => &planned.parameter_types,
            Plan::Catalog(planned) => &planned.parameter_types,
        }
    }

    /// Where its rows are to be added, if it is that of an INSERT.
    pub(crate) fn target(&self) -> Option<&Target> {
        match self {
            Plan::Data(planned) => planned.target.as_ref(),
            Plan::Catalog(_) => None,
        }
    }

    /// Whether the names of the statement still mean what they meant when it was planned.
    pub(crate) fn holds_for(&self, context: &PlanContext) -> bool {
        match self {
            Plan::Data(planned) => planned.holds_for(context),
            Plan::Catalog(planned) => planned.holds_for(context),
        }
    }

    /// Whether it also serves when the same text comes again.
    pub(crate) fn is_reusable(&self) -> bool {
        match self {
            Plan::Data(_) => true,
            Plan::Catalog(planned) => planned.is_shared(),
        }
    }

    /// The values of a Bind message.
    pub(crate) fn decode(&self, context: &Arc<PlanContext>, values: &[Option<Parameter>]) -> Result<Values> {
        match self {
            Plan::Data(planned) => {
                parameters::decode(values, &planned.parameter_types, &context.settings.current().time_zone()).map(Values::Data)
            }
            Plan::Catalog(planned) => planned.decode(context, values).map(Values::Catalog),
        }
    }

    /// The rows, computed as they are taken. Dropping the stream ends the work.
    pub(crate) async fn execute(&self, context: &Arc<PlanContext>, values: Values) -> Result<BatchStream> {
        match self {
            Plan::Data(planned) => Ok(planned.execute(context, values.data()?).await?.map(|batch| batch.map(Batch::Arrow)).boxed()),
            Plan::Catalog(planned) => Ok(planned.execute(context, values.catalog()?)),
        }
    }

    /// The plan's tree, as EXPLAIN shows it.
    pub(crate) async fn explain(&self, context: &Arc<PlanContext>, values: Values, analyze: bool, verbose: bool) -> Result<Vec<String>> {
        match self {
            Plan::Data(planned) => planned.explain(context, values.data()?, analyze, verbose).await,
            Plan::Catalog(planned) => planned.explain(context, values.catalog()?, analyze).await,
        }
    }
}

impl Values {
    /// None at all, for either engine.
    pub(crate) const NONE: Values = Values::Data(Vec::new());

    pub(crate) fn data(self) -> Result<Vec<ScalarValue>> {
        match self {
            Values::Data(values) => Ok(values),
            Values::Catalog(values) if values.is_empty() => Ok(Vec::new()),
            Values::Catalog(_) => Err(mismatch()),
        }
    }

    pub(crate) fn catalog(self) -> Result<Vec<Value>> {
        match self {
            Values::Catalog(values) => Ok(values),
            Values::Data(values) if values.is_empty() => Ok(Vec::new()),
            Values::Data(_) => Err(mismatch()),
        }
    }
}

fn mismatch() -> Error {
    Error::internal("values were bound for another engine than the one that runs the statement")
}

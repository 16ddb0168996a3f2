//! Views whose queries the gateway runs, because nobody at their source does: a metastore only keeps them.
//!
//! Such a view is planned as a statement in the database of its source would be. Its plan takes its place when the columns of the answer
//! are described already, so that they are the view's, as in PostgreSQL.

use std::sync::Arc;

use datafusion::logical_expr::{Cast, Expr, LogicalPlan, LogicalPlanBuilder};
use spi::{Code, Error, Result};

use super::{deep, plan_query, resolve, statement_of};
use crate::error::from_datafusion;
use crate::parse::{self, Command};
use crate::plan_context::PlanContext;
use crate::resolve::Relations;
use crate::source_table::{self, SourceTable};

/// Views of views of views, so deep: one that reads itself would have no end.
const NESTED_MAX: usize = 16;

/// What one view may read: each view that reads another one twice doubles it.
const TABLES_MAX: usize = 1000;

/// Plans the views among the relations of a statement.
pub(super) fn plan(ctx: &Arc<PlanContext>, relations: &mut Relations) -> Result<()> {
    plan_nested(ctx, relations, 0)
}

fn plan_nested(ctx: &Arc<PlanContext>, relations: &mut Relations, nested: usize) -> Result<()> {
    relations.plan_views(|view, query| {
        plan_view(ctx, view, query, nested).map_err(|error| {
            let source = view.source();
            let failed =
                Error::source(error.code, source, format!("could not run view {} of data source \"{source}\"", view.quoted_name()));
            let detail = error.detail.map_or_else(String::new, |detail| format!(" {detail}"));
            failed
                .detail(format!("Its query fails: {}.{detail}", error.message))
                .hint(format!("CALL refresh_metadata('{source}') if it was mended."))
        })
    })
}

fn plan_view(ctx: &Arc<PlanContext>, view: &SourceTable, query: &str, nested: usize) -> Result<LogicalPlan> {
    if nested == NESTED_MAX {
        return Err(Error::new(Code::Limit, format!("views are nested more than {NESTED_MAX} deep")));
    }
    let ctx = &Arc::new(ctx.in_database(view.source()));
    let statements = parse::script(query)?;
    let [statement] = statements.as_slice() else { return Err(Error::internal("a view has not one statement")) };
    let Command::Query(query) = statement.command.as_ref() else { return Err(Error::internal("a view is no query")) };
    let source = &statement.source;
    deep::with_stack(source.0.len(), || {
        let mut resolved = resolve(ctx, query, source, &[])?;
        if !resolved.natives.is_empty() {
            return Err(Error::internal("a view has a query in a source's own language"));
        }
        plan_nested(ctx, &mut resolved.relations, nested + 1)?;
        let made = plan_query(ctx.engine.planning(), &statement_of(ctx, false), resolved.rows.query, &resolved.relations, source, &[])?;
        if source_table::tables_of(&made.plan).map_err(from_datafusion)?.len() > TABLES_MAX {
            return Err(Error::new(Code::Limit, format!("it reads more than {TABLES_MAX} tables")));
        }
        as_declared(made.plan, view)
    })
}

/// The rows with the names and types that the view's columns have in the metadata, by their places.
fn as_declared(plan: LogicalPlan, view: &SourceTable) -> Result<LogicalPlan> {
    let declared = datafusion::catalog::TableProvider::schema(view);
    let (given, expected) = (plan.schema().fields().len(), declared.fields().len());
    if given != expected {
        return Err(Error::new(Code::UndefinedColumn, format!("it has {given} columns, and the view {expected}")));
    }
    let columns: Vec<Expr> = declared
        .fields()
        .iter()
        .enumerate()
        .map(|(place, field)| {
            let column = Expr::Column(plan.schema().qualified_field(place).into());
            let is_alike = plan.schema().field(place).data_type() == field.data_type();
            let column = if is_alike { column } else { Expr::Cast(Cast::new(Box::new(column), field.data_type().clone())) };
            column.alias(field.name())
        })
        .collect();
    LogicalPlanBuilder::from(plan).project(columns).and_then(LogicalPlanBuilder::build).map_err(from_datafusion)
}

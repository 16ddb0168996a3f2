//! The largest parts of a query that each lie in one SQL data source, as one statement each.
//!
//! An optimized plan is walked from its leaves. As long as a part reads one source alone, and the source can say everything in
//! it with exactly our meaning, it is a query of the source ([`Part::Whole`]). Where that ends, the query becomes a scan of
//! its statement's rows, and the work above it stays here. Whether there are such words is asked of the source's
//! [`Dialect`](spi::query::Dialect); what is not translated stays here too. A source without a dialect may at least make groups of a
//! table's rows ([`grouped`]), and leave out those that a limit will ([`top_n`]).

mod aggregate;
mod early;
mod expression;
mod function;
mod grouped;
mod join;
mod remote;
mod steps;
mod top_n;
mod window;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DFSchemaRef, Result};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Distinct, Expr, FetchType, Filter, LogicalPlan, Projection, SkipType, Sort, SortExpr, TableScan};
use spi::connector::Connector;
use spi::query::{self, Query, SortKey};

use crate::source_table::{self, ConnectedTable};
use expression::{translate, translate_all};

/// The plan with the parts that its sources answer whole.
pub(crate) fn push_down(plan: LogicalPlan) -> Result<LogicalPlan> {
    match part(early::aggregate_early(plan)?)? {
        // Nothing stands above it that could change the order of its rows.
        Part::Whole(whole) => Ok(whole.remote()),
        other => other.into_plan(),
    }
}

/// A part of a plan.
enum Part {
    Whole(Whole),
    Here(LogicalPlan),
}

/// A part that one source answers.
struct Whole {
    source: Arc<str>,
    connector: Arc<dyn Connector>,
    query: Query,
    /// The columns as the plan above knows them.
    schema: DFSchemaRef,
    below: Below,
}

/// How a part is planned below work that stays here.
enum Below {
    /// As the scan of its statement's rows.
    Statement,
    /// Its rows are in this order. They are sorted here again, since they may be spread over the cores on their way up.
    Sorted(Vec<SortExpr>),
    /// Its rows are in the order of columns that it no longer has: as this plan.
    Ordered(LogicalPlan),
}

impl Part {
    fn into_plan(self) -> Result<LogicalPlan> {
        let whole = match self {
            Part::Here(plan) => return Ok(plan),
            Part::Whole(whole) => whole,
        };
        Ok(match whole.below {
            Below::Statement => whole.remote(),
            Below::Ordered(plan) => plan,
            Below::Sorted(ref expr) => {
                let expr = expr.clone();
                LogicalPlan::Sort(Sort { expr, input: Arc::new(whole.remote()), fetch: None })
            }
        })
    }
}

impl Whole {
    /// The scan of the query's rows.
    fn remote(&self) -> LogicalPlan {
        remote::scan(&self.source, &self.connector, &self.query, &self.schema)
    }

    /// The part with more work in it, if the source has words for it.
    fn with(&self, query: Query, schema: &DFSchemaRef, below: Below) -> Option<Whole> {
        query::write(&query, self.connector.dialect()?)?;
        let (source, connector) = (Arc::clone(&self.source), Arc::clone(&self.connector));
        Some(Whole { source, connector, query, schema: Arc::clone(schema), below })
    }

    /// What becomes of the order of its rows where rows are left out; `None` where it could not be kept.
    fn order(&self) -> Option<Below> {
        match &self.below {
            Below::Statement => Some(Below::Statement),
            Below::Sorted(expr) => Some(Below::Sorted(expr.clone())),
            Below::Ordered(_) => None,
        }
    }

    /// The part with only the rows for which the condition is true.
    fn where_true(&self, condition: &Expr) -> Option<Whole> {
        let condition = translate(condition, &[&self.schema])?;
        self.with(Query::Filter { input: self.input(), condition }, &self.schema, self.order()?)
    }

    fn is_of(&self, other: &Whole) -> bool {
        Arc::ptr_eq(&self.connector, &other.connector)
    }

    fn input(&self) -> Box<Query> {
        Box::new(self.query.clone())
    }
}

fn part(plan: LogicalPlan) -> Result<Part> {
    match plan {
        LogicalPlan::TableScan(scan) => Ok(table(&scan).map_or(Part::Here(LogicalPlan::TableScan(scan)), Part::Whole)),
        LogicalPlan::SubqueryAlias(mut alias) => {
            let input = part(Arc::unwrap_or_clone(alias.input))?;
            // The same columns under another name.
            Ok(match input {
                Part::Whole(whole) => Part::Whole(Whole { schema: alias.schema, below: Below::Statement, ..whole }),
                Part::Here(input) => {
                    alias.input = Arc::new(input);
                    Part::Here(LogicalPlan::SubqueryAlias(alias))
                }
            })
        }
        LogicalPlan::Filter(filter) => {
            let input = part(Arc::unwrap_or_clone(filter.input))?;
            filtered(input, filter.predicate)
        }
        LogicalPlan::Projection(projection) => projected(projection),
        LogicalPlan::Sort(sort) => sorted(sort),
        LogicalPlan::Limit(mut limit) => {
            let (SkipType::Literal(skip), FetchType::Literal(fetch)) = (limit.get_skip_type()?, limit.get_fetch_type()?) else {
                return children(LogicalPlan::Limit(limit));
            };
            let input = part(Arc::unwrap_or_clone(limit.input))?;
            if let Part::Whole(whole) = &input
                && let Some(order) = whole.order()
                && let Some(limited) = whole.with(Query::Limit { input: whole.input(), skip, fetch }, &whole.schema, order)
            {
                return Ok(Part::Whole(limited));
            }
            limit.input = Arc::new(input.into_plan()?);
            with_subqueries(LogicalPlan::Limit(limit))
        }
        LogicalPlan::Aggregate(node) => aggregate::part(node),
        LogicalPlan::Distinct(Distinct::All(input)) => aggregate::distinct(Arc::unwrap_or_clone(input)),
        LogicalPlan::Join(node) => join::part(node),
        LogicalPlan::Window(node) => window::part(node),
        LogicalPlan::Union(mut union) => {
            let inputs: Vec<Part> = union.inputs.into_iter().map(|input| part(Arc::unwrap_or_clone(input))).collect::<Result<_>>()?;
            if let Some(whole) = united(&inputs, &union.schema) {
                return Ok(Part::Whole(whole));
            }
            union.inputs = inputs.into_iter().map(|input| input.into_plan().map(Arc::new)).collect::<Result<_>>()?;
            Ok(Part::Here(LogicalPlan::Union(union)))
        }
        other => children(other),
    }
}

/// Work that stays here, over what its inputs become.
fn children(plan: LogicalPlan) -> Result<Part> {
    let plan = plan.map_children(|child| Ok(Transformed::yes(part(child)?.into_plan()?)))?;
    with_subqueries(plan.data)
}

/// Sub-queries in the expressions of a node that stays here are plans of their own.
fn with_subqueries(plan: LogicalPlan) -> Result<Part> {
    let plan = plan.map_subqueries(|subquery| {
        let LogicalPlan::Subquery(mut node) = subquery else { return Ok(Transformed::no(subquery)) };
        node.subquery = Arc::new(push_down(Arc::unwrap_or_clone(node.subquery))?);
        Ok(Transformed::yes(LogicalPlan::Subquery(node)))
    })?;
    Ok(Part::Here(plan.data))
}

/// A table of a source with a dialect.
fn table(scan: &TableScan) -> Option<Whole> {
    let provider = source_table::connected(scan)?;
    let table = provider.downcast_ref::<ConnectedTable>()?;
    let dialect = table.connector.dialect()?;
    let columns = table.query_columns(scan.projection.as_deref());
    let (source, connector) = (Arc::clone(&table.source), Arc::clone(&table.connector));
    let mut query = Query::Table { schema: table.schema.to_string(), table: table.table.to_string(), columns };
    if !scan.filters.is_empty() {
        // Conditions of a scan may be on columns that nobody else wants.
        let all = DFSchema::try_from(Arc::clone(&table.columns)).ok()?;
        let conditions = scan.filters.iter().cloned().map(datafusion::logical_expr::expr_rewriter::unnormalize_col);
        let condition = translate(&conjunction(conditions)?, &[&all])?;
        let whole = Query::Table { schema: table.schema.to_string(), table: table.table.to_string(), columns: table.query_columns(None) };
        let types = whole.column_types();
        query = Query::Filter { input: Box::new(whole), condition };
        if let Some(projection) = &scan.projection {
            let expressions = projection.iter().map(|place| query::Expr::column(*place, types[*place].clone())).collect();
            query = Query::Project { input: Box::new(query), expressions };
        }
    }
    if let Some(fetch) = scan.fetch {
        query = Query::Limit { input: Box::new(query), skip: 0, fetch: Some(fetch) };
    }
    query::write(&query, dialect)?;
    Some(Whole { source, connector, query, schema: Arc::clone(&scan.projected_schema), below: Below::Statement })
}

/// Conditions that the source cannot say stay above those that it can.
fn filtered(input: Part, predicate: Expr) -> Result<Part> {
    let mut whole = match input {
        Part::Whole(whole) if !matches!(whole.below, Below::Ordered(_)) => whole,
        other => return with_subqueries(LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(other.into_plan()?))?)),
    };
    if let Some(said) = whole.where_true(&predicate) {
        return Ok(Part::Whole(said));
    }
    let mut kept = Vec::new();
    for condition in split_conjunction_owned(predicate) {
        match whole.where_true(&condition) {
            Some(said) => whole = said,
            None => kept.push(condition),
        }
    }
    match conjunction(kept) {
        Some(kept) => with_subqueries(LogicalPlan::Filter(Filter::try_new(kept, Arc::new(Part::Whole(whole).into_plan()?))?)),
        None => Ok(Part::Whole(whole)),
    }
}

fn projected(mut projection: Projection) -> Result<Part> {
    let input = part(Arc::unwrap_or_clone(projection.input))?;
    let said = match &input {
        Part::Whole(whole) => {
            let expressions = translate_all(&projection.expr, &[&whole.schema]);
            expressions.and_then(|expressions| {
                let query = Query::Project { input: whole.input(), expressions };
                whole.with(query, &projection.schema, Below::Statement)
            })
        }
        Part::Here(_) => None,
    };
    let order = match &input {
        Part::Whole(whole) => matches!(whole.below, Below::Sorted(_) | Below::Ordered(_)),
        Part::Here(_) => false,
    };
    match said {
        Some(said) if !order => Ok(Part::Whole(said)),
        said => {
            projection.input = Arc::new(input.into_plan()?);
            let schema = Arc::clone(&projection.schema);
            let here = with_subqueries(LogicalPlan::Projection(projection))?.into_plan()?;
            Ok(match said {
                Some(said) => Part::Whole(Whole { schema, below: Below::Ordered(here), ..said }),
                None => Part::Here(here),
            })
        }
    }
}

fn sorted(mut sort: Sort) -> Result<Part> {
    let input = part(Arc::unwrap_or_clone(sort.input))?;
    if let Part::Whole(whole) = &input {
        let query = sort_keys(&sort.expr, &whole.schema).map(|keys| Query::Sort { input: whole.input(), keys });
        let query = query.map(|query| match sort.fetch {
            Some(fetch) => Query::Limit { input: Box::new(query), skip: 0, fetch: Some(fetch) },
            None => query,
        });
        if let Some(said) = query.and_then(|query| whole.with(query, &whole.schema, Below::Sorted(sort.expr.clone()))) {
            return Ok(Part::Whole(said));
        }
    }
    sort.input = Arc::new(input.into_plan()?);
    with_subqueries(LogicalPlan::Sort(top_n::told(sort)))
}

fn sort_keys(keys: &[SortExpr], schema: &DFSchema) -> Option<Vec<SortKey>> {
    let key = |key: &SortExpr| {
        let expression = translate(&key.expr, &[schema])?;
        Some(SortKey { expression, descending: !key.asc, nulls_first: key.nulls_first })
    };
    keys.iter().map(key).collect()
}

/// UNION ALL of parts of one source, whose columns have the same types.
fn united(inputs: &[Part], schema: &DFSchemaRef) -> Option<Whole> {
    let wholes: Vec<&Whole> = inputs
        .iter()
        .map(|input| match input {
            Part::Whole(whole) => Some(whole),
            Part::Here(_) => None,
        })
        .collect::<Option<_>>()?;
    let first = wholes.first()?;
    let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    let fits = |whole: &&Whole| whole.is_of(first) && whole.query.column_types() == types;
    if !wholes.iter().all(fits) {
        return None;
    }
    let query = Query::UnionAll { inputs: wholes.iter().map(|whole| whole.query.clone()).collect() };
    first.with(query, schema, Below::Statement)
}

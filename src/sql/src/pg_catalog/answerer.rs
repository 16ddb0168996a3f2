//! Who answers a query: decided by the relations that it names, never by its text.

use std::sync::Arc;

use datafusion::sql::sqlparser::ast;
use spi::{Code, Error};

use crate::plan_context::PlanContext;
use crate::resolve::relation_names;

/// PostgreSQL's own schema, which is searched before all others unless `search_path` says otherwise.
pub(super) const PG_CATALOG: &str = "pg_catalog";
const INFORMATION_SCHEMA: &str = "information_schema";

/// The engine that answers a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answerer {
    /// DataFusion. Relations of the catalog among those of data sources are handed to it.
    Data,
    Catalog,
    /// DataFusion, which has `information_schema` of all databases at once, unless it cannot plan the query.
    DataUnlessRefused,
    /// The catalog, which computes as PostgreSQL does, unless it lacks a function that DataFusion has.
    CatalogUnlessMissing,
}

/// The engine that answers a query in a session.
pub(crate) fn answerer(context: &Arc<PlanContext>, query: &ast::Query) -> Answerer {
    let homes: Vec<Home> = relation_names(query).iter().map(|name| home(context, &name.parts)).collect();
    let any = |home| homes.contains(&home);
    match () {
        () if any(Home::Source) => Answerer::Data,
        () if any(Home::Catalog) => Answerer::Catalog,
        () if any(Home::InformationSchema) => Answerer::DataUnlessRefused,
        () => Answerer::CatalogUnlessMissing,
    }
}

/// Whether an error says that the catalog's engine does not have something, which the other may have.
pub(crate) fn is_gap(error: &Error) -> bool {
    matches!(error.code, Code::Unsupported | Code::UndefinedFunction)
}

/// Where a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    Catalog,
    InformationSchema,
    /// A data source, the gateway's own schemas, or nowhere.
    Source,
}

/// Where the relation of a name of one to three parts is.
pub(super) fn home(context: &Arc<PlanContext>, parts: &[String]) -> Home {
    let schema = match parts {
        [relation] => return home_on_path(context, relation),
        [schema, _] => schema,
        [_, schema, _] => schema,
        _ => return Home::Source,
    };
    of_schema(schema)
}

fn of_schema(schema: &str) -> Home {
    match schema {
        PG_CATALOG => Home::Catalog,
        INFORMATION_SCHEMA => Home::InformationSchema,
        _ => Home::Source,
    }
}

fn home_on_path(context: &Arc<PlanContext>, relation: &str) -> Home {
    let path = context.search_path();
    let is_named = path.iter().any(|schema| schema == PG_CATALOG);
    let first = (!is_named).then_some(PG_CATALOG);
    let catalog = &context.pg_catalog().catalog;
    for schema in first.into_iter().chain(path.iter().map(String::as_str)) {
        let Some(namespace) = catalog.namespace(schema) else { continue };
        if catalog.class(namespace, relation).is_some() {
            return of_schema(schema);
        }
    }
    Home::Source
}

//! Types of a data source in queries that read it: `CAST(x AS shop.status)`.
//!
//! The values of an enumeration are its labels, as text, and those of a domain are of the type that it is over. So a cast to such a type
//! is one to the type of the values.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{DataType, Expr, Query, VisitMut, VisitorMut};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use pgcat::bind;
use pgcat::catalog::Catalog;
use pgcat::resolve::{Names, format_type};
use pgcat::types::TypeKind;

use super::host::SessionHost;
use crate::output;
use crate::plan_context::PlanContext;

/// Puts the types of values for those of the session's database. What is no type at all stays, for the planner to refuse.
pub(crate) fn name_types_of_values(context: &Arc<PlanContext>, query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Types(context));
}

struct Types<'a>(&'a Arc<PlanContext>);

impl VisitorMut for Types<'_> {
    type Break = Infallible;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Infallible> {
        let written = match expr {
            Expr::Cast { data_type, .. } => data_type,
            Expr::TypedString(typed) => &mut typed.data_type,
            _ => return ControlFlow::Continue(()),
        };
        if output::pg_type(written).is_none()
            && let Some(found) = self.type_of_values(written)
        {
            *written = found;
        }
        ControlFlow::Continue(())
    }
}

impl Types<'_> {
    fn type_of_values(&self, written: &DataType) -> Option<DataType> {
        let catalog = &self.0.pg_catalog().catalog;
        let host = SessionHost::new(Arc::clone(self.0));
        let name = name_of_values(catalog, bind::bind_type(catalog, &host, written).ok()?)?;
        Parser::new(&PostgreSqlDialect {}).try_with_sql(&name).ok()?.parse_data_type().ok()
    }
}

fn name_of_values(catalog: &Catalog, type_oid: u32) -> Option<String> {
    let (base, typmod) = catalog.base_type(type_oid, -1);
    let info = catalog.type_info(base)?;
    if info.kind == TypeKind::Enum {
        return Some("text".to_owned());
    }
    match info.is_array {
        true => name_of_values(catalog, info.element).map(|element| format!("{element}[]")),
        false => Some(format_type(Names::new(catalog, &[]), base, Some(typmod))),
    }
}

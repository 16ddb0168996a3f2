//! `query('shop', '…')` in FROM: a query in a data source's own language, as a relation.
//!
//! Its columns are asked of the source before the statement is planned, and its rows when the plan runs. To the rest of planning it
//! is a table like any other. Nothing else of the statement moves into it: its text is the user's.

mod call;
mod exec;
mod table;

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use domain::access::Privilege;
use serde_json::json;
use spi::connector::QueryColumn;
use spi::{Error, Result};

use crate::audited::{Entry, audited_failure, shown};
use crate::call_context::CallContext;
use crate::parse::SourceText;
use crate::plan_context::PlanContext;
use crate::resolve::{RelationColumn, Relations};
use crate::source_access;
pub(crate) use call::{Call, take};
use table::NativeTable;
pub(crate) use table::reads_native;

/// What an unnamed column is called, as in PostgreSQL.
const UNNAMED: &str = "?column?";

/// A query and the data source that answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Native {
    pub(crate) source: Arc<str>,
    pub(crate) text: Arc<str>,
}

impl Native {
    /// As the audit journal shows it.
    fn entry(&self) -> Entry {
        let arguments = json!({ "name": &*self.source, "statement": shown(&self.text) });
        Entry { action: "query", object: Some(self.source.to_string()), arguments: Some(arguments) }
    }
}

/// Asks the data sources for the columns of the queries, and adds these to the relations of the statement.
pub(crate) async fn describe(ctx: &Arc<PlanContext>, calls: Vec<Call>, source: &SourceText, relations: &mut Relations) -> Result<()> {
    let call_context = CallContext::new(ctx);
    for call in calls {
        let native = &call.native;
        let described = async {
            let source = source_access::require(ctx.services(), &ctx.actor(), &native.source, Privilege::Query)?;
            let connector = source_access::connector(ctx.services(), &source).await?;
            connector.describe(&native.text, &ctx.role.name).await
        };
        let described = audited_failure(&call_context, native.entry(), described).await;
        let columns = described.map_err(|error| Error { position: Some(source.character(call.location)), ..error })?;
        let (fields, named) = relation_columns(columns);
        let table = NativeTable::new(call.native, Arc::new(Schema::new(fields)));
        relations.add(&call.relation, Arc::new(table), named);
    }
    Ok(())
}

/// The columns as the planner knows them, each under a name of its own, and as clients are told about them.
fn relation_columns(columns: Vec<QueryColumn>) -> (Vec<Field>, Vec<RelationColumn>) {
    let mut taken = HashSet::new();
    let columns = columns.into_iter().map(|QueryColumn { name, data_type, pg_type }| {
        let name = if name.is_empty() { UNNAMED.to_owned() } else { name };
        // As the planner itself tells columns of one name apart, which is how they are called the same again in answers.
        let unique = std::iter::once(name.clone()).chain((1..).map(|number| format!("{name}:{number}"))).find(|name| !taken.contains(name));
        let unique = unique.unwrap_or_else(|| name.clone());
        taken.insert(unique.clone());
        (Field::new(unique, data_type, true), RelationColumn { name, pg_type, table_oid: 0, attribute_number: 0 })
    });
    columns.unzip()
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use spi::types::{PgType, oid};

    use super::*;

    #[test]
    fn columns_may_have_equal_names_or_none() {
        let column = |name: &str| QueryColumn { name: name.to_owned(), data_type: DataType::Int32, pg_type: PgType::new(oid::INT4) };
        let (fields, named) = relation_columns(vec![column("a"), column("a"), column("a:1"), column(""), column("a")]);
        let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["a", "a:1", "a:1:1", "?column?", "a:2"]);
        assert_eq!(named.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a", "a", "a:1", "?column?", "a"]);
    }
}

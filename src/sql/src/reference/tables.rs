//! The page of relations.

use super::markdown::{code, codes, line, table};
use crate::row::Column;
use crate::tables::{self, Table};

const INTRODUCTION: &str = "# Tables

The relations of the gateway itself. They are read with `SELECT` like any other table, in database `metagate`; `information_schema`
is in the database of every data source too, where it shows that data source alone. None of them ever asks a data source: they are
answered from the newest metadata snapshots and from the gateway's own records. A role sees the data sources that it may use, a
superuser sees all.

`information_schema` has PostgreSQL 16's columns in its order; `native_type`, `comment` and `observed_at` are the gateway's own.
";

pub(super) fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (schema, summary) in tables::SCHEMAS {
        text.push_str(&format!("\n## {schema}\n\n{summary}\n"));
        for table in tables::all().filter(|table| table.schema() == schema) {
            text.push_str(&section(table));
        }
    }
    text
}

fn section(relation: &dyn Table) -> String {
    // The standard has many columns for features that no data source has. Listed one by one they would bury the others.
    let (null, used): (Vec<&Column>, Vec<&Column>) = relation.columns().iter().partition(|column| is_always_null(column));
    let row = |column: &&Column| [code(&column.name), column.pg_type.format(), column.description.clone()];
    let columns = table(["column", "type", "description"], used.iter().map(row));
    let mut text = format!("\n### {}.{}\n\n{}\n\n{columns}", relation.schema(), relation.name(), line(&relation.summary()));
    if !null.is_empty() {
        text.push_str(&format!("\nAlways null: {}.\n", codes(null.iter().map(|column| &column.name))));
    }
    text
}

fn is_always_null(column: &Column) -> bool {
    column.description.ends_with("always null.")
}

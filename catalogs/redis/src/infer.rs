//! What a sample says of one table, and how a definition fits it, for people who decide about that.

use std::sync::Arc;

use spi::documents::{Column, Path, Sample, TableDefinition, decoder};
use spi::{Code, Error, Result};

use crate::definition::{Fitting, matches_nothing};
use crate::options::Mode;
use crate::pool::Pool;
use crate::sample::{self, Bounds, KEYS_SEARCHED, Looked};
use crate::{layout, metadata};

/// Looks at keys of the table now. Nothing is kept.
pub(crate) async fn infer(
    pool: &Arc<Pool>,
    databases: &[u16],
    bounds: &Bounds,
    schema: &str,
    table: &str,
    definition: Option<&TableDefinition>,
) -> Result<Sample> {
    let fitting = Fitting::new(definition).checked()?;
    let source = pool.endpoint().source();
    let shows = |number: &u16| match pool.endpoint().mode {
        Mode::Cluster => *number == 0,
        Mode::Standalone | Mode::Sentinel => databases.is_empty() || databases.contains(number),
    };
    let Some(database) = layout::database(schema).filter(shows) else {
        let message = format!("schema \"{schema}\" of data source \"{source}\" does not exist");
        return Err(Error::source(Code::UndefinedSchema, source, message).detail("Logical databases are schemas: db0, db1 and so on."));
    };
    let mut session = pool.session(format!("sample the keys of \"{schema}\"")).await?;
    let nothing = match (&fitting.members, fitting.shape) {
        (Some(members), shape) => {
            matches_nothing(members, shape).detail(format!("Up to {KEYS_SEARCHED} keys of \"{schema}\" were looked at."))
        }
        (None, _) => {
            let message = format!("table \"{schema}.{table}\" of data source \"{source}\" does not exist");
            Error::source(Code::UndefinedTable, source, message)
                .detail("No sampled key belongs to it.")
                .hint("A definition can say which keys are in a table: {\"pattern\": \"user:*\", \"type\": \"hash\"}.")
        }
    };
    let looked = Box::pin(sample::one(&mut session, database, bounds, table, fitting)).await?.ok_or(nothing)?;
    if let Some(problem) = &looked.table.problem {
        return Err(problem.clone());
    }
    Ok(sampled(&looked))
}

/// The columns are shown by their paths. Where values are no JSON, rows are documents of names of columns.
fn sampled(looked: &Looked) -> Sample {
    let table = &looked.table;
    let columns: Vec<Column> = match table.kind.value().filter(|_| !table.json) {
        Some(value) => metadata::columns(table).into_iter().filter(|column| column.name == value).collect(),
        None => table.columns.clone(),
    };
    let by_name = |column: &Column| Column { path: Path::field(&column.name), ..column.clone() };
    let tried: Vec<Column> = if table.json { columns.clone() } else { columns.iter().map(by_name).collect() };
    let checks = decoder::check(&tried, &looked.rows(&columns));
    Sample { inferred: table.inferred.clone(), columns, checks }
}

//! A harvest asks a fixed number of statements, whatever the number of tables: the server's own log says so.

use spi::connector::Scope;

use crate::fixture::{harvest, new_database, open, options};
use crate::server;

/// The most that a harvest may ask, with the log-in.
const STATEMENTS_MAX: usize = 12;

/// The statements that the server has seen when a data source on so many tables was harvested for the first time.
async fn statements_of_harvest(tables: usize) -> Option<Vec<String>> {
    let server = server::shared_own()?;
    let sql = format!(
        "DO $$ BEGIN FOR i IN 1..{tables} LOOP \
         EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, n numeric(9,2) CHECK (n > 0), s text UNIQUE, d date DEFAULT now())', i); \
         END LOOP; END $$"
    );
    let name = new_database(server, &sql).await;
    let before = server.log_of(&name).len();
    let connector = open(options(server, &name)).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    assert_eq!(schemas.iter().map(|schema| schema.table_count()).sum::<usize>(), tables);
    let is_statement = |line: &String| line.contains("LOG:  statement:") || line.contains("LOG:  execute ");
    Some(server.log_of(&name).split_off(before).into_iter().filter(is_statement).collect())
}

#[tokio::test]
async fn a_harvest_asks_the_same_of_three_tables_and_of_a_thousand() {
    let Some(few) = statements_of_harvest(3).await else { return };
    let Some(many) = statements_of_harvest(1_000).await else { return };
    assert!(few.len() <= STATEMENTS_MAX, "{few:#?}");
    assert!(few.len() > 1);
    assert_eq!(few.len(), many.len());
}

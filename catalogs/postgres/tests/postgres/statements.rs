//! A harvest asks a fixed number of statements, whatever the number of tables: the server's own log says so.

use spi::connector::Scope;

use crate::fixture::{harvest, new_database, open, options};
use crate::server::{self, Server};

/// The most that a harvest may ask, with the log-in.
const STATEMENTS_MAX: usize = 12;

/// The statements that the server has seen in a database, as its log has them.
pub(crate) fn statements(server: &Server, database: &str) -> Vec<String> {
    let is_statement = |line: &String| line.contains("LOG:  statement:") || line.contains("LOG:  execute ");
    server.log_of(database).into_iter().filter(is_statement).collect()
}

/// The statements that the server has seen when a data source on so many tables was harvested for the first time.
async fn statements_of_harvest(tables: usize) -> Option<Vec<String>> {
    let server = server::shared_own()?;
    // A transaction holds locks on what it makes, and there is no room for that many. Every tenth table has an index.
    let sql = format!(
        "DO $$ BEGIN FOR i IN 1..{tables} LOOP \
         EXECUTE format('CREATE TABLE t%s (id int %s, n numeric(9,2) CHECK (n > 0), d date DEFAULT now())', i, \
         CASE WHEN i % 10 = 1 THEN 'PRIMARY KEY' END); \
         IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$"
    );
    let name = new_database(server, &sql).await;
    let before = statements(server, &name).len();
    let connector = open(options(server, &name)).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    assert_eq!(schemas.iter().map(|schema| schema.table_count()).sum::<usize>(), tables);
    Some(statements(server, &name).split_off(before))
}

#[tokio::test]
async fn a_harvest_asks_the_same_of_ten_tables_and_of_ten_thousand() {
    let Some(few) = statements_of_harvest(10).await else { return };
    let Some(many) = statements_of_harvest(10_000).await else { return };
    assert!(few.len() <= STATEMENTS_MAX, "{few:#?}");
    assert!(few.len() > 1);
    assert_eq!(few.len(), many.len());
}

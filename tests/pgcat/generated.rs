//! Schemas as nobody would write them, with an object of every kind that PostgreSQL 16 has: the script that makes them in an empty
//! database. The same seed always gives the same script.

mod columns;
mod indexes;
mod names;
mod partitions;
mod queries;
mod random;
mod routines;
mod tables;
mod user_types;

use std::fmt::Write as _;

use columns::Column;
use names::{Names, literal, quoted};
use random::Random;

/// How many schemas there are.
const SCHEMAS: usize = 3;

/// The script of a seed.
pub fn script(seed: u64) -> String {
    let mut script =
        Script { random: Random::new(seed), names: Names::default(), sql: String::new(), types: Vec::new(), tables: Vec::new() };
    script.statement("SET client_encoding = 'UTF8'");
    script.statement("SET check_function_bodies = off");
    let schemas: Vec<String> = (0..SCHEMAS).map(|_| script.schema()).collect();
    for schema in &schemas {
        user_types::create(&mut script, schema);
    }
    for schema in &schemas {
        tables::create(&mut script, schema);
        partitions::create(&mut script, schema);
    }
    for schema in &schemas {
        routines::create(&mut script, schema);
        queries::create(&mut script, schema);
    }
    script.sql
}

/// What was written so far, and what of it later statements refer to.
struct Script {
    random: Random,
    names: Names,
    sql: String,
    /// Types of the users that any column may have, with their schemas.
    types: Vec<String>,
    tables: Vec<Table>,
}

/// A table of the script.
#[derive(Clone)]
struct Table {
    schema: String,
    /// With the schema, both in quotes.
    name: String,
    columns: Vec<Column>,
    /// The places of the columns of its primary key.
    key: Vec<usize>,
}

impl Script {
    fn statement(&mut self, sql: &str) {
        let _ = writeln!(self.sql, "{sql};");
    }

    fn schema(&mut self) -> String {
        let schema = self.name();
        self.statement(&format!("CREATE SCHEMA {schema}"));
        self.comment("SCHEMA", &schema);
        schema
    }

    /// A new name, in quotes.
    fn name(&mut self) -> String {
        quoted(&self.names.next(&mut self.random))
    }

    /// A new name in a schema, both in quotes.
    fn name_in(&mut self, schema: &str) -> String {
        format!("{schema}.{}", self.name())
    }

    /// A comment on most objects.
    fn comment(&mut self, kind: &str, name: &str) {
        if self.random.chance(70) {
            let text = format!("{} of {name}", self.names.next(&mut self.random));
            self.statement(&format!("COMMENT ON {kind} {name} IS {}", literal(&text)));
        }
    }
}

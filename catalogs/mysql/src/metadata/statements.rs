//! The statements of a harvest. What belongs together comes in one statement, so that there are few of them: `UNION ALL` of rows whose
//! first columns say what they are.
//!
//! Names are written as literals: MariaDB opens only the tables that constants name.

use std::time::Duration;

use spi::connector::Scope;

use crate::dialect::literal;
use crate::endpoint::{SYSTEM_SCHEMAS, Server};
use crate::kinds::Flavor;

/// MariaDB opens every table for some of the statements: a second for a few thousand of them, and minutes when its disk is slow.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);

/// The statements, for the tables that they are about and the server that they are sent to.
pub(super) struct Statements<'a> {
    scope: &'a Scope,
    databases: &'a [String],
    flavor: Flavor,
    server: Server,
}

impl<'a> Statements<'a> {
    pub(super) fn new(scope: &'a Scope, databases: &'a [String], flavor: Flavor, server: Server) -> Self {
        Self { scope, databases, flavor, server }
    }

    /// Schema, table, type, engine, row format, rows, bytes, collation, options, comment. Rows without a table are schemas.
    pub(super) fn tables(&self) -> String {
        let comment = if self.since((10, 5, 0), NEVER) { "SCHEMA_COMMENT" } else { "NULL" };
        format!(
            "SELECT SCHEMA_NAME, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT_COLLATION_NAME, NULL, {comment} \
             FROM information_schema.SCHEMATA WHERE {} UNION ALL \
             SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, \
             TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT FROM information_schema.TABLES WHERE {}",
            self.schemas("SCHEMA_NAME"),
            self.of_tables("")
        )
    }

    /// Schema, table, column, ordinal, native type, nullable, default, extra, comment, expression, collation.
    pub(super) fn columns(&self) -> String {
        let expression = if self.since((10, 2, 5), (5, 7, 6)) { "GENERATION_EXPRESSION" } else { "NULL" };
        format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, \
             COLUMN_COMMENT, {expression}, COLLATION_NAME FROM information_schema.COLUMNS WHERE {}",
            self.of_tables("")
        )
    }

    /// What, schema, table, constraint, and then for `key`: ordinal, column, referenced schema, table and column; for `rule`: what
    /// happens on update and on delete; for `check`: the condition, and `Column` where it belongs to the column of its name.
    pub(super) fn constraints(&self) -> String {
        let tables = self.of_tables("");
        let mut sql = format!(
            "SELECT 'key', TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, \
             REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE \
             WHERE REFERENCED_TABLE_NAME IS NOT NULL AND {tables} \
             UNION ALL SELECT 'rule', CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE, NULL, NULL, NULL \
             FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE {}",
            self.of_constraints("")
        );
        if self.server.mariadb && self.since((10, 2, 22), NEVER) {
            let level = if self.since((10, 5, 10), NEVER) { "LEVEL" } else { "NULL" };
            sql += &format!(
                " UNION ALL SELECT 'check', CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, {level}, NULL, NULL, NULL \
                 FROM information_schema.CHECK_CONSTRAINTS WHERE {}",
                self.of_constraints("")
            );
        } else if self.since(NEVER, (8, 0, 16)) {
            sql += &format!(
                " UNION ALL SELECT 'check', t.CONSTRAINT_SCHEMA, t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE, NULL, NULL, NULL, NULL \
                 FROM information_schema.TABLE_CONSTRAINTS AS t JOIN information_schema.CHECK_CONSTRAINTS AS c \
                 ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME \
                 WHERE t.CONSTRAINT_TYPE = 'CHECK' AND {}",
                self.of_constraints("t.")
            );
        }
        sql
    }

    /// Schema, table, index, not unique, place, column, length of a prefix, method, expression, comment.
    pub(super) fn indexes(&self) -> String {
        let expression = if self.since(NEVER, (8, 0, 13)) { "EXPRESSION" } else { "NULL" };
        let comment = if self.flavor.original { "INDEX_COMMENT" } else { "NULL" };
        format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, INDEX_TYPE, \
             {expression}, {comment} FROM information_schema.STATISTICS WHERE {}",
            self.of_tables("")
        )
    }

    /// What, schema, table, and then for `view`: definition, updatable; for `trigger`: what it does, name, timing, events.
    pub(super) fn views_and_triggers(&self) -> String {
        let mut sql = format!(
            "SELECT 'view', TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, IS_UPDATABLE, NULL, NULL FROM information_schema.VIEWS WHERE {}",
            self.of_tables("")
        );
        if self.flavor.original {
            sql += &format!(
                " UNION ALL SELECT 'trigger', EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, ACTION_STATEMENT, TRIGGER_NAME, ACTION_TIMING, \
                 EVENT_MANIPULATION FROM information_schema.TRIGGERS WHERE {}",
                self.tables_in("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
            );
        }
        sql
    }

    /// Schema, table, partition, part of it, method, expression, bounds, rows, bytes.
    pub(super) fn partitions(&self) -> String {
        format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, \
             PARTITION_DESCRIPTION, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH FROM information_schema.PARTITIONS \
             WHERE PARTITION_NAME IS NOT NULL AND {}",
            self.of_tables("")
        )
    }

    /// What, schema, kind, specific name, and then for `routine`: name, type, definition, comment; for `parameter`: name, type, mode,
    /// ordinal.
    pub(super) fn routines(&self) -> String {
        format!(
            "SELECT 'routine', ROUTINE_SCHEMA, ROUTINE_TYPE, SPECIFIC_NAME, ROUTINE_NAME, DTD_IDENTIFIER, ROUTINE_DEFINITION, \
             ROUTINE_COMMENT FROM information_schema.ROUTINES WHERE {} \
             UNION ALL SELECT 'parameter', SPECIFIC_SCHEMA, ROUTINE_TYPE, SPECIFIC_NAME, PARAMETER_NAME, DTD_IDENTIFIER, \
             PARAMETER_MODE, ORDINAL_POSITION FROM information_schema.PARAMETERS WHERE ORDINAL_POSITION > 0 AND {}",
            self.schemas("ROUTINE_SCHEMA"),
            self.schemas("SPECIFIC_SCHEMA")
        )
    }

    fn of_tables(&self, prefix: &str) -> String {
        self.tables_in(&format!("{prefix}TABLE_SCHEMA"), &format!("{prefix}TABLE_NAME"))
    }

    fn of_constraints(&self, prefix: &str) -> String {
        self.tables_in(&format!("{prefix}CONSTRAINT_SCHEMA"), &format!("{prefix}TABLE_NAME"))
    }

    fn tables_in(&self, schema: &str, table: &str) -> String {
        match &self.scope.table {
            Some(only) => format!("{} AND {table} = {}", self.schemas(schema), literal(only)),
            None => self.schemas(schema),
        }
    }

    fn schemas(&self, column: &str) -> String {
        let list = |names: &[String]| names.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", ");
        let hidden: Vec<String> = SYSTEM_SCHEMAS.iter().map(|name| (*name).to_owned()).collect();
        let mut conditions = vec![match self.databases {
            [] => format!("{column} NOT IN ({})", list(&hidden)),
            databases => format!("{column} IN ({})", list(databases)),
        }];
        conditions.extend(self.scope.schema.as_ref().map(|only| format!("{column} = {}", literal(only))));
        conditions.join(" AND ")
    }

    /// Whether the server is at least of the version that its family needs.
    fn since(&self, mariadb: (u32, u32, u32), mysql: (u32, u32, u32)) -> bool {
        self.server.version >= if self.server.mariadb { mariadb } else { mysql }
    }
}

/// For what a family does not have.
const NEVER: (u32, u32, u32) = (u32::MAX, 0, 0);

#[cfg(test)]
mod tests {
    use super::*;

    fn statements<'a>(scope: &'a Scope, databases: &'a [String], mariadb: bool, version: (u32, u32, u32)) -> Statements<'a> {
        let flavor = Flavor { port: 3306, read_only_transactions: true, original: true };
        Statements::new(scope, databases, flavor, Server { mariadb, version, text: String::new() })
    }

    #[test]
    fn scopes_and_databases_narrow_together() {
        let (all, databases) = (Scope::default(), ["it's".to_owned(), "b".to_owned()]);
        let hidden = "TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')";
        assert_eq!(statements(&all, &[], true, (10, 11, 0)).of_tables(""), hidden);
        let table = Scope { schema: Some("b".to_owned()), table: Some("t".to_owned()) };
        let narrow = statements(&table, &databases, true, (10, 11, 0));
        assert_eq!(narrow.of_tables("t."), "t.TABLE_SCHEMA IN ('it''s', 'b') AND t.TABLE_SCHEMA = 'b' AND t.TABLE_NAME = 't'");
    }

    #[test]
    fn servers_are_asked_for_what_they_have() {
        let scope = Scope::default();
        for (mariadb, version, checks, expression) in [
            (true, (10, 11, 0), true, false),
            (true, (10, 1, 0), false, false),
            (false, (8, 0, 33), true, true),
            (false, (5, 7, 44), false, false),
        ] {
            let statements = statements(&scope, &[], mariadb, version);
            assert_eq!(statements.constraints().contains("CHECK_CONSTRAINTS"), checks, "{version:?}");
            assert_eq!(statements.constraints().contains(" JOIN "), checks && !mariadb, "{version:?}");
            assert_eq!(statements.indexes().contains("EXPRESSION"), expression, "{version:?}");
        }
    }
}

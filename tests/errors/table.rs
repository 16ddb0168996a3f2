//! The table of bad inputs. In order: what is wrong, from the text of a statement to the state of the gateway.

use super::Bad;

const fn bad(statement: &'static str, state: &'static str, message: &'static str) -> Bad {
    Bad { statement, state, message, hint: "" }
}

impl Bad {
    const fn hint(self, hint: &'static str) -> Bad {
        Bad { hint, ..self }
    }
}

#[rustfmt::skip]
pub(super) const TABLE: &[Bad] = &[
    // Text that is no statement.
    bad("SELEC 1", "42601", r#"syntax error at or near "SELEC""#),
    bad("SELECT 'abc", "42601", "unterminated quoted string"),
    bad(r#"SELECT "abc"#, "42601", "unterminated quoted identifier"),
    bad("SELECT 1 /* abc", "42601", "unterminated /* comment"),
    bad("SELECT 1 +", "42601", "syntax error at end of input"),
    bad("SELECT (1", "42601", "syntax error at end of input"),
    bad("SELECT 1 FROM", "42601", "syntax error at end of input"),
    bad("SELECT 1 1", "42601", r#"syntax error at or near "1""#),
    bad("SELECT * FROM sample.public.orders WHERE", "42601", "syntax error at end of input"),
    bad("CALL p(a => 1, 2)", "42601", "positional argument cannot follow named argument"),
    bad("CALL p", "42601", "syntax error at end of input"),
    // Names of relations, databases, columns and functions.
    bad("SELECT * FROM nowhere", "42P01", r#"relation "nowhere" does not exist"#),
    bad("SELECT * FROM sample.public.order", "42P01", r#"relation "sample.public.order" does not exist"#)
        .hint(r#"Perhaps you meant "public"."orders"."#),
    bad("SELECT * FROM sample.nowhere.orders", "42P01", r#"relation "sample.nowhere.orders" does not exist"#),
    bad("SELECT * FROM sampel.public.orders", "3D000", r#"database "sampel" does not exist"#)
        .hint(r#"Perhaps you meant "sample"."#),
    bad("SELECT * FROM sample.orders", "42P01", r#"relation "sample.orders" does not exist"#)
        .hint(r#"To read data source "sample", name the schema too: sample.public.orders."#),
    bad("SELECT * FROM information_schema.colums", "42P01", r#"relation "information_schema.colums" does not exist"#)
        .hint(r#"Perhaps you meant "information_schema"."columns"."#),
    bad("SELECT * FROM a.b.c.d", "42601", "improper relation name (too many dotted names): a.b.c.d"),
    bad("SELECT nme FROM sample.public.customers", "42703", r#"column "nme" does not exist"#)
        .hint(r#"Perhaps you meant to reference the column "customers.name"."#),
    bad("SELECT c.nothing FROM sample.public.customers c", "42703", "column c.nothing does not exist"),
    bad("SELECT x.id FROM sample.public.customers c", "42P01", r#"missing FROM-clause entry for table "x""#),
    bad("SELECT id FROM sample.public.customers a, sample.public.customers b", "42702", r#"column reference "id" is ambiguous"#),
    bad("SELECT 1 FROM sample.public.customers a, sample.public.orders a", "42712", r#"table name "a" specified more than once"#),
    bad("SELECT $1", "42P02", "there is no parameter $1"),
    // Values that are not of their type, or do not fit it.
    bad("SELECT 1 / 0", "22012", "division by zero"),
    bad("SELECT 5 % 0", "22012", "division by zero"),
    bad("SELECT amount / 0 FROM sample.public.orders", "22012", "division by zero"),
    bad("SELECT 2147483647 + 1", "22003", "integer out of range"),
    bad("SELECT 9223372036854775807 + 1", "22003", "bigint out of range"),
    bad("SELECT 'abc'::int", "22P02", r#"invalid input syntax for type integer: "abc""#),
    bad("SELECT 'maybe'::bool", "22P02", r#"invalid input syntax for type boolean: "maybe""#),
    bad("SELECT 99999::int2", "22003", "smallint out of range"),
    bad("SELECT id FROM sample.public.customers WHERE id = 'x'", "22P02", r#"invalid input syntax for type bigint: "x""#),
    bad("SELECT true + 1", "42883", "operator does not exist: boolean + integer"),
    // Queries that mean nothing.
    bad("SELECT id FROM sample.public.orders WHERE count(*) > 1", "42803", "aggregate functions are not allowed in WHERE"),
    bad("SELECT id FROM sample.public.orders ORDER BY 2", "42P10", "ORDER BY position 2 is not in select list"),
    bad("SELECT id FROM sample.public.orders GROUP BY 2", "42P10", "GROUP BY position 2 is not in select list"),
    bad("SELECT (SELECT id FROM sample.public.orders)", "21000", "more than one row returned by a subquery used as an expression"),
    bad("SELECT 1 UNION SELECT 1, 2", "42601", "each UNION query must have the same number of columns"),
    bad("SELECT *", "42601", "SELECT * with no tables specified is not valid"),
    bad("SELECT DISTINCT country FROM sample.public.customers ORDER BY id", "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list"),
    bad("WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a", "42712", r#"WITH query name "a" specified more than once"#),
    bad("SELECT 1 LIMIT -1", "2201W", "LIMIT must not be negative"),
    // Refused as they should be, in words or with a code that are not PostgreSQL's yet.
    bad("SELECT nofunction(1)", "42883", "function nofunction(integer) does not exist"),
    bad("SELECT round('x', 'y', 'z')", "42883", "function round(unknown, unknown, unknown) does not exist"),
    bad("SELECT 'soon'::date", "22007", r#"invalid input syntax for type date: "soon""#),
    bad(
        "SELECT country, count(*) FROM sample.public.customers",
        "42803",
        r#"column "sample.public.customers.country" must appear in the GROUP BY clause or be used in an aggregate function"#,
    ),
    bad("SELECT * FROM '/etc/passwd'", "42P01", r#"relation "/etc/passwd" does not exist"#),
    // Rows and statements for sources that take none.
    bad("INSERT INTO sample.public.orders VALUES (1)", "0A000", r#"data source "sample" takes no rows"#),
    bad("EXPLAIN INSERT INTO sample.public.orders VALUES (1)", "0A000", r#"data source "sample" takes no rows"#),
    bad("INSERT INTO sample.public.orders VALUES (1) RETURNING id", "0A000", "INSERT … RETURNING is not supported"),
    bad("INSERT INTO sample.public.orders (id, nothing) VALUES (1)", "42703", r#"column "nothing" of relation "orders" does not exist"#),
    bad("INSERT INTO admin.settings VALUES (1)", "0A000", r#"cannot insert into "admin.settings""#),
    bad("SELECT * FROM query('sample', 'SELECT 1')", "0A000", r#"data source "sample" takes no statements of its own language"#),
    bad("SELECT * FROM query('sample', $1)", "0A000", "arguments of function query must be text constants"),
    bad("CALL execute_on('sample', 'DROP TABLE orders')", "0A000", r#"data source "sample" takes no statements of its own language"#),
    bad("GRANT SELECT ON FOREIGN SERVER sample TO admin", "0LP01", "invalid privilege type SELECT for foreign server")
        .hint("There are USAGE, INSERT, QUERY, EXECUTE and ALL."),
    // Statements that PostgreSQL has and the gateway has not.
    bad("UPDATE sample.public.orders SET id = 1", "0A000", "UPDATE is not supported"),
    bad("DELETE FROM sample.public.orders", "0A000", "DELETE is not supported"),
    bad("TRUNCATE sample.public.orders", "0A000", "TRUNCATE is not supported"),
    bad("CREATE TABLE t (a int)", "0A000", "CREATE TABLE is not supported"),
    bad("CREATE VIEW v AS SELECT 1", "0A000", "CREATE VIEW is not supported"),
    bad("DROP TABLE sample.public.orders", "0A000", "DROP TABLE is not supported"),
    bad("CREATE DATABASE d", "0A000", "CREATE DATABASE is not supported")
        .hint("CALL create_datasource(name, type, options) adds a data source."),
    bad("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", "42601", r#"syntax error at or near "EXTERNAL""#),
    bad(r#"SELECT * FROM "/etc/passwd""#, "42P01", r#"relation "/etc/passwd" does not exist"#),
    bad("SELECT id INTO t FROM sample.public.orders", "0A000", "SELECT INTO is not supported"),
    bad("COPY sample.public.orders FROM STDIN", "0A000", "COPY FROM is not supported"),
    bad("COPY (SELECT 1) TO '/tmp/out'", "0A000", "COPY to a file is not supported")
        .hint("COPY … TO STDOUT sends the rows to the client."),
    bad("COPY (SELECT 1) TO PROGRAM 'cat'", "0A000", "COPY to a program is not supported"),
    bad("COPY (SELECT 1) TO STDOUT (FORMAT xml)", "22023", r#"COPY format "xml" not recognized"#),
    bad("EXPLAIN UPDATE sample.public.orders SET id = 1", "0A000", "UPDATE is not supported"),
    bad("GRANT SELECT ON sample.public.orders TO admin", "0A000", "GRANT is not supported")
        .hint("GRANT and REVOKE work for privileges ON FOREIGN SERVER."),
    bad("VACUUM", "0A000", "VACUUM is not supported"),
    // Settings, transactions, cursors and prepared statements.
    bad("SHOW nothing", "42704", r#"unrecognized configuration parameter "nothing""#),
    bad("SET nothing = 1", "42704", r#"unrecognized configuration parameter "nothing""#),
    bad("SET statement_timeout = 'soon'", "22023", r#"invalid value for parameter "statement_timeout": "soon""#)
        .hint(r#"Valid units for this parameter are "us", "ms", "s", "min", "h", and "d"."#),
    bad("SET statement_timeout = -1", "22023", r#"-1 ms is outside the valid range for parameter "statement_timeout" (0 .. 2147483647)"#),
    bad("SET row_security = maybe", "22023", r#"parameter "row_security" requires a Boolean value"#),
    bad("SET server_version = '1'", "55P02", r#"parameter "server_version" cannot be changed"#),
    bad("SET client_encoding = 'LATIN1'", "0A000", "conversion between LATIN1 and UTF8 is not supported")
        .hint("Use UTF8."),
    bad("SET TIME ZONE 'Mars/Olympus'", "22023", r#"invalid value for parameter "TimeZone": "Mars/Olympus""#),
    bad("SELECT current_setting('nothing')", "42704", r#"unrecognized configuration parameter "nothing""#),
    bad("SAVEPOINT a", "25P01", "SAVEPOINT can only be used in transaction blocks"),
    bad("ROLLBACK TO SAVEPOINT a", "25P01", "ROLLBACK TO SAVEPOINT can only be used in transaction blocks"),
    bad("PREPARE TRANSACTION 'a'", "55000", "prepared transactions are disabled"),
    bad("DECLARE c CURSOR FOR SELECT 1", "25P01", "DECLARE CURSOR can only be used in transaction blocks"),
    bad("FETCH c", "34000", r#"cursor "c" does not exist"#),
    bad("CLOSE c", "34000", r#"cursor "c" does not exist"#),
    bad("EXECUTE nothing", "26000", r#"prepared statement "nothing" does not exist"#),
    bad("DEALLOCATE nothing", "26000", r#"prepared statement "nothing" does not exist"#),
    // Calls.
    bad("CALL nothing()", "42883", "procedure nothing() does not exist")
        .hint("SELECT routine_name FROM information_schema.routines lists all procedures."),
    bad("CALL create_datasorce('a', 'b')", "42883", "procedure create_datasorce(unknown, unknown) does not exist")
        .hint(r#"Did you mean "admin.create_datasource"?"#),
    bad("CALL drop_datasource()", "42883", r#"procedure "drop_datasource" needs argument "name""#)
        .hint("It is drop_datasource(name text, cascade boolean DEFAULT false)."),
    bad("CALL pause_datasource('a', 'b')", "42883", r#"procedure "pause_datasource" takes at most 1 argument, not 2"#)
        .hint("It is pause_datasource(name text)."),
    bad("CALL drop_datasource('a', cascde => true)", "42883", r#"procedure "drop_datasource" has no argument "cascde""#)
        .hint(r#"Did you mean "cascade"? It is drop_datasource(name text, cascade boolean DEFAULT false)."#),
    bad("CALL drop_datasource('a', name => 'b')", "42601", r#"argument name "name" used more than once"#),
    bad("CALL drop_datasource(sample)", "42703", r#"column "sample" does not exist"#)
        .hint("Text is written in single quotes: 'sample'."),
    bad("CALL drop_datasource(1)", "22023", r#"argument "name" of procedure "drop_datasource" must be of type text, not integer"#),
    bad("CALL drop_datasource(NULL)", "22023", r#"argument "name" of procedure "drop_datasource" must not be null"#),
    bad("CALL drop_datasource('a' || 'b')", "0A000", r#"argument "name" of procedure "drop_datasource" must be a constant"#)
        .hint("Write a literal, or a parameter such as $1."),
    bad("CALL drop_datasource('a', 'maybe')", "22P02", "invalid input syntax for type boolean"),
    bad("CALL publish_datasource('sample', 1.5)", "22023", r#"argument "version" of procedure "publish_datasource" must be of type bigint, not numeric"#),
    bad("CALL publish_datasource('sample', -1)", "22023", r#"argument "version" of procedure "publish_datasource" has an unusable value"#),
    bad("CALL expire_datasource('sample', 'soon')", "22P02", "invalid input syntax for type timestamp with time zone"),
    bad("CALL create_datasource('a', 'sqlite', '{')", "22P02", "invalid input syntax for type json"),
    bad("CALL create_datasource('a', 'sqlite', '[]')", "22023", r#"argument "options" of procedure "create_datasource" must be a JSON object"#),
    // Data sources.
    bad("CALL create_datasource('a', 'sqlit')", "42704", r#"data source type "sqlit" does not exist"#)
        .hint(r#"Did you mean "sqlite"? Known types: documentdb, doris, elasticsearch, ferretdb, files, gaussdb, greenplum, hive, kafka, kingbase, mariadb, mongodb, mysql, oceanbase, opensearch, postgresql, ppas, redis, sqlite, sqlserver, starrocks, tidb, valkey."#),
    bad(r#"CALL create_datasource('a', 'sqlite', '{"pth": "/x"}')"#, "22023", r#"unknown option "pth" for data source type "sqlite""#)
        .hint(r#"Did you mean "path"? Known options: path, attach, busy_timeout_ms, connections_max, refresh_interval."#),
    bad("CALL create_datasource('a', 'sqlite')", "22023", r#"data source type "sqlite" needs option "path""#),
    bad(r#"CALL create_datasource('a', 'sqlite', '{"path": 5}')"#, "22023", r#"option "path" of data source type "sqlite" must be of type string"#),
    bad(r#"CALL create_datasource('a', 'sqlite', '{"path": "/nowhere/x.db"}')"#, "58030", r#"data source "a" did not pass its test"#),
    bad(r#"CALL create_datasource('a', 'files', '{"path": "/nowhere"}')"#, "58030", r#"data source "a" did not pass its test"#),
    bad(r#"CALL create_datasource('a', 'files', '{"path": "relative"}')"#, "22023", r#"option "path" is not valid: a local path must be absolute"#),
    bad(r#"CALL create_datasource('sample', 'files', '{"path": "/tmp"}')"#, "42710", r#"data source "sample" already exists"#)
        .hint("CALL alter_datasource to change it, or say if_not_exists => true to leave it as it is."),
    bad(r#"CALL create_datasource('metagate', 'files', '{"path": "/tmp"}')"#, "22023", r#""metagate" cannot be the name of a data source"#),
    bad(r#"CALL create_datasource('', 'files', '{"path": "/tmp"}')"#, "22023", r#""" cannot be the name of a data source"#),
    bad(r#"CALL create_datasource('a', 'files', '{"path": "/tmp"}', test => false)"#, "22023", r#"version 1 of data source "a" cannot be published without a test"#)
        .hint("Leave out test => false, or save it with publish => false and CALL publish_datasource later."),
    bad(r#"CALL create_datasource('a', 'files', '{"path": "/tmp", "refresh_interval": "often"}')"#, "22023", r#"option "refresh_interval" is not a duration"#),
    bad("CALL drop_datasource('smple')", "42704", r#"data source "smple" does not exist"#)
        .hint(r#"Did you mean "sample"?"#),
    bad(r#"CALL alter_datasource('sample', '{"files_max": 5}', expected_version => 7)"#, "40001", r#"data source "sample" was changed meanwhile"#)
        .hint("Look at the newest version, and try again with its number as expected_version."),
    bad("CALL publish_datasource('sample', 9)", "42704", r#"version 9 of data source "sample" does not exist"#),
    bad("CALL rollback_datasource('sample', 9)", "22023", r#"version 9 of data source "sample" is not older than its published version 1"#)
        .hint("CALL publish_datasource('sample', 9) publishes it."),
    bad("CALL restore_datasource('sample')", "55000", r#"data source "sample" is not dropped"#),
    bad("CALL purge_datasource('sample')", "55000", r#"data source "sample" is not dropped"#),
    bad("CALL renew_datasource('sample', '2020-01-01')", "22023", r#"data source "sample" cannot be renewed until a time in the past"#),
    bad("CALL rename_datasource('sample', 'shop')", "42710", r#"data source "shop" already exists"#),
    bad("CALL rename_datasource('sample', 'postgres')", "22023", r#""postgres" cannot be the name of a data source"#),
    bad("CALL test_datasource()", "22023", r#"procedure "test_datasource" needs either a name or a type"#),
    bad("CALL test_datasource('sample', 9)", "42704", r#"version 9 of data source "sample" does not exist"#),
    bad("CALL refresh_metadata('nothing')", "42704", r#"data source "nothing" does not exist"#),
    bad("CREATE SERVER a FOREIGN DATA WRAPPER oracle", "42704", r#"data source type "oracle" does not exist"#)
        .hint("Known types: documentdb, doris, elasticsearch, ferretdb, files, gaussdb, greenplum, hive, kafka, kingbase, mariadb, mongodb, mysql, oceanbase, opensearch, postgresql, ppas, redis, sqlite, sqlserver, starrocks, tidb, valkey."),
    bad("DROP SERVER nothing", "42704", r#"server "nothing" does not exist"#),
    bad("COMMENT ON SERVER nothing IS 'x'", "42704", r#"data source "nothing" does not exist"#),
    // Roles.
    bad("CREATE ROLE admin", "42710", r#"role "admin" already exists"#),
    bad("CREATE ROLE pg_x", "22023", r#""pg_x" cannot be the name of a role"#),
    bad("CREATE ROLE x CREATEDB", "0A000", "role option CREATEDB is not supported")
        .hint("Roles have LOGIN, SUPERUSER, PASSWORD and VALID UNTIL."),
    bad("CREATE ROLE x WITH NONSENSE", "42601", r#"unrecognized role option "nonsense""#),
    bad("CREATE ROLE x VALID UNTIL 'soon'", "22P02", r#"invalid input syntax for type timestamp with time zone: "soon""#),
    bad("DROP ROLE nobody", "42704", r#"role "nobody" does not exist"#),
    bad("DROP ROLE admin", "55006", "current user cannot be dropped"),
    bad("ALTER ROLE admin NOSUPERUSER", "55000", r#"role "admin" is the last superuser that can log in"#)
        .hint("Give another role SUPERUSER, LOGIN and a password first."),
    bad("GRANT USAGE ON FOREIGN SERVER nothing TO admin", "42704", r#"data source "nothing" does not exist"#),
    bad("GRANT USAGE ON FOREIGN SERVER sample TO nobody", "42704", r#"role "nobody" does not exist"#),
];

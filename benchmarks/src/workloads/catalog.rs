//! What tools ask of PostgreSQL's catalog: a gateway with 100,000 tables beside a PostgreSQL with 10,000.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use futures::future::try_join_all;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::peer::{CLIENTS, THROUGHPUT_TIME};
use crate::Result;
use crate::measure::{Times, compare, memory_mib, report, timed};
use crate::postgresql::PostgreSql;
use crate::server::{Server, connect};
use crate::synthetic::{COLUMNS, table_name};

const OURS: usize = 100_000;
const THEIRS: usize = 10_000;
const RUNS: usize = 50;

/// A table that both have, and its schema.
const TABLE: usize = 3_217;
const SCHEMA: &str = "schema_3";

/// What is measured: a name, and the statements that a tool sends for it. `$table` is the table's name and `$oid` its OID.
const TASKS: &[(&str, &[&str])] = &[
    (
        "psql \\d t",
        &[
            "SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c
                 LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relname OPERATOR(pg_catalog.~) '^($table)$' COLLATE pg_catalog.default
               AND n.nspname OPERATOR(pg_catalog.~) '^(schema_3)$' COLLATE pg_catalog.default ORDER BY 2, 3",
            "SELECT c.relchecks, c.relkind, c.relhasindex, c.relhasrules, c.relhastriggers, c.relrowsecurity, c.relforcerowsecurity,
                    false AS relhasoids, c.relispartition, '', c.reltablespace,
                    CASE WHEN c.reloftype = 0 THEN '' ELSE c.reloftype::pg_catalog.regtype::pg_catalog.text END, c.relpersistence,
                    c.relreplident, am.amname
             FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_class tc ON (c.reltoastrelid = tc.oid)
                 LEFT JOIN pg_catalog.pg_am am ON (c.relam = am.oid) WHERE c.oid = '$oid'",
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                    (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d
                     WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
                    a.attnotnull,
                    (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t
                     WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) AS attcollation,
                    a.attidentity, a.attgenerated
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = '$oid' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            "SELECT c2.relname, i.indisprimary, i.indisunique, i.indisclustered, i.indisvalid,
                    pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), pg_catalog.pg_get_constraintdef(con.oid, true), contype
             FROM pg_catalog.pg_class c, pg_catalog.pg_class c2, pg_catalog.pg_index i
                 LEFT JOIN pg_catalog.pg_constraint con ON (conrelid = i.indrelid AND conindid = i.indexrelid AND contype IN ('p','u','x'))
             WHERE c.oid = '$oid' AND c.oid = i.indrelid AND i.indexrelid = c2.oid ORDER BY i.indisprimary DESC, c2.relname",
            "SELECT conname, conrelid::pg_catalog.regclass AS ontable, pg_catalog.pg_get_constraintdef(oid, true) AS condef
             FROM pg_catalog.pg_constraint c
             WHERE confrelid IN (SELECT pg_catalog.pg_partition_ancestors('$oid') UNION ALL VALUES ('$oid'::pg_catalog.regclass))
               AND contype = 'f' AND conparentid = 0 ORDER BY conname",
            "SELECT c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c, pg_catalog.pg_inherits i
             WHERE c.oid = i.inhparent AND i.inhrelid = '$oid' AND c.relkind != 'p' AND c.relkind != 'I' ORDER BY inhseqno",
        ],
    ),
    (
        "psql \\dt schema.*",
        &["SELECT n.nspname AS \"Schema\", c.relname AS \"Name\",
                  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'p' THEN 'partitioned table' END AS \"Type\",
                  pg_catalog.pg_get_userbyid(c.relowner) AS \"Owner\"
           FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r','p','s','') AND n.nspname OPERATOR(pg_catalog.~) '^(schema_3)$' COLLATE pg_catalog.default
           ORDER BY 1, 2"],
    ),
    (
        "psql \\l",
        &["SELECT d.datname AS \"Name\", pg_catalog.pg_get_userbyid(d.datdba) AS \"Owner\",
                  pg_catalog.pg_encoding_to_char(d.encoding) AS \"Encoding\", d.datcollate, d.datctype, d.daticulocale,
                  CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Locale Provider\",
                  pg_catalog.array_to_string(d.datacl, E'\\n') AS \"Access privileges\"
           FROM pg_catalog.pg_database d ORDER BY 1"],
    ),
    (
        "psql \\df",
        &["SELECT n.nspname AS \"Schema\", p.proname AS \"Name\", pg_catalog.pg_get_function_result(p.oid) AS \"Result data type\",
                  pg_catalog.pg_get_function_arguments(p.oid) AS \"Argument data types\",
                  CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window' WHEN 'p' THEN 'proc' ELSE 'func' END AS \"Type\"
           FROM pg_catalog.pg_proc p LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
           WHERE pg_catalog.pg_function_is_visible(p.oid) AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'
           ORDER BY 1, 2, 4"],
    ),
    ("pgjdbc getTables(all)", &[TABLES]),
    ("pgjdbc getColumns(one)", &[COLUMNS_OF_ONE]),
    (
        "pgjdbc getPrimaryKeys(one)",
        &["SELECT result.TABLE_CAT, result.TABLE_SCHEM, result.TABLE_NAME, result.COLUMN_NAME, result.KEY_SEQ, result.PK_NAME
           FROM (SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, ct.relname AS TABLE_NAME, a.attname AS COLUMN_NAME,
                        (information_schema._pg_expandarray(i.indkey)).n AS KEY_SEQ, ci.relname AS PK_NAME,
                        information_schema._pg_expandarray(i.indkey) AS KEYS, a.attnum AS A_ATTNUM
                 FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid)
                      JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid) JOIN pg_catalog.pg_index i ON (a.attrelid = i.indrelid)
                      JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid)
                 WHERE true AND n.nspname = 'schema_3' AND ct.relname = '$table' AND i.indisprimary) result
           WHERE result.A_ATTNUM = (result.KEYS).x ORDER BY result.table_name, result.pk_name, result.key_seq"],
    ),
    (
        "Npgsql type load",
        &["SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid
           FROM (SELECT typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind, elemtyp.oid AS elemtypoid,
                        elemtyp.typname AS elemtypname, elemcls.relkind AS elemrelkind,
                        CASE WHEN elemproc.proname = 'array_recv' THEN 'a' ELSE elemtyp.typtype END AS elemtyptype
                 FROM (SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem AS elemoid,
                              CASE WHEN proc.proname = 'array_recv' THEN 'a' ELSE typ.typtype END AS typtype,
                              CASE WHEN proc.proname = 'array_recv' THEN typ.typelem WHEN typ.typtype = 'r' THEN rngsubtype
                                   WHEN typ.typtype = 'm' THEN (SELECT rngtypid FROM pg_range WHERE rngmultitypid = typ.oid)
                                   WHEN typ.typtype = 'd' THEN typ.typbasetype END AS elemtypoid
                       FROM pg_type AS typ LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid)
                            LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive LEFT JOIN pg_range ON (pg_range.rngtypid = typ.oid)) AS typ
                 LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = elemtypoid LEFT JOIN pg_class AS elemcls ON (elemcls.oid = elemtyp.typrelid)
                 LEFT JOIN pg_proc AS elemproc ON elemproc.oid = elemtyp.typreceive) AS t
           JOIN pg_namespace AS ns ON (ns.oid = typnamespace)
           WHERE typtype IN ('b', 'r', 'm', 'e', 'd') OR (typtype = 'c' AND relkind = 'c') OR (typtype = 'p' AND typname IN ('record', 'void'))
              OR (typtype = 'a' AND (elemtyptype IN ('b', 'r', 'm', 'e', 'd') OR (elemtyptype = 'p' AND elemtypname IN ('record', 'void'))
                  OR (elemtyptype = 'c' AND elemrelkind = 'c')))
           ORDER BY CASE WHEN typtype IN ('b', 'e', 'p') THEN 0 WHEN typtype = 'c' THEN 1 WHEN typtype = 'r' THEN 2 ELSE 3 END"],
    ),
    (
        "DBeaver tables of a schema",
        &["SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr,
                  pg_catalog.pg_get_partkeydef(c.oid) AS partition_key
           FROM pg_catalog.pg_class c
                LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
           WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'schema_3') AND c.relkind NOT IN ('i', 'I', 'c')"],
    ),
    (
        "DataGrip relations of a schema",
        &["SELECT T.relkind AS table_kind, T.relname AS table_name, T.oid AS table_id, T.xmin AS table_state_number,
                  false AS table_with_oids, T.reltablespace AS tablespace_id, T.reloptions AS options, T.relpersistence AS persistence,
                  (SELECT pg_catalog.array_agg(inhparent::bigint ORDER BY inhseqno)::varchar FROM pg_catalog.pg_inherits
                   WHERE T.oid = inhrelid) AS ancestors, T.relispartition AS is_partition, am.amname AS access_method,
                  pg_catalog.pg_get_userbyid(T.relowner) AS owner
           FROM pg_catalog.pg_class T LEFT JOIN pg_catalog.pg_am am ON T.relam = am.oid
           WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'schema_3') AND relkind IN ('r', 'm', 'v', 'f', 'p')
           ORDER BY table_kind, table_id"],
    ),
    (
        "SQLAlchemy columns of a schema",
        &["SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS format_type,
                  (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS pg_get_expr_1 FROM pg_catalog.pg_attrdef d
                   WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef) AS \"default\",
                  a.attnotnull AS not_null, c.relname AS table_name, pd.description AS comment, a.attgenerated AS generated
           FROM pg_catalog.pg_class c
                LEFT OUTER JOIN pg_catalog.pg_attribute a ON c.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT OUTER JOIN pg_catalog.pg_description pd ON pd.objoid = a.attrelid AND pd.objsubid = a.attnum
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind = ANY (ARRAY['r', 'p', 'f', 'v', 'm']) AND n.nspname = 'schema_3' ORDER BY c.relname, a.attnum"],
    ),
];

const TABLES: &str = "SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS TABLE_NAME,
    CASE n.nspname ~ '^pg_' OR n.nspname = 'information_schema'
      WHEN true THEN CASE WHEN n.nspname = 'pg_catalog' OR n.nspname = 'information_schema'
        THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TABLE' WHEN 'v' THEN 'SYSTEM VIEW' WHEN 'i' THEN 'SYSTEM INDEX' ELSE NULL END
        ELSE NULL END
      WHEN false THEN CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'i' THEN 'INDEX' WHEN 'v' THEN 'VIEW'
        WHEN 'c' THEN 'TYPE' WHEN 'S' THEN 'SEQUENCE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END
      ELSE NULL END AS TABLE_TYPE, d.description AS REMARKS
  FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass)
  WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY TABLE_TYPE, TABLE_SCHEM, TABLE_NAME";

const COLUMNS_OF_ONE: &str = "SELECT * FROM (SELECT n.nspname, c.relname, a.attname, a.atttypid,
    a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS attnotnull, a.atttypmod, a.attlen, t.typtypmod,
    row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS attnum, nullif(a.attidentity, '') AS attidentity,
    nullif(a.attgenerated, '') AS attgenerated, pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS adsrc, dsc.description, t.typbasetype,
    t.typtype
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid)
    JOIN pg_catalog.pg_attribute a ON (a.attrelid = c.oid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
    LEFT JOIN pg_catalog.pg_attrdef def ON (a.attrelid = def.adrelid AND a.attnum = def.adnum)
    LEFT JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
    LEFT JOIN pg_catalog.pg_class dc ON (dc.oid = dsc.classoid AND dc.relname = 'pg_class')
    LEFT JOIN pg_catalog.pg_namespace dn ON (dc.relnamespace = dn.oid AND dn.nspname = 'pg_catalog')
  WHERE c.relkind IN ('r', 'p', 'v', 'f', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname LIKE 'schema\\_3'
    AND c.relname LIKE '$table') c WHERE true ORDER BY nspname, c.relname, attnum";

const COLUMNS_OF_ALL: &str = "SELECT n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull, a.atttypmod, a.attnum,
    pg_catalog.format_type(a.atttypid, a.atttypmod)
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid)
    JOIN pg_catalog.pg_attribute a ON (a.attrelid = c.oid)
  WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname LIKE 'schema%'";

/// The columns of one table, as a program asks that has prepared it.
const JOIN: &str = "SELECT a.attname, a.atttypid, a.attnum FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  WHERE c.relname = $1 AND a.attnum > 0 ORDER BY a.attnum";

pub async fn run() -> Result<()> {
    let postgresql = PostgreSql::start().await?;
    postgresql.create_tables(THEIRS).await?;
    let server = Server::with_tables(OURS).await?;
    let (ours, theirs) = (server.settings_for("bench"), postgresql.settings());

    let (connected, theirs_connected) = (connected(&ours).await?, connected(&theirs).await?);
    compare("connect", connected.median(), &[("PostgreSQL", theirs_connected.median())]);
    for (name, statements) in TASKS {
        let ((ours_first, ours), (theirs_first, theirs)) = (task(&ours, statements).await?, task(&theirs, statements).await?);
        compare(name, ours.median(), &[("PostgreSQL", theirs.median())]);
        compare(&format!("{name}, first"), ours_first, &[("PostgreSQL", theirs_first)]);
    }
    for (name, settings, columns) in [("metagate", &ours, OURS * COLUMNS), ("PostgreSQL", &theirs, THEIRS * COLUMNS)] {
        let client = connect(settings).await?;
        let started = Instant::now();
        let rows = client.query_raw(COLUMNS_OF_ALL, std::iter::empty::<i32>()).await?;
        let count = rows.try_fold(0_usize, async |count, _| Ok(count + 1)).await?;
        if count != columns {
            return Err(format!("{name} has {count} columns instead of {columns}").into());
        }
        let rate = count as f64 / started.elapsed().as_secs_f64();
        report(&format!("pgjdbc getColumns(all), {name}"), &format!("{count} rows, {rate:.0} a second"));
    }
    let (_, peak) = memory_mib(server.process.id())?;
    report("memory of the gateway", &format!("at most {peak} MiB"));
    let (ours, theirs) = (joins_per_second(&ours, OURS).await?, joins_per_second(&theirs, THEIRS).await?);
    report(&format!("{CLIENTS} clients, prepared joins per second, metagate"), &format!("{ours:.0}"));
    report(
        &format!("{CLIENTS} clients, prepared joins per second, PostgreSQL"),
        &format!("{theirs:.0}; we do {:.2} times as many", ours / theirs),
    );
    Ok(())
}

/// How long the statements of a task take together: the first time, when nothing is planned or remembered yet, and then.
async fn task(settings: &Config, statements: &[&str]) -> Result<(Duration, Times)> {
    let client = connect(settings).await?;
    let oid = "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
    let oid: u32 = client.query_one(oid, &[&SCHEMA, &table_name(TABLE)]).await?.get(0);
    let fill = |statement: &&str| statement.replace("$table", &table_name(TABLE)).replace("$oid", &oid.to_string());
    let statements: Vec<String> = statements.iter().map(fill).collect();
    let (client, statements) = (&client, &statements);
    let run = |_| async move {
        for statement in statements {
            rows(client, statement).await?;
        }
        Ok(())
    };
    Ok((timed(run(0)).await?, Times::of(RUNS, run).await?))
}

async fn connected(settings: &Config) -> Result<Times> {
    Times::of(RUNS, |_| async move { Ok(connect(settings).await?.simple_query("SELECT 1").await.map(drop)?) }).await
}

/// Reads all rows without keeping them.
async fn rows(client: &Client, statement: &str) -> Result<usize> {
    let messages = client.simple_query_raw(statement).await?;
    let count = |count, message| async move { Ok(count + usize::from(matches!(message, SimpleQueryMessage::Row(_)))) };
    Ok(messages.try_fold(0, count).await?)
}

async fn joins_per_second(settings: &Config, tables: usize) -> Result<f64> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(connect(settings).await?);
    }
    let started = Instant::now();
    let finished = try_join_all(clients.into_iter().enumerate().map(|(number, client)| async move {
        let mut table = number * 1_009;
        let mut finished = 0_u64;
        let statement = client.prepare(JOIN).await?;
        while started.elapsed() < THROUGHPUT_TIME {
            table = (table + 7_919) % tables;
            if client.query(&statement, &[&table_name(table)]).await?.len() != COLUMNS {
                return Result::Err("a wrong answer".into());
            }
            finished += 1;
        }
        Ok(finished)
    }))
    .await?;
    Ok(finished.iter().sum::<u64>() as f64 / started.elapsed().as_secs_f64())
}

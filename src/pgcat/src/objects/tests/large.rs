//! What is asked of one table of many costs what that table is, not what the database is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bind::bind;
use crate::catalog::Catalog;
use crate::execute::Execution;
use crate::fixture::{self, session::Session};
use crate::parse;
use crate::plan::plan;
use crate::relation::{Column, Index, Relation, Row, Rows};
use crate::statics;
use crate::value::Value;

/// More than PostgreSQL has of anything itself.
const TABLES: usize = 5_000;
const COLUMNS: usize = 8;

/// A relation that counts how many values are read of all that are counted together.
struct Counted {
    relation: Arc<dyn Relation>,
    values: Arc<AtomicUsize>,
}

impl Relation for Counted {
    fn oid(&self) -> u32 {
        self.relation.oid()
    }

    fn name(&self) -> &str {
        self.relation.name()
    }

    fn columns(&self) -> &[Column] {
        self.relation.columns()
    }

    fn count(&self) -> u64 {
        self.relation.count()
    }

    fn value(&self, row: Row, column: usize) -> Value {
        self.values.fetch_add(1, Ordering::Relaxed);
        self.relation.value(row, column)
    }

    fn indexes(&self) -> &[Index] {
        self.relation.indexes()
    }

    fn lookup(&self, index: usize, key: &[Value]) -> Rows {
        self.relation.lookup(index, key)
    }

    fn rows_per_key(&self, index: usize) -> f64 {
        self.relation.rows_per_key(index)
    }

    fn columns_by_beginning(&self) -> &[usize] {
        self.relation.columns_by_beginning()
    }

    fn begin_with(&self, column: usize, beginning: &str) -> Rows {
        self.relation.begin_with(column, beginning)
    }
}

struct Large {
    catalog: Arc<Catalog>,
    values: Arc<AtomicUsize>,
}

impl Large {
    fn new() -> Self {
        let (made, values) = (fixture::large(TABLES, COLUMNS).catalog, Arc::new(AtomicUsize::new(0)));
        let counted = statics::relations()
            .iter()
            .filter_map(|relation| made.relation(relation.oid))
            .map(|relation| Arc::new(Counted { relation: Arc::clone(relation), values: Arc::clone(&values) }) as Arc<dyn Relation>);
        Self { catalog: Arc::new(Catalog::new(fixture::LARGE, 1, counted.collect())), values }
    }

    /// The rows of a statement, and how many values were read for them.
    fn run(&self, statement: &str, parameters: &[&str]) -> (usize, usize) {
        let host = Arc::new(Session::new());
        let query = parse::query(statement).expect("a query");
        let bound = bind(&self.catalog, &*host, &query, statement, &vec![25; parameters.len()]).expect("a bound query");
        let before = self.values.load(Ordering::Relaxed);
        let parameters = parameters.iter().map(|text| Value::from(*text)).collect();
        let mut execution = Execution::new(Arc::new(plan(&bound.query, &*host).unwrap()), Arc::clone(&self.catalog), host, parameters);
        let rows = std::iter::from_fn(|| execution.next().expect("a row")).count();
        (rows, self.values.load(Ordering::Relaxed) - before)
    }
}

/// Statements of tools with how many rows they give of `order_items`. PostgreSQL's own rows are read through for how names begin.
const OF_ONE_TABLE: [(&str, usize); 14] = [
    (
        "SELECT conname, conrelid::pg_catalog.regclass AS ontable, pg_catalog.pg_get_constraintdef(oid, true) AS condef
         FROM pg_catalog.pg_constraint c
         WHERE confrelid IN (SELECT pg_catalog.pg_partition_ancestors('order_items'::regclass)
                             UNION ALL VALUES ('order_items'::pg_catalog.regclass))
         AND contype = 'f' AND conparentid = 0 ORDER BY conname",
        2,
    ),
    (
        "SELECT column_name, data_type, column_default FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = 'order_items' ORDER BY ordinal_position",
        COLUMNS,
    ),
    (
        "SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relname OPERATOR(pg_catalog.~) '^(order_items)$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid)
         ORDER BY 2, 3",
        1,
    ),
    ("SELECT relname FROM pg_class WHERE relname ~ '^(order_it.*)$' ORDER BY 1", 2),
    ("SELECT relname FROM pg_class WHERE relname LIKE 'order_items'", 1),
    ("SELECT relname FROM pg_class WHERE relname LIKE 'order\\_items%'", 2),
    ("SELECT relname FROM pg_class WHERE relname::text LIKE 'order\\_items'", 1),
    ("SELECT proname FROM pg_proc WHERE starts_with(proname, 'to_reg')", 9),
    ("SELECT typname FROM pg_type WHERE typname ~ '^_order_i'", 1),
    (
        "SELECT c.relchecks, c.relhastriggers, c.relispartition, am.amname FROM pg_catalog.pg_class c
         LEFT JOIN pg_catalog.pg_class tc ON (c.reltoastrelid = tc.oid) LEFT JOIN pg_catalog.pg_am am ON (c.relam = am.oid)
         WHERE c.oid = 'order_items'::regclass",
        1,
    ),
    (
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
           (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d
            WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
           (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t
            WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation), col_description(a.attrelid, a.attnum)
         FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'order_items'::regclass AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attnum",
        COLUMNS,
    ),
    (
        "SELECT c2.relname, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), pg_catalog.pg_get_constraintdef(con.oid, true), contype
         FROM pg_catalog.pg_class c, pg_catalog.pg_class c2, pg_catalog.pg_index i
         LEFT JOIN pg_catalog.pg_constraint con ON (conrelid = i.indrelid AND conindid = i.indexrelid AND contype IN ('p','u','x'))
         WHERE c.oid = 'order_items'::regclass AND c.oid = i.indrelid AND i.indexrelid = c2.oid ORDER BY i.indisprimary DESC, c2.relname",
        1,
    ),
    (
        "SELECT * FROM (SELECT n.nspname, c.relname, a.attname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS attnotnull,
           row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS attnum, pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS adsrc,
           dsc.description
         FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid)
         JOIN pg_catalog.pg_attribute a ON (a.attrelid = c.oid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
         LEFT JOIN pg_catalog.pg_attrdef def ON (a.attrelid = def.adrelid AND a.attnum = def.adnum)
         LEFT JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
         LEFT JOIN pg_catalog.pg_class dc ON (dc.oid = dsc.classoid AND dc.relname = 'pg_class')
         LEFT JOIN pg_catalog.pg_namespace dn ON (dc.relnamespace = dn.oid AND dn.nspname = 'pg_catalog')
         WHERE c.relkind IN ('r','p','v','f','m') AND a.attnum > 0 AND NOT a.attisdropped
           AND n.nspname LIKE 'public' AND c.relname LIKE 'order_items') c
         WHERE true AND attname LIKE '%' ORDER BY nspname, c.relname, attnum",
        COLUMNS,
    ),
    (
        "SELECT n.nspname, c.relname, d.description FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c
         LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass)
         WHERE c.relnamespace = n.oid AND n.nspname LIKE 'public' AND c.relname LIKE 'order_items' AND c.relkind IN ('r', 'p')",
        1,
    ),
];

#[test]
fn statements_cost_what_they_are_about() {
    let large = Large::new();
    one_table_costs_what_it_is(&large);
    all_tables_cost_what_they_are(&large);
}

fn one_table_costs_what_it_is(large: &Large) {
    let mut dear = Vec::new();
    for (statement, rows) in OF_ONE_TABLE {
        let (found, values) = large.run(statement, &[]);
        assert_eq!(found, rows, "{statement}");
        if values > TABLES {
            dear.push(format!("{values} values for {statement}"));
        }
    }
    for (statement, pattern) in [
        ("SELECT relname FROM pg_class WHERE relname LIKE $1", "order\\_items"),
        ("SELECT relname FROM pg_class WHERE relname ~ $1", "^order_items$"),
        ("SELECT relname FROM pg_class WHERE relname LIKE $1 ESCAPE '!'", "order!_items"),
    ] {
        let (found, values) = large.run(statement, &[pattern]);
        assert_eq!(found, 1, "{statement}");
        if values > TABLES {
            dear.push(format!("{values} values for {statement} with {pattern}"));
        }
    }
    assert!(dear.is_empty(), "{}", dear.join("\n"));
}

/// What lists all tables reads each of them a few times, and nothing again and again.
fn all_tables_cost_what_they_are(large: &Large) {
    for (statement, per_row) in [
        (
            "SELECT n.nspname, c.relname, d.description FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c
             LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass)
             WHERE c.relnamespace = n.oid AND n.nspname LIKE 'public' AND c.relkind IN ('r', 'p') ORDER BY 1, 2",
            24,
        ),
        ("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", 24),
        ("SELECT tablename, hasindexes FROM pg_tables WHERE schemaname = 'public'", 24),
    ] {
        let (rows, values) = large.run(statement, &[]);
        assert_eq!(rows, TABLES, "{statement}");
        assert!(values < per_row * TABLES, "{values} values for {statement}");
    }
}

//! Random queries over random rows: pushed down, not pushed down, and for PostgreSQL at the source itself. All must answer the same.
//!
//! A failure names its seed and its query; `METAGATE_TEST_SEED` runs one seed again.

use libtest_mimic::Failed;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio_postgres::Client;

use super::servers::{MySqlServer, PostgreSql, register, rows};
use crate::gateway::Gateway;

/// Queries per source.
const QUERIES: u64 = 2_000;

/// Rows of each of the two tables: enough for matches, groups and misses.
const ROWS: i32 = 60;

pub async fn postgresql() -> Result<(), Failed> {
    let server = PostgreSql::create("random").await;
    server.client.batch_execute(&format!("CREATE SCHEMA diff; {}", tables("text", "timestamp", "boolean"))).await?;
    let gateway = Gateway::start();
    register(&gateway.connect("metagate").await, "random_pg", "postgresql", &server.options()).await;
    compare(&gateway, "random_pg", Some(&server.client)).await
}

pub async fn mariadb() -> Result<(), Failed> {
    mysql_family(MySqlServer::mariadb(), "random_maria", "mariadb").await
}

pub async fn mysql() -> Result<(), Failed> {
    mysql_family(MySqlServer::mysql(), "random_mysql", "mysql").await
}

async fn mysql_family(server: MySqlServer, source: &str, kind: &str) -> Result<(), Failed> {
    // The default collation takes upper for lower case and ignores trailing blanks.
    let text = "varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci";
    server.execute(&format!("CREATE DATABASE diff; {}", tables(text, "datetime", "bit(1)"))).await;
    let gateway = Gateway::start();
    register(&gateway.connect("metagate").await, source, kind, &server.options()).await;
    compare(&gateway, source, None).await
}

/// Statements that make and fill the tables. The moments of the second have no fractions of a second, whatever they are compared with.
fn tables(text: &str, timestamp: &str, boolean: &str) -> String {
    let mut random = StdRng::seed_from_u64(7);
    let mut script = String::new();
    for (table, digits) in [("ta", 6), ("tb", 0)] {
        script += &format!(
            "CREATE TABLE diff.{table} (id int PRIMARY KEY, i int, b bigint, n decimal(12,3), s {text}, d date, m {timestamp}({digits}), f {boolean});"
        );
        for id in 1..=ROWS {
            let mut value = |values: &[&str]| values.choose(&mut random).copied().unwrap_or("NULL").to_owned();
            let (i, b, n) = (value(INTEGERS), value(LONGS), value(NUMBERS));
            let (s, d, m) = (value(TEXTS), value(DATES), value(MOMENTS));
            let f = match (value(&["NULL", "0", "1"]).as_str(), boolean) {
                ("NULL", _) => "NULL".to_owned(),
                (bit, "boolean") => (bit == "1").to_string(),
                (bit, _) => format!("b'{bit}'"),
            };
            script += &format!("INSERT INTO diff.{table} VALUES ({id}, {i}, {b}, {n}, {s}, {d}, {m}, {f});");
        }
    }
    script
}

const INTEGERS: &[&str] = &["NULL", "0", "1", "2", "3", "-1", "7", "2147483647", "-2147483648"];
const LONGS: &[&str] = &["NULL", "0", "1", "2", "-3", "4611686018427387", "-4611686018427388"];
/// With all decimals of the column: a constant with fewer has another scale, which common types of decimals show.
const NUMBERS: &[&str] = &["NULL", "0.000", "1.500", "-1.500", "0.001", "2.500", "999999999.999", "-999999999.999"];
const TEXTS: &[&str] = &[
    "NULL", "''", "'a'", "'A'", "'a '", "' a'", "'ab'", "'aB'", "'é'", "'É'", "'ß'", "'ss'", "'z'", "'😀'", "'a_b'", "'a%b'", "'10'", "'9'",
];
const DATES: &[&str] = &["NULL", "'1970-01-01'", "'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'2026-11-21'"];
const MOMENTS: &[&str] =
    &["NULL", "'1970-01-01 00:00:00'", "'2024-02-29 23:59:59.999999'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"];

async fn compare(gateway: &Gateway, source: &str, itself: Option<&Client>) -> Result<(), Failed> {
    let (pushed, here) = (gateway.connect(source).await, gateway.connect(source).await);
    here.simple_query("SET metagate.enable_pushdown = off").await?;
    let seeds = match std::env::var("METAGATE_TEST_SEED") {
        Ok(seed) => seed.parse()?..seed.parse::<u64>()? + 1,
        Err(_) => 0..QUERIES,
    };
    let (mut answered, mut different) = (0, Vec::new());
    for seed in seeds.clone() {
        let sql = Query::new(seed).text();
        let (one, other) = (rows(&pushed, &sql).await, rows(&here, &sql).await);
        answered += u64::from(other.is_ok());
        if one != other {
            different.push(format!("seed {seed}: {sql}\n  pushed {one:?}\n  here   {other:?}"));
        } else if let (Some(itself), Ok(found)) = (itself, &other) {
            let expected = rows(itself, &sql).await;
            if expected.as_ref() != Ok(found) {
                different.push(format!("seed {seed}: {sql}\n  metagate   {found:?}\n  PostgreSQL {expected:?}"));
            }
        }
    }
    assert!(different.is_empty(), "{} queries differ; the first are\n{}", different.len(), different[..different.len().min(5)].join("\n"));
    assert!(answered * 10 >= (seeds.end - seeds.start) * 9, "only {answered} queries were answered at all");
    Ok(())
}

/// A query that is being made up.
struct Query {
    random: StdRng,
    /// The tables in FROM, by their aliases.
    aliases: Vec<&'static str>,
}

/// The kinds of columns.
const KINDS: &[&str] = &["i", "b", "n", "s", "d", "m"];

impl Query {
    fn new(seed: u64) -> Query {
        Query { random: StdRng::seed_from_u64(seed), aliases: vec!["x"] }
    }

    fn text(mut self) -> String {
        let from = self.from();
        let condition = if self.chance(80) { format!(" WHERE {}", self.condition(2)) } else { String::new() };
        if self.chance(35) {
            return self.grouped(&from, &condition);
        }
        let columns: Vec<String> = (0..self.random.random_range(1..4)).map(|_| self.value()).collect();
        let distinct = if self.chance(15) { "DISTINCT " } else { "" };
        let order: Vec<String> = (1..=columns.len()).map(|place| format!("{place}{}", self.direction())).collect();
        let limit = if self.chance(30) { format!(" LIMIT {}", self.random.random_range(0..9)) } else { String::new() };
        format!("SELECT {distinct}{} FROM {from}{condition} ORDER BY {}{limit}", columns.join(", "), order.join(", "))
    }

    fn grouped(&mut self, from: &str, condition: &str) -> String {
        let keys: Vec<String> = (0..self.random.random_range(0..3)).map(|_| self.any_column()).collect();
        let aggregates: Vec<String> = (0..self.random.random_range(1..3)).map(|_| self.aggregate()).collect();
        let mut text = format!("SELECT {} FROM {from}{condition}", [keys.clone(), aggregates].concat().join(", "));
        if !keys.is_empty() {
            text += &format!(" GROUP BY {}", keys.join(", "));
            if self.chance(40) {
                text += &format!(" HAVING {} > {}", self.pick(&["count(*)", "count(DISTINCT x.s)"]), self.random.random_range(0..3));
            }
            let order: Vec<String> = (1..=keys.len()).map(|place| format!("{place}{}", self.direction())).collect();
            text += &format!(" ORDER BY {}", order.join(", "));
        }
        text
    }

    fn from(&mut self) -> String {
        match self.random.random_range(0..10) {
            0..4 => "diff.ta x".to_owned(),
            4 => format!("(SELECT * FROM diff.ta ORDER BY id LIMIT {}) x", self.random.random_range(1..50)),
            5 => "(SELECT * FROM diff.ta UNION ALL SELECT * FROM diff.tb) x".to_owned(),
            _ => {
                let join = self.pick(&["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN"]);
                let kind = self.pick(&["i", "s", "d", "id", "n"]);
                self.aliases.push("y");
                let more = if self.chance(30) { format!(" AND {}", self.condition(0)) } else { String::new() };
                format!("diff.ta x {join} diff.tb y ON x.{kind} = y.{kind}{more}")
            }
        }
    }

    fn condition(&mut self, depth: u32) -> String {
        if depth > 0 && self.chance(45) {
            let (one, other) = (self.condition(depth - 1), self.condition(depth - 1));
            return match self.random.random_range(0..5) {
                0..2 => format!("({one} AND {other})"),
                2..4 => format!("({one} OR {other})"),
                _ => format!("NOT ({one})"),
            };
        }
        let kind = self.pick(KINDS);
        let column = self.column(kind);
        match self.random.random_range(0..12) {
            0..5 => format!("{column} {} {}", self.pick(&["=", "<>", "<", "<=", ">", ">="]), self.constant(kind)),
            5 => format!("{column} = {}", self.column(kind)),
            6 => format!("{column} IS {}NULL", self.pick(&["", "NOT "])),
            7 => format!("{column} {}IN ({}, {})", self.pick(&["", "NOT "]), self.constant(kind), self.constant(kind)),
            8 => format!("{column} BETWEEN {} AND {}", self.constant(kind), self.constant(kind)),
            9 => {
                let text = self.column("s");
                format!("{text} {}LIKE {}", self.pick(&["", "NOT "]), self.pick(&["'a%'", "'_'", "'%\\_%'", "'A%'", "'%b'", "''"]))
            }
            10 => format!("{column} IS {}DISTINCT FROM {}", self.pick(&["", "NOT "]), self.column(kind)),
            _ => {
                let negated = self.pick(&["", "NOT "]);
                format!(
                    "{negated}EXISTS (SELECT 1 FROM diff.tb z WHERE z.{kind} = {column} AND z.id < {})",
                    self.random.random_range(1..60)
                )
            }
        }
    }

    fn value(&mut self) -> String {
        let kind = self.pick(KINDS);
        let column = self.column(kind);
        match self.random.random_range(0..10) {
            0 => format!("coalesce({column}, {})", self.constant_not_null(kind)),
            1 => format!("CASE WHEN {} THEN {column} ELSE {} END", self.condition(0), self.column(kind)),
            2 => format!("{} || 'x'", self.column("s")),
            3 => format!("{} * {}", self.column("n"), self.column("n")),
            4 => self.column("f"),
            5 => format!("length({})", self.column("s")),
            _ => column,
        }
    }

    fn aggregate(&mut self) -> String {
        let any = self.any_column();
        match self.random.random_range(0..7) {
            0 => "count(*)".to_owned(),
            1 => format!("count({any})"),
            2 => format!("count(DISTINCT {any})"),
            3 => format!("min({any})"),
            4 => format!("max({any})"),
            5 => format!("sum({})", self.column("i")),
            _ => format!("sum({})", self.column("n")),
        }
    }

    fn any_column(&mut self) -> String {
        let kind = self.pick(KINDS);
        self.column(kind)
    }

    fn column(&mut self, kind: &str) -> String {
        let alias = self.aliases.choose(&mut self.random).copied().unwrap_or("x");
        format!("{alias}.{kind}")
    }

    fn constant(&mut self, kind: &str) -> String {
        if self.chance(3) { "NULL".to_owned() } else { self.constant_not_null(kind) }
    }

    fn constant_not_null(&mut self, kind: &str) -> String {
        let values = match kind {
            "i" => INTEGERS,
            "b" => LONGS,
            "n" => NUMBERS,
            "s" => TEXTS,
            "d" => DATES,
            _ => MOMENTS,
        };
        // The first one is NULL.
        self.pick(&values[1..]).to_owned()
    }

    fn direction(&mut self) -> &'static str {
        self.pick(&["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        *values.choose(&mut self.random).expect("a list of values")
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }
}

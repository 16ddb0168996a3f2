//! Random queries over random rows: pushed down, not pushed down, and for PostgreSQL at the source itself. All must answer the same.
//! Queries of the kinds that matter most are also pushed down whole, which their plans show.
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
    check_whole(&gateway, "random_pg", [WHOLE, WHOLE_IN_POSTGRESQL].concat()).await?;
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
    check_whole(&gateway, source, WHOLE.to_vec()).await?;
    compare(&gateway, source, None).await
}

/// Statements that make and fill the tables. The moments of the second have no fractions of a second, whatever they are compared with.
fn tables(text: &str, timestamp: &str, boolean: &str) -> String {
    let mut random = StdRng::seed_from_u64(7);
    let mut script = String::new();
    for (table, digits) in [("ta", 6), ("tb", 0)] {
        script += &format!(
            "CREATE TABLE diff.{table} (id int PRIMARY KEY, i int, b bigint, n decimal(12,3), s {text}, d date, m {timestamp}({digits}), \
             f {boolean}, k char(4));"
        );
        for id in 1..=ROWS {
            let mut value = |values: &[&str]| values.choose(&mut random).copied().unwrap_or("NULL").to_owned();
            let (i, b, n) = (value(INTEGERS), value(LONGS), value(NUMBERS));
            let (s, d, m, k) = (value(TEXTS), value(DATES), value(MOMENTS), value(KEYS));
            let f = match (value(&["NULL", "0", "1"]).as_str(), boolean) {
                ("NULL", _) => "NULL".to_owned(),
                (bit, "boolean") => (bit == "1").to_string(),
                (bit, _) => format!("b'{bit}'"),
            };
            script += &format!("INSERT INTO diff.{table} VALUES ({id}, {i}, {b}, {n}, {s}, {d}, {m}, {f}, {k});");
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
const KEYS: &[&str] = &["NULL", "''", "'a'", "'A'", "'ab'", "'ab  '", "' ab'", "'abcd'", "'a b'", "'9'"];
const DATES: &[&str] = &["NULL", "'1970-01-01'", "'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'2026-11-21'"];
const MOMENTS: &[&str] =
    &["NULL", "'1970-01-01 00:00:00'", "'2024-02-29 23:59:59.999999'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"];

/// What is one statement of the source, with nothing left to do here.
const WHOLE: &[&str] = &[
    "SELECT k, count(*), sum(n), avg(n) FROM diff.ta GROUP BY k",
    "SELECT k, avg(i), avg(b) FROM diff.ta WHERE k <> 'ab' GROUP BY k HAVING count(*) > 1 ORDER BY k",
    "SELECT id, row_number() OVER (PARTITION BY k ORDER BY n DESC, id) FROM diff.ta",
    "SELECT id, n, rank() OVER (ORDER BY n), lag(s, 2) OVER (ORDER BY id) FROM diff.ta ORDER BY id LIMIT 5",
    "SELECT id, sum(i) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), avg(n) OVER (PARTITION BY k) FROM diff.ta",
    "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) place FROM diff.ta) x WHERE place = 1",
    "SELECT x.id, y.id FROM diff.ta x LEFT JOIN diff.tb y ON x.i < y.i ORDER BY x.id DESC, y.id NULLS FIRST LIMIT 9",
    "SELECT x.id, y.id FROM diff.ta x CROSS JOIN diff.tb y LIMIT 3",
    "SELECT x.k, count(*) FROM diff.ta x JOIN diff.tb y ON x.k = y.k WHERE y.k IN ('a', 'ab') GROUP BY x.k",
    "SELECT id FROM diff.ta x WHERE x.i = 7 OR EXISTS (SELECT 1 FROM diff.tb y WHERE y.s = x.s)",
    "SELECT left(s, 2), substring(s from 2 for 1), trim(s), replace(s, 'a', 'b'), strpos(s, 'b'), floor(n), round(n, 1) FROM diff.ta",
    "SELECT i / 2, b % 7, b + b, nullif(s, 'a'), i::text, n::numeric(12,1) FROM diff.ta WHERE f IS NOT TRUE",
];

/// What only PostgreSQL has words for.
const WHOLE_IN_POSTGRESQL: &[&str] = &[
    "SELECT x.s, y.s FROM diff.ta x FULL JOIN diff.tb y ON x.s = y.s ORDER BY 1, 2",
    "SELECT date_trunc('month', m), count(*) FROM diff.ta GROUP BY 1",
    "SELECT extract(year FROM d), extract(dow FROM m), d - date '2020-01-01', greatest(i, 5), n::integer, n::text FROM diff.ta",
];

async fn check_whole(gateway: &Gateway, source: &str, queries: Vec<&str>) -> Result<(), Failed> {
    let client = gateway.connect(source).await;
    let mut left = Vec::new();
    for sql in queries {
        let plan = rows(&client, &format!("EXPLAIN {sql}")).await?;
        // What gives way to other tasks between the batches is no work.
        let operators: Vec<&String> = plan.iter().filter(|line| !line.contains("CooperativeExec")).collect();
        if operators.len() > 1 || !operators[0].contains("RemoteQuery") {
            left.push(format!("{sql}\n{}", plan.join("\n")));
        }
        rows(&client, sql).await.map_err(|error| format!("{source}: {sql}: {error}"))?;
    }
    assert!(left.is_empty(), "{source} has not all of the work of\n{}", left.join("\n"));
    let plan = rows(&client, &format!("EXPLAIN ANALYZE {}", WHOLE[0])).await?.join("\n");
    assert!(["rows=", "bytes=", "remote_time="].iter().all(|figure| plan.contains(figure)), "{plan}");
    Ok(())
}

async fn compare(gateway: &Gateway, source: &str, itself: Option<&Client>) -> Result<(), Failed> {
    let (pushed, here) = (gateway.connect(source).await, gateway.connect(source).await);
    here.simple_query("SET metagate.enable_pushdown = off").await?;
    let seeds = match std::env::var("METAGATE_TEST_SEED") {
        Ok(seed) => seed.parse()?..seed.parse::<u64>()? + 1,
        Err(_) => 0..QUERIES,
    };
    let (mut answered, mut different) = (0, Vec::new());
    for seed in seeds.clone() {
        let Query { text: sql, alike, .. } = Query::new(seed).written();
        let (one, other) = (rows(&pushed, &sql).await, rows(&here, &sql).await);
        answered += u64::from(other.is_ok());
        if one != other {
            different.push(format!("seed {seed}: {sql}\n  pushed {one:?}\n  here   {other:?}"));
        } else if let (Some(itself), Ok(found), true) = (itself, &other, alike) {
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
    /// Whether the ids of these tables tell rows apart.
    unique: bool,
    /// Whether PostgreSQL writes all of its numbers as the gateway does, which has one scale for all values of a column.
    alike: bool,
    text: String,
}

/// The kinds of columns.
const KINDS: &[&str] = &["i", "b", "n", "s", "d", "m", "k"];

impl Query {
    fn new(seed: u64) -> Query {
        Query { random: StdRng::seed_from_u64(seed), aliases: vec!["x"], unique: true, alike: true, text: String::new() }
    }

    fn written(mut self) -> Query {
        self.text = self.statement();
        self
    }

    fn statement(&mut self) -> String {
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
            5 => {
                self.unique = false;
                "(SELECT * FROM diff.ta UNION ALL SELECT * FROM diff.tb) x".to_owned()
            }
            6 => {
                self.aliases.push("y");
                let (join, kind) = (self.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN"]), self.pick(&["i", "n", "d", "k"]));
                format!("(SELECT * FROM diff.ta WHERE id < 9) x {join} diff.tb y ON x.{kind} {} y.{kind}", self.pick(&["<", "<=", "<>"]))
            }
            7 => {
                self.aliases.push("y");
                let kind = self.pick(&["i", "s", "d", "id", "n"]);
                format!("diff.ta x FULL JOIN diff.tb y ON x.{kind} = y.{kind}")
            }
            _ => {
                let join = self.pick(&["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN"]);
                let kind = self.pick(&["i", "s", "d", "id", "n", "k"]);
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
        match self.random.random_range(0..14) {
            12 => format!("x.f IS {}{}", self.pick(&["", "NOT "]), self.pick(&["TRUE", "FALSE"])),
            13 => format!("{} = {}", self.column("k"), self.column("s")),
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
        match self.random.random_range(0..16) {
            // Of equal keys with and without blanks at the end, any may come first.
            0 if kind == "k" => format!("coalesce({column}, 'wxyz')"),
            0 => format!("coalesce({column}, {})", self.constant_not_null(kind)),
            1 => format!("CASE WHEN {} THEN {column} ELSE {} END", self.condition(0), self.column(kind)),
            2 => format!("{} || 'x'", self.column("s")),
            3 => format!("{} * {}", self.column("n"), self.column("n")),
            4 => self.column("f"),
            5 => {
                let kind = self.pick(&["s", "k"]);
                format!("length({})", self.column(kind))
            }
            6..9 => self.window(),
            9..13 => self.function(),
            _ => column,
        }
    }

    /// A function of a row, with arguments for which it cannot fail.
    fn function(&mut self) -> String {
        let (text, number, integer, long) = (self.column("s"), self.column("n"), self.column("i"), self.column("b"));
        let (day, moment, key) = (self.column("d"), self.column("m"), self.column("k"));
        let count = self.random.random_range(0..3);
        match self.random.random_range(0..22) {
            0 => format!("left({text}, {count})"),
            1 => format!("right({text}, {count})"),
            2 => format!("substring({text} from {} for {count})", count + 1),
            3 => format!("trim({text})"),
            4 => format!("{}({text})", self.pick(&["ltrim", "rtrim"])),
            5 => format!("replace({text}, 'a', 'xy')"),
            6 => format!("strpos({text}, {})", self.pick(&["'a'", "'B'", "''", "'é'"])),
            7 => format!("abs({number})"),
            8 => format!("{}({number})", self.pick(&["floor", "ceil"])),
            9 => format!("round({number}, {count})"),
            10 => format!("nullif({text}, {})", self.constant_not_null("s")),
            11 => {
                let kind = self.pick(&["i", "b", "n", "d", "m"]);
                format!("{}({}, {})", self.pick(&["greatest", "least"]), self.column(kind), self.column(kind))
            }
            12 => format!("extract({} FROM {day})", self.pick(&["year", "month", "day", "week", "dow", "isodow", "doy", "quarter"])),
            13 => format!("extract({} FROM {moment})", self.pick(&["hour", "minute", "year", "quarter"])),
            14 => format!("date_trunc('{}', {moment})", self.pick(&["hour", "day", "week", "month", "quarter", "year", "century"])),
            15 => format!("{day} - {}", self.column("d")),
            16 => format!("{}::text", self.pick(&[&integer, &long, &number])),
            17 => format!("{number}::{}", self.pick(&["integer", "numeric(12,1)", "numeric(14,4)", "bigint"])),
            18 => format!("{integer} {} {}", self.pick(&["/", "%"]), self.pick(&["2", "3", "-7"])),
            19 => format!("{long} {} {}", self.pick(&["+", "-", "/", "%"]), self.pick(&["2", "3", "-7"])),
            20 => format!("{long} {} {}", self.pick(&["+", "-"]), self.column("b")),
            _ => format!("{key} || {text}"),
        }
    }

    /// A window function. Its order tells all rows apart, unless rows that are equal by it have one result.
    fn window(&mut self) -> String {
        let (value, kind) = (self.any_column(), self.pick(KINDS));
        if !self.unique {
            return value;
        }
        let partition = if self.chance(50) { format!("PARTITION BY {} ", self.any_column()) } else { String::new() };
        let ids: Vec<String> = self.aliases.iter().map(|alias| format!("{alias}.id")).collect();
        let (key, direction) = (self.column(kind), self.direction());
        let total = format!("ORDER BY {key}{direction}, {}", ids.join(", "));
        match self.random.random_range(0..5) {
            0 => format!("row_number() OVER ({partition}{total})"),
            1 => format!("{}() OVER ({partition}ORDER BY {key}{direction})", self.pick(&["rank", "dense_rank"])),
            2 => format!("{}({value}{}) OVER ({partition}{total})", self.pick(&["lag", "lead"]), self.pick(&["", ", 2", ", 0"])),
            3 => {
                let frame = self.frame();
                format!("{}({value}) OVER ({partition}{total}{frame})", self.pick(&["first_value", "last_value"]))
            }
            _ => {
                let aggregate = self.aggregate().replace("DISTINCT ", "");
                let frame = if self.chance(60) { format!("{total}{}", self.frame()) } else { format!("ORDER BY {key}{direction}") };
                format!("{aggregate} OVER ({partition}{})", if self.chance(85) { frame } else { String::new() })
            }
        }
    }

    fn frame(&mut self) -> &'static str {
        self.pick(&[
            "",
            " ROWS UNBOUNDED PRECEDING",
            " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
            " ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING",
            " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
        ])
    }

    fn aggregate(&mut self) -> String {
        let any = self.any_column();
        match self.random.random_range(0..9) {
            0 => "count(*)".to_owned(),
            1 => format!("count({any})"),
            2 => format!("count(DISTINCT {any})"),
            3 => format!("min({any})"),
            4 => format!("max({any})"),
            5 => format!("sum({})", self.column("i")),
            6 | 7 => {
                self.alike = false;
                let kind = self.pick(&["i", "b", "n"]);
                format!("avg({})", self.column(kind))
            }
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
            "k" => KEYS,
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

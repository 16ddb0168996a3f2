//! Queries in the SQL of an imaginary database, as small as a dialect can be.

use super::*;
use crate::query::{AggregateFunction, Bound, Frame, JoinKind, TableColumn, Window, WindowFunction};
use crate::types::PgType;

struct Plain;

impl Dialect for Plain {
    fn name(&self, name: &str) -> String {
        name.to_owned()
    }

    fn column(&self, column: &TableColumn, written: String) -> Option<String> {
        (column.native_type != "secret").then_some(written)
    }

    fn parameter(&self, place: usize, _: &DataType) -> String {
        format!("${place}")
    }

    fn takes(&self, value: &Value, _: &DataType) -> bool {
        matches!(value, Value::Int(_))
    }

    fn call(&self, function: Function, _: &[Expr], written: &[String], _: &DataType) -> Option<String> {
        let sign = match function {
            Function::Equal => "=",
            Function::Greater => ">",
            Function::Add => "+",
            _ => return None,
        };
        Some(format!("({})", written.join(&format!(" {sign} "))))
    }

    fn cast(&self, _: &Expr, _: &str, _: &DataType) -> Option<String> {
        None
    }

    fn aggregate(&self, function: AggregateFunction, argument: Option<(&Expr, &str)>, distinct: bool, _: &DataType) -> Option<String> {
        let (word, distinct) = (format!("{function:?}").to_lowercase(), if distinct { "DISTINCT " } else { "" });
        Some(format!("{word}({distinct}{})", argument.map_or("*", |(_, written)| written)))
    }

    fn group_key(&self, _: &DataType, written: &str) -> Option<String> {
        Some(written.to_owned())
    }

    fn sort_key(&self, key: &SortKey, written: &str) -> Option<String> {
        Some(format!("{written}{}", if key.descending { " DESC" } else { "" }))
    }

    fn window(&self, function: WindowFunction, _: &[Expr], written: &[String], over: &str, _: &DataType) -> Option<String> {
        Some(format!("{}({}){over}", format!("{function:?}").to_lowercase(), written.join(", ")))
    }

    fn limit(&self, skip: usize, fetch: Option<usize>) -> Option<String> {
        Some(format!("LIMIT {} OFFSET {skip}", fetch?))
    }

    fn boolean(&self, value: bool) -> String {
        value.to_string()
    }

    fn null(&self, _: &DataType) -> Option<String> {
        Some("NULL".to_owned())
    }

    fn has_full_join(&self) -> bool {
        true
    }

    fn parameters_max(&self) -> usize {
        4
    }
}

fn table(name: &str, columns: &[&str]) -> Query {
    let column = |name: &&str| TableColumn {
        name: (*name).to_owned(),
        data_type: DataType::Int64,
        pg_type: PgType::from_arrow(&DataType::Int64),
        native_type: (*name).to_owned(),
        collation: None,
    };
    Query::Table { schema: "s".to_owned(), table: name.to_owned(), columns: columns.iter().map(column).collect() }
}

fn column(place: usize) -> Expr {
    Expr::column(place, DataType::Int64)
}

fn number(value: i64) -> Expr {
    Expr::constant(Value::Int(value), DataType::Int64)
}

fn call(function: Function, left: Expr, right: Expr) -> Expr {
    Expr::call(function, vec![left, right], DataType::Boolean)
}

fn filter(input: Query, condition: Expr) -> Query {
    Query::Filter { input: Box::new(input), condition }
}

fn limit(input: Query, skip: usize, fetch: Option<usize>) -> Query {
    Query::Limit { input: Box::new(input), skip, fetch }
}

fn join(left: Query, right: Query, kind: JoinKind) -> Query {
    let condition = Some(call(Function::Equal, column(0), column(2)));
    Query::Join { left: Box::new(left), right: Box::new(right), kind, condition }
}

fn counted(input: Query, groups: Vec<Expr>) -> Query {
    let count = Aggregate { function: AggregateFunction::Count, argument: None, distinct: false, data_type: DataType::Int64 };
    Query::Aggregate { input: Box::new(input), groups, aggregates: vec![count] }
}

#[track_caller]
fn check(query: &Query, expected: &str, parameters: &[i64]) {
    let statement = write(query, &Plain).expect("a statement");
    assert_eq!(statement.text, expected);
    let found: Vec<Value> = statement.parameters.into_iter().map(|parameter| parameter.value).collect();
    assert_eq!(found, parameters.iter().copied().map(Value::Int).collect::<Vec<_>>());
}

#[test]
fn operators_share_a_select_while_it_means_the_same() {
    let query = filter(table("t", &["a", "b"]), call(Function::Greater, column(0), number(7)));
    check(&query, "SELECT t1.a AS c0, t1.b AS c1 FROM s.t AS t1 WHERE (t1.a > $1)", &[7]);
    let query = filter(counted(query, vec![column(1)]), call(Function::Greater, column(1), number(8)));
    let grouped = "SELECT t1.b AS c0, count(*) AS c1 FROM s.t AS t1 WHERE (t1.a > $1) GROUP BY t1.b HAVING (count(*) > $2)";
    check(&query, grouped, &[7, 8]);
    let key = SortKey { expression: column(1), descending: true, nulls_first: true };
    let query = limit(Query::Sort { input: Box::new(query), keys: vec![key] }, 2, Some(3));
    let sorted = format!("{grouped} ORDER BY count(*) DESC LIMIT 3 OFFSET 2");
    check(&query, &sorted, &[7, 8]);
    let query = filter(query, call(Function::Equal, column(0), number(9)));
    check(&query, &format!("SELECT t2.c0 AS c0, t2.c1 AS c1 FROM ({sorted}) AS t2 WHERE (t2.c0 = $3)"), &[7, 8, 9]);
}

#[test]
fn a_limit_stays_where_it_is() {
    let limited = limit(table("t", &["a", "b"]), 0, Some(5));
    let inner = "SELECT t1.a AS c0, t1.b AS c1 FROM s.t AS t1 LIMIT 5 OFFSET 0";
    check(&counted(limited.clone(), Vec::new()), &format!("SELECT count(*) AS c0 FROM ({inner}) AS t2"), &[]);
    check(&limit(limited.clone(), 1, Some(1)), &format!("SELECT t2.c0 AS c0, t2.c1 AS c1 FROM ({inner}) AS t2 LIMIT 1 OFFSET 1"), &[]);
    let union = Query::UnionAll { inputs: vec![limited.clone(), table("u", &["x", "y"])] };
    check(
        &union,
        &format!(
            "SELECT t4.c0 AS c0, t4.c1 AS c1 FROM (SELECT t2.c0 AS c0, t2.c1 AS c1 FROM ({inner}) AS t2 UNION ALL \
             SELECT t3.x AS c0, t3.y AS c1 FROM s.u AS t3) AS t4"
        ),
        &[],
    );
    check(
        &join(limited, table("u", &["x"]), JoinKind::Inner),
        &format!("SELECT t3.c0 AS c0, t3.c1 AS c1, t2.x AS c2 FROM (({inner}) AS t3 INNER JOIN s.u AS t2 ON (t3.c0 = t2.x))"),
        &[],
    );
}

#[test]
fn what_can_be_absent_keeps_its_conditions() {
    let right = || filter(table("u", &["x"]), call(Function::Greater, column(0), number(1)));
    let left = || filter(table("t", &["a", "b"]), call(Function::Greater, column(1), number(2)));
    check(
        &join(left(), right(), JoinKind::Inner),
        "SELECT t1.a AS c0, t1.b AS c1, t2.x AS c2 FROM (s.t AS t1 INNER JOIN s.u AS t2 ON (t1.a = t2.x)) WHERE (t1.b > $1) AND (t2.x > $2)",
        &[2, 1],
    );
    check(
        &join(left(), right(), JoinKind::Left),
        "SELECT t1.a AS c0, t1.b AS c1, t3.c0 AS c2 FROM (s.t AS t1 LEFT JOIN (SELECT t2.x AS c0 FROM s.u AS t2 WHERE (t2.x > $1)) AS t3 \
         ON (t1.a = t3.c0)) WHERE (t1.b > $2)",
        &[1, 2],
    );
    let computed = Query::Project { input: Box::new(table("u", &["x"])), expressions: vec![call(Function::Add, column(0), number(1))] };
    check(
        &join(left(), computed, JoinKind::Anti),
        "SELECT t1.a AS c0, t1.b AS c1 FROM s.t AS t1 WHERE (t1.b > $1) AND NOT EXISTS (SELECT 1 FROM s.u AS t2 \
         WHERE (t1.a = (t2.x + $2)))",
        &[2, 1],
    );
}

#[test]
fn full_joins_and_marks_are_written() {
    let right = || filter(table("u", &["x"]), call(Function::Greater, column(0), number(1)));
    check(
        &join(table("t", &["a", "b"]), right(), JoinKind::Full),
        "SELECT t1.a AS c0, t1.b AS c1, t3.c0 AS c2 FROM (s.t AS t1 FULL JOIN (SELECT t2.x AS c0 FROM s.u AS t2 WHERE (t2.x > $1)) AS t3 \
         ON (t1.a = t3.c0))",
        &[1],
    );
    let marked = join(table("t", &["a", "b"]), right(), JoinKind::Mark);
    assert_eq!(marked.column_types().len(), 3);
    check(
        &filter(marked, Expr::column(2, DataType::Boolean)),
        "SELECT t1.a AS c0, t1.b AS c1, (EXISTS (SELECT 1 FROM s.u AS t2 WHERE (t2.x > $1) AND (t1.a = t2.x))) AS c2 FROM s.t AS t1 \
         WHERE (EXISTS (SELECT 1 FROM s.u AS t2 WHERE (t2.x > $2) AND (t1.a = t2.x)))",
        &[1, 1],
    );
}

#[test]
fn window_functions_come_after_all_but_order_and_limit() {
    let frame = Frame { by_rows: true, start: Bound::Preceding(2), end: Bound::CurrentRow };
    let sum = Window {
        function: WindowFunction::Aggregate(AggregateFunction::Sum),
        arguments: vec![column(0)],
        partition: vec![column(1)],
        order: vec![SortKey { expression: column(0), descending: true, nulls_first: true }],
        frame: Some(frame),
        data_type: DataType::Int64,
    };
    let rank = Window { function: WindowFunction::RowNumber, arguments: Vec::new(), frame: None, partition: Vec::new(), ..sum.clone() };
    let input = filter(table("t", &["a", "b"]), call(Function::Greater, column(0), number(7)));
    let query = Query::Window { input: Box::new(input), functions: vec![sum, rank] };
    let written = "SELECT t1.a AS c0, t1.b AS c1, \
                   aggregate(sum)(t1.a) OVER (PARTITION BY t1.b ORDER BY t1.a DESC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS c2, \
                   rownumber() OVER (ORDER BY t1.a DESC) AS c3 FROM s.t AS t1 WHERE (t1.a > $1)";
    check(&query, written, &[7]);
    check(&limit(query.clone(), 0, Some(3)), &format!("{written} LIMIT 3 OFFSET 0"), &[7]);
    let first = filter(query, call(Function::Equal, column(3), number(1)));
    let columns = "t2.c0 AS c0, t2.c1 AS c1, t2.c2 AS c2, t2.c3 AS c3";
    check(&first, &format!("SELECT {columns} FROM ({written}) AS t2 WHERE (t2.c3 = $2)"), &[7, 1]);
}

#[test]
fn computed_groups_are_columns_first() {
    let query = counted(table("t", &["a", "b"]), vec![call(Function::Add, column(0), number(1))]);
    check(&query, "SELECT t2.c0 AS c0, count(*) AS c1 FROM (SELECT (t1.a + $1) AS c0 FROM s.t AS t1) AS t2 GROUP BY t2.c0", &[1]);
}

#[test]
fn what_a_dialect_cannot_say_is_not_written() {
    let none = |query: &Query| assert_eq!(write(query, &Plain), None, "{query:?}");
    none(&table("t", &["secret"]));
    none(&filter(table("t", &["a"]), call(Function::Like, column(0), number(1))));
    let unequal = Some(call(Function::Greater, column(0), column(2)));
    let (left, right) = (Box::new(table("t", &["a", "b"])), Box::new(table("u", &["x"])));
    none(&Query::Join { left, right, kind: JoinKind::Full, condition: unequal });
    none(&limit(table("t", &["a"]), 1, None));
    let any = (0..5).map(|value| call(Function::Equal, column(0), number(value))).collect();
    none(&filter(table("t", &["a"]), Expr::call(Function::Or, any, DataType::Boolean)));
}

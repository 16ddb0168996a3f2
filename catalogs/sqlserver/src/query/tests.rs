//! Queries, and the statements that are written for them.

use spi::query::{Aggregate, JoinKind, Query, write};
use spi::types::PgType;

use super::*;

fn table(columns: &[(&str, &str)]) -> Query {
    let column = |(name, native): &(&str, &str)| {
        let data_type = Native::parse(native).map_or(DataType::Utf8, |native| native.data_type());
        let pg_type = PgType::from_arrow(&data_type);
        TableColumn { name: (*name).to_owned(), data_type, pg_type, native_type: (*native).to_owned(), collation: None }
    };
    Query::Table { schema: "dbo".to_owned(), table: "t".to_owned(), columns: columns.iter().map(column).collect() }
}

fn column(place: usize, data_type: DataType) -> Expr {
    Expr::column(place, data_type)
}

fn number(value: i64) -> Expr {
    Expr::constant(Value::Int(value), DataType::Int32)
}

fn text(value: &str) -> Expr {
    Expr::constant(Value::Text(value.to_owned()), DataType::Utf8)
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    Expr::call(function, arguments, DataType::Boolean)
}

fn filter(input: Query, condition: Expr) -> Query {
    Query::Filter { input: Box::new(input), condition }
}

fn project(input: Query, expressions: Vec<Expr>) -> Query {
    Query::Project { input: Box::new(input), expressions }
}

fn limit(input: Query, skip: usize, fetch: Option<usize>) -> Query {
    Query::Limit { input: Box::new(input), skip, fetch }
}

fn sort(input: Query, expression: Expr, descending: bool, nulls_first: bool) -> Query {
    Query::Sort { input: Box::new(input), keys: vec![SortKey { expression, descending, nulls_first }] }
}

fn aggregated(input: Query, groups: Vec<Expr>, aggregates: Vec<(AggregateFunction, Option<Expr>, bool, DataType)>) -> Query {
    let aggregate = |(function, argument, distinct, data_type)| Aggregate { function, argument, distinct, data_type };
    Query::Aggregate { input: Box::new(input), groups, aggregates: aggregates.into_iter().map(aggregate).collect() }
}

#[track_caller]
fn check(query: &Query, expected: &str) {
    assert_eq!(write(query, &Words).expect("a statement").text, expected);
}

#[track_caller]
fn stays(query: &Query) {
    assert_eq!(write(query, &Words), None);
}

const BIN: &str = " COLLATE Latin1_General_100_BIN2";

#[test]
fn text_is_the_same_with_its_blanks() {
    let input = || table(&[("a", "nvarchar(9)"), ("b", "varchar(9)")]);
    let (a, b) = (|| column(0, DataType::Utf8), || column(1, DataType::Utf8));
    let select = format!("SELECT t1.[a]{BIN} AS [c0], CONVERT(nvarchar(9), t1.[b]){BIN} AS [c1] FROM [dbo].[t] AS t1 WHERE ");
    let same = |left: &str, right: &str| format!("{left}{BIN} = {right} AND DATALENGTH({left}) = DATALENGTH({right})");
    check(
        &filter(input(), call(Function::Equal, vec![a(), text("x")])),
        // A constant is a parameter wherever it stands.
        &format!("{select}(t1.[a] = @P1 AND t1.[a]{BIN} = @P2 AND DATALENGTH(t1.[a]) = DATALENGTH(@P3))"),
    );
    let converted = "CONVERT(nvarchar(9), t1.[b])";
    check(&filter(input(), call(Function::Equal, vec![a(), b()])), &format!("{select}({})", same("t1.[a]", converted)));
    check(
        &filter(input(), call(Function::NotEqual, vec![a(), b()])),
        &format!("{select}(t1.[a]{BIN} <> {converted} OR DATALENGTH(t1.[a]) <> DATALENGTH({converted}))"),
    );
    for function in [Function::Less, Function::GreaterOrEqual, Function::Like, Function::IsNotDistinctFrom] {
        stays(&filter(input(), call(function, vec![a(), b()])));
    }
    stays(&sort(input(), a(), false, false));
    let max = (AggregateFunction::Max, Some(a()), false, DataType::Utf8);
    stays(&aggregated(input(), Vec::new(), vec![max]));
}

#[test]
fn text_is_grouped_and_counted_with_its_blanks() {
    let input = table(&[("a", "nvarchar(9)")]);
    let a = || column(0, DataType::Utf8);
    let count = |distinct| (AggregateFunction::Count, Some(a()), distinct, DataType::Int64);
    check(
        &aggregated(input.clone(), vec![a()], vec![count(false)]),
        &format!(
            "SELECT t1.[a]{BIN} AS [c0], COUNT_BIG(t1.[a]{BIN}) AS [c1] FROM [dbo].[t] AS t1 GROUP BY t1.[a]{BIN}, DATALENGTH(t1.[a])"
        ),
    );
    check(
        &aggregated(input, Vec::new(), vec![count(true)]),
        &format!("SELECT COUNT_BIG(DISTINCT (CONVERT(nvarchar(max), t1.[a]) + N'.'){BIN}) AS [c0] FROM [dbo].[t] AS t1"),
    );
}

#[test]
fn conditions_and_truth_values_are_not_the_same() {
    let input = || table(&[("a", "int"), ("f", "bit")]);
    let (a, f) = (|| column(0, DataType::Int32), || column(1, DataType::Boolean));
    let select = "SELECT t1.[a] AS [c0], t1.[f] AS [c1] FROM [dbo].[t] AS t1 WHERE ";
    check(&filter(input(), f()), &format!("{select}(t1.[f] = 1)"));
    check(&filter(input(), call(Function::Not, vec![f()])), &format!("{select}(NOT (t1.[f] = 1))"));
    let more = || call(Function::Greater, vec![a(), number(3)]);
    check(&filter(input(), call(Function::And, vec![f(), more()])), &format!("{select}((t1.[f] = 1) AND (t1.[a] > CONVERT(int, @P1)))"));
    check(
        &project(input(), vec![more(), f()]),
        "SELECT CONVERT(bit, CASE WHEN (t1.[a] > CONVERT(int, @P1)) THEN 1 WHEN NOT (t1.[a] > CONVERT(int, @P2)) THEN 0 END) AS [c0], \
         t1.[f] AS [c1] FROM [dbo].[t] AS t1",
    );
    let truth = "CONVERT(bit, CASE WHEN (t1.[a] > CONVERT(int, @P1)) THEN 1 WHEN NOT (t1.[a] > CONVERT(int, @P2)) THEN 0 END)";
    check(&filter(input(), call(Function::Equal, vec![f(), more()])), &format!("{select}(t1.[f] = {truth})"));
    check(&filter(input(), call(Function::IsNull, vec![f()])), &format!("{select}(t1.[f] IS NULL)"));
    let chosen =
        Expr { kind: ExprKind::Case { branches: vec![(f(), number(1))], otherwise: Some(Box::new(a())) }, data_type: DataType::Int32 };
    check(
        &project(input(), vec![chosen]),
        "SELECT (CASE WHEN (t1.[f] = 1) THEN CONVERT(int, @P1) ELSE t1.[a] END) AS [c0] FROM [dbo].[t] AS t1",
    );
    let constant = Expr::constant(Value::Bool(true), DataType::Boolean);
    check(&filter(input(), constant), &format!("{select}(1 = 1)"));
}

#[test]
fn joins_mark_and_limit() {
    let on = || Some(call(Function::Equal, vec![column(0, DataType::Int32), column(1, DataType::Int32)]));
    let join = |kind| {
        let (left, right) = (Box::new(table(&[("a", "int")])), Box::new(table(&[("b", "int")])));
        Query::Join { left, right, kind, condition: on() }
    };
    check(
        &join(JoinKind::Full),
        "SELECT t1.[a] AS [c0], t2.[b] AS [c1] FROM ([dbo].[t] AS t1 FULL JOIN [dbo].[t] AS t2 ON (t1.[a] = t2.[b]))",
    );
    check(
        &filter(join(JoinKind::Mark), column(1, DataType::Boolean)),
        "SELECT t1.[a] AS [c0], CONVERT(bit, CASE WHEN (EXISTS (SELECT 1 FROM [dbo].[t] AS t2 WHERE (t1.[a] = t2.[b]))) THEN 1 \
         WHEN NOT (EXISTS (SELECT 1 FROM [dbo].[t] AS t2 WHERE (t1.[a] = t2.[b]))) THEN 0 END) AS [c1] FROM [dbo].[t] AS t1 \
         WHERE (CONVERT(bit, CASE WHEN (EXISTS (SELECT 1 FROM [dbo].[t] AS t2 WHERE (t1.[a] = t2.[b]))) THEN 1 \
         WHEN NOT (EXISTS (SELECT 1 FROM [dbo].[t] AS t2 WHERE (t1.[a] = t2.[b]))) THEN 0 END) = 1)",
    );
    let input = || table(&[("a", "int")]);
    let select = "SELECT t1.[a] AS [c0] FROM [dbo].[t] AS t1 ORDER BY";
    check(&limit(input(), 0, Some(5)), &format!("{select} (SELECT NULL) OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY"));
    check(&limit(input(), 2, None), &format!("{select} (SELECT NULL) OFFSET 2 ROWS"));
    stays(&limit(input(), 0, Some(0)));
    let a = || column(0, DataType::Int32);
    check(&limit(sort(input(), a(), false, true), 1, Some(5)), &format!("{select} t1.[a] ASC OFFSET 1 ROWS FETCH NEXT 5 ROWS ONLY"));
    let last = "CASE WHEN t1.[a] IS NULL THEN 1 ELSE 0 END, t1.[a] ASC";
    check(&sort(input(), a(), false, false), &format!("{select} {last}"));
    // An order that nobody sees would be refused inside of parentheses.
    let count = (AggregateFunction::Count, None, false, DataType::Int64);
    let sum = Expr::call(Function::Add, vec![a(), number(1)], DataType::Int32);
    check(
        &aggregated(sort(input(), a(), false, false), vec![sum], vec![count.clone()]),
        "SELECT t2.[c0] AS [c0], COUNT_BIG(*) AS [c1] FROM \
         (SELECT (CONVERT(int, t1.[a]) + CONVERT(int, CONVERT(int, @P1))) AS [c0] FROM [dbo].[t] AS t1) AS t2 GROUP BY t2.[c0]",
    );
    check(
        &aggregated(limit(project(input(), Vec::new()), 0, Some(3)), Vec::new(), vec![count]),
        "SELECT COUNT_BIG(*) AS [c0] FROM \
         (SELECT 1 AS [c0] FROM [dbo].[t] AS t1 ORDER BY (SELECT NULL) OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY) AS t2",
    );
}

#[test]
fn numbers_keep_their_meaning() {
    let input = || table(&[("a", "tinyint"), ("m", "money"), ("d", "decimal(20,4)")]);
    let (a, m, d) = (|| column(0, DataType::Int16), || column(1, DataType::Decimal128(19, 4)), || column(2, DataType::Decimal128(20, 4)));
    let of = |expression: Expr| {
        let statement = write(&project(input(), vec![expression]), &Words)?;
        let text = statement.text.strip_prefix("SELECT ")?.strip_suffix(" AS [c0] FROM [dbo].[t] AS t1").map(str::to_owned);
        Some(text.expect("one column"))
    };
    let small = |value| Expr::constant(Value::Int(value), DataType::Int16);
    let computed = |function, left, right, data_type| of(Expr::call(function, vec![left, right], data_type));
    let third = |sign: &str| Some(format!("(CONVERT(smallint, t1.[a]) {sign} CONVERT(smallint, CONVERT(smallint, @P1)))"));
    assert_eq!(computed(Function::Add, a(), small(3), DataType::Int16), third("+"));
    assert_eq!(computed(Function::Divide, a(), small(3), DataType::Int16), third("/"));
    assert_eq!(computed(Function::Modulo, a(), small(-3), DataType::Int16), third("%"));
    for divisor in [small(0), small(-1), a()] {
        assert_eq!(computed(Function::Divide, a(), divisor, DataType::Int16), None);
    }
    let price = "CONVERT(decimal(19, 4), t1.[m])";
    assert_eq!(computed(Function::Add, m(), d(), DataType::Decimal128(21, 4)), Some(format!("CONVERT(decimal(21, 4), {price} + t1.[d])")));
    // 40 digits would be rounded to 38.
    assert_eq!(computed(Function::Multiply, m(), d(), DataType::Decimal128(38, 8)), None);
    assert_eq!(computed(Function::Divide, m(), d(), DataType::Decimal128(38, 6)), None);
    let sum = |argument: Expr, data_type| {
        let query = aggregated(input(), Vec::new(), vec![(AggregateFunction::Sum, Some(argument), false, data_type)]);
        write(&query, &Words).map(|statement| statement.text)
    };
    let from = "AS [c0] FROM [dbo].[t] AS t1";
    assert_eq!(sum(a(), DataType::Int64), Some(format!("SELECT SUM(CONVERT(bigint, t1.[a])) {from}")));
    assert_eq!(sum(d(), DataType::Decimal128(30, 4)), Some(format!("SELECT CONVERT(decimal(30, 4), SUM(t1.[d])) {from}")));
    assert_eq!(sum(d(), DataType::Decimal128(30, 6)), None);
}

#[test]
fn other_types_are_computed_with_as_they_are_read() {
    let of = |native: &str| write(&table(&[("c", native)]), &Words).map(|statement| statement.text);
    let select = |value: &str| Some(format!("SELECT {value} AS [c0] FROM [dbo].[t] AS t1"));
    assert_eq!(of("datetime"), select("CONVERT(datetime2(3), t1.[c])"));
    assert_eq!(of("uniqueidentifier"), select(&format!("LOWER(CONVERT(nvarchar(36), t1.[c])){BIN}")));
    assert_eq!(of("hierarchyid"), select(&format!("t1.[c].ToString(){BIN}")));
    assert_eq!(of("geography"), select("t1.[c].STAsBinary()"));
    // What is behind the name is not known.
    assert_eq!(of("[dbo].[Phone]"), None);
}

#[test]
fn parameters_are_exact_or_refused() {
    let bound = |value, data_type| bound(&Parameter { value, data_type });
    let decimal = bound(Value::Decimal { digits: -5, scale: 2 }, DataType::Decimal128(9, 2));
    assert!(matches!(decimal, Some(ColumnData::String(Some(text))) if text == "-0.05"));
    assert!(bound(Value::Text("a\0".to_owned()), DataType::Utf8).is_none());
    assert!(bound(Value::Float(f64::NAN), DataType::Float64).is_none());
    let fine = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    assert!(matches!(bound(Value::Timestamp(1), fine), Some(ColumnData::DateTimeOffset(Some(_)))));
    assert!(bound(Value::Timestamp(i64::MAX), DataType::Timestamp(TimeUnit::Microsecond, None)).is_none());
}

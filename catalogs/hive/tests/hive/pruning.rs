//! Partitions that conditions rule out are not read; those that they do not are.

use std::sync::Arc;

use libtest_mimic::Trial;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::*;
use crate::server::Server;
use crate::{Shared, trials as trials_of};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    [
        trials_of(shared, "conditions_leave_the_right_partitions", conditions),
        trials_of(shared, "odd_values_of_partitions_are_found", odd),
        trials_of(shared, "many_partitions_are_narrowed", many),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn compare(column: &str, comparison: Comparison, value: Value) -> Predicate {
    Predicate::Compare { column: column.to_owned(), comparison, value }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// Whether a row of a partition fulfils a condition, by the rules of SQL.
fn fulfils(predicate: &Predicate, country: Option<&str>, n: i64) -> bool {
    let compared = |column: &str, comparison: Comparison, wanted: &Value| {
        let ordering = match (column, wanted) {
            ("country", Value::Text(wanted)) => country.map(|country| country.cmp(wanted)),
            ("n", Value::Int(wanted)) => Some(n.cmp(wanted)),
            _ => panic!("no such condition"),
        };
        ordering.is_some_and(|ordering| match comparison {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        })
    };
    match predicate {
        Predicate::Compare { column, comparison, value } => compared(column, *comparison, value),
        Predicate::In { column, values } => values.iter().any(|value| compared(column, Comparison::Equal, value)),
        Predicate::IsNull { column } => column == "country" && country.is_none(),
        Predicate::IsNotNull { column } => column == "n" || country.is_some(),
        Predicate::And(all) => all.iter().all(|predicate| fulfils(predicate, country, n)),
        Predicate::Or(any) => any.iter().any(|predicate| fulfils(predicate, country, n)),
    }
}

async fn conditions(server: &Server) {
    let folder = database(server, "pruned").await;
    let rows = table(&folder, "pruned", "rows", TEXT, &["x int"], &["country string", "n int"]);
    create(server, &rows).await;
    let countries = ["de", "DE", "é", "a'b", "__HIVE_DEFAULT_PARTITION__"];
    let numbers = ["-5", "0", "7", "100"];
    let partitions: Vec<Vec<&str>> = countries.iter().flat_map(|country| numbers.iter().map(|n| vec![*country, *n])).collect();
    add_partitions(server, &rows, &partitions).await;
    for (place, partition) in partitions.iter().enumerate() {
        write(&folder, &format!("rows/country={}/n={}/f", partition[0], partition[1]), format!("{place}\n").as_bytes());
    }
    let mut predicates = vec![
        Predicate::IsNull { column: "country".to_owned() },
        Predicate::IsNotNull { column: "country".to_owned() },
        Predicate::In { column: "country".to_owned(), values: vec![text("de"), text("é"), text("zz")] },
        Predicate::Or(vec![compare("n", Comparison::Equal, Value::Int(7)), compare("country", Comparison::Equal, text("DE"))]),
        Predicate::And(vec![compare("n", Comparison::Greater, Value::Int(0)), compare("country", Comparison::NotEqual, text("de"))]),
    ];
    let all = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];
    for comparison in all {
        predicates.extend([-5, 8].map(|number| compare("n", comparison, Value::Int(number))));
        predicates.extend(["de", "a'b"].map(|country| compare("country", comparison, text(country))));
    }
    let source = source(server).await;
    for predicate in predicates {
        let mut request = source.request("pruned", "rows").await;
        request.predicates = vec![predicate.clone()];
        let given = source.rows(request).await.expect("rows");
        for (place, partition) in partitions.iter().enumerate() {
            let country = Some(partition[0]).filter(|country| *country != countries[4]);
            let n = partition[1].parse().expect("a number");
            let line = format!("{place}|{}|{n}", country.unwrap_or("NULL"));
            assert!(!fulfils(&predicate, country, n) || given.contains(&line), "{predicate:?} lost {line}: {given:?}");
        }
        let wanted = partitions.iter().filter(|partition| {
            fulfils(&predicate, Some(partition[0]).filter(|country| *country != countries[4]), partition[1].parse().expect("a number"))
        });
        assert_eq!(given.len(), wanted.count(), "{predicate:?} reads too much: {given:?}");
    }
}

async fn many(server: &Server) {
    let folder = database(server, "lots").await;
    let rows = table(&folder, "lots", "rows", PARQUET, &["x int"], &["n int"]);
    create(server, &rows).await;
    let numbers: Vec<String> = (0..2_500).map(|number| number.to_string()).collect();
    let partitions: Vec<Vec<&str>> = numbers.iter().map(|number| vec![number.as_str()]).collect();
    add_partitions(server, &rows, &partitions).await;
    write(&folder, "rows/n=1234/f.parquet", b"x");
    let source = source(server).await;
    let mut request = source.request("lots", "rows").await;
    request.predicates = vec![compare("n", Comparison::Equal, Value::Int(1234))];
    let before = source.remote_calls.total();
    let found = source.files(server, request).await.expect("files");
    assert_eq!(found, ["/lots/rows/n=1234/f.parquet [Int(1234)]"]);
    // The table, its partitions by a filter, and one folder.
    assert!(source.remote_calls.total() - before <= 3);
}

/// Values that look like something else to a metastore, or are written otherwise in the names of folders.
async fn odd(server: &Server) {
    let folder = database(server, "odd").await;
    let rows = table(&folder, "odd", "rows", TEXT, &["x int"], &["day string", "hour int"]);
    create(server, &rows).await;
    let days = ["2024-01-01", "07", "7", "100%", "a=b", "12:30", "a b", "%3A", "null", "NULL", "true"];
    let partitions: Vec<Vec<&str>> = days.iter().map(|day| vec![*day, "007"]).collect();
    add_partitions(server, &rows, &partitions).await;
    for (place, day) in days.iter().enumerate() {
        write(&folder, &format!("rows/day={day}/hour=007/f"), format!("{place}\n").as_bytes());
    }
    let source = source(server).await;
    let whole = source.request("odd", "rows").await;
    for (place, day) in days.iter().enumerate() {
        let mut request = whole.clone();
        request.predicates = vec![compare("day", Comparison::Equal, text(day)), compare("hour", Comparison::Equal, Value::Int(7))];
        assert_eq!(source.rows(request).await.expect("rows"), [format!("{place}|{day}|7")], "{day}");
    }
    // All of them are of one hour, however it is written.
    for (predicate, expected) in [
        (compare("hour", Comparison::Equal, Value::Int(7)), days.len()),
        (Predicate::In { column: "hour".to_owned(), values: vec![Value::Int(6), Value::Int(7)] }, days.len()),
        (compare("hour", Comparison::GreaterOrEqual, Value::Int(7)), days.len()),
        (compare("hour", Comparison::Less, Value::Int(8)), days.len()),
        (compare("hour", Comparison::NotEqual, Value::Int(7)), 0),
        (compare("hour", Comparison::Greater, Value::Int(7)), 0),
    ] {
        let mut request = whole.clone();
        request.predicates = vec![predicate.clone()];
        assert_eq!(source.rows(request).await.expect("rows").len(), expected, "{predicate:?}");
    }
}

//! Conditions that are applied while reading give what the same filter gives over all rows.

use std::sync::Arc;

use libtest_mimic::Trial;
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::source;
use crate::server::{Sent, Server, value};
use crate::{Shared, trial};

const COLUMNS: [&str; 3] = ["_partition", "_offset", "_timestamp"];

/// When the first message was made, in milliseconds.
pub(crate) const START_MS: i64 = 1_600_000_000_000;

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![trial(shared, "predicates::conditions_give_what_a_filter_gives", conditions_give_what_a_filter_gives)]
}

/// A small generator of numbers, so that what failed once fails again.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % end
    }
}

pub(crate) fn random_predicate(random: &mut Random, depth: usize) -> Predicate {
    let column = COLUMNS[random.below(3) as usize].to_owned();
    let constant = |random: &mut Random| match column.as_str() {
        "_partition" => Value::Int(random.below(5) - 1),
        "_offset" => Value::Int(random.below(120) - 10),
        _ => Value::Timestamp((START_MS + random.below(120) - 10) * 1000 + random.below(3) - 1),
    };
    match random.below(if depth == 0 { 6 } else { 9 }) {
        0..4 => {
            let all = [
                Comparison::Equal,
                Comparison::NotEqual,
                Comparison::Less,
                Comparison::LessOrEqual,
                Comparison::Greater,
                Comparison::GreaterOrEqual,
            ];
            let value = constant(random);
            Predicate::Compare { comparison: all[random.below(6) as usize], value, column }
        }
        4 => Predicate::In { values: (0..random.below(4)).map(|_| constant(random)).collect(), column },
        5 if random.below(2) == 0 => Predicate::IsNull { column },
        5 => Predicate::IsNotNull { column },
        6 | 7 => Predicate::And((0..random.below(3) + 1).map(|_| random_predicate(random, depth - 1)).collect()),
        _ => Predicate::Or((0..random.below(3) + 1).map(|_| random_predicate(random, depth - 1)).collect()),
    }
}

/// What PostgreSQL would say of a row, in the order of [`COLUMNS`].
fn holds(predicate: &Predicate, row: [i64; 3]) -> bool {
    let of = |column: &str| row[COLUMNS.iter().position(|name| *name == column).expect("a column")];
    let number = |value: &Value| match value {
        Value::Int(number) | Value::Timestamp(number) => *number,
        other => panic!("no such value is made here: {other:?}"),
    };
    match predicate {
        Predicate::Compare { column, comparison, value } => {
            let ordering = of(column).cmp(&number(value));
            match comparison {
                Comparison::Equal => ordering.is_eq(),
                Comparison::NotEqual => ordering.is_ne(),
                Comparison::Less => ordering.is_lt(),
                Comparison::LessOrEqual => ordering.is_le(),
                Comparison::Greater => ordering.is_gt(),
                Comparison::GreaterOrEqual => ordering.is_ge(),
            }
        }
        Predicate::In { column, values } => values.iter().any(|value| number(value) == of(column)),
        Predicate::IsNull { .. } => false,
        Predicate::IsNotNull { .. } => true,
        Predicate::And(all) => all.iter().all(|one| holds(one, row)),
        Predicate::Or(any) => any.iter().any(|one| holds(one, row)),
    }
}

async fn conditions_give_what_a_filter_gives(server: &Server) {
    server.create("filtered", 3, &[]).await;
    let mut random = Random(7);
    let mut rows = Vec::new();
    let mut sent = Vec::new();
    for partition in 0..3 {
        for offset in 0..100 {
            // Times go back and forth, and many are equal.
            let millis = START_MS + offset / 3 * 3 + random.below(12) - 6;
            sent.push(Sent { partition, timestamp: Some(millis), ..value(format!("{partition}/{offset}")) });
            rows.push(([i64::from(partition), offset, millis * 1000], format!("{partition}/{offset}")));
        }
    }
    server.send("filtered", &sent);
    let source = source(server).await;
    let request = source.request_of("filtered", &["_value"]).await;
    for _ in 0..80 {
        let predicates: Vec<Predicate> = (0..random.below(2) + 1).map(|_| random_predicate(&mut random, 2)).collect();
        assert!(predicates.iter().all(|predicate| source.connector.applies(predicate)), "{predicates:?}");
        let wanted = rows.iter().filter(|(row, _)| predicates.iter().all(|predicate| holds(predicate, *row)));
        let mut expected: Vec<String> = wanted.map(|(_, text)| text.clone()).collect();
        expected.sort();
        let found = source.rows(ReadRequest { predicates: predicates.clone(), ..request.clone() }).await.expect("rows");
        assert_eq!(found, expected, "{predicates:?}");
    }
}

//! Where only the first or last messages are wanted, no more is read than is needed to have them, and never less.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::json;
use spi::connector::ReadRequest;
use spi::top_n::TopN;

use crate::defining::{definition, harvest_defined};
use crate::fixture::{Source, request_of_schema, source, source_with};
use crate::predicates::{Random, START_MS, random_predicate};
use crate::server::{Sent, Server, value};
use crate::{Shared, trial};

/// How long the broker may take to compact a topic.
const COMPACTED_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "top_n::partitions_are_read_from_their_ends", partitions_are_read_from_their_ends),
        trial(shared, "top_n::messages_are_counted_and_not_offsets", messages_are_counted_and_not_offsets),
        trial(shared, "top_n::compacted_messages_are_passed_over", compacted_messages_are_passed_over),
        trial(shared, "top_n::rows_are_counted_where_messages_have_many", rows_are_counted_where_messages_have_many),
        trial(shared, "top_n::what_may_be_needed_is_never_left_out", what_may_be_needed_is_never_left_out),
    ]
}

fn top_n(rows: usize, descending: bool) -> Option<TopN> {
    Some(TopN { rows, column: "_offset".to_owned(), descending, nulls_first: descending })
}

/// The rows of a request, and how often the brokers were asked for them.
async fn counted(source: &Source, request: ReadRequest) -> (Vec<String>, u64) {
    let before = source.remote_calls.total();
    let rows = source.rows(request).await.expect("rows");
    (rows, source.remote_calls.total() - before)
}

async fn partitions_are_read_from_their_ends(server: &Server) {
    server.create("newest", 4, &[]).await;
    let sizes = [(0, 2000), (1, 5), (3, 700)];
    for (partition, size) in sizes {
        let sent: Vec<Sent> = (0..size).map(|number| Sent { partition, ..value(number.to_string()) }).collect();
        server.send("newest", &sent);
    }
    let source = source(server).await;
    let request = source.request_of("newest", &["_partition", "_offset", "_value"]).await;
    let (_, calls_for_all) = counted(&source, request.clone()).await;
    for wanted in [1, 5, 10, 1000, 100_000] {
        for descending in [true, false] {
            // All that is sent was read, and nothing else was.
            let of_partition = |(partition, size): (i32, i64)| {
                let enough = size.min(wanted);
                let read = if descending { size - enough..size } else { 0..enough };
                read.map(move |offset| format!("{partition}|{offset}|{offset}"))
            };
            let mut expected: Vec<String> = sizes.into_iter().flat_map(of_partition).collect();
            expected.sort();
            let request = ReadRequest { top_n: top_n(wanted as usize, descending), ..request.clone() };
            let (rows, calls) = counted(&source, request).await;
            assert_eq!((rows, calls), (expected, calls_for_all), "{wanted} {descending}");
        }
    }
    // The order of times is not that of messages.
    let by_time = TopN { column: "_timestamp".to_owned(), ..top_n(1, true).expect("one") };
    let request = ReadRequest { columns: Vec::new(), top_n: Some(by_time), ..request };
    assert_eq!(source.count(request).await, 2705);
}

async fn messages_are_counted_and_not_offsets(server: &Server) {
    server.create("holes", 1, &[]).await;
    server.send_in_transaction("holes", &[value("a"), value("b"), value("c")], true);
    server.send_in_transaction("holes", &vec![value("dropped"); 300], false);
    server.send_in_transaction("holes", &[value("d")], true);
    server.send_in_transaction("holes", &[value("e")], true);
    let source = source(server).await;
    let request = source.request_of("holes", &["_offset", "_value"]).await;
    let (_, calls_for_all) = counted(&source, request.clone()).await;
    // What ends a transaction has an offset: after the last message, and between all that were sent alone.
    let (last, before, first) = (vec!["307|e"], vec!["305|d", "307|e"], vec!["0|a", "1|b", "2|c", "305|d", "307|e"]);
    for (wanted, descending, expected, steps) in [
        (1, true, &last, 2),
        (2, true, &before, 2),
        // 3, 6, 12, 24, 48, 96, and what is left of 192.
        (3, true, &first, 7),
        (400, true, &first, 1),
        (2, false, &vec!["0|a", "1|b"], 1),
        (4, false, &vec!["0|a", "1|b", "2|c", "305|d"], 1),
    ] {
        let request = ReadRequest { top_n: top_n(wanted, descending), ..request.clone() };
        let (rows, calls) = counted(&source, request).await;
        assert_eq!((rows, calls - calls_for_all + 1), (expected.iter().map(ToString::to_string).collect(), steps), "{wanted} {descending}");
    }
    // Where those that were dropped are wanted too, they are counted.
    let all = source_with(server, json!({"isolation_level": "read_uncommitted"})).await;
    let rows = all.rows(ReadRequest { top_n: top_n(2, true), ..request }).await.expect("rows");
    assert_eq!(rows, ["303|dropped", "305|d", "307|e"]);
}

async fn compacted_messages_are_passed_over(server: &Server) {
    let compacts = [("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "0.001"), ("segment.ms", "1000")];
    server.create("compacted", 1, &compacts).await;
    let of_key =
        |key: i64, timestamp: i64| Sent { key: Some(key.to_string().into()), timestamp: Some(timestamp), ..value(key.to_string()) };
    let sent: Vec<Sent> = (0..400).map(|number| of_key(if number < 10 { number } else { 10 }, START_MS)).collect();
    server.send("compacted", &sent);
    // The last segment is never compacted.
    server.send("compacted", &[of_key(11, START_MS + 10_000)]);
    let source = source(server).await;
    let request = source.request_of("compacted", &["_partition", "_offset", "_value"]).await;
    let started = Instant::now();
    let all = loop {
        let all = source.rows(request.clone()).await.expect("rows");
        if all.len() <= 12 {
            break all;
        }
        assert!(started.elapsed() < COMPACTED_TIMEOUT, "nothing was compacted");
    };
    assert_eq!((all.len(), all.contains(&"0|399|10".to_owned()), all.contains(&"0|400|11".to_owned())), (12, true, true));
    for wanted in [1, 2, 3, 12, 20] {
        for descending in [true, false] {
            let sent = source.rows(ReadRequest { top_n: top_n(wanted, descending), ..request.clone() }).await.expect("rows");
            check(&all, &sent, wanted, descending, "compacted");
            // Only the last two, or the first ten, have no holes between them.
            assert!(wanted > 2 || sent.len() == wanted, "{wanted} {descending}: {sent:?}");
        }
    }
}

async fn rows_are_counted_where_messages_have_many(server: &Server) {
    server.create("lists", 2, &[]).await;
    let list = |number: i64, rows: i64| (0..rows).map(|row| json!({"id": number * 10 + row})).collect::<Vec<_>>();
    let message = |number: i64| {
        let partition = (number % 2) as i32;
        match number % 5 {
            // Without a value, or with an empty list, it has no rows.
            0 => Sent { partition, ..Sent::default() },
            rows => Sent { partition, ..value(json!({"items": list(number, rows - 1)}).to_string()) },
        }
    };
    server.send("lists", &(0..60).map(message).collect::<Vec<_>>());
    let source = source(server).await;
    let schema = harvest_defined(&source, "lists", definition(json!({"row_path": "items"}))).await;
    let mut request = request_of_schema(&schema, "lists");
    request.columns.retain(|column| ["_partition", "_offset", "id"].contains(&column.name().as_str()));
    let all = source.rows(request.clone()).await.expect("rows");
    assert_eq!(all.len(), 72);
    for wanted in [1, 2, 3, 7, 20, 100] {
        for descending in [true, false] {
            let request = ReadRequest { top_n: top_n(wanted, descending), ..request.clone() };
            let sent = source.rows(request).await.expect("rows");
            check(&all, &sent, wanted, descending, "lists");
            assert!(wanted > 10 || sent.len() < all.len(), "{wanted} {descending}");
        }
    }
}

async fn what_may_be_needed_is_never_left_out(server: &Server) {
    server.create("sparse", 3, &[]).await;
    let mut random = Random(5);
    for transaction in 0..24 {
        let partition = random.below(2) as i32;
        let sent: Vec<Sent> = (0..random.below(20) + 1)
            .map(|number| {
                let timestamp = Some(START_MS + random.below(120) - 10);
                Sent { partition, timestamp, ..value(format!("{transaction}/{number}")) }
            })
            .collect();
        match random.below(3) {
            0 => server.send("sparse", &sent),
            outcome => server.send_in_transaction("sparse", &sent, outcome == 1),
        }
    }
    server.delete_before("sparse", 3).await;
    let source = source(server).await;
    let request = source.request_of("sparse", &["_partition", "_offset", "_value"]).await;
    for _ in 0..40 {
        let predicates: Vec<_> = (0..random.below(3)).map(|_| random_predicate(&mut random, 1)).collect();
        let (wanted, descending) = (random.below(30) as usize, random.below(2) == 0);
        let all = ReadRequest { predicates: predicates.clone(), ..request.clone() };
        let some = ReadRequest { top_n: top_n(wanted, descending), ..all.clone() };
        let (all, some) = (source.rows(all).await.expect("rows"), source.rows(some).await.expect("rows"));
        check(&all, &some, wanted, descending, &format!("{predicates:?}"));
    }
}

/// Each row was sent once, and what was not sent has enough rows before it, as [`TopN`] wants it. The second value of a row is its offset.
#[track_caller]
fn check(all: &[String], sent: &[String], wanted: usize, descending: bool, what: &str) {
    let key = |row: &String| {
        let offset: i64 = row.split('|').nth(1).expect("an offset").parse().expect("a number");
        if descending { -offset } else { offset }
    };
    let what = format!("the first {wanted} of {what}, descending {descending}");
    assert!(sent.is_sorted_by(|one, other| one < other), "{what}: rows were sent twice: {sent:?}");
    assert!(sent.iter().all(|row| all.contains(row)), "{what}: rows were sent that are not there: {sent:?}");
    for row in all.iter().filter(|row| !sent.contains(row)) {
        let before = sent.iter().filter(|other| key(other) < key(row)).count();
        assert!(before >= wanted, "{what}: {row} was left out, and only {before} rows come before it: {sent:?}");
    }
}

//! Groups, aggregates and windows.

use super::support::*;
use crate::expr::Expr;
use crate::query::{AggregateCall, Bound, Exclusion, Frame, FrameUnit, Grouping, Query, Select, Window, WindowCall, WindowFunction};
use crate::types::oid;

/// `a` is a key with a null, `b` a number with a null.
fn rows() -> crate::query::From {
    scan(&table("rows", false, &[&[1, 10], &[2, 5], &[1, 20], &[-1, 7], &[2, -1], &[1, 10]]), 0)
}

fn aggregate(entry: crate::function::AggregateEntry, register: usize) -> AggregateCall {
    AggregateCall {
        direct: 0,
        name: entry.name.into(),
        entry,
        signature: signature(oid::INT8),
        arguments: vec![col(1)],
        distinct: false,
        order_by: Vec::new(),
        filter: None,
        register,
    }
}

fn grouped(sets: Vec<Vec<usize>>, aggregates: Vec<AggregateCall>, filter: Option<Expr>) -> Select {
    let keys = if sets.iter().all(Vec::is_empty) { Vec::new() } else { vec![(col(0), 4)] };
    let output = if keys.is_empty() { vec![col(5)] } else { vec![col(4), col(5), col(6)] };
    let grouping_calls = if keys.is_empty() { Vec::new() } else { vec![(vec![0], 6)] };
    Select { grouping: Some(Grouping { keys, sets, aggregates, grouping_calls }), ..select(vec![rows()], filter, output) }
}

#[test]
fn nulls_are_one_group() {
    let rows = run_sorted(&query(grouped(vec![vec![0]], vec![aggregate(SUM, 5)], None)));
    assert_eq!(rows, ["- 7 0", "1 40 0", "2 5 0"]);
}

#[test]
fn aggregates_without_keys_have_one_group_also_without_rows() {
    assert_eq!(run(&query(grouped(vec![vec![]], vec![aggregate(SUM, 5)], None))), ["52"]);
    assert_eq!(run(&query(grouped(vec![vec![]], vec![aggregate(SUM, 5)], Some(truth(false))))), ["-"]);
    assert!(run(&query(grouped(vec![vec![0]], vec![aggregate(SUM, 5)], Some(truth(false))))).is_empty());
}

#[test]
fn each_grouping_set_has_its_groups() {
    let rows = run(&query(grouped(vec![vec![0], vec![]], vec![aggregate(SUM, 5)], None)));
    assert_eq!(rows, ["1 40 0", "2 5 0", "- 7 0", "- 52 1"]);
}

#[test]
fn aggregates_may_sort_filter_and_leave_out_what_is_twice() {
    let distinct = AggregateCall { distinct: true, ..aggregate(SUM, 5) };
    assert_eq!(run(&query(grouped(vec![vec![]], vec![distinct], None))), ["42"]);
    let collected = AggregateCall { distinct: true, ..aggregate(ARRAY_AGG, 5) };
    assert_eq!(run(&query(grouped(vec![vec![]], vec![collected], None))), ["{5,7,10,20,-}"]);
    let sorted = AggregateCall { order_by: vec![(col(1), DESCENDING)], ..aggregate(ARRAY_AGG, 5) };
    assert_eq!(run(&query(grouped(vec![vec![]], vec![sorted], None))), ["{-,20,10,10,7,5}"]);
    let filtered = AggregateCall { filter: Some(lt(col(1), int(10))), ..aggregate(SUM, 5) };
    assert_eq!(run(&query(grouped(vec![vec![]], vec![filtered], None))), ["12"]);
}

#[test]
fn having_asks_the_groups() {
    let body = Select { having: Some(lt(col(5), int(10))), ..grouped(vec![vec![0]], vec![aggregate(SUM, 5)], None) };
    assert_eq!(run_sorted(&query(body)), ["- 7 0", "2 5 0"]);
}

fn window(function: WindowFunction, arguments: Vec<Expr>, frame: Frame) -> Query {
    let call = WindowCall { function, signature: signature(oid::INT8), arguments, filter: None, frame, register: 5 };
    let order_by = vec![(col(1), ASCENDING)];
    let windows = vec![Window { partition_by: vec![col(0)], order_by, functions: vec![call] }];
    query(Select { windows, ..select(vec![rows()], None, vec![col(0), col(1), col(5)]) })
}

fn frame(unit: FrameUnit, start: Bound, end: Bound) -> Frame {
    Frame { unit, start, end, exclusion: Exclusion::None, is_zoned: false }
}

fn default_frame() -> Frame {
    frame(FrameUnit::Range, Bound::UnboundedPreceding, Bound::CurrentRow)
}

fn values_of(query: &Query) -> Vec<String> {
    run(query).into_iter().map(|row| row.rsplit(' ').next().unwrap().to_owned()).collect()
}

/// Partitions in order: 1 with 10, 10, 20; 2 with 5, null; null with 7.
#[test]
fn ranks_see_peers() {
    let of = |function| values_of(&window(function, Vec::new(), default_frame()));
    assert_eq!(of(WindowFunction::RowNumber), ["1", "2", "3", "1", "2", "1"]);
    assert_eq!(of(WindowFunction::Rank), ["1", "1", "3", "1", "2", "1"]);
    assert_eq!(of(WindowFunction::DenseRank), ["1", "1", "2", "1", "2", "1"]);
    assert_eq!(of(WindowFunction::PercentRank), ["0", "0", "1", "0", "1", "0"]);
    assert_eq!(of(WindowFunction::CumeDist)[2..], ["1", "0.5", "1", "1"]);
}

#[test]
fn neighbours_are_in_the_same_partition() {
    let of = |function, arguments| values_of(&window(function, arguments, default_frame()));
    assert_eq!(of(WindowFunction::Lag, vec![col(1)]), ["-", "10", "10", "-", "5", "-"]);
    assert_eq!(of(WindowFunction::Lead, vec![col(1), int(2), int(0)]), ["20", "0", "0", "0", "0", "0"]);
    assert_eq!(of(WindowFunction::Ntile, vec![int(2)]), ["1", "1", "2", "1", "2", "1"]);
}

#[test]
fn aggregates_see_their_frame() {
    let of = |frame| values_of(&window(WindowFunction::Aggregate(SUM), vec![col(1)], frame));
    assert_eq!(of(default_frame()), ["20", "20", "40", "5", "5", "7"]);
    let rows = frame(FrameUnit::Rows, Bound::Preceding(int(1)), Bound::CurrentRow);
    assert_eq!(of(rows), ["10", "20", "30", "5", "5", "7"]);
    let following = frame(FrameUnit::Rows, Bound::Following(int(1)), Bound::UnboundedFollowing);
    assert_eq!(of(following), ["30", "20", "-", "-", "-", "-"]);
    let groups = frame(FrameUnit::Groups, Bound::CurrentRow, Bound::Following(int(1)));
    assert_eq!(of(groups), ["40", "40", "20", "5", "-", "7"]);
    let range = frame(FrameUnit::Range, Bound::Preceding(int(5)), Bound::Following(int(5)));
    assert_eq!(of(range), ["20", "20", "20", "5", "-", "7"]);
}

#[test]
fn values_of_the_frame_are_found_by_place() {
    let of = |function, arguments, frame| values_of(&window(function, arguments, frame));
    assert_eq!(of(WindowFunction::LastValue, vec![col(1)], default_frame()), ["10", "10", "20", "5", "-", "7"]);
    let all = frame(FrameUnit::Rows, Bound::UnboundedPreceding, Bound::UnboundedFollowing);
    assert_eq!(of(WindowFunction::NthValue, vec![col(1), int(3)], all), ["20", "20", "20", "-", "-", "-"]);
    let query = window(WindowFunction::NthValue, vec![col(1), int(0)], default_frame());
    assert_eq!(try_run(&query).unwrap_err().code.sqlstate(), "22016");
    let negative = frame(FrameUnit::Rows, Bound::Preceding(int(-2)), Bound::CurrentRow);
    let error = try_run(&window(WindowFunction::Aggregate(SUM), vec![col(1)], negative)).unwrap_err();
    assert_eq!((error.code.sqlstate(), error.message.as_str()), ("22013", "frame starting offset must not be negative"));
}

//! The plan of a SELECT.

use std::sync::Arc;

use crate::query::{Register, Select};

use super::build::Planner;
use super::join::{filtered_by, join};
use super::registers::Registers;
use super::{Answer, Estimate, Group, Output, ProjectSet, Source, WindowScan};

/// What a set-returning function of the select list is thought to return.
const SET_ROWS: f64 = 10.0;

impl Planner<'_> {
    pub(super) fn select(&mut self, select: &Select) -> (Answer, Estimate) {
        let from = self.group(&select.from, select.filter.as_ref());
        let (mut source, mut estimate) = join(&from, &Registers::default());
        let mut live: Vec<Register> = from.fills().iter().collect();
        if let Some(grouping) = &select.grouping {
            live = grouping.keys.iter().map(|(_, register)| *register).collect();
            live.extend(grouping.aggregates.iter().map(|aggregate| aggregate.register));
            live.extend(grouping.grouping_calls.iter().map(|(_, register)| *register));
            estimate.rows = if grouping.keys.is_empty() { 1.0 } else { estimate.rows.sqrt() };
            source = Source::Group(Arc::new(Group { input: source, grouping: grouping.clone() }));
        }
        if let Some(having) = &select.having {
            source = filtered_by(source, having);
        }
        for window in &select.windows {
            source = Source::Window(Arc::new(WindowScan { input: source, window: window.clone(), registers: live.clone() }));
            live.extend(window.functions.iter().map(|call| call.register));
        }
        for calls in &select.set_returning {
            self.is_unbounded = true;
            estimate.rows *= SET_ROWS;
            source = Source::ProjectSet(Arc::new(ProjectSet { input: source, calls: calls.clone() }));
        }
        (Answer::Output(Arc::new(Output { input: source, expressions: select.output.clone() })), estimate)
    }
}

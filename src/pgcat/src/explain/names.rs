//! What the registers of a query hold, in words.

use std::collections::HashMap;

use crate::query::{Register, SystemColumn};

use super::expression::Names;
use crate::plan::{QueryPlan, RelationAccess, Source};

/// Words for registers; those that are not named are shown by their number.
pub(super) type Words = HashMap<Register, String>;

/// Names the registers of scans. What grouping and windows compute is named by the nodes that compute it.
pub(super) fn name_registers(source: &Source, around: &Names<'_>, words: &mut Words) {
    match source {
        Source::One => {}
        Source::Relation(access) => relation(access, words),
        Source::Function(scan) => {
            for function in &scan.functions {
                for fill in &function.registers {
                    words.insert(fill.register, scan.alias.clone());
                }
            }
            if let Some(register) = scan.ordinality {
                words.insert(register, format!("{}.ordinality", scan.alias));
            }
        }
        Source::Query(scan) => columns(&scan.alias, &scan.query, &scan.registers, words),
        Source::Cte(scan) => {
            if let Some(plan) = around.cte(scan.levels, scan.cte) {
                columns(&scan.alias, &plan, &scan.registers, words);
            }
        }
        Source::NestedLoop(join) => {
            name_registers(&join.left, around, words);
            name_registers(&join.right, around, words);
        }
        Source::HashJoin(join) => {
            name_registers(&join.left, around, words);
            name_registers(&join.right, around, words);
        }
        Source::Filter(filter) => name_registers(&filter.input, around, words),
        Source::Gate(gate) => name_registers(&gate.input, around, words),
        Source::Group(group) => name_registers(&group.input, around, words),
        Source::Window(window) => name_registers(&window.input, around, words),
        Source::ProjectSet(set) => name_registers(&set.input, around, words),
    }
}

fn relation(access: &RelationAccess, words: &mut Words) {
    let scan = &access.scan;
    for fill in &scan.registers {
        if let Some(column) = scan.relation.columns().get(fill.column) {
            words.insert(fill.register, format!("{}.{}", scan.alias, column.name));
        }
    }
    for (column, register) in &scan.system {
        words.insert(*register, format!("{}.{}", scan.alias, system_name(*column)));
    }
}

fn columns(alias: &str, plan: &QueryPlan, registers: &[crate::query::Fill], words: &mut Words) {
    for fill in registers {
        if let Some(field) = plan.fields.get(fill.column) {
            words.insert(fill.register, format!("{alias}.{}", field.name));
        }
    }
}

fn system_name(column: SystemColumn) -> &'static str {
    match column {
        SystemColumn::Ctid => "ctid",
        SystemColumn::Xmin => "xmin",
        SystemColumn::Cmin => "cmin",
        SystemColumn::Xmax => "xmax",
        SystemColumn::Cmax => "cmax",
        SystemColumn::Tableoid => "tableoid",
    }
}

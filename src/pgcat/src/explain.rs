//! The text of a plan, in the form of PostgreSQL's EXPLAIN without costs.

mod expression;
mod names;
mod nodes;

use spi::Result;

use crate::function::Context;
use crate::plan::Plan;
use nodes::Explainer;

/// The lines of EXPLAIN.
pub fn explain(plan: &Plan, context: &Context<'_>) -> Result<Vec<String>> {
    let node = Explainer::new(plan, context).query(&plan.query)?;
    let mut lines = Vec::new();
    node.print("", "", &mut lines);
    Ok(lines)
}

/// A node of a plan as it is shown.
#[derive(Debug, Default)]
struct Node {
    title: String,
    /// What stands below the title, for example `Filter: (a = 1)`.
    details: Vec<String>,
    /// Where the plan of a WITH query or of a sub-query stands: its label. Others have none.
    children: Vec<(Option<String>, Node)>,
}

impl Node {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// `Filter: …`, or nothing without conditions.
    fn detail(mut self, name: &str, parts: &[String]) -> Self {
        match parts {
            [] => {}
            [part] => self.details.push(format!("{name}: {part}")),
            parts => self.details.push(format!("{name}: ({})", parts.join(" AND "))),
        }
        self
    }

    fn child(mut self, node: Node) -> Self {
        self.children.push((None, node));
        self
    }

    /// Prints the title behind an arrow, and what is below it further in.
    fn print(&self, indent: &str, arrow: &str, lines: &mut Vec<String>) {
        lines.push(format!("{indent}{arrow}{}", self.title));
        let inner = format!("{indent}{}  ", " ".repeat(arrow.len()));
        lines.extend(self.details.iter().map(|detail| format!("{inner}{detail}")));
        for (label, child) in &self.children {
            match label {
                Some(label) => {
                    lines.push(format!("{inner}{label}"));
                    child.print(&format!("{inner}  "), "->  ", lines);
                }
                None => child.print(&inner, "->  ", lines),
            }
        }
    }
}

#[cfg(test)]
mod tests;

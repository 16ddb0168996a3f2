//! EXPLAIN: the plan as lines of text, or as the JSON that PostgreSQL's tools read.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use spi::Result;
use spi::types::{PgType, oid};

use crate::answer::{Answer, Column};
use crate::insert;
use crate::parse::{Explain, ExplainFormat};
use crate::plan::{Plan, Values};
use crate::plan_context::PlanContext;

/// How far a node is indented against the one that it feeds.
const INDENT: usize = 2;

pub(crate) async fn run(context: &Arc<PlanContext>, explain: &Explain, plan: &Plan, values: Values) -> Result<Answer> {
    let inserted = match plan {
        Plan::Data(planned) => planned.target.as_ref().map(|target| (planned, target)),
        Plan::Catalog(_) => None,
    };
    let lines = match inserted {
        Some((planned, target)) => insert::explain(context, planned, target, values.data()?, explain.analyze, explain.verbose).await?,
        None => plan.explain(context, values, explain.analyze, explain.verbose).await?,
    };
    let rows = match explain.format {
        ExplainFormat::Text => lines,
        ExplainFormat::Json => vec![format!("{:#}", json!([{ "Plan": tree(&lines) }]))],
    };
    Answer::text(columns(explain.format), vec![rows], "EXPLAIN")
}

/// The columns that the statement answers with.
pub(crate) fn columns(format: ExplainFormat) -> Arc<[Column]> {
    let oid = match format {
        ExplainFormat::Text => oid::TEXT,
        ExplainFormat::Json => oid::JSON,
    };
    [Column::new("QUERY PLAN", PgType::new(oid))].into()
}

/// The nodes of an indented plan, each with the nodes that feed it.
fn tree(lines: &[String]) -> Value {
    let depth = |line: &String| (line.len() - line.trim_start().len()) / INDENT;
    let Some((first, rest)) = lines.split_first() else { return Value::Null };
    let (kind, detail) = first.trim().split_once(": ").unwrap_or((first.trim().trim_end_matches(':'), ""));
    let mut node = Map::new();
    node.insert("Node Type".to_owned(), kind.into());
    if !detail.is_empty() {
        node.insert("Detail".to_owned(), detail.into());
    }
    let mut children: Vec<Value> = Vec::new();
    let mut rest = rest;
    while let Some(child) = rest.first() {
        let end = rest.iter().skip(1).position(|line| depth(line) <= depth(child)).map_or(rest.len(), |index| index + 1);
        let (subtree, after) = rest.split_at(end);
        children.push(tree(subtree));
        rest = after;
    }
    if !children.is_empty() {
        node.insert("Plans".to_owned(), children.into());
    }
    Value::Object(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_becomes_a_tree() {
        let lines = ["HashJoin: on=[(a, b)]", "  Scan: shop.public.a", "  Filter: x > 1", "    Scan: shop.public.b"].map(str::to_owned);
        let expected = json!({
            "Node Type": "HashJoin",
            "Detail": "on=[(a, b)]",
            "Plans": [
                { "Node Type": "Scan", "Detail": "shop.public.a" },
                { "Node Type": "Filter", "Detail": "x > 1", "Plans": [{ "Node Type": "Scan", "Detail": "shop.public.b" }] },
            ],
        });
        assert_eq!(tree(&lines), expected);
    }
}

//! The nodes of a plan.

use std::sync::Arc;

use spi::Result;

use crate::function::Context;
use crate::plan::{Answer, Group, HashJoin, HashJoinKind, Key, Lookup, Plan, QueryPlan, RelationAccess, SetOperation, Source, WindowScan};
use crate::query::{FunctionScan, SetOperator, SortKey, SortOrder, TableExpr};

use super::Node;
use super::expression::Names;
use super::names::{Words, name_registers};

/// Shows plans. It numbers the sub-queries of expressions as it meets them.
pub(super) struct Explainer<'a> {
    names: Names<'a>,
}

impl<'a> Explainer<'a> {
    pub fn new(plan: &'a Plan, context: &'a Context<'a>) -> Self {
        Self { names: Names::new(plan, context) }
    }

    /// The plan of a query, with those of its WITH.
    pub fn query(&mut self, plan: &Arc<QueryPlan>) -> Result<Node> {
        self.names.enter(plan.clone());
        if let Some(source) = source_of(&plan.root) {
            let mut words = Words::new();
            name_registers(source, &self.names, &mut words);
            words.into_iter().for_each(|(register, words)| self.names.name(register, words));
        }
        let node = self.inside(plan);
        self.names.leave();
        node
    }

    fn inside(&mut self, plan: &Arc<QueryPlan>) -> Result<Node> {
        let mut ctes = Vec::new();
        for (name, cte) in plan.names.iter().zip(&plan.ctes) {
            ctes.push((Some(format!("CTE {name}")), self.query(cte)?));
        }
        let mut node = self.answer(&plan.root)?;
        node.children.splice(0..0, ctes);
        Ok(node)
    }

    fn answer(&mut self, answer: &Answer) -> Result<Node> {
        match answer {
            Answer::Output(output) => self.source(&output.input),
            Answer::Values(_) => Ok(Node::new("Values Scan on \"*VALUES*\"")),
            Answer::SetOperation(operation) => self.set_operation(operation),
            Answer::RecursiveUnion(union) => {
                Ok(Node::new("Recursive Union").child(self.query(&union.first)?).child(self.query(&union.step)?))
            }
            Answer::Distinct(distinct) => Ok(Node::new("Unique").child(self.answer(&distinct.input)?)),
            Answer::Sort(sort) => {
                let keys = self.sort_keys(&sort.keys, &sort.input)?;
                let child = self.answer(&sort.input)?;
                let node = Node { details: vec![format!("Sort Key: {}", keys.join(", "))], ..Node::new("Sort") };
                Ok(node.child(child))
            }
            Answer::Limit(limit) => Ok(Node::new("Limit").child(self.answer(&limit.input)?)),
        }
    }

    fn set_operation(&mut self, operation: &SetOperation) -> Result<Node> {
        let all = if operation.all { " All" } else { "" };
        let (left, right) = (self.query(&operation.left)?, self.query(&operation.right)?);
        Ok(match operation.operator {
            SetOperator::Union if operation.all => Node::new("Append").child(left).child(right),
            SetOperator::Union => Node::new("HashAggregate").child(Node::new("Append").child(left).child(right)),
            SetOperator::Intersect => Node::new(format!("HashSetOp Intersect{all}")).child(left).child(right),
            SetOperator::Except => Node::new(format!("HashSetOp Except{all}")).child(left).child(right),
        })
    }

    fn sort_keys(&mut self, keys: &[SortKey], input: &Answer) -> Result<Vec<String>> {
        keys.iter()
            .map(|key| {
                let expr = match input {
                    Answer::Output(output) => output.expressions.get(key.column),
                    _ => None,
                };
                let words = match expr {
                    Some(expr) => self.names.expression(expr)?,
                    None => (key.column + 1).to_string(),
                };
                Ok(format!("{words}{}", direction(key.order)))
            })
            .collect()
    }

    fn source(&mut self, source: &Source) -> Result<Node> {
        match source {
            Source::One => Ok(Node::new("Result")),
            Source::Relation(access) => self.relation(access),
            Source::Function(scan) => self.function(scan),
            Source::Query(scan) => {
                let child = self.query(&scan.query)?;
                Ok(Node::new(format!("Subquery Scan on {}", scan.alias)).child(child))
            }
            Source::Cte(scan) if scan.is_working_table => Ok(Node::new(format!("WorkTable Scan on {}", scan.alias))),
            Source::Cte(scan) => Ok(Node::new(format!("CTE Scan on {}", scan.alias))),
            Source::NestedLoop(join) => {
                let title = if join.nullable.is_some() { "Nested Loop Left Join" } else { "Nested Loop" };
                Ok(Node::new(title).child(self.source(&join.left)?).child(self.source(&join.right)?))
            }
            Source::HashJoin(join) => self.hash_join(join),
            Source::Filter(filter) => {
                let node = self.source(&filter.input)?;
                let conditions = self.names.expressions(&filter.conditions)?;
                self.with_plans(node.detail("Filter", &conditions))
            }
            Source::Gate(gate) => {
                let node = Node::new("Result").detail("One-Time Filter", &self.names.expressions(&gate.conditions)?);
                let node = self.with_plans(node)?;
                Ok(node.child(self.source(&gate.input)?))
            }
            Source::Group(group) => self.group(group),
            Source::Window(window) => self.window(window),
            Source::ProjectSet(set) => {
                let node = Node::new("ProjectSet").child(self.source(&set.input)?);
                for call in &set.calls {
                    let words = format!("{}({})", call.function.name, self.names.expressions(&call.arguments)?.join(", "));
                    self.names.name(call.register, words);
                }
                self.with_plans(node)
            }
        }
    }

    fn relation(&mut self, access: &RelationAccess) -> Result<Node> {
        let relation = &access.scan.relation;
        let on = if relation.name() == access.scan.alias {
            relation.name().to_owned()
        } else {
            format!("{} {}", relation.name(), access.scan.alias)
        };
        let node = match &access.lookup {
            None => Node::new(format!("Seq Scan on {on}")),
            Some(Lookup::Keys { index, keys }) => {
                let index = relation.indexes().get(*index);
                let name = index.map_or("?", |index| &index.name);
                let columns = index.map(|index| index.columns.as_slice()).unwrap_or_default();
                Node::new(format!("Index Scan using {name} on {on}")).detail("Index Cond", &self.index_conditions(access, columns, keys)?)
            }
            // What is looked for is the beginning of the names that fulfil the condition, which stands below as a filter.
            Some(Lookup::Beginning { column, .. }) => {
                let index = relation.indexes().iter().find(|index| index.columns.first() == Some(column));
                Node::new(format!("Index Scan using {} on {on}", index.map_or("?", |index| &index.name)))
            }
        };
        let conditions = self.names.expressions(&access.conditions)?;
        self.with_plans(node.detail("Filter", &conditions))
    }

    fn index_conditions(&mut self, access: &RelationAccess, columns: &[usize], keys: &[Key]) -> Result<Vec<String>> {
        let relation = &access.scan.relation;
        let mut conditions = Vec::new();
        for (column, key) in columns.iter().zip(keys) {
            let name = relation.columns().get(*column).map_or("?", |column| &column.name);
            conditions.push(match key {
                Key::One(expr) => format!("({name} = {})", self.names.expression(expr)?),
                Key::List(items) => format!("({name} = ANY (ARRAY[{}]))", self.names.expressions(items)?.join(", ")),
                Key::Elements(array) => format!("({name} = ANY ({}))", self.names.expression(array)?),
                Key::Rows(query) => format!("({name} = ANY ({}))", self.names.sub_plan(query)?),
            });
        }
        Ok(conditions)
    }

    fn function(&mut self, scan: &FunctionScan) -> Result<Node> {
        let name = scan.functions.first().map(|function| match &function.expr {
            TableExpr::Set { function, .. } => function.name.to_string(),
            TableExpr::Single(crate::expr::Expr::Call(call)) => call.function.name.to_string(),
            TableExpr::Single(_) => scan.alias.clone(),
        });
        let title = match name {
            Some(name) if name != scan.alias => format!("Function Scan on {name} {}", scan.alias),
            _ => format!("Function Scan on {}", scan.alias),
        };
        Ok(Node::new(title))
    }

    fn hash_join(&mut self, join: &HashJoin) -> Result<Node> {
        let kind = match join.kind {
            HashJoinKind::Inner => "",
            HashJoinKind::Left => " Left Join",
            HashJoinKind::Full => " Full Join",
        };
        let (left, right) = (self.source(&join.left)?, self.source(&join.right)?);
        let conditions = self.names.expressions(&join.conditions)?;
        if join.left_keys.is_empty() {
            let node = Node::new(format!("Nested Loop{kind}")).detail("Join Filter", &conditions);
            return Ok(self.with_plans(node)?.child(left).child(Node::new("Materialize").child(right)));
        }
        let (left_keys, right_keys) = (self.names.expressions(&join.left_keys)?, self.names.expressions(&join.right_keys)?);
        let keys: Vec<String> = left_keys.iter().zip(&right_keys).map(|(left, right)| format!("({left} = {right})")).collect();
        let title = if kind.is_empty() { "Hash Join".to_owned() } else { format!("Hash{kind}") };
        let node = Node::new(title).detail("Hash Cond", &keys).detail("Join Filter", &conditions);
        Ok(self.with_plans(node)?.child(left).child(Node::new("Hash").child(right)))
    }

    fn group(&mut self, group: &Group) -> Result<Node> {
        let child = self.source(&group.input)?;
        let grouping = &group.grouping;
        let mut node = Node::new(if grouping.keys.is_empty() { "Aggregate" } else { "HashAggregate" });
        let mut keys = Vec::new();
        for (key, register) in &grouping.keys {
            let words = self.names.expression(key)?;
            self.names.name(*register, words.clone());
            keys.push(words);
        }
        if grouping.sets.len() == 1 && !keys.is_empty() {
            node.details.push(format!("Group Key: {}", keys.join(", ")));
        } else if !keys.is_empty() {
            for set in &grouping.sets {
                let of_set: Vec<&str> = set.iter().filter_map(|key| keys.get(*key)).map(String::as_str).collect();
                node.details.push(if of_set.is_empty() { "Group Key: ()".to_owned() } else { format!("Group Key: {}", of_set.join(", ")) });
            }
        }
        for call in &grouping.aggregates {
            let distinct = if call.distinct { "DISTINCT " } else { "" };
            let arguments = self.names.expressions(&call.arguments)?.join(", ");
            let arguments = if call.arguments.is_empty() { "*".to_owned() } else { arguments };
            self.names.name(call.register, format!("{}({distinct}{arguments})", call.name));
        }
        self.with_plans(node.child(child))
    }

    fn window(&mut self, scan: &WindowScan) -> Result<Node> {
        let child = self.source(&scan.input)?;
        for call in &scan.window.functions {
            self.names.name(call.register, "window function".to_owned());
        }
        let mut keys = self.names.expressions(&scan.window.partition_by)?;
        for (expr, order) in &scan.window.order_by {
            keys.push(format!("{}{}", self.names.expression(expr)?, direction(*order)));
        }
        if keys.is_empty() {
            return Ok(Node::new("WindowAgg").child(child));
        }
        let sort = Node { details: vec![format!("Sort Key: {}", keys.join(", "))], ..Node::new("Sort") };
        self.with_plans(Node::new("WindowAgg").child(sort.child(child)))
    }

    /// The node with the plans of the sub-queries that its expressions have named.
    fn with_plans(&mut self, mut node: Node) -> Result<Node> {
        for (label, plan) in self.names.take_sub_plans() {
            node.children.push((Some(label), self.query(&plan)?));
        }
        Ok(node)
    }
}

/// What fills the registers of a query.
fn source_of(answer: &Answer) -> Option<&Source> {
    match answer {
        Answer::Output(output) => Some(&output.input),
        Answer::Distinct(distinct) => source_of(&distinct.input),
        Answer::Sort(sort) => source_of(&sort.input),
        Answer::Limit(limit) => source_of(&limit.input),
        Answer::Values(_) | Answer::SetOperation(_) | Answer::RecursiveUnion(_) => None,
    }
}

fn direction(order: SortOrder) -> &'static str {
    match (order.descending, order.nulls_first) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    }
}

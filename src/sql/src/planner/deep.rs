//! Room for deep statements.
//!
//! A chain of a thousand operators is a tree of a thousand levels, and syntax trees, plans and expressions are copied, walked
//! and evaluated by recursion. The parser limits the depth; here is the stack for it.

mod rows;

use std::pin::pin;
use std::task::Poll;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::logical_expr::{Expr, LogicalPlan};

pub(super) use rows::with_stack_for_rows;

/// A statement of fewer bytes cannot be so deep that it needs more than a thread's own stack.
const SHORT_BYTES: usize = 256;

/// An expression of fewer levels is evaluated on a thread's own stack.
const SHALLOW_LEVELS: usize = 100;

/// Enough for the deepest statement that is parsed, in an unoptimised build, where a level of a syntax tree takes some
/// kilobytes. It is reserved, not filled.
const STACK_BYTES: usize = 64 << 20;

/// With less than this, a new stack is taken. More than threads have, less than what is taken: so that nested work takes one only.
const STACK_LEFT_BYTES: usize = 32 << 20;

/// Runs work on a statement of this length.
pub(crate) fn with_stack<T>(statement_bytes: usize, work: impl FnOnce() -> T) -> T {
    if statement_bytes < SHORT_BYTES { work() } else { on_large_stack(work) }
}

/// Runs the steps of a future that works on a statement of this length.
pub(super) async fn steps_with_stack<F: Future>(statement_bytes: usize, work: F) -> F::Output {
    let mut work = pin!(work);
    std::future::poll_fn(move |context| -> Poll<F::Output> { with_stack(statement_bytes, || work.as_mut().poll(context)) }).await
}

fn on_large_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_LEFT_BYTES, STACK_BYTES, work)
}

/// Whether evaluating the plan's expressions needs more than a thread's own stack.
pub(super) fn is_deep(plan: &LogicalPlan) -> Result<bool> {
    let mut deepest = 0;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            let mut levels = Levels::default();
            expr.visit(&mut levels)?;
            deepest = deepest.max(levels.deepest);
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(deepest > SHALLOW_LEVELS)
}

#[derive(Default)]
struct Levels {
    current: usize,
    deepest: usize,
}

impl TreeNodeVisitor<'_> for Levels {
    type Node = Expr;

    fn f_down(&mut self, _: &Expr) -> Result<TreeNodeRecursion> {
        self.current += 1;
        self.deepest = self.deepest.max(self.current);
        Ok(TreeNodeRecursion::Continue)
    }

    fn f_up(&mut self, _: &Expr) -> Result<TreeNodeRecursion> {
        self.current -= 1;
        Ok(TreeNodeRecursion::Continue)
    }
}

//! What is inside of expressions and queries, one level at a time.
//!
//! Whoever walks is told how many queries deeper a thing stands than where the walk is: a column at depth 1 inside of a sub-query is one
//! at depth 0 of the expression that holds the sub-query.

use std::sync::Arc;

use super::{Conversion, Expr, Subquery, SubqueryKind, Subscript};
use crate::query::{Body, Bound, From, Query, Select, TableExpr, Window, WindowCall};

/// Reads an expression that stands so many queries deeper.
pub type Read<'v> = &'v mut dyn FnMut(&Expr, usize);
/// Changes an expression that stands so many queries deeper.
pub type Change<'v> = &'v mut dyn FnMut(&mut Expr, usize);
/// Reads a query.
pub type ReadQuery<'v> = &'v mut dyn FnMut(&Query);
/// Changes a query.
pub type ChangeQuery<'v> = &'v mut dyn FnMut(&mut Query);

/// The same walk over what is shared and over what can be changed.
macro_rules! walks {
    (
        $visit:ty, $visit_query:ty, $inner:ident, $children:ident, $expressions:ident, $at_depth:ident, $own:ident, $queries:ident,
        $select:ident, $from:ident, $queries_in:ident, $window:ident $(, $mutable:tt)?
    ) => {
        impl Expr {
            /// Visits each expression directly inside of this one: also those of a query inside of it, one query deeper.
            pub fn $children(& $($mutable)? self, visit: $visit) {
                match self {
                    Expr::Constant(_) | Expr::Parameter(_) | Expr::Column { .. } | Expr::Now(_) => {}
                    Expr::Call(call) => {
                        for argument in & $($mutable)? call.arguments {
                            visit(argument, 0);
                        }
                    }
                    Expr::And(items) | Expr::Or(items) | Expr::Coalesce(items) => {
                        for item in items {
                            visit(item, 0);
                        }
                    }
                    Expr::Extreme { operands: items, .. } | Expr::Array { items, .. } | Expr::Row { items, .. } => {
                        for item in items {
                            visit(item, 0);
                        }
                    }
                    Expr::Not(operand)
                    | Expr::IsNull { operand, .. }
                    | Expr::IsTruth { operand, .. }
                    | Expr::Field { record: operand, .. } => visit(operand, 0),
                    Expr::Convert { operand, conversion } => {
                        visit(operand, 0);
                        if let Conversion::Elements(cast) = conversion {
                            visit(& $($mutable)? cast.cast, 0);
                        }
                    }
                    Expr::IsDistinct { left, right, .. }
                    | Expr::NullIf { left, right, .. }
                    | Expr::Quantified { left, array: right, .. } => {
                        visit(left, 0);
                        visit(right, 0);
                    }
                    Expr::Case { branches, otherwise } => {
                        for (condition, value) in branches {
                            visit(condition, 0);
                            visit(value, 0);
                        }
                        if let Some(otherwise) = otherwise {
                            visit(otherwise, 0);
                        }
                    }
                    Expr::Subscript { array, subscripts } => {
                        visit(array, 0);
                        for subscript in subscripts {
                            match subscript {
                                Subscript::Index(index) => visit(index, 0),
                                Subscript::Slice { lower, upper } => {
                                    for bound in [lower, upper].into_iter().flatten() {
                                        visit(bound, 0);
                                    }
                                }
                            }
                        }
                    }
                    Expr::CompareRows(rows) => {
                        for item in & $($mutable)? rows.left {
                            visit(item, 0);
                        }
                        for item in & $($mutable)? rows.right {
                            visit(item, 0);
                        }
                    }
                    Expr::Subquery(subquery) => {
                        let Subquery { kind, query, .. } = & $($mutable)? **subquery;
                        if let SubqueryKind::Quantified { left, .. } = kind {
                            for item in left {
                                visit(item, 0);
                            }
                        }
                        $inner(query).$at_depth(1, visit);
                    }
                }
            }
        }

        impl Query {
            /// Visits each expression of this query, and of the queries inside of it that are not inside of expressions.
            pub fn $expressions(& $($mutable)? self, visit: $visit) {
                self.$at_depth(0, visit);
            }

            fn $at_depth(& $($mutable)? self, depth: usize, visit: $visit) {
                self.$queries(&mut |query| stacker::maybe_grow(32 * 1024, 1024 * 1024, || query.$at_depth(depth + 1, visit)));
                self.$own(&mut |expr, deeper| visit(expr, depth + deeper));
            }

            /// Visits each query right inside of this one that is not inside of an expression.
            pub fn $queries(& $($mutable)? self, visit: $visit_query) {
                for cte in & $($mutable)? self.ctes {
                    visit($inner(& $($mutable)? cte.query));
                }
                match & $($mutable)? self.body {
                    Body::Select(select) => {
                        for from in & $($mutable)? select.from {
                            $queries_in(from, visit);
                        }
                    }
                    Body::Values(_) => {}
                    Body::SetOperation(operation) => {
                        visit(& $($mutable)? operation.left);
                        visit(& $($mutable)? operation.right);
                    }
                }
            }

            /// Visits each expression of this query, but of none inside of it.
            pub fn $own(& $($mutable)? self, visit: $visit) {
                match & $($mutable)? self.body {
                    Body::Select(select) => $select(select, visit),
                    Body::Values(rows) => {
                        for row in rows {
                            for value in row {
                                visit(value, 0);
                            }
                        }
                    }
                    Body::SetOperation(_) => {}
                }
                for number in [& $($mutable)? self.offset, & $($mutable)? self.limit].into_iter().flatten() {
                    visit(number, 0);
                }
            }
        }

        fn $select(select: & $($mutable)? Select, visit: $visit) {
            for from in & $($mutable)? select.from {
                $from(from, visit);
            }
            if let Some(filter) = & $($mutable)? select.filter {
                visit(filter, 0);
            }
            if let Some(grouping) = & $($mutable)? select.grouping {
                for (key, _) in & $($mutable)? grouping.keys {
                    visit(key, 0);
                }
                for aggregate in & $($mutable)? grouping.aggregates {
                    for argument in & $($mutable)? aggregate.arguments {
                        visit(argument, 0);
                    }
                    for (key, _) in & $($mutable)? aggregate.order_by {
                        visit(key, 0);
                    }
                    if let Some(filter) = & $($mutable)? aggregate.filter {
                        visit(filter, 0);
                    }
                }
            }
            if let Some(having) = & $($mutable)? select.having {
                visit(having, 0);
            }
            for window in & $($mutable)? select.windows {
                $window(window, visit);
            }
            for call in (& $($mutable)? select.set_returning).into_iter().flatten() {
                for argument in & $($mutable)? call.arguments {
                    visit(argument, 0);
                }
            }
            for output in & $($mutable)? select.output {
                visit(output, 0);
            }
        }

        fn $from(from: & $($mutable)? From, visit: $visit) {
            match from {
                From::Relation(_) | From::Query { .. } | From::Cte { .. } => {}
                From::Function(scan) => {
                    for function in & $($mutable)? scan.functions {
                        match & $($mutable)? function.expr {
                            TableExpr::Single(expr) => visit(expr, 0),
                            TableExpr::Set { arguments, .. } => {
                                for argument in arguments {
                                    visit(argument, 0);
                                }
                            }
                        }
                    }
                }
                From::Join(join) => {
                    $from(& $($mutable)? join.left, visit);
                    $from(& $($mutable)? join.right, visit);
                    if let Some(on) = & $($mutable)? join.on {
                        visit(on, 0);
                    }
                }
            }
        }

        fn $queries_in(from: & $($mutable)? From, visit: $visit_query) {
            match from {
                From::Query { query, .. } => visit($inner(query)),
                From::Join(join) => {
                    $queries_in(& $($mutable)? join.left, visit);
                    $queries_in(& $($mutable)? join.right, visit);
                }
                From::Relation(_) | From::Function(_) | From::Cte { .. } => {}
            }
        }

        fn $window(window: & $($mutable)? Window, visit: $visit) {
            for key in & $($mutable)? window.partition_by {
                visit(key, 0);
            }
            for (key, _) in & $($mutable)? window.order_by {
                visit(key, 0);
            }
            for call in & $($mutable)? window.functions {
                let WindowCall { arguments, filter, frame, .. } = call;
                for argument in arguments {
                    visit(argument, 0);
                }
                if let Some(filter) = filter {
                    visit(filter, 0);
                }
                for bound in [& $($mutable)? frame.start, & $($mutable)? frame.end] {
                    if let Bound::Preceding(distance) | Bound::Following(distance) = bound {
                        visit(distance, 0);
                    }
                }
            }
        }
    };
}

walks!(
    Read<'_>,
    ReadQuery<'_>,
    shared,
    children,
    expressions,
    read_at_depth,
    own_expressions,
    queries,
    read_select,
    read_from,
    read_queries_in,
    read_window
);
walks!(
    Change<'_>,
    ChangeQuery<'_>,
    own,
    children_mut,
    expressions_mut,
    change_at_depth,
    own_expressions_mut,
    queries_mut,
    change_select,
    change_from,
    change_queries_in,
    change_window,
    mut
);

fn shared(query: &Arc<Query>) -> &Query {
    query
}

fn own(query: &mut Arc<Query>) -> &mut Query {
    Arc::make_mut(query)
}

impl Expr {
    /// Visits this expression and all that are inside of it, with how many queries deeper each stands.
    pub fn each(&self, visit: Read<'_>) {
        self.each_from(0, visit);
    }

    fn each_from(&self, depth: usize, visit: Read<'_>) {
        visit(self, depth);
        stacker::maybe_grow(32 * 1024, 1024 * 1024, || self.children(&mut |child, deeper| child.each_from(depth + deeper, visit)));
    }

    /// Changes this expression and all that are inside of it, the outer ones first.
    pub fn each_mut(&mut self, visit: Change<'_>) {
        self.each_mut_from(0, visit);
    }

    fn each_mut_from(&mut self, depth: usize, visit: Change<'_>) {
        visit(self, depth);
        stacker::maybe_grow(32 * 1024, 1024 * 1024, || {
            self.children_mut(&mut |child, deeper| child.each_mut_from(depth + deeper, visit));
        });
    }

    /// Whether it reads a register of the query that it stands in, also from queries inside of it.
    pub fn reads_own_columns(&self) -> bool {
        let mut reads = false;
        self.each(&mut |expr, deeper| reads |= matches!(expr, Expr::Column { depth, .. } if *depth == deeper));
        reads
    }

    /// How many queries further out the nearest of the registers that it reads is.
    pub fn nearest_read(&self) -> Option<usize> {
        let mut nearest = None;
        self.each(&mut |expr, deeper| {
            if let Expr::Column { depth, .. } = expr
                && *depth >= deeper
            {
                nearest = Some(nearest.map_or(depth - deeper, |nearest: usize| nearest.min(depth - deeper)));
            }
        });
        nearest
    }

    /// Whether computing it twice may give two values, although what it reads is the same.
    pub fn is_volatile(&self) -> bool {
        let mut is_volatile = false;
        self.each(&mut |expr, deeper| {
            is_volatile |= match expr {
                Expr::Call(call) => deeper == 0 && call.function.is_volatile,
                Expr::Subquery(subquery) => deeper == 0 && subquery.is_volatile,
                _ => false,
            }
        });
        is_volatile
    }
}

impl Query {
    /// Whether one of its expressions is volatile, also in queries inside of it.
    pub fn has_volatile(&self) -> bool {
        let mut has = false;
        self.expressions(&mut |expr, _| has |= expr.is_volatile());
        has
    }
}

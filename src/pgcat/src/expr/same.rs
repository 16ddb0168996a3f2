//! Whether two expressions are the same: built of the same parts, wherever they stand in the text.
//!
//! That is how a sort key is found in the select list, and an output column among the keys of GROUP BY.

use super::{Call, CompareRows, Conversion, Expr, Subquery, SubqueryKind, Subscript};
use crate::function::{Function, Signature};
use crate::query::{AggregateCall, Body, From, Grouping, Query, Select, SetReturning, SortOrder, TableExpr, Window, WindowCall};

impl Expr {
    /// Whether the other is built of the same parts.
    pub fn is_same(&self, other: &Expr) -> bool {
        match (self, other) {
            (Expr::Constant(left), Expr::Constant(right)) => left == right,
            (Expr::Parameter(left), Expr::Parameter(right)) => left == right,
            (Expr::Column { depth, register }, Expr::Column { depth: other_depth, register: other_register }) => {
                depth == other_depth && register == other_register
            }
            (Expr::Call(left), Expr::Call(right)) => calls(left, right),
            (Expr::And(left), Expr::And(right)) | (Expr::Or(left), Expr::Or(right)) | (Expr::Coalesce(left), Expr::Coalesce(right)) => {
                lists(left, right)
            }
            (Expr::Not(left), Expr::Not(right)) => left.is_same(right),
            (Expr::IsNull { operand, negated, is_row }, Expr::IsNull { operand: other, negated: other_negated, is_row: other_row }) => {
                negated == other_negated && is_row == other_row && operand.is_same(other)
            }
            (Expr::IsTruth { operand, truth, negated }, Expr::IsTruth { operand: other, truth: other_truth, negated: other_negated }) => {
                truth == other_truth && negated == other_negated && operand.is_same(other)
            }
            (
                Expr::IsDistinct { left, right, equal, negated },
                Expr::IsDistinct { left: other_left, right: other_right, equal: other_equal, negated: other_negated },
            ) => negated == other_negated && functions(equal, other_equal) && left.is_same(other_left) && right.is_same(other_right),
            (Expr::NullIf { left, right, equal }, Expr::NullIf { left: other_left, right: other_right, equal: other_equal }) => {
                functions(equal, other_equal) && left.is_same(other_left) && right.is_same(other_right)
            }
            (Expr::Case { branches, otherwise }, Expr::Case { branches: others, otherwise: other_otherwise }) => {
                branches.len() == others.len()
                    && branches.iter().zip(others).all(|(one, other)| one.0.is_same(&other.0) && one.1.is_same(&other.1))
                    && options(otherwise.as_deref(), other_otherwise.as_deref())
            }
            (Expr::Extreme { operands, greatest, .. }, Expr::Extreme { operands: others, greatest: other_greatest, .. }) => {
                greatest == other_greatest && lists(operands, others)
            }
            (Expr::Array { element, items, nested }, Expr::Array { element: other_element, items: others, nested: other_nested }) => {
                element == other_element && nested == other_nested && lists(items, others)
            }
            (Expr::Row { type_oid, fields, items }, Expr::Row { type_oid: other_type, fields: other_fields, items: others }) => {
                type_oid == other_type && fields == other_fields && lists(items, others)
            }
            (Expr::Field { record, field }, Expr::Field { record: other, field: other_field }) => {
                field == other_field && record.is_same(other)
            }
            (Expr::Subscript { array, subscripts }, Expr::Subscript { array: other, subscripts: others }) => {
                array.is_same(other)
                    && subscripts.len() == others.len()
                    && subscripts.iter().zip(others).all(|(a, b)| same_subscripts(a, b))
            }
            (
                Expr::Quantified { left, operator, array, all },
                Expr::Quantified { left: other_left, operator: other_operator, array: other_array, all: other_all },
            ) => all == other_all && functions(operator, other_operator) && left.is_same(other_left) && array.is_same(other_array),
            (Expr::CompareRows(left), Expr::CompareRows(right)) => rows(left, right),
            (Expr::Subquery(left), Expr::Subquery(right)) => subqueries(left, right),
            (Expr::Convert { operand, conversion }, Expr::Convert { operand: other, conversion: other_conversion }) => {
                conversions(conversion, other_conversion) && operand.is_same(other)
            }
            (Expr::Now(left), Expr::Now(right)) => left == right,
            _ => false,
        }
    }
}

fn lists(left: &[Expr], right: &[Expr]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.is_same(right))
}

fn options(left: Option<&Expr>, right: Option<&Expr>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.is_same(right),
        (None, None) => true,
        _ => false,
    }
}

fn functions(left: &Function, right: &Function) -> bool {
    left.oid == right.oid && signatures(&left.signature, &right.signature)
}

fn signatures(left: &Signature, right: &Signature) -> bool {
    left == right
}

fn calls(left: &Call, right: &Call) -> bool {
    functions(&left.function, &right.function) && lists(&left.arguments, &right.arguments)
}

fn same_subscripts(left: &Subscript, right: &Subscript) -> bool {
    match (left, right) {
        (Subscript::Index(left), Subscript::Index(right)) => left.is_same(right),
        (Subscript::Slice { lower, upper }, Subscript::Slice { lower: other_lower, upper: other_upper }) => {
            options(lower.as_ref(), other_lower.as_ref()) && options(upper.as_ref(), other_upper.as_ref())
        }
        _ => false,
    }
}

fn rows(left: &CompareRows, right: &CompareRows) -> bool {
    left.operator == right.operator
        && lists(&left.left, &right.left)
        && lists(&left.right, &right.right)
        && left.equal.len() == right.equal.len()
        && left.equal.iter().zip(&right.equal).all(|(left, right)| functions(left, right))
}

fn conversions(left: &Conversion, right: &Conversion) -> bool {
    match (left, right) {
        (Conversion::Relabel, Conversion::Relabel) => true,
        (Conversion::Text { from, to }, Conversion::Text { from: other_from, to: other_to }) => from == other_from && to == other_to,
        (Conversion::Elements(left), Conversion::Elements(right)) => left.element == right.element && left.cast.is_same(&right.cast),
        (Conversion::Modifier { type_, explicit }, Conversion::Modifier { type_: other, explicit: other_explicit }) => {
            type_ == other && explicit == other_explicit
        }
        (Conversion::Domain { domain }, Conversion::Domain { domain: other }) => domain == other,
        (Conversion::Record { to }, Conversion::Record { to: other }) => to == other,
        _ => false,
    }
}

fn subqueries(left: &Subquery, right: &Subquery) -> bool {
    let kinds = match (&left.kind, &right.kind) {
        (SubqueryKind::Scalar, SubqueryKind::Scalar) | (SubqueryKind::Exists, SubqueryKind::Exists) => true,
        (SubqueryKind::Array { element }, SubqueryKind::Array { element: other }) => element == other,
        (
            SubqueryKind::Quantified { left, operators, row_operator, all },
            SubqueryKind::Quantified { left: other_left, operators: others, row_operator: other_row_operator, all: other_all },
        ) => {
            all == other_all
                && row_operator == other_row_operator
                && operators.len() == others.len()
                && operators.iter().zip(others).all(|(one, other)| functions(one, other))
                && lists(left, other_left)
        }
        _ => false,
    };
    kinds && queries(&left.query, &right.query)
}

fn queries(left: &Query, right: &Query) -> bool {
    left.registers == right.registers
        && left.columns == right.columns
        && left.order_by == right.order_by
        && left.with_ties == right.with_ties
        && options(left.offset.as_ref(), right.offset.as_ref())
        && options(left.limit.as_ref(), right.limit.as_ref())
        && left.ctes.len() == right.ctes.len()
        && left.ctes.iter().zip(&right.ctes).all(|(one, other)| one.is_recursive == other.is_recursive && queries(&one.query, &other.query))
        && bodies(&left.body, &right.body)
}

fn bodies(left: &Body, right: &Body) -> bool {
    match (left, right) {
        (Body::Select(left), Body::Select(right)) => selects(left, right),
        (Body::Values(left), Body::Values(right)) => left.len() == right.len() && left.iter().zip(right).all(|(a, b)| lists(a, b)),
        (Body::SetOperation(left), Body::SetOperation(right)) => {
            left.operator == right.operator
                && left.all == right.all
                && queries(&left.left, &right.left)
                && queries(&left.right, &right.right)
        }
        _ => false,
    }
}

fn selects(left: &Select, right: &Select) -> bool {
    left.distinct == right.distinct
        && lists(&left.output, &right.output)
        && options(left.filter.as_ref(), right.filter.as_ref())
        && options(left.having.as_ref(), right.having.as_ref())
        && left.from.len() == right.from.len()
        && left.from.iter().zip(&right.from).all(|(one, other)| sources(one, other))
        && match (&left.grouping, &right.grouping) {
            (Some(left), Some(right)) => groupings(left, right),
            (None, None) => true,
            _ => false,
        }
        && left.windows.len() == right.windows.len()
        && left.windows.iter().zip(&right.windows).all(|(one, other)| windows(one, other))
        && left.set_returning.len() == right.set_returning.len()
        && left.set_returning.iter().flatten().count() == right.set_returning.iter().flatten().count()
        && left.set_returning.iter().flatten().zip(right.set_returning.iter().flatten()).all(|(one, other)| sets(one, other))
}

fn sources(left: &From, right: &From) -> bool {
    match (left, right) {
        (From::Relation(left), From::Relation(right)) => {
            left.relation.oid() == right.relation.oid() && left.registers == right.registers && left.system == right.system
        }
        (From::Function(left), From::Function(right)) => {
            left.ordinality == right.ordinality
                && left.functions.len() == right.functions.len()
                && left.functions.iter().zip(&right.functions).all(|(one, other)| {
                    one.registers == other.registers
                        && match (&one.expr, &other.expr) {
                            (TableExpr::Single(one), TableExpr::Single(other)) => one.is_same(other),
                            (
                                TableExpr::Set { function, arguments },
                                TableExpr::Set { function: other_function, arguments: other_arguments },
                            ) => functions(function, other_function) && lists(arguments, other_arguments),
                            _ => false,
                        }
                })
        }
        (From::Query { query, registers, .. }, From::Query { query: other, registers: other_registers, .. }) => {
            registers == other_registers && queries(query, other)
        }
        (From::Cte { levels, cte, registers, .. }, From::Cte { levels: other_levels, cte: other, registers: other_registers, .. }) => {
            levels == other_levels && cte == other && registers == other_registers
        }
        (From::Join(left), From::Join(right)) => {
            left.kind == right.kind
                && sources(&left.left, &right.left)
                && sources(&left.right, &right.right)
                && options(left.on.as_ref(), right.on.as_ref())
        }
        _ => false,
    }
}

fn groupings(left: &Grouping, right: &Grouping) -> bool {
    left.sets == right.sets
        && left.grouping_calls == right.grouping_calls
        && left.keys.len() == right.keys.len()
        && left.keys.iter().zip(&right.keys).all(|(one, other)| one.0.is_same(&other.0))
        && left.aggregates.len() == right.aggregates.len()
        && left.aggregates.iter().zip(&right.aggregates).all(|(one, other)| one.is_same(other))
}

impl AggregateCall {
    /// Whether the other gives the same value for each group.
    pub fn is_same(&self, other: &AggregateCall) -> bool {
        self.name == other.name
            && self.distinct == other.distinct
            && signatures(&self.signature, &other.signature)
            && lists(&self.arguments, &other.arguments)
            && sorts(&self.order_by, &other.order_by)
            && options(self.filter.as_ref(), other.filter.as_ref())
    }
}

impl WindowCall {
    /// Whether the other gives the same value for each row of the same window.
    pub fn is_same(&self, other: &WindowCall) -> bool {
        self.function.is_same(&other.function)
            && self.frame.is_same(&other.frame)
            && signatures(&self.signature, &other.signature)
            && lists(&self.arguments, &other.arguments)
            && options(self.filter.as_ref(), other.filter.as_ref())
    }
}

fn windows(left: &Window, right: &Window) -> bool {
    left.has_same_rows(&right.partition_by, &right.order_by)
        && left.functions.len() == right.functions.len()
        && left.functions.iter().zip(&right.functions).all(|(one, other)| one.is_same(other))
}

impl Window {
    /// Whether it is partitioned and ordered like that.
    pub fn has_same_rows(&self, partition_by: &[Expr], order_by: &[(Expr, SortOrder)]) -> bool {
        lists(&self.partition_by, partition_by) && sorts(&self.order_by, order_by)
    }
}

fn sorts(left: &[(Expr, SortOrder)], right: &[(Expr, SortOrder)]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(one, other)| one.1 == other.1 && one.0.is_same(&other.0))
}

impl crate::query::Frame {
    fn is_same(&self, other: &Self) -> bool {
        use crate::query::Bound;
        let bounds = |left: &Bound, right: &Bound| match (left, right) {
            (Bound::Preceding(left), Bound::Preceding(right)) | (Bound::Following(left), Bound::Following(right)) => left.is_same(right),
            _ => std::mem::discriminant(left) == std::mem::discriminant(right),
        };
        self.unit == other.unit && self.exclusion == other.exclusion && bounds(&self.start, &other.start) && bounds(&self.end, &other.end)
    }
}

impl crate::query::WindowFunction {
    fn is_same(&self, other: &Self) -> bool {
        use crate::query::WindowFunction;
        match (self, other) {
            (WindowFunction::Aggregate(left), WindowFunction::Aggregate(right)) => left.name == right.name,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

fn sets(left: &SetReturning, right: &SetReturning) -> bool {
    left.is_same(right)
}

impl SetReturning {
    /// Whether the other gives the same rows.
    pub fn is_same(&self, other: &SetReturning) -> bool {
        functions(&self.function, &other.function) && lists(&self.arguments, &other.arguments)
    }
}

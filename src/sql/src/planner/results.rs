//! Functions of PostgreSQL that DataFusion calls otherwise, or whose results have another type there.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, ObjectNamePart, Query, VisitMut, VisitorMut,
};

use super::subqueries;
use crate::parse::fold;

/// Rewrites the functions of a query. Its columns are named already, after the functions as they were written.
pub(super) fn rewrite(query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Results);
}

/// A function's result type where DataFusion has an unsigned one.
fn result_type(name: &str) -> Option<DataType> {
    match name {
        "row_number" | "rank" | "dense_rank" => Some(DataType::BigInt(None)),
        "ntile" | "array_length" | "array_ndims" | "array_position" | "cardinality" => Some(DataType::Int(None)),
        _ => None,
    }
}

struct Results;

impl VisitorMut for Results {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        subqueries::array_of_query(function);
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_mut_slice() else { return ControlFlow::Continue(()) };
        match fold(name).as_str() {
            "every" => "bool_and".clone_into(&mut name.value),
            "ceiling" => "ceil".clone_into(&mut name.value),
            // DataFusion's functions of these names take the first one only.
            "array_remove" => "array_remove_all".clone_into(&mut name.value),
            "array_replace" => "array_replace_all".clone_into(&mut name.value),
            "gen_random_uuid" => "uuid".clone_into(&mut name.value),
            "mod" => {
                if let Some((left, right)) = two_arguments(function) {
                    let remainder =
                        Expr::BinaryOp { left: Box::new(nested(left)), op: BinaryOperator::Modulo, right: Box::new(nested(right)) };
                    *expr = nested(remainder);
                }
            }
            other => {
                if let Some(data_type) = result_type(other) {
                    let called = std::mem::replace(expr, Expr::Tuple(Vec::new()));
                    *expr = Expr::Cast { kind: CastKind::Cast, expr: Box::new(called), data_type, array: false, format: None };
                }
            }
        }
        ControlFlow::Continue(())
    }
}

fn two_arguments(function: &Function) -> Option<(Expr, Expr)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(left)), FunctionArg::Unnamed(FunctionArgExpr::Expr(right))] => {
            Some((left.clone(), right.clone()))
        }
        _ => None,
    }
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

/// A call of a function.
pub(super) fn call(name: &str, args: Vec<FunctionArg>) -> Function {
    Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

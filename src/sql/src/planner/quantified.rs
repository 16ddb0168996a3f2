//! `x = ANY (array)` and `x <> ALL (array)`, with any comparison.
//!
//! Each is a function of its own, called like the operator. DataFusion has such conditions as searches in arrays, which know
//! nothing of nulls and want arrays that are arrays already: `x = ANY ('{1,2}')` reads the text as an array of what `x` is.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder};
use arrow::compute::{and_kleene, or_kleene};
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::{Cast, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::physical_expr_common::datum::apply_cmp;
use datafusion::sql::sqlparser::ast::{self, BinaryOperator, FunctionArg, FunctionArgExpr, FunctionArguments, Query, VisitMut, VisitorMut};
use spi::types::PgType;
use spi::{Code, Error};

use super::casts::conversion;
use super::results::call;
use crate::parse::fold;

/// The operators that may stand in front of `ANY` and `ALL`.
const OPERATORS: &[(Operator, &str)] = &[
    (Operator::Eq, "="),
    (Operator::NotEq, "<>"),
    (Operator::Lt, "<"),
    (Operator::LtEq, "<="),
    (Operator::Gt, ">"),
    (Operator::GtEq, ">="),
    (Operator::LikeMatch, "LIKE"),
    (Operator::ILikeMatch, "ILIKE"),
    (Operator::NotLikeMatch, "NOT LIKE"),
    (Operator::NotILikeMatch, "NOT ILIKE"),
];

/// All of the functions, for the planner.
pub(super) fn functions() -> impl Iterator<Item = ScalarUDF> {
    OPERATORS.iter().flat_map(|&(op, _)| [false, true].map(|all| function(op, all)))
}

/// The function of an operator.
pub(super) fn function(op: Operator, all: bool) -> ScalarUDF {
    let symbol = OPERATORS.iter().find(|(known, _)| *known == op).map_or("=", |(_, symbol)| *symbol);
    ScalarUDF::new_from_impl(Quantified { op, all, name: name(symbol, all), signature: Signature::user_defined(Volatility::Immutable) })
}

/// Whether the function is one of these, whose second argument is an array of what the first one is.
pub(super) fn is_quantified(function: &ScalarFunction) -> bool {
    function.func.inner().is::<Quantified>()
}

fn name(symbol: &str, all: bool) -> String {
    format!("{symbol} {}", if all { "ALL" } else { "ANY" })
}

/// Writes the conditions of a query as calls. Its columns are named already, as those without a name.
pub(super) fn rewrite(query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Conditions);
}

struct Conditions;

impl VisitorMut for Conditions {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<Self::Break> {
        if let Some((left, symbol, all, right)) = condition(expr) {
            let arguments = [left, right].map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
            let mut function = call("", arguments.into());
            function.name = ast::ObjectName::from(vec![ast::Ident::with_quote('"', name(symbol, all))]);
            *expr = ast::Expr::Function(function);
        }
        ControlFlow::Continue(())
    }
}

/// The sides of a condition on an array, its operator, and whether all elements are to meet it.
fn condition(expr: &ast::Expr) -> Option<(ast::Expr, &'static str, bool, ast::Expr)> {
    match expr {
        ast::Expr::AnyOp { left, compare_op, right, .. } if !is_query(right) => {
            Some((left.as_ref().clone(), comparison(compare_op)?, false, right.as_ref().clone()))
        }
        ast::Expr::AllOp { left, compare_op, right } if !is_query(right) => {
            Some((left.as_ref().clone(), comparison(compare_op)?, true, right.as_ref().clone()))
        }
        ast::Expr::Like { negated, any, expr, pattern, escape_char: None } => {
            let (all, array) = patterns(*any, pattern)?;
            Some((expr.as_ref().clone(), if *negated { "NOT LIKE" } else { "LIKE" }, all, array))
        }
        ast::Expr::ILike { negated, any, expr, pattern, escape_char: None } => {
            let (all, array) = patterns(*any, pattern)?;
            Some((expr.as_ref().clone(), if *negated { "NOT ILIKE" } else { "ILIKE" }, all, array))
        }
        _ => None,
    }
}

fn is_query(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Subquery(_))
}

fn comparison(op: &BinaryOperator) -> Option<&'static str> {
    match op {
        BinaryOperator::Eq => Some("="),
        BinaryOperator::NotEq => Some("<>"),
        BinaryOperator::Lt => Some("<"),
        BinaryOperator::LtEq => Some("<="),
        BinaryOperator::Gt => Some(">"),
        BinaryOperator::GtEq => Some(">="),
        _ => None,
    }
}

/// The array of `LIKE ANY (array)`, or of `LIKE ALL (array)`, which the parser takes for a function.
fn patterns(any: bool, pattern: &ast::Expr) -> Option<(bool, ast::Expr)> {
    match pattern {
        ast::Expr::Nested(array) if any && !is_query(array) => Some((false, array.as_ref().clone())),
        array if any && !is_query(array) => Some((false, array.clone())),
        ast::Expr::Function(function) => {
            let [ast::ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
            let FunctionArguments::List(list) = &function.args else { return None };
            match list.args.as_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(array))] if name.quote_style.is_none() && fold(name) == "all" => {
                    Some((true, array.clone()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Makes arrays of texts, and values of literals, before DataFusion makes the types of the arguments fit.
#[derive(Debug)]
pub(super) struct ReadArrays;

impl AnalyzerRule for ReadArrays {
    fn name(&self) -> &str {
        "read_quantified_arrays"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(rewrite_plan).map(|rewritten| rewritten.data)
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let schema = merge_schema(&plan.inputs());
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let read = expr.transform_up(|expr| match expr {
            Expr::ScalarFunction(function) if is_quantified(&function) => {
                read_array(function, &schema).map(|function| Transformed::yes(Expr::ScalarFunction(function)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(if read.transformed { read.update_data(|expr| name.restore(expr)) } else { read })
    })
}

fn read_array(mut function: ScalarFunction, schema: &DFSchema) -> Result<ScalarFunction> {
    let [value, array] = function.args.as_mut_slice() else { return Ok(function) };
    let (Ok(value_type), Ok(array_type)) = (value.get_type(schema), array.get_type(schema)) else { return Ok(function) };
    match (&*array, &array_type) {
        (Expr::Literal(ScalarValue::Utf8(Some(_)), _), _) => {
            let list = PgType::from_arrow(&DataType::new_list(value_type, true));
            *array = conversion::convert(std::mem::take(array), &DataType::Utf8, list)?;
        }
        (Expr::Placeholder(_), _) | (_, DataType::Null) => {}
        (_, list) => {
            let Some(element) = element_type(list) else {
                let error = Error::new(Code::UndefinedFunction, "op ANY/ALL (array) requires array on right side");
                return Err(DataFusionError::External(Box::new(error)));
            };
            let is_text = matches!(element, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
            if matches!(value, Expr::Literal(ScalarValue::Utf8(Some(_)), _)) && !is_text {
                *value = Expr::Cast(Cast::new(Box::new(std::mem::take(value)), element.clone()));
            }
        }
    }
    Ok(function)
}

fn element_type(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => Some(element.data_type()),
        _ => None,
    }
}

/// Whether any or all elements of an array compare so with a value.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Quantified {
    op: Operator,
    all: bool,
    name: String,
    signature: Signature,
}

impl ScalarUDFImpl for Quantified {
    fn name(&self) -> &str {
        &self.name
    }

    /// As the condition, so that EXPLAIN reads like the statement.
    fn display_name(&self, args: &[Expr]) -> Result<String> {
        match args {
            [value, array] => Ok(format!("{value} {} ({array})", self.name)),
            _ => Ok(self.name.clone()),
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [value, array] = types else { return Err(DataFusionError::Plan(format!("{} takes two arguments", self.name))) };
        // What is no array yet is one once it is read, or bound.
        let element = element_type(array).unwrap_or(value);
        let common = match (value, element) {
            (number, float) | (float, number) if number.is_decimal() && float.is_floating() => Some(DataType::Float64),
            (value, element) => comparison_coercion(value, element),
        };
        let common = common.ok_or_else(|| {
            let operation = format!("{value} {} {element}", self.op);
            DataFusionError::Plan(format!("Cannot infer common argument type for comparison operation {operation}"))
        })?;
        Ok(vec![common.clone(), DataType::new_list(common, true)])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    /// A search in a known array is one in a list, which data sources understand.
    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let negated = match (self.op, self.all) {
            (Operator::Eq, false) => false,
            (Operator::NotEq, true) => true,
            _ => return Ok(ExprSimplifyResult::Original(args)),
        };
        if let [value, Expr::Literal(ScalarValue::List(array), _)] = args.as_slice()
            && !array.is_null(0)
            && info.get_data_type(value)? == array.value_type()
        {
            let elements = array.value(0);
            let element = |index| ScalarValue::try_from_array(&elements, index).map(|value| Expr::Literal(value, None));
            let list = (0..elements.len()).map(element).collect::<Result<Vec<_>>>()?;
            return Ok(ExprSimplifyResult::Simplified(Expr::InList(InList::new(Box::new(value.clone()), list, negated))));
        }
        Ok(ExprSimplifyResult::Original(args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.as_slice() {
            [value, ColumnarValue::Scalar(ScalarValue::List(array))] => {
                let rows = if let ColumnarValue::Array(values) = value { values.len() } else { 1 };
                let compared = if array.is_null(0) { BooleanArray::new_null(rows) } else { self.compare(value, &array.value(0), rows)? };
                match value {
                    ColumnarValue::Scalar(_) => ScalarValue::try_from_array(&compared, 0).map(ColumnarValue::Scalar),
                    ColumnarValue::Array(_) => Ok(ColumnarValue::Array(Arc::new(compared))),
                }
            }
            [value, ColumnarValue::Array(arrays)] if matches!(arrays.data_type(), DataType::List(_)) => {
                let arrays = arrays.as_list::<i32>();
                let mut compared = BooleanBuilder::with_capacity(arrays.len());
                for row in 0..arrays.len() {
                    let value = match value {
                        ColumnarValue::Scalar(value) => value.clone(),
                        ColumnarValue::Array(values) => ScalarValue::try_from_array(values, row)?,
                    };
                    let one = match arrays.is_null(row) {
                        true => None,
                        false => self.compare_one(value, &arrays.value(row))?,
                    };
                    compared.append_option(one);
                }
                Ok(ColumnarValue::Array(Arc::new(compared.finish())))
            }
            _ => Ok(ColumnarValue::Scalar(ScalarValue::Boolean(None))),
        }
    }
}

impl Quantified {
    /// Many values with the elements of one array.
    fn compare(&self, value: &ColumnarValue, elements: &ArrayRef, rows: usize) -> Result<BooleanArray> {
        let mut compared = BooleanArray::from(vec![self.all; rows]);
        for index in 0..elements.len() {
            let element = ColumnarValue::Scalar(ScalarValue::try_from_array(elements, index)?);
            let one = apply_cmp(self.op, value, &element)?.into_array(rows)?;
            compared = if self.all { and_kleene(&compared, one.as_boolean())? } else { or_kleene(&compared, one.as_boolean())? };
        }
        Ok(compared)
    }

    /// One value with the elements of one array.
    fn compare_one(&self, value: ScalarValue, elements: &ArrayRef) -> Result<Option<bool>> {
        let compared = apply_cmp(self.op, &ColumnarValue::Scalar(value), &ColumnarValue::Array(Arc::clone(elements)))?;
        let compared = compared.into_array(elements.len())?;
        let compared = compared.as_boolean();
        // One element decides: a true one of ANY, a false one of ALL. Otherwise an unknown one leaves the answer open.
        let decided = compared.iter().flatten().any(|one| one != self.all);
        Ok(match decided {
            true => Some(!self.all),
            false if compared.null_count() > 0 => None,
            false => Some(self.all),
        })
    }
}

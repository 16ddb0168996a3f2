//! Calls of aggregates and window functions, which the query computes.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, FunctionArgumentClause, FunctionArguments, Spanned};

use super::arguments::Arguments;
use super::check::is_distinct;
use crate::bind::aggregates::AggregateUse;
use crate::bind::sort::order;
use crate::bind::windows::WindowUse;
use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::function::{AggregateEntry, Signature};
use crate::functions;
use crate::functions::aggregate::hypothetical;
use crate::query::{SortOrder, WindowFunction};
use crate::resolve::{Coercion, Found, FunctionCall, FunctionInfo, FunctionKind, format_type};

impl Binder<'_> {
    pub(super) fn call_over_rows(
        &mut self,
        syntax: &ast::Function,
        info: &FunctionInfo,
        signature: Signature,
        mut arguments: Vec<Expr>,
        place: Place,
    ) -> Result<Typed> {
        let position = self.position(syntax.name.span());
        let filter = syntax.filter.as_deref();
        let Some(over) = &syntax.over else {
            let sorted = syntax.within_group.len();
            let direct = if sorted > 0 { arguments.len() - sorted } else { 0 };
            if sorted > 0 && is_hypothetical(&info.name) {
                let orders: Vec<SortOrder> = syntax.within_group.iter().map(|sorted| order(&sorted.options)).collect();
                arguments.push(Expr::Constant(hypothetical::orders(&orders)));
            }
            let call = AggregateUse {
                name: info.name.clone(),
                entry: self.aggregate(info, &signature)?,
                signature,
                arguments,
                direct,
                distinct: is_distinct(syntax),
                order_by: order_by(syntax),
                filter,
                position,
            };
            return self.aggregate_call(call, place);
        };
        if is_distinct(syntax) {
            return Err(Error::new(Code::Unsupported, "DISTINCT is not implemented for window functions"));
        }
        if !order_by(syntax).is_empty() {
            return Err(Error::new(Code::Unsupported, "aggregate ORDER BY is not implemented for window functions"));
        }
        let function = match info.kind {
            FunctionKind::Aggregate => WindowFunction::Aggregate(self.aggregate(info, &signature)?),
            _ => window_function(&info.name).ok_or_else(|| self.unsupported(info, &signature))?,
        };
        if filter.is_some() && info.kind == FunctionKind::Window {
            return Err(Error::new(Code::Unsupported, "FILTER is not implemented for non-aggregate window functions"));
        }
        self.window_call(WindowUse { function, signature, arguments, filter, over, position }, place)
    }

    /// The arguments of an aggregate of a row that is not there: each is of one type with what it is compared with.
    pub(super) fn paired(&mut self, syntax: &ast::Function, call: &FunctionCall<'_>, mut arguments: Arguments) -> Result<Arguments> {
        let sorted = syntax.within_group.len();
        let direct = arguments.values.len() - sorted;
        if direct != sorted {
            let name = call.name.join(".");
            return Err(self.names().no_function(call, &Found::None, false).hint(format!(
                "To use the hypothetical-set aggregate {name}, the number of hypothetical direct arguments (here {direct}) must match \
                 the number of ordering columns (here {sorted})."
            )));
        }
        for place in 0..direct {
            let types = [&arguments.values[direct + place], &arguments.values[place]].map(|value| value.type_.oid);
            let common = self.names().common_type(&types, "WITHIN GROUP")?;
            for place in [place, direct + place] {
                let value = arguments.values[place].clone();
                arguments.values[place] = self.convert(value, common, -1, Coercion::Implicit)?;
            }
        }
        Ok(arguments)
    }

    fn aggregate(&self, info: &FunctionInfo, signature: &Signature) -> Result<AggregateEntry> {
        functions::aggregate(&info.name).ok_or_else(|| self.unsupported(info, signature))
    }

    /// The error for a function that PostgreSQL has and that is not computed here.
    pub(super) fn unsupported(&self, info: &FunctionInfo, signature: &Signature) -> Error {
        let types: Vec<String> = signature.arguments.iter().map(|type_| format_type(self.names(), type_.oid, None)).collect();
        Error::new(Code::Unsupported, format!("function {}({}) is not supported", info.name, types.join(", ")))
    }
}

/// Whether an aggregate is about a row that is not there: its arguments are those of WITHIN GROUP twice.
pub(super) fn is_hypothetical(name: &str) -> bool {
    hypothetical::AGGREGATES.iter().any(|aggregate| aggregate.name == name)
}

/// The order of an aggregate's rows: inside the parentheses, or of WITHIN GROUP.
fn order_by(syntax: &ast::Function) -> &[ast::OrderByExpr] {
    if !syntax.within_group.is_empty() {
        return &syntax.within_group;
    }
    let FunctionArguments::List(list) = &syntax.args else { return &[] };
    let ordered = list.clauses.iter().find_map(|clause| match clause {
        FunctionArgumentClause::OrderBy(order) => Some(order.as_slice()),
        _ => None,
    });
    ordered.unwrap_or_default()
}

fn window_function(name: &str) -> Option<WindowFunction> {
    Some(match name {
        "row_number" => WindowFunction::RowNumber,
        "rank" => WindowFunction::Rank,
        "dense_rank" => WindowFunction::DenseRank,
        "percent_rank" => WindowFunction::PercentRank,
        "cume_dist" => WindowFunction::CumeDist,
        "ntile" => WindowFunction::Ntile,
        "lag" => WindowFunction::Lag,
        "lead" => WindowFunction::Lead,
        "first_value" => WindowFunction::FirstValue,
        "last_value" => WindowFunction::LastValue,
        "nth_value" => WindowFunction::NthValue,
        _ => return None,
    })
}

//! What may stand beside a call: DISTINCT, ORDER BY, FILTER, OVER and WITHIN GROUP, each for some kinds of functions only.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, DuplicateTreatment, FunctionArgumentClause, FunctionArguments};

use super::arguments::Arguments;
use crate::resolve::{FunctionKind, Names, ResolvedFunction, format_type};

/// Refuses what does not go with the function.
pub(super) fn decorations(
    names: Names<'_>,
    syntax: &ast::Function,
    name: &[String],
    function: &ResolvedFunction,
    arguments: &Arguments,
) -> Result<()> {
    let shown = name.join(".");
    let refuse = |message: String| Err(Error::new(Code::WrongObject, message));
    let is_aggregate = function.info.kind == FunctionKind::Aggregate;
    let is_ordered_set = function.direct_arguments.is_some();
    match function.info.kind {
        FunctionKind::Procedure => {
            let types: Vec<String> = arguments.values.iter().map(|argument| format_type(names, argument.type_.oid, None)).collect();
            let message = format!("{shown}({}) is a procedure", types.join(", "));
            return Err(Error::new(Code::WrongObject, message).hint("To call a procedure, use CALL."));
        }
        FunctionKind::Window if syntax.over.is_none() => {
            return refuse(format!("window function {shown} requires an OVER clause"));
        }
        FunctionKind::Window | FunctionKind::Aggregate => {}
        FunctionKind::Function if syntax.over.is_some() => {
            return refuse(format!("OVER specified, but {shown} is not a window function nor an aggregate function"));
        }
        FunctionKind::Function => {}
    }
    if is_aggregate {
        if arguments.values.is_empty() && !arguments.is_star && !is_ordered_set {
            return refuse(format!("{shown}(*) must be used to call a parameterless aggregate function"));
        }
        if is_ordered_set && syntax.within_group.is_empty() {
            return refuse(format!("WITHIN GROUP is required for ordered-set aggregate {shown}"));
        }
        if is_ordered_set && syntax.over.is_some() {
            return Err(Error::new(Code::Unsupported, format!("OVER is not supported for ordered-set aggregate {shown}")));
        }
        if !is_ordered_set && !syntax.within_group.is_empty() {
            return refuse(format!("{shown} is not an ordered-set aggregate, so it cannot have WITHIN GROUP"));
        }
        return Ok(());
    }
    if arguments.is_star {
        return refuse(format!("{shown}(*) specified, but {shown} is not an aggregate function"));
    }
    if is_distinct(syntax) {
        return refuse(format!("DISTINCT specified, but {shown} is not an aggregate function"));
    }
    if !syntax.within_group.is_empty() {
        return refuse(format!("WITHIN GROUP specified, but {shown} is not an aggregate function"));
    }
    if has_order(syntax) {
        return refuse(format!("ORDER BY specified, but {shown} is not an aggregate function"));
    }
    if syntax.filter.is_some() {
        return refuse(format!("FILTER specified, but {shown} is not an aggregate function"));
    }
    Ok(())
}

/// Whether nothing stands beside the arguments.
pub(super) fn is_plain(syntax: &ast::Function) -> bool {
    syntax.over.is_none() && syntax.filter.is_none() && syntax.within_group.is_empty() && !is_distinct(syntax) && !has_order(syntax)
}

/// Whether the arguments are to be taken once each.
pub(super) fn is_distinct(syntax: &ast::Function) -> bool {
    matches!(&syntax.args, FunctionArguments::List(list) if list.duplicate_treatment == Some(DuplicateTreatment::Distinct))
}

/// Whether there is an ORDER BY among the arguments.
pub(super) fn has_order(syntax: &ast::Function) -> bool {
    matches!(&syntax.args, FunctionArguments::List(list)
        if list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_))))
}

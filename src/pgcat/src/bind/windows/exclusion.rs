//! EXCLUDE of a window frame, which stands in the end of the frame.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, WindowFrameBound};

use crate::parse::{EXCLUDE_CURRENT_ROW, EXCLUDE_GROUP, EXCLUDE_TIES};
use crate::query::Exclusion;

/// The exclusion, and the end of the frame as it would be without it; `None` where there is none.
pub(super) fn of(end: &WindowFrameBound) -> Option<(Exclusion, WindowFrameBound)> {
    let (WindowFrameBound::Following(Some(marked)) | WindowFrameBound::Preceding(Some(marked))) = end else { return None };
    let Expr::Function(mark) = &**marked else { return None };
    let ([ObjectNamePart::Identifier(name)], FunctionArguments::List(list)) = (mark.name.0.as_slice(), &mark.args) else { return None };
    let exclusion = match name.value.as_str() {
        EXCLUDE_CURRENT_ROW => Exclusion::CurrentRow,
        EXCLUDE_GROUP => Exclusion::Group,
        EXCLUDE_TIES => Exclusion::Ties,
        _ => return None,
    };
    let distance = match list.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(distance))) => Some(Box::new(distance.clone())),
        Some(_) => return Some((exclusion, WindowFrameBound::CurrentRow)),
        None => None,
    };
    let end = match end {
        WindowFrameBound::Preceding(_) => WindowFrameBound::Preceding(distance),
        _ => WindowFrameBound::Following(distance),
    };
    Some((exclusion, end))
}

//! Calls of aggregates: to which query one belongs, and whether it may stand where it stands.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::scope::Holds;
use super::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::function::{AggregateEntry, Signature};
use crate::query::AggregateCall;
use crate::types::{Type, oid};

/// A call of an aggregate as it is written, with its function found and its arguments bound.
pub(crate) struct AggregateUse<'q> {
    pub(crate) name: Arc<str>,
    pub(crate) entry: AggregateEntry,
    pub(crate) signature: Signature,
    /// Bound in [`Place::AggregateArgument`], and coerced; those of WITHIN GROUP behind the others.
    pub(crate) arguments: Vec<Expr>,
    /// How many of them stand in front of WITHIN GROUP.
    pub(crate) direct: usize,
    pub(crate) distinct: bool,
    /// Of the parentheses, or of WITHIN GROUP.
    pub(crate) order_by: &'q [ast::OrderByExpr],
    pub(crate) filter: Option<&'q ast::Expr>,
    pub(crate) position: Option<usize>,
}

impl Binder<'_> {
    /// Adds the call to the query that it belongs to, and gives the register of its value. It belongs to the nearest query whose columns
    /// it reads, and to the innermost one if it reads none.
    pub(crate) fn aggregate_call(&mut self, call: AggregateUse<'_>, place: Place) -> Result<Typed> {
        let AggregateUse { name, entry, signature, mut arguments, direct, distinct, order_by, filter, position } = call;
        let at = |error: Error| position.map_or(error.clone(), |position| error.position(position));
        let mut order_by = self.sort_list(order_by, Place::AggregateArgument)?;
        if distinct && order_by.iter().any(|(key, _)| !arguments.iter().any(|argument| argument.is_same(key))) {
            let message = "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
            return Err(at(Error::new(Code::InvalidReference, message)));
        }
        let mut filter = filter.map(|filter| self.condition(filter, Place::AggregateFilter, "FILTER")).transpose()?;
        let result = signature.result;
        let mut parts: Vec<&mut Expr> = arguments.iter_mut().chain(order_by.iter_mut().map(|(key, _)| key)).chain(&mut filter).collect();
        let outwards = parts.iter().filter_map(|part| part.nearest_read()).min().unwrap_or(0);
        parts.iter_mut().for_each(|part| part.move_outwards(outwards));
        let scope = self.scopes.len() - 1 - outwards;
        let place = match outwards {
            0 => Some(place),
            _ => self.scopes[scope].place,
        };
        self.check_aggregate(place).map_err(at)?;
        self.check_recursive_aggregate(scope).map_err(at)?;
        let mut call = AggregateCall { name, entry, signature, arguments, direct, distinct, order_by, filter, register: 0 };
        if call.arguments.iter().any(|argument| self.has_aggregate(scope, argument)) {
            return Err(at(Error::new(Code::Grouping, "aggregate function calls cannot be nested")));
        }
        let register = match self.scopes[scope].aggregates.iter().find(|known| known.is_same(&call)) {
            Some(known) => known.register,
            None => {
                call.register = self.scopes[scope].register(Holds::Group);
                let register = call.register;
                self.scopes[scope].aggregates.push(call);
                register
            }
        };
        if outwards > 0 {
            self.note_read(scope, register);
        }
        Ok(Typed::new(Expr::Column { depth: outwards, register }, result))
    }

    /// `GROUPING(…)`, whose arguments are keys of the grouping.
    pub(crate) fn grouping_call(&mut self, arguments: Vec<Expr>) -> Result<Typed> {
        let scope = self.scope_mut();
        let register = scope.register(Holds::Group);
        scope.grouping_calls.push((arguments, register));
        Ok(Typed::new(Expr::Column { depth: 0, register }, Type::new(oid::INT4)))
    }

    fn has_aggregate(&self, scope: usize, argument: &Expr) -> bool {
        let mut has = false;
        argument.each(&mut |expr, deeper| {
            has |= matches!(expr, Expr::Column { depth, register } if *depth == deeper
                && self.scopes[scope].registers.get(*register) == Some(&Holds::Group));
        });
        has
    }

    fn check_aggregate(&self, place: Option<Place>) -> Result<()> {
        use Place::{AggregateFilter, ExecuteArgument, FromFunction, GroupBy, JoinOn, Limit, Offset, Values, Where};
        match place {
            Some(place @ (Where | JoinOn | FromFunction | AggregateFilter | GroupBy | Limit | Offset | Values | ExecuteArgument)) => {
                Err(Error::new(Code::Grouping, format!("aggregate functions are not allowed in {}", place.name())))
            }
            _ => Ok(()),
        }
    }
}

impl Expr {
    /// Makes an expression that reads nothing nearer than so many queries further out one that stands there.
    fn move_outwards(&mut self, outwards: usize) {
        if outwards == 0 {
            return;
        }
        self.each_mut(&mut |expr, deeper| match expr {
            Expr::Column { depth, .. } if *depth >= deeper => *depth -= outwards,
            Expr::Subquery(subquery) => {
                for (depth, _) in subquery.outer.iter_mut().filter(|(depth, _)| *depth >= deeper) {
                    *depth -= outwards;
                }
            }
            _ => {}
        });
    }
}

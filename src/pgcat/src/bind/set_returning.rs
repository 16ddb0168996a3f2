//! Set-returning functions in expressions: each is computed beside the others of its level, and read from a register.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::scope::Holds;
use super::{Binder, Place};
use crate::expr::{Call, Expr, Typed};
use crate::function::Function;
use crate::query::SetReturning;

impl Binder<'_> {
    /// Adds the call to the query, and gives the register that takes a value of each row. In FROM it is left a call, which is what is
    /// scanned there.
    pub(crate) fn set_returning_call(
        &mut self,
        function: Arc<Function>,
        arguments: Vec<Expr>,
        place: Place,
        position: Option<usize>,
    ) -> Result<Typed> {
        let result = function.signature.result;
        if place == Place::FromFunction {
            return Ok(Typed::new(Expr::Call(Box::new(Call { function, arguments, position })), result));
        }
        check_set(place).map_err(|error| position.map_or(error.clone(), |position| error.position(position)))?;
        let scope = self.scope_mut();
        let level = arguments.iter().filter_map(|argument| level_read(&scope.registers, argument)).max().map_or(0, |level| level + 1);
        scope.is_volatile |= function.is_volatile;
        let mut call = SetReturning { function, arguments, register: 0 };
        if let Some(known) = scope.set_returning.get(level).and_then(|level| level.iter().find(|known| known.is_same(&call))) {
            return Ok(Typed::new(Expr::Column { depth: 0, register: known.register }, result));
        }
        call.register = scope.register(Holds::Set { level });
        let register = call.register;
        if scope.set_returning.len() == level {
            scope.set_returning.push(Vec::new());
        }
        scope.set_returning[level].push(call);
        Ok(Typed::new(Expr::Column { depth: 0, register }, result))
    }
}

/// The highest level of set-returning functions whose values an expression reads.
fn level_read(registers: &[Holds], expr: &Expr) -> Option<usize> {
    let mut highest = None;
    expr.each(&mut |expr, deeper| {
        if let Expr::Column { depth, register } = expr
            && *depth == deeper
            && let Some(Holds::Set { level }) = registers.get(*register)
        {
            highest = highest.max(Some(*level));
        }
    });
    highest
}

/// Refuses a set where one value is needed.
fn check_set(place: Place) -> Result<()> {
    let refuse = |message: String| Error::new(Code::Unsupported, message);
    match place {
        Place::SelectList | Place::OrderBy | Place::DistinctOn | Place::FromFunction | Place::FunctionBody => Ok(()),
        Place::AggregateArgument | Place::WindowArgument => {
            Err(refuse(format!("{} cannot contain set-returning function calls", place.name()))
                .hint("You might be able to move the set-returning function into a LATERAL FROM item."))
        }
        _ => Err(refuse(format!("set-returning functions are not allowed in {}", place.name()))),
    }
}

//! Parameters, whose types may come from where they are used.

use spi::{Code, Error, Result};

use crate::bind::Binder;
use crate::expr::{Expr, Typed};
use crate::resolve::format_type;
use crate::types::{Type, oid};

/// The protocol counts parameters in 16 bits.
const PARAMETERS_MAX: usize = 65535;

impl Binder<'_> {
    /// The number of a parameter by how it is written, from 0.
    pub(super) fn parameter_number(&self, written: &str) -> Result<usize> {
        let number = written.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
        match number {
            Some(number @ 1..=PARAMETERS_MAX) => Ok(number - 1),
            _ => Err(Error::new(Code::UndefinedParameter, format!("there is no parameter {written}"))),
        }
    }

    /// A parameter by its number. Its type is unknown until it is used as one.
    pub(super) fn parameter(&mut self, number: usize) -> Typed {
        if self.parameter_types.len() <= number {
            self.parameter_types.resize(number + 1, 0);
        }
        let type_ = match self.parameter_types[number] {
            0 | oid::UNKNOWN => Type::new(oid::UNKNOWN),
            known => self.names().type_of(known, -1),
        };
        Typed::new(Expr::Parameter(number), type_)
    }

    /// A parameter of unknown type as one of a type, which it has from then on.
    pub(super) fn settle_parameter(&mut self, number: usize, to: u32) -> Result<Typed> {
        let known = self.parameter_types.get(number).copied().unwrap_or_default();
        if matches!(known, 0 | oid::UNKNOWN) {
            if let Some(known) = self.parameter_types.get_mut(number) {
                *known = to;
            }
        } else if known != to {
            let (known, to) = (format_type(self.names(), known, None), format_type(self.names(), to, None));
            let message = format!("inconsistent types deduced for parameter ${}", number + 1);
            return Err(Error::new(Code::AmbiguousParameter, message).detail(format!("{known} versus {to}")));
        }
        Ok(Typed::new(Expr::Parameter(number), self.names().type_of(to, -1)))
    }
}

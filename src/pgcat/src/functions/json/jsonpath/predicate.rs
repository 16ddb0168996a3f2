//! Conditions of paths, which are true, false or unknown. What fails inside of one makes it unknown.

use std::cmp::Ordering;

use spi::{Code, Error, Result};

use super::run::{Run, variable};
use crate::functions::regexp::options::Options;
use crate::functions::regexp::pattern::Pattern;
use crate::io::json::Json;
use crate::io::jsonpath::{Base, Comparison, Expr};
use crate::io::numeric;
use crate::value::compare::compare_numerics;

impl Run {
    /// `None` is unknown.
    pub(super) fn condition(&mut self, expr: &Expr) -> Result<Option<bool>> {
        Ok(match &expr.base {
            Base::And(left, right) => match self.condition(left)? {
                Some(false) => Some(false),
                left => match (left, self.condition(right)?) {
                    (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
            },
            Base::Or(left, right) => match self.condition(left)? {
                Some(true) => Some(true),
                left => match (left, self.condition(right)?) {
                    (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
            },
            Base::Not(operand) => self.condition(operand)?.map(|truth| !truth),
            Base::IsUnknown(operand) => Some(self.condition(operand)?.is_none()),
            Base::Exists(operand) => {
                let mut found = Vec::new();
                let outcome = self.path(operand, &mut found);
                match self.settled(outcome)? {
                    Some(()) => Some(!found.is_empty()),
                    // In lax mode the first thing found is enough.
                    None if !self.strict && !found.is_empty() => Some(true),
                    None => None,
                }
            }
            Base::Compare(comparison, left, right) => {
                let Some(left) = self.operand(left)? else { return Ok(None) };
                let Some(right) = self.operand(right)? else { return Ok(None) };
                self.any(&left, &right, |left, right| compared(*comparison, left, right))?
            }
            Base::StartsWith(operand, initial) => {
                let initial = match &initial.base {
                    Base::String(text) => Json::String(text.clone()),
                    Base::Variable(name) => variable(&self.variables.tree, name)?.clone(),
                    _ => Json::Null,
                };
                let Some(operands) = self.operand(operand)? else { return Ok(None) };
                self.any(&operands, std::slice::from_ref(&initial), |text, initial| {
                    Ok(match (text, initial) {
                        (Json::String(text), Json::String(initial)) => Some(text.starts_with(initial.as_str())),
                        _ => None,
                    })
                })?
            }
            Base::LikeRegex { operand, pattern, flags } => {
                let pattern = expression(pattern, flags)?;
                let Some(operands) = self.operand(operand)? else { return Ok(None) };
                self.any(&operands, &[Json::Null], |text, _| match text {
                    Json::String(text) => pattern.is_match(text).map(Some),
                    _ => Ok(None),
                })?
            }
            _ => None,
        })
    }

    /// The items of an operand; `None` where it fails.
    fn operand(&mut self, expr: &Expr) -> Result<Option<Vec<Json>>> {
        let items = self.unwrapped(expr);
        self.settled(items)
    }

    /// A failure of a path is none of the condition. What is asked wrongly stays an error.
    fn settled<T>(&self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error) if matches!(error.code, Code::UndefinedObject | Code::Unsupported | Code::InvalidRegularExpression) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Whether the test holds for any pair. In strict mode all of them must be comparable.
    fn any(&self, left: &[Json], right: &[Json], test: impl Fn(&Json, &Json) -> Result<Option<bool>>) -> Result<Option<bool>> {
        let (mut holds, mut is_unknown) = (false, false);
        for left in left {
            for right in right {
                match test(left, right)? {
                    None if self.strict => return Ok(None),
                    None => is_unknown = true,
                    Some(true) if !self.strict => return Ok(Some(true)),
                    Some(true) => holds = true,
                    Some(false) => {}
                }
            }
        }
        Ok(if holds {
            Some(true)
        } else if is_unknown {
            None
        } else {
            Some(false)
        })
    }
}

/// Values of different types are not comparable, but null is different from all others.
fn compared(comparison: Comparison, left: &Json, right: &Json) -> Result<Option<bool>> {
    let order = match (left, right) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, _) | (_, Json::Null) => return Ok(Some(comparison == Comparison::NotEqual)),
        (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
        (Json::Number(left), Json::Number(right)) => compare_numerics(&numeric::read(left)?, &numeric::read(right)?),
        (Json::String(left), Json::String(right)) => left.cmp(right),
        _ => return Ok(None),
    };
    Ok(Some(match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }))
}

/// The flags of XQuery as those of PostgreSQL's own expressions.
fn expression(pattern: &str, flags: &str) -> Result<std::sync::Arc<Pattern>> {
    let has = |flag: char| flags.contains(flag);
    let mut letters = String::new();
    if has('i') {
        letters.push('i');
    }
    if has('q') {
        letters.push('q');
    } else {
        // Newlines are special to points and brackets unless `s` is given, to anchors where `m` is.
        letters.push_str(match (has('s'), has('m')) {
            (true, true) => "w",
            (true, false) => "s",
            (false, true) => "n",
            (false, false) => "p",
        });
    }
    let options = Options::parse(&letters).map_err(|error| Error::internal(error.message))?;
    Pattern::get(pattern, options.flags)
}

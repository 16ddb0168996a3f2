//! Window functions: which rows they see, and in which order.

mod exclusion;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::scope::Holds;
use super::{Binder, Place, fold};
use crate::expr::{Expr, Typed};
use crate::function::Signature;
use crate::query::{Bound, Exclusion, Frame, FrameUnit, SortOrder, Window, WindowCall, WindowFunction};
use crate::types::{Type, oid};

/// A call with OVER as it is written, with its function found and its arguments bound.
pub(crate) struct WindowUse<'q> {
    pub(crate) function: WindowFunction,
    pub(crate) signature: Signature,
    /// Bound in [`Place::WindowArgument`], and coerced.
    pub(crate) arguments: Vec<Expr>,
    pub(crate) filter: Option<&'q ast::Expr>,
    pub(crate) over: &'q ast::WindowType,
    pub(crate) position: Option<usize>,
}

/// A window with the names in it replaced by what they stand for.
struct Definition {
    partition_by: Vec<Expr>,
    order_by: Vec<(Expr, SortOrder)>,
    order_type: Option<Type>,
    frame: Option<ast::WindowFrame>,
}

impl Binder<'_> {
    /// Adds the call to its window, and gives the register of its value.
    pub(crate) fn window_call(&mut self, call: WindowUse<'_>, place: Place) -> Result<Typed> {
        let WindowUse { function, signature, arguments, filter, over, position } = call;
        let at = |error: Error| position.map_or(error.clone(), |position| error.position(position));
        check_window(place).map_err(at)?;
        let filter = filter.map(|filter| self.condition(filter, Place::AggregateFilter, "FILTER")).transpose()?;
        let definition = match over {
            ast::WindowType::WindowSpec(spec) => self.definition(spec)?,
            ast::WindowType::NamedWindow(name) => {
                let spec = self.named_window(name)?;
                self.definition(&spec)?
            }
        };
        let frame = self.frame(&definition)?;
        let Definition { partition_by, order_by, .. } = definition;
        let result = signature.result;
        let mut call = WindowCall { function, signature, arguments, filter, frame, register: 0 };
        let scope = self.scope_mut();
        let place = scope.windows.iter().position(|window| window.has_same_rows(&partition_by, &order_by));
        let place = place.unwrap_or_else(|| {
            scope.windows.push(Window { partition_by, order_by, functions: Vec::new() });
            scope.windows.len() - 1
        });
        if let Some(known) = scope.windows[place].functions.iter().find(|known| known.is_same(&call)) {
            return Ok(Typed::new(Expr::Column { depth: 0, register: known.register }, result));
        }
        call.register = scope.register(Holds::Window);
        let register = call.register;
        scope.windows[place].functions.push(call);
        Ok(Typed::new(Expr::Column { depth: 0, register }, result))
    }

    fn named_window(&self, name: &ast::Ident) -> Result<ast::WindowSpec> {
        let folded = fold(name);
        let known = self.scope().named_windows.iter().find(|(known, _)| *known == folded).map(|(_, spec)| spec.clone());
        known.ok_or_else(|| self.error_at(Error::new(Code::UndefinedObject, format!("window \"{folded}\" does not exist")), name.span))
    }

    fn definition(&mut self, spec: &ast::WindowSpec) -> Result<Definition> {
        let mut base = match &spec.window_name {
            Some(name) => {
                let named = self.named_window(name)?;
                let folded = fold(name);
                let refuse = |message: String| Err(Error::new(Code::Windowing, message));
                if !spec.partition_by.is_empty() {
                    return refuse(format!("cannot override PARTITION BY clause of window \"{folded}\""));
                }
                if !spec.order_by.is_empty() && !named.order_by.is_empty() {
                    return refuse(format!("cannot override ORDER BY clause of window \"{folded}\""));
                }
                if named.window_frame.is_some() {
                    return refuse(format!("cannot copy window \"{folded}\" because it has a frame clause"));
                }
                self.definition(&named)?
            }
            None => Definition { partition_by: Vec::new(), order_by: Vec::new(), order_type: None, frame: None },
        };
        for key in &spec.partition_by {
            let key = self.expression(key, Place::WindowDefinition)?;
            base.partition_by.push(self.settle_unknown(key)?.expr);
        }
        if !spec.order_by.is_empty() {
            let keys = self.typed_sort_list(&spec.order_by, Place::WindowDefinition)?;
            base.order_type = keys.first().filter(|_| keys.len() == 1).map(|(key, _)| key.type_);
            base.order_by = keys.into_iter().map(|(key, order)| (key.expr, order)).collect();
        }
        base.frame = spec.window_frame.clone();
        Ok(base)
    }

    fn frame(&mut self, definition: &Definition) -> Result<Frame> {
        let Some(frame) = &definition.frame else {
            let (start, end) = (Bound::UnboundedPreceding, Bound::CurrentRow);
            return Ok(Frame { unit: FrameUnit::Range, start, end, exclusion: Exclusion::None, is_zoned: false });
        };
        let is_zoned = definition.order_type.is_some_and(|order| order.oid == oid::TIMESTAMPTZ);
        let unit = match frame.units {
            ast::WindowFrameUnits::Rows => FrameUnit::Rows,
            ast::WindowFrameUnits::Range => FrameUnit::Range,
            ast::WindowFrameUnits::Groups => FrameUnit::Groups,
        };
        let refuse = |message: &str| Err(Error::new(Code::Windowing, message));
        let start = self.frame_bound(&frame.start_bound, unit, definition)?;
        let (end, exclusion) = match &frame.end_bound {
            Some(end) => match exclusion::of(end) {
                Some((exclusion, end)) => (self.frame_bound(&end, unit, definition)?, exclusion),
                None => (self.frame_bound(end, unit, definition)?, Exclusion::None),
            },
            None => (Bound::CurrentRow, Exclusion::None),
        };
        match (&start, &end) {
            (Bound::UnboundedFollowing, _) => refuse("frame start cannot be UNBOUNDED FOLLOWING"),
            (_, Bound::UnboundedPreceding) => refuse("frame end cannot be UNBOUNDED PRECEDING"),
            (Bound::Following(_), Bound::CurrentRow) if frame.end_bound.is_none() => {
                refuse("frame starting from following row cannot end with current row")
            }
            (Bound::Following(_), Bound::Preceding(_) | Bound::CurrentRow) => {
                refuse("frame starting from following row cannot have preceding rows")
            }
            (Bound::CurrentRow, Bound::Preceding(_)) => refuse("frame starting from current row cannot have preceding rows"),
            _ if unit == FrameUnit::Groups && definition.order_by.is_empty() => refuse("GROUPS mode requires an ORDER BY clause"),
            _ => Ok(Frame { unit, start, end, exclusion, is_zoned }),
        }
    }

    fn frame_bound(&mut self, bound: &ast::WindowFrameBound, unit: FrameUnit, definition: &Definition) -> Result<Bound> {
        let (distance, preceding) = match bound {
            ast::WindowFrameBound::CurrentRow => return Ok(Bound::CurrentRow),
            ast::WindowFrameBound::Preceding(None) => return Ok(Bound::UnboundedPreceding),
            ast::WindowFrameBound::Following(None) => return Ok(Bound::UnboundedFollowing),
            ast::WindowFrameBound::Preceding(Some(distance)) => (distance, true),
            ast::WindowFrameBound::Following(Some(distance)) => (distance, false),
        };
        let typed = self.expression(distance, Place::WindowDefinition)?;
        let target = match (unit, definition.order_type) {
            (FrameUnit::Range, None) => {
                let message = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column";
                return Err(Error::new(Code::Windowing, message));
            }
            (FrameUnit::Range, Some(order)) => match order.oid {
                oid::DATE | oid::TIME | oid::TIMETZ | oid::TIMESTAMP | oid::TIMESTAMPTZ | oid::INTERVAL => Type::new(oid::INTERVAL),
                oid::INT2 | oid::INT4 | oid::INT8 => Type::new(oid::INT8),
                oid::FLOAT4 | oid::FLOAT8 => Type::new(oid::FLOAT8),
                oid::NUMERIC => order,
                _ => {
                    let name = self.type_text(order);
                    let message = format!("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {name}");
                    return Err(self.error_at(Error::new(Code::Unsupported, message), distance.span()));
                }
            },
            _ => Type::new(oid::INT8),
        };
        if unit == FrameUnit::Range && !self.names().can_coerce(&[typed.type_.oid], &[target.oid], super::Coercion::Implicit) {
            let order = definition.order_type.map_or_else(String::new, |order| self.type_text(order));
            let offset = self.type_text(typed.type_);
            let message =
                format!("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {order} and offset type {offset}");
            let error = Error::new(Code::Unsupported, message).hint("Cast the offset value to an appropriate type.");
            return Err(self.error_at(error, distance.span()));
        }
        let typed = self.coerce(typed, target, super::Coercion::Implicit)?;
        if typed.expr.reads_own_columns() {
            let unit = match unit {
                FrameUnit::Rows => "ROWS",
                FrameUnit::Range => "RANGE",
                FrameUnit::Groups => "GROUPS",
            };
            return Err(Error::new(Code::InvalidReference, format!("argument of {unit} must not contain variables")));
        }
        Ok(if preceding { Bound::Preceding(typed.expr) } else { Bound::Following(typed.expr) })
    }
}

/// Refuses a window function where there are no rows to look at.
fn check_window(place: Place) -> Result<()> {
    match place {
        Place::SelectList | Place::OrderBy | Place::DistinctOn | Place::FunctionBody => Ok(()),
        Place::AggregateArgument => Err(Error::new(Code::Grouping, format!("{} cannot contain window function calls", place.name()))),
        Place::WindowArgument => Err(Error::new(Code::Windowing, format!("{} cannot be nested", place.name()))),
        _ => Err(Error::new(Code::Windowing, format!("window functions are not allowed in {}", place.name()))),
    }
}

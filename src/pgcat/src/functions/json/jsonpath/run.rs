//! A path followed through a value, item by item and each of them to its end before the next.

use std::rc::Rc;

use spi::{Code, Error, Result};

use super::origin::Origin;
use crate::functions::operators::numerics;
use crate::io::json::Json;
use crate::io::jsonpath::{Base, Expr, LAST_LEVEL, Method, Operator, Sign, Step};
use crate::io::{float, numeric};
use crate::value::Numeric;

/// How much stack one level may need, and how much is added when there is less.
pub(super) const STACK_LEVEL_BYTES: usize = 64 * 1024;
pub(super) const STACK_ADDED_BYTES: usize = 1024 * 1024;

/// What a path is followed with.
pub(super) struct Run {
    root: Origin,
    pub(super) variables: Origin,
    pub(super) strict: bool,
    /// Whether what does not fit the path is left out where it stands, as behind `**`.
    ignores_structure: bool,
    /// `@`, and the place of the last item of the array whose subscript is computed.
    current: Option<Origin>,
    last: Option<usize>,
    /// The value that the item at hand is part of, and the number of the next one that is made.
    origin: Origin,
    next_number: u64,
}

/// The numbers of values: the target, the variables, and the first that is made on the way.
const TARGET: u64 = 0;
const VARIABLES: u64 = 1;
const FIRST_MADE: u64 = 2;

impl Run {
    pub(super) fn new(root: Json, variables: Json, strict: bool) -> Self {
        let (root, variables) = (Origin::new(Rc::new(root), TARGET), Origin::new(Rc::new(variables), VARIABLES));
        let origin = root.clone();
        Self { root, variables, strict, ignores_structure: !strict, current: None, last: None, origin, next_number: FIRST_MADE }
    }

    /// Adds what an expression gives.
    pub(super) fn path(&mut self, expr: &Expr, found: &mut Vec<Json>) -> Result<()> {
        stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || match &expr.base {
            Base::Root => self.steps_of(self.root.clone(), &expr.steps, found),
            Base::Current => match self.current.clone() {
                Some(current) => self.steps_of(current, &expr.steps, found),
                None => Ok(()),
            },
            Base::Last => {
                let last = self.last.map_or(Json::Null, |last| Json::Number(last.to_string()));
                self.steps(&last, &expr.steps, found)
            }
            Base::Null => self.steps(&Json::Null, &expr.steps, found),
            Base::Bool(truth) => self.steps(&Json::Bool(*truth), &expr.steps, found),
            Base::Number(digits) => self.steps(&Json::Number(digits.clone()), &expr.steps, found),
            Base::String(text) => self.steps(&Json::String(text.clone()), &expr.steps, found),
            Base::Variable(name) => {
                let outside = std::mem::replace(&mut self.origin, self.variables.clone());
                let variables = Rc::clone(&self.variables.tree);
                let done = variable(&variables, name).and_then(|value| self.steps(value, &expr.steps, found));
                self.origin = outside;
                done
            }
            Base::Unary(sign, operand) => {
                for item in self.unwrapped(operand)? {
                    let Json::Number(digits) = &item else {
                        let symbol = if *sign == Sign::Minus { "-" } else { "+" };
                        let message = format!("operand of unary jsonpath operator {symbol} is not a numeric value");
                        return Err(Error::new(Code::JsonNumber, message));
                    };
                    let number = numeric::read(digits)?;
                    let number = if *sign == Sign::Minus { numerics::negated(&number) } else { number };
                    self.steps(&shown(&number), &expr.steps, found)?;
                }
                Ok(())
            }
            Base::Arithmetic(operator, left, right) => {
                let result = self.arithmetic(*operator, left, right)?;
                self.steps(&shown(&result), &expr.steps, found)
            }
            _ => {
                let truth = self.condition(expr)?.map_or(Json::Null, Json::Bool);
                self.steps(&truth, &expr.steps, found)
            }
        })
    }

    /// The steps from the whole of a value.
    fn steps_of(&mut self, origin: Origin, steps: &[Step], found: &mut Vec<Json>) -> Result<()> {
        let whole = Rc::clone(&origin.tree);
        let outside = std::mem::replace(&mut self.origin, origin);
        let done = self.steps(&whole, steps, found);
        self.origin = outside;
        done
    }

    /// What an expression gives; in lax mode the items of arrays instead of these.
    pub(super) fn unwrapped(&mut self, expr: &Expr) -> Result<Vec<Json>> {
        let mut found = Vec::new();
        self.path(expr, &mut found)?;
        if self.strict {
            return Ok(found);
        }
        let items = |item: Json| match item {
            Json::Array(items) => items,
            other => vec![other],
        };
        Ok(found.into_iter().flat_map(items).collect())
    }

    fn arithmetic(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Result<Numeric> {
        let left = self.unwrapped(left)?;
        let right = self.unwrapped(right)?;
        let single = |items: &[Json], side: &str| match items {
            [Json::Number(digits)] => numeric::read(digits),
            _ => {
                let message = format!("{side} operand of jsonpath operator {} is not a single numeric value", operator.symbol());
                Err(Error::new(Code::JsonSingleton, message))
            }
        };
        let (left, right) = (single(&left, "left")?, single(&right, "right")?);
        match operator {
            Operator::Add => numerics::add(&left, &right),
            Operator::Subtract => numerics::add(&left, &numerics::negated(&right)),
            Operator::Multiply => numerics::multiply(&left, &right),
            Operator::Divide => numerics::divide(&left, &right),
            Operator::Remainder => numerics::remainder(&left, &right),
        }
    }

    fn steps(&mut self, item: &Json, steps: &[Step], found: &mut Vec<Json>) -> Result<()> {
        let Some((step, rest)) = steps.split_first() else {
            found.push(item.clone());
            return Ok(());
        };
        stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || self.step(item, step, rest, !self.strict, found))
    }

    /// One step. In lax mode a step that is not of arrays is taken from each item of one.
    fn step(&mut self, item: &Json, step: &Step, rest: &[Step], unwraps: bool, found: &mut Vec<Json>) -> Result<()> {
        let is_of_arrays = matches!(step, Step::AnyItem | Step::Items(_) | Step::Descend(..) | Step::Method(Method::Type | Method::Size));
        if let (Json::Array(items), true, false) = (item, unwraps, is_of_arrays) {
            return items.iter().try_for_each(|item| self.step(item, step, rest, false, found));
        }
        let missing = |run: &Self, code: Code, message: String| if run.ignores_structure { Ok(()) } else { Err(Error::new(code, message)) };
        match (step, item) {
            (Step::Key(key), Json::Object(members)) => match members.iter().rev().find(|(name, _)| name == key) {
                Some((_, value)) => self.steps(value, rest, found),
                None => missing(self, Code::JsonMember, format!("JSON object does not contain key \"{key}\"")),
            },
            (Step::Key(_), _) => missing(self, Code::JsonMember, "jsonpath member accessor can only be applied to an object".to_owned()),
            (Step::AnyKey, Json::Object(members)) => members.iter().try_for_each(|(_, value)| self.steps(value, rest, found)),
            (Step::AnyKey, _) => {
                missing(self, Code::JsonObject, "jsonpath wildcard member accessor can only be applied to an object".to_owned())
            }
            (Step::AnyItem, Json::Array(items)) => items.iter().try_for_each(|item| self.steps(item, rest, found)),
            (Step::AnyItem, other) if !self.strict => self.steps(other, rest, found),
            (Step::AnyItem, _) => {
                missing(self, Code::JsonArray, "jsonpath wildcard array accessor can only be applied to an array".to_owned())
            }
            (Step::Items(places), Json::Array(items)) => self.items(&items.iter().collect::<Vec<_>>(), places, rest, found),
            (Step::Items(places), other) if !self.strict => self.items(&[other], places, rest, found),
            (Step::Items(_), _) => missing(self, Code::JsonArray, "jsonpath array accessor can only be applied to an array".to_owned()),
            (Step::Descend(from, to), item) => {
                let outside = std::mem::replace(&mut self.ignores_structure, true);
                let mut done = Ok(());
                if *from == 0 {
                    done = self.steps(item, rest, found);
                }
                let done = done.and_then(|()| self.descend(item, (*from, *to), 1, rest, found));
                self.ignores_structure = outside;
                done
            }
            (Step::Filter(condition), item) => {
                let current = self.origin.part(item);
                let outside = self.current.replace(current);
                let holds = self.condition(condition);
                self.current = outside;
                if holds? == Some(true) { self.steps(item, rest, found) } else { Ok(()) }
            }
            (Step::Method(Method::KeyValue), Json::Object(members)) => self.key_values(item, members, rest, found),
            (Step::Method(method), item) => {
                let result = self.method(*method, item)?;
                self.steps(&result, rest, found)
            }
        }
    }

    /// An object for each member of an object, which says from which one it is.
    fn key_values(&mut self, object: &Json, members: &[(String, Json)], rest: &[Step], found: &mut Vec<Json>) -> Result<()> {
        let id = self.origin.id(object)?;
        members.iter().try_for_each(|(key, value)| {
            let (id, key) = (Json::Number(id.to_string()), Json::String(key.clone()));
            let made = [("id", id), ("key", key), ("value", value.clone())].map(|(name, value)| (name.to_owned(), value));
            let origin = Origin::new(Rc::new(Json::Object(made.into())), self.next_number);
            self.next_number += 1;
            self.steps_of(origin, rest, found)
        })
    }

    fn items(&mut self, items: &[&Json], places: &[(Expr, Option<Expr>)], rest: &[Step], found: &mut Vec<Json>) -> Result<()> {
        let outside = self.last.replace(items.len().saturating_sub(1));
        let mut spans = Vec::with_capacity(places.len());
        let mut done = Ok(());
        for (from, to) in places {
            let span = self.place(from).and_then(|from| Ok((from, to.as_ref().map_or(Ok(from), |to| self.place(to))?)));
            match span {
                Ok(span) => spans.push(span),
                Err(error) => {
                    done = Err(error);
                    break;
                }
            }
        }
        for (from, to) in spans {
            if !self.ignores_structure && (from < 0 || from > to || to >= items.len() as i64) {
                self.last = outside;
                return Err(Error::new(Code::JsonSubscript, "jsonpath array subscript is out of bounds"));
            }
            for place in from.max(0)..=to.min(items.len() as i64 - 1) {
                let inside = self.last;
                let taken = self.steps(items[place as usize], rest, found);
                self.last = inside;
                if taken.is_err() {
                    self.last = outside;
                    return taken;
                }
            }
        }
        self.last = outside;
        done
    }

    /// The whole number that a subscript is.
    fn place(&mut self, expr: &Expr) -> Result<i64> {
        let mut found = Vec::new();
        self.path(expr, &mut found)?;
        let [Json::Number(digits)] = found.as_slice() else {
            return Err(Error::new(Code::JsonSubscript, "jsonpath array subscript is not a single numeric value"));
        };
        let whole = digits.split('.').next().unwrap_or_default();
        let place = whole.parse::<i32>().map(i64::from);
        place.map_err(|_| Error::new(Code::JsonSubscript, "jsonpath array subscript is out of integer range"))
    }

    /// What is below an item, between two levels.
    fn descend(&mut self, item: &Json, levels: (u32, u32), level: u32, rest: &[Step], found: &mut Vec<Json>) -> Result<()> {
        let (from, to) = levels;
        let children: Vec<&Json> = match item {
            Json::Array(items) => items.iter().collect(),
            Json::Object(members) => members.iter().map(|(_, value)| value).collect(),
            _ => return Ok(()),
        };
        for child in children {
            let has_parts = matches!(child, Json::Array(_) | Json::Object(_));
            if level >= from || (from == LAST_LEVEL && to == LAST_LEVEL && !has_parts) {
                self.steps(child, rest, found)?;
            }
            if level < to && has_parts {
                stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || self.descend(child, levels, level + 1, rest, found))?;
            }
        }
        Ok(())
    }

    fn method(&self, method: Method, item: &Json) -> Result<Json> {
        let name = method.name();
        let fault =
            |what: &str| Err(Error::new(Code::JsonNonNumeric, format!("jsonpath item method .{name}() can only be applied to {what}")));
        let number = match item {
            Json::Number(digits) => Some(numeric::read(digits)?),
            _ => None,
        };
        Ok(match (method, number) {
            (Method::Type, _) => Json::String(kind(item).to_owned()),
            (Method::Size, _) => match item {
                Json::Array(items) => Json::Number(items.len().to_string()),
                _ if self.strict && !self.ignores_structure => {
                    let message = format!("jsonpath item method .{name}() can only be applied to an array");
                    return Err(Error::new(Code::JsonArray, message));
                }
                _ => Json::Number("1".to_owned()),
            },
            (Method::Abs, Some(number)) => shown(&numerics::absolute(&number)),
            (Method::Floor, Some(number)) => shown(&rounded(&number, bigdecimal::RoundingMode::Floor)),
            (Method::Ceiling, Some(number)) => shown(&rounded(&number, bigdecimal::RoundingMode::Ceiling)),
            (Method::Abs | Method::Floor | Method::Ceiling, None) => return fault("a numeric value"),
            (Method::Double, _) => match item {
                Json::Number(text) | Json::String(text) => double(text, matches!(item, Json::Number(_)))?,
                _ => return fault("a string or numeric value"),
            },
            (Method::KeyValue, _) => {
                let message = format!("jsonpath item method .{name}() can only be applied to an object");
                return Err(Error::new(Code::JsonObject, message));
            }
        })
    }
}

pub(super) fn variable<'v>(variables: &'v Json, name: &str) -> Result<&'v Json> {
    let found = match variables {
        Json::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    };
    found.ok_or_else(|| Error::new(Code::UndefinedObject, format!("could not find jsonpath variable \"{name}\"")))
}

fn kind(item: &Json) -> &'static str {
    match item {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn rounded(number: &Numeric, mode: bigdecimal::RoundingMode) -> Numeric {
    match number {
        Numeric::Finite(number) => Numeric::Finite(number.with_scale_round(0, mode)),
        other => other.clone(),
    }
}

fn double(text: &str, is_number: bool) -> Result<Json> {
    let message = match is_number {
        true => "numeric argument of jsonpath item method .double() is out of range for type double precision",
        false => "string argument of jsonpath item method .double() is not a valid representation of a double precision number",
    };
    let invalid = || Error::new(Code::JsonNonNumeric, message);
    let number = float::read8(text).ok().filter(|number| number.is_finite()).ok_or_else(invalid)?;
    // A number of JSON has the digits that `numeric` keeps of it.
    Ok(trimmed(shown(&numeric::read(&format!("{number:.14e}"))?)))
}

/// Without zeros at the end behind the point.
fn trimmed(number: Json) -> Json {
    match number {
        Json::Number(digits) if digits.contains('.') => Json::Number(digits.trim_end_matches('0').trim_end_matches('.').to_owned()),
        other => other,
    }
}

fn shown(number: &Numeric) -> Json {
    let mut text = String::new();
    numeric::write(number, &mut text);
    Json::Number(text)
}

//! How the rows of a relation are found: by which index, with which keys.

use crate::expr::{Conversion, Expr, RowOperator, Subquery, SubqueryKind};
use crate::query::{Register, RelationScan};
use crate::relation::Relation;

use super::conditions::{self, Condition};
use super::equality::is_equality;
use super::registers::Registers;
use super::{Key, Lookup};

/// `pg_proc.oid` of casts whose result is represented like their argument: `int4(int2)`, `int8(int4)`, `int8(int2)`, `int8(oid)`,
/// `text(name)` and `varchar(name)`.
const CASTS: [u32; 6] = [313, 406, 481, 754, 1288, 1401];

/// How many keys a list whose length is not known is thought to have.
const KEYS_OF_ARRAY: f64 = 5.0;
const KEYS_OF_QUERY: f64 = 20.0;

/// A column that a condition says the value of.
pub(super) struct LookupKey {
    /// A place in [`Relation::columns`].
    column: usize,
    /// What must be filled before the key is known.
    needs: Registers,
    key: Key,
    /// Its place in the conditions of the group.
    condition: usize,
    /// Whether all rows that are found by the key fulfil the condition.
    is_exact: bool,
    /// How many values are expected.
    values: f64,
}

/// An index with keys.
pub(super) struct Choice {
    index: usize,
    /// Places in the relation's lookup keys.
    keys: Vec<usize>,
    /// How many rows are expected.
    pub rows: f64,
}

/// What a relation can be looked up by.
pub(super) fn keys(scan: &RelationScan, conditions: &[Condition]) -> Vec<LookupKey> {
    let mut keys = Vec::new();
    for (place, condition) in conditions.iter().enumerate().filter(|(_, condition)| !condition.is_volatile) {
        for (expr, key, same_types) in equalities(&condition.expr) {
            let (register, is_plain) = underlying_register(expr);
            let Some(column) = register.and_then(|register| column(scan, register)) else { continue };
            let needs = key_needs(&key);
            if scan.registers.iter().all(|fill| !needs.contains(fill.register)) {
                let values = values(&key);
                keys.push(LookupKey { column, needs, key, condition: place, is_exact: is_plain && same_types, values });
            }
        }
    }
    keys
}

/// The best way to look rows up with what is known.
pub(super) fn choose(relation: &dyn Relation, keys: &[LookupKey], available: &Registers) -> Option<Choice> {
    let usable = |column: usize| {
        let known = keys.iter().enumerate().filter(|(_, key)| key.column == column && key.needs.is_within(available));
        known.min_by(|(_, left), (_, right)| left.values.total_cmp(&right.values)).map(|(place, _)| place)
    };
    let choice = |(place, index): (usize, &crate::relation::Index)| {
        let chosen: Option<Vec<usize>> = index.columns.iter().map(|column| usable(*column)).collect();
        let chosen = chosen?;
        let combinations: f64 = chosen.iter().map(|key| keys[*key].values).product();
        let per_key = if index.unique { 1.0 } else { rows_per_key(relation, index.columns.len()) };
        Some(Choice { index: place, keys: chosen, rows: combinations * per_key })
    };
    let choices = relation.indexes().iter().enumerate().filter_map(choice);
    choices.min_by(|left, right| left.rows.total_cmp(&right.rows).then(right.keys.len().cmp(&left.keys.len())))
}

impl Choice {
    /// The lookup, and the places of the conditions that it makes needless.
    pub fn lookup(&self, keys: &[LookupKey]) -> (Lookup, Vec<usize>) {
        let chosen = || self.keys.iter().map(|key| &keys[*key]);
        let covered = chosen().filter(|key| key.is_exact).map(|key| key.condition).collect();
        (Lookup { index: self.index, keys: chosen().map(|key| key.key.clone()).collect() }, covered)
    }
}

/// What an index that is not unique finds is thought to be few, and fewer with more columns.
fn rows_per_key(relation: &dyn Relation, columns: usize) -> f64 {
    (relation.count() as f64).powf(0.3 / columns as f64).max(1.0)
}

/// The expressions that a condition says to be equal to a key, and whether both are of one type.
fn equalities(expr: &Expr) -> Vec<(&Expr, Key, bool)> {
    if let Some((call, left, right)) = conditions::equality(expr) {
        let same = same_types(call.function.signature.arguments.as_slice());
        return vec![(left, Key::One(right.clone()), same), (right, Key::One(left.clone()), same)];
    }
    match expr {
        Expr::Quantified { left, operator, array, all: false } if is_equality(operator) => {
            let key = match &**array {
                Expr::Array { items, nested: false, .. } => Key::List(items.clone()),
                array => Key::Elements(array.clone()),
            };
            vec![(left, key, same_types(&operator.signature.arguments))]
        }
        Expr::Subquery(subquery) => in_query(subquery).into_iter().collect(),
        Expr::Or(operands) => one_of(operands).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// `column IN (SELECT …)`.
fn in_query(subquery: &Subquery) -> Option<(&Expr, Key, bool)> {
    match &subquery.kind {
        SubqueryKind::Quantified { left, operators, row_operator: RowOperator::Equal, all: false } if !subquery.is_volatile => {
            let ([left], [operator]) = (left.as_slice(), operators.as_slice()) else { return None };
            let query = Subquery { kind: SubqueryKind::Exists, ..subquery.clone() };
            is_equality(operator).then(|| (left, Key::Rows(Box::new(query)), same_types(&operator.signature.arguments)))
        }
        _ => None,
    }
}

/// `column = … OR column = …`.
fn one_of(operands: &[Expr]) -> Option<(&Expr, Key, bool)> {
    let first = operands.first()?;
    let (_, left, right) = conditions::equality(first)?;
    let column = [left, right].into_iter().find(|side| underlying_register(side).0.is_some())?;
    let (register, is_plain) = underlying_register(column);
    let mut all_same = is_plain;
    let others = operands.iter().map(|operand| {
        let (call, left, right) = conditions::equality(operand)?;
        all_same &= same_types(&call.function.signature.arguments);
        if underlying_register(left) == (register, is_plain) {
            Some(right.clone())
        } else if underlying_register(right) == (register, is_plain) {
            Some(left.clone())
        } else {
            None
        }
    });
    let keys: Option<Vec<Expr>> = others.collect();
    Some((column, Key::List(keys?), all_same))
}

/// The register below casts that do not change the representation, and whether there are none of them.
fn underlying_register(expr: &Expr) -> (Option<Register>, bool) {
    match expr {
        Expr::Convert { operand, conversion: Conversion::Relabel } => underlying_register(operand),
        Expr::Call(call) if CASTS.contains(&call.function.oid) => match call.arguments.as_slice() {
            [argument] => (underlying_register(argument).0, false),
            _ => (None, false),
        },
        _ => (conditions::own_register(expr), true),
    }
}

fn column(scan: &RelationScan, register: Register) -> Option<usize> {
    scan.registers.iter().find(|fill| fill.register == register).map(|fill| fill.column)
}

fn same_types(arguments: &[crate::types::Type]) -> bool {
    matches!(arguments, [left, right] if left.oid == right.oid)
}

fn key_needs(key: &Key) -> Registers {
    match key {
        Key::One(expr) | Key::Elements(expr) => conditions::needs(expr),
        Key::List(items) => {
            let mut needs = Registers::default();
            items.iter().for_each(|item| needs.add(&conditions::needs(item)));
            needs
        }
        Key::Rows(subquery) => conditions::needs(&Expr::Subquery(subquery.clone())),
    }
}

fn values(key: &Key) -> f64 {
    match key {
        Key::One(_) => 1.0,
        Key::List(items) => items.len() as f64,
        Key::Elements(_) => KEYS_OF_ARRAY,
        Key::Rows(_) => KEYS_OF_QUERY,
    }
}

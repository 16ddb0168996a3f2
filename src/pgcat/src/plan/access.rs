//! How the rows of a relation are found: by which index, with which keys.

use crate::expr::{Conversion, Expr, RowOperator, Subquery, SubqueryKind};
use crate::query::{Register, RelationScan};
use crate::relation::Relation;
use crate::value::Value;

use super::conditions::{self, Condition};
use super::equality::is_equality;
use super::patterns;
use super::registers::Registers;
use super::{Key, Lookup, Pattern};

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
    by: By,
    /// Its place in the conditions of the group.
    condition: usize,
    /// Whether all rows that are found by the key fulfil the condition.
    is_exact: bool,
}

enum By {
    Key {
        key: Key,
        /// How many values are expected.
        values: f64,
    },
    Pattern {
        pattern: Pattern,
        /// How many rows are expected.
        rows: f64,
    },
}

/// An index with keys, or a pattern.
pub(super) struct Choice {
    /// The index; `None` for a pattern.
    index: Option<usize>,
    /// Places in the relation's lookup keys.
    keys: Vec<usize>,
    /// How many rows are expected.
    pub rows: f64,
}

/// What a relation can be looked up by, with those of the conditions of a group that stand at these places.
pub(super) fn keys(scan: &RelationScan, conditions: &[Condition], places: &[usize]) -> Vec<LookupKey> {
    let mut keys = Vec::new();
    let conditions = places.iter().map(|place| (*place, &conditions[*place]));
    for (place, condition) in conditions.filter(|(_, condition)| !condition.is_volatile) {
        for (expr, key, same_types) in equalities(&condition.expr) {
            let (register, is_plain) = underlying_register(expr);
            let Some(column) = register.and_then(|register| column(scan, register)) else { continue };
            let needs = key_needs(&key);
            if scan.registers.iter().all(|fill| !needs.contains(fill.register)) {
                let by = By::Key { values: values(&key), key };
                keys.push(LookupKey { column, needs, by, condition: place, is_exact: is_plain && same_types });
            }
        }
        keys.extend(pattern_key(scan, &condition.expr, place));
    }
    keys
}

/// A column of names that a condition says the beginning of.
fn pattern_key(scan: &RelationScan, expr: &Expr, condition: usize) -> Option<LookupKey> {
    let (expr, pattern) = patterns::pattern(expr)?;
    let column = column(scan, underlying_register(expr).0?)?;
    let needs = conditions::needs(&pattern.pattern);
    let is_known_before = scan.registers.iter().all(|fill| !needs.contains(fill.register));
    if !is_known_before || !scan.relation.columns_by_beginning().contains(&column) {
        return None;
    }
    let rows = patterns::rows(&*scan.relation, column, &pattern);
    Some(LookupKey { column, needs, by: By::Pattern { pattern, rows }, condition, is_exact: false })
}

/// The best way to look rows up with what is known.
pub(super) fn choose(relation: &dyn Relation, keys: &[LookupKey], available: &Registers) -> Option<Choice> {
    let known = || keys.iter().enumerate().filter(|(_, key)| key.needs.is_within(available));
    // The key of a column with the fewest values.
    let usable = |column: usize| {
        let values = |(place, key): (usize, &LookupKey)| match key.by {
            By::Key { values, .. } if key.column == column => Some((place, values)),
            _ => None,
        };
        known().filter_map(values).min_by(|(_, left), (_, right)| left.total_cmp(right))
    };
    let choice = |(place, index): (usize, &crate::relation::Index)| {
        let chosen: Option<Vec<(usize, f64)>> = index.columns.iter().map(|column| usable(*column)).collect();
        let chosen = chosen?;
        let combinations: f64 = chosen.iter().map(|(_, values)| values).product();
        // In a catalog 0 stands for no object, which most rows have.
        let is_nothing = !index.unique && chosen.iter().all(|(key, _)| keys[*key].is_zero());
        let per_key = if is_nothing { relation.count() as f64 } else { relation.rows_per_key(place) };
        Some(Choice { index: Some(place), keys: chosen.into_iter().map(|(key, _)| key).collect(), rows: combinations * per_key })
    };
    let of_pattern = |(place, key): (usize, &LookupKey)| match key.by {
        By::Pattern { rows, .. } => Some(Choice { index: None, keys: vec![place], rows }),
        By::Key { .. } => None,
    };
    let choices = relation.indexes().iter().enumerate().filter_map(choice).chain(known().filter_map(of_pattern));
    choices.min_by(|left, right| left.rows.total_cmp(&right.rows).then(right.keys.len().cmp(&left.keys.len())))
}

impl Choice {
    /// The lookup, and the places of the conditions that it makes needless.
    pub fn lookup(&self, keys: &[LookupKey]) -> Option<(Lookup, Vec<usize>)> {
        let chosen = || self.keys.iter().map(|key| &keys[*key]);
        let covered = chosen().filter(|key| key.is_exact).map(|key| key.condition).collect();
        let lookup = match self.index {
            Some(index) => Lookup::Keys { index, keys: chosen().filter_map(LookupKey::key).cloned().collect() },
            None => chosen().find_map(LookupKey::beginning)?,
        };
        Some((lookup, covered))
    }
}

impl LookupKey {
    fn key(&self) -> Option<&Key> {
        match &self.by {
            By::Key { key, .. } => Some(key),
            By::Pattern { .. } => None,
        }
    }

    fn is_zero(&self) -> bool {
        let Some(Key::One(mut key)) = self.key().cloned() else { return false };
        while let Expr::Convert { operand, conversion: Conversion::Relabel } = key {
            key = *operand;
        }
        matches!(key, Expr::Constant(Value::Int(0)))
    }

    fn beginning(&self) -> Option<Lookup> {
        match &self.by {
            By::Pattern { pattern, .. } => Some(Lookup::Beginning { column: self.column, pattern: pattern.clone() }),
            By::Key { .. } => None,
        }
    }
}

/// The expressions that a condition says to be equal to a key, and whether both are of one type.
fn equalities(expr: &Expr) -> Vec<(&Expr, Key, bool)> {
    if let Some((call, left, right)) = conditions::equality(expr) {
        let same = same_types(call.function.signature.arguments.as_slice());
        return vec![(left, Key::One(right.clone()), same), (right, Key::One(left.clone()), same)];
    }
    if let Some((left, text)) = patterns::whole(expr) {
        return vec![(left, Key::One(Expr::Constant(text)), false)];
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
        Expr::Convert { operand, conversion: Conversion::Relabel | Conversion::Domain { .. } } => underlying_register(operand),
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

//! Operators by their name and the types of their operands: `oper` and `left_oper` of PostgreSQL.

use spi::{Code, Error, Result};

use super::candidate::{Candidate, Chosen, choose};
use super::{Names, format_type, polymorphic};
use crate::catalog::CatalogRow;
use crate::types::oid;

/// An operator for operands of certain types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `pg_operator.oid`.
    pub oid: u32,
    /// `oprcode`, the function that computes it.
    pub function: u32,
    /// What the operands must become, polymorphic types resolved; one for a prefix operator.
    pub operands: Vec<u32>,
    pub result: u32,
}

/// A row of `pg_operator`.
#[derive(Clone)]
pub(crate) struct OperatorRow {
    oid: u32,
    namespace: u32,
    function: u32,
    /// Left and right, or right alone for a prefix operator.
    operands: Vec<u32>,
    result: u32,
}

impl Candidate for OperatorRow {
    fn arguments(&self) -> &[u32] {
        &self.operands
    }
}

impl OperatorRow {
    pub(crate) fn read(row: &CatalogRow<'_>) -> Option<Self> {
        let (left, right) = (row.oid("oprleft")?, row.oid("oprright")?);
        Some(OperatorRow {
            oid: row.oid("oid")?,
            namespace: row.oid("oprnamespace")?,
            function: row.oid("oprcode")?,
            operands: if left == 0 { vec![right] } else { vec![left, right] },
            result: row.oid("oprresult")?,
        })
    }
}

impl Names<'_> {
    /// The operator of a name, the schema first if it is given, for operands of these types: one for a prefix operator.
    pub(crate) fn operator(self, name: &[String], given: &[u32]) -> Result<Operator> {
        let found = match self.operator_if_any(name, given)? {
            Chosen::One(found) => found,
            Chosen::None => return Err(self.undefined_operator(name, given)),
            Chosen::Several => return Err(self.ambiguous_operator(name, given)),
        };
        let resolved = polymorphic::resolve(self, given, &found.operands, &[found.result])?;
        let result = resolved.results.first().copied().unwrap_or(found.result);
        Ok(Operator { oid: found.oid, function: found.function, operands: resolved.declared, result })
    }

    fn operator_if_any(self, name: &[String], given: &[u32]) -> Result<Chosen<OperatorRow>> {
        let rows = self.operators(name, given.len())?;
        Ok(match exact(self, &rows, given) {
            Some(place) => rows.into_iter().nth(place).map_or(Chosen::None, Chosen::One),
            None => choose(self, rows, given),
        })
    }

    /// All operators of a name with so many operands, none hidden by another of the same types earlier in the search path.
    fn operators(self, name: &[String], count: usize) -> Result<Vec<OperatorRow>> {
        let (search, name) = match name {
            [name] => (self.search.to_vec(), name),
            [.., schema, name] => {
                let undefined = || Error::new(Code::UndefinedSchema, format!("schema \"{schema}\" does not exist"));
                (vec![self.catalog.namespace(schema).ok_or_else(undefined)?], name)
            }
            [] => return Ok(Vec::new()),
        };
        let found = self.catalog.operators_named(name);
        let mut rows: Vec<(usize, &OperatorRow)> = found
            .iter()
            .filter(|row| row.operands.len() == count)
            .filter_map(|row| Some((search.iter().position(|namespace| *namespace == row.namespace)?, row)))
            .collect();
        rows.sort_by_key(|(place, _)| *place);
        let mut kept: Vec<OperatorRow> = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            if !kept.iter().any(|other| other.operands == row.operands) {
                kept.push(row.clone());
            }
        }
        Ok(kept)
    }

    fn undefined_operator(self, name: &[String], given: &[u32]) -> Error {
        let hint = match given {
            [_] => "No operator matches the given name and argument type. You might need to add an explicit type cast.",
            _ => "No operator matches the given name and argument types. You might need to add explicit type casts.",
        };
        let signature = self.operator_signature(name, given);
        Error::new(Code::UndefinedFunction, format!("operator does not exist: {signature}")).hint(hint)
    }

    fn ambiguous_operator(self, name: &[String], given: &[u32]) -> Error {
        let signature = self.operator_signature(name, given);
        Error::new(Code::AmbiguousFunction, format!("operator is not unique: {signature}"))
            .hint("Could not choose a best candidate operator. You might need to add explicit type casts.")
    }

    fn operator_signature(self, name: &[String], given: &[u32]) -> String {
        let name = name.join(".");
        match given {
            [operand] => format!("{name} {}", format_type(self, *operand, None)),
            [left, right] => format!("{} {name} {}", format_type(self, *left, None), format_type(self, *right, None)),
            _ => name,
        }
    }
}

/// An operand of unknown type is first taken to be like the other, and the operator then looked for with domains taken away too.
fn exact(names: Names<'_>, rows: &[OperatorRow], given: &[u32]) -> Option<usize> {
    let assumed = assumed(given);
    let find = |operands: &[u32]| rows.iter().position(|row| row.operands == operands);
    find(&assumed).or_else(|| {
        let was_unknown = assumed != given;
        let base = names.base(*assumed.first()?);
        (was_unknown && base != assumed[0]).then(|| find(&[base, base])).flatten()
    })
}

/// The types with one unknown operand of two taken to be like the other.
fn assumed(given: &[u32]) -> Vec<u32> {
    match given {
        [oid::UNKNOWN, right] => vec![*right, *right],
        [left, oid::UNKNOWN] => vec![*left, *left],
        _ => given.to_vec(),
    }
}

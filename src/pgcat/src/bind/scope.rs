//! What names mean inside one query: the things in its FROM with their columns, and the registers of its frame.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlparser::ast;

use super::Place;
use super::with::CteEntry;
use crate::expr::{Expr, Typed};
use crate::query::{AggregateCall, Fill, Query, Register, SetReturning, SystemColumn, TableExpr, Window};
use crate::relation::Relation;
use crate::types::Type;

/// The names of one query, and what its expressions need besides their own parts.
#[derive(Default)]
pub(crate) struct Scope {
    /// Whatever stands in FROM, joins among them, in the order in which it was read.
    pub(crate) items: Vec<Item>,
    /// What can be named at the moment.
    pub(crate) visible: Vec<Visible>,
    /// Whether what stands to the left may be read, as inside of LATERAL and of functions in FROM.
    pub(crate) is_lateral: bool,
    /// What each register of the frame holds.
    pub(crate) registers: Vec<Holds>,
    /// The queries of WITH so far.
    pub(crate) ctes: Vec<CteEntry>,
    /// Registers of queries around this one that are read in it: the place of their scope, and the register.
    pub(crate) outer: BTreeSet<(usize, Register)>,
    /// The clause that is being bound.
    pub(crate) place: Option<Place>,
    pub(crate) aggregates: Vec<AggregateCall>,
    /// What is in `GROUPING(…)`, and the register that takes the bits.
    pub(crate) grouping_calls: Vec<(Vec<Expr>, Register)>,
    /// `WINDOW name AS (…)`.
    pub(crate) named_windows: Vec<(String, ast::WindowSpec)>,
    pub(crate) windows: Vec<Window>,
    pub(crate) set_returning: Vec<Vec<SetReturning>>,
    /// Whether it reads the query of WITH RECURSIVE that it is a term of.
    pub(crate) reads_itself: bool,
    /// Whether a set-returning function in it is volatile.
    pub(crate) is_volatile: bool,
}

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A column of something in FROM. `column` is a place in its columns; system columns have none.
    Column {
        item: usize,
        column: Option<usize>,
        position: Option<usize>,
    },
    /// The value of an aggregate, of GROUPING, or of a key behind the grouping.
    Group,
    Window,
    /// A set-returning function of this level, from 0.
    Set {
        level: usize,
    },
}

/// Something in FROM that has columns.
pub(crate) struct Item {
    /// As the statement calls it; empty for a join without alias.
    pub(crate) name: String,
    /// The relation's own name, if an alias hides it.
    pub(crate) hidden_name: Option<String>,
    /// The schema and database, for relations without alias, which may be qualified.
    pub(crate) namespace: Option<u32>,
    pub(crate) columns: Vec<ItemColumn>,
    /// How many of the last columns `*` leaves out.
    pub(crate) hidden: usize,
    /// `pg_class.oid` of a base relation.
    pub(crate) relation: Option<u32>,
    /// The type of its rows: composite or `record`.
    pub(crate) row_type: u32,
    /// Whether its rows are plain values: a function that gives no records.
    pub(crate) is_scalar: bool,
    pub(crate) system: Vec<(SystemColumn, Register)>,
    /// What its rows come from; `None` for a join, whose columns are those of what it joins.
    pub(crate) scanned: Option<Scanned>,
}

/// What rows come from.
pub(crate) enum Scanned {
    Relation(Arc<dyn Relation>),
    Query(Arc<Query>),
    Cte { levels: usize, cte: usize },
    Function { functions: Vec<ItemFunction>, with_ordinality: bool },
}

/// A function in FROM, with how many columns of the item are its.
pub(crate) struct ItemFunction {
    pub(crate) expr: TableExpr,
    pub(crate) is_record: bool,
    pub(crate) columns: usize,
}

pub(crate) struct ItemColumn {
    pub(crate) name: String,
    pub(crate) type_: Type,
    pub(crate) origin: Option<(u32, i16)>,
    pub(crate) source: Source,
}

/// Where the value of a column is.
pub(crate) enum Source {
    /// In a register of its own, once it is referred to.
    Own(Option<Register>),
    /// It is a column of something that was joined.
    Joined { item: usize, column: usize },
    /// What USING or NATURAL made of two columns.
    Merged(Expr),
}

/// Something in FROM that can be named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible {
    pub(crate) item: usize,
    /// Whether it can be named itself.
    pub(crate) by_name: bool,
    /// Whether its columns can be named without it.
    pub(crate) columns: bool,
    /// Whether only LATERAL sees it, because FROM is not over yet.
    pub(crate) lateral_only: bool,
    /// Whether LATERAL may read it: not across RIGHT and FULL joins.
    pub(crate) lateral_ok: bool,
}

impl Scope {
    pub(crate) fn register(&mut self, holds: Holds) -> Register {
        self.registers.push(holds);
        self.registers.len() - 1
    }

    /// The value of a column of something in FROM, at depth 0.
    pub(crate) fn column(&mut self, item: usize, column: usize, position: Option<usize>) -> Expr {
        match &self.items[item].columns[column].source {
            Source::Own(Some(register)) => Expr::Column { depth: 0, register: *register },
            Source::Own(None) => {
                let register = self.register(Holds::Column { item, column: Some(column), position });
                self.items[item].columns[column].source = Source::Own(Some(register));
                Expr::Column { depth: 0, register }
            }
            Source::Joined { item, column } => self.column(*item, *column, position),
            Source::Merged(expr) => expr.clone(),
        }
    }

    pub(crate) fn typed_column(&mut self, item: usize, column: usize) -> Typed {
        let type_ = self.items[item].columns[column].type_;
        Typed::new(self.column(item, column, None), type_)
    }

    /// A system column of a base relation, at depth 0.
    pub(crate) fn system_column(&mut self, item: usize, column: SystemColumn, position: Option<usize>) -> Expr {
        let known = self.items[item].system.iter().find(|(known, _)| *known == column).map(|(_, register)| *register);
        let register = known.unwrap_or_else(|| {
            let register = self.register(Holds::Column { item, column: None, position });
            self.items[item].system.push((column, register));
            register
        });
        Expr::Column { depth: 0, register }
    }
}

impl Item {
    /// One without system columns, whose columns have registers of their own.
    pub(crate) fn new(name: String, columns: Vec<ItemColumn>, scanned: Option<Scanned>) -> Self {
        Self {
            name,
            hidden_name: None,
            namespace: None,
            columns,
            hidden: 0,
            relation: None,
            row_type: crate::types::oid::RECORD,
            is_scalar: false,
            system: Vec::new(),
            scanned,
        }
    }
}

impl Item {
    /// The registers that take its columns, so many from a place on, from which the columns are counted.
    pub(crate) fn fills(&self, from: usize, count: usize) -> Vec<Fill> {
        let columns = self.columns.iter().skip(from).take(count).enumerate();
        columns
            .filter_map(|(column, described)| match described.source {
                Source::Own(Some(register)) => Some(Fill { column, register }),
                _ => None,
            })
            .collect()
    }
}

impl ItemColumn {
    pub(crate) fn new(name: impl Into<String>, type_: Type, origin: Option<(u32, i16)>) -> Self {
        Self { name: name.into(), type_, origin, source: Source::Own(None) }
    }
}

impl Visible {
    /// By its name, and its columns by theirs.
    pub(crate) fn whole(item: usize) -> Self {
        Self { item, by_name: true, columns: true, lateral_only: false, lateral_ok: true }
    }
}

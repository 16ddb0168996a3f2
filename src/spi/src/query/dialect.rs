//! How a source writes SQL, and what of PostgreSQL's meaning it can say.

use arrow::datatypes::DataType;

use super::{AggregateFunction, Expr, Function, SortKey, TableColumn, WindowFunction};
use crate::predicate::Value;

/// The SQL of one kind of database.
///
/// Whatever a method writes means exactly what PostgreSQL means by it; where that cannot be had, it answers `None` and the
/// gateway does the work itself. Arguments come written already, each of them a complete operand in parentheses where needed.
pub trait Dialect: Send + Sync {
    /// A name of any characters.
    fn name(&self, name: &str) -> String;

    /// The value of a table's column in the form in which this dialect computes with it. It is null exactly where the column is.
    fn column(&self, column: &TableColumn, written: String) -> Option<String>;

    /// The parameter of a place in the statement, from 1.
    fn parameter(&self, place: usize, data_type: &DataType) -> String;

    /// Whether a constant can travel as a parameter.
    fn takes(&self, value: &Value, data_type: &DataType) -> bool;

    fn call(&self, function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String>;

    fn cast(&self, from: &Expr, written: &str, to: &DataType) -> Option<String>;

    /// `argument` is none for `count(*)`.
    fn aggregate(
        &self,
        function: AggregateFunction,
        argument: Option<(&Expr, &str)>,
        distinct: bool,
        data_type: &DataType,
    ) -> Option<String>;

    /// A window function. `over` is what follows the call, from `OVER` on.
    fn window(&self, function: WindowFunction, arguments: &[Expr], written: &[String], over: &str, data_type: &DataType) -> Option<String> {
        let _ = (function, arguments, written, over, data_type);
        None
    }

    /// The value as a key of GROUP BY or DISTINCT: rows with equal values, and only those, are one group.
    fn group_key(&self, data_type: &DataType, written: &str) -> Option<String>;

    /// What else the rows of a group have alike, where equality of keys does not say that their values are the same.
    fn group_tail(&self, data_type: &DataType, written: &str) -> Option<String> {
        let _ = (data_type, written);
        None
    }

    /// The value of a group: `written` is the value as it was before, `key` the column that holds the key which was made of it.
    fn group_value(&self, written: &str, key: String) -> String {
        let _ = written;
        key
    }

    /// The value as a column of the answer.
    fn output(&self, data_type: &DataType, written: String) -> String {
        let _ = data_type;
        written
    }

    /// The value as one of several that become one column: those of UNION and CASE.
    fn alternative(&self, data_type: &DataType, written: String) -> String {
        let _ = data_type;
        written
    }

    /// One key of ORDER BY.
    fn sort_key(&self, key: &SortKey, written: &str) -> Option<String>;

    /// What ends a statement that wants so many rows.
    fn limit(&self, skip: usize, fetch: Option<usize>) -> Option<String>;

    /// What rows are sorted by that are limited in any order, for a dialect that limits sorted rows only.
    fn any_order(&self) -> Option<&str> {
        None
    }

    /// The condition that a truth value is true, where the two are not the same.
    fn condition(&self, value: String) -> String {
        value
    }

    /// The truth value of a condition, where the two are not the same.
    fn truth(&self, condition: String) -> String {
        condition
    }

    /// The condition that is always true or false.
    fn boolean(&self, value: bool) -> String;

    /// `NULL` of a type.
    fn null(&self, data_type: &DataType) -> Option<String>;

    /// Whether there is FULL JOIN, for conditions that are equalities of columns.
    fn has_full_join(&self) -> bool;

    /// How many parameters a statement may have.
    fn parameters_max(&self) -> usize;
}

/// A statement in the SQL of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub text: String,
    /// In the order of their places.
    pub parameters: Vec<Parameter>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub value: Value,
    pub data_type: DataType,
}

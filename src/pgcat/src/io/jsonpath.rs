//! `jsonpath`: checked, and printed in one form.

mod lexer;
mod parse;
mod write;

pub use parse::parse;
pub use write::write;

use spi::Result;
pub use spi::predicate::Comparison;

/// A path with its mode.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    /// Whether what does not fit a value is an error.
    pub strict: bool,
    pub expr: Expr,
}

/// Where a path begins, and its steps from there.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub base: Base,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// `$`
    Root,
    /// `@`
    Current,
    /// The place of an array's last item.
    Last,
    Null,
    Bool(bool),
    Number(String),
    String(String),
    /// `$name`
    Variable(String),
    Unary(Sign, Box<Expr>),
    Arithmetic(Operator, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    IsUnknown(Box<Expr>),
    Exists(Box<Expr>),
    StartsWith(Box<Expr>, Box<Expr>),
    LikeRegex {
        operand: Box<Expr>,
        pattern: String,
        flags: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.key`
    Key(String),
    /// `.*`
    AnyKey,
    /// `[*]`
    AnyItem,
    /// `[1, 2 to last]`
    Items(Vec<(Expr, Option<Expr>)>),
    /// `.**{1 to last}`: levels below, [`LAST_LEVEL`] for the last one.
    Descend(u32, u32),
    /// `?(…)`
    Filter(Box<Expr>),
    /// `.size()`
    Method(Method),
}

pub const LAST_LEVEL: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Type,
    Size,
    Abs,
    Floor,
    Ceiling,
    Double,
    KeyValue,
}

impl Method {
    pub const ALL: [(Method, &str); 7] = [
        (Method::Type, "type"),
        (Method::Size, "size"),
        (Method::Abs, "abs"),
        (Method::Floor, "floor"),
        (Method::Ceiling, "ceiling"),
        (Method::Double, "double"),
        (Method::KeyValue, "keyvalue"),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

impl Operator {
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }
}

impl Expr {
    pub fn new(base: Base) -> Self {
        Self { base, steps: Vec::new() }
    }

    /// Whether it is true or false, and no value of the path.
    pub fn is_predicate(&self) -> bool {
        use Base::*;
        let is_condition = matches!(self.base, Compare(..) | And(..) | Or(..) | Not(_) | IsUnknown(_) | Exists(_) | StartsWith(..));
        self.steps.is_empty() && (is_condition || matches!(self.base, LikeRegex { .. }))
    }
}

/// The form that a path is printed in.
pub fn normalise(text: &str) -> Result<String> {
    let mut out = String::new();
    write(&parse(text)?, &mut out);
    Ok(out)
}

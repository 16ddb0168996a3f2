//! Conditions on rows that a connector may apply at the source.

/// A constant of a condition or of a partition folder. In a condition its kind is that of the column's Arrow type: `Int` for integers,
/// `Text` for strings, and so on; columns of types that have no kind of value here are compared by the gateway alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// `digits` divided by ten to the power of `scale`.
    Decimal {
        digits: i128,
        scale: i8,
    },
    Text(String),
    Bytes(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As every SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// A condition with PostgreSQL's meaning: a row qualifies only where it is true, not where it is null.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// `column <comparison> value`; the value is never null.
    Compare {
        column: String,
        comparison: Comparison,
        value: Value,
    },
    /// `column IN (values)`; no value is null.
    In {
        column: String,
        values: Vec<Value>,
    },
    IsNull {
        column: String,
    },
    IsNotNull {
        column: String,
    },
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
}

//! Where an expression stands in a query.

/// Where an expression stands, which decides what it may hold and what its errors say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    SelectList,
    Where,
    JoinOn,
    GroupBy,
    Having,
    OrderBy,
    DistinctOn,
    Limit,
    Offset,
    Values,
    FromFunction,
    AggregateArgument,
    AggregateFilter,
    WindowArgument,
    WindowDefinition,
    FunctionBody,
    ExecuteArgument,
}

impl Place {
    /// How an error names the place, `WHERE` or `JOIN conditions`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Place::SelectList => "SELECT",
            Place::Where => "WHERE",
            Place::JoinOn => "JOIN conditions",
            Place::GroupBy => "GROUP BY",
            Place::Having => "HAVING",
            Place::OrderBy => "ORDER BY",
            Place::DistinctOn => "DISTINCT ON",
            Place::Limit => "LIMIT",
            Place::Offset => "OFFSET",
            Place::Values => "VALUES",
            Place::FromFunction => "functions in FROM",
            Place::AggregateArgument => "aggregate function calls",
            Place::WindowArgument => "window function calls",
            Place::AggregateFilter => "FILTER",
            Place::WindowDefinition => "window definitions",
            Place::FunctionBody => "function bodies",
            Place::ExecuteArgument => "EXECUTE parameters",
        }
    }
}

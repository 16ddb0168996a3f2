//! What DataFusion's and Arrow's errors are to a PostgreSQL client: code, and PostgreSQL's words where they name objects.
//!
//! Errors of connectors pass through DataFusion as external errors and come out as they went in. The texts of the libraries
//! are read here and nowhere else.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::{Column, DataFusionError, SchemaError};
use spi::types::PgType;
use spi::{Code, Error, Origin};

/// The error that a client sees.
pub(crate) fn from_datafusion(error: DataFusionError) -> Error {
    match error {
        DataFusionError::External(error) => from_external(error),
        DataFusionError::Context(_, error) | DataFusionError::Diagnostic(_, error) => from_datafusion(*error),
        DataFusionError::Collection(errors) => {
            errors.into_iter().next().map_or_else(|| Error::internal("the query engine failed without a reason"), from_datafusion)
        }
        DataFusionError::Shared(error) => from_shared(&error),
        DataFusionError::ArrowError(error, _) => from_arrow(*error),
        DataFusionError::SchemaError(error, _) => from_schema(&error),
        DataFusionError::Plan(text) => from_plan(&text),
        DataFusionError::NotImplemented(text) => not_supported(&text),
        DataFusionError::Execution(text) => from_execution(&text),
        DataFusionError::ResourcesExhausted(text) => out_of_memory(&text),
        DataFusionError::ObjectStore(error) => from_object_store(*error),
        DataFusionError::IoError(error) => from_io(error),
        DataFusionError::ParquetError(error) => bad_data("Parquet", error),
        other => defect(other),
    }
}

/// An error that several readers share cannot be taken apart, but a connector's error in it can be copied.
fn from_shared(error: &Arc<DataFusionError>) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error.as_ref());
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<Error>() {
            return error.clone();
        }
        cause = error.source();
    }
    match error.as_ref() {
        DataFusionError::Plan(text) => from_plan(text),
        DataFusionError::NotImplemented(text) => not_supported(text),
        DataFusionError::Execution(text) => from_execution(text),
        DataFusionError::ResourcesExhausted(text) => out_of_memory(text),
        DataFusionError::SchemaError(error, _) => from_schema(error),
        DataFusionError::ArrowError(error, _) => from_arrow_text(error),
        _ => defect(DataFusionError::Shared(Arc::clone(error))),
    }
}

fn from_external(error: Box<dyn StdError + Send + Sync>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(error) => return *error,
        Err(error) => error,
    };
    let error = match error.downcast::<DataFusionError>() {
        Ok(error) => return from_datafusion(*error),
        Err(error) => error,
    };
    match error.downcast::<ArrowError>() {
        Ok(error) => from_arrow(*error),
        Err(error) => Error::internal("the query engine failed").detail(sentence(&error.to_string())),
    }
}

fn from_arrow(error: ArrowError) -> Error {
    match error {
        ArrowError::ExternalError(error) => from_external(error),
        ArrowError::IoError(_, error) => from_io(error),
        ArrowError::ParquetError(_) => bad_data("Parquet", error),
        ArrowError::CsvError(_) => bad_data("CSV", error),
        ArrowError::IpcError(_) => bad_data("Arrow", error),
        other => from_arrow_text(&other),
    }
}

fn from_arrow_text(error: &ArrowError) -> Error {
    match error {
        ArrowError::DivideByZero => Error::new(Code::DivisionByZero, "division by zero"),
        ArrowError::ArithmeticOverflow(text) => Error::new(Code::OutOfRange, "value out of range").detail(format!("{text}.")),
        ArrowError::CastError(text) | ArrowError::ParseError(text) => from_cast(text),
        ArrowError::InvalidArgumentError(text) if text.contains("Decimal") => numeric_overflow(text),
        ArrowError::ComputeError(text) | ArrowError::InvalidArgumentError(text) => from_execution(text),
        ArrowError::JsonError(_) => Error::new(Code::BadData, "could not read JSON data").detail(format!("{error}.")),
        ArrowError::MemoryError(text) => out_of_memory(text),
        ArrowError::NotYetImplemented(text) => not_supported(text),
        other => Error::internal("the query engine failed").detail(format!("{other}.")),
    }
}

/// Values that are not of the form of their type, or do not fit it.
fn from_cast(text: &str) -> Error {
    let quoted = text.split('\'').nth(1);
    let target = text
        .split_once(" to value of ")
        .map(|(_, rest)| rest.trim_end_matches(" type"))
        .or_else(|| text.split_once(" to type ").map(|(_, rest)| rest));
    if text.starts_with("Can't cast value") {
        return Error::new(Code::OutOfRange, format!("{} out of range", target.map_or_else(|| "value".to_owned(), type_name)));
    }
    if let (Some(value), Some(target)) = (quoted, target) {
        let target = type_name(target);
        let looks_numeric = value.trim().parse::<f64>().is_ok() && matches!(target.as_str(), "smallint" | "integer" | "bigint");
        if looks_numeric && value.trim().parse::<i128>().is_ok() {
            return Error::new(Code::OutOfRange, format!("value \"{value}\" is out of range for type {target}"));
        }
        return Error::new(Code::InvalidText, format!("invalid input syntax for type {target}: \"{value}\""));
    }
    if text.contains("Overflowing") || text.contains("too large") || text.contains("overflow") {
        return numeric_overflow(text);
    }
    if let (Some(value), Some(kind)) = (quoted, text.strip_prefix("Error parsing ").and_then(|rest| rest.split(' ').next())) {
        return Error::new(Code::InvalidText, format!("invalid input syntax for type {kind}: \"{value}\""));
    }
    if let Some(value) = text.strip_prefix("Cannot parse decimal format: ") {
        return Error::new(Code::InvalidText, format!("invalid input syntax for type numeric: \"{value}\""));
    }
    Error::new(Code::InvalidText, sentence(text))
}

fn numeric_overflow(text: &str) -> Error {
    Error::new(Code::OutOfRange, "numeric field overflow").detail(format!("{}.", text.trim_end_matches('.')))
}

fn from_schema(error: &SchemaError) -> Error {
    match error {
        SchemaError::AmbiguousReference { field } => {
            Error::new(Code::Ambiguous, format!("column reference \"{}\" is ambiguous", field.name))
        }
        SchemaError::FieldNotFound { field, valid_fields } => missing_column(field, valid_fields),
        SchemaError::DuplicateQualifiedField { qualifier, .. } => {
            Error::new(Code::DuplicateAlias, format!("table name \"{}\" specified more than once", qualifier.table()))
        }
        SchemaError::DuplicateUnqualifiedField { name } => Error::new(Code::Ambiguous, format!("column reference \"{name}\" is ambiguous")),
    }
}

fn missing_column(field: &Column, valid_fields: &[Column]) -> Error {
    let error = match &field.relation {
        None => Error::new(Code::UndefinedColumn, format!("column \"{}\" does not exist", field.name)),
        Some(table) if valid_fields.iter().any(|valid| valid.relation.as_ref().is_some_and(|other| table.resolved_eq(other))) => {
            Error::new(Code::UndefinedColumn, format!("column {}.{} does not exist", table.table(), field.name))
        }
        Some(table) => {
            return Error::new(Code::UndefinedTable, format!("missing FROM-clause entry for table \"{}\"", table.table()));
        }
    };
    let known: Vec<&str> = valid_fields.iter().map(|valid| valid.name.as_str()).collect();
    match spi::options::did_you_mean(&field.name, &known) {
        Some(similar) => match valid_fields.iter().find(|valid| valid.name == similar).and_then(|valid| valid.relation.as_ref()) {
            Some(table) => error.hint(format!("Perhaps you meant to reference the column \"{}.{similar}\".", table.table())),
            None => error.hint(format!("Perhaps you meant to reference the column \"{similar}\".")),
        },
        None => error,
    }
}

/// Errors of the planner that are not of a kind of their own.
fn from_plan(text: &str) -> Error {
    let text = text.split("\n\nbacktrace:").next().unwrap_or(text);
    if let Some(name) = between(text, "Invalid function '", "'") {
        let error = Error::new(Code::UndefinedFunction, format!("function {name} does not exist"));
        // DataFusion names the nearest function, however far it is.
        let similar = between(text, "Did you mean '", "'").and_then(|nearest| spi::options::did_you_mean(name, &[nearest]));
        return match similar {
            Some(similar) => error.hint(format!("Perhaps you meant \"{similar}\".")),
            None => error,
        };
    }
    if let Some(call) = between(text, "No function matches the given name and argument types '", "'") {
        let (name, arguments) = call.split_once('(').unwrap_or((call, ""));
        let arguments: Vec<String> = split_types(arguments.trim_end_matches(')')).into_iter().map(type_name).collect();
        return Error::new(Code::UndefinedFunction, format!("function {name}({}) does not exist", arguments.join(", ")))
            .hint("No function matches the given name and argument types. You might need to add explicit type casts.");
    }
    for prefix in ["Cannot infer common argument type for comparison operation ", "Cannot coerce arithmetic expression "] {
        if let Some((_, operation)) = text.split_once(prefix) {
            return missing_operator(operation.trim_end_matches(" to valid types"));
        }
    }
    if let Some(error) = from_structure(text) {
        return error;
    }
    if text.starts_with("LIMIT must be >= 0") {
        return Error::new(Code::InvalidRowCount, "LIMIT must not be negative");
    }
    if text.contains("must be in GROUP BY") || text.contains("must appear in the GROUP BY") {
        return grouping(text);
    }
    if text.starts_with("Aggregate functions are not allowed in the WHERE clause") {
        return Error::new(Code::Grouping, "aggregate functions are not allowed in WHERE");
    }
    if text.starts_with("Order by column out of bounds") || text.starts_with("Order by index starts at 1") {
        let position = between(text, "specified: ", ",").unwrap_or("0");
        return Error::new(Code::InvalidReference, format!("ORDER BY position {position} is not in select list"));
    }
    if let Some(position) = between(text, "Cannot find column with position ", " ") {
        return Error::new(Code::InvalidReference, format!("GROUP BY position {position} is not in select list"));
    }
    if text.starts_with("For SELECT DISTINCT, ORDER BY expressions") {
        return Error::new(Code::InvalidReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
    }
    if let Some(operation) = text.strip_suffix(" queries have different number of columns") {
        let operation = operation.to_uppercase();
        return Error::new(Code::Syntax, format!("each {operation} query must have the same number of columns"));
    }
    if text.starts_with("SELECT * with no tables specified") {
        return Error::new(Code::Syntax, "SELECT * with no tables specified is not valid");
    }
    if let Some(function) = between(text, "table function '", "'") {
        return Error::new(Code::UndefinedFunction, format!("function {function} does not exist"));
    }
    if let Some(name) = between(text, "WITH query name \"", "\"") {
        return Error::new(Code::DuplicateAlias, format!("WITH query name \"{name}\" specified more than once"));
    }
    Error::new(Code::Unsupported, sentence(text))
}

/// Errors about how a query is put together.
fn from_structure(text: &str) -> Option<Error> {
    let not_boolean = |clause: &str, data_type: &str| {
        Error::new(Code::DatatypeMismatch, format!("argument of {clause} must be type boolean, not type {}", type_name(data_type)))
    };
    if text.starts_with("Cannot create filter with non-boolean predicate") {
        return text.rsplit_once("returning ").map(|(_, data_type)| not_boolean("WHERE", data_type));
    }
    if let Some(data_type) = text.strip_prefix("Join condition must be boolean type, but got ") {
        return Some(not_boolean("JOIN/ON", data_type));
    }
    if let Some(operands) = between(text, "There isn't a common type to coerce ", " in LIKE expression") {
        return operands.split_once(" and ").map(|(left, right)| missing_operator(&format!("{left} ~~ {right}")));
    }
    if let Some((_, types)) = text.split_once("Previous inputs were of type ") {
        let (first, second) = types.split_once(", but got incompatible type ")?;
        let second = second.split_once(" on column").map_or(second, |(second, _)| second);
        let message = format!("UNION types {} and {} cannot be matched", type_name(first), type_name(second));
        return Some(Error::new(Code::DatatypeMismatch, message));
    }
    if let Some(window) = between(text, "The window ", " is not defined") {
        return Some(Error::new(Code::UndefinedObject, format!("window \"{window}\" does not exist")));
    }
    let known = [
        ("Too many columns! The subquery should only return one column", Code::Syntax, "subquery must return only one column"),
        ("Inconsistent data length across values list", Code::Syntax, "VALUES lists must all be the same length"),
        ("Aggregate function calls cannot be nested", Code::Grouping, "aggregate function calls cannot be nested"),
        (
            "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
            Code::InvalidReference,
            "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
        ),
    ];
    known.iter().find(|(start, ..)| text.starts_with(start)).map(|(_, code, message)| Error::new(*code, *message))
}

/// `Int64 = Utf8` as `operator does not exist: bigint = text`.
fn missing_operator(operation: &str) -> Error {
    let words = split_words(operation);
    let message = match words.as_slice() {
        [left, operator @ .., right] if !operator.is_empty() => {
            format!("operator does not exist: {} {} {}", type_name(left), operator.join(" "), type_name(right))
        }
        _ => format!("operator does not exist: {operation}"),
    };
    Error::new(Code::UndefinedFunction, message)
        .hint("No operator matches the given name and argument types. You might need to add explicit type casts.")
}

fn grouping(text: &str) -> Error {
    let column = between(text, "column \"", "\"").or_else(|| between(text, "clause references: ", " must appear"));
    match column {
        Some(column) => Error::new(
            Code::Grouping,
            format!("column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"),
        ),
        None => Error::new(Code::Grouping, sentence(text)),
    }
}

fn from_execution(text: &str) -> Error {
    let lower = text.to_lowercase();
    if lower.contains("divide by zero") || lower.contains("division by zero") {
        return Error::new(Code::DivisionByZero, "division by zero");
    }
    if lower.contains("scalar subquery returned more than one row") {
        return Error::new(Code::Cardinality, "more than one row returned by a subquery used as an expression");
    }
    if lower.contains("overflow") {
        return Error::new(Code::OutOfRange, "value out of range").detail(format!("{}.", text.trim_end_matches('.')));
    }
    if let Some((number, _)) =
        text.strip_prefix("Placeholder '").or(text.strip_prefix("placeholder '")).and_then(|rest| rest.split_once('\''))
    {
        return Error::new(Code::UndefinedParameter, format!("there is no parameter {number}"));
    }
    if text.starts_with("Cannot cast") || text.starts_with("Error parsing") {
        return from_cast(text);
    }
    Error::new(Code::InvalidArgument, sentence(text))
}

fn not_supported(text: &str) -> Error {
    // What follows is a dump of a syntax tree, which tells a client nothing.
    if text.starts_with("Unsupported ast node") {
        return Error::new(Code::Unsupported, "this form of expression is not supported");
    }
    if text.starts_with("Physical plan does not support logical expression") {
        return Error::new(Code::Unsupported, "this form of subquery is not supported")
            .hint("Write it as a join, or with an aggregate that makes one row of it.");
    }
    Error::new(Code::Unsupported, sentence(text))
}

fn out_of_memory(text: &str) -> Error {
    Error::new(Code::OutOfMemory, "out of memory")
        .detail(sentence_case(text))
        .hint("Read fewer rows or columns, or give the gateway more memory.")
        .origin(Origin::Gateway)
        .retryable()
}

fn from_object_store(error: object_store::Error) -> Error {
    // A connector that wraps its store may have said already what is wrong.
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<Error>() {
            return error.clone();
        }
        cause = error.source();
    }
    let message = match &error {
        object_store::Error::NotFound { path, .. } => format!("file \"{path}\" does not exist"),
        _ => "could not read a file".to_owned(),
    };
    Error::new(Code::Io, message).detail(sentence_case(&error.to_string())).origin(Origin::Gateway).retryable().cause(error)
}

fn from_io(error: io::Error) -> Error {
    let code = if error.kind() == io::ErrorKind::StorageFull { Code::DiskFull } else { Code::Io };
    let message = if code == Code::DiskFull { "the disk is full" } else { "could not read or write a file" };
    Error::new(code, message).detail(sentence_case(&error.to_string())).origin(Origin::Gateway).cause(error)
}

fn bad_data(format: &str, error: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(Code::BadData, format!("could not read {format} data")).detail(sentence_case(&error.to_string())).cause(error)
}

/// Something that should not happen: the log gets the whole error, the client that it happened.
fn defect(error: DataFusionError) -> Error {
    Error::internal("the query engine failed").detail(sentence_case(&error.strip_backtrace())).cause(error)
}

/// A type as PostgreSQL calls it, from Arrow's name of it.
fn type_name(name: &str) -> String {
    match name.trim().parse::<DataType>() {
        Ok(data_type) => PgType { typmod: -1, ..PgType::from_arrow(&data_type) }.format(),
        Err(_) => name.trim().to_lowercase(),
    }
}

/// The words of a text; what stands in parentheses is one with the word before it.
fn split_words(text: &str) -> Vec<&str> {
    split_outside_parentheses(text, ' ')
}

fn split_types(text: &str) -> Vec<&str> {
    split_outside_parentheses(text, ',')
}

fn split_outside_parentheses(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut parts = Vec::new();
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if character == separator && depth == 0 => {
                parts.push(text[start..index].trim());
                start = index + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The first line of a library's message, as a message of ours: lower-case, without a full stop.
fn sentence(text: &str) -> String {
    let line = without_prefixes(text.lines().next().unwrap_or(text).trim()).trim_end_matches('.');
    let second_is_lower = line.chars().nth(1).is_some_and(|second| second.is_lowercase() || second == ' ');
    let mut characters = line.chars();
    match characters.next() {
        Some(first) if second_is_lower => first.to_lowercase().chain(characters).collect(),
        _ => line.to_owned(),
    }
}

/// The first line of a library's message as a sentence.
fn sentence_case(text: &str) -> String {
    format!("{}.", without_prefixes(text.lines().next().unwrap_or(text).trim()).trim_end_matches('.'))
}

/// The libraries say what kind of error it is in front of each layer's message.
fn without_prefixes(mut text: &str) -> &str {
    const PREFIXES: [&str; 9] = [
        "Arrow error: ",
        "Cast error: ",
        "Compute error: ",
        "Error during planning: ",
        "Execution error: ",
        "External error: ",
        "Internal error: ",
        "Invalid argument error: ",
        "This feature is not implemented: ",
    ];
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests;

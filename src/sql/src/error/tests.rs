//! Texts of the libraries, and the errors that clients see.

use datafusion::common::TableReference;

use super::*;

#[track_caller]
fn check(error: DataFusionError, sqlstate: &str, message: &str) {
    let error = from_datafusion(error);
    assert_eq!((error.code.sqlstate(), error.message.as_str()), (sqlstate, message));
}

fn plan(text: &str) -> DataFusionError {
    DataFusionError::Plan(text.to_owned())
}

fn arrow(error: ArrowError) -> DataFusionError {
    DataFusionError::ArrowError(Box::new(error), None)
}

fn cast(text: &str) -> DataFusionError {
    arrow(ArrowError::CastError(text.to_owned()))
}

#[test]
fn errors_of_connectors_come_out_as_they_went_in() {
    let inner = || Box::new(Error::source(Code::Unreachable, "shop", "could not reach data source \"shop\"").hint("Wait."));
    let wrapped = [
        DataFusionError::External(inner()),
        DataFusionError::External(inner()).context("while reading"),
        arrow(ArrowError::ExternalError(inner())),
        DataFusionError::Shared(Arc::new(DataFusionError::External(inner()))),
        arrow(ArrowError::ExternalError(Box::new(DataFusionError::External(inner())))),
    ];
    for error in wrapped {
        let error = from_datafusion(error);
        assert_eq!((error.code, error.origin), (Code::Unreachable, Origin::Source("shop".to_owned())));
        assert_eq!(error.hint.as_deref(), Some("Wait."));
    }
}

#[test]
fn names_are_postgresqls() {
    let field = |name: &str| Box::new(Column::new(Some(TableReference::bare("t")), name));
    let valid = || vec![Column::new(Some(TableReference::bare("t")), "name")];
    let schema = |error| DataFusionError::SchemaError(Box::new(error), Box::new(None));
    check(
        schema(SchemaError::FieldNotFound { field: Box::new(Column::new_unqualified("nmae")), valid_fields: valid() }),
        "42703",
        "column \"nmae\" does not exist",
    );
    check(schema(SchemaError::FieldNotFound { field: field("x"), valid_fields: valid() }), "42703", "column t.x does not exist");
    check(
        schema(SchemaError::FieldNotFound { field: field("x"), valid_fields: Vec::new() }),
        "42P01",
        "missing FROM-clause entry for table \"t\"",
    );
    check(schema(SchemaError::AmbiguousReference { field: field("id") }), "42702", "column reference \"id\" is ambiguous");
    check(plan("Invalid function 'lowr'.\nDid you mean 'lower'?"), "42883", "function lowr does not exist");
    check(
        plan("No function matches the given name and argument types 'round(Utf8, Int64)'. You might"),
        "42883",
        "function round(text, bigint) does not exist",
    );
    check(
        plan("Cannot infer common argument type for comparison operation Int32 = List(Utf8)"),
        "42883",
        "operator does not exist: integer = text[]",
    );
    check(plan("Cannot coerce arithmetic expression Utf8 + Boolean to valid types"), "42883", "operator does not exist: text + boolean");
}

#[test]
fn values_that_do_not_fit_are_named() {
    check(cast("Cannot cast string 'abc' to value of Int32 type"), "22P02", "invalid input syntax for type integer: \"abc\"");
    check(cast("Cannot cast string '3000000000' to value of Int32 type"), "22003", "value \"3000000000\" is out of range for type integer");
    check(cast("Can't cast value 3000000000 to type Int32"), "22003", "integer out of range");
    check(cast("Cannot cast value 'x' to value of Boolean type"), "22P02", "invalid input syntax for type boolean: \"x\"");
    check(
        arrow(ArrowError::ParseError("Error parsing timestamp from 'x': error parsing date".to_owned())),
        "22P02",
        "invalid input syntax for type timestamp: \"x\"",
    );
    check(arrow(ArrowError::DivideByZero), "22012", "division by zero");
    check(arrow(ArrowError::ArithmeticOverflow("1 + 2".to_owned())), "22003", "value out of range");
    check(cast("Cannot cast to Decimal128(4, 2). Overflowing on 12345"), "22003", "numeric field overflow");
}

#[test]
fn the_rest_has_a_code() {
    check(DataFusionError::ResourcesExhausted("Failed to allocate".to_owned()), "53200", "out of memory");
    check(DataFusionError::NotImplemented("LATERAL VIEWS".to_owned()), "0A000", "LATERAL VIEWS");
    check(DataFusionError::Execution("Execution error: Cannot do it".to_owned()), "22023", "cannot do it");
    check(
        plan(
            "Column in SELECT must be in GROUP BY or an aggregate function: While expanding wildcard, column \"t.a\" must appear in the GROUP BY clause or",
        ),
        "42803",
        "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function",
    );
    check(plan("Order by column out of bounds, specified: 5, max: 2"), "42P10", "ORDER BY position 5 is not in select list");
    check(
        DataFusionError::Execution("Scalar subquery returned more than one row".to_owned()),
        "21000",
        "more than one row returned by a subquery used as an expression",
    );
    check(DataFusionError::Internal("oops\n\nbacktrace: x".to_owned()), "XX000", "the query engine failed");
    check(DataFusionError::IoError(io::Error::new(io::ErrorKind::StorageFull, "No space left on device")), "53100", "the disk is full");
}

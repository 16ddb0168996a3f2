//! Functions and procedures, and their parameters.

use std::collections::BTreeMap;

use spi::Result;
use spi::metadata::{Harvest, ParameterRow, RoutineKind, RoutineRow};
use spi::types::PgType;
use tiberius::Row;

use super::columns::{named, native};
use super::schemas::Schemas;
use super::statement::Statements;
use super::{number, text, truth};

/// Those of the CLR, and aggregates, have no text. That of an encrypted routine, or of one that the login may not read, is NULL.
pub(super) const STATEMENT: &str = "SELECT o.object_id, o.schema_id, o.name, o.type, m.definition, CONVERT(nvarchar(4000), e.value) \
     FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id \
     LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     WHERE o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT', 'AF') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) \
     AND (@P2 IS NULL OR @P2 = @P2)";

/// The parameter of place 0 is what a function gives. The server keeps no defaults of its own routines.
pub(super) const PARAMETERS: &str = "SELECT r.object_id, r.parameter_id, r.name, r.is_output, COALESCE(b.name, y.name), r.max_length, \
     r.precision, r.scale, y.is_assembly_type, CASE WHEN y.is_user_defined = 1 THEN z.name END, y.name \
     FROM sys.parameters r JOIN sys.objects o ON o.object_id = r.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id \
     JOIN sys.types y ON y.user_type_id = r.user_type_id JOIN sys.schemas z ON z.schema_id = y.schema_id \
     LEFT JOIN sys.types b ON b.user_type_id = r.system_type_id AND b.system_type_id = b.user_type_id \
     WHERE o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT', 'AF') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) \
     AND (@P2 IS NULL OR @P2 = @P2)";

/// What a function gives that gives rows.
const TABLE: &str = "TABLE";

/// The routines of the shown schemas, by their numbers.
pub(super) type Routines = BTreeMap<i64, Routine>;

pub(super) struct Routine {
    schema: String,
    name: String,
    kind: RoutineKind,
    language: &'static str,
    return_type: Option<String>,
    definition: Option<String>,
    comment: Option<String>,
    parameters: Vec<Parameter>,
}

struct Parameter {
    ordinal: i32,
    name: Option<String>,
    output: bool,
    native_type: String,
    pg_type: PgType,
}

pub(super) async fn gather(statements: &mut Statements<'_>, schemas: &Schemas) -> Result<Routines> {
    let mut routines = Routines::new();
    let take = |row: &Row| {
        let (Some(id), Some(name)) = (number(row, 0), text(row, 2)) else { return Ok(()) };
        let Some(schema) = number(row, 1).and_then(|schema| schemas.get(&schema)) else { return Ok(()) };
        let (kind, language, return_type) = sort_of(text(row, 3).unwrap_or_default());
        let owned = |place| text(row, place).map(str::to_owned);
        let routine = Routine {
            schema: schema.clone(),
            name: name.to_owned(),
            kind,
            language,
            return_type: return_type.map(str::to_owned),
            definition: owned(4),
            comment: owned(5),
            parameters: Vec::new(),
        };
        routines.insert(id, routine);
        Ok(())
    };
    statements.each(STATEMENT, take).await?;
    Ok(routines)
}

/// Pushes the routines, with the parameters that it asks for.
pub(super) async fn push(statements: &mut Statements<'_>, mut routines: Routines, harvest: &mut Harvest) -> Result<()> {
    statements.each(PARAMETERS, |row| add_parameter(row, &mut routines)).await?;
    for routine in routines.values() {
        let (schema, name) = (routine.schema.as_str(), routine.name.as_str());
        harvest.routine(RoutineRow {
            schema,
            name,
            // There is one of each name.
            specific_name: name,
            kind: routine.kind,
            language: routine.language,
            return_type: routine.return_type.as_deref(),
            definition: routine.definition.as_deref(),
            comment: routine.comment.as_deref(),
        })?;
        for parameter in &routine.parameters {
            harvest.parameter(ParameterRow {
                schema,
                specific_name: name,
                ordinal: parameter.ordinal,
                mode: if parameter.output { "INOUT" } else { "IN" },
                name: parameter.name.as_deref(),
                native_type: &parameter.native_type,
                pg_type: parameter.pg_type,
                default: None,
            })?;
        }
    }
    Ok(())
}

fn add_parameter(row: &Row, routines: &mut Routines) -> Result<()> {
    let Some(routine) = number(row, 0).and_then(|routine| routines.get_mut(&routine)) else { return Ok(()) };
    let (Some(ordinal), Some(native)) = (number(row, 1), native(row, 4)) else { return Ok(()) };
    let native_type = named(&native, text(row, 9), text(row, 10));
    if ordinal == 0 {
        routine.return_type = Some(native_type);
    } else {
        let name = text(row, 2).filter(|name| !name.is_empty()).map(str::to_owned);
        let ordinal = i32::try_from(ordinal).unwrap_or_default();
        routine.parameters.push(Parameter { ordinal, name, output: truth(row, 3), native_type, pg_type: native.pg_type() });
    }
    Ok(())
}

/// `sys.objects.type`: what it is, its language, and what it gives where no parameter says so.
fn sort_of(letters: &str) -> (RoutineKind, &'static str, Option<&'static str>) {
    match letters.trim_end() {
        "P" => (RoutineKind::Procedure, "SQL", None),
        "PC" => (RoutineKind::Procedure, "CLR", None),
        "IF" | "TF" => (RoutineKind::Function, "SQL", Some(TABLE)),
        "FT" => (RoutineKind::Function, "CLR", Some(TABLE)),
        "FS" | "AF" => (RoutineKind::Function, "CLR", None),
        _ => (RoutineKind::Function, "SQL", None),
    }
}

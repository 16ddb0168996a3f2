//! Functions and procedures of the harvest, gathered from rows of [`routines`](super::statements::Statements::routines).

use spi::Result;
use spi::metadata::{Harvest, ParameterRow, RoutineKind, RoutineRow};
use sqlx::mysql::MySqlRow;

use super::{Known, number, text};
use crate::types;

/// The one language of stored routines here.
const LANGUAGE: &str = "SQL";

#[derive(Default)]
pub(super) struct Routines {
    routines: Vec<Routine>,
    parameters: Vec<Parameter>,
}

struct Routine {
    schema: String,
    kind: RoutineKind,
    name: String,
    specific_name: String,
    return_type: Option<String>,
    definition: Option<String>,
    comment: Option<String>,
}

struct Parameter {
    schema: String,
    specific_name: String,
    name: Option<String>,
    native_type: String,
    mode: String,
    ordinal: u64,
}

impl Routines {
    pub(super) fn add(&mut self, row: &MySqlRow) -> Result<()> {
        let owned = |place| text(row, place).map(str::to_owned);
        let schema = owned(1).unwrap_or_default();
        let kind = match text(row, 2) {
            Some("FUNCTION") => RoutineKind::Function,
            Some("PROCEDURE") => RoutineKind::Procedure,
            // Packages are containers of routines that the server does not list.
            _ => return Ok(()),
        };
        // A function and a procedure may have the same name.
        let specific_name = format!("{} {}", kind.name().to_lowercase(), text(row, 3).unwrap_or_default());
        if text(row, 0) == Some("routine") {
            self.routines.push(Routine {
                schema,
                kind,
                name: owned(4).unwrap_or_default(),
                specific_name,
                return_type: owned(5).filter(|_| kind == RoutineKind::Function),
                definition: owned(6),
                comment: owned(7).filter(|comment| !comment.is_empty()),
            });
        } else {
            let (mode, native_type) = (owned(6).unwrap_or_else(|| "IN".to_owned()), owned(5).unwrap_or_default());
            let ordinal = number(row, 7).unwrap_or_default();
            self.parameters.push(Parameter { schema, specific_name, name: owned(4), native_type, mode, ordinal });
        }
        Ok(())
    }

    pub(super) fn push(&self, known: &Known<'_>, harvest: &mut Harvest) -> Result<()> {
        let mut pushed = std::collections::HashSet::new();
        for routine in self.routines.iter().filter(|routine| known.has_schema(&routine.schema)) {
            harvest.routine(RoutineRow {
                schema: &routine.schema,
                name: &routine.name,
                specific_name: &routine.specific_name,
                kind: routine.kind,
                language: LANGUAGE,
                return_type: routine.return_type.as_deref(),
                definition: routine.definition.as_deref(),
                comment: routine.comment.as_deref(),
            })?;
            pushed.insert((&routine.schema, &routine.specific_name));
        }
        for parameter in self.parameters.iter().filter(|one| pushed.contains(&(&one.schema, &one.specific_name))) {
            harvest.parameter(ParameterRow {
                schema: &parameter.schema,
                specific_name: &parameter.specific_name,
                ordinal: i32::try_from(parameter.ordinal).unwrap_or(i32::MAX),
                mode: &parameter.mode,
                name: parameter.name.as_deref(),
                native_type: &parameter.native_type,
                pg_type: types::of_native(&parameter.native_type),
                default: None,
            })?;
        }
        Ok(())
    }
}

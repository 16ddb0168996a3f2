//! Functions, aggregates and procedures, and their parameters.

use std::collections::HashMap;

use spi::Result;
use spi::metadata::{Harvest, ParameterRow, RoutineKind, RoutineRow};

use super::statement::{Found, Statements};
use super::user_types::Domains;
use crate::types;

/// An aggregate has no definition of its own that the server would print. `$2` is null: routines belong to no table.
const ROUTINES: &str = "SELECT p.oid, p.pronamespace, p.proname::text, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', \
     p.prokind::text, l.lanname::text, CASE WHEN p.prokind <> 'p' THEN pg_get_function_result(p.oid) END, \
     CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, d.description \
     FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
     LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0 \
     WHERE p.pronamespace = ANY ($1) AND $2::text IS NULL AND has_function_privilege(p.oid, 'EXECUTE')";

/// `proallargtypes` is null where all parameters are inputs.
const PARAMETERS: &str = "SELECT p.oid, u.place::int4, coalesce(p.proargmodes[u.place]::text, 'i'), nullif(p.proargnames[u.place], ''), \
     format_type(u.type, NULL), u.type, pg_get_function_arg_default(p.oid, u.place::int4) \
     FROM pg_proc p CROSS JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u(type, place) \
     WHERE p.pronamespace = ANY ($1) AND $2::text IS NULL";

/// Schema and specific name of the shown routines by their OIDs.
pub(super) type Routines = HashMap<u32, (String, String)>;

/// Pushes the routines that may be called.
pub(super) async fn push(statements: &mut Statements<'_>, harvest: &mut Harvest) -> Result<Routines> {
    let schemas = statements.schemas;
    let mut routines = HashMap::new();
    let push = |found: &Found<'_>| {
        // The statement asks for these schemas only.
        let Some(schema) = schemas.get(&found.oid(1)?) else { return Ok(()) };
        let specific_name: String = found.get(3)?;
        harvest.routine(RoutineRow {
            schema,
            name: found.get(2)?,
            specific_name: &specific_name,
            kind: if found.get::<&str>(4)? == "p" { RoutineKind::Procedure } else { RoutineKind::Function },
            language: found.get(5)?,
            return_type: found.get(6)?,
            definition: found.get(7)?,
            comment: found.get(8)?,
        })?;
        routines.insert(found.oid(0)?, (schema.clone(), specific_name));
        Ok(())
    };
    statements.each(ROUTINES, push).await?;
    Ok(routines)
}

/// Pushes the parameters of the shown routines.
pub(super) async fn push_parameters(
    statements: &mut Statements<'_>,
    routines: &Routines,
    domains: &Domains,
    harvest: &mut Harvest,
) -> Result<()> {
    let push = |found: &Found<'_>| {
        let Some((schema, specific_name)) = routines.get(&found.oid(0)?) else { return Ok(()) };
        let (base, typmod) = domains.base(found.oid(5)?, -1);
        harvest.parameter(ParameterRow {
            schema,
            specific_name,
            ordinal: found.get(1)?,
            mode: mode(found.get(2)?),
            name: found.get(3)?,
            native_type: found.get(4)?,
            pg_type: types::pg_type(base, typmod),
            default: found.get(6)?,
        })
    };
    statements.each(PARAMETERS, push).await
}

/// `pg_proc.proargmodes`. A variadic parameter is an input, a column of a returned table an output.
fn mode(letter: &str) -> &'static str {
    match letter {
        "o" | "t" => "OUT",
        "b" => "INOUT",
        _ => "IN",
    }
}

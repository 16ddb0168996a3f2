//! Functions, aggregates and procedures, and their parameters.

use spi::Result;
use spi::metadata::{Harvest, ParameterRow, RoutineKind, RoutineRow};
use sqlx::postgres::types::Oid;

use super::open_gauss;
use super::statement::{Found, Statements};
use super::user_types::Domains;
use crate::types;
use crate::variant::Lineage;

/// An aggregate has no definition of its own that the server would print. `$2` is null: routines belong to no table.
/// `proallargtypes` is null where all parameters are inputs, whose list begins at 0 and is made an array as others are.
const STATEMENT: &str = "SELECT p.pronamespace, p.proname::text, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', \
     p.prokind::text, l.lanname::text, CASE WHEN p.prokind <> 'p' THEN pg_get_function_result(p.oid) END, \
     CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, d.description, \
     coalesce(p.proargmodes::text[], '{}'), coalesce(p.proargnames, '{}'), a.types, \
     ARRAY(SELECT format_type(u.type, NULL) FROM unnest(a.types) WITH ORDINALITY u(type, place) ORDER BY u.place), \
     ARRAY(SELECT pg_get_function_arg_default(p.oid, place) FROM generate_series(1, cardinality(a.types)) place ORDER BY place) \
     FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
     CROSS JOIN LATERAL (SELECT ARRAY(SELECT unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])))) a(types) \
     LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0 \
     WHERE p.pronamespace = ANY ($1) AND $2::text IS NULL AND has_function_privilege(p.oid, 'EXECUTE')";

/// Pushes the routines that may be called, and their parameters.
pub(super) async fn push(statements: &mut Statements<'_>, domains: &Domains, harvest: &mut Harvest) -> Result<()> {
    let schemas = statements.schemas;
    let push = |found: &Found<'_>| {
        // The statement asks for these schemas only.
        let Some(schema) = schemas.get(&found.oid(0)?) else { return Ok(()) };
        let specific_name = found.get(2)?;
        harvest.routine(RoutineRow {
            schema,
            name: found.get(1)?,
            specific_name,
            kind: if found.get::<&str>(3)? == "p" { RoutineKind::Procedure } else { RoutineKind::Function },
            language: found.get(4)?,
            return_type: found.get(5)?,
            definition: found.get(6)?,
            comment: found.get(7)?,
        })?;
        push_parameters(found, schema, specific_name, domains, harvest)
    };
    let sql = match statements.server.variant.lineage {
        Lineage::Recent => STATEMENT,
        Lineage::OpenGauss => open_gauss::ROUTINES,
    };
    statements.each(sql, push).await
}

fn push_parameters(found: &Found<'_>, schema: &str, specific_name: &str, domains: &Domains, harvest: &mut Harvest) -> Result<()> {
    let (modes, names): (Vec<String>, Vec<String>) = (found.get(8)?, found.get(9)?);
    let (types, native_types): (Vec<Oid>, Vec<String>) = (found.get(10)?, found.get(11)?);
    let defaults: Vec<Option<String>> = found.get(12)?;
    for (place, ((own_type, native_type), default)) in types.iter().zip(&native_types).zip(&defaults).enumerate() {
        let (base, typmod) = domains.base(own_type.0, -1);
        harvest.parameter(ParameterRow {
            schema,
            specific_name,
            ordinal: place as i32 + 1,
            mode: mode(modes.get(place).map_or("i", String::as_str)),
            name: names.get(place).map(String::as_str).filter(|name| !name.is_empty()),
            native_type,
            pg_type: types::pg_type(base, typmod),
            default: default.as_deref(),
        })?;
    }
    Ok(())
}

/// `pg_proc.proargmodes`. A variadic parameter is an input, a column of a returned table an output.
fn mode(letter: &str) -> &'static str {
    match letter {
        "o" | "t" => "OUT",
        "b" => "INOUT",
        _ => "IN",
    }
}

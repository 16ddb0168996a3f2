//! Functions, procedures and aggregates with parameters of every kind, and triggers.

use super::names::literal;
use super::{Script, Table};

/// A routine without its name.
struct Routine {
    /// `FUNCTION` or `PROCEDURE`.
    kind: &'static str,
    /// With parentheses, as all of these.
    parameters: &'static str,
    /// What other statements tell it by.
    identity: &'static str,
    rest: &'static str,
}

const fn function(parameters: &'static str, identity: &'static str, rest: &'static str) -> Routine {
    Routine { kind: "FUNCTION", parameters, identity, rest }
}

const fn procedure(parameters: &'static str, identity: &'static str, rest: &'static str) -> Routine {
    Routine { kind: "PROCEDURE", parameters, identity, rest }
}

const ROUTINES: &[Routine] = &[
    function("()", "()", "RETURNS integer LANGUAGE sql AS 'SELECT 1'"),
    function(
        "(a integer, b integer DEFAULT 1)",
        "(integer, integer)",
        "RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10 AS $$SELECT a + b$$",
    ),
    function("(integer, text)", "(integer, text)", "RETURNS text LANGUAGE sql STABLE LEAKPROOF AS $_$SELECT $2 || '$$'$_$"),
    function("(a integer, OUT b text, INOUT c numeric(5,2))", "(integer, numeric)", "LANGUAGE sql AS 'SELECT ''x'', c'"),
    function("(OUT a integer)", "()", "LANGUAGE sql AS 'SELECT 1'"),
    function("(VARIADIC a integer[])", "(VARIADIC integer[])", "RETURNS SETOF integer LANGUAGE sql ROWS 7 AS 'SELECT unnest(a)'"),
    function(
        "(a text DEFAULT 'it''s', VARIADIC rest text[] DEFAULT ARRAY['x', 'y'])",
        "(text, VARIADIC text[])",
        "RETURNS text LANGUAGE sql AS 'SELECT a'",
    ),
    function("(a date)", "(date)", "RETURNS TABLE (\"first one\" integer, second character varying(3)[]) LANGUAGE sql AS 'SELECT 1, NULL'"),
    function("()", "()", "RETURNS TABLE (only_one numeric(3,1)) LANGUAGE sql AS 'SELECT 1'"),
    function(
        "()",
        "()",
        "RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'pg_catalog', 'pg_temp' AS 'begin return; end'",
    ),
    function("(a anyelement, b anyarray)", "(anyelement, anyarray)", "RETURNS anyelement LANGUAGE sql AS 'SELECT a'"),
    function("(a anycompatible, OUT b anycompatiblearray)", "(anycompatible)", "LANGUAGE sql AS 'SELECT ARRAY[a]'"),
    function("(a integer)", "(integer)", "RETURNS integer LANGUAGE sql RETURN a + 1"),
    function("(a text)", "(text)", "RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT upper(a); END"),
    function(
        "(a timestamp with time zone DEFAULT now(), b \"char\" DEFAULT 'x', c boolean DEFAULT (1 > 2))",
        "(timestamptz, \"char\", boolean)",
        "RETURNS void LANGUAGE plpgsql AS 'begin end'",
    ),
    function(
        "(a interval, b bit varying, c character)",
        "(interval, varbit, character)",
        "RETURNS name LANGUAGE sql PARALLEL RESTRICTED AS 'SELECT NULL::name'",
    ),
    function("(a internal)", "(internal)", "RETURNS internal LANGUAGE internal STRICT AS 'int4_sum'"),
    function(
        "(a refcursor)",
        "(refcursor)",
        "RETURNS refcursor LANGUAGE plpgsql SET work_mem TO '1MB' AS $function$ begin return a; end $function$",
    ),
    procedure("()", "()", "LANGUAGE sql AS ''"),
    procedure("(a integer, OUT c date, INOUT b text DEFAULT 'x')", "(integer, date, text)", "LANGUAGE plpgsql AS 'begin end'"),
    procedure("(VARIADIC a anyarray)", "(VARIADIC anyarray)", "LANGUAGE plpgsql AS 'begin end'"),
    procedure("(IN a integer)", "(integer)", "LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT a; SELECT 2; END"),
];

/// Of aggregates: the parameters, and the rest.
const AGGREGATES: [(&str, &str); 4] = [
    ("(integer)", "(SFUNC = int4pl, STYPE = integer, INITCOND = '0')"),
    ("(*)", "(SFUNC = int8inc, STYPE = bigint, INITCOND = '0')"),
    (
        "(a double precision, b double precision)",
        "(SFUNC = float8_regr_accum, STYPE = double precision[], FINALFUNC = float8_corr, INITCOND = '{0,0,0,0,0,0}', PARALLEL = safe)",
    ),
    (
        "(double precision ORDER BY anyelement)",
        "(SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
    ),
];

pub(super) fn create(script: &mut Script, schema: &str) {
    for Routine { kind, parameters, identity, rest } in ROUTINES {
        let name = script.name_in(schema);
        script.statement(&format!("CREATE {kind} {name}{parameters} {rest}"));
        script.comment(kind, &format!("{name}{identity}"));
    }
    overloaded(script, schema);
    of_own_types(script, schema);
    for (parameters, rest) in AGGREGATES {
        let name = script.name_in(schema);
        script.statement(&format!("CREATE AGGREGATE {name}{parameters} {rest}"));
    }
    let tables: Vec<Table> = script.tables.iter().filter(|table| table.schema == schema && !table.key.is_empty()).cloned().collect();
    let function = script.name_in(schema);
    script.statement(&format!("CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'"));
    for table in tables {
        triggers(script, &table, &function);
    }
}

/// One name with several parameter lists.
fn overloaded(script: &mut Script, schema: &str) {
    let name = script.name_in(schema);
    for parameters in ["", "integer", "integer[]", "text, text", "\"char\"", "numeric"] {
        script.statement(&format!("CREATE FUNCTION {name}({parameters}) RETURNS integer LANGUAGE sql AS 'SELECT 1'"));
    }
}

fn of_own_types(script: &mut Script, schema: &str) {
    for place in 0..script.types.len() {
        let (name, type_name) = (script.name_in(schema), script.types[place].clone());
        let (parameter, set) = (script.name(), script.random.maybe(50, "SETOF "));
        let declared = format!("{name}({parameter} {type_name}) RETURNS {set}{type_name}");
        script.statement(&format!("CREATE FUNCTION {declared} LANGUAGE sql AS 'SELECT $1'"));
    }
    let rows: Vec<Table> = script.tables.iter().filter(|table| table.schema == schema).take(2).cloned().collect();
    for table in rows {
        let name = script.name_in(schema);
        script.statement(&format!("CREATE FUNCTION {name}({}) RETURNS SETOF {} LANGUAGE sql AS 'SELECT $1'", table.name, table.name));
    }
}

fn triggers(script: &mut Script, table: &Table, function: &str) {
    let (first, second) = (&table.columns[0].name, &table.columns[table.key.len()].name);
    let argument = literal(&script.names.next(&mut script.random));
    let clauses = [
        (format!("BEFORE INSERT OR UPDATE OF {first}, {second} ON"), "FOR EACH ROW".to_owned(), String::new()),
        ("AFTER DELETE ON".to_owned(), "FOR EACH STATEMENT".to_owned(), argument),
        ("AFTER UPDATE ON".to_owned(), format!("FOR EACH ROW WHEN (old.{second} IS DISTINCT FROM new.{second})"), "'a', 'b c'".to_owned()),
        ("BEFORE TRUNCATE ON".to_owned(), "FOR EACH STATEMENT".to_owned(), String::new()),
        ("AFTER INSERT ON".to_owned(), "REFERENCING NEW TABLE AS added FOR EACH STATEMENT".to_owned(), String::new()),
    ];
    for (events, rest, arguments) in clauses {
        if script.random.chance(40) {
            let name = script.name();
            script.statement(&format!("CREATE TRIGGER {name} {events} {} {rest} EXECUTE FUNCTION {function}({arguments})", table.name));
            script.comment("TRIGGER", &format!("{name} ON {}", table.name));
            if script.random.chance(20) {
                script.statement(&format!("ALTER TABLE {} DISABLE TRIGGER {name}", table.name));
            }
        }
    }
    if script.random.chance(30) {
        let name = script.name();
        let rest = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW";
        script.statement(&format!("CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {} {rest} EXECUTE FUNCTION {function}()", table.name));
    }
}

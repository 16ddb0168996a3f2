//! Every object of a schema with objects of every kind is in the snapshot as the server's own catalogs describe it.
//!
//! The expected rows come from the standard's views and from PostgreSQL's own where the standard has none, not from the statements of
//! the harvest. They are compared as sets, all columns of each relation.

use spi::metadata::Relation;

use crate::fixture::{self, database};

/// The objects, of which other tests look at some.
pub(crate) const OBJECTS: &str = include_str!("objects.sql");

/// Names are printed with their schema, and there is a way to count.
const PREPARE: &str = "SET search_path = pg_catalog; \
     CREATE FUNCTION pg_temp.rows_of(relation oid) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; \
     BEGIN EXECUTE format('SELECT nullif(count(*), 0) FROM %s', relation::regclass) INTO n; RETURN n; END $$; \
     CREATE FUNCTION pg_temp.list(names text[]) RETURNS text LANGUAGE sql AS $$ SELECT '[' || array_to_string(names, ', ') || ']' $$";

#[tokio::test]
async fn every_object_is_in_the_snapshot_as_the_server_has_it() {
    let Some(fixture) = database(OBJECTS).await else { return };
    // Estimates are then exact.
    fixture.execute("VACUUM ANALYZE").await;
    fixture.execute(PREPARE).await;
    let schemas = fixture.harvest().await;
    let mut differences = Vec::new();
    for (relation, columns, sql) in EXPECTED {
        assert!(shows_all(*relation, columns), "{relation:?} has more columns");
        let of_users = |column: &str| format!("{column} !~ '^pg_|^information_schema$'");
        let sql = sql.replace("USERS(n)", &of_users("n.nspname")).replace("USERS(s)", &of_users("schemaname"));
        differences.extend(difference(*relation, fixture::relation(&schemas, *relation, columns), fixture.answer(&sql).await));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // A server that declares its columns has nothing to infer.
    let all = Relation::ALL.into_iter().filter(|relation| *relation != Relation::InferredColumns);
    assert!(EXPECTED.iter().map(|(relation, ..)| *relation).eq(all));
}

/// What one of the two has and the other has not.
fn difference(relation: Relation, harvested: Vec<String>, answer: Vec<String>) -> Option<String> {
    let beyond = |rows: &[String], others: &[String]| rows.iter().filter(|row| !others.contains(row)).cloned().collect::<Vec<_>>();
    let (missing, surplus) = (beyond(&answer, &harvested), beyond(&harvested, &answer));
    let same = answer.len() > 1 && missing.is_empty() && surplus.is_empty() && harvested.len() == answer.len();
    (!same).then(|| format!("{relation:?}: the server has {missing:#?}, the snapshot has {surplus:#?}"))
}

/// Whether the columns are all of the relation, but for those that tell a row its place.
fn shows_all(relation: Relation, columns: &[&str]) -> bool {
    let places = ["oid", "table", "routine", "first_column"];
    // No partition of PostgreSQL has a location, no table of it needs a recipe, and its views it runs itself.
    let unused = ["location", "recipe", "query"];
    let shown = |name: &str| columns.contains(&name) || places.contains(&name) || unused.contains(&name);
    relation.layout().fields().iter().all(|field| shown(field.name()))
}

/// Each relation, its columns, and the statement that says what they hold.
const EXPECTED: &[(Relation, &[&str], &str)] = &[
    (Relation::Tables, &["name", "kind", "owner", "comment", "row_estimate", "size_bytes"], TABLES),
    (Relation::Columns, &["name", "ordinal", "type", "nullable", "default", "generated", "collation", "comment"], COLUMNS),
    (Relation::Views, &["definition", "updatable"], VIEWS),
    (
        Relation::Constraints,
        &[
            "name",
            "kind",
            "columns",
            "referenced_schema",
            "referenced_table",
            "referenced_columns",
            "on_update",
            "on_delete",
            "expression",
            "deferrable",
            "initially_deferred",
            "comment",
        ],
        CONSTRAINTS,
    ),
    (Relation::Indexes, &["name", "unique", "primary", "method", "columns", "predicate", "definition", "comment"], INDEXES),
    (Relation::Routines, &["name", "specific_name", "kind", "language", "return_type", "definition", "comment"], ROUTINES),
    (Relation::Parameters, &["ordinal", "mode", "name", "type", "default"], PARAMETERS),
    (Relation::Types, &["name", "kind", "members", "comment"], TYPES),
    (Relation::Partitions, &["name", "method", "expression", "description", "row_estimate", "size_bytes"], PARTITIONS),
    (Relation::TableOptions, &["name", "value"], TABLE_OPTIONS),
    (Relation::Triggers, &["name", "timing", "events", "columns", "for_each_row", "condition", "action", "enabled", "comment"], TRIGGERS),
    (
        Relation::Sequences,
        &["name", "owner", "comment", "type", "start", "minimum", "maximum", "increment", "cycle", "owner_table", "owner_column"],
        SEQUENCES,
    ),
];

/// A table that holds rows has as many as it says, and a view, a foreign or an empty table says nothing, nor a partitioned one
/// before version 14.
const TABLES: &str = "SELECT ARRAY[n.nspname::text, c.relname, coalesce(t.kind, CASE WHEN v.matviewname IS NULL THEN 'view' ELSE 'materialized view' END), \
     a.rolname, d.description, CASE WHEN c.relkind NOT IN ('v', 'f') AND (c.relkind <> 'p' OR current_setting('server_version_num')::int >= 140000) \
     THEN pg_temp.rows_of(c.oid)::text END, \
     CASE WHEN c.relkind NOT IN ('v', 'p', 'f') THEN nullif(pg_relation_size(c.oid), 0)::text END] \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_authid a ON a.oid = c.relowner \
     LEFT JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass \
     LEFT JOIN pg_matviews v ON v.schemaname = n.nspname AND v.matviewname = c.relname \
     LEFT JOIN pg_views w ON w.schemaname = n.nspname AND w.viewname = c.relname \
     LEFT JOIN (SELECT schemaname, tablename, CASE WHEN pg_get_partkeydef(format('%I.%I', schemaname, tablename)::regclass) IS NULL \
     THEN 'table' ELSE 'partitioned table' END AS kind FROM pg_tables UNION ALL \
     SELECT foreign_table_schema::name, foreign_table_name::name, 'table' FROM information_schema.foreign_tables) t \
     ON t.schemaname = n.nspname AND t.tablename = c.relname \
     WHERE USERS(n) AND (t.kind IS NOT NULL OR v.matviewname IS NOT NULL OR w.viewname IS NOT NULL)";

const COLUMNS: &str = "SELECT ARRAY[c.table_schema::text, c.table_name, c.column_name, c.ordinal_position::text, t.native, t.pg, \
     (c.is_nullable = 'YES')::text, coalesce(c.column_default, c.generation_expression), \
     CASE WHEN c.identity_generation IS NOT NULL THEN 'identity ' || lower(c.identity_generation) WHEN c.is_generated = 'ALWAYS' THEN 'stored' END, \
     CASE WHEN c.collation_name IS DISTINCT FROM coalesce(d.collation_name, CASE WHEN c.data_type = 'name' THEN 'C' END) THEN c.collation_name END, \
     col_description(t.relation, c.ordinal_position)] FROM (\
     SELECT table_schema, table_name, column_name, ordinal_position, is_nullable, column_default, generation_expression, identity_generation, \
     is_generated, collation_name, data_type, domain_schema, domain_name, udt_schema, udt_name, character_maximum_length, numeric_precision, \
     numeric_scale FROM information_schema.columns UNION ALL \
     SELECT schemaname, matviewname, attname, attnum, 'YES', NULL, NULL, NULL, NULL, NULL, 'bigint', NULL, NULL, 'pg_catalog', 'int8', NULL, NULL, \
     NULL FROM pg_matviews JOIN pg_attribute ON attrelid = format('%I.%I', schemaname, matviewname)::regclass AND attnum > 0) c \
     JOIN pg_namespace n ON n.nspname = c.table_schema \
     LEFT JOIN information_schema.domains d ON d.domain_schema = c.domain_schema AND d.domain_name = c.domain_name \
     CROSS JOIN LATERAL (SELECT format('%I.%I', c.table_schema, c.table_name)::regclass::oid) r(relation) \
     CROSS JOIN LATERAL (SELECT r.relation, (SELECT format_type(atttypid, atttypmod) FROM pg_attribute \
     WHERE attrelid = r.relation AND attname = c.column_name) AS native, \
     CASE WHEN c.data_type = 'USER-DEFINED' OR c.udt_schema <> 'pg_catalog' OR c.data_type IN ('money', 'bit', 'tsrange') THEN 'text' \
     WHEN c.data_type = 'ARRAY' THEN format('%I.%I', c.udt_schema, c.udt_name)::regtype::text \
     WHEN c.data_type = 'numeric' AND c.numeric_precision IS NOT NULL THEN format('numeric(%s,%s)', c.numeric_precision, c.numeric_scale) \
     ELSE c.data_type || coalesce('(' || c.character_maximum_length || ')', '') END AS pg) t \
     WHERE USERS(n)";

const VIEWS: &str = "SELECT ARRAY[schemaname::text, viewname, definition, (SELECT (is_updatable = 'YES')::text FROM information_schema.views \
     WHERE table_schema = schemaname AND table_name = viewname)] FROM pg_views WHERE USERS(s) \
     UNION ALL SELECT ARRAY[schemaname::text, matviewname, definition, 'false'] FROM pg_matviews";

/// The standard's views know no exclusion, and call what is not null a check.
const CONSTRAINTS: &str = "SELECT ARRAY[n.nspname::text, c.relname, k.conname, coalesce(s.constraint_type, 'EXCLUDE'), \
     pg_temp.list(coalesce(own.names, ARRAY(SELECT attname::text FROM pg_attribute \
     WHERE attrelid = c.oid AND attnum = ANY (k.conkey) ORDER BY array_position(k.conkey, attnum)))), \
     o.table_schema, o.table_name, pg_temp.list(theirs.names), r.update_rule, r.delete_rule, \
     CASE WHEN s.constraint_type IS NULL THEN pg_get_constraintdef(k.oid) \
     ELSE substring(pg_get_constraintdef(k.oid) FROM '^CHECK \\((.*)\\)( NOT VALID)?$') END, \
     k.condeferrable::text, coalesce((s.initially_deferred = 'YES')::text, k.condeferred::text), obj_description(k.oid, 'pg_constraint')] \
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN information_schema.table_constraints s \
     ON s.constraint_schema = n.nspname AND s.table_name = c.relname AND s.constraint_name = k.conname \
     LEFT JOIN LATERAL (SELECT array_agg(u.column_name::text ORDER BY u.ordinal_position) FROM information_schema.key_column_usage u \
     WHERE u.constraint_schema = n.nspname AND u.table_name = c.relname AND u.constraint_name = k.conname) own(names) ON true \
     LEFT JOIN information_schema.referential_constraints r ON r.constraint_schema = n.nspname AND r.constraint_name = k.conname \
     LEFT JOIN information_schema.table_constraints o \
     ON o.constraint_schema = r.unique_constraint_schema AND o.constraint_name = r.unique_constraint_name \
     LEFT JOIN LATERAL (SELECT array_agg(w.column_name::text ORDER BY u.ordinal_position) FROM information_schema.key_column_usage u \
     JOIN information_schema.key_column_usage w ON w.constraint_schema = o.constraint_schema AND w.constraint_name = o.constraint_name \
     AND w.ordinal_position = u.position_in_unique_constraint \
     WHERE u.constraint_schema = n.nspname AND u.constraint_name = k.conname) theirs(names) ON true \
     WHERE USERS(n) AND k.contype IN ('p', 'u', 'f', 'c', 'x')";

/// A column is an expression unless the table has one of that name, quoted as in the definition.
const INDEXES: &str = "SELECT ARRAY[schemaname::text, tablename, indexname, (indexdef LIKE 'CREATE UNIQUE INDEX %')::text, \
     EXISTS (SELECT FROM information_schema.table_constraints WHERE constraint_type = 'PRIMARY KEY' AND table_schema = schemaname \
     AND constraint_name = indexname)::text, substring(indexdef FROM ' USING (\\w+) \\('), pg_temp.list(ARRAY(\
     SELECT coalesce((SELECT attname::text FROM pg_attribute WHERE attrelid = t AND quote_ident(attname) = pg_get_indexdef(i, n, false)), \
     regexp_replace(pg_get_indexdef(i, n, false), '^[(](.*)[)]$', '\\1')) \
     FROM generate_series(1, (SELECT indnkeyatts FROM pg_index WHERE indexrelid = i)) n ORDER BY n)), \
     substring(indexdef FROM ' WHERE (.*)$'), indexdef, obj_description(i, 'pg_class')] \
     FROM pg_indexes CROSS JOIN LATERAL (SELECT format('%I.%I', schemaname, indexname)::regclass::oid, \
     format('%I.%I', schemaname, tablename)::regclass::oid) o(i, t) WHERE USERS(s)";

/// The standard's views end a routine's name with its OID.
const ROUTINES: &str = "SELECT ARRAY[r.routine_schema::text, r.routine_name, \
     replace(substring(p.oid::regprocedure::text FROM '^[^.]*[.](.*)$'), ',', ', '), coalesce(r.routine_type, 'FUNCTION'), \
     lower(r.external_language), CASE WHEN r.routine_type IS DISTINCT FROM 'PROCEDURE' THEN pg_get_function_result(p.oid) END, \
     CASE WHEN r.routine_type IS NOT NULL THEN pg_get_functiondef(p.oid) END, obj_description(p.oid, 'pg_proc')] \
     FROM information_schema.routines r JOIN pg_proc p ON p.oid = substring(r.specific_name FROM '[0-9]+$')::oid \
     JOIN pg_namespace n ON n.nspname = r.routine_schema WHERE USERS(n)";

const PARAMETERS: &str = "SELECT ARRAY[a.specific_schema::text, \
     replace(substring(substring(a.specific_name FROM '[0-9]+$')::oid::regprocedure::text FROM '^[^.]*[.](.*)$'), ',', ', '), \
     a.ordinal_position::text, a.parameter_mode, a.parameter_name, t.name, \
     CASE a.udt_schema WHEN 'pg_catalog' THEN t.name ELSE 'text' END, a.parameter_default] \
     FROM information_schema.parameters a JOIN pg_namespace n ON n.nspname = a.specific_schema \
     CROSS JOIN LATERAL (SELECT format('%I.%I', a.udt_schema, a.udt_name)::regtype::text) t(name) WHERE USERS(n)";

const TYPES: &str = "SELECT ARRAY[n.nspname::text, t.typname, m.kind, pg_temp.list(m.members), obj_description(t.oid, 'pg_type')] \
     FROM pg_namespace n JOIN pg_type t ON t.typnamespace = n.oid JOIN (\
     SELECT enumtypid, 'enum', array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum GROUP BY 1 UNION ALL \
     SELECT format('%I.%I', udt_schema, udt_name)::regtype, 'composite', array_agg(attribute_name || ' ' || CASE data_type WHEN 'ARRAY' \
     THEN format('%I.%I', attribute_udt_schema, attribute_udt_name)::regtype::text \
     ELSE data_type || coalesce('(' || character_maximum_length || ')', '') END ORDER BY ordinal_position) \
     FROM information_schema.attributes GROUP BY udt_schema, udt_name UNION ALL \
     SELECT format('%I.%I', domain_schema, domain_name)::regtype, 'domain', ARRAY[CASE domain_name WHEN 'short_code' THEN 'crm.code' \
     ELSE data_type || coalesce('(' || character_maximum_length || ')', '') END] FROM information_schema.domains\
     ) m(type, kind, members) ON m.type = t.oid WHERE USERS(n)";

/// A partition in another schema than its table's is named with its schema.
const PARTITIONS: &str = "SELECT ARRAY[n.nspname::text, c.relname, CASE WHEN p.relnamespace = c.relnamespace THEN p.relname::text \
     ELSE concat_ws('.', p.relnamespace::regnamespace, p.relname) END, \
     CASE k.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END, \
     substring(pg_get_partkeydef(c.oid) FROM '^[A-Z]+ \\((.*)\\)$'), pg_get_expr(p.relpartbound, p.oid), \
     CASE WHEN p.relkind = 'r' OR current_setting('server_version_num')::int >= 140000 THEN pg_temp.rows_of(p.oid)::text END, \
     CASE p.relkind WHEN 'r' THEN nullif(pg_relation_size(p.oid), 0)::text END] \
     FROM pg_partitioned_table k JOIN pg_class c ON c.oid = k.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_inherits t ON t.inhparent = c.oid JOIN pg_class p ON p.oid = t.inhrelid WHERE USERS(n)";

const TABLE_OPTIONS: &str = "SELECT ARRAY[n.nspname::text, c.relname, o.option_name, o.option_value] \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL pg_options_to_table(c.reloptions) o WHERE USERS(n) \
     UNION ALL SELECT ARRAY[foreign_table_schema::text, foreign_table_name, 'foreign_server', foreign_server_name] \
     FROM information_schema.foreign_tables";

/// The standard has no `TRUNCATE`.
const TRIGGERS: &str = "SELECT ARRAY[n.nspname::text, c.relname, t.tgname, coalesce(min(s.action_timing), 'AFTER'), \
     pg_temp.list(coalesce(array_agg(s.event_manipulation::text ORDER BY array_position(ARRAY['INSERT', 'UPDATE', 'DELETE'], \
     s.event_manipulation::text)) FILTER (WHERE s.event_manipulation IS NOT NULL), '{TRUNCATE}')), \
     pg_temp.list(ARRAY(SELECT u.event_object_column::text FROM information_schema.triggered_update_columns u \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = u.event_object_column \
     WHERE u.event_object_schema = n.nspname AND u.event_object_table = c.relname AND u.trigger_name = t.tgname ORDER BY a.attnum)), \
     coalesce(min(s.action_orientation) = 'ROW', false)::text, min(s.action_condition), \
     coalesce(min(s.action_statement), 'EXECUTE FUNCTION ' || t.tgfoid::regproc || '()'), (t.tgenabled <> 'D')::text, \
     obj_description(t.oid, 'pg_trigger')] \
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN information_schema.triggers s ON s.event_object_schema = n.nspname AND s.event_object_table = c.relname \
     AND s.trigger_name = t.tgname WHERE USERS(n) AND NOT t.tgisinternal GROUP BY n.nspname, c.relname, c.oid, t.oid, t.tgname, t.tgfoid, t.tgenabled";

const SEQUENCES: &str = "SELECT ARRAY[s.schemaname::text, s.sequencename, s.sequenceowner, obj_description(o.oid, 'pg_class'), s.data_type::text, \
     s.data_type::text, s.start_value::text, s.min_value::text, s.max_value::text, s.increment_by::text, s.cycle::text, c.table_name, c.column_name] \
     FROM pg_sequences s CROSS JOIN LATERAL (SELECT format('%I.%I', s.schemaname, s.sequencename)::regclass::oid) o(oid) \
     LEFT JOIN information_schema.columns c \
     ON c.table_schema NOT IN ('pg_catalog', 'information_schema') \
     AND pg_get_serial_sequence(format('%I.%I', c.table_schema, c.table_name), c.column_name)::regclass = o.oid";

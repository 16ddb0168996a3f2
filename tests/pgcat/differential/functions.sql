-- What functions say of every object. What is left out of the catalogs is left out here as well.

-- @@ format_type
-- Of the types that columns of the gateway can have beside text.
SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), format_type(atttypid, NULL)
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE attrelid >= 16384 AND attnum > 0 AND relkind IN ('r', 'p', 'v', 'm', 'S') AND format_type(atttypid, NULL) IN ('boolean', 'bytea',
    '"char"', 'name', 'bigint', 'smallint', 'integer', 'regproc', 'oid', 'json', 'real', 'double precision', 'inet', 'character',
    'character varying', 'date', 'time without time zone', 'timestamp without time zone', 'timestamp with time zone', 'interval', 'numeric',
    'uuid', 'jsonb')

-- @@ pg_get_viewdef
-- Without parentheses left out for people, for which a view would have to be understood.
SELECT oid::regclass, pg_get_viewdef(oid), pg_get_viewdef(oid, false) FROM pg_class WHERE relkind IN ('v', 'm') AND oid >= 16384

-- @@ pg_get_ruledef
SELECT ev_class::regclass, pg_get_ruledef(oid) FROM pg_rewrite WHERE oid >= 16384 AND rulename = '_RETURN'

-- @@ pg_get_indexdef
SELECT oid::regclass, pg_get_indexdef(oid), pg_get_indexdef(oid, 0, true) FROM pg_class
WHERE relkind IN ('i', 'I') AND oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace

-- @@ pg_get_indexdef of columns
SELECT oid::regclass, n, pg_get_indexdef(oid, n, false), pg_get_indexdef(oid, n, true) FROM pg_class, generate_series(1, relnatts) n
WHERE relkind IN ('i', 'I') AND oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace

-- @@ pg_index_column_has_property
-- What classes of other methods can do follows from types that are not known.
SELECT oid::regclass, n, property, pg_index_column_has_property(oid, n, property)
FROM pg_class, generate_series(1, relnatts) n,
     unnest(ARRAY['asc', 'desc', 'nulls_first', 'nulls_last', 'orderable', 'returnable', 'search_array', 'search_nulls']) property
WHERE relkind IN ('i', 'I') AND oid >= 16384 AND relam = (SELECT oid FROM pg_am WHERE amname = 'btree')
AND relnamespace <> 'pg_toast'::regnamespace

-- @@ pg_get_constraintdef
-- Which match in full, set only some columns, are not validated, or are not inherited is not known.
SELECT conrelid::regclass, conname, contype, regexp_replace(regexp_replace(pg_get_constraintdef(oid),
           ' MATCH FULL| NOT VALID| NO INHERIT', '', 'g'), 'SET NULL \(.*\)$', 'SET NULL')
FROM pg_constraint WHERE oid >= 16384 AND conrelid <> 0 AND contype <> 't'

-- @@ pg_get_functiondef
SELECT pronamespace::regnamespace, proname, pg_get_functiondef(oid) FROM pg_proc
WHERE oid >= 16384 AND prokind <> 'a' AND prosrc NOT LIKE '%range_constructor%'

-- @@ pg_get_function_arguments
SELECT oid::regprocedure, pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid), pg_get_function_result(oid),
       pg_get_function_sqlbody(oid), ARRAY(SELECT pg_get_function_arg_default(oid, n) FROM generate_series(1, 6) n)
FROM pg_proc WHERE oid >= 16384 AND prokind <> 'a' AND prosrc NOT LIKE '%range_constructor%'

-- @@ pg_get_triggerdef
-- Which are constraints, and names for the new and old rows, are not known.
SELECT tgrelid::regclass, tgname, regexp_replace(regexp_replace(pg_get_triggerdef(oid), '^CREATE CONSTRAINT ', 'CREATE '),
           ' DEFERRABLE INITIALLY DEFERRED| REFERENCING NEW TABLE AS added', '')
FROM pg_trigger WHERE NOT tgisinternal

-- @@ pg_get_partkeydef
SELECT oid::regclass, pg_get_partkeydef(oid) FROM pg_class
WHERE oid >= 16384 AND relkind = 'p' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = pg_class.oid)

-- @@ pg_partition_tree
SELECT oid::regclass, pg_partition_root(oid), ARRAY(SELECT relid FROM pg_partition_ancestors(oid)),
       ARRAY(SELECT format('%s %s %s %s', relid, parentrelid, isleaf, level) FROM pg_partition_tree(oid) ORDER BY relid::text)
FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p') AND (relkind = 'p' OR relispartition)

-- @@ pg_get_serial_sequence
SELECT attrelid::regclass, attname, pg_get_serial_sequence(attrelid::regclass::text, attname)
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p') AND relnatts < 1600

-- @@ pg_sequence_parameters
SELECT oid::regclass, p.start_value, p.minimum_value, p.maximum_value, p.increment, p.cycle_option, p.data_type::regtype
FROM pg_class, pg_sequence_parameters(oid) p WHERE relkind = 'S'

-- @@ comments
SELECT oid::regclass, obj_description(oid, 'pg_class'), obj_description(oid),
       ARRAY(SELECT col_description(oid, n) FROM generate_series(1, 20) n)
FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace

-- @@ comments of types and routines
SELECT oid::regtype::text, obj_description(oid, 'pg_type') FROM pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd', 'c')
UNION ALL
SELECT pronamespace::regnamespace || '.' || proname, obj_description(oid, 'pg_proc') FROM pg_proc WHERE oid >= 16384

-- @@ pg_describe_object
SELECT pg_describe_object('pg_class'::regclass, oid, 0), pg_identify_object('pg_class'::regclass, oid, 0),
       pg_identify_object_as_address('pg_class'::regclass, oid, 0)
FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace

-- @@ pg_describe_object: types, constraints, triggers and schemas
SELECT pg_describe_object('pg_type'::regclass, oid, 0), pg_identify_object('pg_type'::regclass, oid, 0)
FROM pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd')
UNION ALL
SELECT pg_describe_object('pg_constraint'::regclass, oid, 0), pg_identify_object('pg_constraint'::regclass, oid, 0)
FROM pg_constraint WHERE oid >= 16384 AND conrelid <> 0 AND contype <> 't'
UNION ALL
SELECT pg_describe_object('pg_trigger'::regclass, oid, 0), pg_identify_object('pg_trigger'::regclass, oid, 0)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT pg_describe_object('pg_namespace'::regclass, oid, 0), pg_identify_object('pg_namespace'::regclass, oid, 0)
FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'

-- @@ reg* there and back
SELECT 'class', oid::regclass::text, to_regclass(oid::regclass::text) = oid, oid::regclass::text::regclass = oid
FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
UNION ALL
SELECT 'type', oid::regtype::text, to_regtype(oid::regtype::text) = oid, oid::regtype::text::regtype = oid
FROM pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd', 'c') AND typnamespace <> 'pg_toast'::regnamespace
UNION ALL
SELECT 'routine', oid::regprocedure::text, to_regprocedure(oid::regprocedure::text) = oid, oid::regprocedure::text::regprocedure = oid
FROM pg_proc WHERE oid >= 16384 AND prosrc NOT LIKE '%range_constructor%'
UNION ALL
SELECT 'schema', oid::regnamespace::text, to_regnamespace(oid::regnamespace::text) = oid, oid::regnamespace::text::regnamespace = oid
FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'

-- @@ visibility
SELECT oid::regclass::text, pg_table_is_visible(oid) FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
UNION ALL
SELECT oid::regtype::text, pg_type_is_visible(oid) FROM pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd', 'c')
UNION ALL
SELECT proname, pg_function_is_visible(oid) FROM pg_proc WHERE oid >= 16384

-- @@ privileges
SELECT oid::regclass::text, has_table_privilege(oid, 'SELECT'), has_schema_privilege(relnamespace, 'USAGE'),
       has_any_column_privilege(oid, 'SELECT')
FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm')

-- @@ privileges on columns
SELECT attrelid::regclass, attname, has_column_privilege(attrelid, attnum, 'SELECT')
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm') AND relnatts < 1600

-- @@ sizes
-- How large they are differs: the snapshot has what the last VACUUM saw.
SELECT oid::regclass, pg_relation_size(oid) IS NULL, pg_table_size(oid) IS NULL, pg_indexes_size(oid) IS NULL,
       pg_total_relation_size(oid) IS NULL
FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm')

-- @@ pg_options_to_table
SELECT oid::regclass, o.option_name, o.option_value FROM pg_class, pg_options_to_table(reloptions) o
WHERE oid >= 16384 AND relkind IN ('r', 'v', 'p', 'm')

-- @@ quote_ident and format
SELECT quote_ident(relname), format('%I.%I', nspname, relname), quote_literal(relname), length(relname), octet_length(relname::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace

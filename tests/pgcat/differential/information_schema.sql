-- The standard's views. Names that are made of OIDs are given without them. Left out are the views of privileges, which are the
-- gateway's own, and those of what views and routines mention, which a snapshot does not say.
--
-- Most of these views the gateway has itself, for sources of every kind: with columns of its own behind the standard's, with
-- materialized views among the others, without a constraint for each column that allows no nulls, and with types as it sees them.

-- @@ schemata
SELECT catalog_name, schema_name, schema_owner FROM information_schema.schemata
WHERE schema_name NOT IN ('pg_catalog', 'information_schema', 'pg_toast')

-- @@ tables
SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'

-- @@ columns: identities and what expressions make
SELECT table_catalog, table_schema, table_name, column_name, ordinal_position, is_identity, identity_generation, is_generated,
       generation_expression
FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND (is_identity = 'YES' OR is_generated = 'ALWAYS')

-- @@ columns: defaults
SELECT table_schema, table_name, column_name, ordinal_position, column_default FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND column_default IS NOT NULL

-- @@ table_constraints
SELECT constraint_catalog, constraint_schema, constraint_name, table_catalog, table_schema, table_name, constraint_type, is_deferrable,
       initially_deferred
FROM information_schema.table_constraints WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND constraint_type <> 'CHECK'

-- @@ referential_constraints
-- Which match in full is not known.
SELECT constraint_catalog, constraint_schema, constraint_name, unique_constraint_catalog, unique_constraint_schema, unique_constraint_name,
       update_rule, delete_rule
FROM information_schema.referential_constraints

-- @@ key_column_usage
SELECT constraint_catalog, constraint_schema, constraint_name, table_catalog, table_schema, table_name, column_name, ordinal_position,
       position_in_unique_constraint
FROM information_schema.key_column_usage WHERE table_schema NOT IN ('pg_catalog', 'information_schema')

-- @@ constraint_column_usage
SELECT table_catalog, table_schema, table_name, column_name, constraint_catalog, constraint_schema, constraint_name
FROM information_schema.constraint_column_usage WHERE table_schema NOT IN ('pg_catalog', 'information_schema')

-- @@ constraint_table_usage
SELECT * FROM information_schema.constraint_table_usage WHERE table_schema NOT IN ('pg_catalog', 'information_schema')

-- @@ domains
-- The default of a domain and its collation are not known.
SELECT domain_catalog, domain_schema, domain_name, data_type, character_maximum_length, character_octet_length, numeric_precision,
       numeric_precision_radix, numeric_scale, datetime_precision, interval_type, udt_schema, udt_name, dtd_identifier
FROM information_schema.domains WHERE domain_schema NOT IN ('pg_catalog', 'information_schema')

-- @@ domain_udt_usage
SELECT * FROM information_schema.domain_udt_usage WHERE domain_schema NOT IN ('pg_catalog', 'information_schema')

-- @@ column_domain_usage
SELECT * FROM information_schema.column_domain_usage WHERE table_schema NOT IN ('pg_catalog', 'information_schema')

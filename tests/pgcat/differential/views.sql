-- The system's views of a database's own objects. Left out is what is left out of the catalogs below them.

-- @@ pg_tables
-- Whether it has rules or row security is not known.
SELECT schemaname, tablename, tableowner, tablespace, hasindexes FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')

-- @@ pg_views
SELECT * FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema')

-- @@ pg_matviews
-- Whether it is populated is not known.
SELECT schemaname, matviewname, matviewowner, tablespace, hasindexes, definition FROM pg_matviews

-- @@ pg_indexes
SELECT * FROM pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema')

-- @@ pg_sequences
-- The snapshot has no current values, and does not say how many numbers a session takes at once.
SELECT schemaname, sequencename, sequenceowner, data_type, start_value, min_value, max_value, increment_by, cycle FROM pg_sequences

-- @@ pg_stat_user_tables
SELECT relid::regclass, schemaname, relname FROM pg_stat_user_tables

-- @@ pg_statio_user_tables
SELECT relid::regclass, schemaname, relname FROM pg_statio_user_tables

-- @@ pg_stat_user_indexes
SELECT relid::regclass, indexrelid::regclass, schemaname, relname, indexrelname FROM pg_stat_user_indexes

-- @@ pg_statio_user_sequences
SELECT relid::regclass, schemaname, relname FROM pg_statio_user_sequences

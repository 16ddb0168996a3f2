//! The statements of the harvest where the catalogs are those of version 9.2 with what openGauss has added to them.
//!
//! Each gives the columns of the statement for which it stands. Not harvested there: whether views can be changed, which columns are
//! generated, defaults of parameters, and routines of packages whose name and parameters another one has, too. Partitions are no
//! tables of their own there.

/// A partitioned table is one that has a row for itself among the partitions. The parameters of a sequence are what a function says.
pub(super) const TABLES: &str = "SELECT c.oid, c.relnamespace, c.relname::text, \
     CASE WHEN c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_partition p WHERE p.parentid = c.oid AND p.parttype = 'r') THEN 'p' \
     ELSE c.relkind::text END, pg_get_userbyid(c.relowner)::text, d.description, \
     CASE WHEN c.reltuples > 0 OR (c.reltuples = 0 AND c.relpages > 0) THEN c.reltuples::int8 END, \
     CASE WHEN c.relkind IN ('r', 'm') AND c.relpages > 0 THEN c.relpages::int8 * current_setting('block_size')::int8 END, \
     has_table_privilege(c.oid, 'SELECT'), \
     CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, false, c.reloptions, s.srvname::text, \
     CASE WHEN c.relkind IN ('S', 'L') THEN 20::oid END, 'bigint'::text, \
     CASE WHEN c.relkind IN ('S', 'L') THEN (pg_sequence_parameters(c.oid)).start_value::text END, \
     CASE WHEN c.relkind IN ('S', 'L') THEN (pg_sequence_parameters(c.oid)).minimum_value::text END, \
     CASE WHEN c.relkind IN ('S', 'L') THEN (pg_sequence_parameters(c.oid)).maximum_value::text END, \
     CASE WHEN c.relkind IN ('S', 'L') THEN (pg_sequence_parameters(c.oid)).increment::text END, \
     CASE WHEN c.relkind IN ('S', 'L') THEN (pg_sequence_parameters(c.oid)).cycle_option END, \
     CASE WHEN c.relkind IN ('S', 'L') THEN ARRAY(SELECT unnest(ARRAY[o.relname::text, a.attname::text]) FROM pg_depend p \
     JOIN pg_class o ON o.oid = p.refobjid JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = p.refobjsubid \
     WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid AND p.objsubid = 0 AND p.refclassid = 'pg_class'::regclass \
     AND p.refobjsubid > 0 AND p.deptype IN ('a', 'i') AND has_column_privilege(o.oid, a.attnum, 'SELECT')) END \
     FROM pg_class c LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
     LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver \
     WHERE c.relkind IN ('r', 'v', 'm', 'f', 'S', 'L') AND c.relnamespace = ANY ($1) AND CASE WHEN c.relkind IN ('S', 'L') \
     THEN $2::text IS NULL AND has_sequence_privilege(c.oid, 'SELECT, USAGE, UPDATE') \
     ELSE ($2::text IS NULL OR c.relname = $2) AND has_any_column_privilege(c.oid, 'SELECT') END";

/// The table's own row, of type `r`, says how it is partitioned; rows of type `p` are the partitions. A missing bound is the largest
/// value. A partition by interval is one by range that the server adds to.
pub(super) const PARTITIONS: &str = "SELECT p.parentid, n.nspname::text, p.relname::text, \
     CASE t.partstrategy WHEN 'l' THEN 'LIST' WHEN 'h' THEN 'HASH' ELSE 'RANGE' END || ' (' || array_to_string(ARRAY(\
     SELECT a.attname::text FROM generate_subscripts(t.partkey, 1) place \
     JOIN pg_attribute a ON a.attrelid = t.parentid AND a.attnum = t.partkey[place] ORDER BY place), ', ') || ')', \
     CASE t.partstrategy WHEN 'l' THEN 'VALUES (' WHEN 'h' THEN 'BUCKET (' ELSE 'VALUES LESS THAN (' END || \
     coalesce(array_to_string(p.boundaries, ', ', 'MAXVALUE'), '') || ')', \
     CASE WHEN p.reltuples > 0 OR (p.reltuples = 0 AND p.relpages > 0) THEN p.reltuples::int8 END, \
     CASE WHEN p.relpages > 0 THEN p.relpages::int8 * current_setting('block_size')::int8 END \
     FROM pg_partition p JOIN pg_partition t ON t.parentid = p.parentid AND t.parttype = 'r' \
     JOIN pg_class c ON c.oid = p.parentid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE p.parttype = 'p' AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)";

/// The whole definition is there a row of its own form; the body is what all servers give. Aggregates have none.
pub(super) const ROUTINES: &str = "SELECT p.pronamespace, p.proname::text, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', \
     CASE WHEN p.prokind = 'p' THEN 'p' ELSE 'f' END, l.lanname::text, \
     CASE WHEN p.prokind = 'p' THEN NULL ELSE pg_get_function_result(p.oid) END, nullif(p.prosrc, 'aggregate_dummy'), d.description, \
     coalesce(p.proargmodes::text[], '{}'), coalesce(p.proargnames, '{}'), \
     ARRAY(SELECT unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))), \
     ARRAY(SELECT format_type(unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])), NULL)), \
     ARRAY(SELECT NULL::text FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))) \
     FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
     JOIN (SELECT min(oid) FROM pg_proc WHERE pronamespace = ANY ($1) GROUP BY pronamespace, proname, proargtypes) o(first) \
     ON o.first = p.oid \
     LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0 \
     WHERE $2::text IS NULL AND has_function_privilege(p.oid, 'EXECUTE')";

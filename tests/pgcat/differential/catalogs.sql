-- The catalogs in which a database's own objects are, with OIDs as names. Rows are compared in any order.
-- Left out everywhere: OIDs themselves; what is about files (relfilenode, relpages, reltuples, reltoastrelid, relallvisible,
-- relfrozenxid, relminmxid, and the relations of pg_toast); privileges (…acl), which are the gateway's own; users' ranges, which a
-- snapshot has no place for; and types of columns beside those that columns of the gateway can have, which are text there.

-- @@ pg_namespace
SELECT nspname, nspowner::regrole FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'

-- @@ pg_class
-- A snapshot does not say what is logged, what has rules or policies, what is populated, or which columns tell rows apart; nor what
-- inherits from what but partitions, nor which columns were dropped behind the last one.
SELECT oid::regclass, relname, relnamespace::regnamespace, reltype::regtype, reloftype::regtype, relowner::regrole,
       (SELECT amname FROM pg_am WHERE pg_am.oid = relam), reltablespace, relhasindex, relisshared, relkind,
       CASE WHEN relkind <> 'r' THEN relnatts END, relchecks, relrewrite, reloptions,
       CASE WHEN relkind IN ('r', 'p') THEN relispartition END, CASE WHEN relkind = 'p' THEN relhassubclass END,
       pg_get_expr(relpartbound, oid)
FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace

-- @@ pg_class: rules and replica identity of views
SELECT oid::regclass, relhasrules, relreplident, relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid >= 16384 AND relkind = 'v'

-- @@ pg_class: triggers
-- A foreign key that a partition has from its table has triggers on both sides.
SELECT oid::regclass, relhastriggers FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p') AND relhastriggers
AND EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'f')

-- @@ pg_attribute: names
SELECT attrelid::regclass, attname, attnum, attisdropped, attcacheoff, atthasmissing, attidentity, attgenerated, attfdwoptions
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE attrelid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'c') AND NOT attisdropped

-- @@ pg_attribute: columns of indexes
SELECT attrelid::regclass, attname, attnum FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE attrelid >= 16384 AND relkind IN ('i', 'I') AND relnamespace <> 'pg_toast'::regnamespace

-- @@ pg_attribute: types
-- Whether the column or its domain allows no nulls is not told apart, and of arrays there is only one dimension.
SELECT attrelid::regclass, attname, atttypid::regtype, attlen, atttypmod, attbyval, attalign, attstorage, attcompression,
       CASE WHEN typtype <> 'd' THEN attnotnull END, atthasdef, (SELECT collname FROM pg_collation o WHERE o.oid = attcollation)
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_type t ON t.oid = atttypid
WHERE attrelid >= 16384 AND attnum > 0 AND relkind IN ('r', 'p', 'v', 'm', 'S') AND format_type(atttypid, NULL) IN ('boolean', 'bytea',
    '"char"', 'name', 'bigint', 'smallint', 'integer', 'regproc', 'oid', 'json', 'real', 'double precision', 'inet', 'character',
    'character varying', 'date', 'time without time zone', 'timestamp without time zone', 'timestamp with time zone', 'interval', 'numeric',
    'uuid', 'jsonb')

-- @@ pg_attribute: dropped columns
-- Those behind the last column are not known.
SELECT attrelid::regclass, attname, attnum, attisdropped, atttypid, attnotnull, atthasdef FROM pg_attribute a
WHERE attrelid >= 16384 AND attisdropped AND EXISTS (SELECT FROM pg_attribute b WHERE b.attrelid = a.attrelid AND b.attnum > a.attnum)

-- @@ pg_attrdef
SELECT adrelid::regclass, adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid >= 16384

-- @@ pg_type
-- Defaults, collations and what forbids nulls are not known of domains.
SELECT t.oid::regtype, typname, typnamespace::regnamespace, typowner::regrole, typlen, typbyval, typtype, typcategory, typispreferred,
       typisdefined, typdelim, typrelid::regclass, typsubscript, typelem::regtype, typarray::regtype, typinput, typoutput, typreceive,
       typsend, typmodin, typmodout, typalign, typstorage, typbasetype::regtype, typtypmod
FROM pg_type t WHERE t.oid >= 16384 AND typnamespace <> 'pg_toast'::regnamespace AND typcategory <> 'R'
AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = t.typelem AND e.typcategory = 'R')

-- @@ pg_enum
SELECT enumtypid::regtype, enumlabel, rank() OVER (PARTITION BY enumtypid ORDER BY enumsortorder) FROM pg_enum

-- @@ pg_constraint
-- Of tables, without constraint triggers. Not known: which are not validated, match in full, set only some columns, have operators of
-- their own (of exclusions), or are not inherited; nor which one of a partition is that of its table.
SELECT conname, connamespace::regnamespace, contype, condeferrable, condeferred, conrelid::regclass, contypid::regtype,
       conindid::regclass, confrelid::regclass, confupdtype, confdeltype, conkey, confkey, conpfeqop::regoperator[],
       conppeqop::regoperator[], conffeqop::regoperator[], pg_get_expr(conbin, conrelid)
FROM pg_constraint c WHERE c.oid >= 16384 AND conrelid <> 0 AND contype <> 't'

-- @@ pg_index
-- Types of expressions are not known, nor what follows from them.
SELECT indexrelid::regclass, indrelid::regclass, indnatts, indnkeyatts, indisunique, indisprimary, indisexclusion, indimmediate,
       indisclustered, indisvalid, indcheckxmin, indisready, indislive, indisreplident, indoption, pg_get_expr(indpred, indrelid)
FROM pg_index WHERE indexrelid >= 16384 AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace)

-- @@ pg_index: keys
SELECT indexrelid::regclass, indnullsnotdistinct, indkey, pg_get_expr(indexprs, indrelid) FROM pg_index WHERE indexrelid >= 16384
AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace)

-- @@ pg_sequence
-- How many numbers a session takes at once is not known.
SELECT seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcycle FROM pg_sequence

-- @@ pg_proc
-- Aggregates are functions without a text, and what makes a range is that range's.
SELECT proname, pronamespace::regnamespace, proowner::regrole, (SELECT lanname FROM pg_language l WHERE l.oid = prolang), prorows,
       prosupport, prosecdef, proleakproof, proisstrict, proretset, provolatile, proparallel, pronargs, pronargdefaults, proargnames,
       pg_get_expr(proargdefaults, 0), protrftypes, prosrc, probin
FROM pg_proc WHERE oid >= 16384 AND prosrc NOT IN ('', 'aggregate_dummy')

-- @@ pg_proc: types
SELECT oid::regprocedure, procost, provariadic::regtype, prokind, prorettype::regtype, proargtypes::regtype[], proallargtypes::regtype[],
       proargmodes, proconfig
FROM pg_proc WHERE oid >= 16384 AND prosrc NOT LIKE '%range_constructor%'

-- @@ pg_trigger
-- Without constraint triggers, and without the names of tables of new and old rows.
SELECT tgrelid::regclass, tgname, tgfoid::regprocedure, tgtype, tgenabled, tgisinternal, tgconstrrelid::regclass, tgconstrindid::regclass,
       tgnargs, tgattr, encode(tgargs, 'escape')
FROM pg_trigger WHERE NOT tgisinternal

-- @@ pg_rewrite
SELECT rulename, ev_class::regclass, ev_type, ev_enabled, is_instead FROM pg_rewrite WHERE oid >= 16384 AND rulename = '_RETURN'

-- @@ pg_inherits
-- Only of partitions which are tables.
SELECT inhrelid::regclass, inhparent::regclass, inhseqno, inhdetachpending FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
WHERE c.relkind IN ('r', 'p') AND relispartition

-- @@ pg_partitioned_table
-- Where there are no partitions, nothing is known.
SELECT partrelid::regclass, partstrat, partnatts, partattrs, pg_get_expr(partexprs, partrelid)
FROM pg_partitioned_table WHERE EXISTS (SELECT FROM pg_inherits WHERE inhparent = partrelid)

-- @@ pg_description
SELECT classoid::regclass,
       CASE classoid WHEN 'pg_class'::regclass THEN objoid::regclass::text
           WHEN 'pg_type'::regclass THEN objoid::regtype::text
           WHEN 'pg_namespace'::regclass THEN objoid::regnamespace::text
           WHEN 'pg_proc'::regclass THEN (SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc p WHERE p.oid = objoid)
           WHEN 'pg_constraint'::regclass THEN (SELECT conname || ' ' || conrelid::regclass FROM pg_constraint c WHERE c.oid = objoid)
           WHEN 'pg_trigger'::regclass THEN (SELECT tgname || ' ' || tgrelid::regclass FROM pg_trigger t WHERE t.oid = objoid) END,
       objsubid, description
FROM pg_description WHERE (objoid >= 16384 OR objoid = 'public'::regnamespace)
AND NOT EXISTS (SELECT FROM pg_type r WHERE r.oid = objoid AND r.typtype = 'r')

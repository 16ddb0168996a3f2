-- The statements of a harvest, as metadata/statement.rs compares them with the code, to be read and to be run by hand on a server.
-- @P1 and @P2 are the only schema and the only table that are wanted, or NULL.
DECLARE @P1 nvarchar(4000), @P2 nvarchar(4000);

SELECT s.schema_id, s.name, p.name, CONVERT(nvarchar(4000), e.value)
FROM sys.schemas s
LEFT JOIN sys.database_principals p ON p.principal_id = s.principal_id
LEFT JOIN sys.extended_properties e ON e.class = 3 AND e.major_id = s.schema_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
WHERE s.schema_id < 16384 AND s.name NOT IN (N'sys', N'INFORMATION_SCHEMA', N'guest') AND (@P1 IS NULL OR s.name = @P1) AND
    (@P2 IS NULL OR @P2 = @P2);

SELECT o.object_id, o.schema_id, o.name, o.type, p.name, CONVERT(nvarchar(4000), e.value), r.n, b.n, m.definition,
    CONVERT(bit, CASE WHEN i.type IN (1, 5) THEN 1 ELSE 0 END), CONVERT(bit, CASE WHEN d.type = 'PS' THEN 1 ELSE 0 END)
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.database_principals p ON p.principal_id = COALESCE(o.principal_id, s.principal_id)
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
LEFT JOIN sys.indexes i ON i.object_id = o.object_id AND i.index_id IN (0, 1)
LEFT JOIN sys.data_spaces d ON d.data_space_id = i.data_space_id
LEFT JOIN (SELECT t.object_id, SUM(t.rows) AS n FROM sys.partitions t WHERE t.index_id IN (0, 1) GROUP BY t.object_id) r ON
    r.object_id = o.object_id
LEFT JOIN (SELECT t.object_id, SUM(a.total_pages) * 8192 AS n FROM sys.partitions t JOIN sys.allocation_units a ON a.container_id = t.partition_id GROUP BY t.object_id)
    b ON b.object_id = o.object_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2);

SELECT c.object_id, c.name, c.column_id, COALESCE(b.name, y.name), c.max_length, c.precision, c.scale, y.is_assembly_type,
    CASE WHEN y.is_user_defined = 1 THEN z.name END, y.name, c.is_nullable, COALESCE(d.definition, k.definition),
    c.is_identity, c.is_computed, k.is_persisted, NULLIF(c.collation_name, CONVERT(sysname, DATABASEPROPERTYEX(DB_NAME(), 'Collation'))),
    CONVERT(nvarchar(4000), e.value)
FROM sys.columns c
JOIN sys.objects o ON o.object_id = c.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.types y ON y.user_type_id = c.user_type_id
JOIN sys.schemas z ON z.schema_id = y.schema_id
LEFT JOIN sys.types b ON b.user_type_id = c.system_type_id AND b.system_type_id = b.user_type_id
LEFT JOIN sys.default_constraints d ON d.object_id = c.default_object_id
LEFT JOIN sys.computed_columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id AND e.name =
    N'MS_Description'
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2);

SELECT i.object_id, i.index_id, i.name, i.type_desc, i.is_unique, i.is_primary_key, i.is_unique_constraint,
    i.filter_definition, c.name, CONVERT(nvarchar(4000), e.value), CONVERT(nvarchar(4000), f.value)
FROM sys.indexes i
JOIN sys.objects o ON o.object_id = i.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND (x.key_ordinal > 0 OR i.type IN (5, 6))
JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
LEFT JOIN sys.key_constraints k ON k.parent_object_id = i.object_id AND k.unique_index_id = i.index_id
LEFT JOIN sys.extended_properties e ON e.class = 7 AND e.major_id = i.object_id AND e.minor_id = i.index_id AND e.name =
    N'MS_Description'
LEFT JOIN sys.extended_properties f ON f.class = 1 AND f.major_id = k.object_id AND f.minor_id = 0 AND f.name =
    N'MS_Description'
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND i.type > 0 AND i.is_hypothetical = 0 AND (@P1 IS NULL OR s.name = @P1)
    AND (@P2 IS NULL OR o.name = @P2)
ORDER BY i.object_id, i.index_id, x.key_ordinal, x.index_column_id;

SELECT k.parent_object_id, k.object_id, k.name, c.name, z.name, r.name, d.name, k.update_referential_action,
    k.delete_referential_action, CONVERT(nvarchar(4000), e.value)
FROM sys.foreign_keys k
JOIN sys.objects o ON o.object_id = k.parent_object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.foreign_key_columns x ON x.constraint_object_id = k.object_id
JOIN sys.columns c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id
JOIN sys.objects r ON r.object_id = k.referenced_object_id
JOIN sys.schemas z ON z.schema_id = r.schema_id
JOIN sys.columns d ON d.object_id = x.referenced_object_id AND d.column_id = x.referenced_column_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = k.object_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
WHERE (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2)
ORDER BY k.object_id, x.constraint_column_id;

SELECT k.parent_object_id, k.name, c.name, k.definition, CONVERT(nvarchar(4000), e.value)
FROM sys.check_constraints k
JOIN sys.objects o ON o.object_id = k.parent_object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = k.object_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
WHERE (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2);

SELECT g.parent_id, g.object_id, g.name, g.is_instead_of_trigger, g.is_disabled, x.type_desc, m.definition,
    CONVERT(nvarchar(4000), e.value)
FROM sys.triggers g
JOIN sys.objects o ON o.object_id = g.parent_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.trigger_events x ON x.object_id = g.object_id
LEFT JOIN sys.sql_modules m ON m.object_id = g.object_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = g.object_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
WHERE g.parent_class = 1 AND g.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2)
ORDER BY g.object_id, x.type;

SELECT o.object_id, p.partition_number, c.name, f.boundary_value_on_right, CASE WHEN CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY(l.value, 'BaseType'))
    IN (N'date', N'datetime', N'datetime2', N'smalldatetime') THEN CONVERT(nvarchar(60), CONVERT(datetime2(7), l.value), 121)
    ELSE CONVERT(nvarchar(4000), l.value) END, CASE WHEN CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY(h.value, 'BaseType')) IN
    (N'date', N'datetime', N'datetime2', N'smalldatetime') THEN CONVERT(nvarchar(60), CONVERT(datetime2(7), h.value), 121)
    ELSE CONVERT(nvarchar(4000), h.value) END, p.rows, a.n
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.indexes i ON i.object_id = o.object_id AND i.index_id IN (0, 1)
JOIN sys.partition_schemes d ON d.data_space_id = i.data_space_id
JOIN sys.partition_functions f ON f.function_id = d.function_id
JOIN sys.partitions p ON p.object_id = i.object_id AND p.index_id = i.index_id
JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND x.partition_ordinal = 1
JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
LEFT JOIN sys.partition_range_values l ON l.function_id = f.function_id AND l.boundary_id = p.partition_number - 1
LEFT JOIN sys.partition_range_values h ON h.function_id = f.function_id AND h.boundary_id = p.partition_number
LEFT JOIN (SELECT u.container_id, SUM(u.total_pages) * 8192 AS n FROM sys.allocation_units u GROUP BY u.container_id) a ON
    a.container_id = p.partition_id
WHERE o.type = 'U' AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2);

SELECT q.schema_id, q.name, p.name, CONVERT(nvarchar(4000), e.value), COALESCE(b.name, y.name), CONVERT(smallint, 0),
    q.precision, q.scale, CONVERT(bit, 0), CONVERT(nvarchar(60), q.start_value), CONVERT(nvarchar(60), q.minimum_value),
    CONVERT(nvarchar(60), q.maximum_value), CONVERT(nvarchar(60), q.increment), q.is_cycling
FROM sys.sequences q
JOIN sys.schemas s ON s.schema_id = q.schema_id
JOIN sys.types y ON y.user_type_id = q.user_type_id
LEFT JOIN sys.types b ON b.user_type_id = q.system_type_id AND b.system_type_id = b.user_type_id
LEFT JOIN sys.database_principals p ON p.principal_id = COALESCE(q.principal_id, s.principal_id)
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = q.object_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
WHERE (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR @P2 = @P2);

SELECT u.schema_id, u.user_type_id, u.name, CONVERT(nvarchar(4000), e.value), c.name, COALESCE(b.name, y.name),
    COALESCE(c.max_length, u.max_length), COALESCE(c.precision, u.precision), COALESCE(c.scale, u.scale), y.is_assembly_type
FROM sys.types u
JOIN sys.schemas s ON s.schema_id = u.schema_id
LEFT JOIN sys.table_types k ON k.user_type_id = u.user_type_id
LEFT JOIN sys.columns c ON c.object_id = k.type_table_object_id
JOIN sys.types y ON y.user_type_id = COALESCE(c.user_type_id, u.user_type_id)
LEFT JOIN sys.types b ON b.user_type_id = y.system_type_id AND b.system_type_id = b.user_type_id
LEFT JOIN sys.extended_properties e ON e.class = 6 AND e.major_id = u.user_type_id AND e.name = N'MS_Description'
WHERE u.is_user_defined = 1 AND u.is_assembly_type = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR @P2 = @P2)
ORDER BY u.user_type_id, c.column_id;

SELECT o.object_id, o.schema_id, o.name, o.type, m.definition, CONVERT(nvarchar(4000), e.value)
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name =
    N'MS_Description'
WHERE o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT', 'AF') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND
    (@P2 IS NULL OR @P2 = @P2);

SELECT r.object_id, r.parameter_id, r.name, r.is_output, COALESCE(b.name, y.name), r.max_length, r.precision, r.scale,
    y.is_assembly_type, CASE WHEN y.is_user_defined = 1 THEN z.name END, y.name
FROM sys.parameters r
JOIN sys.objects o ON o.object_id = r.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.types y ON y.user_type_id = r.user_type_id
JOIN sys.schemas z ON z.schema_id = y.schema_id
LEFT JOIN sys.types b ON b.user_type_id = r.system_type_id AND b.system_type_id = b.user_type_id
WHERE o.type IN ('P', 'PC', 'FN', 'FS', 'IF', 'TF', 'FT', 'AF') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND
    (@P2 IS NULL OR @P2 = @P2);

//! Views, materialised views and sequences.

use super::Script;
use super::tables::list;

pub(super) fn create(script: &mut Script, schema: &str) {
    sequences(script, schema);
    views(script, schema);
    materialized_views(script, schema);
}

fn sequences(script: &mut Script, schema: &str) {
    const OPTIONS: [&str; 6] = [
        "",
        " AS smallint",
        " AS integer INCREMENT BY 5 START WITH 11 MINVALUE 1 MAXVALUE 1000 CYCLE",
        " INCREMENT BY -1",
        " MINVALUE -9223372036854775808 START WITH -9223372036854775808",
        " AS integer NO MINVALUE MAXVALUE 10 CYCLE",
    ];
    for options in OPTIONS {
        let name = script.name_in(schema);
        script.statement(&format!("CREATE SEQUENCE {name}{options}"));
        script.comment("SEQUENCE", &name);
    }
}

fn views(script: &mut Script, schema: &str) {
    let constant = script.name_in(schema);
    script.statement(&format!("CREATE VIEW {constant} AS SELECT 1 AS one, 'x'::text AS \"select\", NULL::numeric(4,2) AS n, now() AS t"));
    script.comment("VIEW", &constant);
    script.statement(&format!("COMMENT ON COLUMN {constant}.\"select\" IS 'a word'"));
    let without_columns = script.name_in(schema);
    script.statement(&format!("CREATE VIEW {without_columns} AS SELECT"));
    let of_types = script.tables.iter().find(|table| table.schema == schema && table.columns.len() > 80).cloned();
    if let Some(table) = of_types {
        let (name, narrow) = (script.name_in(schema), script.name_in(schema));
        script.statement(&format!("CREATE VIEW {name} AS SELECT * FROM {}", table.name));
        let places: Vec<usize> = (0..5).map(|_| script.random.below(table.columns.len())).collect();
        let mut distinct = places.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let columns = list(&table.columns, &distinct);
        let condition = format!("{} IS NOT NULL", table.columns[0].name);
        let check = script.random.pick(&["", " WITH LOCAL CHECK OPTION", " WITH CASCADED CHECK OPTION"]);
        script.statement(&format!("CREATE VIEW {narrow} AS SELECT {columns} FROM {} WHERE {condition}{check}", table.name));
        let joined = script.name_in(schema);
        script.statement(&format!(
            "CREATE VIEW {joined} WITH (security_barrier=true) AS SELECT a.*, b.one FROM {narrow} a LEFT JOIN {constant} b ON true \
             ORDER BY b.one DESC LIMIT 10"
        ));
    }
    let recursive = script.name_in(schema);
    script.statement(&format!(
        "CREATE VIEW {recursive} AS WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) \
         SELECT n, count(*) OVER (PARTITION BY n % 2), sum(n) FILTER (WHERE n > 1) OVER w AS \"sum\", \
         CASE n WHEN 1 THEN 'a' ELSE 'b' END AS letter, ARRAY[n, 2] AS pair, ROW(n, 'x')::text AS row_value \
         FROM r WINDOW w AS (ORDER BY n DESC)"
    ));
}

fn materialized_views(script: &mut Script, schema: &str) {
    let (name, index, empty) = (script.name_in(schema), script.name(), script.name_in(schema));
    script
        .statement(&format!("CREATE MATERIALIZED VIEW {name} AS SELECT g AS number, g::text AS \"as text\" FROM generate_series(1, 3) g"));
    script.comment("MATERIALIZED VIEW", &name);
    script.statement(&format!("CREATE UNIQUE INDEX {index} ON {name} (number)"));
    script.statement(&format!("CREATE MATERIALIZED VIEW {empty} AS SELECT 1 AS a WITH NO DATA"));
}

//! Partitioned tables: by list, range and hash, of several levels, with and without a default.

use super::Script;

pub(super) fn create(script: &mut Script, schema: &str) {
    by_range(script, schema);
    by_list(script, schema);
    by_hash(script, schema);
}

fn by_range(script: &mut Script, schema: &str) {
    let (name, moment, place, key) = (script.name_in(schema), script.name(), script.name(), script.name());
    script.statement(&format!(
        "CREATE TABLE {name} ({moment} date NOT NULL, {place} integer DEFAULT 7, \"rest of it\" text, \
         CONSTRAINT {key} PRIMARY KEY ({moment}, {place}), CONSTRAINT positive CHECK ({place} > 0)) PARTITION BY RANGE ({moment}, {place})"
    ));
    script.comment("TABLE", &name);
    for (from, to) in [("MINVALUE, MINVALUE", "'2024-01-01', 5"), ("'2024-01-01', 5", "'2024-01-01', MAXVALUE")] {
        let partition = script.name_in(schema);
        script.statement(&format!("CREATE TABLE {partition} PARTITION OF {name} FOR VALUES FROM ({from}) TO ({to})"));
        script.comment("TABLE", &partition);
    }
    // One that was a table before, with its columns in another order.
    let attached = script.name_in(schema);
    script.statement(&format!(
        "CREATE TABLE {attached} (\"rest of it\" text, unused integer, {place} integer NOT NULL, {moment} date NOT NULL, \
         CONSTRAINT positive CHECK ({place} > 0))"
    ));
    script.statement(&format!("ALTER TABLE {attached} DROP COLUMN unused"));
    script.statement(&format!("ALTER TABLE {name} ATTACH PARTITION {attached} FOR VALUES FROM ('2025-01-01', 1) TO ('2026-01-01', 1)"));
    let default = script.name_in(schema);
    script.statement(&format!("CREATE TABLE {default} PARTITION OF {name} DEFAULT"));
    let index = script.name();
    script.statement(&format!("CREATE INDEX {index} ON {name} (\"rest of it\" DESC)"));
}

fn by_list(script: &mut Script, schema: &str) {
    let (name, country) = (script.name_in(schema), script.name());
    script.statement(&format!("CREATE TABLE {name} ({country} text, day date, amount numeric(10,2)) PARTITION BY LIST (lower({country}))"));
    let first = script.name_in(schema);
    script.statement(&format!("CREATE TABLE {first} PARTITION OF {name} FOR VALUES IN ('de', 'o''hara', NULL)"));
    let second = script.name_in(schema);
    script.statement(&format!("CREATE TABLE {second} PARTITION OF {name} FOR VALUES IN ('fr') PARTITION BY RANGE (day)"));
    let below = script.name_in(schema);
    script.statement(&format!("CREATE TABLE {below} PARTITION OF {second} FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"));
    let default = script.name_in(schema);
    script.statement(&format!("CREATE TABLE {default} PARTITION OF {second} DEFAULT"));
    // Nothing below it.
    let empty = script.name_in(schema);
    script.statement(&format!("CREATE TABLE {empty} (a integer, b text COLLATE \"C\") PARTITION BY LIST (b COLLATE \"POSIX\")"));
}

fn by_hash(script: &mut Script, schema: &str) {
    let (name, key) = (script.name_in(schema), script.name());
    let class = script.random.maybe(50, " int8_ops");
    script.statement(&format!("CREATE TABLE {name} ({key} bigint, other text) PARTITION BY HASH ({key}{class}, other)"));
    for remainder in 0..3 {
        let partition = script.name_in(schema);
        script.statement(&format!("CREATE TABLE {partition} PARTITION OF {name} FOR VALUES WITH (MODULUS 3, REMAINDER {remainder})"));
    }
}

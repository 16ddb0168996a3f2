//! Indexes of every method, on columns and expressions, in every order; exclusions; and what else is made of columns of a table.

use super::{Script, Table};

/// A type, and what follows `USING` in indexes on a column of it.
const OTHER_METHODS: [(&str, &[&str]); 13] = [
    ("integer", &["hash ({})", "brin ({})", "brin ({} int4_minmax_multi_ops) WITH (pages_per_range=16)"]),
    (
        "text",
        &[
            "hash ({})",
            "spgist ({})",
            "btree ({} text_pattern_ops)",
            "gin (to_tsvector('simple', {}))",
            "btree (lower({}) COLLATE \"C\" DESC)",
        ],
    ),
    ("character varying(20)", &["btree ({} varchar_pattern_ops)", "hash ({})", "btree (substr({}, 1, 3))"]),
    ("integer[]", &["gin ({})", "btree ({})"]),
    ("text[]", &["gin ({}) WITH (fastupdate=off)", "btree (({}[1]))"]),
    ("jsonb", &["gin ({})", "gin ({} jsonb_path_ops)", "btree (({} ->> 'a'))", "hash ({})"]),
    ("tsvector", &["gin ({})", "gist ({} tsvector_ops (siglen='100'))"]),
    ("int4range", &["gist ({})", "spgist ({})", "btree ({})"]),
    ("point", &["gist ({})", "spgist ({} kd_point_ops)"]),
    ("box", &["gist ({})", "brin ({})"]),
    ("inet", &["gist ({} inet_ops)", "spgist ({})", "btree ({})"]),
    (
        "timestamp with time zone",
        &["brin ({})", "btree (date_trunc('day', {} AT TIME ZONE 'UTC'))", "btree (EXTRACT(year FROM {} AT TIME ZONE 'UTC'))"],
    ),
    ("numeric(8,2)", &["btree (({} * 2))", "btree (abs({}))", "btree (COALESCE({}, 0))", "hash ({})"]),
];

pub(super) fn create(script: &mut Script, table: &Table) {
    ordered(script, table);
    of_expressions(script, table);
    if script.random.chance(50) {
        of_all_methods(script, &table.schema);
    }
    exclusion(script, &table.schema);
    described(script, table);
}

/// On the columns that have an order.
fn ordered(script: &mut Script, table: &Table) {
    const ORDERS: [&str; 6] = ["", " ASC", " DESC", " DESC NULLS LAST", " NULLS FIRST", " DESC NULLS FIRST"];
    let keys = table.key.len();
    for _ in 0..script.random.between(1, 3) {
        let name = script.name();
        let items: Vec<String> = (0..script.random.between(1, keys + 3))
            .map(|place| format!("{}{}", table.columns[place].name, script.random.pick(&ORDERS)))
            .collect();
        let unique = script.random.maybe(30, "UNIQUE ");
        let distinct = if unique.is_empty() { "" } else { script.random.maybe(40, " NULLS NOT DISTINCT") };
        let included = if script.random.chance(40) {
            format!(" INCLUDE ({}, {})", table.columns[0].name, table.columns[keys].name)
        } else {
            String::new()
        };
        let options = script.random.maybe(20, " WITH (fillfactor=80)");
        let condition = if script.random.chance(40) {
            format!(" WHERE {} IS NOT NULL AND {} IS NULL", table.columns[keys].name, table.columns[keys + 1].name)
        } else {
            String::new()
        };
        let items = items.join(", ");
        script.statement(&format!("CREATE {unique}INDEX {name} ON {} ({items}){included}{distinct}{options}{condition}", table.name));
        script.comment("INDEX", &format!("{}.{name}", table.schema));
    }
}

fn of_expressions(script: &mut Script, table: &Table) {
    let first = &table.columns[0].name;
    // The server makes the name.
    script.statement(&format!("CREATE INDEX ON {} (({first} IS NULL), {first})", table.name));
}

fn of_all_methods(script: &mut Script, schema: &str) {
    let name = script.name_in(schema);
    let columns: Vec<String> = OTHER_METHODS.iter().map(|_| script.name()).collect();
    let clauses: Vec<String> = columns.iter().zip(OTHER_METHODS).map(|(name, (type_name, _))| format!("{name} {type_name}")).collect();
    script.statement(&format!("CREATE TABLE {name} ({})", clauses.join(", ")));
    for (column, (_, methods)) in columns.iter().zip(OTHER_METHODS) {
        for method in methods {
            let index = script.name();
            script.statement(&format!("CREATE INDEX {index} ON {name} USING {}", method.replace("{}", column)));
        }
    }
}

fn exclusion(script: &mut Script, schema: &str) {
    let (name, column, constraint) = (script.name_in(schema), script.name(), script.name());
    let rest = script.random.pick(&["", " WHERE (NOT isempty({}))", " DEFERRABLE INITIALLY DEFERRED"]).replace("{}", &column);
    script
        .statement(&format!("CREATE TABLE {name} ({column} tsrange, CONSTRAINT {constraint} EXCLUDE USING gist ({column} WITH &&){rest})"));
}

/// Statistics, a rule, policies, and which columns say which row it is.
fn described(script: &mut Script, table: &Table) {
    let (statistics, rule, policy) = (script.name_in(&table.schema), script.name(), script.name());
    let (first, second) = (&table.columns[0].name, &table.columns[1].name);
    script.statement(&format!("CREATE STATISTICS {statistics} ON {first}, {second} FROM {}", table.name));
    if script.random.chance(50) {
        script.statement(&format!("CREATE RULE {rule} AS ON DELETE TO {} DO INSTEAD NOTHING", table.name));
    }
    if script.random.chance(50) {
        script.statement(&format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY", table.name));
        script.statement(&format!("CREATE POLICY {policy} ON {} USING ({first} IS NOT NULL)", table.name));
    }
    if script.random.chance(30) {
        script.statement(&format!("ALTER TABLE {} REPLICA IDENTITY FULL", table.name));
    }
    if script.random.chance(30) {
        script.statement(&format!("ALTER TABLE {} ALTER {first} SET STORAGE DEFAULT", table.name));
    }
}

//! What the static part holds, and the statements that ask a server for it.
//!
//! Every value is the text that PostgreSQL writes, with three exceptions. Columns that point to a function or another object by name
//! are its OID. Parsed expressions are SQL instead of PostgreSQL's own tree. What a server knows of its machine and its past (sizes,
//! statistics, transaction numbers, paths) is as if nothing had happened yet.

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::file::Section;

/// All sections of the file.
pub async fn read(client: &Client) -> Vec<Section> {
    let mut sections = Vec::new();
    for (name, sql) in [("relations", RELATIONS), ("columns", COLUMNS)] {
        sections.push(section(client, name, sql).await);
    }
    for row in rows(client, RELATIONS).await {
        let [oid, schema, name, _] = &row[..] else { panic!("four columns") };
        let (oid, schema, name) = (oid.as_deref().expect("an oid"), schema.as_deref().expect("a schema"), name.as_deref().expect("a name"));
        sections.push(section(client, oid, &rows_of(client, oid, schema, name).await).await);
    }
    for (name, sql) in OTHERS {
        sections.push(section(client, name, sql).await);
    }
    sections
}

const RELATIONS: &str = "SELECT c.oid, n.nspname, c.relname, c.relisshared FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('pg_catalog', 'information_schema') ORDER BY c.oid";

/// A domain's values are those of its base type; the type of the elements is 0 where a value is no array or vector.
const COLUMNS: &str = "SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, b.oid,
        CASE b.typcategory WHEN 'A' THEN b.typelem ELSE 0 END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE t.typbasetype WHEN 0 THEN t.oid ELSE t.typbasetype END
    WHERE c.relkind = 'r' AND n.nspname IN ('pg_catalog', 'information_schema') AND a.attnum > 0 ORDER BY a.attrelid, a.attnum";

/// What is no relation with rows: texts that functions give for the objects above, and what set-returning functions give.
const OTHERS: &[(&str, &str)] = &[
    ("view_definitions", "SELECT oid, pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' ORDER BY oid"),
    ("view_definitions_pretty", "SELECT oid, pg_get_viewdef(oid, true) FROM pg_class WHERE relkind = 'v' ORDER BY oid"),
    (
        "rule_definitions",
        "SELECT oid, pg_get_ruledef(oid), pg_get_ruledef(oid, true) FROM pg_rewrite WHERE rulename <> '_RETURN' ORDER BY oid",
    ),
    (
        "index_definitions",
        "SELECT indexrelid, pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 0, true) FROM pg_index ORDER BY indexrelid",
    ),
    ("constraint_definitions", "SELECT oid, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint ORDER BY oid"),
    (
        "function_signatures",
        "SELECT oid, pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid), pg_get_function_result(oid)
         FROM pg_proc ORDER BY oid",
    ),
    (
        "function_defaults",
        "SELECT oid, argument, pg_get_function_arg_default(oid, argument)
         FROM pg_proc, generate_series(1, coalesce(cardinality(proallargtypes), pronargs)) AS argument
         WHERE pronargdefaults > 0 AND pg_get_function_arg_default(oid, argument) IS NOT NULL ORDER BY oid, argument",
    ),
    // A setting that this server was started with is as it would be otherwise. Files and folders are the machine's, and so is the size
    // of its pages.
    (
        "settings",
        "SELECT name, CASE WHEN is_default THEN boot_val ELSE setting END, unit, category, short_desc, extra_desc, context, vartype,
         CASE WHEN is_default OR source = 'client' THEN 'default' ELSE source END, min_val, max_val, enumvals, boot_val,
         CASE WHEN is_default THEN boot_val ELSE reset_val END, pg_settings_get_flags(name)
         FROM pg_show_all_settings(),
         LATERAL (SELECT source = 'command line' OR name = 'shared_memory_size_in_huge_pages' AS is_default) AS started
         WHERE name NOT IN ('config_file', 'data_directory', 'hba_file', 'ident_file') ORDER BY name",
    ),
    (
        "catalog_foreign_keys",
        "SELECT fktable::oid, array_to_string(fkcols, ' '), pktable::oid, array_to_string(pkcols, ' '), is_array, is_opt
         FROM pg_get_catalog_foreign_keys() ORDER BY 1, 2, 3",
    ),
    ("keywords", "SELECT word, catcode, barelabel, catdesc, baredesc FROM pg_get_keywords() ORDER BY word"),
    ("time_zone_abbreviations", "SELECT abbrev, utc_offset, is_dst FROM pg_timezone_abbrevs ORDER BY abbrev"),
    ("text_search_token_types", "SELECT tokid, alias, description FROM ts_token_type('default') ORDER BY tokid"),
    ("configuration_names", "SELECT name FROM pg_config() WITH ORDINALITY ORDER BY ordinality"),
    (
        "available_extensions",
        "SELECT name, version, superuser, trusted, relocatable, schema, requires, comment
         FROM pg_available_extension_versions() WHERE name = 'plpgsql' ORDER BY name, version",
    ),
];

/// The statement for the rows of a relation, in the order of their key.
async fn rows_of(client: &Client, oid: &str, schema: &str, name: &str) -> String {
    let columns =
        rows(client, &format!("SELECT attname, atttypid FROM pg_attribute WHERE attrelid = {oid} AND attnum > 0 ORDER BY attnum")).await;
    let columns = columns.iter().map(|column| (column[0].as_deref().expect("a name"), column[1].as_deref().expect("a type")));
    let columns: Vec<String> = columns.map(|(column, type_oid)| value(name, column, type_oid)).collect();
    // Those without a primary key have no duplicates either: all their columns are their key.
    let key = format!(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY ordinality)
         FROM pg_index, unnest(indkey) WITH ORDINALITY AS key (number, ordinality), pg_attribute
         WHERE indrelid = {oid} AND indisprimary AND attrelid = indrelid AND attnum = number"
    );
    let all = || (1..=columns.len()).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let key = rows(client, &key).await[0][0].clone().unwrap_or_else(all);
    // Statistics are of the server's past.
    let filter = if name == "pg_statistic" { "WHERE false" } else { "" };
    format!("SELECT {} FROM {schema}.{name} AS t {filter} ORDER BY {key}", columns.join(", "))
}

/// The expression for the value of a column.
fn value(relation: &str, column: &str, type_oid: &str) -> String {
    const PG_NODE_TREE: &str = "194";
    const REG_TYPES: &[&str] = &["24", "2202", "2203", "2204", "2205", "2206", "3734", "3769", "4089", "4096", "4191"];
    match (relation, column) {
        ("pg_class", "relpages" | "relallvisible") => "0".to_owned(),
        ("pg_class", "reltuples") => "-1".to_owned(),
        // Transaction 3 is the first that can be.
        ("pg_class", "relfrozenxid") => "CASE relfrozenxid WHEN 0 THEN 0 ELSE 3 END".to_owned(),
        ("pg_class", "relminmxid") => "CASE relminmxid WHEN 0 THEN 0 ELSE 1 END".to_owned(),
        ("pg_database", "datfrozenxid") => "3".to_owned(),
        ("pg_database", "datminmxid") => "1".to_owned(),
        ("pg_proc", "prosqlbody") => "pg_get_function_sqlbody(oid)".to_owned(),
        // The text is the view's definition, which is kept apart.
        ("pg_rewrite", "ev_action") => "'<>'".to_owned(),
        ("pg_rewrite", "ev_qual") => "'<>'".to_owned(),
        ("pg_constraint", "conbin") => "pg_get_expr(conbin, conrelid)".to_owned(),
        ("pg_index", "indexprs" | "indpred") => format!("pg_get_expr({column}, indrelid)"),
        _ if type_oid == PG_NODE_TREE => format!("pg_get_expr({column}, 0)"),
        _ if REG_TYPES.contains(&type_oid) => format!("t.{column}::oid"),
        _ => format!("t.{column}"),
    }
}

async fn section(client: &Client, name: &str, sql: &str) -> Section {
    let columns = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).columns().len();
    let rows = rows(client, sql).await;
    let values = (0..columns).flat_map(|column| rows.iter().map(move |row| row[column].clone())).collect();
    Section { name: name.to_owned(), columns, values }
}

/// The rows that a statement gives, as PostgreSQL writes them.
async fn rows(client: &Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()),
        _ => None,
    });
    rows.collect()
}

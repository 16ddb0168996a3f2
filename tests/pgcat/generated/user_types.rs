//! Enumerations, domains over anything, composite types and ranges.

use super::Script;
use super::names::literal;

pub(super) fn create(script: &mut Script, schema: &str) {
    let enumeration = enumeration(script, schema, 4);
    enumeration_without_labels(script, schema);
    let domain = domain(script, schema);
    let over = nested_domain(script, schema, &domain);
    let composite = composite(script, schema, &[&enumeration, &over, "integer[]"]);
    let outer = self::composite(script, schema, &[&composite, &format!("{composite}[]")]);
    self::composite(script, schema, &[]);
    let over_array = script.name_in(schema);
    script.statement(&format!("CREATE DOMAIN {over_array} AS integer[] CHECK (cardinality(VALUE) < 5)"));
    script.comment("DOMAIN", &over_array);
    let over_composite = script.name_in(schema);
    script.statement(&format!("CREATE DOMAIN {over_composite} AS {outer}"));
    // A snapshot has no place for it, so nothing is made of it.
    let range = script.name_in(schema);
    script.statement(&format!("CREATE TYPE {range} AS RANGE (subtype = text, collation = \"C\")"));
    script.comment("TYPE", &range);
    script.types.extend([enumeration, domain, over, composite, outer, over_array, over_composite]);
}

fn enumeration(script: &mut Script, schema: &str, labels: usize) -> String {
    let name = script.name_in(schema);
    let labels: Vec<String> = (0..labels).map(|_| literal(&script.names.next(&mut script.random))).collect();
    script.statement(&format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", ")));
    if let [first, ..] = &labels[..] {
        let label = literal(&script.names.next(&mut script.random));
        script.statement(&format!("ALTER TYPE {name} ADD VALUE {label} BEFORE {first}"));
    }
    script.comment("TYPE", &name);
    name
}

fn enumeration_without_labels(script: &mut Script, schema: &str) {
    enumeration(script, schema, 0);
}

fn domain(script: &mut Script, schema: &str) -> String {
    let name = script.name_in(schema);
    let (base, default, check) = script.random.pick(&[
        ("text COLLATE \"C\"", "'a'", "VALUE ~ '^[a-z]+$'"),
        ("numeric(9,3)", "1.5", "VALUE > 0"),
        ("character varying(12)", "'x'", "length(VALUE) > 0"),
        ("timestamp(2)", "LOCALTIMESTAMP", "VALUE > '2000-01-01'"),
        ("bit(3)", "B'000'", "VALUE <> B'111'"),
    ]);
    let constraint = script.name();
    script.statement(&format!("CREATE DOMAIN {name} AS {base} DEFAULT {default} CONSTRAINT {constraint} CHECK ({check})"));
    script.comment("DOMAIN", &name);
    name
}

fn nested_domain(script: &mut Script, schema: &str, over: &str) -> String {
    let name = script.name_in(schema);
    script.statement(&format!("CREATE DOMAIN {name} AS {over} NOT NULL CHECK (VALUE IS NOT NULL)"));
    script.comment("DOMAIN", &name);
    // A column of a domain that allows no nulls needs a default, which this one has from the domain below it.
    name
}

fn composite(script: &mut Script, schema: &str, types: &[&str]) -> String {
    let name = script.name_in(schema);
    let mut fields = Vec::new();
    for type_name in types.iter().chain(["character varying(9)", "numeric(4,1)", "interval hour to second"].iter()) {
        fields.push(format!("{} {type_name}", script.name()));
    }
    if types.is_empty() {
        fields.clear();
    }
    script.statement(&format!("CREATE TYPE {name} AS ({})", fields.join(", ")));
    script.comment("TYPE", &name);
    name
}

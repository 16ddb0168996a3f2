use serde_json::json;

use super::merge::merge;
use super::*;

/// Path, type and native type of each field, with the limit of keywords.
fn shown(fields: &[Field]) -> Vec<String> {
    let limit = |kind: &Kind| if let Kind::Keyword { ignore_above: Some(limit) } = kind { format!(" {limit}") } else { String::new() };
    fields.iter().map(|field| format!("{} {} {}{}", field.path, field.kind.field_type(), field.native, limit(&field.kind))).collect()
}

fn of(properties: Value) -> Vec<Field> {
    fields(&json!({"properties": properties}), true, Defaults::default())
}

#[test]
fn names_of_fields_are_those_of_the_product() {
    let mappings = json!({
        "properties": {
            "o": {"properties": {"k": {"type": "keyword"}, "a.b": {"type": "long"}}},
            "other": {"type": "alias", "path": "o.k"},
            "lost": {"type": "alias", "path": "nowhere"},
            "shadowed": {"type": "long"},
            "off": {"type": "object", "enabled": false},
        },
        "runtime": {"shadowed": {"type": "keyword"}, "hour": {"type": "date"}},
    });
    let defaults = Defaults::new(&json!({"index": {"mode": "logsdb"}}));
    let found = fields(&mappings, true, defaults);
    assert_eq!(
        shown(&found),
        [
            "o.k text keyword 8191",
            "o.a.b bigint long",
            "off jsonb object",
            "other text keyword 8191",
            "shadowed text keyword (runtime)",
            "hour timestamp with time zone date (runtime)",
        ]
    );
    assert_eq!(found[3].target.as_deref(), Some("o.k"));
    let explicit = Defaults::new(&json!({"index": {"mapping": {"ignore_above": "7"}}}));
    assert_eq!(explicit.ignore_above, Some(7));
}

#[test]
fn fields_of_several_indices_are_as_wide_as_all_of_them() {
    let keyword = |limit: u64| json!({"f": {"type": "keyword", "ignore_above": limit}});
    let unlimited = json!({"f": {"type": "keyword"}});
    let of_type = |name: &str| json!({"f": {"type": name}});
    for (one, other, expected) in [
        (keyword(9), keyword(5), "f text keyword 5"),
        (unlimited.clone(), keyword(5), "f text keyword 5"),
        (keyword(5), unlimited.clone(), "f text keyword 5"),
        (of_type("byte"), of_type("long"), "f bigint byte, long"),
        (of_type("long"), of_type("float"), "f double precision long, float"),
        (of_type("long"), unlimited, "f text long, keyword"),
        (of_type("date"), of_type("date_nanos"), "f timestamp with time zone date, date_nanos"),
        (of_type("ip"), of_type("geo_point"), "f jsonb ip, geo_point"),
        (of_type("long"), of_type("long"), "f bigint long"),
    ] {
        assert_eq!(shown(&merge([of(one.clone()), of(other.clone())])), [expected], "{one} {other}");
    }
    let hidden = merge([of(of_type("long")), of(json!({"f": {"type": "long", "index": false}}))]);
    assert!(!hidden[0].searchable);
}

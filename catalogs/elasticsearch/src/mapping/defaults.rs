//! What of an index's settings its fields depend on.

use serde_json::Value;

use super::number;

/// What indices for logs keep of a keyword, unless the mapping says otherwise.
const LOGS_IGNORE_ABOVE: usize = 8191;

/// Versions of Elasticsearch, since 9.2, whose new indices leave vectors out of the documents that are sent, unless somebody asks for them.
/// OpenSearch marks its versions with a bit above.
const WITHOUT_VECTORS: std::ops::Range<usize> = 9_035_000..1 << 27;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Defaults {
    /// What keywords keep whose mapping does not say it.
    pub(crate) ignore_above: Option<usize>,
    /// Whether the index keeps no documents.
    pub(super) without_documents: bool,
    /// Whether documents are sent without their vectors.
    pub(super) without_vectors: bool,
    /// Whether fields beyond the limit of the mapping are ignored, instead of their documents refused.
    pub(super) overflows: bool,
}

impl Defaults {
    /// `settings` as the server lists them, with nested objects.
    pub(crate) fn new(settings: &Value) -> Self {
        let index = &settings["index"];
        let mapping = &index["mapping"];
        let is_for_logs = matches!(index["mode"].as_str(), Some("logsdb" | "logsdb_columnar"));
        let is_without = number(&index["version"]["created"]).is_some_and(|version| WITHOUT_VECTORS.contains(&version));
        Self {
            ignore_above: number(&mapping["ignore_above"]).or(is_for_logs.then_some(LOGS_IGNORE_ABOVE)),
            without_documents: mapping["source"]["mode"] == "disabled",
            without_vectors: truth(&mapping["exclude_source_vectors"]).unwrap_or(is_without),
            overflows: truth(&mapping["total_fields"]["ignore_dynamic_beyond_limit"]).unwrap_or(false),
        }
    }
}

/// A truth value, which settings have as text.
fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

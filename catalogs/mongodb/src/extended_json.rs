//! Extended JSON, MongoDB's own way to write BSON as text: `{"_id": {"$oid": "65f000000000000000000001"}}`.

use bson::{Bson, Document};

/// Relaxed extended JSON, which `mongosh` and the tools read.
pub(crate) fn write(value: Bson) -> String {
    value.into_relaxed_extjson().to_string()
}

/// An object, its fields in their order; or why the text is none, as a sentence. A whole number beyond 64 bits is a double, as in the
/// shell.
pub(crate) fn read(text: &str) -> Result<Document, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("It is no JSON: {error}."))?;
    match Bson::try_from(json) {
        Ok(Bson::Document(document)) => Ok(document),
        Ok(_) => Err("It is no object.".to_owned()),
        Err(error) => Err(format!("It is no extended JSON: {error}.")),
    }
}

//! Values that can be used but not shown.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A value that no formatter, log, error or serialiser can reveal. There is no `Serialize`: whoever stores a secret seals it first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

/// What stands in every place where a secret would be shown.
pub const MASK: &str = "********";

impl<T> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Call it at the last moment, where the value leaves for the data source.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// A secret option is described as its value is, and marked `"secret": true`.
impl<T: schemars::JsonSchema> schemars::JsonSchema for Secret<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Secret_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("secret".to_owned(), true.into());
        schema
    }
}

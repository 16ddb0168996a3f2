//! Options of data sources: one struct per connector is the validation, the form, the documentation and the masking.
//!
//! A connector declares a struct with `serde` and `schemars`; its doc comments are what operators read.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::secret::MASK;

/// Options as a user gives them: a JSON object.
pub type Options = Map<String, Value>;

/// One option of a data source type, as `admin.data_source_type_options` lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionSpec {
    pub name: String,
    /// The JSON type: `string`, `integer`, `number`, `boolean`, `array` or `object`.
    pub data_type: String,
    pub required: bool,
    /// What holds when the option is not given; `None` where nothing does.
    pub default: Option<Value>,
    /// Sealed at rest and masked wherever it would be shown.
    pub secret: bool,
    /// The values that the option takes, where they are few.
    pub choices: Vec<String>,
    pub description: String,
}

/// Options that every data source has, whatever its type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct CommonOptions {
    /// How long after one metadata refresh the next one starts, for example `5 min`, `1 h` or `0` for manual refreshes only.
    #[serde(default = "default_refresh_interval")]
    pub refresh_interval: String,
}

fn default_refresh_interval() -> String {
    "5 min".to_owned()
}

/// The options of a struct, in the order in which it declares them.
pub fn describe<T: JsonSchema>() -> Vec<OptionSpec> {
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>();
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.map(|(name, property)| describe_property(name, property, required.contains(&name.as_str()))).collect()
}

fn describe_property(name: &str, property: &Value, required: bool) -> OptionSpec {
    // An optional field is described as its type or null; what counts is the type.
    let described = property.get("anyOf").and_then(|any| any.get(0)).unwrap_or(property);
    let choices = choices(described);
    let data_type = match described.get("type") {
        Some(Value::String(data_type)) => data_type.as_str(),
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|data_type| *data_type != "null").unwrap_or("any"),
        _ if !choices.is_empty() => "string",
        _ => "any",
    };
    OptionSpec {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        required,
        default: property.get("default").filter(|value| !value.is_null()).cloned(),
        secret: described.get("secret").and_then(Value::as_bool).unwrap_or(false),
        choices,
        description: property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

/// The variants of an enum: schemars lists those with a doc comment one by one, and those without together.
fn choices(described: &Value) -> Vec<String> {
    let listed = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
    let variants = described.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let documented = variants.flat_map(|variant| variant.get("const").cloned().into_iter().chain(listed(variant)));
    let choices = listed(described).into_iter().chain(documented);
    choices.filter_map(|choice| choice.as_str().map(str::to_owned)).collect()
}

/// Refuses options that the type does not have, that are missing, or whose JSON type is wrong. No message repeats a value.
pub fn check(kind: &str, specs: &[OptionSpec], options: &Options) -> Result<()> {
    for (name, value) in options {
        let Some(spec) = specs.iter().find(|spec| spec.name == *name) else { return Err(unknown_option(kind, specs, name)) };
        if !has_type(value, &spec.data_type) {
            return Err(Error::new(
                Code::InvalidArgument,
                format!("option \"{name}\" of data source type \"{kind}\" must be of type {}", spec.data_type),
            ));
        }
        if !spec.choices.is_empty() && !value.as_str().is_some_and(|given| spec.choices.iter().any(|choice| choice == given)) {
            return Err(Error::new(
                Code::InvalidArgument,
                format!("option \"{name}\" of data source type \"{kind}\" has an unknown value"),
            )
            .hint(format!("Known values: {}.", spec.choices.join(", "))));
        }
    }
    match specs.iter().find(|spec| spec.required && !options.contains_key(&spec.name)) {
        Some(missing) => Err(Error::new(Code::InvalidArgument, format!("data source type \"{kind}\" needs option \"{}\"", missing.name))
            .hint(missing.description.clone())),
        None => Ok(()),
    }
}

fn unknown_option(kind: &str, specs: &[OptionSpec], name: &str) -> Error {
    let known: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let error = Error::new(Code::InvalidArgument, format!("unknown option \"{name}\" for data source type \"{kind}\""));
    let list = format!("Known options: {}.", known.join(", "));
    match did_you_mean(name, &known) {
        Some(near) => error.hint(format!("Did you mean \"{near}\"? {list}")),
        None => error.hint(list),
    }
}

/// The known name nearest to a misspelt one, where one is near enough to be meant.
pub fn did_you_mean<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(&name.to_lowercase(), candidate);
    known.iter().copied().min_by_key(|candidate| distance(candidate)).filter(|candidate| distance(candidate) <= 1 + name.len() / 4)
}

fn has_type(value: &Value, data_type: &str) -> bool {
    match data_type {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// Options as the struct that declares them, defaults filled in. [`check`] has refused what serde would report less clearly.
pub fn parse<T: DeserializeOwned>(kind: &str, options: &Options) -> Result<T> {
    // serde_json's messages quote the offending value only for scalars of the wrong type, which `check` refused before.
    serde_json::from_value(Value::Object(options.clone())).map_err(|error| {
        Error::new(Code::InvalidArgument, format!("could not read the options of data source type \"{kind}\"")).detail(format!("{error}."))
    })
}

/// The error that what an option says cannot be meant.
pub fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidArgument, message)
}

/// A number that an option holds, if it is one from 1 to `max`.
pub fn within(name: &str, value: u32, max: u32) -> Result<u32> {
    match value {
        1.. if value <= max => Ok(value),
        _ => Err(invalid(format!("option \"{name}\" must be from 1 to {max}"))),
    }
}

/// Options with every secret replaced by a mask.
pub fn mask(specs: &[OptionSpec], options: &Options) -> Options {
    let is_secret = |name: &str| specs.iter().find(|spec| spec.name == name).is_none_or(|spec| spec.secret);
    options.iter().map(|(name, value)| (name.clone(), if is_secret(name) { MASK.into() } else { value.clone() })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Example {
        /// Name or address of the server.
        host: String,
        /// TCP port.
        #[serde(default = "port")]
        port: u16,
        /// Password.
        password: Option<Secret<String>>,
        /// Mode.
        #[serde(default)]
        mode: Mode,
    }

    #[derive(Debug, Default, Deserialize, serde::Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        #[default]
        ReadOnly,
        /// Careful.
        ReadWrite,
    }

    fn port() -> u16 {
        3306
    }

    fn options(text: &str) -> Options {
        serde_json::from_str(text).expect("a JSON object")
    }

    #[test]
    fn describes_a_struct() {
        let specs = describe::<Example>();
        let names: Vec<_> = specs.iter().map(|spec| (spec.name.as_str(), spec.data_type.as_str(), spec.required, spec.secret)).collect();
        assert_eq!(
            names,
            [
                ("host", "string", true, false),
                ("port", "integer", false, false),
                ("password", "string", false, true),
                ("mode", "string", false, false)
            ]
        );
        assert_eq!(specs[1].default, Some(3306.into()));
        assert_eq!(specs[3].choices, ["read_only", "read_write"]);
        assert_eq!(specs[0].description, "Name or address of the server.");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let specs = describe::<Example>();
        for (given, message, hint) in [
            (r#"{"hots": "x"}"#, "unknown option \"hots\" for data source type \"example\"", "Did you mean \"host\"?"),
            (r#"{}"#, "data source type \"example\" needs option \"host\"", "Name or address"),
            (r#"{"host": 5}"#, "option \"host\" of data source type \"example\" must be of type string", ""),
            (
                r#"{"host": "h", "mode": "x"}"#,
                "option \"mode\" of data source type \"example\" has an unknown value",
                "Known values: read_only, read_write.",
            ),
        ] {
            let error = check("example", &specs, &options(given)).expect_err(given);
            assert_eq!(error.message, message);
            assert!(error.hint.unwrap_or_default().starts_with(hint));
        }
    }

    #[test]
    fn never_shows_a_secret() {
        let specs = describe::<Example>();
        let given = options(r#"{"host": "h", "password": "hunter2", "unknown": "hunter2"}"#);
        let parsed: Example = parse("example", &options(r#"{"host": "h", "password": "hunter2"}"#)).expect("valid options");
        assert_eq!(parsed.password.as_ref().map(|password| password.expose().as_str()), Some("hunter2"));
        assert!(!format!("{parsed:?} {:?}", mask(&specs, &given)).contains("hunter2"));
    }
}

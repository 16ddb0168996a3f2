//! The arguments of a call as the audit journal may show them.

use domain::{Services, data_sources};
use serde_json::Value;
use spi::options::{Options, mask};
use spi::secret::MASK;

use crate::arguments::Argument;
use crate::audited;

/// The argument that holds the options of a data source, secret ones among them, in every procedure that has it.
const OPTIONS: &str = "options";

/// Arguments with every secret masked, and of texts what the journal shows. Of options, what their type does not know is masked too: it
/// may be a misspelt password.
pub(super) fn masked(services: &Services, known: &[Argument], arguments: &Options) -> Options {
    let shown = |(name, value): (&String, &Value)| {
        let is_secret = known.iter().find(|argument| argument.name == *name).is_none_or(|argument| argument.secret);
        let value = match value {
            _ if is_secret => MASK.into(),
            Value::Object(options) if name == OPTIONS => match specs_of(services, arguments) {
                Some(specs) => mask(specs, options).into(),
                None => MASK.into(),
            },
            Value::String(text) => audited::shown(text).into(),
            _ => value.clone(),
        };
        (name.clone(), value)
    };
    arguments.iter().map(shown).collect()
}

/// The options that the type of the call's data source knows, if the type is known.
fn specs_of<'a>(services: &'a Services, arguments: &Options) -> Option<&'a [spi::options::OptionSpec]> {
    let text = |name: &str| arguments.get(name).and_then(|value| value.as_str());
    let kind = match (text("type"), text("name")) {
        (Some(kind), _) => kind.to_owned(),
        (None, Some(name)) => data_sources::get(&services.store.replica(), name).ok()?.kind,
        (None, None) => return None,
    };
    services.factories.options(&kind).ok()
}

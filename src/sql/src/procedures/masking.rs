//! The arguments of a call as the audit journal may show them.

use domain::{Services, data_sources};
use spi::options::{Options, mask};
use spi::secret::MASK;

use crate::arguments::Argument;

/// The argument that holds the options of a data source, secret ones among them, in every procedure that has it.
const OPTIONS: &str = "options";

/// Arguments with every secret masked. Of options, what their type does not know is masked too: it may be a misspelt password.
pub(super) fn masked(services: &Services, known: &[Argument], arguments: &Options) -> Options {
    let shown = |(name, value): (&String, &serde_json::Value)| {
        let is_secret = known.iter().find(|argument| argument.name == *name).is_none_or(|argument| argument.secret);
        let value = match value.as_object() {
            _ if is_secret => MASK.into(),
            Some(options) if name == OPTIONS => match specs_of(services, arguments) {
                Some(specs) => mask(specs, options).into(),
                None => MASK.into(),
            },
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

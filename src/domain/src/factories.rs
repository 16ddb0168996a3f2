//! The kinds of data sources that this gateway knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use spi::connector::ConnectorFactory;
use spi::options::{CommonOptions, OptionSpec, Options, describe, did_you_mean};
use spi::{Error, Result};

/// All connector factories, by kind. Cheap to clone.
#[derive(Clone)]
pub struct Factories {
    kinds: Arc<BTreeMap<&'static str, Kind>>,
}

struct Kind {
    factory: Arc<dyn ConnectorFactory>,
    /// The connector's own options, then those that every data source has.
    options: Vec<OptionSpec>,
    /// How many of them are the connector's own.
    own: usize,
}

impl Factories {
    pub fn new(factories: Vec<Arc<dyn ConnectorFactory>>) -> Self {
        let kind = |factory: Arc<dyn ConnectorFactory>| {
            let mut options = factory.options();
            let own = options.len();
            options.extend(describe::<CommonOptions>());
            (factory.kind(), Kind { factory, options, own })
        };
        Self { kinds: Arc::new(factories.into_iter().map(kind).collect()) }
    }

    /// All factories, in the order of their kinds.
    pub fn list(&self) -> impl Iterator<Item = &Arc<dyn ConnectorFactory>> {
        self.kinds.values().map(|kind| &kind.factory)
    }

    pub fn get(&self, kind: &str) -> Result<&Arc<dyn ConnectorFactory>> {
        Ok(&self.kind(kind)?.factory)
    }

    /// The options of a kind: its own, then those that every data source has.
    pub fn options(&self, kind: &str) -> Result<&[OptionSpec]> {
        Ok(&self.kind(kind)?.options)
    }

    /// The part of checked options that is the connector's, not the gateway's.
    pub(crate) fn own_options(&self, kind: &str, options: &Options) -> Result<Options> {
        let kind = self.kind(kind)?;
        let is_own = |name: &str| kind.options[..kind.own].iter().any(|spec| spec.name == name);
        Ok(options.iter().filter(|(name, _)| is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn kind(&self, kind: &str) -> Result<&Kind> {
        self.kinds.get(kind).ok_or_else(|| {
            let known: Vec<&str> = self.kinds.keys().copied().collect();
            let list = format!("Known types: {}.", known.join(", "));
            let error = Error::not_found("data source type", kind);
            match did_you_mean(kind, &known) {
                Some(near) => error.hint(format!("Did you mean \"{near}\"? {list}")),
                None => error.hint(list),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn an_unknown_kind_is_refused_with_the_known_ones() {
        let factories = Factories::new(vec![testing::factory()]);
        assert!(factories.get("fake").is_ok());
        let error = factories.get("fakee").err().expect("an unknown kind");
        assert_eq!((error.code.sqlstate(), error.message.as_str()), ("42704", "data source type \"fakee\" does not exist"));
        assert_eq!(error.hint.as_deref(), Some("Did you mean \"fake\"? Known types: fake."));
    }

    #[test]
    fn every_kind_has_the_common_options_but_its_connector_does_not_see_them() {
        let factories = Factories::new(vec![testing::factory()]);
        let names: Vec<_> = factories.options("fake").expect("a known kind").iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names.last(), Some(&"refresh_interval"));
        let given = testing::options(r#"{"path": "a", "refresh_interval": "1 h"}"#);
        let own = factories.own_options("fake", &given).expect("a known kind");
        assert_eq!(own.keys().collect::<Vec<_>>(), ["path"]);
    }
}

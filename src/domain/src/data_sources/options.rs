//! The options of a version: those that may be seen as they are, the secret ones sealed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spi::options::{OptionSpec, Options, mask};
use spi::secret::MASK;
use spi::{Error, Result};
use store::Replica;

use super::{DataSource, Version, records};
use crate::factories::Factories;
use crate::keyring::{self, Keyring};

/// Options at rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SealedOptions {
    plain: Options,
    /// JSON values, sealed for the version's record and the option's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sealed: BTreeMap<String, String>,
}

impl SealedOptions {
    /// Seals the secrets among options for the record under `key`.
    pub(super) fn seal(keyring: &Keyring, key: &str, specs: &[OptionSpec], options: &Options) -> Result<Self> {
        let mut sealed = SealedOptions::default();
        for (name, value) in options {
            if specs.iter().any(|spec| spec.name == *name && spec.secret) {
                sealed.sealed.insert(name.clone(), keyring.seal(key, name, value.to_string().as_bytes())?);
            } else {
                sealed.plain.insert(name.clone(), value.clone());
            }
        }
        Ok(sealed)
    }

    /// The options with their secrets, for a connector.
    fn open(&self, keyring: &Keyring, key: &str) -> Result<Options> {
        self.open_unless(keyring, key, |_| false)
    }

    /// The options with their secrets. One that cannot be opened is left out where it is replaced anyway: giving it anew is
    /// how a source comes back after its key was lost.
    pub(super) fn open_unless(&self, keyring: &Keyring, key: &str, replaced: impl Fn(&str) -> bool) -> Result<Options> {
        let mut options = self.plain.clone();
        for (name, sealed) in &self.sealed {
            match open_value(keyring, key, name, sealed) {
                Ok(value) => options.insert(name.clone(), value),
                Err(_) if replaced(name) => None,
                Err(error) => return Err(error),
            };
        }
        Ok(options)
    }

    /// An option that was given and is no secret.
    pub(crate) fn plain(&self, name: &str) -> Option<&Value> {
        self.plain.get(name)
    }

    /// The ids of the keys that the secrets were sealed with.
    fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.sealed.values().filter_map(|sealed| keyring::key_id_of(sealed))
    }
}

fn open_value(keyring: &Keyring, key: &str, name: &str, sealed: &str) -> Result<Value> {
    let value = keyring.open(key, name, sealed)?;
    serde_json::from_slice(value.expose())
        .map_err(|_| Error::internal(format!("the sealed option \"{name}\" of record \"{key}\" is not JSON")))
}

/// The options of a version as anyone may see them. What was sealed is masked even if its type no longer calls it secret;
/// where the type is not known to this gateway, so is everything else.
pub fn masked_options(factories: &Factories, kind: &str, version: &Version) -> Options {
    let SealedOptions { plain, sealed } = &version.options;
    let mut options = mask(factories.options(kind).unwrap_or_default(), plain);
    options.extend(sealed.keys().map(|name| (name.clone(), MASK.into())));
    options.sort_keys();
    options
}

/// The options of a version with their secrets, for a connector. Never to be shown.
pub fn opened_options(keyring: &Keyring, replica: &Replica, source_oid: u32, number: u64) -> Result<Options> {
    let source = records::by_oid(replica, source_oid)?;
    let version = records::version(replica, &source, number)?;
    version.options.open(keyring, &records::version_key(source_oid, number))
}

/// The sources whose published version has secrets that the keyring cannot open, with the id of the key that is missing.
pub(crate) fn without_key(keyring: &Keyring, replica: &Replica) -> Vec<(DataSource, String)> {
    let missing = |source: DataSource| {
        let version = records::version(replica, &source, source.published_version?).ok()?;
        let key_id = version.options.key_ids().find(|key_id| !keyring.knows(key_id))?.to_owned();
        Some((source, key_id))
    };
    records::list(replica).into_iter().filter_map(missing).collect()
}

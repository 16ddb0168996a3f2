//! Who the gateway is for Kerberos, and who a metastore is.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use spi::Result;
use spi::options::invalid;
use tokio::sync::Semaphore;

use crate::options::HiveOptions;

/// The first byte of every keytab.
const KEYTAB: u8 = 5;

/// What stands for a server's name in a principal, as in Hadoop's.
const HOST: &str = "_HOST";

/// How many identities there have been.
static IDENTITIES: AtomicU64 = AtomicU64::new(0);

/// A principal, and its keys.
#[derive(Debug)]
pub(crate) struct Identity {
    principal: String,
    /// The library wants its keys in a file, to which it comes back for years. This one has no name, so that nobody else finds it, and
    /// no cleaner of temporary folders.
    keytab: File,
    /// No other one of the process has the same.
    number: u64,
}

impl Identity {
    /// Reads the options; `None` if they name nobody, so that it is the gateway's process who logs in.
    pub(crate) fn new(options: &HiveOptions) -> Result<Option<Arc<Self>>> {
        let (principal, keytab) = match (&options.kerberos_principal, &options.kerberos_keytab) {
            (None, None) => return Ok(None),
            (Some(principal), Some(keytab)) => (principal, keytab),
            _ => return Err(invalid("options \"kerberos_principal\" and \"kerberos_keytab\" go together")),
        };
        if principal.is_empty() || principal.contains('\0') {
            return Err(invalid("option \"kerberos_principal\" is no principal").hint("For example \"metagate@EXAMPLE.COM\"."));
        }
        let keys = BASE64_STANDARD.decode(keytab.expose().trim()).ok().filter(|keys| keys.first() == Some(&KEYTAB));
        let keys = keys.ok_or_else(|| {
            invalid("option \"kerberos_keytab\" is no keytab in base64").hint("Take what \"base64 -w0\" says of the keytab's file.")
        })?;
        let kept = tempfile::tempfile().and_then(|mut file| file.write_all(&keys).map(|()| file));
        let keytab = kept.map_err(|error| spi::Error::internal(format!("could not keep a keytab in a temporary file: {error}")))?;
        Ok(Some(Arc::new(Self { principal: principal.clone(), keytab, number: IDENTITIES.fetch_add(1, Ordering::Relaxed) })))
    }

    pub(crate) fn principal(&self) -> &str {
        &self.principal
    }

    /// Where the keys are, as MIT's library names places.
    pub(crate) fn keytab(&self) -> String {
        format!("FILE:/proc/self/fd/{}", self.keytab.as_raw_fd())
    }

    /// Where the tickets for one kind of server are kept: in memory, and for this value alone, as another data source of the principal may
    /// have no right to them.
    pub(crate) fn cache(&self, servers: &str) -> String {
        format!("MEMORY:metagate {} {servers}", self.number)
    }
}

/// How the gateway logs in to a metastore.
#[derive(Clone, Debug)]
pub(crate) struct Kerberos {
    /// Without one, the gateway's process has tickets, or a keytab of its own.
    pub(crate) identity: Option<Arc<Identity>>,
    /// The metastore's principal, of which the server's name may have to be filled in.
    service: String,
    /// Whose turn it is to get tickets: the library begins a cache anew while others look for theirs in it.
    pub(crate) turn: Arc<Semaphore>,
}

impl Kerberos {
    /// Reads the options; `None` if the metastore has no principal.
    pub(crate) fn new(options: &HiveOptions, identity: Option<&Arc<Identity>>) -> Result<Option<Self>> {
        let Some(service) = &options.kerberos_service_principal else { return Ok(None) };
        if service.is_empty() || service.contains('\0') {
            return Err(invalid("option \"kerberos_service_principal\" is no principal").hint("For example \"hive/_HOST@EXAMPLE.COM\"."));
        }
        Ok(Some(Self { identity: identity.cloned(), service: service.clone(), turn: Arc::new(Semaphore::new(1)) }))
    }

    /// The principal of the server at this host.
    pub(crate) fn service(&self, host: &str) -> String {
        self.service.replace(HOST, &host.to_lowercase())
    }
}

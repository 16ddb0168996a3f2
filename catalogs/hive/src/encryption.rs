//! Whose certificates are trusted.

use std::sync::Arc;

use rustls::{ClientConfig, DEFAULT_VERSIONS};
use spi::tls::{self, Trust};

use crate::options::HiveOptions;

/// The gateway's side of TLS; what is wrong with certificates, as a sentence.
pub(crate) fn configuration(options: &HiveOptions) -> Result<Arc<ClientConfig>, String> {
    let trust = match options.verify_certs {
        true => Trust::Authorities { given: options.ca_certs.as_deref(), option: "ca_certs" },
        false => Trust::Any,
    };
    Ok(Arc::new(tls::client(DEFAULT_VERSIONS, trust)?.with_no_client_auth()))
}

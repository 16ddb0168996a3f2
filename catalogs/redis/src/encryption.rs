//! Whose certificates are trusted, and which one is the gateway's own.

use std::sync::Arc;

use rustls::{ClientConfig, DEFAULT_VERSIONS};
use spi::tls::{self, Trust};

use crate::options::RedisOptions;

/// The gateway's side of TLS; what is wrong with certificates or keys, as a sentence.
pub(crate) fn configuration(options: &RedisOptions) -> Result<Arc<ClientConfig>, String> {
    let trust = match options.insecure {
        true => Trust::Any,
        false => Trust::Authorities { given: options.cacert.as_deref(), option: "cacert" },
    };
    let builder = tls::client(DEFAULT_VERSIONS, trust)?;
    let (Some(certificate), Some(key)) = (&options.cert, &options.key) else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let configuration = builder.with_client_auth_cert(tls::certificates(certificate, "cert")?, tls::private_key(key.expose(), "key")?);
    configuration.map(Arc::new).map_err(|error| format!("Options \"cert\" and \"key\" do not fit: {error}."))
}

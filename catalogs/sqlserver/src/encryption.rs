//! Whose certificates are trusted.

use std::sync::Arc;

use rustls::version::TLS12;
use rustls::{ClientConfig, DEFAULT_VERSIONS};
use spi::tls::{self, Trust};

use crate::options::{Encrypt, SqlServerOptions};

/// What a client asks for that begins with TLS at once.
const ALPN_NAME: &[u8] = b"tds/8.0";

/// The gateway's side of TLS; what is wrong with the certificates of authorities, as a sentence.
pub(crate) fn configuration(options: &SqlServerOptions) -> Result<Arc<ClientConfig>, String> {
    // Inside of packets the protocol knows no newer version.
    let versions = if options.encrypt == Encrypt::Strict { DEFAULT_VERSIONS } else { &[&TLS12] };
    // Who asks for no encryption is not kept from the server by its certificate.
    let any = options.trust_server_certificate || options.encrypt == Encrypt::False && options.ca_certificate.is_none();
    let trust = match any {
        true => Trust::Any,
        false => Trust::Authorities { given: options.ca_certificate.as_deref(), option: "ca_certificate" },
    };
    let mut configuration = tls::client(versions, trust)?.with_no_client_auth();
    if options.encrypt == Encrypt::Strict {
        configuration.alpn_protocols = vec![ALPN_NAME.to_vec()];
    }
    Ok(Arc::new(configuration))
}

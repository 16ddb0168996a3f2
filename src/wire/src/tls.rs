//! Encryption of connections: the gateway's certificate, and the handshake.

mod end_point;

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use spi::{Code, Error, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What clients that begin with TLS at once must ask for, so that they cannot be mistaken for those of another protocol.
const ALPN_NAME: &[u8] = b"postgresql";

/// The gateway's side of TLS.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    end_point: Option<Arc<[u8]>>,
}

/// Reads a certificate chain, the gateway's own first, and its private key, both PEM.
pub fn load_tls(certificate: &Path, key: &Path) -> Result<Tls> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable("certificate", certificate, error))?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("key", key, error))?;
    let Some(own) = chain.first() else {
        return Err(Error::new(Code::InvalidArgument, format!("TLS certificate file \"{}\" holds no certificate", certificate.display())));
    };
    let end_point = end_point::hash(own).map(Into::into);
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(configuration(chain, private_key)?)), end_point })
}

impl Tls {
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> std::io::Result<TlsStream<S>> {
        self.acceptor.accept(stream).await
    }

    /// The hash of the certificate that passwords are bound to; none where its signature names no hash.
    pub(crate) fn end_point(&self) -> Option<Arc<[u8]>> {
        self.end_point.clone()
    }
}

/// Whether the client asked for our protocol in the handshake.
pub(crate) fn is_for_us<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(ALPN_NAME)
}

fn configuration(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig> {
    let unusable =
        |error: rustls::Error| Error::new(Code::InvalidArgument, "could not use the TLS certificate and key").detail(format!("{error}."));
    // The provider is named, because rustls refuses to choose where another crate has linked a second one.
    let mut configuration = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    configuration.alpn_protocols = vec![ALPN_NAME.to_vec()];
    Ok(configuration)
}

fn unreadable(what: &str, path: &Path, error: rustls::pki_types::pem::Error) -> Error {
    Error::new(Code::Io, format!("could not read TLS {what} file \"{}\"", path.display()))
        .detail(format!("{error}."))
        .hint("The file must be PEM, and readable by the user that metagate runs as.")
}

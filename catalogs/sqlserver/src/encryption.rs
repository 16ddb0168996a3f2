//! Whose certificates are trusted.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS12;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::options::{Encrypt, SqlServerOptions};

/// What a client asks for that begins with TLS at once.
const ALPN_NAME: &[u8] = b"tds/8.0";

/// The gateway's side of TLS; what is wrong with the certificates of authorities, as a sentence.
pub(crate) fn configuration(options: &SqlServerOptions) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    // Inside of packets the protocol knows no newer version.
    let builder = match options.encrypt {
        Encrypt::Strict => builder.with_safe_default_protocol_versions(),
        _ => builder.with_protocol_versions(&[&TLS12]),
    };
    let builder = builder.map_err(|error| format!("{error}."))?;
    // Who asks for no encryption is not kept from the server by its certificate.
    let any = options.trust_server_certificate || options.encrypt == Encrypt::False && options.ca_certificate.is_none();
    let mut configuration = match any {
        true => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))).with_no_client_auth(),
        false => builder.with_root_certificates(authorities(options.ca_certificate.as_deref())?).with_no_client_auth(),
    };
    if options.encrypt == Encrypt::Strict {
        configuration.alpn_protocols = vec![ALPN_NAME.to_vec()];
    }
    Ok(Arc::new(configuration))
}

/// The public authorities, and those that are given.
fn authorities(given: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let Some(given) = given else { return Ok(store) };
    let is_pem = given.trim_start().starts_with("-----BEGIN");
    let (certificates, place) = match is_pem {
        true => (CertificateDer::pem_slice_iter(given.as_bytes()).collect::<Result<Vec<_>, _>>(), "Option \"ca_certificate\"".to_owned()),
        false => (CertificateDer::pem_file_iter(Path::new(given)).and_then(Iterator::collect), format!("File \"{given}\"")),
    };
    let certificates = certificates.map_err(|error| format!("{place} could not be read: {error}."))?;
    if certificates.is_empty() {
        return Err(format!("{place} holds no certificate."));
    }
    for certificate in certificates {
        store.add(certificate).map_err(|error| format!("{place} holds a certificate that is none: {error}."))?;
    }
    Ok(store)
}

/// Takes any certificate for the server's, as long as the server has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

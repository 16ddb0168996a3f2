//! The gateway's side of TLS, for connectors that encrypt their connections themselves. What is wrong with certificates or keys is told
//! as a sentence, which names the option that holds them or the file.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion};

/// Whose certificate a server may have.
pub enum Trust<'a> {
    /// Anybody's, as long as the server has its key.
    Any,
    /// One of a public authority, or of those that an option holds: PEM text, or the path of a file of it.
    Authorities { given: Option<&'a str>, option: &'a str },
}

/// A configuration that lacks only the gateway's own certificate, or to be told that there is none.
pub fn client(
    versions: &[&'static SupportedProtocolVersion],
    trust: Trust<'_>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(versions).map_err(|error| format!("{error}."))?;
    Ok(match trust {
        Trust::Any => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
        Trust::Authorities { given, option } => builder.with_root_certificates(authorities(given, option)?),
    })
}

/// The public authorities, and those that are given.
fn authorities(given: Option<&str>, option: &str) -> Result<RootCertStore, String> {
    let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(given) = given {
        for certificate in certificates(given, option)? {
            store.add(certificate).map_err(|error| format!("{} holds a certificate that is none: {error}.", place(given, option)))?;
        }
    }
    Ok(store)
}

/// The certificates that an option holds: PEM text, or the path of a file of it. There is at least one.
pub fn certificates(given: &str, option: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = match is_pem(given) {
        true => CertificateDer::pem_slice_iter(given.as_bytes()).collect::<Result<Vec<_>, _>>(),
        false => CertificateDer::pem_file_iter(Path::new(given)).and_then(Iterator::collect),
    };
    let certificates = certificates.map_err(|error| format!("{} could not be read: {error}.", place(given, option)))?;
    match certificates.is_empty() {
        true => Err(format!("{} holds no certificate.", place(given, option))),
        false => Ok(certificates),
    }
}

/// The key that an option holds: PEM text, or the path of a file of it. No message repeats what is given: it may be the key.
pub fn private_key(given: &str, option: &str) -> Result<PrivateKeyDer<'static>, String> {
    let key = match is_pem(given) {
        true => PrivateKeyDer::from_pem_slice(given.as_bytes()),
        false => PrivateKeyDer::from_pem_file(Path::new(given)),
    };
    key.map_err(|error| format!("The key of option \"{option}\" could not be read: {error}."))
}

fn is_pem(given: &str) -> bool {
    given.trim_start().starts_with("-----BEGIN")
}

/// What holds the certificates, at the beginning of a sentence.
fn place(given: &str, option: &str) -> String {
    if is_pem(given) { format!("Option \"{option}\"") } else { format!("File \"{given}\"") }
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

//! Channels to the server's side of a handshake.

use std::process::Command;

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::encryption;

#[test]
fn a_message_ends_with_its_last_packet() {
    let mut first = packet(PRELOGIN, b"abc");
    first[1] = 0;
    let mut bytes = first.clone();
    bytes.extend(packet(PRELOGIN, b"de"));
    let end = bytes.len();
    bytes.extend(b"more");
    for step in 1..bytes.len() {
        let (mut message, mut taken) = (Message::default(), 0);
        for piece in bytes.chunks(step) {
            taken += message.advance(piece);
        }
        assert_eq!((taken, message.is_complete()), (end, true), "{step}");
    }
    let mut message = Message::default();
    assert_eq!((message.advance(&first), message.is_complete()), (first.len(), false));
}

#[test]
fn a_prelogin_says_what_is_encrypted() {
    for encryption in [ENCRYPT_LOGIN, ENCRYPT_ALL, ENCRYPT_NOTHING, ENCRYPT_REQUIRED] {
        assert_eq!(encryption_of(&prelogin_options(encryption)), Some(encryption));
    }
    assert_eq!(encryption_of(&[0, 0, 6, 0, 6, END_OF_OPTIONS]), None);
    assert_eq!(encryption_of(&[ENCRYPTION, 0, 99, 0, 1, END_OF_OPTIONS]), None);
}

/// A certificate for `localhost` that signs itself, and its key; `None` where no program makes one.
fn certificate() -> Option<(String, ServerConfig)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            &file("key"),
            "-out",
            &file("certificate"),
        ])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: openssl is not installed");
        return None;
    }
    let pem = std::fs::read_to_string(file("certificate")).expect("a certificate");
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().expect("PEM");
    let key = PrivateKeyDer::from_pem_file(file("key")).expect("a key");
    let configuration = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    Some((pem, configuration.expect("a configuration")))
}

/// What the server read of the login and after it, where it answers so about encryption. Everything is echoed.
async fn serve(mut tcp: TcpStream, tls: Arc<ServerConfig>, strict: bool, answer: u8) -> Option<(Vec<u8>, Vec<u8>)> {
    let packets = |tcp, in_packets| Packets { tcp, in_packets, header: Vec::new(), left: 0, outgoing: Vec::new() };
    let acceptor = TlsAcceptor::from(tls);
    let mut stream = if strict {
        let mut stream = acceptor.accept(packets(tcp, false)).await.ok()?;
        answer_prelogin(&mut stream, answer).await?;
        stream
    } else {
        answer_prelogin(&mut tcp, answer).await?;
        let mut stream = acceptor.accept(packets(tcp, true)).await.ok()?;
        stream.get_mut().0.in_packets = false;
        stream
    };
    let login = read_message(&mut stream).await?;
    if answer == ENCRYPT_LOGIN {
        let mut tcp = stream.into_inner().0.tcp;
        tcp.write_all(&login).await.ok()?;
        return Some((login, read_message(&mut tcp).await?));
    }
    stream.write_all(&login).await.ok()?;
    stream.flush().await.ok()?;
    let more = read_message(&mut stream).await?;
    Some((login, more))
}

async fn answer_prelogin<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(stream: &mut S, answer: u8) -> Option<()> {
    read_message(stream).await?;
    stream.write_all(&packet(REPLY, &prelogin_options(answer))).await.ok()?;
    stream.flush().await.ok()
}

async fn read_message<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> Option<Vec<u8>> {
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header).await.ok()?;
    let mut content = vec![0; content_length(&header)];
    stream.read_exact(&mut content).await.ok()?;
    Some([header.to_vec(), content].concat())
}

/// How a channel with these options is encrypted, after a login and a statement have gone through it.
async fn encrypted(server: &ServerConfig, more: serde_json::Value, answer: u8) -> Result<String, ChannelError> {
    let mut given = json!({"host": "localhost", "database": "d", "user": "u"});
    given.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let options = serde_json::from_value::<crate::options::SqlServerOptions>(given).expect("options");
    let strict = options.encrypt == Encrypt::Strict;
    let mut configuration = server.clone();
    configuration.alpn_protocols = if strict { vec![b"tds/8.0".to_vec()] } else { Vec::new() };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let tcp = TcpStream::connect(listener.local_addr()?).await?;
    let served = tokio::spawn(serve(listener.accept().await?.0, Arc::new(configuration), strict, answer));
    let tls = encryption::configuration(&options).map_err(ChannelError::Tls)?;
    let name = ServerName::try_from("localhost").expect("a name");
    let mut channel = Channel::open(tcp, options.encrypt, name, tls).await?;
    // As a driver does: a prelogin that nobody sees, and the login.
    let mut reply = vec![0; HEADER_BYTES + prelogin_options(ENCRYPT_NOTHING).len()];
    channel.write_all(&packet(PRELOGIN, b"of the driver")).await?;
    channel.flush().await?;
    channel.read_exact(&mut reply).await?;
    assert_eq!(encryption_of(&reply[HEADER_BYTES..]), Some(ENCRYPT_NOTHING));
    let (login, statement) = (packet(0x10, b"who we are"), packet(0x01, b"what we want"));
    channel.write_all(&login).await?;
    channel.flush().await?;
    let mut echo = vec![0; login.len()];
    channel.read_exact(&mut echo).await?;
    channel.write_all(&statement).await?;
    channel.flush().await?;
    assert_eq!((echo, served.await.expect("a server")), (login.clone(), Some((login, statement))));
    Ok(channel.encryption.clone())
}

#[tokio::test]
async fn a_server_is_trusted_or_not() {
    let Some((pem, server)) = certificate() else { return };
    for (more, answer, version) in [
        (json!({"ca_certificate": pem}), ENCRYPT_ALL, "TLS_ECDHE"),
        (json!({"trust_server_certificate": true}), ENCRYPT_REQUIRED, "TLS_ECDHE"),
        (json!({"encrypt": "strict", "ca_certificate": pem}), ENCRYPT_NOTHING, "TLS13_"),
        (json!({"encrypt": "false"}), ENCRYPT_LOGIN, "the login alone, with TLS_ECDHE"),
        // A server may insist.
        (json!({"encrypt": "false", "ca_certificate": pem}), ENCRYPT_REQUIRED, "TLS_ECDHE"),
    ] {
        let found = encrypted(&server, more.clone(), answer).await.expect("a channel");
        assert!(found.starts_with(version), "{more} {found}");
    }
    for (more, answer) in [
        // The public authorities did not sign it.
        (json!({}), ENCRYPT_ALL),
        (json!({"encrypt": "strict"}), ENCRYPT_NOTHING),
        (json!({"encrypt": "false", "ca_certificate": "/no/such/file"}), ENCRYPT_LOGIN),
        (json!({"ca_certificate": "/no/such/file"}), ENCRYPT_ALL),
        (json!({"ca_certificate": "-----BEGIN NOTHING-----"}), ENCRYPT_ALL),
        // Nothing else than encryption will do.
        (json!({"trust_server_certificate": true}), ENCRYPT_NOTHING),
        (json!({"trust_server_certificate": true}), ENCRYPT_LOGIN),
    ] {
        let outcome = encrypted(&server, more.clone(), answer).await;
        assert!(matches!(outcome, Err(ChannelError::Tls(_))), "{more} {outcome:?}");
    }
}

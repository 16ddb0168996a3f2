//! A proxy in front of the server: it encrypts, asks for a login, and can fall silent in the middle of an answer.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// The longest head of a request that is waited for.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// A running proxy. It ends with the test's runtime.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    silent: watch::Sender<bool>,
    hung_up: watch::Sender<bool>,
    /// Holds `ca.crt` and `other.crt`.
    pub(crate) folder: TempDir,
}

/// What the proxy does.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manners {
    pub(crate) tls: bool,
    /// The value of the header `Authorization` that it lets in.
    pub(crate) login: Option<&'static str>,
    /// Whether it answers as a node does that has not found its cluster.
    pub(crate) lost: bool,
    /// How many requests it turns away at first, as a node does whose queue is full.
    pub(crate) busy: usize,
}

impl Proxy {
    pub(crate) async fn start(server: u16, manners: Manners) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let acceptor = manners.tls.then(|| acceptor(folder.path()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let busy = Arc::new(AtomicUsize::new(manners.busy));
        let ((silent, is_silent), (hung_up, is_hung_up)) = (watch::channel(false), watch::channel(false));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, states) = (acceptor.clone(), (is_silent.clone(), is_hung_up.clone(), Arc::clone(&busy)));
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                forward(stream, server, manners, states).await;
                            }
                        }
                        None => forward(stream, server, manners, states).await,
                    }
                });
            }
        });
        Self { port, silent, hung_up, folder }
    }

    /// Keeps all connections open, and sends nothing more.
    pub(crate) fn fall_silent(&self) {
        self.silent.send_replace(true);
    }

    /// Gives the server what it is asked, and closes the connection instead of answering.
    pub(crate) fn hang_up(&self) {
        self.hung_up.send_replace(true);
    }
}

/// Whether the proxy is silent, whether it hangs up, and how many requests it turns away.
type States = (watch::Receiver<bool>, watch::Receiver<bool>, Arc<AtomicUsize>);

async fn forward(mut client: impl AsyncRead + AsyncWrite + Unpin, server: u16, manners: Manners, (mut silent, hung_up, busy): States) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        if !matches!(client.read_buf(&mut head).await, Ok(1..)) {
            return;
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let login = text.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("authorization")));
    if manners.login.is_some_and(|wanted| login.map(|(_, given)| given) != Some(wanted)) {
        let body = r#"{"error":{"root_cause":[{"type":"security_exception","reason":"unable to authenticate"}]},"status":401}"#;
        return refuse(client, "401 Unauthorized", body).await;
    }
    if manners.lost {
        let body =
            r#"{"error":{"root_cause":[{"type":"cluster_block_exception","reason":"blocked by: [SERVICE_UNAVAILABLE/2/no master];"}]}}"#;
        return refuse(client, "503 Service Unavailable", body).await;
    }
    if busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        let body = r#"{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"rejected execution"}]},"status":429}"#;
        return refuse(client, "429 Too Many Requests", body).await;
    }
    let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    if upstream.write_all(&head).await.is_err() {
        return;
    }
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = upstream.split();
    let answers = async {
        let mut buffer = vec![0; 4096];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if *hung_up.borrow() {
                return;
            }
            // For ever, once it is silent.
            if silent.wait_for(|silent| !silent).await.is_err() || to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        () = answers => {}
    }
}

async fn refuse(mut client: impl AsyncWrite + Unpin, status: &str, body: &str) {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    // A client that is gone needs no answer.
    let _ = client.write_all(answer.as_bytes()).await;
    let _ = client.shutdown().await;
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    certificates(folder);
    let certificate = CertificateDer::from_pem_file(folder.join("server.crt")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}

/// An authority, a certificate for localhost that it signed, and another authority that signed nothing.
fn certificates(folder: &Path) {
    let script = include_str!("../../../../tests/certificates.sh");
    let status = Command::new("bash").args(["-c", script]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("bash").success(), "openssl makes certificates");
}

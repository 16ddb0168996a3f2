//! Where clients come from: a TCP address, and a Unix socket beside it if one is wanted.

use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use spi::{Code, Error, Origin, Result};
use tokio::net::{TcpListener, UnixListener, UnixStream};

/// Sockets that are bound already, so that whoever starts the server hears at once of a port that is taken.
pub struct Listeners {
    pub(crate) tcp: TcpListener,
    pub(crate) unix: Option<UnixSocket>,
    address: SocketAddr,
}

/// A socket in the file system, which is removed with this.
pub(crate) struct UnixSocket {
    pub(crate) listener: UnixListener,
    path: PathBuf,
}

impl Listeners {
    /// Binds an address, `host:port`, and in a folder the socket that PostgreSQL's clients look for there, `.s.PGSQL.<port>`.
    pub async fn bind(listen: &str, unix_folder: Option<&Path>) -> Result<Listeners> {
        let tcp = TcpListener::bind(listen).await.map_err(|error| unusable(listen, error))?;
        let address = tcp.local_addr().map_err(|error| unusable(listen, error))?;
        let unix = match unix_folder {
            Some(folder) => Some(UnixSocket::bind(folder.join(format!(".s.PGSQL.{}", address.port()))).await?),
            None => None,
        };
        Ok(Listeners { tcp, unix, address })
    }

    /// The TCP address, with the port that was chosen if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl UnixSocket {
    async fn bind(path: PathBuf) -> Result<Self> {
        let failed = |error| unusable(&path.display().to_string(), error);
        // A gateway that was killed leaves its socket behind; nobody answers there.
        if matches!(UnixStream::connect(&path).await, Err(error) if error.kind() == io::ErrorKind::ConnectionRefused) {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        // Everybody on the machine may try: the password decides here as well.
        std::fs::set_permissions(&path, Permissions::from_mode(0o777)).map_err(failed)?;
        Ok(Self { listener, path })
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // If it is gone already, that is what was wanted.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn unusable(address: &str, error: io::Error) -> Error {
    Error::new(Code::Io, format!("could not listen on \"{address}\""))
        .detail(format!("{error}."))
        .hint("Choose another address or port with --listen, or stop the server that uses it.")
        .origin(Origin::Gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own per test run, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wire-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_told() {
        let first = Listeners::bind("127.0.0.1:0", None).await.expect("a free port");
        let error = Listeners::bind(&first.address().to_string(), None).await.err().expect("taken");
        assert_eq!(error.code, Code::Io);
        assert!(error.message.contains(&first.address().to_string()), "{}", error.message);
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced_and_a_live_one_is_not() {
        let folder = Folder::new("socket");
        let path = folder.0.join(".s.PGSQL.1");
        // Dropping a listener leaves its file, as a killed process does.
        drop(UnixListener::bind(&path).expect("a socket"));
        let socket = UnixSocket::bind(path.clone()).await.expect("nobody answers there");
        assert!(UnixSocket::bind(path.clone()).await.is_err());
        drop(socket);
        assert!(!path.exists());
    }
}

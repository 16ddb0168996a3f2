//! Counts the bytes that a server sends to whoever reaches it through here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::Result;

/// What is read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// A port that stands for that of a server. Dropping it closes the port to new connections.
pub struct Meter {
    pub port: u16,
    bytes: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Meter {
    /// Opens a port for the server that listens on another.
    pub async fn start(server: u16) -> Result<Meter> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&bytes);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                // An end on either side shows on the other, where it is reported.
                tokio::spawn(async move { pass(client, server, &counter).await });
            }
        });
        Ok(Meter { port, bytes, task })
    }

    /// How many bytes the server sent since the last call.
    pub fn take(&self) -> u64 {
        self.bytes.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries one connection.
async fn pass(client: TcpStream, server: u16, counter: &AtomicU64) -> Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = async {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let answers = async {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = from_server.read(&mut buffer).await?;
            if read == 0 {
                return to_client.shutdown().await;
            }
            counter.fetch_add(read as u64, Ordering::SeqCst);
            to_client.write_all(&buffer[..read]).await?;
        }
    };
    tokio::try_join!(requests, answers)?;
    Ok(())
}
